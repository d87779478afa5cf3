//! What OpenAI's messages tell of a limit that was reached, the same in both of its formats.
//! Source: OpenAI, "Rate limits" ("Rate limit reached for gpt-4o in organization … on tokens per min (TPM): Limit …").

use crate::error::{LimitSpan, LimitTold};

/// The limit that a message of a refusal names.
pub(crate) fn limit_in_words(message: &str) -> LimitTold {
    let model = message
        .split_once("Rate limit reached for ")
        .and_then(|(_, rest)| rest.split_once(" in organization"));
    let span = if message.contains("per day") {
        Some(LimitSpan::Day)
    } else if message.contains("per min") {
        Some(LimitSpan::Minute)
    } else {
        None
    };
    LimitTold {
        span,
        one_model: model.is_some_and(|(model, _)| !model.is_empty()),
        resets_at: None,
    }
}
