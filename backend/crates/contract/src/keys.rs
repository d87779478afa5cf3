//! API keys.

mod batch;
mod limits;

pub use batch::{
    BATCH_MAX, CreateKeys, CreatedKeys, CreatedSecret, DeleteKeys, KeyAction, KeyBatch, KeyBatchResult,
    KeyBatchRow, KeyNames, KeyPatch,
};
pub use limits::{KeyLimits, LimitUse, RotateKey, WindowMetric};

use crate::auth::Person;
use crate::check;
use crate::groups::KeyBinding;
use crate::ids::{KeyId, PolicyId, UserId};
use crate::page::Order;
use crate::policies::PolicyRef;
use crate::rules::{EffectiveRules, KeyRules};
use crate::stats::{DayFigures, Figures, ModelFigures};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;
use validator::Validate;

/// Whether a key is switched on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum KeyStatus {
    /// Requests are taken.
    #[default]
    Active,
    /// Requests are refused until it is switched on again.
    Disabled,
}

impl KeyStatus {
    /// As stored and written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
        }
    }
}

/// An API key, without its secret.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Key {
    /// Stable over the key's life.
    pub id: KeyId,
    /// What it is called.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// An emoji or a few letters to know it by; may be empty.
    pub icon: String,
    /// How its newest secret begins.
    pub prefix: String,
    /// How its newest secret ends.
    pub last_four: String,
    /// Older secrets that still work, after a rotation.
    pub old_secrets: Vec<OldSecret>,
    /// Whether it is switched on.
    pub status: KeyStatus,
    /// Whether `expires_at` has passed.
    pub expired: bool,
    /// Whose key it is: their usage, and they may manage it.
    pub owner: Option<Person>,
    /// Labels to find it by, sorted.
    pub tags: Vec<String>,
    /// From when on it is refused; never if absent, or not known before its first use.
    pub expires_at: Option<DateTime<Utc>>,
    /// How many seconds it lives from its first use on, if it expires that way.
    pub lifetime_s: Option<u64>,
    /// When it was used first, if it expires that way.
    pub activated_at: Option<DateTime<Utc>>,
    /// What it says itself.
    pub rules: KeyRules,
    /// The policy that it names.
    pub policy: Option<PolicyRef>,
    /// What holds for it, and where that comes from.
    pub effective: EffectiveRules,
    /// Where its usage is charged.
    pub cost_centre: String,
    /// The accounts or groups it may use, a service each; of services that none names, all.
    pub bindings: Vec<KeyBinding>,
    /// Its usage since the start of the day in the tenant's zone.
    pub today: Figures,
    /// When it was used last.
    pub last_used_at: Option<DateTime<Utc>>,
    /// Grows by one with every change; send it back to be refused when someone else was quicker.
    pub version: i64,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    pub updated_at: DateTime<Utc>,
    /// When it was put into the recycle bin.
    pub deleted_at: Option<DateTime<Utc>>,
    /// When it leaves the recycle bin for good.
    pub purged_at: Option<DateTime<Utc>>,
}

/// An older secret that still works.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OldSecret {
    /// How it begins.
    pub prefix: String,
    /// How it ends.
    pub last_four: String,
    /// Until when it works.
    pub valid_until: DateTime<Utc>,
}

/// `POST keys`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateKey {
    /// What it is called.
    #[validate(custom(function = "check::name"))]
    #[cfg_attr(
        feature = "openapi",
        schema(min_length = 1, max_length = 100, example = "Claude Code")
    )]
    pub name: String,
    /// What it is for.
    #[serde(default)]
    #[validate(custom(function = "check::description"))]
    #[cfg_attr(feature = "openapi", schema(max_length = 1000))]
    pub description: String,
    /// An emoji or a few letters to know it by.
    #[serde(default)]
    #[validate(custom(function = "check::icon"))]
    #[cfg_attr(feature = "openapi", schema(max_length = 16))]
    pub icon: String,
    /// Whose key it is; the caller's own if absent. Only owners and admins may name someone else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner_user_id: Option<UserId>,
    /// Labels to find it by.
    #[serde(default)]
    #[validate(custom(function = "check::tags"))]
    #[cfg_attr(feature = "openapi", schema(max_items = 20))]
    pub tags: Vec<String>,
    /// From when on it is refused; never if absent. Must lie ahead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::instant"))]
    pub expires_at: Option<DateTime<Utc>>,
    /// How many seconds it lives from its first use on; not together with `expires_at`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::lifetime_s"))]
    #[cfg_attr(feature = "openapi", schema(minimum = 60, maximum = 315_360_000))]
    pub lifetime_s: Option<u64>,
    /// What it may do, and how much of it; what is absent is inherited.
    #[serde(default)]
    #[validate(nested)]
    pub rules: KeyRules,
    /// The policy from which it inherits, before the organisation's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_id: Option<PolicyId>,
    /// Where its usage is charged.
    #[serde(default)]
    #[validate(custom(function = "check::cost_centre"))]
    #[cfg_attr(feature = "openapi", schema(max_length = 100))]
    pub cost_centre: String,
    /// The account or group that it may use of a service; of services that none names, all. Only owners and admins may
    /// name any.
    #[serde(default)]
    #[validate(custom(function = "check::key_bindings"))]
    #[cfg_attr(feature = "openapi", schema(max_items = 3))]
    pub bindings: Vec<KeyBinding>,
    /// Whether it is switched on.
    #[serde(default)]
    pub status: KeyStatus,
}

