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
use crate::ids::{KeyId, UserId};
use crate::page::Order;
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
    /// How its secret begins.
    pub prefix: String,
    /// How its secret ends.
    pub last_four: String,
    /// Whether it is switched on.
    pub status: KeyStatus,
    /// Whether `expires_at` has passed.
    pub expired: bool,
    /// Whose key it is: their usage, and they may manage it.
    pub owner: Option<Person>,
    /// Labels to find it by, sorted.
    pub tags: Vec<String>,
    /// From when on it is refused; never if absent.
    pub expires_at: Option<DateTime<Utc>>,
    /// Most requests in any 60 seconds; no limit if absent.
    pub requests_per_minute: Option<u32>,
    /// Most requests at a time; no limit if absent.
    pub concurrency_limit: Option<u32>,
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
    /// Most requests in any 60 seconds; no limit if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::requests_per_minute"))]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1_000_000))]
    pub requests_per_minute: Option<u32>,
    /// Most requests at a time; no limit if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::concurrency"))]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 100_000))]
    pub concurrency_limit: Option<u32>,
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
    /// Most requests in any 60 seconds; no limit if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::requests_per_minute"))]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1_000_000))]
    pub requests_per_minute: Option<u32>,
    /// Most requests at a time; no limit if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::concurrency"))]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 100_000))]
    pub concurrency_limit: Option<u32>,
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

/// The filters, sorting and paging of `GET keys`.
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
