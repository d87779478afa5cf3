//! Amazon Bedrock: Claude's models by `InvokeModel` in their own format, all others by `Converse`; requests signed with
//! AWS keys (SigV4), or with one of Bedrock's API keys as a bearer token.

use super::{Misconfigured, Outgoing, address, bearer, headers, post, segment};
use crate::call::Operation;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::Request;
use http_body_util::Full;
use secrecy::ExposeSecret;
use std::borrow::Cow;
use tollgate_contract::platform::Platform;
use tollgate_money::PriceBook;
use tollgate_net::aws;
use tollgate_scheduler::Credential;
use tollgate_wire::bedrock;
use tollgate_wire::format::Dialect;

/// Whether the model is asked in Claude's format.
pub(super) fn speaks_claude(model_id: &str) -> bool {
    bedrock::is_claude(model_id)
}

/// The id of a model that was asked for by Anthropic's own name: of the ids it may have in the region, the first that
/// the price list knows. Any other name is an id already.
pub(super) fn model_id<'a>(
    asked: &'a str,
    region: Option<&str>,
    book: &PriceBook,
    at: DateTime<Utc>,
) -> Cow<'a, str> {
    if !asked.starts_with("claude") {
        return Cow::Borrowed(asked);
    }
    let provider = Platform::Bedrock.provider();
    let candidates = bedrock::candidates(asked, region.unwrap_or_default());
    let known = candidates
        .into_iter()
        .find(|candidate| book.find(provider, candidate, at).is_some());
    known.map_or(Cow::Borrowed(asked), Cow::Owned)
}

pub(super) fn request(outgoing: Outgoing<'_>) -> Result<Request<Full<Bytes>>, Misconfigured> {
    let account = outgoing.account;
    let action = match (outgoing.operation, outgoing.dialect, outgoing.stream) {
        (Operation::Count, ..) => "count-tokens",
        (Operation::Generate, Dialect::Converse, false) => "converse",
        (Operation::Generate, Dialect::Converse, true) => "converse-stream",
        (Operation::Generate, _, false) => "invoke",
        (Operation::Generate, _, true) => "invoke-with-response-stream",
        _ => return Err(Misconfigured::NoSuchOperation),
    };
    let path = format!("/model/{}/{action}", segment(outgoing.model));
    let uri = address(account, &path, "")?;
    let mut request = post(uri, headers::bedrock(outgoing.stream), outgoing.body.clone());
    match &outgoing.proof.credential {
        Credential::ApiKey(key) | Credential::Bearer(key) => {
            let (name, value) = bearer(key.expose_secret())?;
            request.headers_mut().insert(name, value);
        }
        Credential::Aws {
            access_key_id,
            secret_access_key,
            session_token,
        } => {
            let keys = aws::Keys {
                access_key_id,
                secret_access_key,
                session_token: session_token.as_ref(),
            };
            let to_sign = aws::Signable {
                method: request.method(),
                uri: request.uri(),
                headers: request.headers(),
                body: &outgoing.body,
            };
            let region = account.region.as_deref().unwrap_or_default();
            let signature = aws::sign(&to_sign, &keys, region, aws::BEDROCK, outgoing.now.into())
                .map_err(|error| Misconfigured::Signing(error.to_string()))?;
            request.headers_mut().extend(signature);
        }
        Credential::Unissued => return Err(Misconfigured::NoSuchOperation),
    }
    Ok(request)
}
