//! What is sent to make or change an account, and the checks that hold on every platform.

use crate::check;
use crate::ids::ProxyId;
use crate::money::NanoUsd;
use crate::platform::CredentialKind;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use validator::Validate;

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

/// `POST accounts/{platform}` and `PUT accounts/{platform}/{id}`: the whole of what can be set. What is left out gets its
/// default; an account that exists keeps its credential, its credential's kind and its extra headers where they are left
/// out. Which fields a platform takes, and which it needs, depends on the platform (see [`AccountForm::on`]).
#[derive(Clone, PartialEq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AccountForm {
    /// What it is called; unique on its platform.
    #[validate(custom(function = "check::name"))]
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 100))]
    pub name: String,
    /// What it is for.
    #[serde(default)]
    #[validate(custom(function = "check::description"))]
    #[cfg_attr(feature = "openapi", schema(max_length = 1000))]
    pub description: String,
    /// Where its requests go, such as `https://api.anthropic.com`; the path of the call is added. The vendor's own address
    /// if absent; needed on `claude_console`, `ccr` and `azure_openai`. One on another host asks for the credential and
    /// the extra headers anew, so that nobody can have the stored ones sent elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::base_url"))]
    #[cfg_attr(
        feature = "openapi",
        schema(max_length = 2048, example = "https://api.anthropic.com")
    )]
    pub base_url: Option<String>,
    /// What the credential is. `bearer_token` on `claude_official`; `api_key` on `claude_console`, `ccr`, `openai` and
    /// `openai_responses`; `api_key` or `bearer_token` on `gemini`, and `entra_app` too on `azure_openai`; `aws_keys`,
    /// `api_key` or `aws_role` on `bedrock`. The first of these if absent. `oauth` comes by `auth-url` and `exchange`, and
    /// stays where an account has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential_kind: Option<CredentialKind>,
    /// Of `api_key`: the vendor's API key. Credentials are stored encrypted and never shown again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::credential"))]
    #[cfg_attr(feature = "openapi", schema(format = Password, min_length = 1, max_length = 8192))]
    pub api_key: Option<String>,
    /// Of `bearer_token`: Claude's OAuth or set-up token, a Google OAuth access token (Code Assist), an Entra ID token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::credential"))]
    #[cfg_attr(feature = "openapi", schema(format = Password, min_length = 1, max_length = 8192))]
    pub token: Option<String>,
    /// Of `entra_app`: the directory (tenant) id at Entra ID, or one of its domains.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::entra_tenant_id"))]
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 253))]
    pub entra_tenant_id: Option<String>,
    /// Of `entra_app`: the application's (client) id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::credential"))]
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 8192))]
    pub client_id: Option<String>,
    /// Of `entra_app`: the application's secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::credential"))]
    #[cfg_attr(feature = "openapi", schema(format = Password, min_length = 1, max_length = 8192))]
    pub client_secret: Option<String>,
    /// Of `aws_role`: the role to assume.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::aws_role_arn"))]
    #[cfg_attr(
        feature = "openapi",
        schema(max_length = 2048, example = "arn:aws:iam::123456789012:role/bedrock")
    )]
    pub role_arn: Option<String>,
    /// Of `aws_role`: what the role's owner agreed on, if anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::credential"))]
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 8192))]
    pub external_id: Option<String>,
    /// Of `aws_keys`, and of `aws_role` to assume it: the access key id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::access_key_id"))]
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 128))]
    pub access_key_id: Option<String>,
    /// Of `aws_keys` and `aws_role`: the secret access key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::credential"))]
    #[cfg_attr(feature = "openapi", schema(format = Password, min_length = 1, max_length = 8192))]
    pub secret_access_key: Option<String>,
    /// Of `aws_keys` and `aws_role`: the session token of temporary keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::credential"))]
    #[cfg_attr(feature = "openapi", schema(format = Password, min_length = 1, max_length = 8192))]
    pub session_token: Option<String>,
    /// `bedrock`, needed there: the AWS region. Another one asks for the credential anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::region"))]
    #[cfg_attr(feature = "openapi", schema(max_length = 32, example = "us-east-1"))]
    pub region: Option<String>,
    /// `azure_openai`: the `api-version` with which requests go to the deployments' paths; absent or empty: they go to
    /// Azure's v1 API, which needs none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::api_version"))]
    #[cfg_attr(feature = "openapi", schema(max_length = 32, example = "2024-10-21"))]
    pub api_version: Option<String>,
    /// `gemini` with `bearer_token` or `oauth`: the Google Cloud project that Code Assist counts requests to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::project"))]
    #[cfg_attr(feature = "openapi", schema(max_length = 100))]
    pub project: Option<String>,
    /// Headers that are added to its requests, name → value; names in lower case. Stored encrypted, the values are never
    /// shown again. An account that exists keeps its own if absent; if given, they replace all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::extra_headers"))]
    pub extra_headers: Option<BTreeMap<String, String>>,
    /// Seconds that its upstream may take to its first byte; the node's `relay.first_byte_timeout` if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::timeout_s"))]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 3600))]
    pub first_byte_timeout_s: Option<u32>,
    /// Seconds that its upstream may pause within an answer; the node's `relay.idle_timeout` if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::timeout_s"))]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 3600))]
    pub idle_timeout_s: Option<u32>,
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
    /// Most requests in any minute, over all nodes; no cap if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::requests_per_minute"))]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1_000_000))]
    pub requests_per_minute: Option<u32>,
    /// Most tokens in any minute, over all nodes; no cap if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::tokens_per_minute"))]
    #[cfg_attr(feature = "openapi", schema(minimum = 1))]
    pub tokens_per_minute: Option<u64>,
    /// Most that its requests may cost in a day of the tenant's zone, in nano-USD, by what is settled; no cap if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::cost_cap"))]
    pub daily_cost_nano: Option<NanoUsd>,
    /// The proxy through which it is reached; directly if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy_id: Option<ProxyId>,
    /// Labels to find it by.
    #[serde(default)]
    #[validate(custom(function = "check::tags"))]
    #[cfg_attr(feature = "openapi", schema(max_items = 20))]
    pub tags: Vec<String>,
    /// Seconds between tests that are made without being asked for, each paid at the vendor; none are made if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::self_test_every_s"))]
    #[cfg_attr(feature = "openapi", schema(minimum = 60, maximum = 604_800))]
    pub self_test_every_s: Option<u32>,
    /// The models it offers; empty: all of its platform's.
    #[serde(default)]
    #[validate(custom(function = "check::models"))]
    #[cfg_attr(feature = "openapi", schema(max_items = 200))]
    pub models: Vec<String>,
    /// Model asked for → model sent (on `azure_openai`: the deployment). A key may end in `*` and then stands for all
    /// models that begin so; a whole name goes before the longest such beginning.
    #[serde(default)]
    #[validate(custom(function = "check::model_mapping"))]
    pub model_mapping: BTreeMap<String, String>,
    /// Of `PUT`: the version that was edited; a newer one on the server refuses the change with `version_conflict`.
    /// Absent: no check.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

/// Never shows credentials and headers.
impl fmt::Debug for AccountForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccountForm")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl AccountForm {
    /// A form that says its name and leaves everything else at its default.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            description: String::new(),
            base_url: None,
            credential_kind: None,
            api_key: None,
            token: None,
            entra_tenant_id: None,
            client_id: None,
            client_secret: None,
            role_arn: None,
            external_id: None,
            access_key_id: None,
            secret_access_key: None,
            session_token: None,
            region: None,
            api_version: None,
            project: None,
            extra_headers: None,
            first_byte_timeout_s: None,
            idle_timeout_s: None,
            priority: PRIORITY_DEFAULT,
            weight: WEIGHT_DEFAULT,
            schedulable: true,
            concurrency_cap: None,
            requests_per_minute: None,
            tokens_per_minute: None,
            daily_cost_nano: None,
            proxy_id: None,
            tags: Vec::new(),
            self_test_every_s: None,
            models: Vec::new(),
            model_mapping: BTreeMap::new(),
            version: None,
        }
    }
}
