//! Connecting an account by the vendor's own page of consent: a link to open, and the code that comes back.

use super::Account;
use crate::check;
use crate::ids::{AccountId, FlowId, ProxyId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;
use validator::Validate;

/// `POST accounts/{platform}/auth-url`: begins a way to a vendor's consent. On `claude_official`, `gemini` and `openai`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct BeginConnect {
    /// `claude_official`: a set-up token, which may only be used for inference and lives a year.
    #[serde(default)]
    pub setup_token: bool,
    /// The proxy through which the vendor's token endpoint is asked, and the account's requests go later. An account that is
    /// connected anew keeps its own where none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy_id: Option<ProxyId>,
    /// The account that is connected anew; absent: a new one is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<AccountId>,
}

/// The link to open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuthUrl {
    /// Names this way when the code is brought back.
    pub flow_id: FlowId,
    /// Where the person consents.
    pub url: String,
    /// Until when the code must be brought back.
    pub expires_at: DateTime<Utc>,
}

/// `POST accounts/{platform}/exchange`: brings the code back. It can be used once, by the sign-in session that began it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct FinishConnect {
    /// The way that was begun.
    pub flow_id: FlowId,
    /// What the vendor's page showed, or the address that the browser ended at: `code#state`, a URL with `code` and
    /// `state`, or the code alone where the vendor shows no state.
    #[validate(custom(function = "check::pasted_code"))]
    #[cfg_attr(feature = "openapi", schema(format = Password, min_length = 1, max_length = 8192))]
    pub code: String,
    /// What the new account is called; unique on its platform. Of an account that is connected anew: left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::name"))]
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 100))]
    pub name: Option<String>,
    /// `gemini`: the Google Cloud project, where the person's licence needs one; else Google names its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::project"))]
    #[cfg_attr(feature = "openapi", schema(max_length = 100))]
    pub project: Option<String>,
}

/// Never shows the code.
impl fmt::Debug for FinishConnect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FinishConnect")
            .field("flow_id", &self.flow_id)
            .finish_non_exhaustive()
    }
}

/// A connected account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Connected {
    /// The account.
    pub account: Account,
    /// What could not be learnt, though the account works: the vendor's profile was out of reach, for one.
    pub warnings: Vec<String>,
}

/// One step of a connectivity test as it is told while it runs: `POST accounts/{platform}/{id}/test/stream`, server-sent
/// events named `step`, and at last one named `done` with an [`super::AccountTest`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TestStep {
    /// Milliseconds since the test began.
    pub at_ms: u64,
    /// What it is: `token`, `proxy`, `send`, `status`, `text`, `end`.
    pub step: String,
    /// What a person reads: of `text`, the model's own words.
    pub text: String,
}
