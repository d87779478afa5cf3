//! Writes turns as the items of `input`. Never in here: an answer's items, which carry states and ids of their own.

use super::super::{CALL_SEAL_ID, REDACTED_ID};
use crate::format::Vendor;
use crate::json::write_text;
use crate::model::{
    Aspect, Citation, Document, FREE_TEXT_FIELD, Image, Part, Request, Role, Source, Tool, ToolCall,
    ToolInput, ToolResult, Unsayable,
};
use crate::tree::Node;
use crate::write::{ArrayWriter, ObjectWriter, write_array};

/// Writes the value of `input`: what of the system prompt does not fit into `instructions`, then the turns.
pub(super) fn input(request: &Request<'_>, into: &mut Vec<u8>) -> Result<(), Unsayable> {
    let mut fault = None;
    let mut writer = ItemWriter {
        tools: &request.tools,
        free_text_calls: Vec::new(),
    };
    write_array(into, |items| {
        let written = writer.items(items, request);
        fault = written.err();
    });
    fault.map_or(Ok(()), Err)
}

struct ItemWriter<'r> {
    tools: &'r [Tool<'r>],
    /// Ids of calls whose results are written in the way of free-text tools.
    free_text_calls: Vec<&'r str>,
}

impl<'r> ItemWriter<'r> {
    fn items(&mut self, items: &mut ArrayWriter<'_>, request: &'r Request<'_>) -> Result<(), Unsayable> {
        // The first text is in `instructions`; several parts stay apart.
        let first = usize::from(matches!(request.system.first(), Some(Part::Text { .. })));
        let system = request.system.get(first..).unwrap_or_default();
        if !system.is_empty() {
            message(items, "developer", system)?;
        }
        for turn in &request.turns {
            self.turn(items, turn.role, &turn.parts)?;
        }
        Ok(())
    }

    fn turn(
        &mut self,
        items: &mut ArrayWriter<'_>,
        role: Role,
        parts: &'r [Part<'_>],
    ) -> Result<(), Unsayable> {
        let name = match role {
            Role::User => "user",
            Role::Assistant => "assistant",
        };
        // Whether parts stand in items of their own; all others share a message with their neighbours.
        let alone = |part: &Part<'_>| {
            matches!(
                part,
                Part::Thinking { .. } | Part::ToolCall(_) | Part::ToolResult(_)
            )
        };
        for run in parts.chunk_by(|one, next| !alone(one) && !alone(next)) {
            match run {
                [
                    Part::Thinking {
                        text,
                        sealed,
                        redacted,
                        id,
                    },
                ] => {
                    let Some(sealed) = sealed else { continue };
                    if sealed.vendor == Vendor::OpenAi && !redacted {
                        reasoning(items, text, &sealed.data, id.as_deref());
                    }
                }
                [Part::ToolCall(call)] => self.call(items, call),
                [Part::ToolResult(result)] => self.result(items, result)?,
                parts => message(items, name, parts)?,
            }
        }
        Ok(())
    }

    fn call(&mut self, items: &mut ArrayWriter<'_>, call: &'r ToolCall<'_>) {
        let tool = self.tools.iter().find(|tool| tool.flat_name() == call.name);
        let free_text = tool.is_some_and(|tool| matches!(tool.input, ToolInput::FreeText { .. }));
        items.object(|item| {
            item.text(
                "type",
                if free_text {
                    "custom_tool_call"
                } else {
                    "function_call"
                },
            );
            item.text("call_id", &call.id);
            item.text("name", tool.map_or(&call.name, |tool| &tool.name));
            item.text_if("namespace", tool.and_then(|tool| tool.namespace.as_deref()));
            if free_text {
                match free_text_input(&call.arguments) {
                    Some(input) => item.text("input", &input),
                    None => item.text("input", &call.arguments),
                }
            } else {
                item.text("arguments", arguments(&call.arguments));
            }
        });
        if free_text {
            self.free_text_calls.push(&call.id);
        }
    }

    fn result(&self, items: &mut ArrayWriter<'_>, result: &ToolResult<'_>) -> Result<(), Unsayable> {
        let free_text = self.free_text_calls.contains(&result.id.as_ref());
        let kind = if free_text {
            "custom_tool_call_output"
        } else {
            "function_call_output"
        };
        let mut fault = None;
        items.object(|item| {
            item.text("type", kind);
            item.text("call_id", &result.id);
            match result.content.as_slice() {
                [] => item.text("output", ""),
                [Part::Text { text, .. }] => item.text("output", text),
                parts => item.array("output", |list| fault = write_content(list, parts, false).err()),
            }
        });
        fault.map_or(Ok(()), Err)
    }
}

