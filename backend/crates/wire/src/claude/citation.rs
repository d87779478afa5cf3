//! What a text rests on, in Claude's words (Anthropic, "Citations", "Search results", "Web search tool").

use crate::fields::Fields;
use crate::model::{Citation, Place};
use crate::tree::Node;
use crate::write::ObjectWriter;
use std::borrow::Cow;

/// Reads a citation. One of a kind not known here is none: the text stands without it.
pub(super) fn read(node: Node<'_>) -> Option<Citation<'_>> {
    let mut fields = Fields::of(node, "citation").ok()?;
    let kind = fields.text("type").ok()??;
    let mut range = |from, to| Some((fields.u64(from).ok()??, fields.u64(to).ok()??));
    let place = match &*kind {
        "char_location" => {
            range("start_char_index", "end_char_index").map(|(from, to)| Place::Characters(from, to))?
        }
        "page_location" => {
            range("start_page_number", "end_page_number").map(|(from, to)| Place::Pages(from, to))?
        }
        "content_block_location" => {
            range("start_block_index", "end_block_index").map(|(from, to)| Place::Blocks(from, to))?
        }
        "web_search_result_location" => return Some(url(&mut fields, "url")),
        "search_result_location" => return Some(url(&mut fields, "source")),
        _ => return None,
    };
    Some(Citation::Document {
        index: fields.u64("document_index").ok()??,
        title: text(&mut fields, "document_title"),
        cited: text(&mut fields, "cited_text"),
        place,
    })
}

fn url<'a>(fields: &mut Fields<'a>, name: &str) -> Citation<'a> {
    Citation::Url {
        url: text(fields, name),
        title: text(fields, "title"),
        span: None,
    }
}

fn text<'a>(fields: &mut Fields<'a>, name: &str) -> Cow<'a, str> {
    fields.text(name).ok().flatten().unwrap_or_default()
}

/// Writes a citation of an answer. For what only Anthropic's search could fill in, an empty text stands.
pub(super) fn write(citation: &Citation<'_>, into: &mut ObjectWriter<'_>) {
    let titled = |into: &mut ObjectWriter<'_>, name, title: &str| {
        if title.is_empty() {
            into.null(name);
        } else {
            into.text(name, title);
        }
    };
    match citation {
        Citation::Url { url, title, .. } => {
            into.text("type", "web_search_result_location");
            into.text("url", url);
            titled(into, "title", title);
            into.text("cited_text", "");
            into.text("encrypted_index", "");
        }
        Citation::Document {
            index,
            title,
            cited,
            place,
        } => {
            let (kind, from, to) = match place {
                Place::Characters(from, to) => (
                    "char_location",
                    ("start_char_index", from),
                    ("end_char_index", to),
                ),
                Place::Pages(from, to) => (
                    "page_location",
                    ("start_page_number", from),
                    ("end_page_number", to),
                ),
                Place::Blocks(from, to) => (
                    "content_block_location",
                    ("start_block_index", from),
                    ("end_block_index", to),
                ),
            };
            into.text("type", kind);
            into.text("cited_text", cited);
            into.u64("document_index", *index);
            titled(into, "document_title", title);
            into.u64(from.0, *from.1);
            into.u64(to.0, *to.1);
        }
    }
}

/// The same, borrowing nothing.
pub(super) fn owned(citation: Citation<'_>) -> Citation<'static> {
    match citation {
        Citation::Url { url, title, span } => Citation::Url {
            url: url.into_owned().into(),
            title: title.into_owned().into(),
            span,
        },
        Citation::Document {
            index,
            title,
            cited,
            place,
        } => Citation::Document {
            index,
            title: title.into_owned().into(),
            cited: cited.into_owned().into(),
            place,
        },
    }
}
