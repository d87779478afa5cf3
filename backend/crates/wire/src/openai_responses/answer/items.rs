//! The items of `output`, as they are written: whole in a plain answer, begun and done in a stream's events.

use crate::format::Vendor;
use crate::model::{
    Choice, Citation, Context, Image, Part, Sealed, Source, StopReason, TokenLogprob, ToolCall,
};
use crate::openai_responses::request::{arguments, free_text_input, write_annotations, write_summary};
use crate::openai_responses::{CALL_SEAL_ID, LOCAL_SHELL, REDACTED_ID};
use crate::tree::Node;
use crate::write::{ArrayWriter, ObjectWriter, write_f64, write_object};

/// How a call is known to the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum CallKind {
    /// A function with JSON arguments.
    Function,
    /// A tool that takes free text.
    FreeText,
    /// OpenAI's local shell.
    LocalShell,
}

/// A call on its way to the client.
#[derive(Clone, Debug)]
pub(in super::super) struct Call {
    pub kind: CallKind,
    /// The item's id.
    pub id: String,
    /// What pairs it with its result: `call_id`.
    pub pairs: String,
    pub name: String,
    pub namespace: Option<String>,
}

impl Call {
    /// The `n`th item of the answer: a call of what the upstream knows by this name.
    pub fn new(context: &Context, n: u32, call_id: &str, sent: &str) -> Self {
        let alias = context.alias(sent);
        let kind = match alias {
            Some(alias) if alias.free_text => CallKind::FreeText,
            None if sent == LOCAL_SHELL && offers_local_shell(context) => CallKind::LocalShell,
            _ => CallKind::Function,
        };
        let prefix = match kind {
            CallKind::Function => "fc",
            CallKind::FreeText => "ctc",
            CallKind::LocalShell => "lsh",
        };
        Self {
            kind,
            id: item_id(prefix, context, n),
            pairs: call_id.to_owned(),
            name: alias.map_or(sent, |alias| &alias.name).to_owned(),
            namespace: alias.and_then(|alias| alias.namespace.clone()),
        }
    }
}

fn offers_local_shell(context: &Context) -> bool {
    let tools = context.echo.iter().find(|(name, _)| name == "tools");
    let tools = tools.and_then(|(_, tools)| tools.as_array()).unwrap_or_default();
    let kind = |tool: &Node<'_>| tool.get("type").and_then(Node::as_text) == Some(LOCAL_SHELL);
    tools.iter().any(kind)
}

/// The id of the `n`th item of an answer.
pub(in super::super) fn item_id(prefix: &str, context: &Context, n: u32) -> String {
    format!("{prefix}_{}_{n}", context.id)
}

/// The id of a reasoning item: its own, unless it must say that its vendor shows nothing of it.
pub(in super::super) fn reasoning_id(own: Option<&str>, redacted: bool, context: &Context, n: u32) -> String {
    match own {
        Some(id) if !redacted || id.starts_with(REDACTED_ID) => id.to_owned(),
        _ if redacted => item_id(REDACTED_ID.trim_end_matches('_'), context, n),
        _ => item_id("rs", context, n),
    }
}

