//! A plain answer in Claude's format as a neutral one (Anthropic's API reference, "Create a Message", the answer).

use super::scan_answer;
use crate::claude::citation;
use crate::fault::AnswerFault;
use crate::fields::Fields;
use crate::format::Vendor;
use crate::model::{Answer, Choice, Part, Sealed, StopReason, ToolCall};
use crate::tree::Node;
use std::borrow::Cow;

/// Reads an answer. Blocks of kinds not known here, which only tools that were never offered could bring, are left out.
pub fn read_answer(body: &[u8]) -> Result<Answer<'_>, AnswerFault> {
    let facts = scan_answer(body)?;
    let no_message = AnswerFault::NoAnswer("no object of type `message`");
    let mut fields = Fields::of(Node::parse(body)?, "").map_err(|_| no_message)?;
    let Some(Node::Array(content)) = fields.take("content") else {
        return Err(AnswerFault::NoAnswer("a message without `content`"));
    };
    let mut parts = Vec::with_capacity(content.len());
    for block in content {
        parts.extend(parts_of(block));
    }
    let stop = stop_reason(&text(&mut fields, "stop_reason"));
    parts.extend(explanation(&mut fields, stop));
    Ok(Answer {
        id: text(&mut fields, "id"),
        model: text(&mut fields, "model"),
        choices: vec![Choice {
            parts,
            stop,
            stop_sequence: fields.text("stop_sequence").ok().flatten(),
            logprobs: Vec::new(),
        }],
        usage: facts.usage,
    })
}

/// What Anthropic says about a refusal, if it does (`stop_details`).
pub(in crate::claude) fn explanation<'a>(fields: &mut Fields<'a>, stop: StopReason) -> Option<Part<'a>> {
    if stop != StopReason::Refusal {
        return None;
    }
    let mut details = fields.object("stop_details").ok()??;
    let text = details.text("explanation").ok()??;
    (!text.is_empty()).then_some(Part::Refusal { text })
}

/// The part that a block is; `None` for kinds not known here.
pub(in crate::claude) fn parts_of(block: Node<'_>) -> Option<Part<'_>> {
    let mut block = Fields::of(block, "content").ok()?;
    let kind = block.text("type").ok()??;
    Some(match &*kind {
        "text" => {
            let citations = block.array("citations").ok().flatten().unwrap_or_default();
            Part::Text {
                text: text(&mut block, "text"),
                citations: citations.into_iter().filter_map(citation::read).collect(),
                cache: None,
            }
        }
        "thinking" => Part::Thinking {
            text: text(&mut block, "thinking"),
            sealed: sealed(text(&mut block, "signature")),
            redacted: false,
            id: None,
        },
        "redacted_thinking" => Part::Thinking {
            text: "".into(),
            sealed: sealed(text(&mut block, "data")),
            redacted: true,
            id: None,
        },
        "tool_use" => Part::ToolCall(ToolCall {
            id: text(&mut block, "id"),
            name: text(&mut block, "name"),
            arguments: block
                .take("input")
                .map(|input| input.to_text())
                .unwrap_or_default()
                .into(),
            sealed: None,
            cache: None,
        }),
        _ => return None,
    })
}

pub(in crate::claude) fn sealed(data: Cow<'_, str>) -> Option<Sealed<'_>> {
    (!data.is_empty()).then(|| Sealed::read(Vendor::Anthropic, data))
}

/// Anthropic, "Stop reasons". One that is not known is an end.
pub(in crate::claude) fn stop_reason(word: &str) -> StopReason {
    match word {
        "max_tokens" | "model_context_window_exceeded" => StopReason::MaxOutput,
        "stop_sequence" => StopReason::StopSequence,
        "tool_use" => StopReason::ToolCalls,
        "refusal" => StopReason::Refusal,
        "pause_turn" | "compaction" => StopReason::Pause,
        _ => StopReason::End,
    }
}

fn text<'a>(fields: &mut Fields<'a>, name: &str) -> Cow<'a, str> {
    fields.text(name).ok().flatten().unwrap_or_default()
}
