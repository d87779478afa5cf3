//! Plain answers: read into the neutral conversation, written from it, and scanned where they only pass.
//! Gemini API reference, "Generating content", `GenerateContentResponse`. An answer in Code Assist's envelope is read as
//! well. Never in here: streams.

mod citations;
mod parts;
mod scan;

pub(super) use citations::{Told, chars_of, read as read_citations, write as write_citations};
pub(super) use parts::{Piece, call_id, read_logprobs, read_part, write_call, write_logprobs, write_text};
pub use scan::scan_answer;
pub(super) use scan::{CANDIDATES_MAX, scan as scan_event, searched};

use super::figures::{FigureFault, Figures, write_usage};
use super::names::{get, get_text, take};
use super::seal;
use crate::fault::AnswerFault;
use crate::format::Vendor;
use crate::model::{Answer, Choice, Citation, Context, Part, Source, StopReason, ToolCall};
use crate::tree::Node;
use crate::usage::Usage;
use crate::write::{ObjectWriter, write_object};
use std::borrow::Cow;

impl From<FigureFault> for AnswerFault {
    fn from(fault: FigureFault) -> Self {
        match fault {
            FigureFault::Json(fault) => fault.into(),
            other => Self::Figures(other.to_string()),
        }
    }
}

/// Reads an answer.
///
/// # Errors
/// If it is none, its figures can't be, or the model broke off in a call.
pub fn read_answer(body: &[u8]) -> Result<Answer<'_>, AnswerFault> {
    let mut node = unwrapped(Node::parse(body)?).ok_or(AnswerFault::NoAnswer(TWO_ANSWERS))?;
    let id = take_text(&mut node, "responseId");
    let mut answer = Answer {
        model: take_text(&mut node, "modelVersion"),
        usage: usage(&node)?,
        ..Answer::default()
    };
    let Some(Node::Array(candidates)) =
        take(&mut node, "candidates").filter(|found| *found != Node::Array(vec![]))
    else {
        if !is_blocked(&node) {
            return Err(AnswerFault::NoAnswer("without candidates"));
        }
        answer.id = id;
        answer.choices.push(refused());
        return Ok(answer);
    };
    let mut choices = Vec::with_capacity(candidates.len());
    for (at, candidate) in candidates.into_iter().enumerate() {
        if candidate.as_object().is_none() {
            return Err(AnswerFault::NoAnswer("with a candidate that is no object"));
        }
        let index = get(&candidate, "index").and_then(Node::as_u64);
        choices.push((index.unwrap_or(at as u64), choice(candidate, &id)?));
    }
    choices.sort_by_key(|(index, _)| *index);
    answer.choices = choices.into_iter().map(|(_, choice)| choice).collect();
    answer.id = id;
    Ok(answer)
}

pub(super) const TWO_ANSWERS: &str = "an envelope with another answer beside it";

/// What is in Code Assist's envelope, or what came without one; nothing where the figures could be either's.
pub(super) fn unwrapped(mut node: Node<'_>) -> Option<Node<'_>> {
    let Some(inner) = take(&mut node, "response") else {
        return Some(node);
    };
    let twice = ["candidates", "usageMetadata", "promptFeedback"]
        .into_iter()
        .any(|name| get(&node, name).is_some());
    (!twice).then_some(inner)
}

fn take_text<'a>(node: &mut Node<'a>, camel: &str) -> Cow<'a, str> {
    match take(node, camel) {
        Some(Node::Text(text)) => text,
        _ => Cow::Borrowed(""),
    }
}

fn usage(node: &Node<'_>) -> Result<Option<Usage>, FigureFault> {
    let Some(told) = get(node, "usageMetadata") else {
        return Ok(None);
    };
    let figures = Figures::of(told)?;
    Ok(figures.is_told().then(|| figures.usage()))
}

/// Whether the prompt was blocked: there are no candidates then.
pub(super) fn is_blocked(node: &Node<'_>) -> bool {
    let feedback = get(node, "promptFeedback");
    let reason = feedback.and_then(|feedback| get(feedback, "blockReason"));
    reason
        .and_then(Node::as_text)
        .is_some_and(|reason| !reason.is_empty())
}