/// The arguments as they are sent; an empty text stands for no arguments.
pub(in super::super) fn arguments(text: &str) -> &str {
    if text.trim_ascii().is_empty() { "{}" } else { text }
}

/// The input string of a free-text tool's arguments, if they are what they should be.
pub(in super::super) fn free_text_input(arguments: &str) -> Option<String> {
    let Ok(Node::Object(fields)) = Node::parse(arguments.as_bytes()) else {
        return None;
    };
    let input = fields.into_iter().find(|(name, _)| name == FREE_TEXT_FIELD);
    match input {
        Some((_, Node::Text(input))) => Some(input.into_owned()),
        _ => None,
    }
}

fn reasoning(items: &mut ArrayWriter<'_>, text: &str, sealed: &str, id: Option<&str>) {
    // Ids that were made here mean nothing to OpenAI.
    let own =
        |id: &&str| id.starts_with("rs_") && !id.starts_with(REDACTED_ID) && !id.starts_with(CALL_SEAL_ID);
    items.object(|item| {
        item.text("type", "reasoning");
        item.text_if("id", id.filter(own));
        item.array("summary", |summary| write_summary(summary, text));
        item.text("encrypted_content", sealed);
    });
}

/// Writes a summary's one part, or none.
pub(in super::super) fn write_summary(summary: &mut ArrayWriter<'_>, text: &str) {
    if !text.is_empty() {
        summary.object(|part| {
            part.text("type", "summary_text");
            part.text("text", text);
        });
    }
}

fn message(items: &mut ArrayWriter<'_>, role: &str, parts: &[Part<'_>]) -> Result<(), Unsayable> {
    let mut fault = None;
    items.object(|item| {
        item.text("type", "message");
        item.text("role", role);
        item.array("content", |list| {
            fault = write_content(list, parts, role == "assistant").err();
        });
    });
    fault.map_or(Ok(()), Err)
}

/// Writes the parts of a message or of a tool's output.
fn write_content(list: &mut ArrayWriter<'_>, parts: &[Part<'_>], assistant: bool) -> Result<(), Unsayable> {
    let refuse = |why: &str| Err(Unsayable::new(Aspect::Turns, why));
    for part in parts {
        match part {
            Part::Text { text, citations, .. } if assistant => list.object(|object| {
                object.text("type", "output_text");
                object.text("text", text);
                object.array("annotations", |annotations| {
                    write_annotations(annotations, citations, text.chars().count() as u64);
                });
            }),
            Part::Refusal { text } if assistant => list.object(|object| {
                object.text("type", "refusal");
                object.text("refusal", text);
            }),
            Part::Text { text, .. } | Part::Refusal { text } => write_text_part(list, text),
            Part::Image(_) | Part::Document(_) if assistant => {
                return refuse(
                    "OpenAI's Responses format, which this model's platform speaks, takes no pictures or files of the \
                     assistant; send them in a message of the user.",
                );
            }
            Part::Image(image) => write_image(list, image)?,
            Part::Document(document) => write_document(list, document)?,
            Part::Audio { .. } => {
                return refuse(
                    "OpenAI's Responses format, which this model's platform speaks, takes no sound.",
                );
            }
            Part::Thinking { .. } | Part::ToolCall(_) | Part::ToolResult(_) => {
                return refuse("A tool's result holds text, pictures and documents alone.");
            }
        }
    }
    Ok(())
}

fn write_text_part(list: &mut ArrayWriter<'_>, text: &str) {
    list.object(|object| {
        object.text("type", "input_text");
        object.text("text", text);
    });
}

