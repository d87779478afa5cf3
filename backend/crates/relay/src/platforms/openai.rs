//! OpenAI's API, and services that speak its formats below their base URL.

use super::{Misconfigured, Outgoing, address, bearer, headers, openai_path, post};
use bytes::Bytes;
use http::Request;
use http::header::{HeaderName, HeaderValue};
use http_body_util::Full;
use secrecy::ExposeSecret;
use tollgate_contract::platform::CredentialKind;
use tollgate_scheduler::Credential;

/// Which of a person's workspaces pays (`openai/codex`, `codex-rs`).
const CHATGPT_ACCOUNT: HeaderName = HeaderName::from_static("chatgpt-account-id");

pub(super) fn request(outgoing: Outgoing<'_>) -> Result<Request<Full<Bytes>>, Misconfigured> {
    let (Credential::ApiKey(secret) | Credential::Bearer(secret)) = &outgoing.proof.credential else {
        return Err(Misconfigured::NoSuchOperation);
    };
    let path = openai_path(outgoing.operation, outgoing.dialect)?;
    let is_subscription = outgoing.account.credential_kind == CredentialKind::Oauth;
    // The subscriptions' API has no version in its paths (`openai/codex`, its built-in provider).
    let path = if is_subscription {
        path.trim_start_matches("/v1")
    } else {
        path
    };
    let uri = address(outgoing.account, path, "")?;
    let mut headers = headers::openai(outgoing.client, outgoing.passes);
    if outgoing.is_shared {
        headers::forget_sessions(&mut headers);
    }
    if let Some(id) = &outgoing.proof.vendor_account {
        headers.insert(CHATGPT_ACCOUNT, HeaderValue::from_str(id)?);
    }
    let (name, value) = bearer(secret.expose_secret())?;
    headers.insert(name, value);
    Ok(post(uri, headers, outgoing.body))
}
