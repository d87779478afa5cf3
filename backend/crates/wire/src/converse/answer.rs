//! Plain answers.

use super::citation::citation;
use super::figures::{billed_beside_tokens, tier, usage};
use crate::facts::AnswerFacts;
use crate::fault::AnswerFault;
use crate::format::Vendor;
use crate::json::{Item, Scanner};
use crate::model::{Answer, Choice, Image, Part, Sealed, Source, StopReason, ToolCall};
use crate::tree::Node;
use crate::usage::Usage;
use std::borrow::Cow;

const NO_MESSAGE: AnswerFault = AnswerFault::NoAnswer("no object with an `output.message`");
/// What the model itself said can't be used: a fault of the upstream, not an answer.
const MALFORMED: AnswerFault = AnswerFault::NoAnswer("malformed by the model (`stopReason`)");

/// Reads an answer. Converse gives it neither an id nor the model's name.
///
/// # Errors
/// If it is none, or one that the model left malformed.
pub fn read_answer(body: &[u8]) -> Result<Answer<'_>, AnswerFault> {
    let mut fields = Object::of(Node::parse(body)?).ok_or(NO_MESSAGE)?;
    let figures = match fields.take("usage") {
        Some(node) => usage(&node).map_err(AnswerFault::Figures)?,
        None => None,
    };
    let output = fields.take("output").and_then(Object::of);
    let message = output
        .and_then(|mut output| output.take("message"))
        .and_then(Object::of);
    let content = message.ok_or(NO_MESSAGE)?.take("content");
    let Some(Node::Array(blocks)) = content else {
        return Err(NO_MESSAGE);
    };
    let parts: Vec<Part<'_>> = blocks.into_iter().filter_map(part).collect();
    let reason = fields.take("stopReason");
    let stop = reason.as_ref().and_then(Node::as_text).unwrap_or_default();
    let stop =
        stop_reason(stop, parts.iter().any(|part| matches!(part, Part::ToolCall(_)))).ok_or(MALFORMED)?;
    let beside = fields.take("additionalModelResponseFields").and_then(Object::of);
    let sequence = match beside.and_then(|mut beside| beside.take("stop_sequence")) {
        Some(Node::Text(text)) => Some(text),
        _ => None,
    };
    Ok(Answer {
        choices: vec![Choice {
            parts,
            stop,
            stop_sequence: sequence.filter(|_| stop == StopReason::StopSequence),
            logprobs: Vec::new(),
        }],
        usage: figures,
        ..Answer::default()
    })
}

/// Reads an answer's figures; the content is passed over.
///
/// # Errors
/// If it is no answer.
pub fn scan_answer(body: &[u8]) -> Result<AnswerFacts, AnswerFault> {
    let mut scan = Scanner::new(body);
    let Item::Object = scan.value()? else {
        return Err(NO_MESSAGE);
    };
    let (mut content_bytes, mut first) = (None, true);
    let mut figures = Vec::new();
    while let Some(key) = scan.key(first)? {
        first = false;
        let begin = scan.value_at();
        scan.skip()?;
        let value = body.get(begin..scan.at()).unwrap_or_default();
        if key.is("output") {
            content_bytes = Some(value.len() as u64);
        }
        for name in ["usage", "serviceTier", "performanceConfig"] {
            if key.is(name) {
                figures.push((name.into(), Node::parse(value)?));
            }
        }
    }
    scan.end()?;
    let figures = Node::Object(figures);
    let usage = figures
        .get("usage")
        .map(usage)
        .transpose()
        .map_err(AnswerFault::Figures)?;
    Ok(AnswerFacts {
        usage: usage.flatten().map(|usage| Usage {
            tier: tier(&figures),
            ..usage
        }),
        content_bytes: content_bytes.ok_or(NO_MESSAGE)?,
        billed_beside_tokens: billed_beside_tokens(&figures),
    })
}

