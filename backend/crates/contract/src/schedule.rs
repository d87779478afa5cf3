//! Where a request would go now, and why: the dry run of the scheduler.

use crate::check;
use crate::ids::{AccountId, KeyId};
use crate::platform::Platform;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use validator::Validate;

/// `POST schedule/explain`: a request that is only thought of. Nothing is sent, and no seat is taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ExplainRequest {
    /// The model asked for.
    #[validate(custom(function = "check::query_text"))]
    #[cfg_attr(feature = "openapi", schema(example = "claude-sonnet-4-5"))]
    pub model: String,
    /// The client's path, which decides where a model goes whose name says nothing of its platform; `/api/v1/messages` if
    /// absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::query_text"))]
    pub path: Option<String>,
    /// The key that is used: its bindings count, and what its rules say of models and services. None if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_id: Option<KeyId>,
    /// The account that served the conversation before, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sticky: Option<AccountId>,
}

/// Where it would go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScheduleAnswer {
    /// The whole of it in a sentence or two, in English.
    pub sentence: String,
    /// The account that would get it; absent where none could. Where accounts are equal, chance may choose another one.
    pub picked: Option<ScheduledAccount>,
    /// Why that one: `pinned`, `sticky`, `bound`, `priority`, `least_load`, `only_candidate`; where none: `none_configured`,
    /// `none_offers_model`, `all_unavailable`, or, by the key's rules, `model_not_allowed`, `service_not_allowed`.
    pub reason: String,
    /// When the first account that is out recovers, if that is known.
    pub recovers_at: Option<DateTime<Utc>>,
    /// All accounts that were considered, and why each was out or came later.
    pub considered: Vec<ConsideredAccount>,
    /// As of when.
    pub at: DateTime<Utc>,
}

/// An account that would get the request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScheduledAccount {
    /// The account; absent where it is the platform's.
    pub id: Option<AccountId>,
    /// Its name, or the pool's.
    pub name: String,
    /// Its platform.
    pub platform: Platform,
    /// The model that it would be sent.
    pub model: String,
}

/// An account that would not get it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConsideredAccount {
    /// The account; absent where it is the platform's.
    pub id: Option<AccountId>,
    /// Its name, or the pool's.
    pub name: String,
    /// Its platform.
    pub platform: Platform,
    /// What a program may act on: `other_platform`, `model`, `unschedulable`, `unusable`, `state`, `token`, `probed`, `at_cap`,
    /// `rate_cap`, `daily_cap`, `window`, `not_bound`, `own_only`, `pinned`, `tried`, `fair_share`, `later`, `not_chosen`.
    pub code: String,
    /// Why, in English: `cooling down until 12:40:07 UTC after 429: its rate limit is reached`.
    pub text: String,
    /// When that ends, if it is a matter of time.
    pub until: Option<DateTime<Utc>>,
}