/// `PUT keys/{id}`: the whole of what can be edited. What is left out gets its default, as when creating.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct UpdateKey {
    /// What it is called.
    #[validate(custom(function = "check::name"))]
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 100))]
    pub name: String,
    /// What it is for.
    #[serde(default)]
    #[validate(custom(function = "check::description"))]
    #[cfg_attr(feature = "openapi", schema(max_length = 1000))]
    pub description: String,
    /// An emoji or a few letters to know it by.
    #[serde(default)]
    #[validate(custom(function = "check::icon"))]
    #[cfg_attr(feature = "openapi", schema(max_length = 16))]
    pub icon: String,
    /// Whose key it is; stays as it is if absent. Only owners and admins may name someone else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner_user_id: Option<UserId>,
    /// Labels to find it by.
    #[serde(default)]
    #[validate(custom(function = "check::tags"))]
    #[cfg_attr(feature = "openapi", schema(max_items = 20))]
    pub tags: Vec<String>,
    /// From when on it is refused; never if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::instant"))]
    pub expires_at: Option<DateTime<Utc>>,
    /// How many seconds it lives from its first use on; not together with `expires_at`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::lifetime_s"))]
    #[cfg_attr(feature = "openapi", schema(minimum = 60, maximum = 315_360_000))]
    pub lifetime_s: Option<u64>,
    /// What it may do, and how much of it; what is absent is inherited.
    #[serde(default)]
    #[validate(nested)]
    pub rules: KeyRules,
    /// The policy from which it inherits, before the organisation's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_id: Option<PolicyId>,
    /// Where its usage is charged.
    #[serde(default)]
    #[validate(custom(function = "check::cost_centre"))]
    #[cfg_attr(feature = "openapi", schema(max_length = 100))]
    pub cost_centre: String,
    /// The account or group that it may use of a service; of services that none names, all. They stay as they are if
    /// absent, so that nobody frees a key by not knowing of them. Only owners and admins may change them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::key_bindings"))]
    #[cfg_attr(feature = "openapi", schema(max_items = 3))]
    pub bindings: Option<Vec<KeyBinding>>,
    /// Whether it is switched on.
    #[serde(default)]
    pub status: KeyStatus,
    /// The version that was edited; a newer one on the server refuses the change with `version_conflict`. Absent: no check.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

/// A key just created, with the only copy of its secret.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreatedKey {
    /// The key.
    pub key: Key,
    /// The secret, `cr_…`; it cannot be shown again.
    pub secret: String,
}

/// Never shows the secret.
impl fmt::Debug for CreatedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreatedKey")
            .field("key", &self.key.id)
            .finish_non_exhaustive()
    }
}

/// What keys can be sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum KeySort {
    /// By the time of creation.
    #[default]
    CreatedAt,
    /// By name.
    Name,
    /// By expiry; keys that never expire come last in rising order.
    ExpiresAt,
}

/// The filters, sorting and paging of `GET keys`. A page tells its `total` up to 2,000 keys that fit a search or filters,
/// and up to 10,000 without any; beyond, it has none: a page is quick however many keys there are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct KeyQuery {
    /// Text that name, description, prefix or last four must contain; case does not matter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::search_text"))]
    #[cfg_attr(feature = "openapi", param(max_length = 200))]
    pub text: Option<String>,
    /// Only keys that are switched on, or off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<KeyStatus>,
    /// Only keys with this tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::query_text"))]
    pub tag: Option<String>,
    /// Only this person's keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner_user_id: Option<UserId>,
    /// Only keys that name this policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_id: Option<PolicyId>,
    /// Only keys of this cost centre.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::query_text"))]
    pub cost_centre: Option<String>,
    /// Only keys that have expired, or that have not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expired: Option<bool>,
    /// The recycle bin, in place of the keys in use.
    #[serde(default)]
    pub deleted: bool,
    /// What to sort by.
    #[serde(default)]
    pub sort: KeySort,
    /// Which way.
    #[serde(default)]
    pub order: Order,
    /// Where to go on: `next_cursor` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::cursor"))]
    pub cursor: Option<String>,
    /// How many items: 1–200, 50 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::page_limit"))]
    #[cfg_attr(feature = "openapi", param(minimum = 1, maximum = 200))]
    pub limit: Option<u32>,
}

/// `GET keys/{id}/stats`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KeyStats {
    /// The key.
    pub key_id: KeyId,
    /// The first day, in the tenant's zone.
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
    /// The tenant's IANA zone.
    pub time_zone: String,
    /// Over the whole range.
    pub totals: Figures,
    /// Today, whatever the range.
    pub today: Figures,
    /// Day by day, gaps filled with zeros.
    pub days: Vec<DayFigures>,
    /// By model, the dearest first.
    pub models: Vec<ModelFigures>,
    /// When it was used last.
    pub last_used_at: Option<DateTime<Utc>>,
}
