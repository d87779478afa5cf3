//! One file per upstream platform: base URL, path, credential, headers, model name. Shared by them: which client headers
//! pass (`headers`), what an answer's status means (`verdict`).
//! Never in here: when to send, and what a client is told.

mod azure_openai;
mod bedrock;
mod ccr;
mod claude_console;
mod claude_official;
mod gemini;
mod headers;
mod openai;
mod openai_responses;
mod verdict;

pub(crate) use verdict::{Blame, Heard, Learnt, Verdict, judge};

use crate::call::Operation;
use actix_web::http::header::HeaderMap as ClientHeaders;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, Uri};
use http_body_util::Full;
use std::borrow::Cow;
use tollgate_contract::platform::{CredentialKind, Platform};
use tollgate_money::PriceBook;
use tollgate_oauth::{claude, openai as openai_oauth};
use tollgate_scheduler::{Ready, UpstreamAccount, WindowSeen};
use tollgate_wire::format::{ClientFormat, Dialect};
use tollgate_wire::translate::Packing;
use tollgate_wire::{
    claude as claude_format, gemini as gemini_format, openai_responses as openai_responses_format,
};

/// What goes to an upstream.
#[derive(Debug)]
pub(crate) struct Outgoing<'a> {
    pub(crate) account: &'a UpstreamAccount,
    /// What it proves itself with now.
    pub(crate) proof: &'a Ready,
    /// Whether other tenants than the request's use the account, too.
    pub(crate) is_shared: bool,
    /// What the client sent as headers.
    pub(crate) client: &'a ClientHeaders,
    /// The client's query without its key; passes where the client's own format does.
    pub(crate) query: &'a str,
    pub(crate) operation: Operation,
    pub(crate) dialect: Dialect,
    /// Whether the body is the client's own: then what the client says of itself in headers passes with it.
    pub(crate) passes: bool,
    /// The model's name as the upstream knows it.
    pub(crate) model: &'a str,
    pub(crate) stream: bool,
    pub(crate) body: Bytes,
    pub(crate) now: DateTime<Utc>,
}

/// An account that can't be sent to as it is set up. For logs.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Misconfigured {
    /// Its base URL, credential or model can't stand in a request.
    #[error(transparent)]
    Http(#[from] http::Error),
    /// Its requests can't be signed.
    #[error("signing failed: {0}")]
    Signing(String),
    /// Its platform has no such operation.
    #[error("the platform has no such operation")]
    NoSuchOperation,
}

impl From<header::InvalidHeaderValue> for Misconfigured {
    fn from(error: header::InvalidHeaderValue) -> Self {
        Self::Http(error.into())
    }
}

impl From<http::uri::InvalidUri> for Misconfigured {
    fn from(error: http::uri::InvalidUri) -> Self {
        Self::Http(error.into())
    }
}

/// In which format an account's upstream is asked. `responses_only`: its provider serves the model in no other.
pub(crate) fn dialect(
    account: &UpstreamAccount,
    client: ClientFormat,
    sent: &str,
    responses_only: bool,
) -> (Dialect, Packing) {
    match account.platform {
        Platform::ClaudeOfficial | Platform::ClaudeConsole | Platform::Ccr => {
            (Dialect::Claude, Packing::Bare)
        }
        Platform::Gemini if account.credential_kind != CredentialKind::ApiKey => {
            (Dialect::Gemini, Packing::CodeAssist)
        }
        Platform::Gemini => (Dialect::Gemini, Packing::Bare),
        // What a ChatGPT subscription pays for is asked in Responses alone.
        Platform::OpenAi if account.credential_kind == CredentialKind::Oauth => {
            (Dialect::Responses, Packing::Bare)
        }
        // Both formats are at home there. Chat is what services that call themselves compatible have.
        Platform::OpenAi | Platform::AzureOpenAi if client == ClientFormat::Responses || responses_only => {
            (Dialect::Responses, Packing::Bare)
        }
        Platform::OpenAi | Platform::AzureOpenAi => (Dialect::Chat, Packing::Bare),
        Platform::OpenAiResponses => (Dialect::Responses, Packing::Bare),
        Platform::Bedrock if bedrock::speaks_claude(sent) => (Dialect::Claude, Packing::Invoke),
        Platform::Bedrock => (Dialect::Converse, Packing::Frames),
    }
}

/// The model's name as the account's upstream knows it: its mapping's, else on Bedrock the id of the model asked for.
pub(crate) fn sent_model<'a>(
    account: &'a UpstreamAccount,
    asked: &'a str,
    book: &PriceBook,
    at: DateTime<Utc>,
) -> Cow<'a, str> {
    let mapped = account.sent_model(asked);
    if account.platform == Platform::Bedrock {
        return bedrock::model_id(mapped, account.region.as_deref(), book, at);
    }
    Cow::Borrowed(mapped)
}

/// Tokens that one picture costs at most on a platform, by its vendor's documentation (see the wire's constants).
pub(crate) fn image_tokens_max(platform: Platform, model: &str) -> u64 {
    match platform {
        Platform::Gemini => gemini_format::IMAGE_TOKENS_MAX,
        Platform::OpenAi | Platform::OpenAiResponses | Platform::AzureOpenAi if model.contains("4o-mini") => {
            openai_responses_format::IMAGE_TOKENS_MAX_4O_MINI
        }
        Platform::OpenAi | Platform::OpenAiResponses | Platform::AzureOpenAi => {
            openai_responses_format::IMAGE_TOKENS_MAX
        }
        Platform::ClaudeOfficial | Platform::ClaudeConsole | Platform::Ccr | Platform::Bedrock => {
            claude_format::IMAGE_TOKENS_MAX
        }
    }
}

