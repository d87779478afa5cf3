//! Upstream accounts: credentials with which a tenant reaches a vendor.

use crate::check;
use crate::ids::AccountId;
use crate::platform::Platform;
use crate::stats::Figures;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use validator::Validate;

/// How an account is doing; see the scheduler for how it moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AccountState {
    /// Takes requests.
    Active,
    /// The vendor asked to wait until `state_until`.
    RateLimited,
    /// The vendor is overloaded; tried again at `state_until`.
    Overloaded,
    /// The vendor refuses the credential.
    Unauthorized,
    /// The account's quota is used up until `state_until`.
    QuotaExhausted,
    /// Failed repeatedly; tried again at `state_until`.
    Faulty,
    /// Switched off by an operator.
    Disabled,
}

impl AccountState {
    /// All states.
    pub const ALL: [Self; 7] = [
        Self::Active,
        Self::RateLimited,
        Self::Overloaded,
        Self::Unauthorized,
        Self::QuotaExhausted,
        Self::Faulty,
        Self::Disabled,
    ];

    /// As stored and written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::RateLimited => "rate_limited",
            Self::Overloaded => "overloaded",
            Self::Unauthorized => "unauthorized",
            Self::QuotaExhausted => "quota_exhausted",
            Self::Faulty => "faulty",
            Self::Disabled => "disabled",
        }
    }

    /// The state of this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// An upstream account, without its credential.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Account {
    /// Stable over the account's life.
    pub id: AccountId,
    /// Its platform.
    pub platform: Platform,
    /// What it is called; unique on its platform.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Where its requests go; the path of the call is added.
    pub base_url: String,
    /// How its credential ends.
    pub credential_hint: String,
    /// 1 is preferred, 100 comes last.
    pub priority: u32,
    /// Its share among accounts of the same priority.
    pub weight: u32,
    /// Whether the scheduler may use it.
    pub schedulable: bool,
    /// Most requests at a time; no limit if absent.
    pub concurrency_cap: Option<u32>,
    /// The models it offers; empty: all of its platform's.
    pub models: Vec<String>,
    /// Model asked for → model sent.
    pub model_mapping: BTreeMap<String, String>,
    /// How it is doing.
    pub state: AccountState,
    /// Why, in the scheduler's words.
    pub state_reason: String,
    /// Until when, where the state ends by itself.
    pub state_until: Option<DateTime<Utc>>,
    /// Since when.
    pub state_since: DateTime<Utc>,
    /// Its usage since the start of the day in the tenant's zone.
    pub today: Figures,
    /// Grows by one with every change.
    pub version: i64,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    pub updated_at: DateTime<Utc>,
}

/// A list of accounts; tenants have dozens, so it is not paged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Accounts {
    /// By platform, priority and name.
    pub items: Vec<Account>,
}

/// The priority of an account that names none.
pub const PRIORITY_DEFAULT: u32 = 50;
/// The weight of an account that names none.
pub const WEIGHT_DEFAULT: u32 = 100;

fn default_priority() -> u32 {
    PRIORITY_DEFAULT
}

fn default_weight() -> u32 {
    WEIGHT_DEFAULT
}

fn yes() -> bool {
    true
}

/// What `POST accounts/{platform}` and `PUT accounts/{platform}/{id}` share: everything but the credential.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccountSettings {
    /// What it is called; unique on its platform.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Where its requests go.
    pub base_url: String,
    /// 1 is preferred, 100 comes last.
    pub priority: u32,
    /// Its share among accounts of the same priority.
    pub weight: u32,
    /// Whether the scheduler may use it.
    pub schedulable: bool,
    /// Most requests at a time.
    pub concurrency_cap: Option<u32>,
    /// The models it offers.
    pub models: Vec<String>,
    /// Model asked for → model sent.
    pub model_mapping: BTreeMap<String, String>,
}

/// `POST accounts/claude_console`.
#[derive(Clone, PartialEq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateAccount {
    /// What it is called; unique on its platform.
    #[validate(custom(function = "check::name"))]
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 100))]
    pub name: String,
    /// What it is for.
    #[serde(default)]
    #[validate(custom(function = "check::description"))]
    #[cfg_attr(feature = "openapi", schema(max_length = 1000))]
    pub description: String,
    /// Where its requests go, such as `https://api.anthropic.com`; `/v1/messages` is added.
    #[validate(custom(function = "check::base_url"))]
    #[cfg_attr(
        feature = "openapi",
        schema(max_length = 2048, example = "https://api.anthropic.com")
    )]
    pub base_url: String,
    /// The vendor's API key; stored encrypted, never shown again.
    #[validate(custom(function = "check::credential"))]
    #[cfg_attr(feature = "openapi", schema(format = Password, min_length = 1, max_length = 8192))]
    pub api_key: String,
    /// 1 is preferred, 100 comes last; 50 if absent.
    #[serde(default = "default_priority")]
    #[validate(custom(function = "check::priority"))]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 100, default = 50))]
    pub priority: u32,
    /// Its share among accounts of the same priority, 1–1000; 100 if absent.
    #[serde(default = "default_weight")]
    #[validate(custom(function = "check::weight"))]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1000, default = 100))]
    pub weight: u32,
    /// Whether the scheduler may use it.
    #[serde(default = "yes")]
    #[cfg_attr(feature = "openapi", schema(default = true))]
    pub schedulable: bool,
    /// Most requests at a time; no limit if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::concurrency"))]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 100_000))]
    pub concurrency_cap: Option<u32>,
    /// The models it offers; empty: all of its platform's.
    #[serde(default)]
    #[validate(custom(function = "check::models"))]
    #[cfg_attr(feature = "openapi", schema(max_items = 200))]
    pub models: Vec<String>,
    /// Model asked for → model sent.
    #[serde(default)]
    #[validate(custom(function = "check::model_mapping"))]
    pub model_mapping: BTreeMap<String, String>,
}

