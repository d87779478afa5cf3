//! What single events tell, read in one pass each. Never in here: how they follow each other.

use crate::error::UpstreamError;
use crate::json::{JsonFault, Scanner, Text};
use crate::openai_responses::error::read_error;
use crate::openai_responses::figures::{Cost, FigureFault};
use crate::openai_responses::told::{fields, owned, text, whole};
use std::borrow::Cow;

/// Types that matter (OpenAI's API reference, "Streaming events").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Created,
    ItemAdded,
    ItemDone,
    PartAdded,
    PartDone,
    TextDelta,
    TextDone,
    RefusalDelta,
    RefusalDone,
    Annotation,
    SummaryAdded,
    SummaryDelta,
    ReasoningDelta,
    ArgumentsDelta,
    ArgumentsDone,
    InputDelta,
    InputDone,
    /// A piece of what OpenAI's own tools make.
    OtherDelta,
    Completed,
    Incomplete,
    Failed,
    Error,
    Other,
}

impl Kind {
    fn of(word: &[u8]) -> Self {
        match word {
            b"response.output_text.delta" => Self::TextDelta,
            b"response.created" => Self::Created,
            b"response.output_item.added" => Self::ItemAdded,
            b"response.output_item.done" => Self::ItemDone,
            b"response.content_part.added" => Self::PartAdded,
            b"response.content_part.done" => Self::PartDone,
            b"response.output_text.done" => Self::TextDone,
            b"response.refusal.delta" => Self::RefusalDelta,
            b"response.refusal.done" => Self::RefusalDone,
            b"response.output_text.annotation.added" => Self::Annotation,
            b"response.reasoning_summary_part.added" => Self::SummaryAdded,
            b"response.reasoning_summary_text.delta" => Self::SummaryDelta,
            b"response.reasoning_text.delta" => Self::ReasoningDelta,
            b"response.function_call_arguments.delta" => Self::ArgumentsDelta,
            b"response.function_call_arguments.done" => Self::ArgumentsDone,
            b"response.custom_tool_call_input.delta" => Self::InputDelta,
            b"response.custom_tool_call_input.done" => Self::InputDone,
            b"response.completed" => Self::Completed,
            b"response.incomplete" => Self::Incomplete,
            b"response.failed" => Self::Failed,
            b"error" => Self::Error,
            word if word.ends_with(b".delta") => Self::OtherDelta,
            _ => Self::Other,
        }
    }

    /// By the type in the data, which is what clients go by, where it stands first, as OpenAI sends it, and the number
    /// after it; else by the event's name; else by the type wherever it stands.
    pub fn of_event(name: &[u8], data: &[u8]) -> (Self, Option<u64>) {
        let leading = data
            .strip_prefix(b"{\"type\":\"")
            .or_else(|| data.strip_prefix(b"{\"type\": \""));
        if let Some(rest) = leading
            && let Some((word, rest)) = memchr::memchr(b'"', rest).and_then(|end| rest.split_at_checked(end))
        {
            return (Self::of(word), number_after(rest));
        }
        if !name.is_empty() {
            return (Self::of(name), None);
        }
        let word = told_type(data).ok().flatten().and_then(|word| word.decode());
        (word.map_or(Self::Other, |word| Self::of(word.as_bytes())), None)
    }

    /// Whether its `delta` is output.
    pub fn is_delta(self) -> bool {
        matches!(
            self,
            Self::TextDelta
                | Self::RefusalDelta
                | Self::SummaryDelta
                | Self::ReasoningDelta
                | Self::ArgumentsDelta
                | Self::InputDelta
                | Self::OtherDelta
        )
    }
}

/// The sequence number that follows a type's closing quote.
fn number_after(rest: &[u8]) -> Option<u64> {
    let rest = rest.strip_prefix(b"\",")?.trim_ascii_start();
    let rest = rest.strip_prefix(b"\"sequence_number\":")?.trim_ascii_start();
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    std::str::from_utf8(rest.get(..digits)?).ok()?.parse().ok()
}

