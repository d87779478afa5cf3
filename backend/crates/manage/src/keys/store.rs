//! API keys in the database. Writes take many keys at once, so that a batch is no other way than a single change.

mod read;
mod secrets;
mod write;

pub(super) use read::{Reading, count_owned, is_member, keys_with_text, lock, owner, page};
pub(super) use secrets::{NewSecret, end_secrets, enter_secrets};
pub(super) use write::{NewKey, delete, insert, purge, restore, rotated, update};

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use tollgate_contract::groups::KeyBinding;
use tollgate_contract::ids::{KeyId, PolicyId, UserId};
use tollgate_contract::keys::KeyStatus;
use tollgate_contract::rules::KeyRules;

/// What a person may edit of a key, as stored.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub(super) struct Editable {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) icon: String,
    pub(super) owner_user_id: Option<UserId>,
    pub(super) status: KeyStatus,
    /// Sorted.
    pub(super) tags: Vec<String>,
    /// Of a key that lives from its first use on: absent until then.
    pub(super) expires_at: Option<DateTime<Utc>>,
    pub(super) lifetime_s: Option<u64>,
    pub(super) rules: KeyRules,
    pub(super) policy_id: Option<PolicyId>,
    pub(super) cost_centre: String,
    /// By service.
    pub(super) bindings: Vec<KeyBinding>,
}

impl Editable {
    /// As the audit log tells it: each rule is a field of its own, `rules.windows`.
    pub(super) fn told(&self) -> Map<String, Value> {
        let Ok(Value::Object(mut fields)) = serde_json::to_value(self) else {
            return Map::new();
        };
        fields.remove("rules");
        let rules = serde_json::to_value(&self.rules).unwrap_or_default();
        for rule in RULES {
            let value = rules.get(rule).cloned().unwrap_or_default();
            fields.insert(format!("rules.{rule}"), value);
        }
        fields
    }
}

/// The rules by name; those that a key does not set stand in no JSON of it.
const RULES: [&str; 7] = [
    "services",
    "models_allowed",
    "models_denied",
    "clients",
    "addresses",
    "concurrency",
    "windows",
];

/// A key under lock.
#[derive(Clone, Debug)]
pub(super) struct Locked {
    pub(super) id: KeyId,
    pub(super) version: i64,
    /// When it was used first, if it lives from then on.
    pub(super) activated_at: Option<DateTime<Utc>>,
    pub(super) fields: Editable,
}

/// Which keys are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Those in use.
    Use,
    /// Those in the recycle bin.
    Bin,
}

fn status(text: &str) -> KeyStatus {
    if text == "active" {
        KeyStatus::Active
    } else {
        KeyStatus::Disabled
    }
}

fn seconds(value: Option<i64>) -> Option<u64> {
    value.and_then(|value| u64::try_from(value).ok())
}
