//! The content blocks of a Messages request as neutral parts (Anthropic's API reference, "Create a Message", `messages`).

use crate::claude::citation;
use crate::fault::RequestFault;
use crate::fields::Fields;
use crate::format::Vendor;
use crate::model::{Cache, Document, Image, Part, Sealed, Source, ToolCall, ToolResult};
use crate::tree::Node;
use std::borrow::Cow;

/// Where a block stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    User,
    Assistant,
    /// Within a tool's result.
    Result,
}

/// A content: a string or an array of blocks. Empty texts are left out.
pub(super) fn content<'a>(node: Node<'a>, path: &str, place: Place) -> Result<Vec<Part<'a>>, RequestFault> {
    let mut parts = match node {
        Node::Text(text) if text.is_empty() => Vec::new(),
        Node::Text(text) => vec![Part::text(text)],
        Node::Array(items) => {
            let mut parts = Vec::with_capacity(items.len());
            for (at, item) in items.into_iter().enumerate() {
                parts.push(block(item, format!("{path}[{at}]"), place)?);
            }
            parts
        }
        _ => {
            let what = "This must be a string or an array of content blocks.";
            return Err(RequestFault::field(path, what));
        }
    };
    parts.retain(|part| !matches!(part, Part::Text { text, .. } if text.is_empty()));
    if place == Place::Assistant {
        give_back_seals(&mut parts);
    }
    Ok(parts)
}

/// Texts alone: a string or an array of text blocks.
pub(super) fn texts<'a>(node: Node<'a>, path: &str) -> Result<Vec<Part<'a>>, RequestFault> {
    let parts = content(node, path, Place::User)?;
    if parts.iter().all(|part| matches!(part, Part::Text { .. })) {
        Ok(parts)
    } else {
        Err(RequestFault::field(
            path,
            "Only blocks of type `text` may stand here.",
        ))
    }
}

/// Google's seals belong to the call itself. In this format, which has no place for them there, they were shown as
/// thinking without text before it.
fn give_back_seals(parts: &mut Vec<Part<'_>>) {
    let mut at = 0_usize;
    while let Some([before, after]) = parts.get_mut(at..at.saturating_add(2)) {
        if let (
            Part::Thinking {
                text,
                sealed,
                redacted: false,
                ..
            },
            Part::ToolCall(call),
        ) = (before, after)
            && text.is_empty()
            && sealed
                .as_ref()
                .is_some_and(|sealed| sealed.vendor == Vendor::Google)
        {
            call.sealed = sealed.take();
            parts.remove(at);
        }
        at += 1;
    }
}

fn block(node: Node<'_>, path: String, place: Place) -> Result<Part<'_>, RequestFault> {
    let mut block = Fields::of(node, path)?;
    let kind = block.required_text("type")?;
    let part = match (&*kind, place) {
        ("text", _) => text(&mut block)?,
        ("image", _) => image(&mut block)?,
        ("document", _) => document(&mut block)?,
        ("search_result", Place::User | Place::Result) => search_result(&mut block)?,
        ("tool_reference", Place::Result) => tool_reference(&mut block)?,
        ("tool_result", Place::User) => tool_result(&mut block)?,
        ("tool_use", Place::Assistant) => tool_use(&mut block)?,
        ("thinking", Place::Assistant) => thinking(&mut block)?,
        ("redacted_thinking", Place::Assistant) => redacted(&mut block)?,
        ("server_tool_use" | "mcp_tool_use" | "mcp_tool_result" | "container_upload", _) => {
            return Err(block.fault("type", VENDOR_TOOL));
        }
        (kind, Place::Assistant | Place::User) if kind.ends_with("_tool_result") => {
            return Err(block.fault("type", VENDOR_TOOL));
        }
        ("compaction", _) => {
            let what = "Only Anthropic can read a compacted conversation; send the messages themselves.";
            return Err(block.fault("type", what));
        }
        _ => {
            let what = "This kind of block is not known in this place, so it can't be translated into the format of \
                the model's platform.";
            return Err(block.fault("type", what));
        }
    };
    block.nothing_left()?;
    Ok(part)
}

const VENDOR_TOOL: &str = "This is of a tool that Anthropic's platform runs, which the model's platform can't read; leave \
    it out, or go on with the model that wrote it.";

fn text<'a>(block: &mut Fields<'a>) -> Result<Part<'a>, RequestFault> {
    let text = block.required_text("text")?;
    let citations = block.array("citations")?.unwrap_or_default();
    Ok(Part::Text {
        text,
        citations: citations.into_iter().filter_map(citation::read).collect(),
        cache: cache(block)?,
    })
}

