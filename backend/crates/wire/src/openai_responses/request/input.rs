//! `instructions` and the items of `input`, read into turns. Never in here: the parts of a message (see `content`).

use super::super::{CALL_SEAL_ID, LOCAL_SHELL, REDACTED_ID};
use super::{content, flat_name};
use crate::fault::RequestFault;
use crate::fields::Fields;
use crate::format::Vendor;
use crate::json::write_text;
use crate::model::{FREE_TEXT_FIELD, Image, Part, Request, Role, Sealed, Source, ToolCall, ToolResult, Turn};
use crate::tree::Node;
use std::borrow::Cow;

const KEPT_ITEM: &str = "This refers to an item that OpenAI keeps, and this model runs on another platform; send the item \
                         itself.";
const OWN_TOOL_ITEM: &str = "This is work of a tool that OpenAI runs or a summary that OpenAI alone can read, and this model runs on another \
     platform; leave it out.";

/// Reads both into the request.
pub(super) fn read<'a>(fields: &mut Fields<'a>, request: &mut Request<'a>) -> Result<(), RequestFault> {
    if let Some(instructions) = fields.text("instructions")?.filter(|text| !text.is_empty()) {
        request.system.push(Part::text(instructions));
    }
    match fields.take("input") {
        Some(Node::Text(text)) if text.is_empty() => {}
        Some(Node::Text(text)) => push(request, Role::User, Part::text(text)),
        Some(Node::Array(items)) => {
            for (at, node) in items.into_iter().enumerate() {
                item(Fields::of(node, format!("input[{at}]"))?, request)?;
            }
        }
        _ => {
            return Err(fields.fault(
                "input",
                "This field is required: the conversation, as a string or an array of items.",
            ));
        }
    }
    if request.turns.is_empty() {
        return Err(fields.fault(
            "input",
            "At least one item must be a message, a call or a call's result.",
        ));
    }
    Ok(())
}

fn item<'a>(mut item: Fields<'a>, request: &mut Request<'a>) -> Result<(), RequestFault> {
    let kind = item.text("type")?;
    match kind.as_deref() {
        None if !item.has("role") => return Err(item.fault("id", KEPT_ITEM)),
        None | Some("message") => message(&mut item, request)?,
        Some("function_call") => {
            let arguments = item.required_text("arguments")?;
            // What OpenAI's SDKs made of them.
            item.take("parsed_arguments");
            let call = call(&mut item, arguments)?;
            push(request, Role::Assistant, Part::ToolCall(call));
        }
        Some("custom_tool_call") => {
            let input = item.required_text("input")?;
            let call = call(&mut item, free_text_arguments(&input).into())?;
            push(request, Role::Assistant, Part::ToolCall(call));
        }
        Some("local_shell_call") => {
            let call = local_shell_call(&mut item)?;
            push(request, Role::Assistant, Part::ToolCall(call));
        }
        Some("function_call_output" | "custom_tool_call_output" | "local_shell_call_output") => {
            let result = result(&mut item)?;
            push(request, Role::User, Part::ToolResult(result));
        }
        Some("reasoning") => reasoning(&mut item, request)?,
        Some("image_generation_call") => image(&mut item, request)?,
        // Only tells that there was a search; what was found is in the words that follow.
        Some("web_search_call") => return Ok(()),
        Some("item_reference") => return Err(item.fault("type", KEPT_ITEM)),
        Some(_) => return Err(item.fault("type", OWN_TOOL_ITEM)),
    }
    // Ids and states of items as OpenAI gave them, and for whom a call was made: nothing that a model reads.
    for name in ["id", "status", "phase", "caller", "created_by"] {
        item.take(name);
    }
    item.nothing_left()
}

fn message<'a>(item: &mut Fields<'a>, request: &mut Request<'a>) -> Result<(), RequestFault> {
    let role = match item.required_text("role")?.as_ref() {
        "user" => Some(Role::User),
        "assistant" => Some(Role::Assistant),
        "system" | "developer" => None,
        _ => {
            return Err(item.fault(
                "role",
                "This must be `user`, `assistant`, `system` or `developer`.",
            ));
        }
    };
    for part in content::read(item, "content")? {
        match role {
            Some(role) => push(request, role, part),
            None => request.system.push(part),
        }
    }
    Ok(())
}

/// Adds to the turn that is under way, or begins another.
fn push<'a>(request: &mut Request<'a>, role: Role, part: Part<'a>) {
    match request.turns.last_mut() {
        Some(turn) if turn.role == role => turn.parts.push(part),
        _ => request.turns.push(Turn {
            role,
            parts: vec![part],
        }),
    }
}