/// What a reason means; `None` if the model's output was malformed. Words that are not known end the answer all the same.
pub(super) fn stop_reason(word: &str, calls: bool) -> Option<StopReason> {
    Some(match word {
        "malformed_model_output" | "malformed_tool_use" => return None,
        "max_tokens" | "model_context_window_exceeded" => StopReason::MaxOutput,
        "stop_sequence" => StopReason::StopSequence,
        "content_filtered" | "guardrail_intervened" | "refusal" => StopReason::Refusal,
        "pause_turn" => StopReason::Pause,
        "tool_use" => StopReason::ToolCalls,
        _ if calls => StopReason::ToolCalls,
        _ => StopReason::End,
    })
}

/// Whether a call is one of Bedrock's own tools, which it runs by itself.
pub(super) fn is_server_tool(call: &Node<'_>) -> bool {
    call.get("type").and_then(Node::as_text) == Some("server_tool_use")
}

/// An object whose fields are taken.
struct Object<'a>(Vec<(Cow<'a, str>, Node<'a>)>);

impl<'a> Object<'a> {
    fn of(node: Node<'a>) -> Option<Self> {
        match node {
            Node::Object(fields) => Some(Self(fields)),
            _ => None,
        }
    }

    fn take(&mut self, name: &str) -> Option<Node<'a>> {
        let at = self.0.iter().position(|(known, _)| known == name)?;
        let (_, value) = self.0.swap_remove(at);
        (value != Node::Null).then_some(value)
    }

    fn text(&mut self, name: &str) -> Option<Cow<'a, str>> {
        match self.take(name) {
            Some(Node::Text(text)) => Some(text),
            _ => None,
        }
    }

    fn object(&mut self, name: &str) -> Option<Self> {
        self.take(name).and_then(Self::of)
    }
}

/// A block of an answer. `None` for what says nothing to a client: cache marks, a guardrail's notes, calls of Bedrock's own
/// tools and their results.
fn part(block: Node<'_>) -> Option<Part<'_>> {
    let mut block = Object::of(block)?;
    if let Some(text) = block.text("text") {
        return Some(Part::text(text));
    }
    if let Some(call) = block.take("toolUse") {
        return tool_call(call);
    }
    if let Some(reasoning) = block.object("reasoningContent") {
        return thinking(reasoning);
    }
    if let Some(cited) = block.object("citationsContent") {
        return Some(cited_text(cited));
    }
    let mut image = block.object("image")?;
    let format = image.text("format")?;
    let data = image.object("source")?.text("bytes")?;
    let media_type = format!("image/{format}").into();
    Some(Part::Image(Image {
        source: Source::Base64 { media_type, data },
        detail: None,
        cache: None,
    }))
}

fn tool_call(call: Node<'_>) -> Option<Part<'_>> {
    if is_server_tool(&call) {
        return None;
    }
    let mut call = Object::of(call)?;
    let arguments = call
        .take("input")
        .map_or_else(String::new, |input| input.to_text());
    Some(Part::ToolCall(ToolCall {
        id: call.text("toolUseId")?,
        name: call.text("name")?,
        arguments: arguments.into(),
        sealed: None,
        cache: None,
    }))
}

fn thinking(mut reasoning: Object<'_>) -> Option<Part<'_>> {
    let seal = |data| Sealed {
        vendor: Vendor::Anthropic,
        data,
    };
    let (text, sealed, redacted) = if let Some(data) = reasoning.text("redactedContent") {
        (Cow::default(), Some(data), true)
    } else {
        let mut shown = reasoning.object("reasoningText")?;
        (
            shown.text("text").unwrap_or_default(),
            shown.text("signature"),
            false,
        )
    };
    Some(Part::Thinking {
        text,
        sealed: sealed.filter(|data| !data.is_empty()).map(seal),
        redacted,
        id: None,
    })
}

fn cited_text(mut cited: Object<'_>) -> Part<'_> {
    let list = |node: Option<Node<'_>>| match node {
        Some(Node::Array(items)) => items.into_iter().map(Node::into_owned).collect(),
        _ => Vec::new(),
    };
    let pieces = list(cited.take("content"));
    let text: String = pieces
        .iter()
        .filter_map(|piece| piece.get("text").and_then(Node::as_text))
        .collect();
    Part::Text {
        text: text.into(),
        citations: list(cited.take("citations"))
            .iter()
            .filter_map(citation)
            .collect(),
        cache: None,
    }
}