/// A cache mark (Anthropic, "Prompt caching"). Five minutes is the default.
pub(super) fn cache(block: &mut Fields<'_>) -> Result<Option<Cache>, RequestFault> {
    let Some(mut mark) = block.object("cache_control")? else {
        return Ok(None);
    };
    if mark.required_text("type")? != "ephemeral" {
        return Err(mark.fault("type", "This must be `ephemeral`."));
    }
    let cache = match mark.text("ttl")?.as_deref() {
        None | Some("5m") => Cache::FiveMinutes,
        Some("1h") => Cache::OneHour,
        Some(_) => return Err(mark.fault("ttl", "This must be `5m` or `1h`.")),
    };
    // Anthropic sets it on its own side; it only says how widely an entry may be shared.
    mark.take("scope");
    mark.nothing_left()?;
    Ok(Some(cache))
}

fn source<'a>(block: &mut Fields<'a>) -> Result<(Cow<'a, str>, Fields<'a>), RequestFault> {
    let Some(mut source) = block.object("source")? else {
        return Err(block.fault("source", "This field is required: an object."));
    };
    let kind = source.required_text("type")?;
    Ok((kind, source))
}

fn file<'a>(source: &mut Fields<'a>) -> Result<Source<'a>, RequestFault> {
    Ok(Source::File {
        vendor: Vendor::Anthropic,
        id: source.required_text("file_id")?,
        media_type: None,
    })
}

fn image<'a>(block: &mut Fields<'a>) -> Result<Part<'a>, RequestFault> {
    let (kind, mut fields) = source(block)?;
    let source = match &*kind {
        "base64" => Source::Base64 {
            media_type: fields
                .media_type("media_type")?
                .ok_or_else(|| fields.fault("media_type", "This field is required: a string."))?,
            data: fields.required_text("data")?,
        },
        "url" => Source::Url {
            url: fields.required_url("url")?,
            media_type: None,
        },
        "file" => file(&mut fields)?,
        _ => return Err(fields.fault("type", "This must be `base64`, `url` or `file`.")),
    };
    fields.nothing_left()?;
    // Whether Anthropic scales a large image down; others have rules of their own.
    block.take("transformations");
    Ok(Part::Image(Image {
        source,
        detail: None,
        cache: cache(block)?,
    }))
}

fn document<'a>(block: &mut Fields<'a>) -> Result<Part<'a>, RequestFault> {
    const PDF: &str = "application/pdf";
    let (kind, mut fields) = source(block)?;
    let source = match &*kind {
        "base64" => Source::Base64 {
            media_type: fields.media_type("media_type")?.unwrap_or(PDF.into()),
            data: fields.required_text("data")?,
        },
        "text" => {
            fields.text("media_type")?;
            Source::Text(fields.required_text("data")?)
        }
        "url" => Source::Url {
            url: fields.required_url("url")?,
            media_type: Some(PDF.into()),
        },
        "file" => file(&mut fields)?,
        "content" => {
            let path = fields.path("content");
            let content = fields.take("content").unwrap_or(Node::Null);
            Source::Text(joined(texts(content, &path)?))
        }
        _ => {
            let known = "This must be `base64`, `text`, `content`, `url` or `file`.";
            return Err(fields.fault("type", known));
        }
    };
    if source == Source::Text("".into()) {
        return Err(block.fault("source", "This must have some text in it."));
    }
    fields.nothing_left()?;
    Ok(Part::Document(Document {
        source,
        title: block.text("title")?,
        context: block.text("context")?,
        citations: citations_enabled(block)?,
        cache: cache(block)?,
    }))
}

