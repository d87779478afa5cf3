//! Errors in OpenAI's format: how they are written, and what an upstream's words mean.
//! Sources: OpenAI, "Error codes" and "Rate limits"; Azure OpenAI, DeepSeek, Moonshot and vLLM for their own words.

use crate::error::{AccountFault, ErrorKind, Fault, LimitTold, UpstreamError};
use crate::limit::limit_in_words;
use crate::tree::Node;
use crate::write::{ObjectWriter, write_object};
use std::time::Duration;

/// No more of an upstream's own words is kept, in bytes.
const MESSAGE_LENGTH_MAX: usize = 2_000;
/// Types are short words; a longer one is none.
const TYPE_LENGTH_MAX: usize = 64;
/// A longer wait than a day is no hint for another try.
const WAIT_MAX: Duration = Duration::from_hours(24);

/// Types and codes by what they mean; the first column is the type that is written for the kind.
const WORDS: [(ErrorKind, &[&str]); 14] = [
    (
        ErrorKind::InvalidRequest,
        &[
            "invalid_request_error",
            "context_length_exceeded",
            "content_filter",
            "content_policy_violation",
            "unsupported_parameter",
            "unsupported_value",
            "string_above_max_length",
            "BadRequestError",
            "BadRequest",
            "400",
        ],
    ),
    (
        ErrorKind::Authentication,
        &[
            "authentication_error",
            "invalid_api_key",
            "invalid_authentication_error",
            "AuthenticationError",
            "401",
        ],
    ),
    (
        ErrorKind::Billing,
        &[
            "insufficient_quota",
            "billing_hard_limit_reached",
            "billing_not_active",
            "exceeded_current_quota_error",
            "402",
        ],
    ),
    (
        ErrorKind::Permission,
        &[
            "permission_error",
            "permission_denied",
            "PermissionDenied",
            "PermissionDeniedError",
            "unsupported_country_region_territory",
            "account_deactivated",
            "access_terminated",
            "403",
        ],
    ),
    (
        ErrorKind::NotFound,
        &[
            "not_found_error",
            "model_not_found",
            "DeploymentNotFound",
            "ResourceNotFound",
            "resource_not_found_error",
            "NotFoundError",
            "404",
        ],
    ),
    (ErrorKind::MethodNotAllowed, &["method_not_allowed", "405"]),
    (ErrorKind::RequestTimeout, &["request_timeout", "408"]),
    (ErrorKind::RequestTooLarge, &["request_too_large", "413"]),
    (
        ErrorKind::RateLimit,
        &[
            "rate_limit_error",
            "rate_limit_exceeded",
            "rate_limit_reached_error",
            "RateLimitReached",
            "RateLimitError",
            "requests",
            "tokens",
            "429",
        ],
    ),
    (
        ErrorKind::Internal,
        &[
            "server_error",
            "api_error",
            "internal_error",
            "internal_server_error",
            "InternalServerError",
            "500",
        ],
    ),
    (ErrorKind::BadGateway, &["bad_gateway", "502"]),
    (
        ErrorKind::Unavailable,
        &[
            "service_unavailable",
            "service_unavailable_error",
            "ServiceUnavailable",
            "503",
        ],
    ),
    (
        ErrorKind::GatewayTimeout,
        &["timeout_error", "timeout", "Timeout", "504"],
    ),
    (
        ErrorKind::Overloaded,
        &[
            "overloaded_error",
            "engine_overloaded",
            "engine_overloaded_error",
            "server_overloaded",
            "slow_down",
        ],
    ),
];

/// Codes of accounts that the vendor has switched off.
const SWITCHED_OFF: [&str; 2] = ["account_deactivated", "access_terminated"];

/// Messages that say what no type or code does: accounts without money, at OpenAI and at DeepSeek.
const NO_CREDIT: [&str; 2] = ["You exceeded your current quota", "Insufficient Balance"];

/// Reads the body of an upstream's error, or the data of an error in a stream; `None` if it is in no form known here.
pub fn read_error(body: &[u8]) -> Option<UpstreamError> {
    let node = Node::parse(body).ok()?;
    let error = match node.get("error") {
        Some(Node::Text(message)) => return Some(told(message, None, None)),
        Some(error @ Node::Object(_)) => error,
        Some(_) => return None,
        // vLLM's older form and that of Azure's gateway stand at the top.
        None => {
            let bare = node.get("object").and_then(Node::as_text) == Some("error")
                || node.get("statusCode").is_some();
            bare.then_some(&node)?
        }
    };
    let message = error.get("message").and_then(Node::as_text)?;
    let code = error.get("code").or_else(|| error.get("statusCode"));
    Some(told(message, word(error.get("type")), word(code)))
}