/// Writes citations as annotations; one without a place is of the whole text, which has so many characters.
pub(in super::super) fn write_annotations(
    list: &mut ArrayWriter<'_>,
    citations: &[Citation<'_>],
    length: u64,
) {
    for citation in citations {
        list.object(|object| write_annotation(object, citation, length));
    }
}

/// Writes one of them. Documents of a request have no id of OpenAI's: theirs is their place among the documents.
pub(in super::super) fn write_annotation(
    object: &mut ObjectWriter<'_>,
    citation: &Citation<'_>,
    length: u64,
) {
    match citation {
        Citation::Url { url, title, span } => {
            let (start, end) = span.unwrap_or((0, length));
            object.text("type", "url_citation");
            object.text("url", url);
            object.text("title", title);
            object.u64("start_index", start);
            object.u64("end_index", end);
        }
        Citation::Document { index, title, .. } => {
            object.text("type", "file_citation");
            object.text("file_id", &format!("document_{index}"));
            object.text("filename", title);
            object.u64("index", length);
        }
    }
}

fn write_image(list: &mut ArrayWriter<'_>, image: &Image<'_>) -> Result<(), Unsayable> {
    foreign(&image.source)?;
    list.object(|object| {
        object.text("type", "input_image");
        match &image.source {
            Source::Base64 { media_type, data } => {
                write_data_url(object.field("image_url"), media_type, data);
            }
            Source::Url { url, .. } => object.text("image_url", url),
            Source::File { id, .. } => object.text("file_id", id),
            Source::Text(text) => object.text("image_url", text),
        }
        object.text_if("detail", image.detail.as_deref());
    });
    Ok(())
}

fn write_document(list: &mut ArrayWriter<'_>, document: &Document<'_>) -> Result<(), Unsayable> {
    foreign(&document.source)?;
    if let Some(context) = &document.context {
        write_text_part(list, context);
    }
    if let Source::Text(text) = &document.source {
        match &document.title {
            Some(title) => write_text_part(list, &format!("{title}\n{text}")),
            None => write_text_part(list, text),
        }
        return Ok(());
    }
    list.object(|object| {
        object.text("type", "input_file");
        match &document.source {
            Source::Base64 { media_type, data } => {
                // The API demands a name where the file itself comes along.
                object.text(
                    "filename",
                    document.title.as_deref().unwrap_or(default_name(media_type)),
                );
                write_data_url(object.field("file_data"), media_type, data);
            }
            Source::Url { url, .. } => {
                object.text_if("filename", document.title.as_deref());
                object.text("file_url", url);
            }
            Source::File { id, .. } | Source::Text(id) => object.text("file_id", id),
        }
    });
    Ok(())
}

fn default_name(media_type: &str) -> &'static str {
    match media_type {
        "application/pdf" => "document.pdf",
        "text/plain" => "document.txt",
        _ => "document",
    }
}

fn foreign(source: &Source<'_>) -> Result<(), Unsayable> {
    match source {
        Source::File { vendor, .. } if *vendor != Vendor::OpenAi => Err(Unsayable::new(
            Aspect::Turns,
            "A file is known to the platform it was uploaded to alone, and this model runs on another; send its bytes or a \
             URL.",
        )),
        _ => Ok(()),
    }
}

/// Writes a `data:` URL without an intermediate copy of the data.
fn write_data_url(into: &mut Vec<u8>, media_type: &str, data: &str) {
    into.extend_from_slice(b"\"data:");
    write_inner(into, media_type);
    into.extend_from_slice(b";base64,");
    write_inner(into, data);
    into.push(b'"');
}

/// A string without its quotes. What needs no escapes, as base64 does not, is copied once.
fn write_inner(into: &mut Vec<u8>, text: &str) {
    let plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_' | b'.');
    if text.bytes().all(plain) {
        into.extend_from_slice(text.as_bytes());
        return;
    }
    let mut quoted = Vec::with_capacity(text.len() + 2);
    write_text(&mut quoted, text);
    if let [_, inner @ .., _] = quoted.as_slice() {
        into.extend_from_slice(inner);
    }
}