/// What a blocked prompt is answered with.
fn refused() -> Choice<'static> {
    Choice {
        stop: StopReason::Refusal,
        ..Choice::default()
    }
}

fn choice<'a>(mut candidate: Node<'a>, answer_id: &str) -> Result<Choice<'a>, AnswerFault> {
    let mut choice = Choice::default();
    let content = take(&mut candidate, "content").unwrap_or(Node::Null);
    // Where each of the upstream's parts stands here.
    let mut places = Vec::new();
    let mut calls = 0;
    for part in into_parts(content) {
        places.push(choice.parts.len());
        let (piece, sealed) = read_part(part);
        match piece {
            Piece::Call { id, name, arguments } => {
                let id = id.unwrap_or_else(|| call_id(answer_id, 0, calls).into());
                calls += 1;
                choice.parts.push(Part::ToolCall(ToolCall {
                    id,
                    name,
                    arguments: arguments.into(),
                    sealed: sealed.map(|read| read.sealed),
                    cache: None,
                }));
            }
            Piece::Thought(text) => {
                let (sealed, redacted) =
                    sealed.map_or((None, false), |read| (Some(read.sealed), read.redacted));
                if sealed.is_some() || !text.is_empty() {
                    choice.parts.push(Part::Thinking {
                        text,
                        sealed,
                        redacted,
                        id: None,
                    });
                }
            }
            Piece::Text(text) => {
                if !text.is_empty() {
                    choice.parts.push(Part::text(text));
                }
                choice.parts.extend(sealed.map(seal::alone));
            }
            Piece::Image(image) => {
                choice.parts.push(Part::Image(image));
                choice.parts.extend(sealed.map(seal::alone));
            }
            Piece::Other => choice.parts.extend(sealed.map(seal::alone)),
        }
    }
    cite(&mut choice, read_citations(&candidate), &places);
    choice.logprobs = get(&candidate, "logprobsResult")
        .map(read_logprobs)
        .unwrap_or_default();
    let word = get_text(&candidate, "finishReason").unwrap_or_default();
    choice.stop = stop_reason(word, calls > 0).map_err(AnswerFault::NoAnswer)?;
    Ok(choice)
}

/// The parts of a content.
pub(super) fn into_parts(mut content: Node<'_>) -> Vec<Node<'_>> {
    match take(&mut content, "parts") {
        Some(Node::Array(parts)) => parts,
        _ => Vec::new(),
    }
}

/// Gives each citation to the text it is about: the part told, or the first text; spans are told in bytes.
fn cite(choice: &mut Choice<'_>, told: Vec<Told>, places: &[usize]) {
    for told in told {
        let place = match told.part {
            Some(part) => usize::try_from(part)
                .ok()
                .and_then(|part| places.get(part))
                .copied(),
            None => choice
                .parts
                .iter()
                .position(|part| matches!(part, Part::Text { .. })),
        };
        let part = place.and_then(|place| choice.parts.get_mut(place));
        if let Some(Part::Text { text, citations, .. }) = part {
            let span = told.span.and_then(|span| chars_of(text, span));
            citations.push(Citation::Url {
                url: told.url.into(),
                title: told.title.into(),
                span,
            });
        }
    }
}

/// Why an answer ended, by Google's word. Google says `STOP` even where functions are to be called.
///
/// # Errors
/// If the model broke off in a call that it could not write, or that it must not make.
pub(super) fn stop_reason(word: &str, has_call: bool) -> Result<StopReason, &'static str> {
    match word {
        "" | "STOP" | "FINISH_REASON_UNSPECIFIED" if has_call => Ok(StopReason::ToolCalls),
        "" | "STOP" | "FINISH_REASON_UNSPECIFIED" => Ok(StopReason::End),
        // `CONTINUATION` is another limit's name; only Google can go on from there.
        "MAX_TOKENS" | "CONTINUATION" => Ok(StopReason::MaxOutput),
        "MALFORMED_FUNCTION_CALL" => Err("broken off: the model wrote a call that can't be read"),
        "UNEXPECTED_TOOL_CALL" => Err("broken off: the model called a tool that it was not given"),
        "TOO_MANY_TOOL_CALLS" => Err("broken off: the model called too many tools"),
        "MISSING_THOUGHT_SIGNATURE" => Err("broken off: a thought signature is missing"),
        // SAFETY, RECITATION, LANGUAGE, BLOCKLIST, PROHIBITED_CONTENT, SPII, OTHER and those about pictures.
        _ => Ok(StopReason::Refusal),
    }
}

