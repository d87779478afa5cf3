//! Claude with a token of a subscription: Anthropic's API as Claude Code's own sign-in reaches it.

use super::{Misconfigured, Outgoing, address, bearer, claude_path, headers, post};
use bytes::Bytes;
use http::Request;
use http::header::HeaderValue;
use http_body_util::Full;
use secrecy::ExposeSecret;
use tollgate_scheduler::Credential;

const BETA: &str = "anthropic-beta";
/// Without it the API takes no OAuth token (v1's behaviour, "Claude account by OAuth").
const OAUTH_BETA: &str = "oauth-2025-04-20";

pub(super) fn request(outgoing: Outgoing<'_>) -> Result<Request<Full<Bytes>>, Misconfigured> {
    let Credential::Bearer(token) = &outgoing.proof.credential else {
        return Err(Misconfigured::NoSuchOperation);
    };
    let uri = address(outgoing.account, claude_path(outgoing.operation)?, outgoing.query)?;
    let mut headers = headers::claude(outgoing.client, outgoing.passes);
    let (name, value) = bearer(token.expose_secret())?;
    headers.insert(name, value);
    let told = headers.get_all(BETA).iter();
    let has_beta = told
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.split(',').any(|beta| beta.trim() == OAUTH_BETA));
    if !has_beta {
        headers.append(BETA, HeaderValue::from_static(OAUTH_BETA));
    }
    Ok(post(uri, headers, outgoing.body))
}
