//! A service that speaks OpenAI's Responses below its base URL, and nothing else for certain. Its requests are OpenAI's
//! own; what differs is that conversations always go to `/v1/responses`.

use super::{Misconfigured, Outgoing, openai};
use bytes::Bytes;
use http::Request;
use http_body_util::Full;

pub(super) fn request(outgoing: Outgoing<'_>) -> Result<Request<Full<Bytes>>, Misconfigured> {
    openai::request(outgoing)
}
