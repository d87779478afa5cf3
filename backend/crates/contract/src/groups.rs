//! Groups of upstream accounts, who may use the platform's, and what a key is bound to.

use crate::check;
use crate::ids::{AccountId, GroupId, TenantId};
use crate::platform::{Platform, Service};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use validator::Validate;

/// Most members of a group.
pub const MEMBERS_MAX: usize = 1000;

/// Accounts that are used together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccountGroup {
    /// Stable over its life.
    pub id: GroupId,
    /// The family of platforms its members are of.
    pub service: Service,
    /// What it is called; unique within the service.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Its members, by priority and name.
    pub members: Vec<GroupMember>,
    /// How many keys are bound to it.
    pub keys: u32,
    /// Grows by one with every change.
    pub version: i64,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    pub updated_at: DateTime<Utc>,
}

/// A member of a group as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GroupMember {
    /// The account.
    pub account_id: AccountId,
    /// Its name.
    pub name: String,
    /// Its platform.
    pub platform: Platform,
    /// Its priority within the group; its own if absent.
    pub priority: Option<u32>,
}

/// All groups of a tenant; some dozens, so the list is not paged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccountGroups {
    /// By service and name.
    pub items: Vec<AccountGroup>,
    /// The platform's groups that the tenant may use beside its own accounts.
    pub granted: Vec<GrantedGroup>,
}

/// A group of the platform's, as a tenant sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GrantedGroup {
    /// The group.
    pub id: GroupId,
    /// The family of platforms its members are of.
    pub service: Service,
    /// Its public name.
    pub name: String,
    /// Since when.
    pub since: DateTime<Utc>,
}

/// `POST account-groups` and `PUT account-groups/{id}`: all that can be set, the members included.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct GroupForm {
    /// The family of platforms; it can't be changed.
    pub service: Service,
    /// What it is called; unique within the service.
    #[validate(custom(function = "check::name"))]
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 100))]
    pub name: String,
    /// What it is for.
    #[serde(default)]
    #[validate(custom(function = "check::description"))]
    #[cfg_attr(feature = "openapi", schema(max_length = 1000))]
    pub description: String,
    /// Its members, each of the service's platforms and named once.
    #[serde(default)]
    #[validate(custom(function = "check::group_members"), nested)]
    #[cfg_attr(feature = "openapi", schema(max_items = 1000))]
    pub members: Vec<MemberForm>,
    /// Of `PUT`: the version that was edited; a newer one on the server refuses the change with `version_conflict`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

/// A member of a group as it is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct MemberForm {
    /// The account.
    pub account_id: AccountId,
    /// Its priority within the group, 1–100; its own if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::priority"))]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 100))]
    pub priority: Option<u32>,
}

/// Who may use a group of the platform's: `GET account-groups/{id}/grants`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GroupGrants {
    /// By tenant's id.
    pub items: Vec<GroupGrant>,
}

/// A tenant that may use a group of the platform's. `PUT account-groups/{id}/grants/{tenant}` sets it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GroupGrant {
    /// The tenant.
    pub tenant_id: TenantId,
    /// Its slug.
    pub tenant_slug: String,
    /// What the tenant sees instead of the accounts' names.
    pub public_name: String,
    /// Its share of a full account among the tenants that want it.
    pub weight: u32,
    /// Since when.
    pub since: DateTime<Utc>,
}

/// `PUT account-groups/{id}/grants/{tenant}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct GrantForm {
    /// What the tenant sees instead of the accounts' names.
    #[validate(custom(function = "check::name"))]
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 100))]
    pub public_name: String,
    /// Its share of a full account among the tenants that want it, 1–1000; 100 if absent.
    #[serde(default = "default_weight")]
    #[validate(custom(function = "check::weight"))]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1000, default = 100))]
    pub weight: u32,
}

fn default_weight() -> u32 {
    100
}

/// The one account, or group, that a key may use of a service. Exactly one of the two is given; of services that no binding
/// names, a key may use all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct KeyBinding {
    /// The service.
    pub service: Service,
    /// The account, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<AccountId>,
    /// The group, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_id: Option<GroupId>,
}
