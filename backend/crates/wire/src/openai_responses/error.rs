//! Errors in OpenAI's words: read from an upstream, written for a client. Never in here: when to refuse, and with which
//! status.

use crate::error::{AccountFault, ErrorKind, Fault, LimitSpan, LimitTold, UpstreamError};
use crate::limit::limit_in_words;
use crate::tree::Node;
use crate::write::{ObjectWriter, write_object};
use std::time::Duration;

/// No more of an upstream's own words is kept, in bytes.
const MESSAGE_LENGTH_MAX: usize = 2_000;
/// Types and codes are short words; a longer one is none.
const WORD_LENGTH_MAX: usize = 64;
/// The type with which Codex's backend says that a subscription's window is used up, with `resets_at` (seconds since
/// 1970) or `resets_in_seconds` (`codex-rs`, "api_bridge").
const PLAN_USED_UP: &str = "usage_limit_reached";
/// No upstream is waited for longer than this on its own word.
const RETRY_AFTER_MAX: Duration = Duration::from_hours(24 * 31);

/// Reads the body of an upstream's error, the data of its `error` or `response.failed` event, or its frame on a WebSocket;
/// `None` if it is in none of these forms. OpenAI, "Error codes" and the API reference, "Streaming events"; Azure's bodies
/// have the same form with a status as the code.
pub fn read_error(body: &[u8]) -> Option<UpstreamError> {
    let node = Node::parse(body).ok()?;
    let is_object = |node: &&Node<'_>| matches!(node, Node::Object(_));
    let within = node.get("response").and_then(|response| response.get("error"));
    let flat = (node.get("type").and_then(Node::as_text) == Some("error")).then_some(&node);
    let told = node
        .get("error")
        .filter(is_object)
        .or(within.filter(is_object))
        .or(flat);
    let Some(told) = told else {
        // How OpenAI's subscription backend words a refusal.
        let message = cut(node.get("detail")?.as_text()?);
        return Some(UpstreamError {
            message,
            ..UpstreamError::default()
        });
    };
    let word = |name| word(told.get(name));
    let (kind, code) = (word("type").filter(|kind| *kind != "error"), word("code"));
    let message = told.get("message").and_then(Node::as_text);
    if kind.is_none() && code.is_none() && message.is_none() {
        return None;
    }
    let message = cut(message.unwrap_or_default());
    let seconds = told
        .get("resets_in_seconds")
        .and_then(Node::as_u64)
        .map(Duration::from_secs);
    let class = code.and_then(class_of).or(kind.and_then(class_of));
    let is = |word: &str| kind == Some(word) || code == Some(word);
    let mut limit = match class {
        Some(ErrorKind::RateLimit) => limit_in_words(&message),
        _ => LimitTold::default(),
    };
    if is(PLAN_USED_UP) {
        limit.span = Some(LimitSpan::Plan);
        let at = told.get("resets_at").and_then(Node::as_u64);
        limit.resets_at = at.and_then(|at| i64::try_from(at).ok());
    }
    Some(UpstreamError {
        class,
        limit,
        account: is("account_deactivated").then_some(AccountFault::Disabled),
        kind: kind.or(code).unwrap_or_default().to_owned(),
        retry_after: seconds
            .or_else(|| told_delay(&message))
            .map(|delay| delay.min(RETRY_AFTER_MAX)),
        message,
    })
}

fn cut(message: &str) -> String {
    let end = message.floor_char_boundary(MESSAGE_LENGTH_MAX);
    message.get(..end).unwrap_or_default().to_owned()
}

fn word<'n>(node: Option<&'n Node<'_>>) -> Option<&'n str> {
    let text = node?.as_text()?;
    let is_word =
        !text.is_empty() && text.len() <= WORD_LENGTH_MAX && text.bytes().all(|byte| byte.is_ascii_graphic());
    is_word.then_some(text)
}

