//! Counts the output that a stream carries, so that its tokens can be estimated when the final figures never come.
//! Never in here: figures that somebody told.

use super::answer::text;
use crate::json::{Item, JsonFault, Scanner, Text};

/// Bytes of output seen so far.
#[derive(Debug, Default)]
pub(super) struct OutputBytes {
    /// Text and tool input, and the thinking of blocks that are over.
    closed: u64,
    /// Of the block that is open.
    thinking: Thinking,
}

/// The thinking of one block, in bytes of text. What is shown may be a summary or nothing at all; the signature at the
/// block's end is the whole of it, encrypted (Anthropic's "Extended thinking"), and so is a redacted block's `data`.
#[derive(Clone, Copy, Debug, Default)]
struct Thinking {
    shown: u64,
    sealed: u64,
}

/// What one event carries, in bytes.
#[derive(Clone, Copy, Debug, Default)]
struct Pieces {
    /// Text and tool input.
    text: u64,
    thinking: Thinking,
}

impl OutputBytes {
    /// All of it. A block's thinking counts once: as shown or, if that is more, as sealed.
    pub fn total(&self) -> u64 {
        let Thinking { shown, sealed } = self.thinking;
        self.closed.saturating_add(shown.max(sealed))
    }

    /// Takes in the data of a `content_block_start`; what can't be read is none.
    pub fn block_start(&mut self, data: &[u8]) {
        self.closed = self.total();
        self.thinking = Thinking::default();
        self.add(pieces(data, "content_block").unwrap_or_default());
    }

    /// Takes in the data of a `content_block_delta`; what can't be read is none.
    pub fn delta(&mut self, data: &[u8]) {
        let found = usual_delta(data).or_else(|| pieces(data, "delta").ok());
        self.add(found.unwrap_or_default());
    }

    fn add(&mut self, pieces: Pieces) {
        let Thinking { shown, sealed } = &mut self.thinking;
        *shown = shown.saturating_add(pieces.thinking.shown);
        *sealed = sealed.saturating_add(pieces.thinking.sealed);
        self.closed = self.closed.saturating_add(pieces.text);
    }
}

/// What [`pieces`] gives, at a tenth of its time, for the deltas that nearly every event is: fields in Anthropic's
/// order, no escapes, blanks at most before the last brace (it pads events so). `None` for any other.
fn usual_delta(data: &[u8]) -> Option<Pieces> {
    const TEXTS: [&[u8]; 2] = [
        br#"text_delta","text":""#,
        br#"input_json_delta","partial_json":""#,
    ];
    const THINKING: &[u8] = br#"thinking_delta","thinking":""#;
    let rest = data.strip_prefix(br#"{"type":"content_block_delta","index":"#)?;
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let rest = rest.get(digits..)?.strip_prefix(br#","delta":{"type":""#)?;
    let thinking = rest.strip_prefix(THINKING);
    let text = thinking.or_else(|| TEXTS.iter().find_map(|begin| rest.strip_prefix(*begin)))?;
    let text = text.strip_suffix(b"}")?.trim_ascii_end().strip_suffix(br#""}"#)?;
    if memchr::memchr2(b'"', b'\\', text).is_some() {
        return None;
    }
    let mut found = Pieces::default();
    let counted = if thinking.is_some() {
        &mut found.thinking.shown
    } else {
        &mut found.text
    };
    *counted = text.len() as u64;
    Some(found)
}

/// The output in the object `within`: a delta, or a block as it starts, which is empty but for redacted thinking.
fn pieces(data: &[u8], within: &str) -> Result<Pieces, JsonFault> {
    let mut scan = Scanner::new(data);
    let mut found = Pieces::default();
    if let Item::Object = scan.value()? {
        let mut first = true;
        while let Some(key) = scan.key(first)? {
            first = false;
            match (key.is(within), scan.value()?) {
                (true, Item::Object) => found = fields(&mut scan)?,
                (_, other) => scan.leave(other)?,
            }
        }
    }
    Ok(found)
}

/// Reads the object that was just opened.
fn fields(scan: &mut Scanner<'_>) -> Result<Pieces, JsonFault> {
    let (mut found, mut kind, mut redacted) = (Pieces::default(), None, 0);
    let mut first = true;
    while let Some(key) = scan.key(first)? {
        first = false;
        if key.is("type") {
            kind = text(scan)?;
            continue;
        }
        let Some(value) = text(scan)? else { continue };
        if key.is("text") || key.is("partial_json") {
            found.text += value.length() as u64;
        } else if key.is("thinking") {
            found.thinking.shown += value.length() as u64;
        } else if key.is("signature") {
            found.thinking.sealed += unsealed(&value);
        } else if key.is("data") {
            redacted = unsealed(&value);
        }
    }
    if kind.is_some_and(|kind| kind.is("redacted_thinking")) {
        found.thinking.sealed += redacted;
    }
    Ok(found)
}

/// Bytes of text in something encrypted and written in base64: four characters stand for three bytes. Encryption adds
/// some, so this errs on the side of more.
fn unsealed(base64: &Text<'_>) -> u64 {
    base64.length() as u64 * 3 / 4
}