/// A type or code: a word, or a status as a number.
fn word(node: Option<&Node<'_>>) -> Option<String> {
    let (Node::Text(text) | Node::Number(text)) = node? else {
        return None;
    };
    let is_word =
        (1..=TYPE_LENGTH_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    is_word.then(|| text.clone().into_owned())
}

/// The code says more than the type, where it is known.
fn told(message: &str, kind: Option<String>, code: Option<String>) -> UpstreamError {
    let meaning = |word: &Option<String>| word.as_deref().and_then(meaning);
    let class = if NO_CREDIT.iter().any(|begin| message.starts_with(begin)) {
        Some(ErrorKind::Billing)
    } else {
        meaning(&code).or_else(|| meaning(&kind))
    };
    let waits = matches!(
        class,
        Some(ErrorKind::RateLimit | ErrorKind::Overloaded | ErrorKind::Unavailable)
    );
    let limits = class == Some(ErrorKind::RateLimit);
    let is_off = |word: &Option<String>| word.as_deref().is_some_and(|word| SWITCHED_OFF.contains(&word));
    UpstreamError {
        class,
        limit: if limits {
            limit_in_words(message)
        } else {
            LimitTold::default()
        },
        account: (is_off(&code) || is_off(&kind)).then_some(AccountFault::Disabled),
        kind: kind.or(code).unwrap_or_default(),
        message: message
            .get(..message.floor_char_boundary(MESSAGE_LENGTH_MAX))
            .unwrap_or_default()
            .to_owned(),
        retry_after: if waits { wait(message) } else { None },
    }
}

fn meaning(word: &str) -> Option<ErrorKind> {
    let row = WORDS.iter().find(|(_, words)| words.contains(&word));
    row.map(|(kind, _)| *kind)
}

/// The wait in a message: OpenAI says "Please try again in 1m30.5s.", Azure "retry after 12 seconds."
fn wait(message: &str) -> Option<Duration> {
    let begin = ["try again in ", "Try again in ", "retry after "]
        .iter()
        .find_map(|words| message.split_once(words))?
        .1;
    let (mut rest, mut seconds) = (begin, 0.0_f64);
    while let Some((number, after)) = number(rest) {
        let unit = after.trim_start();
        let (scale, after) = unit_of(unit)?;
        seconds += number * scale;
        rest = after;
    }
    let wait = Duration::try_from_secs_f64(seconds).ok()?;
    (!wait.is_zero() && wait <= WAIT_MAX).then_some(wait)
}

fn number(text: &str) -> Option<(f64, &str)> {
    let digits = text
        .bytes()
        .take_while(|byte| byte.is_ascii_digit() || *byte == b'.')
        .count();
    let (number, rest) = text.split_at_checked(digits)?;
    Some((number.parse().ok()?, rest))
}

/// In seconds, and what follows the unit.
fn unit_of(text: &str) -> Option<(f64, &str)> {
    let length = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (unit, rest) = text.split_at_checked(length)?;
    let scale = match unit {
        "ms" | "milliseconds" => 0.001,
        "s" | "second" | "seconds" => 1.0,
        "m" | "minute" | "minutes" => 60.0,
        "h" | "hour" | "hours" => 3_600.0,
        _ => return None,
    };
    Some((scale, rest))
}

/// The body of a refusal: `{"error":{"message","type","param","code"}}`, one line.
pub fn write_error(fault: &Fault<'_>) -> Vec<u8> {
    let mut body = Vec::with_capacity(128 + fault.message.len());
    write_object(&mut body, |object| {
        object.object("error", |error| write_fields(fault, error));
    });
    body
}

/// The same as the last event of a stream that already began; no `[DONE]` follows it.
pub(super) fn write_error_event(fault: &Fault<'_>, into: &mut Vec<u8>) {
    into.extend_from_slice(b"data: ");
    into.append(&mut write_error(fault));
    into.extend_from_slice(b"\n\n");
}

fn write_fields(fault: &Fault<'_>, error: &mut ObjectWriter<'_>) {
    let row = WORDS.iter().find(|(kind, _)| *kind == fault.kind);
    error.text("message", fault.message);
    error.text(
        "type",
        row.and_then(|(_, words)| words.first())
            .unwrap_or(&"server_error"),
    );
    match fault.field {
        Some(field) => error.text("param", field),
        None => error.null("param"),
    }
    error.text("code", fault.code);
}

/// An error event that is in no form known here is one all the same.
pub(super) fn error_or_unknown(data: &[u8]) -> UpstreamError {
    read_error(data).unwrap_or_else(|| UpstreamError {
        message: "an error event without a message".to_owned(),
        ..UpstreamError::default()
    })
}