/// What a code or a type means. Codes say more than types, so they are asked first.
fn class_of(word: &str) -> Option<ErrorKind> {
    Some(match word {
        "insufficient_quota" | "billing_hard_limit_reached" | "billing_not_active" => ErrorKind::Billing,
        "invalid_api_key" | "authentication_error" | "token_expired" | "account_deactivated" | "401" => {
            ErrorKind::Authentication
        }
        "permission_error"
        | "permission_denied"
        | "unsupported_country_region_territory"
        | "usage_not_included" => ErrorKind::Permission,
        "model_not_found" | "not_found_error" | "DeploymentNotFound" | "404" => ErrorKind::NotFound,
        "rate_limit_exceeded"
        | "rate_limit_error"
        | "tokens"
        | "requests"
        | "usage_limit_reached"
        | "429" => ErrorKind::RateLimit,
        "server_is_overloaded" | "slow_down" | "overloaded_error" | "engine_overloaded" => {
            ErrorKind::Overloaded
        }
        "service_unavailable" | "service_unavailable_error" | "503" => ErrorKind::Unavailable,
        "server_error" | "api_error" | "internal_error" | "vector_store_timeout" | "500" => {
            ErrorKind::Internal
        }
        "invalid_request_error"
        | "context_length_exceeded"
        | "content_filter"
        | "content_policy_violation" => ErrorKind::InvalidRequest,
        word if word.starts_with("invalid_") || word.contains("image") => ErrorKind::InvalidRequest,
        _ => return None,
    })
}

/// The delay that a message tells: `… try again in 1m2.5s`, `… retry after 26 seconds`.
fn told_delay(message: &str) -> Option<Duration> {
    let rest = ["try again in ", "retry after "].iter().find_map(|words| {
        let (_, rest) = message.split_once(words)?;
        Some(rest)
    })?;
    let (mut rest, mut total) = (rest, None);
    while let Some((delay, after)) = one_delay(rest) {
        total = Some(total.unwrap_or(Duration::ZERO).saturating_add(delay));
        rest = after;
    }
    total
}

/// A number and its unit at a text's beginning, and what follows.
fn one_delay(text: &str) -> Option<(Duration, &str)> {
    let length = text
        .bytes()
        .take_while(|byte| byte.is_ascii_digit() || *byte == b'.')
        .count();
    let (number, rest) = text.split_at_checked(length)?;
    let number: f64 = number.trim_end_matches('.').parse().ok()?;
    let rest = rest.strip_prefix(' ').unwrap_or(rest);
    let length = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (unit, rest) = rest.split_at_checked(length)?;
    let seconds = match unit {
        "ms" | "milliseconds" => 0.001,
        "s" | "second" | "seconds" => 1.0,
        "m" | "minute" | "minutes" => 60.0,
        "h" | "hour" | "hours" => 3_600.0,
        "d" | "day" | "days" => 86_400.0,
        _ => return None,
    };
    // Beyond what can be counted is beyond what is waited for.
    let delay = Duration::try_from_secs_f64(number * seconds).unwrap_or(RETRY_AFTER_MAX);
    Some((delay, rest))
}

/// Type and code of a kind of refusal, as OpenAI has them ("Error codes"); what it has no word for is a fault of the
/// request or of the server, as its status says.
fn words(kind: ErrorKind) -> (&'static str, &'static str) {
    match kind {
        ErrorKind::InvalidRequest
        | ErrorKind::RequestTooLarge
        | ErrorKind::MethodNotAllowed
        | ErrorKind::NotFound => ("invalid_request_error", "invalid_prompt"),
        ErrorKind::Authentication => ("authentication_error", "invalid_api_key"),
        ErrorKind::Billing => ("insufficient_quota", "insufficient_quota"),
        ErrorKind::Permission => ("permission_error", "invalid_prompt"),
        ErrorKind::RateLimit => ("rate_limit_error", "rate_limit_exceeded"),
        ErrorKind::RequestTimeout
        | ErrorKind::Internal
        | ErrorKind::BadGateway
        | ErrorKind::Unavailable
        | ErrorKind::GatewayTimeout
        | ErrorKind::Overloaded => ("server_error", "server_error"),
    }
}

/// The code of a response that failed: one of those that the API documents, which clients decide by.
pub(super) fn failure_code(kind: ErrorKind) -> &'static str {
    words(kind).1
}

/// The body of a refusal: `{"error":{"message","type","param","code"}}`, one line. The request's id has its place in a
/// header.
pub fn write_error(fault: &Fault<'_>) -> Vec<u8> {
    let mut body = Vec::with_capacity(128 + fault.message.len());
    write_object(&mut body, |body| {
        body.object("error", |error| write_fields(error, fault));
    });
    body
}

/// The fields of `error`.
pub(super) fn write_fields(error: &mut ObjectWriter<'_>, fault: &Fault<'_>) {
    error.text("message", fault.message);
    error.text("type", words(fault.kind).0);
    match fault.field {
        Some(field) => error.text("param", field),
        None => error.null("param"),
    }
    error.text("code", fault.code);
}