/// What an answer's headers tell of a subscription's windows.
pub(crate) fn windows(account: &UpstreamAccount, headers: &HeaderMap, now: DateTime<Utc>) -> Vec<WindowSeen> {
    let seen = match account.platform {
        Platform::ClaudeOfficial => claude::read_window_headers(headers, now),
        Platform::OpenAi if account.credential_kind == CredentialKind::Oauth => {
            openai_oauth::read_window_headers(headers, now)
        }
        _ => return Vec::new(),
    };
    let window = |one: tollgate_oauth::WindowSeen| WindowSeen {
        name: one.name,
        used_permille: one.used_permille,
        status: one.status,
        resets_at: one.resets_at,
    };
    seen.into_iter().map(window).collect()
}

/// The request as it goes out.
///
/// # Errors
/// If the account can't be sent to as it is set up.
pub(crate) fn request(outgoing: Outgoing<'_>) -> Result<Request<Full<Bytes>>, Misconfigured> {
    let account = outgoing.account;
    let mut request = match account.platform {
        Platform::ClaudeOfficial => claude_official::request(outgoing),
        Platform::ClaudeConsole => claude_console::request(outgoing),
        Platform::Ccr => ccr::request(outgoing),
        Platform::Gemini => gemini::request(outgoing),
        Platform::OpenAi => openai::request(outgoing),
        Platform::OpenAiResponses => openai_responses::request(outgoing),
        Platform::AzureOpenAi => azure_openai::request(outgoing),
        Platform::Bedrock => bedrock::request(outgoing),
    }?;
    // Last, so that an operator's word counts. Bedrock signs its own: what is added after is not part of the signature.
    for (name, value) in &account.extra_headers {
        request.headers_mut().insert(name.clone(), value.clone());
    }
    Ok(request)
}

/// A POST of these bytes.
fn post(uri: Uri, headers: HeaderMap, body: Bytes) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = uri;
    *request.headers_mut() = headers;
    request
}

/// An account's base URL with a path after it. Operators write vendors' addresses with or without the version at the
/// end: it is not said twice.
fn address(account: &UpstreamAccount, path: &str, query: &str) -> Result<Uri, Misconfigured> {
    let base = account.base_url.as_str().trim_end_matches('/');
    let version = path.split('/').nth(1).unwrap_or_default();
    let is_version = version
        .strip_prefix('v')
        .is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()));
    let base = base
        .strip_suffix(version)
        .filter(|base| is_version && base.ends_with('/'))
        .map_or(base, |base| base.trim_end_matches('/'));
    let query = if query.is_empty() {
        String::new()
    } else {
        format!("?{query}")
    };
    Ok(format!("{base}{path}{query}").parse()?)
}

/// A secret as a header's value, kept out of debug output.
fn secret_value(text: &str) -> Result<HeaderValue, Misconfigured> {
    let mut value = HeaderValue::from_str(text)?;
    value.set_sensitive(true);
    Ok(value)
}

/// A secret as a bearer token.
fn bearer(secret: &str) -> Result<(HeaderName, HeaderValue), Misconfigured> {
    Ok((header::AUTHORIZATION, secret_value(&format!("Bearer {secret}"))?))
}

/// A model's name as one segment of a path: what is no plain character is escaped, so that no name leaves its place.
fn segment(model: &str) -> String {
    use std::fmt::Write as _;
    let mut segment = String::with_capacity(model.len());
    for byte in model.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                segment.push(char::from(byte));
            }
            _ => {
                // Writing into a string never fails.
                let _ = write!(segment, "%{byte:02X}");
            }
        }
    }
    segment
}

/// The path of Claude's operations below a base URL.
fn claude_path(operation: Operation) -> Result<&'static str, Misconfigured> {
    match operation {
        Operation::Generate => Ok("/v1/messages"),
        Operation::Count => Ok("/v1/messages/count_tokens"),
        _ => Err(Misconfigured::NoSuchOperation),
    }
}

/// The path of OpenAI's operations below a base URL.
fn openai_path(operation: Operation, dialect: Dialect) -> Result<&'static str, Misconfigured> {
    match (operation, dialect) {
        (Operation::Generate, Dialect::Responses) => Ok("/v1/responses"),
        (Operation::Generate, _) => Ok("/v1/chat/completions"),
        (Operation::Compact, _) => Ok("/v1/responses/compact"),
        (Operation::Embed, _) => Ok("/v1/embeddings"),
        (Operation::Draw, _) => Ok("/v1/images/generations"),
        (Operation::GeminiEmbed { .. } | Operation::Count, _) => Err(Misconfigured::NoSuchOperation),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_stays_in_its_segment() {
        assert_eq!(segment("gemini-2.5-pro"), "gemini-2.5-pro");
        assert_eq!(segment("../../v1/files?x=#"), "..%2F..%2Fv1%2Ffiles%3Fx%3D%23");
    }
}