/// `type` at the top, wherever it stands.
fn told_type(data: &[u8]) -> Result<Option<Text<'_>>, JsonFault> {
    let mut kind = None;
    fields(&mut Scanner::new(data), |key, scan| {
        if key.is("type") {
            kind = text(scan)?;
            return Ok(());
        }
        scan.skip()
    })?;
    Ok(kind)
}

/// What `response.created` tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Created {
    pub id: String,
    pub model: String,
    /// In seconds since 1970; 0 if not told.
    pub since: u64,
}

/// Reads `response.created`.
pub(super) fn created(data: &[u8]) -> Result<Created, JsonFault> {
    let mut told = Created::default();
    response(data, |key, scan| {
        if key.is("id") {
            told.id = owned(scan)?.unwrap_or_default();
        } else if key.is("model") {
            told.model = owned(scan)?.unwrap_or_default();
        } else if key.is("created_at") {
            told.since = whole(scan)?.unwrap_or(0);
        } else {
            scan.skip()?;
        }
        Ok::<_, JsonFault>(())
    })?;
    Ok(told)
}

/// What an answer's last event tells.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Ending {
    pub cost: Cost,
    /// Why it is incomplete.
    pub reason: Option<String>,
}

/// Reads `response.completed`, `response.incomplete` or `response.failed`.
pub(super) fn ending(data: &[u8]) -> Result<Ending, FigureFault> {
    let mut told = Ending::default();
    response(data, |key, scan| {
        if key.is("incomplete_details") {
            fields(scan, |key, scan| {
                if key.is("reason") {
                    told.reason = owned(scan)?;
                    return Ok(());
                }
                scan.skip()
            })?;
        } else if !told.cost.field(&key, scan)? {
            scan.skip()?;
        }
        Ok::<_, FigureFault>(())
    })?;
    Ok(told)
}

/// Reads the fields of an event's `response`.
fn response<'a, E: From<JsonFault>>(
    data: &'a [u8],
    mut each: impl FnMut(Text<'a>, &mut Scanner<'a>) -> Result<(), E>,
) -> Result<(), E> {
    let mut scan = Scanner::new(data);
    let is_object = fields(&mut scan, |key, scan| {
        if key.is("response") {
            fields(scan, &mut each)?;
            return Ok(());
        }
        Ok::<_, E>(scan.skip()?)
    })?;
    if !is_object {
        return Err(scan.fault("an object is expected").into());
    }
    scan.end()?;
    Ok(())
}

/// What an `error` or `response.failed` event tells; one that is not in the format is an error all the same.
pub(super) fn error(data: &[u8]) -> UpstreamError {
    read_error(data).unwrap_or_else(|| UpstreamError {
        message: "an error event without a message".to_owned(),
        ..UpstreamError::default()
    })
}

/// The fields of an event that adds to an item.
#[derive(Debug, Default)]
pub(super) struct Addition<'a> {
    /// The item's place in the answer.
    pub output: u64,
    /// `delta`, or at the end of a thing the whole: `text`, `refusal`, `arguments`, `input`.
    pub text: Cow<'a, str>,
    /// Which part of a summary.
    pub summary: u64,
    /// Where `logprobs`, `part`, `item` or `annotation` stands.
    pub value: Option<&'a [u8]>,
}

/// Reads one.
pub(super) fn addition(data: &[u8]) -> Result<Addition<'_>, JsonFault> {
    let mut told = Addition::default();
    let mut scan = Scanner::new(data);
    // Nobody escapes the letters of these names, and this is done for every event.
    let is_object = fields(&mut scan, |key, scan| {
        match key.raw() {
            b"output_index" => told.output = whole(scan)?.unwrap_or(0),
            b"summary_index" => told.summary = whole(scan)?.unwrap_or(0),
            b"delta" | b"text" | b"refusal" | b"arguments" | b"input" => {
                told.text = text(scan)?.and_then(|text| text.decode()).unwrap_or_default();
            }
            b"logprobs" | b"part" | b"item" | b"annotation" => {
                let begin = scan.value_at();
                scan.skip()?;
                told.value = data.get(begin..scan.at());
            }
            _ => scan.skip()?,
        }
        Ok::<_, JsonFault>(())
    })?;
    if !is_object {
        return Err(scan.fault("an object is expected"));
    }
    scan.end()?;
    Ok(told)
}
