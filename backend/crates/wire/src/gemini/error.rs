//! Errors in Google's shape, both ways. Gemini API, "API errors", tells what each status means; the details are Google's
//! common ones (`google.rpc`, "Error details"): `ErrorInfo`, `QuotaFailure`, `RetryInfo`, `BadRequest`.
//! Never in here: when to try again.

mod limit;

use super::names::{get, get_items, get_text};
use crate::error::{AccountFault, ErrorKind, Fault, LimitSpan, LimitTold, UpstreamError};
use crate::tree::Node;
use crate::write::{ObjectWriter, write_object};
use std::time::Duration;

/// No more of an upstream's own words is kept, in bytes.
const MESSAGE_LENGTH_MAX: usize = 2_000;
/// A longer status is none.
const STATUS_LENGTH_MAX: usize = 64;
/// A longer wait is not believed, in seconds: a week.
const RETRY_MAX_S: f64 = 604_800.0;
/// Code Assist's reason when a person has to confirm the account (Gemini CLI, `googleQuotaErrors.ts`).
const VALIDATION_REQUIRED: &str = "VALIDATION_REQUIRED";
/// Begins the kinds of details.
const TYPE: &str = "type.googleapis.com/google.rpc.";

/// Reads the body of an upstream's error or the data of its error event; `None` if it is not in Google's format. Where a
/// stream was asked for, the error may stand in an array.
pub fn read_error(body: &[u8]) -> Option<UpstreamError> {
    let node = Node::parse(body).ok()?;
    let outer = node.as_array().and_then(|items| items.first()).unwrap_or(&node);
    let error = get(outer, "error")?;
    let mut message = get_text(error, "message")?.to_owned();
    let status = get_text(error, "status").unwrap_or_default();
    let is_status = status.len() <= STATUS_LENGTH_MAX && status.bytes().all(|byte| byte.is_ascii_graphic());
    let kind = if is_status { status } else { "" };
    let code = get(error, "code").and_then(Node::as_u64);
    let details = get_items(error, "details");
    let class = class(kind, code, &message, details);
    let limit = match class {
        Some(ErrorKind::RateLimit) => limit::limit(details),
        _ => LimitTold::default(),
    };
    // A daily quota comes with a wait of some seconds, after which it is as empty as before.
    let short = || retry_delay(details).or_else(|| retry_in_words(&message));
    let retry_after = limit::renewed_in(details, &message).or_else(|| match limit.span {
        Some(LimitSpan::Day) => None,
        _ => short(),
    });
    let checks = reason(details) == VALIDATION_REQUIRED;
    message.truncate(message.floor_char_boundary(MESSAGE_LENGTH_MAX));
    Some(UpstreamError {
        class,
        kind: kind.to_owned(),
        limit,
        account: checks.then_some(AccountFault::NeedsCheck),
        message,
        retry_after,
    })
}

fn detail<'n, 'a>(details: &'n [Node<'a>], kind: &str) -> Option<&'n Node<'a>> {
    details.iter().find(|detail| {
        let told = detail.get("@type").and_then(Node::as_text);
        told.and_then(|told| told.strip_prefix(TYPE)) == Some(kind)
    })
}

