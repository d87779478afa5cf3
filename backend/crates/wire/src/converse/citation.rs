//! What an answer's text rests on, in Converse's words (Amazon Bedrock's API reference, "Citation" and "CitationsDelta",
//! which are the same).

use crate::model::{Citation, Place};
use crate::tree::Node;
use std::borrow::Cow;

/// Reads one; `None` if it tells no place that the neutral conversation has.
pub(super) fn citation(node: &Node<'_>) -> Option<Citation<'static>> {
    let text = |name: &str| -> Cow<'static, str> {
        let told = node.get(name).and_then(Node::as_text);
        told.unwrap_or_default().to_owned().into()
    };
    let location = node.get("location");
    let at = |name: &str| location.and_then(|location| location.get(name));
    if let Some(web) = at("web") {
        let url = web.get("url").and_then(Node::as_text)?;
        return Some(Citation::Url {
            url: url.to_owned().into(),
            title: text("title"),
            span: None,
        });
    }
    let range = |node: &Node<'_>| {
        let index = node.get("documentIndex").and_then(Node::as_u64)?;
        let start = node.get("start").and_then(Node::as_u64)?;
        let end = node.get("end").and_then(Node::as_u64)?;
        Some((index, start, end))
    };
    let place = [
        ("documentChar", Place::Characters as fn(u64, u64) -> Place),
        ("documentPage", Place::Pages),
        ("documentChunk", Place::Blocks),
    ]
    .into_iter()
    .find_map(|(name, place)| {
        let (index, start, end) = range(at(name)?)?;
        Some((index, place(start, end)))
    });
    if let Some((index, place)) = place {
        return Some(Citation::Document {
            index,
            title: text("title"),
            cited: cited(node).into(),
            place,
        });
    }
    // A search result of the request: its source is an address.
    at("searchResultLocation")?;
    Some(Citation::Url {
        url: text("source"),
        title: text("title"),
        span: None,
    })
}

fn cited(node: &Node<'_>) -> String {
    let pieces = node
        .get("sourceContent")
        .and_then(Node::as_array)
        .unwrap_or_default();
    pieces
        .iter()
        .filter_map(|piece| piece.get("text").and_then(Node::as_text))
        .collect()
}
