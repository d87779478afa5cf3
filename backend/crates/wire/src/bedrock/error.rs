//! Bedrock's errors, as bodies and as exceptions in a stream (Amazon Bedrock's API reference, "Common errors" and the errors
//! of InvokeModel, Converse and their streams). Never in here: what follows from one.

use crate::error::{ErrorKind, LimitSpan, LimitTold, UpstreamError};
use crate::json::{Item, Scanner};

/// No more of an upstream's own words is kept, in bytes.
const MESSAGE_LENGTH_MAX: usize = 2_000;
/// Types are short words; a longer one is none.
const TYPE_LENGTH_MAX: usize = 64;

/// How the messages begin, or what is in them, with which Bedrock refuses the model's id as a fault of the request, though
/// it is one of the account: that the id is unknown, or needs an inference profile.
const MODEL_FAULTS: [&str; 3] = [
    "model identifier is invalid",
    "with on-demand throughput isn",
    "is not supported in this region",
];

/// Reads an error's body, or an exception's payload. The type is what the header `x-amzn-errortype` or the exception's frame
/// tells; without either, what the body tells (`__type`, `code`). `None` if neither type nor message is told.
pub fn read_error(body: &[u8], error_type: Option<&str>) -> Option<UpstreamError> {
    let told = Told::read(body).unwrap_or_default();
    let kind = word(error_type.filter(|word| !word.is_empty()).unwrap_or(&told.kind));
    if kind.is_empty() && told.message.is_empty() {
        return None;
    }
    let mut message = told.message;
    message.truncate(message.floor_char_boundary(MESSAGE_LENGTH_MAX));
    // "Too many tokens per day, please wait before trying again."
    let span = message.contains("per day").then_some(LimitSpan::Day);
    Some(UpstreamError {
        class: class(kind, &message),
        kind: kind.to_owned(),
        message,
        limit: LimitTold {
            span,
            ..LimitTold::default()
        },
        ..UpstreamError::default()
    })
}

/// The type alone: without the name space before `#` and the address after `:`.
fn word(told: &str) -> &str {
    let word = told.split(':').next().unwrap_or_default();
    let word = word.rsplit('#').next().unwrap_or_default().trim();
    if word.len() <= TYPE_LENGTH_MAX && word.bytes().all(|byte| byte.is_ascii_graphic()) {
        word
    } else {
        ""
    }
}

/// What a type means. Those of streams begin with a small letter.
fn class(kind: &str, message: &str) -> Option<ErrorKind> {
    let kind = kind
        .strip_suffix("Exception")
        .or(kind.strip_suffix("Error"))
        .unwrap_or(kind);
    let is = |names: &[&str]| names.iter().any(|name| name.eq_ignore_ascii_case(kind));
    Some(
        if is(&[
            "Throttling",
            "TooManyRequests",
            "RequestLimitExceeded",
            "ServiceQuotaExceeded",
        ]) {
            // A quota is a rate as well: tokens or requests in a minute or a day.
            ErrorKind::RateLimit
        } else if is(&["Validation"]) {
            if MODEL_FAULTS.iter().any(|fault| message.contains(fault)) {
                ErrorKind::NotFound
            } else {
                ErrorKind::InvalidRequest
            }
        } else if is(&["AccessDenied", "NotAuthorized", "OptInRequired"]) {
            ErrorKind::Permission
        } else if is(&[
            "ExpiredToken",
            "IncompleteSignature",
            "InvalidClientTokenId",
            "InvalidSignature",
            "MissingAuthenticationToken",
            "RequestExpired",
            "SignatureDoesNotMatch",
            "UnrecognizedClient",
        ]) {
            ErrorKind::Authentication
        } else if is(&["ResourceNotFound", "UnknownOperation"]) {
            ErrorKind::NotFound
        } else if is(&[
            "RequestEntityTooLarge",
            "PayloadTooLarge",
            "ContentLengthExceeded",
        ]) {
            ErrorKind::RequestTooLarge
        } else if is(&["ServiceUnavailable", "ModelNotReady"]) {
            ErrorKind::Overloaded
        } else if is(&["ModelTimeout"]) {
            ErrorKind::GatewayTimeout
        } else if is(&["ModelError", "ModelStreamError"]) {
            ErrorKind::BadGateway
        } else if is(&["InternalServer", "InternalFailure", "Internal"]) {
            ErrorKind::Internal
        } else {
            return None;
        },
    )
}

#[derive(Default)]
struct Told {
    kind: String,
    message: String,
}

impl Told {
    fn read(body: &[u8]) -> Option<Self> {
        let mut scan = Scanner::new(body);
        let Item::Object = scan.value().ok()? else {
            return None;
        };
        let (mut told, mut first) = (Self::default(), true);
        while let Some(key) = scan.key(first).ok()? {
            first = false;
            let item = scan.value().ok()?;
            if let Item::Text(text) = item {
                let is_kind = key.is("__type") || key.is("code");
                if is_kind || key.is("message") || key.is("Message") {
                    let field = if is_kind {
                        &mut told.kind
                    } else {
                        &mut told.message
                    };
                    *field = text.decode()?.into_owned();
                }
            }
            scan.leave(item).ok()?;
        }
        scan.end().ok()?;
        Some(told)
    }
}
