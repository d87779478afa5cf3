//! Writes a conversation as chat messages: the system's words first, each tool result as a message of its own.
//! Never in here: the request's other fields.

use super::super::calls::{arguments, unwrapped};
use super::write::{is_free_text, json_line};
use crate::format::Vendor;
use crate::json::write_text;
use crate::model::{Aspect, Document, Part, Request, Role, Source, ToolCall, ToolResult, Turn, Unsayable};
use crate::write::{ArrayWriter, ObjectWriter, write_array, write_object};
use std::borrow::Cow;

/// Stands for a result that has no text of its own: its images and files follow as the user's.
const RESULT_FOLLOWS: &str = "The result follows in the next message.";
/// A file must have a name.
const FILE_NAME: &str = "document.pdf";

/// Whether all parts can be said.
pub(super) fn check_messages(request: &Request<'_>) -> Result<(), Unsayable> {
    if request
        .system
        .iter()
        .any(|part| !matches!(part, Part::Text { .. }))
    {
        let why = "In OpenAI's Chat Completions format the system's words are text alone.";
        return Err(Unsayable::new(Aspect::System, why));
    }
    for turn in &request.turns {
        for part in &turn.parts {
            match (turn.role, part) {
                (Role::User, Part::ToolResult(result)) => {
                    result.content.iter().try_for_each(check_part)?;
                }
                (Role::User, part) => check_part(part)?,
                (Role::Assistant, Part::Image(_) | Part::Document(_) | Part::Audio { .. }) => {
                    let why = "In OpenAI's Chat Completions format earlier answers are text and calls alone.";
                    return Err(Unsayable::new(Aspect::Turns, why));
                }
                (Role::Assistant, _) => {}
            }
        }
    }
    Ok(())
}

fn check_part(part: &Part<'_>) -> Result<(), Unsayable> {
    let fits = match part {
        Part::Image(image) => matches!(image.source, Source::Base64 { .. } | Source::Url { .. }),
        Part::Document(document) => match &document.source {
            Source::Base64 { .. } | Source::Text(_) => true,
            Source::File { vendor, .. } => *vendor == Vendor::OpenAi,
            Source::Url { .. } => false,
        },
        Part::Audio { source } => audio_format(source).is_some(),
        _ => true,
    };
    if fits {
        return Ok(());
    }
    let why = match part {
        Part::Image(_) => {
            "OpenAI's Chat Completions format takes images as URLs or base64, not as another vendor's files or file ids."
        }
        Part::Document(_) => {
            "OpenAI's Chat Completions format takes documents as base64 or as ids of OpenAI's own files, not as URLs."
        }
        _ => {
            "OpenAI's Chat Completions format takes sound as base64 of the types audio/wav and audio/mp3 alone."
        }
    };
    Err(Unsayable::new(Aspect::Turns, why))
}

