//! Content blocks as they are written, in requests and answers alike.

use super::citation;
use crate::format::Vendor;
use crate::json::{Item, Scanner};
use crate::model::{Cache, Citation, Sealed};
use crate::write::{ArrayWriter, ObjectWriter};

/// Whether a text is a JSON object; an empty text stands for an empty one.
pub(super) fn is_object(text: &str) -> bool {
    let whole = || {
        let mut scan = Scanner::new(text.as_bytes());
        let item = scan.value().ok()?;
        let is_object = matches!(item, Item::Object);
        scan.leave(item).ok()?;
        scan.end().ok()?;
        Some(is_object)
    };
    text.is_empty() || whole() == Some(true)
}

/// `cache_control`, if there is a mark. Five minutes are the default and not said.
pub(super) fn write_cache(block: &mut ObjectWriter<'_>, cache: Option<Cache>) {
    let Some(cache) = cache else { return };
    block.object("cache_control", |mark| {
        mark.text("type", "ephemeral");
        if cache == Cache::OneHour {
            mark.text("ttl", "1h");
        }
    });
}

/// A text block; `citations` only if there are any.
pub(super) fn write_text<'c, 'a: 'c>(
    block: &mut ObjectWriter<'_>,
    text: &str,
    citations: impl Iterator<Item = &'c Citation<'a>>,
) {
    block.text("type", "text");
    block.text("text", text);
    let mut citations = citations.peekable();
    if citations.peek().is_some() {
        block.array("citations", |into| {
            for one in citations {
                into.object(|into| citation::write(one, into));
            }
        });
    }
}

/// Thinking, with its seal in the place of the signature. What another vendor sealed is marked, so that the client gives
/// it back to be read there.
pub(super) fn write_thinking(
    blocks: &mut ArrayWriter<'_>,
    text: &str,
    sealed: Option<&Sealed<'_>>,
    redacted: bool,
) {
    let carried = sealed.map(|sealed| sealed.carried(Vendor::Anthropic));
    if redacted {
        if let Some(data) = carried {
            blocks.object(|block| {
                block.text("type", "redacted_thinking");
                block.text("data", &data);
            });
        }
        return;
    }
    blocks.object(|block| {
        block.text("type", "thinking");
        block.text("thinking", text);
        block.text("signature", &carried.unwrap_or_default());
    });
}