/// What tells apart what shares a status; empty if none is told.
fn reason<'n>(details: &'n [Node<'_>]) -> &'n str {
    let reason = detail(details, "ErrorInfo").and_then(|info| get_text(info, "reason"));
    reason.unwrap_or_default()
}

/// What an error means: first by its reason, which tells apart what shares a status, then by status, then by code.
fn class(status: &str, code: Option<u64>, message: &str, details: &[Node<'_>]) -> Option<ErrorKind> {
    match reason(details) {
        VALIDATION_REQUIRED => return Some(ErrorKind::Authentication),
        "API_KEY_INVALID" | "API_KEY_EXPIRED" | "ACCESS_TOKEN_EXPIRED" | "CREDENTIALS_MISSING" => {
            return Some(ErrorKind::Authentication);
        }
        "BILLING_DISABLED" | "INSUFFICIENT_G1_CREDITS_BALANCE" => return Some(ErrorKind::Billing),
        "MODEL_CAPACITY_EXHAUSTED" | "MODEL_CAPACITY_EXCEEDED" => return Some(ErrorKind::Overloaded),
        _ => {}
    }
    match (status, code) {
        ("INVALID_ARGUMENT", _) if message.starts_with("API key not valid") => {
            Some(ErrorKind::Authentication)
        }
        ("INVALID_ARGUMENT" | "OUT_OF_RANGE", Some(413)) => Some(ErrorKind::RequestTooLarge),
        ("INVALID_ARGUMENT" | "OUT_OF_RANGE", _) => Some(ErrorKind::InvalidRequest),
        ("FAILED_PRECONDITION", _) if message.contains("location") => Some(ErrorKind::Permission),
        ("UNAUTHENTICATED", _) => Some(ErrorKind::Authentication),
        ("PERMISSION_DENIED", _) => Some(ErrorKind::Permission),
        ("NOT_FOUND" | "UNIMPLEMENTED", _) => Some(ErrorKind::NotFound),
        // "Gemini API free tier is not available in your country. Please enable billing"; 402: prepaid credit is used up.
        ("FAILED_PRECONDITION", _) | ("RESOURCE_EXHAUSTED", Some(402)) => Some(ErrorKind::Billing),
        ("RESOURCE_EXHAUSTED", _) if has_no_quota(message) => Some(ErrorKind::Billing),
        ("RESOURCE_EXHAUSTED", _) => Some(ErrorKind::RateLimit),
        ("INTERNAL" | "UNKNOWN" | "DATA_LOSS", _) => Some(ErrorKind::Internal),
        ("UNAVAILABLE", _) => Some(ErrorKind::Overloaded),
        ("ABORTED", _) => Some(ErrorKind::Unavailable),
        ("DEADLINE_EXCEEDED", _) => Some(ErrorKind::GatewayTimeout),
        (_, Some(code)) => ErrorKind::ALL
            .into_iter()
            .find(|kind| u64::from(kind.status()) == code)
            .map(|kind| {
                if kind == ErrorKind::Unavailable {
                    ErrorKind::Overloaded
                } else {
                    kind
                }
            }),
        _ => None,
    }
}

/// Google words a model that the project's tier does not have as a quota of 0, which no waiting changes.
fn has_no_quota(message: &str) -> bool {
    message
        .split("limit: 0")
        .skip(1)
        .any(|rest| !rest.starts_with(|next: char| next.is_ascii_digit() || next == '.'))
}

fn retry_delay(details: &[Node<'_>]) -> Option<Duration> {
    duration(get_text(detail(details, "RetryInfo")?, "retryDelay")?)
}

/// "Please retry in 21.2s."
fn retry_in_words(message: &str) -> Option<Duration> {
    let (_, rest) = message.split_once("retry in ")?;
    let word = rest.split_ascii_whitespace().next()?;
    duration(word.trim_end_matches(['.', ',']))
}

fn duration(text: &str) -> Option<Duration> {
    let seconds = match text.strip_suffix("ms") {
        Some(milliseconds) => milliseconds.parse::<f64>().ok()? / 1_000.0,
        None => text.strip_suffix('s')?.parse().ok()?,
    };
    let believable = (0.0..=RETRY_MAX_S).contains(&seconds);
    believable.then(|| Duration::from_secs_f64(seconds))
}

/// The status that goes with a kind.
const fn status(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::InvalidRequest | ErrorKind::RequestTooLarge => "INVALID_ARGUMENT",
        ErrorKind::Authentication => "UNAUTHENTICATED",
        ErrorKind::Billing | ErrorKind::RateLimit => "RESOURCE_EXHAUSTED",
        ErrorKind::Permission => "PERMISSION_DENIED",
        ErrorKind::NotFound => "NOT_FOUND",
        ErrorKind::MethodNotAllowed => "UNIMPLEMENTED",
        ErrorKind::RequestTimeout | ErrorKind::GatewayTimeout => "DEADLINE_EXCEEDED",
        ErrorKind::Internal => "INTERNAL",
        ErrorKind::BadGateway | ErrorKind::Unavailable | ErrorKind::Overloaded => "UNAVAILABLE",
    }
}

/// The body of a refusal in Google's format, one line.
pub fn write_error(fault: &Fault<'_>) -> Vec<u8> {
    let mut body = Vec::with_capacity(384 + fault.message.len());
    write(&mut body, fault);
    body
}

/// The same as the last event of a stream that already began.
pub(super) fn write_error_event(fault: &Fault<'_>) -> Vec<u8> {
    let mut event = Vec::with_capacity(392 + fault.message.len());
    event.extend_from_slice(b"data: ");
    write(&mut event, fault);
    event.extend_from_slice(b"\n\n");
    event
}

fn write(into: &mut Vec<u8>, fault: &Fault<'_>) {
    let kind = |detail: &mut ObjectWriter<'_>, name: &str| detail.text("@type", &format!("{TYPE}{name}"));
    write_object(into, |body| {
        body.object("error", |error| {
            error.u64("code", u64::from(fault.kind.status()));
            error.text("message", fault.message);
            error.text("status", status(fault.kind));
            error.array("details", |details| {
                details.object(|detail| {
                    kind(detail, "ErrorInfo");
                    detail.text("reason", &fault.code.to_ascii_uppercase());
                    detail.text("domain", "tollgate");
                });
                if let Some(field) = fault.field {
                    details.object(|detail| {
                        kind(detail, "BadRequest");
                        detail.array("fieldViolations", |violations| {
                            violations.object(|violation| {
                                violation.text("field", field);
                                violation.text("description", fault.message);
                            });
                        });
                    });
                }
                details.object(|detail| {
                    kind(detail, "RequestInfo");
                    detail.text("requestId", fault.request_id);
                });
                if let Some(wait) = fault.retry_after {
                    details.object(|detail| {
                        kind(detail, "RetryInfo");
                        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
                        detail.text("retryDelay", &format!("{seconds}s"));
                    });
                }
            });
        });
    });
}
