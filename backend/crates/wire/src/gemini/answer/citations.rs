//! What an answer rests on: `groundingMetadata` and `citationMetadata`, both ways. Gemini API, "Grounding with Google
//! Search": supports tie pieces of the text to chunks, pieces are counted in bytes of UTF-8 within one part.
//! Never in here: to which text a citation goes.

use super::super::names::{get, get_items, get_text};
use crate::model::Citation;
use crate::tree::Node;
use crate::write::{ArrayWriter, ObjectWriter};

/// One citation, as told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Told {
    /// In which of the content's parts; `None`: counted over all its text.
    pub part: Option<u64>,
    /// From, to (exclusive), in bytes.
    pub span: Option<(u64, u64)>,
    /// Where.
    pub url: String,
    /// May be empty.
    pub title: String,
}

/// All of a candidate's citations: chunk by chunk, each with its supports, or once if it has none.
pub(in super::super) fn read(candidate: &Node<'_>) -> Vec<Told> {
    let mut all = Vec::new();
    if let Some(grounding) = get(candidate, "groundingMetadata") {
        let supports = get_items(grounding, "groundingSupports");
        for (number, chunk) in get_items(grounding, "groundingChunks").iter().enumerate() {
            let Some((url, title)) = page(chunk) else { continue };
            let told = |part, span| Told {
                part,
                span,
                url: url.to_owned(),
                title: title.to_owned(),
            };
            let before = all.len();
            for support in supports.iter().filter(|support| rests_on(support, number)) {
                let segment = get(support, "segment").unwrap_or(&Node::Null);
                // Google leaves out what is 0.
                let part = figure(segment, "partIndex").unwrap_or(0);
                all.push(told(Some(part), span(segment)));
            }
            if all.len() == before {
                all.push(told(None, None));
            }
        }
    }
    let cited = get(candidate, "citationMetadata");
    for cited in cited
        .map(|cited| get_items(cited, "citations"))
        .unwrap_or_default()
    {
        let Some(url) = get_text(cited, "uri") else {
            continue;
        };
        all.push(Told {
            part: None,
            span: span(cited),
            url: url.to_owned(),
            title: get_text(cited, "title").unwrap_or_default().to_owned(),
        });
    }
    all
}

fn page<'n>(chunk: &'n Node<'_>) -> Option<(&'n str, &'n str)> {
    let kinds = ["web", "retrievedContext", "maps"];
    let source = kinds.iter().find_map(|kind| get(chunk, kind))?;
    Some((
        get_text(source, "uri")?,
        get_text(source, "title").unwrap_or_default(),
    ))
}

fn rests_on(support: &Node<'_>, number: usize) -> bool {
    let chunks = get_items(support, "groundingChunkIndices");
    chunks.iter().any(|chunk| chunk.as_u64() == Some(number as u64))
}

fn figure(node: &Node<'_>, camel: &str) -> Option<u64> {
    get(node, camel).and_then(Node::as_u64)
}

fn span(node: &Node<'_>) -> Option<(u64, u64)> {
    let end = figure(node, "endIndex").filter(|end| *end > 0)?;
    Some((figure(node, "startIndex").unwrap_or(0), end))
}

/// A span in characters from one in bytes; `None` if it does not lie within the text.
pub(in super::super) fn chars_of(text: &str, span: (u64, u64)) -> Option<(u64, u64)> {
    let (start, end) = (usize::try_from(span.0).ok()?, usize::try_from(span.1).ok()?);
    let before = text.get(..start)?.chars().count() as u64;
    let within = text.get(start..end)?.chars().count() as u64;
    Some((before, before + within))
}

/// A span in bytes from one in characters.
fn bytes_of(text: &str, span: (u64, u64)) -> Option<(usize, usize)> {
    let at = |chars: u64| {
        let chars = usize::try_from(chars).ok()?;
        let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
        ends.into_iter().nth(chars)
    };
    at(span.0).zip(at(span.1)).filter(|(start, end)| start < end)
}

/// Writes a candidate's `groundingMetadata`: for each citation the number of its part, that part's text, and what is
/// cited. A document of the request becomes retrieved context.
pub(in super::super) fn write(candidate: &mut ObjectWriter<'_>, cited: &[(u64, &str, &Citation<'_>)]) {
    candidate.object("groundingMetadata", |grounding| {
        grounding.array("groundingChunks", |chunks| {
            for (_, _, citation) in cited {
                chunks.object(|chunk| write_chunk(chunk, citation));
            }
        });
        grounding.array("groundingSupports", |supports| {
            for (number, (part, text, citation)) in cited.iter().enumerate() {
                let span = match citation {
                    Citation::Url { span: Some(span), .. } => bytes_of(text, *span),
                    _ => None,
                };
                write_support(supports, *part, text, span, number);
            }
        });
    });
}

fn write_chunk(chunk: &mut ObjectWriter<'_>, citation: &Citation<'_>) {
    match citation {
        Citation::Url { url, title, .. } => chunk.object("web", |web| {
            web.text("uri", url);
            web.text("title", title);
        }),
        Citation::Document { title, cited, .. } => chunk.object("retrievedContext", |context| {
            context.text("title", title);
            context.text("text", cited);
        }),
    }
}

fn write_support(
    supports: &mut ArrayWriter<'_>,
    part: u64,
    text: &str,
    span: Option<(usize, usize)>,
    chunk: usize,
) {
    supports.object(|support| {
        support.object("segment", |segment| {
            segment.u64("partIndex", part);
            if let Some((start, end)) = span {
                segment.u64("startIndex", start as u64);
                segment.u64("endIndex", end as u64);
                segment.text("text", text.get(start..end).unwrap_or_default());
            }
        });
        support
            .field("groundingChunkIndices")
            .extend_from_slice(format!("[{chunk}]").as_bytes());
    });
}
