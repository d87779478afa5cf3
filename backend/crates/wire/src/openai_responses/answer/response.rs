//! The response object, plain and within a stream's events. Never in here: its items.

use crate::model::{Context, StopReason};
use crate::openai_responses::echo;
use crate::tree::Node;
use crate::usage::Usage;
use crate::write::{ObjectWriter, write_object};

/// What a response object says beside what it repeats of its request.
#[derive(Debug)]
pub(in super::super) struct Shape<'s> {
    /// `completed`, `incomplete`, `failed` or `in_progress`.
    pub status: &'static str,
    /// Why it is incomplete.
    pub incomplete: Option<&'static str>,
    /// Its items, with commas between and no brackets.
    pub output: &'s [u8],
    /// What it cost, once that is known.
    pub usage: Option<Usage>,
    /// Code and message of its failure.
    pub error: Option<(&'s str, &'s str)>,
}

/// Status and reason of an answer that ended so.
pub(in super::super) fn ending(stop: StopReason, has_refusal: bool) -> (&'static str, Option<&'static str>) {
    match stop {
        StopReason::MaxOutput => ("incomplete", Some("max_output_tokens")),
        StopReason::Refusal if !has_refusal => ("incomplete", Some("content_filter")),
        _ => ("completed", None),
    }
}

/// Writes it.
pub(in super::super) fn write_response(into: &mut Vec<u8>, context: &Context, shape: &Shape<'_>) {
    write_object(into, |object| {
        object.text("id", &format!("resp_{}", context.id));
        object.text("object", "response");
        object.i64("created_at", context.created);
        object.text("status", shape.status);
        match shape.error {
            None => object.null("error"),
            Some((code, message)) => object.object("error", |error| {
                error.text("code", code);
                error.text("message", message);
            }),
        }
        match shape.incomplete {
            None => object.null("incomplete_details"),
            Some(reason) => object.object("incomplete_details", |details| details.text("reason", reason)),
        }
        object.text("model", &context.model);
        let output = object.field("output");
        output.push(b'[');
        output.extend_from_slice(shape.output);
        output.push(b']');
        if context.echo.is_empty() {
            write_echo(object, &echo(&Node::Null));
        } else {
            write_echo(object, &context.echo);
        }
        match shape.usage {
            None => object.null("usage"),
            Some(usage) => object.object("usage", |object| write_usage(object, usage)),
        }
    });
}

fn write_echo(object: &mut ObjectWriter<'_>, echo: &[(String, Node<'static>)]) {
    for (name, value) in echo {
        object.node(name, value);
    }
}

/// In this format the input holds what the cache saved and took (see `figures`).
fn write_usage(object: &mut ObjectWriter<'_>, usage: Usage) {
    let input = usage.input_total();
    object.u64("input_tokens", input);
    object.object("input_tokens_details", |details| {
        details.u64("cached_tokens", usage.cache_read);
        let written = usage.cache_write_5m.saturating_add(usage.cache_write_1h);
        details.u64("cache_write_tokens", written);
    });
    object.u64("output_tokens", usage.output);
    object.object("output_tokens_details", |details| {
        details.u64("reasoning_tokens", usage.reasoning);
    });
    object.u64("total_tokens", input.saturating_add(usage.output));
}
