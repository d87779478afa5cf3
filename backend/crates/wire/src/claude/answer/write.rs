//! A neutral answer as a plain one in Claude's format.

use crate::claude::block::{is_object, write_text, write_thinking};
use crate::json::write_text as write_json_text;
use crate::model::{Answer, Choice, Context, Part, StopReason, ToolCall};
use crate::usage::Usage;
use crate::write::{ArrayWriter, ObjectWriter, write_object};
use std::borrow::Cow;

/// Under this key stand arguments that the model wrote as something else than a JSON object.
const INVALID_JSON: &str = "__invalid_json";

/// Appends the answer; of several choices the first, since the format has one.
pub fn write_answer(answer: &Answer<'_>, context: &Context, into: &mut Vec<u8>) {
    let none = Choice::default();
    let choice = answer.choices.first().unwrap_or(&none);
    write_object(into, |message| {
        begin_message(message, &answer.id, context);
        message.array("content", |blocks| {
            choice.parts.iter().for_each(|part| write_part(part, blocks));
        });
        message.text("stop_reason", stop_word(stop_of(choice)));
        match &choice.stop_sequence {
            Some(sequence) => message.text("stop_sequence", sequence),
            None => message.null("stop_sequence"),
        }
        message.object("usage", |usage| {
            write_usage(&answer.usage.unwrap_or_default(), usage);
        });
    });
}

/// The fields that a message begins with, streamed or plain. The upstream's id is kept where it is one of this format.
pub(in crate::claude) fn begin_message(message: &mut ObjectWriter<'_>, id: &str, context: &Context) {
    let id = if id.starts_with("msg_") {
        Cow::Borrowed(id)
    } else {
        Cow::Owned(format!("msg_{}", context.id))
    };
    message.text("id", &id);
    message.text("type", "message");
    message.text("role", "assistant");
    message.text("model", &context.model);
}

/// A refusal in words of the model's own is the format's refusal, whatever its upstream calls its end.
fn stop_of(choice: &Choice<'_>) -> StopReason {
    let refuses = choice
        .parts
        .iter()
        .any(|part| matches!(part, Part::Refusal { .. }));
    if refuses && choice.stop == StopReason::End {
        StopReason::Refusal
    } else {
        choice.stop
    }
}

fn write_part(part: &Part<'_>, blocks: &mut ArrayWriter<'_>) {
    match part {
        Part::Text { text, citations, .. } => {
            blocks.object(|block| write_text(block, text, citations.iter()));
        }
        Part::Refusal { text } => blocks.object(|block| write_text(block, text, std::iter::empty())),
        Part::Thinking {
            text,
            sealed,
            redacted,
            ..
        } => write_thinking(blocks, text, sealed.as_ref(), *redacted),
        Part::ToolCall(call) => write_call(call, blocks),
        // No model answers with these in a format that is asked by Messages requests.
        Part::Image(_) | Part::Document(_) | Part::Audio { .. } | Part::ToolResult(_) => {}
    }
}

/// A call's own seal has no place in the format and goes before it as thinking without text; the request's reader puts
/// it back.
fn write_call(call: &ToolCall<'_>, blocks: &mut ArrayWriter<'_>) {
    if call.sealed.is_some() {
        write_thinking(blocks, "", call.sealed.as_ref(), false);
    }
    blocks.object(|block| {
        block.text("type", "tool_use");
        block.text("id", &call.id);
        block.text("name", &call.name);
        if call.arguments.trim_ascii().is_empty() {
            block.raw("input", b"{}");
        } else if is_object(&call.arguments) {
            block.raw("input", call.arguments.as_bytes());
        } else {
            block.object("input", |input| {
                write_json_text(input.field(INVALID_JSON), &call.arguments);
            });
        }
    });
}

/// The word for an end.
pub(in crate::claude) fn stop_word(stop: StopReason) -> &'static str {
    match stop {
        StopReason::End => "end_turn",
        StopReason::MaxOutput => "max_tokens",
        StopReason::StopSequence => "stop_sequence",
        StopReason::ToolCalls => "tool_use",
        StopReason::Refusal => "refusal",
        StopReason::Pause => "pause_turn",
    }
}

/// The fields of `usage`.
pub(in crate::claude) fn write_usage(usage: &Usage, into: &mut ObjectWriter<'_>) {
    into.u64("input_tokens", usage.input);
    let written = usage.cache_write_5m.saturating_add(usage.cache_write_1h);
    into.u64("cache_creation_input_tokens", written);
    into.u64("cache_read_input_tokens", usage.cache_read);
    into.object("cache_creation", |creation| {
        creation.u64("ephemeral_5m_input_tokens", usage.cache_write_5m);
        creation.u64("ephemeral_1h_input_tokens", usage.cache_write_1h);
    });
    into.u64("output_tokens", usage.output);
    if usage.reasoning > 0 {
        into.object("output_tokens_details", |details| {
            details.u64("thinking_tokens", usage.reasoning);
        });
    }
}