/// The format's word for a kind of sound.
fn audio_format(source: &Source<'_>) -> Option<&'static str> {
    let Source::Base64 { media_type, .. } = source else {
        return None;
    };
    match media_type.as_ref() {
        "audio/wav" | "audio/x-wav" | "audio/wave" => Some("wav"),
        "audio/mp3" | "audio/mpeg" => Some("mp3"),
        _ => None,
    }
}

/// Whether any text of the request speaks of JSON.
pub(super) fn says_json(request: &Request<'_>) -> bool {
    let in_turns = request.turns.iter().flat_map(|turn| &turn.parts);
    request.system.iter().chain(in_turns).any(|part| match part {
        Part::Text { text, .. } => text
            .as_bytes()
            .windows(4)
            .any(|word| word.eq_ignore_ascii_case(b"json")),
        _ => false,
    })
}

/// Writes them.
pub(super) fn write_messages(request: &Request<'_>, messages: &mut ArrayWriter<'_>) {
    let mut system: Vec<Cow<'_, str>> = request.system.iter().filter_map(text_of).collect();
    system.extend(json_line(request).map(Cow::from));
    if !system.is_empty() {
        messages.object(|message| {
            message.text("role", "system");
            write_texts(message.field("content"), &system);
        });
    }
    for turn in &request.turns {
        match turn.role {
            Role::User => write_user(turn, messages),
            Role::Assistant => write_assistant(request, turn, messages),
        }
    }
}

/// A part as text, if it is text or a document that is no more than that.
fn text_of<'a>(part: &'a Part<'_>) -> Option<Cow<'a, str>> {
    match part {
        Part::Text { text, .. } => Some(Cow::Borrowed(text)),
        Part::Document(document) => match &document.source {
            Source::Text(text) => {
                let about = [document.title.as_deref(), document.context.as_deref(), Some(text)];
                Some(about.into_iter().flatten().collect::<Vec<_>>().join("\n").into())
            }
            _ => None,
        },
        _ => None,
    }
}

/// One text as a string, several as parts.
fn write_texts(into: &mut Vec<u8>, texts: &[Cow<'_, str>]) {
    match texts {
        [] => into.extend_from_slice(b"\"\""),
        [text] => write_text(into, text),
        texts => write_array(into, |parts| {
            for text in texts {
                write_text_part(parts, text);
            }
        }),
    }
}

fn write_text_part(parts: &mut ArrayWriter<'_>, text: &str) {
    parts.object(|part| {
        part.text("type", "text");
        part.text("text", text);
    });
}

/// Results come first, as they must follow their calls. Images and files in a result have no place there: they follow as
/// the user's, before the user's own words.
fn write_user(turn: &Turn<'_>, messages: &mut ArrayWriter<'_>) {
    let mut rest: Vec<&Part<'_>> = Vec::new();
    for part in &turn.parts {
        if let Part::ToolResult(result) = part {
            write_result(result, messages);
            rest.extend(result.content.iter().filter(|part| text_of(part).is_none()));
        }
    }
    rest.extend(
        turn.parts
            .iter()
            .filter(|part| !matches!(part, Part::ToolResult(_))),
    );
    if rest.is_empty() {
        return;
    }
    messages.object(|message| {
        message.text("role", "user");
        match rest.as_slice() {
            [Part::Text { text, .. }] => message.text("content", text),
            parts => message.array("content", |content| {
                for part in parts {
                    write_part(part, content);
                }
            }),
        }
    });
}

/// The format has no mark for a call that failed, so the text says it.
fn write_result(result: &ToolResult<'_>, messages: &mut ArrayWriter<'_>) {
    let mut texts: Vec<Cow<'_, str>> = result.content.iter().filter_map(text_of).collect();
    if texts.is_empty() && !result.content.is_empty() {
        texts.push(RESULT_FOLLOWS.into());
    }
    if result.is_error {
        match texts.first_mut() {
            Some(text) if text.starts_with("Error") => {}
            Some(text) => *text = format!("Error: {text}").into(),
            None => texts.push("Error".into()),
        }
    }
    messages.object(|message| {
        message.text("role", "tool");
        message.text("tool_call_id", &result.id);
        write_texts(message.field("content"), &texts);
    });
}

fn write_part(part: &Part<'_>, content: &mut ArrayWriter<'_>) {
    if let Some(text) = text_of(part) {
        return write_text_part(content, &text);
    }
    match part {
        Part::Image(image) => content.object(|object| {
            object.text("type", "image_url");
            object.object("image_url", |inner| {
                write_source(inner.field("url"), &image.source);
                inner.text_if("detail", image.detail.as_deref());
            });
        }),
        Part::Audio { source } => content.object(|object| {
            object.text("type", "input_audio");
            object.object("input_audio", |audio| {
                if let Source::Base64 { data, .. } = source {
                    audio.text("data", data);
                }
                audio.text_if("format", audio_format(source));
            });
        }),
        Part::Document(document) => write_document(document, content),
        Part::Refusal { text } => write_text_part(content, text),
        Part::Text { .. } | Part::Thinking { .. } | Part::ToolCall(_) | Part::ToolResult(_) => {}
    }
}

fn write_document(document: &Document<'_>, content: &mut ArrayWriter<'_>) {
    if let Some(context) = &document.context {
        write_text_part(content, context);
    }
    content.object(|object| {
        object.text("type", "file");
        object.object("file", |file| match &document.source {
            Source::File { id, .. } => file.text("file_id", id),
            source => {
                file.text("filename", document.title.as_deref().unwrap_or(FILE_NAME));
                write_source(file.field("file_data"), source);
            }
        });
    });
}

/// A URL; bytes as a data URL, copied once.
fn write_source(into: &mut Vec<u8>, source: &Source<'_>) {
    match source {
        Source::Base64 { media_type, data } if is_base64(data) => {
            write_text(into, &format!("data:{media_type};base64,"));
            into.pop();
            into.extend_from_slice(data.as_bytes());
            into.push(b'"');
        }
        Source::Base64 { media_type, data } => write_text(into, &format!("data:{media_type};base64,{data}")),
        Source::Url { url: text, .. } | Source::File { id: text, .. } | Source::Text(text) => {
            write_text(into, text);
        }
    }
}

/// Whether it stands in JSON as it is.
fn is_base64(data: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_');
    data.bytes().all(plain)
}

/// Thinking is left out: the format has no place for it in a request.
fn write_assistant(request: &Request<'_>, turn: &Turn<'_>, messages: &mut ArrayWriter<'_>) {
    let calls: Vec<&ToolCall<'_>> = turn
        .parts
        .iter()
        .filter_map(|part| match part {
            Part::ToolCall(call) => Some(call),
            _ => None,
        })
        .collect();
    let said: Vec<&Part<'_>> = turn
        .parts
        .iter()
        .filter(|part| matches!(part, Part::Text { .. } | Part::Refusal { .. }))
        .collect();
    if said.is_empty() && calls.is_empty() {
        return;
    }
    messages.object(|message| {
        message.text("role", "assistant");
        match said.as_slice() {
            [] => message.null("content"),
            [Part::Text { text, .. }] => message.text("content", text),
            parts => message.array("content", |content| {
                for part in parts {
                    write_said(part, content);
                }
            }),
        }
        if !calls.is_empty() {
            message.array("tool_calls", |array| {
                for call in &calls {
                    write_call(request, call, array.item());
                }
            });
        }
    });
}

fn write_said(part: &Part<'_>, content: &mut ArrayWriter<'_>) {
    match part {
        Part::Text { text, .. } => write_text_part(content, text),
        Part::Refusal { text } => content.object(|object| {
            object.text("type", "refusal");
            object.text("refusal", text);
        }),
        _ => {}
    }
}

fn write_call(request: &Request<'_>, call: &ToolCall<'_>, into: &mut Vec<u8>) {
    let free = is_free_text(request, &call.name);
    let kind = if free { "custom" } else { "function" };
    write_object(into, |object| {
        object.text("id", &call.id);
        object.text("type", kind);
        object.object(kind, |inner: &mut ObjectWriter<'_>| {
            inner.text("name", &call.name);
            if free {
                inner.text("input", &unwrapped(&call.arguments));
            } else {
                inner.text("arguments", arguments(&call.arguments));
            }
        });
    });
}
