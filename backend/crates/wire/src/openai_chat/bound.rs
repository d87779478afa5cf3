//! How many input tokens a chat request can be billed for at most, found while the body is read.
//!
//! Every token stands for at least one byte of what the model reads, and the body holds all of that, so its bytes are an
//! upper bound, with these corrections:
//! - an image in a data URL is no text: it counts [`IMAGE_TOKENS_MAX`] instead of its bytes;
//! - sound in `input_audio` keeps its bytes: ten tokens a second are far fewer than the bytes of a second;
//! - what the API puts before a prompt counts [`PREAMBLE_TOKENS`];
//! - what is not in the body (URLs, file ids, earlier audio, searches) or is turned into pages and images there (files), and
//!   every part and tool of a type unknown here, has no bound but the model's window: `remote`.

use super::top::text;
use crate::json::{Item, JsonFault, Scanner, Text};
use std::ops::Range;

/// Tokens of the largest image. OpenAI, "Images and vision", "Calculating costs": models that count tiles scale an image to
/// at most 2048 × 768 pixels, 8 tiles of 512 × 512; the dearest of them, gpt-4o-mini, bills 2,833 tokens and 5,667 a tile.
/// Models that count patches stay below: 10,000 patches at most, times 2.46 at most.
pub const IMAGE_TOKENS_MAX: u64 = 2_833 + 8 * 5_667;
/// What the API itself adds to a prompt: the frame of each message, how tools are told, and reasoning models' own first
/// lines. OpenAI tells no figure; messages and tools take fewer tokens than their JSON has bytes, and this is ample for
/// the rest.
pub const PREAMBLE_TOKENS: u64 = 500;

/// The corrections found so far.
#[derive(Debug, Default)]
pub(super) struct Bound {
    exempt_bytes: u64,
    added_tokens: u64,
    /// Whether the whole window counts.
    pub remote: bool,
    /// Pictures whose bytes are in the body.
    pub images: u64,
    /// Sound is in the body.
    pub sound: bool,
}

/// What judges a content part.
#[derive(Default)]
struct Part<'a> {
    kind: Option<Text<'a>>,
    url: Option<Text<'a>>,
}

impl Bound {
    /// The bound for a body of so many bytes.
    pub fn tokens(&self, body_bytes: usize) -> u64 {
        (body_bytes as u64)
            .saturating_sub(self.exempt_bytes)
            .saturating_add(self.added_tokens)
            .saturating_add(PREAMBLE_TOKENS)
    }

    /// Reads `messages`, whose array was just opened. Tells where its beginning stands: everything up to the first message
    /// that is not the system's, which stays the same over a conversation.
    pub fn messages(&mut self, scan: &mut Scanner<'_>) -> Result<Option<Range<usize>>, JsonFault> {
        let (mut opening, mut over): (Option<Range<usize>>, bool) = (None, false);
        let mut first = true;
        while scan.item(first)? {
            first = false;
            let begin = scan.value_at();
            let system = self.message(scan)?;
            if !over {
                opening = Some(opening.map_or(begin, |opening| opening.start)..scan.at());
                over = !system;
            }
        }
        Ok(opening)
    }

    /// Reads `tools`, whatever it is.
    pub fn tools(&mut self, scan: &mut Scanner<'_>) -> Result<(), JsonFault> {
        let item = scan.value()?;
        if !matches!(item, Item::Array) {
            return scan.leave(item);
        }
        let mut first = true;
        while scan.item(first)? {
            first = false;
            let item = scan.value()?;
            if !matches!(item, Item::Object) {
                scan.leave(item)?;
                continue;
            }
            let mut first_key = true;
            while let Some(key) = scan.key(first_key)? {
                first_key = false;
                if key.is("type") {
                    let kind = text(scan)?;
                    self.remote |= !kind.is_some_and(|kind| kind.is("function") || kind.is("custom"));
                } else {
                    scan.skip()?;
                }
            }
        }
        Ok(())
    }

    /// Reads a field that lets the API read more as soon as it is there: `web_search_options`.
    pub fn fetching(&mut self, scan: &mut Scanner<'_>) -> Result<(), JsonFault> {
        let item = scan.value()?;
        self.remote |= !matches!(item, Item::Null);
        scan.leave(item)
    }

    /// Whether it is the system's.
    fn message(&mut self, scan: &mut Scanner<'_>) -> Result<bool, JsonFault> {
        let item = scan.value()?;
        if !matches!(item, Item::Object) {
            scan.leave(item)?;
            return Ok(false);
        }
        let mut system = false;
        let mut first = true;
        while let Some(key) = scan.key(first)? {
            first = false;
            if key.is("role") {
                let role = text(scan)?;
                system = role.is_some_and(|role| role.is("system") || role.is("developer"));
            } else if key.is("content") {
                self.content(scan)?;
            } else if key.is("audio") {
                self.fetching(scan)?;
            } else {
                scan.skip()?;
            }
        }
        Ok(system)
    }

    fn content(&mut self, scan: &mut Scanner<'_>) -> Result<(), JsonFault> {
        let item = scan.value()?;
        if !matches!(item, Item::Array) {
            return scan.leave(item);
        }
        let mut first = true;
        while scan.item(first)? {
            first = false;
            let item = scan.value()?;
            if matches!(item, Item::Object) {
                self.part(scan)?;
            } else {
                scan.leave(item)?;
            }
        }
        Ok(())
    }

    /// Reads a part, whose object was just opened.
    fn part(&mut self, scan: &mut Scanner<'_>) -> Result<(), JsonFault> {
        let mut part = Part::default();
        let mut first = true;
        while let Some(key) = scan.key(first)? {
            first = false;
            if key.is("type") {
                let kind = text(scan)?;
                self.once(&mut part.kind, kind);
            } else if key.is("image_url") {
                let url = self.image_url(scan)?;
                self.once(&mut part.url, url);
            } else {
                scan.skip()?;
            }
        }
        self.judge(&part);
        Ok(())
    }

    /// The URL itself or, as documented, an object with it.
    fn image_url<'a>(&mut self, scan: &mut Scanner<'a>) -> Result<Option<Text<'a>>, JsonFault> {
        let mut url = None;
        match scan.value()? {
            Item::Text(text) => url = Some(text),
            Item::Object => {
                let mut first = true;
                while let Some(key) = scan.key(first)? {
                    first = false;
                    if key.is("url") {
                        let text = text(scan)?;
                        self.once(&mut url, text);
                    } else {
                        scan.skip()?;
                    }
                }
            }
            other => scan.leave(other)?,
        }
        Ok(url)
    }

    /// Sets what may stand once; who gives it twice can't be bounded, since readers differ on which of them counts.
    fn once<T>(&mut self, field: &mut Option<T>, value: Option<T>) {
        self.remote |= field.is_some();
        *field = value;
    }

    fn judge(&mut self, part: &Part<'_>) {
        const PLAIN: [&str; 3] = ["text", "refusal", "input_audio"];
        let Some(kind) = part.kind else {
            self.remote = true;
            return;
        };
        self.sound |= kind.is("input_audio");
        if PLAIN.iter().any(|plain| kind.is(plain)) {
            return;
        }
        let url = part.url.map_or(&[][..], |url| url.raw());
        let image = url.starts_with(b"data:image/") || url.starts_with(b"data:image\\/");
        if kind.is("image_url") && image {
            self.exempt_bytes = self.exempt_bytes.saturating_add(url.len() as u64);
            self.added_tokens = self.added_tokens.saturating_add(IMAGE_TOKENS_MAX);
            self.images = self.images.saturating_add(1);
        } else {
            self.remote = true;
        }
    }
}