/// Never shows the credential.
impl fmt::Debug for CreateAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreateAccount")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl CreateAccount {
    /// Parts it into the settings and the credential.
    pub fn into_parts(self) -> (AccountSettings, String) {
        let settings = AccountSettings {
            name: self.name,
            description: self.description,
            base_url: self.base_url,
            priority: self.priority,
            weight: self.weight,
            schedulable: self.schedulable,
            concurrency_cap: self.concurrency_cap,
            models: self.models,
            model_mapping: self.model_mapping,
        };
        (settings, self.api_key)
    }
}

/// `PUT accounts/claude_console/{id}`: the whole of what can be edited; what is left out gets its default, the credential
/// alone stays as it is.
#[derive(Clone, PartialEq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct UpdateAccount {
    /// What it is called; unique on its platform.
    #[validate(custom(function = "check::name"))]
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 100))]
    pub name: String,
    /// What it is for.
    #[serde(default)]
    #[validate(custom(function = "check::description"))]
    #[cfg_attr(feature = "openapi", schema(max_length = 1000))]
    pub description: String,
    /// Where its requests go. A new one asks for the credential anew, so that nobody can have it sent elsewhere.
    #[validate(custom(function = "check::base_url"))]
    #[cfg_attr(feature = "openapi", schema(max_length = 2048))]
    pub base_url: String,
    /// A new vendor's API key; the stored one stays if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::credential"))]
    #[cfg_attr(feature = "openapi", schema(format = Password, min_length = 1, max_length = 8192))]
    pub api_key: Option<String>,
    /// 1 is preferred, 100 comes last; 50 if absent.
    #[serde(default = "default_priority")]
    #[validate(custom(function = "check::priority"))]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 100, default = 50))]
    pub priority: u32,
    /// Its share among accounts of the same priority, 1–1000; 100 if absent.
    #[serde(default = "default_weight")]
    #[validate(custom(function = "check::weight"))]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1000, default = 100))]
    pub weight: u32,
    /// Whether the scheduler may use it.
    #[serde(default = "yes")]
    #[cfg_attr(feature = "openapi", schema(default = true))]
    pub schedulable: bool,
    /// Most requests at a time; no limit if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::concurrency"))]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 100_000))]
    pub concurrency_cap: Option<u32>,
    /// The models it offers; empty: all of its platform's.
    #[serde(default)]
    #[validate(custom(function = "check::models"))]
    #[cfg_attr(feature = "openapi", schema(max_items = 200))]
    pub models: Vec<String>,
    /// Model asked for → model sent.
    #[serde(default)]
    #[validate(custom(function = "check::model_mapping"))]
    pub model_mapping: BTreeMap<String, String>,
    /// The version that was edited; a newer one on the server refuses the change with `version_conflict`. Absent: no check.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

/// Never shows the credential.
impl fmt::Debug for UpdateAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UpdateAccount")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl UpdateAccount {
    /// Parts it into the settings and, where given, the new credential.
    pub fn into_parts(self) -> (AccountSettings, Option<String>) {
        let settings = AccountSettings {
            name: self.name,
            description: self.description,
            base_url: self.base_url,
            priority: self.priority,
            weight: self.weight,
            schedulable: self.schedulable,
            concurrency_cap: self.concurrency_cap,
            models: self.models,
            model_mapping: self.model_mapping,
        };
        (settings, self.api_key)
    }
}

/// `POST accounts/{platform}/{id}/test`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TestAccount {
    /// The model to ask; the account's first one, else a small one of the platform, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::query_text"))]
    pub model: Option<String>,
}

/// What came of a connectivity test: one real request for one token of output, paid at the vendor, booked nowhere.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccountTest {
    /// Whether the account answered as it should.
    pub ok: bool,
    /// The model that was asked.
    pub model: String,
    /// The vendor's HTTP status; absent where none came.
    pub http_status: Option<u16>,
    /// How long it took.
    pub latency_ms: u64,
    /// What a program may act on: `ok`, `unauthorized`, `rate_limited`, `refused`, `bad_answer`, `timeout`, or how sending
    /// failed (`blocked`, `dns`, `connect_refused`, `connect_timeout`, `tls` …).
    pub code: String,
    /// What went wrong, in English; empty where nothing did.
    pub message: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::faults;

    #[test]
    fn an_account_gets_v1s_defaults() {
        let made: CreateAccount =
            serde_json::from_str(r#"{"name":"a","base_url":"https://api.anthropic.com","api_key":"sk-1"}"#)
                .unwrap();
        assert_eq!((made.priority, made.weight, made.schedulable), (50, 100, true));
        assert!(faults(&made).is_empty());
    }

    #[test]
    fn wrong_fields_are_all_named_at_once() {
        let made: CreateAccount =
            serde_json::from_str(r#"{"name":"","base_url":"x","api_key":"a b","priority":0,"weight":0}"#)
                .unwrap();
        let fields: Vec<_> = faults(&made).into_iter().map(|fault| fault.field).collect();
        assert_eq!(fields, ["api_key", "base_url", "name", "priority", "weight"]);
    }

    #[test]
    fn a_credential_never_shows_in_debug_output() {
        let made: CreateAccount =
            serde_json::from_str(r#"{"name":"a","base_url":"https://x","api_key":"sk-secret"}"#).unwrap();
        assert!(!format!("{made:?}").contains("sk-secret"));
    }
}
