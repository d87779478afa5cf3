//! OpenAI's API, and services that speak its formats below their base URL.

use super::{Misconfigured, Outgoing, address, bearer, headers, openai_path, post};
use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use secrecy::ExposeSecret;
use tollgate_scheduler::Credential;

pub(super) fn request(outgoing: Outgoing<'_>) -> Result<Request<Full<Bytes>>, Misconfigured> {
    let (Credential::ApiKey(secret) | Credential::Bearer(secret)) = &outgoing.account.credential else {
        return Err(Misconfigured::NoSuchOperation);
    };
    let path = openai_path(outgoing.operation, outgoing.dialect)?;
    let uri = address(outgoing.account, path, "")?;
    let mut headers = headers::openai(outgoing.client, outgoing.passes);
    let (name, value) = bearer(secret.expose_secret())?;
    headers.insert(name, value);
    Ok(post(uri, headers, outgoing.body))
}
