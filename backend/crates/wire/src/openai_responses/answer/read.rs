//! The items of an upstream's `output`, as parts. What is not known is passed over: it was not asked for.

use crate::fields::Fields;
use crate::format::Vendor;
use crate::model::{Part, Sealed, TokenLogprob, ToolCall};
use crate::openai_responses::request::{SUMMARY_SEPARATOR, citation, flat_name, free_text_arguments};
use crate::openai_responses::{CALL_SEAL_ID, REDACTED_ID};
use crate::tree::Node;
use std::borrow::Cow;

/// What the items hold.
#[derive(Debug, Default)]
pub(in super::super) struct Read<'a> {
    pub parts: Vec<Part<'a>>,
    pub logprobs: Vec<TokenLogprob>,
    /// Whether there is a call.
    pub called: bool,
    /// Whether there is a refusal.
    pub refused: bool,
}

/// Reads items.
pub(in super::super) fn parts(items: Vec<Node<'_>>) -> Read<'_> {
    let mut read = Read::default();
    for item in items {
        if let Ok(fields) = Fields::of(item, "") {
            read.item(fields);
        }
    }
    read
}

impl<'a> Read<'a> {
    fn item(&mut self, mut item: Fields<'a>) {
        match text(&mut item, "type").as_ref() {
            "message" => {
                for part in list(&mut item, "content") {
                    self.content(part);
                }
            }
            "reasoning" => self.reasoning(item),
            "function_call" => {
                let arguments = text(&mut item, "arguments");
                self.call(item, arguments);
            }
            "custom_tool_call" => {
                let arguments = free_text_arguments(&text(&mut item, "input"));
                self.call(item, arguments.into());
            }
            _ => {}
        }
    }

    fn content(&mut self, part: Node<'a>) {
        let Ok(mut part) = Fields::of(part, "") else {
            return;
        };
        match text(&mut part, "type").as_ref() {
            "output_text" => {
                if let Some(tokens) = part.peek("logprobs") {
                    self.logprobs.extend(logprobs(tokens));
                }
                let text = text(&mut part, "text");
                let annotations = list(&mut part, "annotations");
                self.parts.push(Part::Text {
                    text,
                    citations: annotations.into_iter().filter_map(citation).collect(),
                    cache: None,
                });
            }
            "refusal" => {
                self.refused = true;
                self.parts.push(Part::Refusal {
                    text: text(&mut part, "refusal"),
                });
            }
            _ => {}
        }
    }

    fn call(&mut self, mut item: Fields<'a>, arguments: Cow<'a, str>) {
        self.called = true;
        let namespace = Some(text(&mut item, "namespace")).filter(|namespace| !namespace.is_empty());
        let name = text(&mut item, "name");
        self.parts.push(Part::ToolCall(ToolCall {
            id: text(&mut item, "call_id"),
            name: flat_name(namespace.as_deref(), name),
            arguments,
            sealed: None,
            cache: None,
        }));
    }

    fn reasoning(&mut self, mut item: Fields<'a>) {
        let id = Some(text(&mut item, "id")).filter(|id| !id.is_empty());
        let sealed = Some(text(&mut item, "encrypted_content")).filter(|data| !data.is_empty());
        let sealed = sealed.map(|data| Sealed::read(Vendor::OpenAi, data));
        let begins = |mark| id.as_deref().is_some_and(|id| id.starts_with(mark));
        if begins(CALL_SEAL_ID)
            && let Some(Part::ToolCall(call)) = self.parts.last_mut()
        {
            call.sealed = sealed;
            return;
        }
        let whole = joined(list(&mut item, "content"));
        let text = if whole.is_empty() {
            joined(list(&mut item, "summary"))
        } else {
            whole
        };
        self.parts.push(Part::Thinking {
            text,
            sealed,
            redacted: begins(REDACTED_ID),
            id,
        });
    }
}

/// The texts of a summary or of reasoning, as one.
fn joined(parts: Vec<Node<'_>>) -> Cow<'_, str> {
    let mut whole: Option<Cow<'_, str>> = None;
    for part in parts {
        let Ok(mut part) = Fields::of(part, "") else {
            continue;
        };
        let text = text(&mut part, "text");
        match &mut whole {
            None => whole = Some(text),
            Some(whole) => {
                let whole = whole.to_mut();
                whole.push_str(SUMMARY_SEPARATOR);
                whole.push_str(&text);
            }
        }
    }
    whole.unwrap_or_default()
}

/// Reads `logprobs`.
pub(in super::super) fn logprobs(tokens: &Node<'_>) -> Vec<TokenLogprob> {
    let pair = |token: &Node<'_>| {
        let text = token
            .get("token")
            .and_then(Node::as_text)
            .unwrap_or_default()
            .to_owned();
        let logprob = token.get("logprob").and_then(Node::as_f64)?;
        Some((text, logprob))
    };
    let read = |node: &Node<'_>| {
        let (token, logprob) = pair(node)?;
        let top = node
            .get("top_logprobs")
            .and_then(Node::as_array)
            .unwrap_or_default();
        Some(TokenLogprob {
            token,
            logprob,
            top: top.iter().filter_map(pair).collect(),
        })
    };
    tokens
        .as_array()
        .unwrap_or_default()
        .iter()
        .filter_map(read)
        .collect()
}

/// A text, empty if there is none.
fn text<'a>(fields: &mut Fields<'a>, name: &str) -> Cow<'a, str> {
    match fields.take(name) {
        Some(Node::Text(text)) => text,
        _ => Cow::Borrowed(""),
    }
}

/// A list, empty if there is none.
fn list<'a>(fields: &mut Fields<'a>, name: &str) -> Vec<Node<'a>> {
    match fields.take(name) {
        Some(Node::Array(items)) => items,
        _ => Vec::new(),
    }
}
