//! Claude with a base URL and an API key of one's own: Anthropic's API, or another service that speaks its format.

use super::{Misconfigured, Outgoing, address, bearer, claude_path, headers, post, secret_value};
use bytes::Bytes;
use http::Request;
use http::header::HeaderName;
use http_body_util::Full;
use secrecy::ExposeSecret;
use tollgate_scheduler::Credential;

/// Anthropic's own keys begin so and go into `x-api-key`; other services take bearer tokens, and some nothing else.
const ANTHROPIC_KEY: &str = "sk-ant-";
const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");

pub(super) fn request(outgoing: Outgoing<'_>) -> Result<Request<Full<Bytes>>, Misconfigured> {
    let Credential::ApiKey(key) = &outgoing.proof.credential else {
        return Err(Misconfigured::NoSuchOperation);
    };
    let uri = address(outgoing.account, claude_path(outgoing.operation)?, outgoing.query)?;
    let mut headers = headers::claude(outgoing.client, outgoing.passes);
    let key = key.expose_secret();
    let (name, value) = if key.starts_with(ANTHROPIC_KEY) {
        (X_API_KEY, secret_value(key)?)
    } else {
        bearer(key)?
    };
    headers.insert(name, value);
    Ok(post(uri, headers, outgoing.body))
}