/// Google's word for why an answer ended.
pub(super) fn finish_word(stop: StopReason) -> &'static str {
    match stop {
        StopReason::End | StopReason::StopSequence | StopReason::ToolCalls | StopReason::Pause => "STOP",
        StopReason::MaxOutput => "MAX_TOKENS",
        StopReason::Refusal => "SAFETY",
    }
}

/// Writes an answer.
pub fn write_answer(answer: &Answer<'_>, context: &Context, into: &mut Vec<u8>) {
    write_object(into, |body| {
        body.array("candidates", |candidates| {
            for (index, choice) in answer.choices.iter().enumerate() {
                candidates.object(|candidate| write_choice(candidate, choice, index as u64));
            }
        });
        if let Some(usage) = &answer.usage {
            write_usage(body, usage);
        }
        body.text("modelVersion", &context.model);
        body.text("responseId", &context.id);
    });
}

fn write_choice(candidate: &mut ObjectWriter<'_>, choice: &Choice<'_>, index: u64) {
    let mut cited = Vec::new();
    candidate.object("content", |content| {
        content.array("parts", |parts| {
            let mut written = 0;
            let mut each = choice.parts.iter().peekable();
            while let Some(part) = each.next() {
                let after = each.next_if(|next| lone_seal(next).is_some() && takes_seal(part));
                let signature = after.and_then(lone_seal);
                match part {
                    Part::Text { text, citations, .. } => {
                        cited.extend(
                            citations
                                .iter()
                                .map(|citation| (written, text.as_ref(), citation)),
                        );
                        write_text(parts, text, false, signature);
                    }
                    Part::Refusal { text } => write_text(parts, text, false, signature),
                    Part::Thinking {
                        text,
                        sealed,
                        redacted,
                        ..
                    } => {
                        let seal = sealed.as_ref().map(|sealed| seal::written(sealed, *redacted));
                        let thought = lone_seal(part).is_none();
                        write_text(parts, text, thought, seal.as_deref());
                    }
                    Part::ToolCall(call) => write_call(parts, call),
                    Part::Image(image) => {
                        let Source::Base64 { media_type, data } = &image.source else {
                            continue;
                        };
                        parts.object(|part| {
                            part.object("inlineData", |blob| {
                                blob.text("mimeType", media_type);
                                blob.text("data", data);
                            });
                            part.text_if("thoughtSignature", signature);
                        });
                    }
                    Part::Document(_) | Part::Audio { .. } | Part::ToolResult(_) => continue,
                }
                written += 1;
            }
        });
        content.text("role", "model");
    });
    candidate.text("finishReason", finish_word(choice.stop));
    candidate.u64("index", index);
    if !cited.is_empty() {
        write_citations(candidate, &cited);
    }
    if !choice.logprobs.is_empty() {
        write_logprobs(candidate, &choice.logprobs);
    }
}

fn takes_seal(part: &Part<'_>) -> bool {
    matches!(part, Part::Text { .. } | Part::Refusal { .. } | Part::Image(_))
}

/// A seal of Google's without a thought: it belongs to the part before it.
fn lone_seal<'p>(part: &'p Part<'_>) -> Option<&'p str> {
    match part {
        Part::Thinking {
            text,
            sealed: Some(sealed),
            ..
        } if text.is_empty() => (sealed.vendor == Vendor::Google).then_some(sealed.data.as_ref()),
        _ => None,
    }
}
