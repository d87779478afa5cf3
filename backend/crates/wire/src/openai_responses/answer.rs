//! Plain answers: read for translation, scanned for their figures, written for clients. Never in here: streams.

mod items;
mod read;
mod response;

pub(super) use items::{
    Call, CallKind, item_id, reasoning_id, write_logprobs, write_message, write_output_text, write_refusal,
};
pub(super) use items::{write_call, write_reasoning};
pub(super) use read::{Read, logprobs, parts};
pub(super) use response::{Shape, ending, write_response};

use super::figures::{Cost, FigureFault};
use super::told::{fields, text};
use crate::facts::AnswerFacts;
use crate::fault::AnswerFault;
use crate::fields::Fields;
use crate::json::Scanner;
use crate::model::{Answer, Choice, Context, StopReason};
use crate::tree::Node;
use std::borrow::Cow;

const NO_RESPONSE: AnswerFault = AnswerFault::NoAnswer("no object `response`");
const NOT_OVER: AnswerFault = AnswerFault::NoAnswer("a response that failed or is not over");

impl From<FigureFault> for AnswerFault {
    fn from(fault: FigureFault) -> Self {
        match fault {
            FigureFault::Json(fault) => fault.into(),
            FigureFault::Figure(_) => Self::Figures(fault.to_string()),
        }
    }
}

/// Reads a plain answer in one pass; the content is passed over.
///
/// # Errors
/// If it is no response object, or tells figures that can't be.
pub fn scan_answer(body: &[u8]) -> Result<AnswerFacts, AnswerFault> {
    scan_object(body, "response", NO_RESPONSE)
}

/// The same for an object of this kind.
pub(super) fn scan_object(body: &[u8], kind: &str, other: AnswerFault) -> Result<AnswerFacts, AnswerFault> {
    if std::str::from_utf8(body).is_err() {
        return Err(AnswerFault::NotJson("not valid UTF-8".to_owned()));
    }
    let mut scan = Scanner::new(body);
    let (mut cost, mut is_kind) = (Cost::default(), false);
    let is_object = fields(&mut scan, |key, scan| {
        if key.is("object") {
            is_kind = text(scan)?.is_some_and(|told| told.is(kind));
        } else if !cost.field(&key, scan)? {
            scan.skip()?;
        }
        Ok::<_, FigureFault>(())
    })?;
    scan.end()?;
    if !is_object || !is_kind {
        return Err(other);
    }
    Ok(AnswerFacts {
        usage: cost.usage(),
        content_bytes: cost.content_bytes,
        billed_beside_tokens: cost.billed_beside_tokens(),
    })
}

/// Reads a plain answer for translation.
///
/// # Errors
/// If it is no response object, or one that failed or is not over.
pub fn read_answer(body: &[u8]) -> Result<Answer<'_>, AnswerFault> {
    let facts = scan_answer(body)?;
    let mut response = Fields::of(Node::parse(body)?, "").map_err(|_| NO_RESPONSE)?;
    let mut text = |name: &str| match response.take(name) {
        Some(Node::Text(text)) => text,
        _ => Cow::Borrowed(""),
    };
    let (id, model, status) = (text("id"), text("model"), text("status"));
    let output = match response.take("output") {
        Some(Node::Array(items)) => items,
        _ => Vec::new(),
    };
    let read = parts(output);
    let reason = response
        .peek("incomplete_details")
        .and_then(|details| details.get("reason"));
    let stop = stop_reason(&status, reason.and_then(Node::as_text), &read).ok_or(NOT_OVER)?;
    Ok(Answer {
        id,
        model,
        choices: vec![Choice {
            parts: read.parts,
            stop,
            stop_sequence: None,
            logprobs: read.logprobs,
        }],
        usage: facts.usage,
    })
}

/// Why a response ended; `None` if it did not, or failed.
pub(super) fn stop_reason(status: &str, reason: Option<&str>, read: &Read<'_>) -> Option<StopReason> {
    match (status, reason) {
        // Some upstreams leave the status out.
        ("completed" | "", _) if read.refused => Some(StopReason::Refusal),
        ("completed" | "", _) if read.called => Some(StopReason::ToolCalls),
        ("completed" | "", _) => Some(StopReason::End),
        ("incomplete", Some("content_filter")) => Some(StopReason::Refusal),
        ("incomplete", Some("max_output_tokens")) => Some(StopReason::MaxOutput),
        ("incomplete", _) => Some(StopReason::Pause),
        _ => None,
    }
}

/// Writes a plain answer, its first choice: the format has no others.
pub fn write_answer(answer: &Answer<'_>, context: &Context, into: &mut Vec<u8>) {
    let none = Choice::default();
    let choice = answer.choices.first().unwrap_or(&none);
    let mut output = Vec::new();
    items::write_output(&mut output, choice, context);
    let (status, incomplete) = ending(choice.stop, items::has_refusal(&choice.parts));
    let shape = Shape {
        status,
        incomplete,
        output: &output,
        usage: answer.usage,
        error: None,
    };
    write_response(into, context, &shape);
}
