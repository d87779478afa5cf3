//! Upstream accounts: credentials with which a tenant reaches a vendor.

mod batch;
mod connect;
mod credential;
mod form;
mod pool;
mod rules;

use crate::check;
use crate::ids::AccountId;
use crate::money::NanoUsd;
use crate::platform::{CredentialKind, Platform};
use crate::proxies::LastTest;
use crate::stats::Figures;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use validator::Validate;

pub use batch::{
    AccountAction, AccountBatch, AccountBundle, BATCH_MAX, BatchResult, BatchRow, BundleSecrets,
    BundledAccount, ExportAccounts, ImportAccounts, ImportResult, ImportRow,
};
pub use connect::{AuthUrl, BeginConnect, Connected, FinishConnect, TestStep};
pub use credential::{AwsKeys, AwsRole, Credential, EntraApp, IssuedToken, OauthGrant};
pub use form::{AccountForm, PRIORITY_DEFAULT, WEIGHT_DEFAULT};
pub use pool::{
    AccountEvent, AccountEventKind, AccountEvents, AccountHistory, AccountLoad, AccountWindow, GroupRef,
    ProxyRef, Subscription, TokenStatus,
};
pub use rules::{AccountInput, AccountSettings};

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
    /// What its credential is.
    pub credential_kind: CredentialKind,
    /// How its credential ends; of AWS keys, how the access key id does.
    pub credential_hint: String,
    /// The AWS region; on Bedrock alone.
    pub region: Option<String>,
    /// Azure's API version, if requests go to the deployments' paths.
    pub api_version: Option<String>,
    /// The Google Cloud project for Code Assist, if one is set.
    pub project: Option<String>,
    /// The names of the headers that are added to its requests; their values are never shown.
    pub extra_headers: Vec<String>,
    /// Seconds that its upstream may take to its first byte; the node's setting if absent.
    pub first_byte_timeout_s: Option<u32>,
    /// Seconds that its upstream may pause within an answer; the node's setting if absent.
    pub idle_timeout_s: Option<u32>,
    /// 1 is preferred, 100 comes last.
    pub priority: u32,
    /// Its share among accounts of the same priority.
    pub weight: u32,
    /// Whether the scheduler may use it.
    pub schedulable: bool,
    /// Most requests at a time; no limit if absent.
    pub concurrency_cap: Option<u32>,
    /// Most requests in any minute, over all nodes; no cap if absent.
    pub requests_per_minute: Option<u32>,
    /// Most tokens in any minute, over all nodes; no cap if absent.
    pub tokens_per_minute: Option<u64>,
    /// Most that its requests may cost in a day; no cap if absent.
    pub daily_cost_nano: Option<NanoUsd>,
    /// The proxy through which it is reached; directly if absent.
    pub proxy: Option<ProxyRef>,
    /// Labels to find it by, sorted.
    pub tags: Vec<String>,
    /// The groups it is a member of.
    pub groups: Vec<GroupRef>,
    /// Seconds between self-tests; none are made if absent.
    pub self_test_every_s: Option<u32>,
    /// What the last test said, whoever asked for it.
    pub last_test: Option<LastTest>,
    /// What the vendor tells of the subscription.
    pub subscription: Subscription,
    /// The subscription's windows, by name.
    pub windows: Vec<AccountWindow>,
    /// The token that is renewed; of `oauth`, `entra_app` and `aws_role` alone.
    pub token: Option<TokenStatus>,
    /// Requests at the moment.
    pub load: AccountLoad,
    /// The last thing that went wrong with it, if anything did in the last 24 hours.
    pub last_error: Option<AccountEvent>,
    /// The models it offers; empty: all of its platform's.
    pub models: Vec<String>,
    /// Model asked for → model sent; see [`mapped`].
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
    /// Grows by one with every change of its settings; states and tokens leave it as it is.
    pub version: i64,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    pub updated_at: DateTime<Utc>,
}

impl Account {
    /// How it is set up: what a change of it begins from.
    pub fn settings(&self) -> AccountSettings {
        AccountSettings {
            name: self.name.clone(),
            description: self.description.clone(),
            base_url: self.base_url.clone(),
            credential_kind: self.credential_kind,
            region: self.region.clone(),
            api_version: self.api_version.clone(),
            project: self.project.clone(),
            extra_headers: self.extra_headers.clone(),
            first_byte_timeout_s: self.first_byte_timeout_s,
            idle_timeout_s: self.idle_timeout_s,
            priority: self.priority,
            weight: self.weight,
            schedulable: self.schedulable,
            concurrency_cap: self.concurrency_cap,
            requests_per_minute: self.requests_per_minute,
            tokens_per_minute: self.tokens_per_minute,
            daily_cost_nano: self.daily_cost_nano,
            proxy_id: self.proxy.as_ref().map(|proxy| proxy.id),
            tags: self.tags.clone(),
            self_test_every_s: self.self_test_every_s,
            models: self.models.clone(),
            model_mapping: self.model_mapping.clone(),
        }
    }

    /// A form that changes nothing: it gives no secret, so that those stored stay.
    pub fn form(&self) -> AccountForm {
        AccountForm {
            description: self.description.clone(),
            base_url: Some(self.base_url.clone()),
            credential_kind: Some(self.credential_kind),
            region: self.region.clone(),
            api_version: self.api_version.clone(),
            project: self.project.clone(),
            first_byte_timeout_s: self.first_byte_timeout_s,
            idle_timeout_s: self.idle_timeout_s,
            priority: self.priority,
            weight: self.weight,
            schedulable: self.schedulable,
            concurrency_cap: self.concurrency_cap,
            requests_per_minute: self.requests_per_minute,
            tokens_per_minute: self.tokens_per_minute,
            daily_cost_nano: self.daily_cost_nano,
            proxy_id: self.proxy.as_ref().map(|proxy| proxy.id),
            tags: self.tags.clone(),
            self_test_every_s: self.self_test_every_s,
            models: self.models.clone(),
            model_mapping: self.model_mapping.clone(),
            version: Some(self.version),
            ..AccountForm::named(self.name.clone())
        }
    }
}

/// A list of accounts; tenants have dozens, so it is not paged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Accounts {
    /// By platform, priority and name.
    pub items: Vec<Account>,
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

/// What came of a connectivity test: one real request for a few tokens of output, paid at the vendor, booked nowhere.
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
    /// What a program may act on: `ok`, `unauthorized`, `rate_limited`, `refused`, `bad_answer`, `timeout`, `token` (none was
    /// issued), or how sending failed (`blocked`, `dns`, `connect_refused`, `proxy_refused`, `proxy_auth`, `tls` …).
    pub code: String,
    /// What went wrong, in English; empty where nothing did.
    pub message: String,
}

/// The model sent for the model asked, if a mapping names it: by its whole name, else by the longest beginning that a key
/// ending in `*` gives.
pub fn mapped<'a>(mapping: &'a BTreeMap<String, String>, asked: &str) -> Option<&'a str> {
    if let Some(sent) = mapping.get(asked) {
        return Some(sent);
    }
    mapping
        .iter()
        .filter_map(|(key, sent)| {
            let beginning = key.strip_suffix('*')?;
            asked.starts_with(beginning).then_some((beginning.len(), sent))
        })
        .max_by_key(|(length, _)| *length)
        .map(|(_, sent)| sent.as_str())
}

#[cfg(test)]
mod tests;
