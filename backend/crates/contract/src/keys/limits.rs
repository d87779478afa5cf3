//! How much of its limits a key has used now, and the change of its secret.

use crate::budgets::Budget;
use crate::check;
use crate::ids::KeyId;
use crate::rules::WindowSpan;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use validator::Validate;

/// What a window counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum WindowMetric {
    /// Requests admitted.
    Requests,
    /// Tokens of all kinds.
    Tokens,
    /// Nano-USD.
    CostNano,
}

/// A limit and how much of it is used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LimitUse {
    /// Whose: `key`, `user` or `tenant`.
    pub subject: String,
    /// How long; absent for requests at a time.
    pub span: Option<WindowSpan>,
    /// What is counted; absent for requests at a time.
    pub metric: Option<WindowMetric>,
    /// Only of models that fit this pattern.
    pub models: Option<String>,
    /// How much is allowed.
    pub limit: u64,
    /// How much is used.
    pub used: u64,
    /// When there is room again; absent where there is, or where time alone does not help.
    pub frees_at: Option<DateTime<Utc>>,
}

/// `GET keys/{id}/limits`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KeyLimits {
    /// The key.
    pub key_id: KeyId,
    /// Windows and requests at a time: the key's, its user's, the organisation's.
    pub limits: Vec<LimitUse>,
    /// The budgets under which its requests fall.
    pub budgets: Vec<Budget>,
    /// When it was read.
    pub at: DateTime<Utc>,
}

/// `POST keys/{id}/rotate`: a new secret; the old one works on for a while.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RotateKey {
    /// How many seconds the old secret works beside the new one; 0: it stops at once.
    #[serde(default)]
    #[validate(custom(function = "check::grace_s"))]
    #[cfg_attr(feature = "openapi", schema(maximum = 7_776_000))]
    pub grace_s: u32,
}