fn citations_enabled(block: &mut Fields<'_>) -> Result<bool, RequestFault> {
    let Some(mut citations) = block.object("citations")? else {
        return Ok(false);
    };
    let enabled = citations.bool("enabled")?.unwrap_or_default();
    citations.nothing_left()?;
    Ok(enabled)
}

/// A search result is a document of texts whose context is where it was found.
fn search_result<'a>(block: &mut Fields<'a>) -> Result<Part<'a>, RequestFault> {
    let path = block.path("content");
    let content = block.take("content").unwrap_or(Node::Null);
    let found = joined(texts(content, &path)?);
    if found.is_empty() {
        return Err(block.fault("content", "This must have some text in it."));
    }
    Ok(Part::Document(Document {
        source: Source::Text(found),
        title: Some(block.required_text("title")?),
        context: Some(block.required_text("source")?),
        citations: citations_enabled(block)?,
        cache: cache(block)?,
    }))
}

fn joined(parts: Vec<Part<'_>>) -> Cow<'_, str> {
    let mut whole = Cow::Borrowed("");
    for part in parts {
        let Part::Text { text, .. } = part else { continue };
        if whole.is_empty() {
            whole = text;
        } else {
            let whole = whole.to_mut();
            whole.push('\n');
            whole.push_str(&text);
        }
    }
    whole
}

/// A search of the client's own found this tool. Tools that Anthropic would load only then are on offer from the
/// beginning elsewhere, so that its name says all.
fn tool_reference<'a>(block: &mut Fields<'a>) -> Result<Part<'a>, RequestFault> {
    let name = block.required_text("tool_name")?;
    Ok(Part::Text {
        text: format!("The tool `{name}` can be called.").into(),
        citations: Vec::new(),
        cache: cache(block)?,
    })
}

fn tool_result<'a>(block: &mut Fields<'a>) -> Result<Part<'a>, RequestFault> {
    no_toolset(block)?;
    let path = block.path("content");
    let parts = match block.take("content") {
        Some(node) => content(node, &path, Place::Result)?,
        None => Vec::new(),
    };
    Ok(Part::ToolResult(ToolResult {
        id: block.required_text("tool_use_id")?,
        name: None,
        content: parts,
        object: None,
        is_error: block.bool("is_error")?.unwrap_or_default(),
        cache: cache(block)?,
    }))
}

fn tool_use<'a>(block: &mut Fields<'a>) -> Result<Part<'a>, RequestFault> {
    no_toolset(block)?;
    if let Some(mut caller) = block.object("caller")?
        && caller.required_text("type")? != "direct"
    {
        return Err(caller.fault("type", VENDOR_TOOL));
    }
    let input = match block.take("input") {
        Some(input) if input.as_object().is_some() => input.to_text(),
        _ => return Err(block.fault("input", "This field is required: an object.")),
    };
    Ok(Part::ToolCall(ToolCall {
        id: block.required_text("id")?,
        name: block.required_text("name")?,
        arguments: input.into(),
        sealed: None,
        cache: cache(block)?,
    }))
}

fn no_toolset(block: &mut Fields<'_>) -> Result<(), RequestFault> {
    if block.has("toolset_name") {
        return Err(block.fault("toolset_name", super::tools::DEFINED_BY_ANTHROPIC));
    }
    Ok(())
}

fn thinking<'a>(block: &mut Fields<'a>) -> Result<Part<'a>, RequestFault> {
    let text = block.required_text("thinking")?;
    let signature = block.text("signature")?.filter(|signature| !signature.is_empty());
    Ok(Part::Thinking {
        text,
        sealed: signature.map(|signature| Sealed::read(Vendor::Anthropic, signature)),
        redacted: false,
        id: None,
    })
}

fn redacted<'a>(block: &mut Fields<'a>) -> Result<Part<'a>, RequestFault> {
    let data = block.required_text("data")?;
    Ok(Part::Thinking {
        text: "".into(),
        sealed: Some(Sealed::read(Vendor::Anthropic, data)),
        redacted: true,
        id: None,
    })
}
