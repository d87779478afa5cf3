//! What Anthropic's messages tell that its types don't: some refusals of the account come as faults of the request.
//! Sources: Anthropic, "Errors" and "Rate limits"; Claude Code, "Error reference", and what it makes of these messages.

use crate::error::{AccountFault, ErrorKind, LimitSpan, LimitTold};

/// Begins the message with which an account without credit is refused.
const NO_CREDIT: &str = "Your credit balance is too low";
/// Ends the message that refuses a field which nobody knows: it begins with the field's name, which a client may choose so
/// that it reads like one of the others.
const UNKNOWN_FIELD: &str = "Extra inputs are not permitted";
/// All of the message, but for the full stop.
const DISABLED: &str = "This organization has been disabled";
const REVOKED: &str = "OAuth token has been revoked";
const NOT_ALLOWED: &str = "OAuth authentication is currently not allowed for this organization";
/// A model that the subscription's plan does not have is refused as one of a wrong name.
const NO_MODEL: &str = "invalid model name";
/// Comes with 429, though no waiting changes it.
const NO_LONG_CONTEXT: [&str; 2] = [
    "Extra usage is required for long context requests",
    "The long context beta is not yet available for this subscription",
];

/// What type and message mean together.
pub(super) fn meaning(class: Option<ErrorKind>, message: &str) -> (Option<ErrorKind>, Option<AccountFault>) {
    if message.ends_with(UNKNOWN_FIELD) {
        return (class, None);
    }
    let plain = message.trim_end_matches('.');
    let of_credential = matches!(class, Some(ErrorKind::Authentication | ErrorKind::Permission));
    if message.starts_with(NO_CREDIT) {
        (Some(ErrorKind::Billing), None)
    } else if plain == DISABLED {
        (Some(ErrorKind::Authentication), Some(AccountFault::Disabled))
    } else if of_credential && message.starts_with(REVOKED) {
        (Some(ErrorKind::Authentication), Some(AccountFault::Revoked))
    } else if of_credential && message.starts_with(NOT_ALLOWED) {
        (Some(ErrorKind::Authentication), Some(AccountFault::NotAllowed))
    } else if NO_LONG_CONTEXT.iter().any(|begin| message.starts_with(begin)) {
        (Some(ErrorKind::Permission), Some(AccountFault::NoLongContext))
    } else if message.to_ascii_lowercase().contains(NO_MODEL) {
        (class, Some(AccountFault::NoSuchModel))
    } else {
        (class, None)
    }
}

/// Of "… would exceed your organization's rate limit of 30,000 input tokens per minute (org: …, model: …)".
pub(super) fn limit(class: Option<ErrorKind>, message: &str) -> LimitTold {
    if class != Some(ErrorKind::RateLimit) {
        return LimitTold::default();
    }
    LimitTold {
        span: message.contains("per minute").then_some(LimitSpan::Minute),
        one_model: message.contains(" model: "),
        resets_at: None,
    }
}
