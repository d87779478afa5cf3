//! Many keys at once: made from a pattern, or changed with a result for each.

use super::{CreateKey, KeyStatus};
use crate::check;
use crate::ids::{KeyId, PolicyId, UserId};
use crate::rules::{KeyRules, RuleName};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;
use validator::Validate;

/// Most keys of one batch.
pub const BATCH_MAX: usize = 5_000;

/// What keys to be made are called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "by", rename_all = "snake_case", deny_unknown_fields)]
pub enum KeyNames {
    /// By these names.
    List {
        /// One for each key.
        names: Vec<String>,
    },
    /// By a pattern, in which `{n}` is each key's number.
    Pattern {
        /// The pattern, e.g. `team-a {n}`.
        pattern: String,
        /// How many.
        count: u32,
        /// The first number.
        #[serde(default = "one")]
        start: u32,
    },
}

fn one() -> u32 {
    1
}

impl KeyNames {
    /// The names, in their order.
    pub fn all(&self) -> Vec<String> {
        match self {
            Self::List { names } => names.clone(),
            Self::Pattern {
                pattern,
                count,
                start,
            } => (0..*count)
                .map(|n| pattern.replace("{n}", &start.saturating_add(n).to_string()))
                .collect(),
        }
    }
}

/// `POST keys/batch`: all of them are made, or none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateKeys {
    /// What they are called.
    #[validate(custom(function = "check::key_names"))]
    pub names: KeyNames,
    /// What they have in common; its own name is not used and may be anything valid.
    #[validate(nested)]
    pub key: CreateKey,
}

/// A key of a batch with the only copy of its secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreatedSecret {
    /// The key.
    pub id: KeyId,
    /// What it is called.
    pub name: String,
    /// The secret, `cr_…`; it cannot be shown again.
    pub secret: String,
}

/// Never shows the secret.
impl fmt::Debug for CreatedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreatedSecret")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// The keys of a batch, in the order of their names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreatedKeys {
    /// One for each name.
    pub items: Vec<CreatedSecret>,
}

/// What of each key is changed; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct KeyPatch {
    /// Switched on or off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<KeyStatus>,
    /// Whose they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner_user_id: Option<UserId>,
    /// Where their usage is charged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::cost_centre"))]
    pub cost_centre: Option<String>,
    /// Labels they get beside those they have.
    #[serde(default)]
    #[validate(custom(function = "check::tags"))]
    pub add_tags: Vec<String>,
    /// Labels that are taken away.
    #[serde(default)]
    #[validate(custom(function = "check::tags"))]
    pub remove_tags: Vec<String>,
    /// The policy from which they inherit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_id: Option<PolicyId>,
    /// They name no policy any more; not together with `policy_id`.
    #[serde(default)]
    pub without_policy: bool,
    /// When they expire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::instant"))]
    pub expires_at: Option<DateTime<Utc>>,
    /// They never expire any more; not together with `expires_at`.
    #[serde(default)]
    pub without_expiry: bool,
    /// Each rule that is present replaces theirs.
    #[serde(default)]
    #[validate(nested)]
    pub rules: KeyRules,
    /// Rules that they leave to their policy and the default again; none that `rules` has.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[validate(length(max = 7))]
    pub inherit: Vec<RuleName>,
}

/// What is done to each key of a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "action", rename_all = "snake_case", deny_unknown_fields)]
pub enum KeyAction {
    /// Some of it is changed.
    Edit {
        /// What.
        change: Box<KeyPatch>,
    },
    /// It comes back from the recycle bin.
    Restore,
    /// It leaves the recycle bin for good.
    Purge,
}

/// `PUT keys/batch`: each key is changed or refused by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct KeyBatch {
    /// The keys, each named once.
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 5_000))]
    pub ids: Vec<KeyId>,
    /// What is done.
    pub act: KeyAction,
}

impl Validate for KeyBatch {
    fn validate(&self) -> Result<(), validator::ValidationErrors> {
        let mut errors = validator::ValidationErrors::new();
        if let Err(error) = check::batch_keys(&self.ids) {
            errors.add("ids", error);
        }
        let mut result = if errors.is_empty() { Ok(()) } else { Err(errors) };
        if let KeyAction::Edit { change } = &self.act {
            let inner = validator::ValidationErrors::merge(Ok(()), "change", change.validate());
            result = validator::ValidationErrors::merge(result, "act", inner);
        }
        result
    }
}

/// `DELETE keys/batch`: each key goes to the recycle bin or is refused by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DeleteKeys {
    /// The keys, each named once.
    #[validate(custom(function = "check::batch_keys"))]
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 5_000))]
    pub ids: Vec<KeyId>,
}

/// What came of a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KeyBatchResult {
    /// One for each key, in the order they were named.
    pub items: Vec<KeyBatchRow>,
}

/// What came of it for one key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KeyBatchRow {
    /// The key.
    pub id: KeyId,
    /// Whether it was done.
    pub ok: bool,
    /// `ok`, `unchanged`, or the problem's code.
    pub code: String,
    /// What went wrong, in English; empty where nothing did.
    pub message: String,
}
