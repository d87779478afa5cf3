//! A key for requests that tell no session: requests of one conversation get the same one, so that they can meet the
//! same account and its warm cache. Only computed when asked for; hot requests with a session do not pay for it.

use super::answer::text;
use crate::facts::RequestFacts;
use crate::json::{Item, JsonFault, Scanner};
use sha2::{Digest, Sha256};
use std::ops::Range;

/// Claude Code's first line of the system text; its end changes from prompt to prompt.
const BILLING_LINE: &[u8] = b"x-anthropic-billing-header:";

/// A text, as it stands in the JSON, and whether it is marked for the cache.
struct Piece<'a> {
    text: &'a [u8],
    marked: bool,
}

/// The first 16 bytes of the SHA-256 over what stays the same from turn to turn, by the first of these rules that finds
/// text:
/// 1. the system text that is marked with `cache_control`, and, if anything in the messages is marked, the text of the
///    first message (the mark itself moves on with each turn);
/// 2. all system text;
/// 3. the text of the first message.
///
/// Claude Code's billing line is left out. `None` if there is no text at all. The body is the one that the facts were
/// read from. Never use the key across tenants.
pub fn conversation_key(body: &[u8], facts: &RequestFacts) -> Option<[u8; 16]> {
    // In this order by `read_facts`.
    let mut spans = facts.stable.iter();
    let (first, marked) = first_message(&mut scanner(body, spans.next()?)?).ok()?;
    let system = match spans.next() {
        Some(span) => pieces(&mut scanner(body, span)?).ok()?,
        None => Vec::new(),
    };
    let mut key = Key::default();
    for piece in system.iter().filter(|piece| piece.marked) {
        key.add(without_billing_line(piece.text));
    }
    if marked {
        for piece in &first {
            key.add(piece.text);
        }
    }
    if key.is_empty() {
        for piece in &system {
            key.add(without_billing_line(piece.text));
        }
    }
    if key.is_empty() {
        for piece in &first {
            key.add(piece.text);
        }
    }
    key.finish()
}

#[derive(Default)]
struct Key {
    hash: Sha256,
    bytes: usize,
}

impl Key {
    fn add(&mut self, text: &[u8]) {
        if !text.is_empty() {
            self.hash.update(text);
            // No byte of a JSON string: texts can't run together.
            self.hash.update([0]);
            self.bytes += text.len();
        }
    }

    fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    fn finish(self) -> Option<[u8; 16]> {
        if self.is_empty() {
            return None;
        }
        let digest: [u8; 32] = self.hash.finalize().into();
        digest.first_chunk().copied()
    }
}

fn scanner<'a>(body: &'a [u8], span: &Range<usize>) -> Option<Scanner<'a>> {
    body.get(span.clone()).map(Scanner::new)
}

/// The texts of a content that is due: a string, or an array of blocks.
fn pieces<'a>(scan: &mut Scanner<'a>) -> Result<Vec<Piece<'a>>, JsonFault> {
    let mut pieces = Vec::new();
    match scan.value()? {
        Item::Text(text) => pieces.push(Piece {
            text: text.raw(),
            marked: false,
        }),
        Item::Array => {
            let mut first = true;
            while scan.item(first)? {
                first = false;
                let item = scan.value()?;
                if matches!(item, Item::Object) {
                    pieces.push(piece(scan)?);
                } else {
                    scan.leave(item)?;
                }
            }
        }
        other => scan.leave(other)?,
    }
    Ok(pieces)
}

/// A block, whose object was just opened. One without text has an empty text.
fn piece<'a>(scan: &mut Scanner<'a>) -> Result<Piece<'a>, JsonFault> {
    let mut piece = Piece {
        text: &[],
        marked: false,
    };
    let mut first = true;
    while let Some(key) = scan.key(first)? {
        first = false;
        if key.is("text") {
            if let Some(text) = text(scan)? {
                piece.text = text.raw();
            }
        } else if key.is("cache_control") {
            let item = scan.value()?;
            piece.marked = matches!(item, Item::Object);
            scan.leave(item)?;
        } else {
            scan.skip()?;
        }
    }
    Ok(piece)
}

/// The texts of the first message, and whether anything in any message is marked.
fn first_message<'a>(scan: &mut Scanner<'a>) -> Result<(Vec<Piece<'a>>, bool), JsonFault> {
    let mut opening: Option<Vec<Piece<'a>>> = None;
    let mut marked = false;
    let item = scan.value()?;
    if !matches!(item, Item::Array) {
        return Ok((Vec::new(), false));
    }
    let mut first = true;
    while !marked && scan.item(first)? {
        first = false;
        let item = scan.value()?;
        if !matches!(item, Item::Object) {
            scan.leave(item)?;
            continue;
        }
        let mut content = Vec::new();
        let mut first_key = true;
        while let Some(key) = scan.key(first_key)? {
            first_key = false;
            if key.is("content") {
                content = pieces(scan)?;
            } else {
                scan.skip()?;
            }
        }
        marked = content.iter().any(|piece| piece.marked);
        opening.get_or_insert(content);
    }
    Ok((opening.unwrap_or_default(), marked))
}

fn without_billing_line(text: &[u8]) -> &[u8] {
    if !text.starts_with(BILLING_LINE) {
        return text;
    }
    // A line's end, escaped as it is in JSON.
    memchr::memmem::find(text, b"\\n")
        .and_then(|end| text.get(end + 2..))
        .unwrap_or_default()
}
