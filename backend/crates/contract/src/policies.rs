//! Policies: named sets of rules for keys, the organisation's default, what members may do by themselves, and the limits
//! of a user or of the whole organisation.

use crate::check;
use crate::ids::PolicyId;
use crate::platform::Service;
use crate::rules::{ConcurrencyRule, KeyRules, WindowRule};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use validator::Validate;

/// A named set of rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Policy {
    /// Stable over its life.
    pub id: PolicyId,
    /// What it is called; unique within the organisation.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Whether it holds for every key, below what the key and its own policy say. At most one does.
    pub is_default: bool,
    /// What it says.
    pub rules: KeyRules,
    /// How many keys name it, those in the recycle bin included.
    pub keys: u32,
    /// Grows by one with every change.
    pub version: i64,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    pub updated_at: DateTime<Utc>,
}

/// `GET policies`: some dozens, so the list is not paged. The default comes first, then by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Policies {
    /// All of them.
    pub items: Vec<Policy>,
}

/// `POST policies`, and `PUT policies/{id}` with the whole of what can be edited.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PolicyForm {
    /// What it is called.
    #[validate(custom(function = "check::name"))]
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 100))]
    pub name: String,
    /// What it is for.
    #[serde(default)]
    #[validate(custom(function = "check::description"))]
    #[cfg_attr(feature = "openapi", schema(max_length = 1000))]
    pub description: String,
    /// Whether it holds for every key. The one that did before no longer does.
    #[serde(default)]
    pub is_default: bool,
    /// What it says.
    #[serde(default)]
    #[validate(nested)]
    pub rules: KeyRules,
    /// Of `PUT`: the version that was edited; a newer one on the server refuses the change. Absent: no check.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

/// A policy's name beside a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PolicyRef {
    /// Which.
    pub id: PolicyId,
    /// What it is called.
    pub name: String,
}

/// What members may do with keys of their own: `GET|PUT policies/self-service`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SelfService {
    /// Whether they may create and change keys at all.
    pub allowed: bool,
    /// Most keys of one member, those in the recycle bin not counted; no bound if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::keys_max"))]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 10_000))]
    pub keys_max: Option<u32>,
    /// The services that their keys may use; empty: all.
    #[serde(default)]
    #[validate(custom(function = "check::rule_services"))]
    pub services: Vec<Service>,
    /// Their keys have at most so many requests at a time; no bound if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::concurrency"))]
    pub concurrency_max: Option<u32>,
    /// Their keys have each of these windows, with at most these amounts.
    #[serde(default)]
    #[validate(custom(function = "check::window_rules"))]
    pub windows_max: Vec<WindowRule>,
    /// Their keys live at most so many days; for ever if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::lifetime_days"))]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 3_650))]
    pub lifetime_max_days: Option<u32>,
    /// The version that was read or edited; 0 before the first change.
    #[serde(default)]
    pub version: i64,
}

impl Default for SelfService {
    /// Before anybody decides otherwise, members make keys as they need them.
    fn default() -> Self {
        Self {
            allowed: true,
            keys_max: None,
            services: Vec::new(),
            concurrency_max: None,
            windows_max: Vec::new(),
            lifetime_max_days: None,
            version: 0,
        }
    }
}

/// The limits of a user over all of their keys (`GET|PUT users/{id}/limits`), or of the organisation over all of its keys
/// (`GET|PUT limits`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SubjectLimits {
    /// Most requests at a time; nobody waits for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::concurrency_rule"))]
    pub concurrency: Option<ConcurrencyRule>,
    /// Most use in sliding windows.
    #[serde(default)]
    #[validate(custom(function = "check::window_rules"))]
    pub windows: Vec<WindowRule>,
    /// The version that was read or edited; 0 before the first change.
    #[serde(default)]
    pub version: i64,
}