/// Whether the model declined in words of its own.
pub(super) fn has_refusal(parts: &[Part<'_>]) -> bool {
    parts.iter().any(|part| matches!(part, Part::Refusal { .. }))
}

/// Writes all items of a choice, with commas between.
pub(super) fn write_output(into: &mut Vec<u8>, choice: &Choice<'_>, context: &Context) {
    let spoken = |part: &Part<'_>| matches!(part, Part::Text { .. } | Part::Refusal { .. });
    let runs = choice.parts.chunk_by(|one, next| spoken(one) && spoken(next));
    let last = runs.clone().count().saturating_sub(1);
    let mut logprobs = choice.logprobs.as_slice();
    let mut n = 0;
    for (at, run) in runs.enumerate() {
        let cut = at == last && choice.stop == StopReason::MaxOutput;
        let status = if cut { "incomplete" } else { "completed" };
        let before = into.len();
        if n > 0 {
            into.push(b',');
        }
        let begin = into.len();
        match run {
            [
                Part::Thinking {
                    text,
                    sealed,
                    redacted,
                    id,
                },
            ] => {
                let id = reasoning_id(id.as_deref(), *redacted, context, n);
                write_reasoning(into, context, &id, text, sealed.as_ref());
            }
            [Part::ToolCall(call)] => {
                write_whole_call(into, context, n, call, status);
                n += u32::from(call.sealed.is_some() && context.seal_thinking);
            }
            [Part::Image(image)] => write_image(into, &item_id("ig", context, n), image),
            parts if parts.iter().all(spoken) => {
                let mut content = Vec::new();
                for part in parts {
                    if !content.is_empty() {
                        content.push(b',');
                    }
                    match part {
                        Part::Text { text, citations, .. } => {
                            write_output_text(&mut content, text, citations, std::mem::take(&mut logprobs));
                        }
                        Part::Refusal { text } => write_refusal(&mut content, text),
                        _ => {}
                    }
                }
                write_message(into, &item_id("msg", context, n), status, &content);
            }
            _ => {}
        }
        if into.len() == begin {
            into.truncate(before);
        } else {
            n += 1;
        }
    }
}

fn write_whole_call(into: &mut Vec<u8>, context: &Context, n: u32, call: &ToolCall<'_>, status: &str) {
    write_call(
        into,
        &Call::new(context, n, &call.id, &call.name),
        &call.arguments,
        status,
    );
    if let (Some(sealed), true) = (&call.sealed, context.seal_thinking) {
        into.push(b',');
        let id = item_id(CALL_SEAL_ID.trim_end_matches('_'), context, n + 1);
        write_reasoning(into, context, &id, "", Some(sealed));
    }
}

/// Writes a call with all its arguments.
pub(in super::super) fn write_call(into: &mut Vec<u8>, call: &Call, told: &str, status: &str) {
    let action = (call.kind == CallKind::LocalShell)
        .then(|| shell_action(told))
        .flatten();
    write_object(into, |item| {
        item.text("id", &call.id);
        match (call.kind, action) {
            (CallKind::FreeText, _) => {
                item.text("type", "custom_tool_call");
                item.text("status", status);
                item.text("call_id", &call.pairs);
                item.text("name", &call.name);
                item.text_if("namespace", call.namespace.as_deref());
                match free_text_input(told) {
                    Some(input) => item.text("input", &input),
                    None => item.text("input", told),
                }
            }
            (CallKind::LocalShell, Some(action)) => {
                item.text("type", "local_shell_call");
                item.text("status", status);
                item.text("call_id", &call.pairs);
                item.node("action", &action);
            }
            // A shell's call without a command is shown as what the model made of it.
            (CallKind::Function | CallKind::LocalShell, _) => {
                item.text("type", "function_call");
                item.text("status", status);
                item.text("call_id", &call.pairs);
                item.text("name", &call.name);
                item.text_if("namespace", call.namespace.as_deref());
                item.text("arguments", arguments(told));
            }
        }
    });
}

/// The local shell's action, if the arguments have a command.
fn shell_action(arguments: &str) -> Option<Node<'_>> {
    let Ok(Node::Object(mut fields)) = Node::parse(arguments.as_bytes()) else {
        return None;
    };
    let has = |fields: &[(_, Node<'_>)], wanted: &str| fields.iter().any(|(name, _)| name == wanted);
    let command = fields.iter().find(|(name, _)| name == "command");
    if !matches!(command, Some((_, Node::Array(_)))) {
        return None;
    }
    if !has(&fields, "env") {
        fields.push(("env".into(), Node::Object(Vec::new())));
    }
    fields.insert(0, ("type".into(), Node::Text("exec".into())));
    Some(Node::Object(fields))
}

/// Writes a reasoning item; its seal only if the client asked for it.
pub(in super::super) fn write_reasoning(
    into: &mut Vec<u8>,
    context: &Context,
    id: &str,
    text: &str,
    sealed: Option<&Sealed<'_>>,
) {
    write_object(into, |item| {
        item.text("id", id);
        item.text("type", "reasoning");
        item.array("summary", |summary| write_summary(summary, text));
        if let (Some(sealed), true) = (sealed, context.seal_thinking) {
            item.text("encrypted_content", &sealed.carried(Vendor::OpenAi));
        }
    });
}

/// A picture that the model made (Gemini's), as OpenAI's own tool would have made it.
fn write_image(into: &mut Vec<u8>, id: &str, image: &Image<'_>) {
    let Source::Base64 { media_type, data } = &image.source else {
        return;
    };
    write_object(into, |item| {
        item.text("id", id);
        item.text("type", "image_generation_call");
        item.text("status", "completed");
        item.text(
            "output_format",
            media_type.strip_prefix("image/").unwrap_or(media_type),
        );
        item.text("result", data);
    });
}

/// Writes a message with this content: parts with commas between.
pub(in super::super) fn write_message(into: &mut Vec<u8>, id: &str, status: &str, content: &[u8]) {
    write_object(into, |item| {
        item.text("id", id);
        item.text("type", "message");
        item.text("status", status);
        item.text("role", "assistant");
        let field = item.field("content");
        field.push(b'[');
        field.extend_from_slice(content);
        field.push(b']');
    });
}

/// Writes a part with text.
pub(in super::super) fn write_output_text(
    into: &mut Vec<u8>,
    text: &str,
    citations: &[Citation<'_>],
    logprobs: &[TokenLogprob],
) {
    write_object(into, |part| {
        part.text("type", "output_text");
        part.array("annotations", |list| {
            write_annotations(list, citations, text.chars().count() as u64);
        });
        part.array("logprobs", |list| write_logprobs(list, logprobs, true));
        part.text("text", text);
    });
}

/// Writes a part with the model's refusal.
pub(in super::super) fn write_refusal(into: &mut Vec<u8>, text: &str) {
    write_object(into, |part| {
        part.text("type", "refusal");
        part.text("refusal", text);
    });
}

/// Writes log probabilities; whole answers give each token's bytes besides, the pieces of a stream do not.
pub(in super::super) fn write_logprobs(
    list: &mut ArrayWriter<'_>,
    tokens: &[TokenLogprob],
    with_bytes: bool,
) {
    let pair = |object: &mut ObjectWriter<'_>, token: &str, logprob: f64| {
        object.text("token", token);
        if with_bytes {
            object.array("bytes", |bytes| {
                for byte in token.bytes() {
                    bytes.item().extend_from_slice(byte.to_string().as_bytes());
                }
            });
        }
        write_f64(object.field("logprob"), logprob);
    };
    for token in tokens {
        list.object(|object| {
            pair(object, &token.token, token.logprob);
            object.array("top_logprobs", |top| {
                for (token, logprob) in &token.top {
                    top.object(|object| pair(object, token, *logprob));
                }
            });
        });
    }
}
