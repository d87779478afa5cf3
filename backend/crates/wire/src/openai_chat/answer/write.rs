//! Writes plain answers. Never in here: what any other format says.

use super::super::calls::{arguments, unwrapped};
use super::super::figures::write_usage;
use crate::model::{
    Answer, Choice, Citation, Context, Image, Part, Source, StopReason, TokenLogprob, ToolCall,
};
use crate::write::{ArrayWriter, ObjectWriter, write_object};

/// Writes an answer.
pub fn write_answer(answer: &Answer<'_>, context: &Context, into: &mut Vec<u8>) {
    write_object(into, |object| {
        object.text("id", &format!("chatcmpl-{}", context.id));
        object.text("object", "chat.completion");
        object.i64("created", context.created);
        object.text("model", &context.model);
        object.array("choices", |choices| {
            for (at, choice) in answer.choices.iter().enumerate() {
                choices.object(|object| write_choice(at as u64, choice, context, object));
            }
        });
        if let Some(usage) = &answer.usage {
            write_usage(object, usage);
        }
    });
}

fn write_choice(index: u64, choice: &Choice<'_>, context: &Context, object: &mut ObjectWriter<'_>) {
    let declined = choice
        .parts
        .iter()
        .any(|part| matches!(part, Part::Refusal { .. }));
    object.u64("index", index);
    object.object("message", |message| write_message(choice, context, message));
    if choice.logprobs.is_empty() {
        object.null("logprobs");
    } else {
        write_logprobs(object, &choice.logprobs);
    }
    object.text("finish_reason", finish_reason(choice.stop, declined));
}

/// The format's word for why a choice ended. A refusal in the model's own words is an answer like any other.
pub(in super::super) fn finish_reason(stop: StopReason, declined: bool) -> &'static str {
    match stop {
        StopReason::End | StopReason::StopSequence | StopReason::Pause => "stop",
        StopReason::MaxOutput => "length",
        StopReason::ToolCalls => "tool_calls",
        StopReason::Refusal if declined => "stop",
        StopReason::Refusal => "content_filter",
    }
}

/// A message's contents, gathered from the parts.
#[derive(Default)]
struct Gathered<'p> {
    text: String,
    refusal: String,
    thinking: String,
    /// Each with how many characters of text stand before its part and up to the part's end.
    citations: Vec<(&'p Citation<'p>, u64, u64)>,
    calls: Vec<&'p ToolCall<'p>>,
}

fn write_message(choice: &Choice<'_>, context: &Context, message: &mut ObjectWriter<'_>) {
    let gathered = gather(&choice.parts);
    let text_or_null = |object: &mut ObjectWriter<'_>, name, text: &str| {
        if text.is_empty() {
            object.null(name);
        } else {
            object.text(name, text);
        }
    };
    message.text("role", "assistant");
    if gathered.text.is_empty() && (!gathered.calls.is_empty() || !gathered.refusal.is_empty()) {
        message.null("content");
    } else {
        message.text("content", &gathered.text);
    }
    text_or_null(message, "refusal", &gathered.refusal);
    if !gathered.thinking.is_empty() {
        message.text("reasoning_content", &gathered.thinking);
    }
    if !gathered.citations.is_empty() {
        message.array("annotations", |annotations| {
            for (citation, before, end) in &gathered.citations {
                write_annotation(annotations, citation, *before, *end);
            }
        });
    }
    if !gathered.calls.is_empty() {
        message.array("tool_calls", |calls| {
            for call in &gathered.calls {
                calls.object(|object| write_call(call, context, object));
            }
        });
    }
}

fn gather<'p>(parts: &'p [Part<'p>]) -> Gathered<'p> {
    let mut gathered = Gathered::default();
    for part in parts {
        match part {
            Part::Text { text, citations, .. } => {
                let before = gathered.text.chars().count() as u64;
                let end = before + text.chars().count() as u64;
                gathered.text.push_str(text);
                let pages = citations
                    .iter()
                    .filter(|citation| matches!(citation, Citation::Url { .. }));
                let placed = pages.map(|citation| (citation, before, end));
                gathered.citations.extend(placed);
            }
            Part::Refusal { text } => gathered.refusal.push_str(text),
            Part::Thinking { text, .. } => gathered.thinking.push_str(text),
            Part::ToolCall(call) => gathered.calls.push(call),
            Part::Image(image) => gathered.text.push_str(&shown(image)),
            Part::Document(_) | Part::Audio { .. } | Part::ToolResult(_) => {}
        }
    }
    gathered
}

/// An image that the model made: the format has no place for one but the text, where Markdown shows it.
fn shown(image: &Image<'_>) -> String {
    match &image.source {
        Source::Base64 { media_type, data } => format!("![image](data:{media_type};base64,{data})"),
        Source::Url { url, .. } => format!("![image]({url})"),
        Source::File { .. } | Source::Text(_) => String::new(),
    }
}

/// A cited page, its span counted over the whole content; without one it is for the part from `before` to `end`. Documents
/// of the request can't be cited in this format.
pub(in super::super) fn write_annotation(
    annotations: &mut ArrayWriter<'_>,
    citation: &Citation<'_>,
    before: u64,
    end: u64,
) {
    let Citation::Url { url, title, span } = citation else {
        return;
    };
    let (from, to) = span.map_or((before, end), |(from, to)| {
        (before.saturating_add(from), before.saturating_add(to))
    });
    annotations.object(|annotation| {
        annotation.text("type", "url_citation");
        annotation.object("url_citation", |object| {
            object.u64("start_index", from);
            object.u64("end_index", to);
            object.text("url", url);
            object.text("title", title);
        });
    });
}

fn write_call(call: &ToolCall<'_>, context: &Context, object: &mut ObjectWriter<'_>) {
    let alias = context.alias(&call.name);
    let name = alias.map_or(call.name.as_ref(), |alias| &alias.name);
    object.text("id", &call.id);
    if alias.is_some_and(|alias| alias.free_text) {
        object.text("type", "custom");
        object.object("custom", |custom| {
            custom.text("name", name);
            custom.text("input", &unwrapped(&call.arguments));
        });
    } else {
        object.text("type", "function");
        object.object("function", |function| {
            function.text("name", name);
            function.text("arguments", arguments(&call.arguments));
        });
    }
}

/// Writes `logprobs`.
pub(in super::super) fn write_logprobs(object: &mut ObjectWriter<'_>, tokens: &[TokenLogprob]) {
    let token = |object: &mut ObjectWriter<'_>, text: &str, logprob| {
        object.text("token", text);
        object.f64("logprob", logprob);
        object.array("bytes", |bytes| {
            for byte in text.bytes() {
                bytes.item().extend_from_slice(byte.to_string().as_bytes());
            }
        });
    };
    object.object("logprobs", |object| {
        object.array("content", |content| {
            for one in tokens {
                content.object(|object| {
                    token(object, &one.token, one.logprob);
                    object.array("top_logprobs", |top| {
                        for (text, logprob) in &one.top {
                            top.object(|object| token(object, text, *logprob));
                        }
                    });
                });
            }
        });
        object.null("refusal");
    });
}
