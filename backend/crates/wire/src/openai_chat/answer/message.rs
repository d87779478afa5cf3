//! Reads the message of a choice into parts. Never in here: choices, and messages of requests.

use super::super::calls::wrapped;
use crate::fault::AnswerFault;
use crate::model::{Citation, Part, TokenLogprob, ToolCall};
use crate::tree::Node;
use std::borrow::Cow;

/// The parts of a choice's message, thinking first. `id` is the answer's, `choice` the choice's number: calls without an id
/// get one from these.
pub(super) fn parts<'a>(message: Node<'a>, id: &str, choice: usize) -> Result<Vec<Part<'a>>, AnswerFault> {
    let Node::Object(fields) = message else {
        return Ok(Vec::new());
    };
    let (mut thinking, mut text, mut refusal) = (None, None, None);
    let (mut citations, mut calls) = (Vec::new(), Vec::new());
    for (name, value) in fields {
        match (name.as_ref(), value) {
            ("content", Node::Text(told)) => text = Some(told),
            ("content", Node::Array(items)) => text = joined(items),
            ("refusal", Node::Text(told)) => refusal = Some(told),
            ("reasoning_content" | "reasoning", Node::Text(told)) if thinking.is_none() => {
                thinking = Some(told);
            }
            ("annotations", value) => citations = annotations(&value),
            ("tool_calls", Node::Array(items)) => {
                for (at, item) in items.into_iter().enumerate() {
                    calls.push(tool_call(item, || call_id(id, choice, at))?);
                }
            }
            ("function_call", function @ Node::Object(_)) => {
                calls.push(function_call(function, call_id(id, choice, 0))?);
            }
            _ => {}
        }
    }
    let mut parts = Vec::new();
    parts.extend(thinking.filter(|text| !text.is_empty()).map(thought));
    parts.extend(text.filter(|text| !text.is_empty()).map(|text| Part::Text {
        text,
        citations,
        cache: None,
    }));
    parts.extend(
        refusal
            .filter(|text| !text.is_empty())
            .map(|text| Part::Refusal { text }),
    );
    parts.extend(calls.into_iter().map(Part::ToolCall));
    Ok(parts)
}

/// An id for a call that came without: from the answer's own, so that it is not met twice in a conversation.
pub(in super::super) fn call_id(answer: &str, choice: usize, at: usize) -> String {
    /// Ids may have 40 characters.
    const KEPT: usize = 24;
    let own = answer.strip_prefix("chatcmpl-").unwrap_or(answer);
    let own: String = own
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take(KEPT)
        .collect();
    format!("call_{own}_{choice}_{at}")
}

/// Thinking as it is shown; this format seals none.
fn thought(text: Cow<'_, str>) -> Part<'_> {
    Part::Thinking {
        text,
        sealed: None,
        redacted: false,
        id: None,
    }
}

/// Content as an array of texts, as some servers answer.
fn joined(items: Vec<Node<'_>>) -> Option<Cow<'_, str>> {
    let texts: Vec<&str> = items
        .iter()
        .filter_map(|item| item.get("text").and_then(Node::as_text))
        .collect();
    (!texts.is_empty()).then(|| texts.concat().into())
}

fn tool_call(node: Node<'_>, new_id: impl FnOnce() -> String) -> Result<ToolCall<'_>, AnswerFault> {
    let Node::Object(fields) = node else {
        return Err(AnswerFault::NoAnswer(
            "a chat completion with a tool call that is no object",
        ));
    };
    let (mut id, mut inner, mut custom) = (None, None, false);
    for (name, value) in fields {
        match (name.as_ref(), value) {
            ("id", Node::Text(told)) if !told.is_empty() => id = Some(told),
            ("function", function @ Node::Object(_)) => inner = Some(function),
            ("custom", call @ Node::Object(_)) => (inner, custom) = (Some(call), true),
            _ => {}
        }
    }
    let id = id.unwrap_or_else(|| new_id().into());
    let mut call = function_call(inner.unwrap_or(Node::Null), id)?;
    if custom {
        call.arguments = wrapped(&call.arguments).into();
    }
    Ok(call)
}

/// Arguments are a text; some servers give the object itself.
fn function_call<'a>(node: Node<'a>, id: impl Into<Cow<'a, str>>) -> Result<ToolCall<'a>, AnswerFault> {
    let Node::Object(fields) = node else {
        return Err(AnswerFault::NoAnswer(
            "a chat completion with a tool call of no known kind",
        ));
    };
    let (mut named, mut arguments) = (None, Cow::Borrowed(""));
    for (name, value) in fields {
        match (name.as_ref(), value) {
            ("name", Node::Text(told)) => named = Some(told),
            ("arguments" | "input", Node::Text(told)) => arguments = told,
            ("arguments", object @ Node::Object(_)) => arguments = object.to_text().into(),
            _ => {}
        }
    }
    Ok(ToolCall {
        id: id.into(),
        name: named.ok_or(AnswerFault::NoAnswer(
            "a chat completion with a tool call without a name",
        ))?,
        arguments,
        sealed: None,
        cache: None,
    })
}

/// The pages that `annotations` cite, and where.
pub(in super::super) fn annotations(node: &Node<'_>) -> Vec<Citation<'static>> {
    let items = node.as_array().unwrap_or_default();
    items.iter().filter_map(annotation).collect()
}

fn annotation(node: &Node<'_>) -> Option<Citation<'static>> {
    let citation = node.get("url_citation")?;
    let number = |name| citation.get(name).and_then(Node::as_u64);
    let title = citation.get("title").and_then(Node::as_text).unwrap_or_default();
    Some(Citation::Url {
        url: citation.get("url")?.as_text()?.to_owned().into(),
        title: title.to_owned().into(),
        span: number("start_index").zip(number("end_index")),
    })
}

/// Log probabilities of the text, then of a refusal.
pub(in super::super) fn logprobs(node: &Node<'_>) -> Vec<TokenLogprob> {
    let list = |name| node.get(name).and_then(Node::as_array).unwrap_or_default();
    let token = |node: &Node<'_>| {
        let (token, logprob) = logprob_of(node)?;
        let top = node
            .get("top_logprobs")
            .and_then(Node::as_array)
            .unwrap_or_default();
        let top = top.iter().filter_map(logprob_of).collect();
        Some(TokenLogprob { token, logprob, top })
    };
    list("content")
        .iter()
        .chain(list("refusal"))
        .filter_map(token)
        .collect()
}

fn logprob_of(node: &Node<'_>) -> Option<(String, f64)> {
    Some((
        node.get("token")?.as_text()?.to_owned(),
        node.get("logprob")?.as_f64()?,
    ))
}
