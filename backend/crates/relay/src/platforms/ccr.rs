//! Another relay that speaks Claude's format below its base URL: Claude Relay Service v1, or Tollgate itself. It takes
//! the relay's key as a bearer token, as every version of it does.

use super::{Misconfigured, Outgoing, address, bearer, claude_path, headers, post};
use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use secrecy::ExposeSecret;
use tollgate_scheduler::Credential;

pub(super) fn request(outgoing: Outgoing<'_>) -> Result<Request<Full<Bytes>>, Misconfigured> {
    let Credential::ApiKey(key) = &outgoing.proof.credential else {
        return Err(Misconfigured::NoSuchOperation);
    };
    let uri = address(outgoing.account, claude_path(outgoing.operation)?, outgoing.query)?;
    let mut headers = headers::claude(outgoing.client, outgoing.passes);
    let (name, value) = bearer(key.expose_secret())?;
    headers.insert(name, value);
    Ok(post(uri, headers, outgoing.body))
}