fn call<'a>(item: &mut Fields<'a>, arguments: Cow<'a, str>) -> Result<ToolCall<'a>, RequestFault> {
    let namespace = item.text("namespace")?;
    Ok(ToolCall {
        id: item.required_text("call_id")?,
        name: flat_name(namespace.as_deref(), item.required_text("name")?),
        arguments,
        sealed: None,
        cache: None,
    })
}

/// The arguments of a free-text tool's call, as other formats have them.
pub(in super::super) fn free_text_arguments(input: &str) -> String {
    let mut arguments = Vec::with_capacity(input.len() + 12);
    arguments.push(b'{');
    write_text(&mut arguments, FREE_TEXT_FIELD);
    arguments.push(b':');
    write_text(&mut arguments, input);
    arguments.push(b'}');
    String::from_utf8(arguments).unwrap_or_default()
}

fn local_shell_call<'a>(item: &mut Fields<'a>) -> Result<ToolCall<'a>, RequestFault> {
    let Some(Node::Object(mut action)) = item.take("action") else {
        return Err(item.fault("action", "This field is required: an object."));
    };
    action.retain(|(name, value)| name != "type" && *value != Node::Null);
    Ok(ToolCall {
        id: item.required_text("call_id")?,
        name: LOCAL_SHELL.into(),
        arguments: Node::Object(action).to_text().into(),
        sealed: None,
        cache: None,
    })
}

fn result<'a>(item: &mut Fields<'a>) -> Result<ToolResult<'a>, RequestFault> {
    let id = match item.text("call_id")? {
        Some(id) => id,
        // The local shell's outputs may name the call in `id`.
        None => item
            .text("id")?
            .ok_or_else(|| item.fault("call_id", "This field is required: a string."))?,
    };
    let content = content::read(item, "output")?;
    let namespace = item.text("namespace")?;
    let name = item.text("name")?;
    Ok(ToolResult {
        id,
        name: name.map(|name| flat_name(namespace.as_deref(), name)),
        content,
        object: None,
        is_error: false,
        cache: None,
    })
}

fn reasoning<'a>(item: &mut Fields<'a>, request: &mut Request<'a>) -> Result<(), RequestFault> {
    let id = item.text("id")?;
    let sealed = item
        .text("encrypted_content")?
        .map(|data| Sealed::read(Vendor::OpenAi, data));
    let summary = joined(item, "summary")?;
    let content = joined(item, "content")?;
    let begins = |mark| id.as_deref().is_some_and(|id| id.starts_with(mark));
    if begins(CALL_SEAL_ID)
        && let Some(Part::ToolCall(call)) = request.turns.last_mut().and_then(|turn| turn.parts.last_mut())
    {
        call.sealed = sealed;
        return Ok(());
    }
    let part = Part::Thinking {
        text: if content.is_empty() { summary } else { content },
        sealed,
        redacted: begins(REDACTED_ID),
        id,
    };
    push(request, Role::Assistant, part);
    Ok(())
}

/// What stands between the parts of a summary once they are one text.
pub(in super::super) const SUMMARY_SEPARATOR: &str = "\n\n";

/// The texts of `summary` or of a reasoning item's `content`, as one.
fn joined<'a>(item: &mut Fields<'a>, name: &str) -> Result<Cow<'a, str>, RequestFault> {
    let mut whole: Option<Cow<'a, str>> = None;
    let path = item.path(name);
    for (at, part) in item.array(name)?.unwrap_or_default().into_iter().enumerate() {
        let mut part = Fields::of(part, format!("{path}[{at}]"))?;
        let text = part.required_text("text")?;
        match &mut whole {
            None => whole = Some(text),
            Some(whole) => {
                let whole = whole.to_mut();
                whole.push_str(SUMMARY_SEPARATOR);
                whole.push_str(&text);
            }
        }
    }
    Ok(whole.unwrap_or_default())
}

/// A picture that the model made. Which tool made it and how is of no use to others.
fn image<'a>(item: &mut Fields<'a>, request: &mut Request<'a>) -> Result<(), RequestFault> {
    let format = item.text("output_format")?.unwrap_or(Cow::Borrowed("png"));
    let data = item.required_text("result")?;
    for name in ["action", "background", "quality", "revised_prompt", "size"] {
        item.take(name);
    }
    let image = Image {
        source: Source::Base64 {
            media_type: format!("image/{format}").into(),
            data,
        },
        detail: None,
        cache: None,
    };
    push(request, Role::Assistant, Part::Image(image));
    Ok(())
}
