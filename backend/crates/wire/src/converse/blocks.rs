//! What messages are made of.

use super::messages::unsayable;
use super::model::Model;
use crate::model::{Cache, Document, Image, Part, Role, Source, ToolCall, ToolResult, Unsayable};
use crate::tree::Node;
use crate::write::{ArrayWriter, ObjectWriter};
use std::borrow::Cow;
use std::collections::HashMap;

/// The longest name of a document, in characters.
const NAME_LENGTH_MAX: usize = 200;

/// Documents' names that are taken (Bedrock wants each once), with the number to try next for another of the name.
#[derive(Debug, Default)]
pub(super) struct Names(HashMap<String, u64>);

impl Names {
    /// A name like the title, in the letters that Bedrock lets stand (Amazon Bedrock's API reference, "DocumentBlock").
    fn next(&mut self, title: Option<&str>) -> String {
        let is_sign = |sign: char| matches!(sign, '-' | '(' | ')' | '[' | ']');
        let mut name = String::new();
        for sign in title.unwrap_or_default().chars().take(NAME_LENGTH_MAX) {
            let sign = match sign {
                sign if sign.is_ascii_alphanumeric() || is_sign(sign) => sign,
                sign if sign.is_whitespace() => ' ',
                _ => '-',
            };
            if !(sign == ' ' && name.ends_with(' ')) {
                name.push(sign);
            }
        }
        let name = match name.trim() {
            "" => "document",
            name => name,
        };
        let mut number = self.0.get(name).copied().unwrap_or(1);
        let mut free = name.to_owned();
        while self.0.contains_key(&free) {
            number += 1;
            free = format!("{name} ({number})");
        }
        self.0.insert(name.to_owned(), number);
        self.0.insert(free.clone(), 1);
        free
    }
}

/// Writes a part, and the cache mark that follows it.
pub(super) fn write_part(
    part: &Part<'_>,
    role: Role,
    model: &Model<'_>,
    names: &mut Names,
    content: &mut ArrayWriter<'_>,
) -> Result<(), Unsayable> {
    let cache = match part {
        Part::Text { text, cache, .. } => {
            content.object(|block| block.text("text", text));
            *cache
        }
        Part::Refusal { text } => {
            content.object(|block| block.text("text", text));
            None
        }
        Part::Image(_) | Part::Document(_) if role == Role::Assistant => {
            return Err(unsayable(
                "On Amazon Bedrock pictures and documents stand in the user's turn alone; move them there.",
            ));
        }
        Part::Image(image) => {
            write_image(image, content)?;
            image.cache
        }
        Part::Document(document) => {
            write_document(document, names, content)?;
            document.cache
        }
        Part::Audio { .. } => {
            return Err(unsayable(
                "Amazon Bedrock is not asked about sound here; give its text.",
            ));
        }
        Part::Thinking { .. } => {
            write_thinking(part, content);
            None
        }
        Part::ToolCall(call) => {
            write_call(call, content)?;
            call.cache
        }
        Part::ToolResult(result) => {
            write_result(result, model, names, content)?;
            // Within a result no mark can stand.
            result
                .cache
                .or_else(|| result.content.iter().rev().find_map(cache_of))
        }
    };
    if let Some(cache) = cache.filter(|_| model.caches()) {
        write_cache_point(cache, content);
    }
    Ok(())
}

fn cache_of(part: &Part<'_>) -> Option<Cache> {
    match part {
        Part::Text { cache, .. } => *cache,
        Part::Image(image) => image.cache,
        Part::Document(document) => document.cache,
        _ => None,
    }
}

/// Writes a cache mark. Five minutes are the default, and older models know no other.
pub(super) fn write_cache_point(cache: Cache, array: &mut ArrayWriter<'_>) {
    array.object(|block| {
        block.object("cachePoint", |point| {
            point.text("type", "default");
            if cache == Cache::OneHour {
                point.text("ttl", "1h");
            }
        });
    });
}

fn write_image(image: &Image<'_>, content: &mut ArrayWriter<'_>) -> Result<(), Unsayable> {
    let Source::Base64 { media_type, data } = &image.source else {
        return Err(not_here("picture"));
    };
    let format = match media_type.as_ref() {
        "image/png" => "png",
        "image/jpeg" | "image/jpg" => "jpeg",
        "image/gif" => "gif",
        "image/webp" => "webp",
        _ => {
            return Err(unsayable(
                "Amazon Bedrock takes pictures in PNG, JPEG, GIF and WebP alone.",
            ));
        }
    };
    content.object(|block| {
        block.object("image", |image| {
            image.text("format", format);
            image.object("source", |source| source.text("bytes", data));
        });
    });
    Ok(())
}

