//! Neutral parts as content blocks. They have passed `check`.

use crate::claude::block::{write_cache, write_text, write_thinking};
use crate::format::Vendor;
use crate::model::{Citation, Document, Image, Part, Role, Source, ToolResult};
use crate::write::{ArrayWriter, ObjectWriter};
use std::borrow::Cow;

/// Whether a part has a block: not an empty text, which Anthropic refuses, and not the thinking of others, which only
/// they can read (vendors document that earlier thinking may be left out).
pub(super) fn is_written(part: &Part<'_>) -> bool {
    match part {
        Part::Text { text, .. } | Part::Refusal { text } => !text.is_empty(),
        Part::Thinking { sealed, .. } => sealed
            .as_ref()
            .is_some_and(|sealed| sealed.vendor == Vendor::Anthropic),
        _ => true,
    }
}

/// Writes a part. Citations stand in the model's own texts alone.
pub(super) fn write(part: &Part<'_>, role: Role, blocks: &mut ArrayWriter<'_>) {
    match part {
        Part::Text {
            text,
            citations,
            cache,
        } => blocks.object(|block| {
            // A citation of the web needs a key that only Anthropic gives; the text stands without it.
            let cited = citations
                .iter()
                .filter(|one| role == Role::Assistant && matches!(one, Citation::Document { .. }));
            write_text(block, text, cited);
            write_cache(block, *cache);
        }),
        Part::Refusal { text } => blocks.object(|block| write_text(block, text, std::iter::empty())),
        Part::Image(image) => blocks.object(|block| write_image(image, block)),
        Part::Document(document) => blocks.object(|block| write_document(document, block)),
        Part::Thinking {
            text,
            sealed,
            redacted,
            ..
        } => write_thinking(blocks, text, sealed.as_ref(), *redacted),
        Part::ToolCall(call) => blocks.object(|block| {
            block.text("type", "tool_use");
            block.text("id", &tool_id(&call.id));
            block.text("name", &call.name);
            let arguments = if call.arguments.is_empty() {
                "{}"
            } else {
                &call.arguments
            };
            block.raw("input", arguments.as_bytes());
            write_cache(block, call.cache);
        }),
        Part::ToolResult(result) => blocks.object(|block| write_result(result, block)),
        Part::Audio { .. } => {}
    }
}

/// Anthropic takes ids of letters, digits, `_` and `-`; others make them of other characters too.
fn tool_id(id: &str) -> Cow<'_, str> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if id.chars().all(fits) {
        Cow::Borrowed(id)
    } else {
        id.chars()
            .map(|c| if fits(c) { c } else { '_' })
            .collect::<String>()
            .into()
    }
}

fn write_image(image: &Image<'_>, block: &mut ObjectWriter<'_>) {
    block.text("type", "image");
    block.object("source", |source| write_source(&image.source, source));
    write_cache(block, image.cache);
}

fn write_document(document: &Document<'_>, block: &mut ObjectWriter<'_>) {
    block.text("type", "document");
    block.object("source", |source| write_source(&document.source, source));
    block.text_if("title", document.title.as_deref());
    block.text_if("context", document.context.as_deref());
    if document.citations {
        block.object("citations", |citations| citations.bool("enabled", true));
    }
    write_cache(block, document.cache);
}

fn write_source(source: &Source<'_>, into: &mut ObjectWriter<'_>) {
    match source {
        Source::Base64 { media_type, data } => {
            into.text("type", "base64");
            into.text("media_type", media_type);
            into.text("data", data);
        }
        Source::Url { url, .. } => {
            into.text("type", "url");
            into.text("url", url);
        }
        Source::File { id, .. } => {
            into.text("type", "file");
            into.text("file_id", id);
        }
        Source::Text(text) => {
            into.text("type", "text");
            into.text("media_type", "text/plain");
            into.text("data", text);
        }
    }
}

fn write_result(result: &ToolResult<'_>, block: &mut ObjectWriter<'_>) {
    block.text("type", "tool_result");
    block.text("tool_use_id", &tool_id(&result.id));
    let content = result.content.iter().filter(|part| is_written(part));
    if content.clone().next().is_some() {
        block.array("content", |blocks| {
            content.for_each(|part| write(part, Role::User, blocks));
        });
    } else if let Some(object) = &result.object {
        block.text("content", &object.to_text());
    }
    if result.is_error {
        block.bool("is_error", true);
    }
    write_cache(block, result.cache);
}
