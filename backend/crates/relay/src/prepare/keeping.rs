//! What an account lets the vendor keep of requests in OpenAI's formats, and what else it forces on them. Never in here:
//! whose kept objects are.

use super::Wanted;
use crate::refusal::Refusal;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tollgate_contract::platform::{CredentialKind, Platform};
use tollgate_scheduler::UpstreamAccount;
use tollgate_wire::error::ErrorKind;
use tollgate_wire::format::{ClientFormat, Dialect};

/// See the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keeping {
    /// What the client asks for, or what is the format's own.
    AsAsked,
    /// Nothing: other tenants share the account, and could read it.
    Nothing,
    /// Nothing, and more: what ChatGPT subscriptions are asked with (`openai/codex`, `codex-rs/core`, the request to
    /// `/responses`): always a stream, and no limit of output tokens.
    Subscription,
}

impl Keeping {
    /// What holds for a request on an account.
    ///
    /// # Errors
    /// A 400 where the client insists on what the account can't give.
    pub(super) fn of(
        wanted: Wanted<'_>,
        account: &UpstreamAccount,
        dialect: Dialect,
    ) -> Result<Self, Refusal> {
        if !matches!(dialect, Dialect::Chat | Dialect::Responses) {
            return Ok(Self::AsAsked);
        }
        let is_subscription =
            account.platform == Platform::OpenAi && account.credential_kind == CredentialKind::Oauth;
        let is_shared = account.owner != wanted.tenant;
        if !is_subscription && !is_shared {
            return Ok(Self::AsAsked);
        }
        let (store, max_output) = (wanted.facts.wire.store, wanted.facts.wire.max_output);
        if store == Some(true) {
            let message = "Answers are not kept on this account; leave `store` out or set it to false.";
            return Err(not_offered("store", message));
        }
        if is_subscription && is_shared && max_output.is_some() {
            // What was reserved would not bound what it costs.
            let message = "This account takes no limit of output tokens; leave it out.";
            return Err(not_offered("max_output_tokens", message));
        }
        Ok(if is_subscription {
            Self::Subscription
        } else if dialect == Dialect::Chat && !is_vendors_own(account) {
            // Services that only speak the format keep nothing, and may know no such field.
            Self::AsAsked
        } else {
            Self::Nothing
        })
    }

    /// The fields at a request's top that it sets (JSON to the letter) and takes out. OpenAI keeps Chat's answers as well,
    /// for new organisations without being asked (its guide "Migrate to the Responses API").
    pub(super) fn fields(self, wanted: Wanted<'_>) -> Vec<(&'static str, Option<String>)> {
        let set = |name, value: &str| (name, Some(value.to_owned()));
        match self {
            Self::AsAsked => Vec::new(),
            Self::Nothing => {
                let mut fields = vec![set("store", "false")];
                // Two tenants' caches must not meet: how fast an answer comes would tell what another has sent.
                if matches!(wanted.call.format, ClientFormat::Chat | ClientFormat::Responses)
                    && let Some(key) = &wanted.facts.wire.session
                {
                    let mut digest = Sha256::new();
                    digest.update(wanted.tenant.0.as_bytes());
                    digest.update(key.as_bytes());
                    let own = Value::String(hex::encode(digest.finalize()));
                    fields.push(("prompt_cache_key", Some(own.to_string())));
                }
                fields
            }
            Self::Subscription => vec![
                set("store", "false"),
                set("stream", "true"),
                ("max_output_tokens", None),
            ],
        }
    }
}

fn not_offered(field: &str, message: &str) -> Refusal {
    let mut refusal = Refusal::for_good(ErrorKind::InvalidRequest, "not_offered", message);
    refusal.field = Some(field.to_owned());
    refusal
}

/// Whether requests go to OpenAI or Azure themselves.
fn is_vendors_own(account: &UpstreamAccount) -> bool {
    let host = account.base_url.host_str().unwrap_or_default();
    account.platform == Platform::AzureOpenAi || host == "api.openai.com" || host.ends_with(".openai.com")
}