fn write_document(
    document: &Document<'_>,
    names: &mut Names,
    content: &mut ArrayWriter<'_>,
) -> Result<(), Unsayable> {
    let (format, field, value) = match &document.source {
        Source::Text(text) => ("txt", "text", text),
        Source::Base64 { media_type, data } => {
            let format = document_format(media_type).ok_or_else(|| {
                unsayable("Amazon Bedrock takes documents as PDF, CSV, DOC(X), XLS(X), HTML, Markdown and text alone.")
            })?;
            (format, "bytes", data)
        }
        Source::Url { .. } | Source::File { .. } => return Err(not_here("document")),
    };
    let name = names.next(document.title.as_deref());
    content.object(|block| {
        block.object("document", |block| {
            block.text("format", format);
            block.text("name", &name);
            block.object("source", |source| source.text(field, value));
            block.text_if("context", document.context.as_deref());
            if document.citations {
                block.object("citations", |citations| citations.bool("enabled", true));
            }
        });
    });
    Ok(())
}

fn document_format(media_type: &str) -> Option<&'static str> {
    let plain = media_type.split(';').next().unwrap_or_default().trim();
    Some(match plain {
        "application/pdf" => "pdf",
        "text/csv" => "csv",
        "application/msword" => "doc",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => "docx",
        "application/vnd.ms-excel" => "xls",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => "xlsx",
        "text/html" => "html",
        "text/markdown" => "md",
        "text/plain" => "txt",
        _ => return None,
    })
}

fn not_here(what: &str) -> Unsayable {
    unsayable(&format!(
        "Amazon Bedrock fetches no {what}; send its bytes as base64."
    ))
}

fn write_thinking(part: &Part<'_>, content: &mut ArrayWriter<'_>) {
    let Part::Thinking {
        text,
        sealed: Some(sealed),
        redacted,
        ..
    } = part
    else {
        return;
    };
    content.object(|block| {
        block.object("reasoningContent", |reasoning| {
            if *redacted {
                reasoning.text("redactedContent", &sealed.data);
            } else {
                reasoning.object("reasoningText", |inner| {
                    inner.text("text", text);
                    inner.text("signature", &sealed.data);
                });
            }
        });
    });
}

fn write_call(call: &ToolCall<'_>, content: &mut ArrayWriter<'_>) -> Result<(), Unsayable> {
    let arguments = match call.arguments.trim() {
        "" => "{}",
        arguments => arguments,
    };
    if !matches!(Node::parse(arguments.as_bytes()), Ok(Node::Object(_))) {
        return Err(unsayable(&format!(
            "The arguments of the call of `{}` are no JSON object, which Amazon Bedrock wants.",
            call.name.chars().take(64).collect::<String>()
        )));
    }
    content.object(|block| {
        block.object("toolUse", |block| {
            block.text("toolUseId", &id(&call.id));
            block.text("name", &call.name);
            block.raw("input", arguments.as_bytes());
        });
    });
    Ok(())
}

fn write_result(
    result: &ToolResult<'_>,
    model: &Model<'_>,
    names: &mut Names,
    content: &mut ArrayWriter<'_>,
) -> Result<(), Unsayable> {
    let mut outcome = Ok(());
    content.object(|block| {
        block.object("toolResult", |block| {
            block.text("toolUseId", &id(&result.id));
            block.array("content", |content| {
                outcome = write_result_content(result, names, content);
            });
            if result.is_error && model.takes_status() {
                block.text("status", "error");
            }
        });
    });
    outcome
}

fn write_result_content(
    result: &ToolResult<'_>,
    names: &mut Names,
    content: &mut ArrayWriter<'_>,
) -> Result<(), Unsayable> {
    let mut any = false;
    for part in &result.content {
        match part {
            // Empty texts are refused.
            Part::Text { text, .. } if text.trim().is_empty() => continue,
            Part::Text { text, .. } | Part::Refusal { text } => {
                content.object(|block| block.text("text", text));
            }
            Part::Image(image) => write_image(image, content)?,
            Part::Document(document) => write_document(document, names, content)?,
            _ => {
                return Err(unsayable(
                    "On Amazon Bedrock a tool's result is text, pictures and documents alone.",
                ));
            }
        }
        any = true;
    }
    if !any {
        // No content at all is refused; this says as little as can be.
        content.object(|block| write_object_of(result, block));
    }
    Ok(())
}

fn write_object_of(result: &ToolResult<'_>, block: &mut ObjectWriter<'_>) {
    match &result.object {
        Some(object) => block.node("json", object),
        None => block.object("json", |_| {}),
    }
}

/// A call's id in the letters that Bedrock lets stand. The same for a call and its result.
fn id(text: &str) -> Cow<'_, str> {
    let fits = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '_' | '-');
    if text.chars().all(fits) {
        return text.into();
    }
    text.chars()
        .map(|sign| if fits(sign) { sign } else { '_' })
        .collect()
}
