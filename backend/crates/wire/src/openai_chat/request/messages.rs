//! Reads `messages`. Never in here: contents' parts (see `content`) and how messages make up turns (see `conversation`).

use super::super::calls::wrapped;
use super::content::{self, Parts};
use super::conversation::Conversation;
use crate::fault::RequestFault;
use crate::fields::Fields;
use crate::model::{Part, ToolCall, ToolResult, Turn};
use std::borrow::Cow;

/// Reads them: the system's words, and the turns.
pub(super) fn read<'a>(fields: &mut Fields<'a>) -> Result<(Vec<Part<'a>>, Vec<Turn<'a>>), RequestFault> {
    let Some(messages) = fields.array("messages")? else {
        return Err(fields.fault(
            "messages",
            "This field is required: the conversation, as an array of messages.",
        ));
    };
    let mut conversation = Conversation::default();
    for (at, message) in messages.into_iter().enumerate() {
        one(Fields::of(message, format!("messages[{at}]"))?, &mut conversation)?;
    }
    if conversation.turns.is_empty() {
        let what = "There must be something to answer: a message of the role user with some content.";
        return Err(fields.fault("messages", what));
    }
    Ok((conversation.system, conversation.turns))
}

fn one<'a>(mut message: Fields<'a>, conversation: &mut Conversation<'a>) -> Result<(), RequestFault> {
    match message.required_text("role")?.as_ref() {
        "system" | "developer" => {
            let parts = said(&mut message, Parts::Text)?;
            conversation.system.extend(parts);
        }
        "user" => conversation.user(said(&mut message, Parts::All)?),
        "assistant" => assistant(&mut message, conversation)?,
        "tool" => {
            let id = message.required_text("tool_call_id")?;
            result(&mut message, id, conversation)?;
        }
        "function" => {
            let id = conversation
                .function()
                .ok_or_else(|| message.fault("role", "A function's result must follow a `function_call`."))?;
            result(&mut message, id, conversation)?;
        }
        _ => {
            let what = "This must be system, developer, user, assistant, tool or function.";
            return Err(message.fault("role", what));
        }
    }
    message.nothing_left()
}

/// The content, with the speaker's name before it if one is told: other formats have no place for it.
fn said<'a>(message: &mut Fields<'a>, allowed: Parts) -> Result<Vec<Part<'a>>, RequestFault> {
    let mut parts = content::read(message, allowed)?;
    let Some(name) = message.text("name")?.filter(|name| !name.is_empty()) else {
        return Ok(parts);
    };
    match parts.first_mut() {
        Some(Part::Text { text, .. }) => *text = format!("{name}: {text}").into(),
        Some(_) => parts.insert(0, Part::text(format!("{name}:"))),
        None => {}
    }
    Ok(parts)
}

fn result<'a>(
    message: &mut Fields<'a>,
    id: Cow<'a, str>,
    conversation: &mut Conversation<'a>,
) -> Result<(), RequestFault> {
    conversation.result(ToolResult {
        id,
        name: message.text("name")?,
        content: content::read(message, Parts::Text)?,
        object: None,
        is_error: false,
        cache: None,
    });
    Ok(())
}

fn assistant<'a>(message: &mut Fields<'a>, conversation: &mut Conversation<'a>) -> Result<(), RequestFault> {
    let mut parts = Vec::new();
    // No fields of OpenAI's requests, but ones that clients give back as other servers answered them.
    let thought = message.text("reasoning_content")?;
    let thought = thought.or(message.text("reasoning")?);
    parts.extend(
        thought
            .filter(|text| !text.is_empty())
            .map(|text| Part::Thinking {
                text,
                sealed: None,
                redacted: false,
                id: None,
            }),
    );
    parts.append(&mut said(message, Parts::Said)?);
    let refusal = message.text("refusal")?.filter(|text| !text.is_empty());
    parts.extend(refusal.map(|text| Part::Refusal { text }));
    let path = message.path("tool_calls");
    for (at, call) in message
        .array("tool_calls")?
        .unwrap_or_default()
        .into_iter()
        .enumerate()
    {
        parts.push(Part::ToolCall(tool_call(Fields::of(
            call,
            format!("{path}[{at}]"),
        )?)?));
    }
    if let Some(mut call) = message.object("function_call")? {
        parts.push(Part::ToolCall(ToolCall {
            id: conversation.function_id(),
            name: call.required_text("name")?,
            arguments: call.required_text("arguments")?,
            sealed: None,
            cache: None,
        }));
        call.nothing_left()?;
    }
    if message.has("audio") {
        let what = "An earlier spoken answer is kept at OpenAI alone; give its transcript as `content`.";
        return Err(message.fault("audio", what));
    }
    // Part of an answer that clients give back with it; it says nothing that the text does not.
    message.take("annotations");
    message.take("parsed");
    conversation.assistant(parts);
    Ok(())
}

fn tool_call(mut call: Fields<'_>) -> Result<ToolCall<'_>, RequestFault> {
    let id = call.required_text("id")?;
    // A place in a streamed answer, which some clients give back.
    call.take("index");
    let kind = call.text("type")?;
    let kind = kind.as_deref().unwrap_or("function");
    let (mut inner, arguments) = match (kind, call.object(kind)?) {
        ("function", Some(mut function)) => {
            let arguments = function.required_text("arguments")?;
            // What OpenAI's SDKs made of them.
            function.take("parsed_arguments");
            (function, arguments)
        }
        ("custom", Some(mut custom)) => {
            let input = custom.required_text("input")?;
            (custom, wrapped(&input).into())
        }
        ("function" | "custom", None) => return Err(call.fault(kind, "This field is required: an object.")),
        _ => return Err(call.fault("type", "This must be function or custom.")),
    };
    let name = inner.required_text("name")?;
    inner.nothing_left()?;
    call.nothing_left()?;
    Ok(ToolCall {
        id,
        name,
        arguments,
        sealed: None,
        cache: None,
    })
}
