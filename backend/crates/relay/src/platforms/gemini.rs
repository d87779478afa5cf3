//! Gemini: Google's API with an API key, or Code Assist with a Google token.

use super::{Misconfigured, Outgoing, address, bearer, headers, post, secret_value, segment};
use crate::call::Operation;
use bytes::Bytes;
use http::Request;
use http::header::HeaderName;
use http_body_util::Full;
use secrecy::ExposeSecret;
use tollgate_scheduler::Credential;

const X_GOOG_API_KEY: HeaderName = HeaderName::from_static("x-goog-api-key");
/// Streams come as server-sent events only if asked for so; else as one JSON array.
const SSE: &str = "alt=sse";

pub(super) fn request(outgoing: Outgoing<'_>) -> Result<Request<Full<Bytes>>, Misconfigured> {
    let account = outgoing.account;
    let action = match outgoing.operation {
        Operation::Generate if outgoing.stream => "streamGenerateContent",
        Operation::Generate => "generateContent",
        Operation::Count => "countTokens",
        Operation::GeminiEmbed { batch: false } => "embedContent",
        // OpenAI's embeddings are asked for as a batch.
        Operation::GeminiEmbed { batch: true } | Operation::Embed => "batchEmbedContents",
        Operation::Compact | Operation::Draw => return Err(Misconfigured::NoSuchOperation),
    };
    let query = if outgoing.stream { SSE } else { "" };
    let mut headers = headers::google(outgoing.client, outgoing.passes);
    let (uri, (name, value)) = match &outgoing.proof.credential {
        Credential::ApiKey(key) => {
            let path = format!("/v1beta/models/{}:{action}", segment(outgoing.model));
            (
                address(account, &path, query)?,
                (X_GOOG_API_KEY, secret_value(key.expose_secret())?),
            )
        }
        // Code Assist has conversations and counts, no embeddings.
        Credential::Bearer(token) if matches!(outgoing.operation, Operation::Generate | Operation::Count) => {
            (
                address(account, &format!("/v1internal:{action}"), query)?,
                bearer(token.expose_secret())?,
            )
        }
        _ => return Err(Misconfigured::NoSuchOperation),
    };
    headers.insert(name, value);
    Ok(post(uri, headers, outgoing.body))
}
