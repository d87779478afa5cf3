//! How many input tokens a request can be billed for at most, found while the body is read.
//!
//! Every token stands for at least one byte of what the model reads, and the body holds all of that, so its bytes are an
//! upper bound, with these corrections:
//! - a picture's base64 counts [`IMAGE_TOKENS_MAX`] instead of its bytes, and sound one token for
//!   [`AUDIO_CHARS_PER_TOKEN`] characters of it, at most [`AUDIO_TOKENS_MAX`];
//! - a film keeps its bytes: at 263 tokens a second (Gemini API, "Understand and count tokens") no film has fewer;
//! - what makes the API read things that are not in the body (files, cached content, PDFs, whose pages are also rendered,
//!   Google's own tools, parts and media of a kind unknown here, frames chosen by the client) has no bound but the model's
//!   window: `remote`.
//!
//! Media are looked for only where the format has them: in a content's parts and in those of a function's answer. The same
//! JSON in a call's arguments is text.

use super::names::{is, scan_objects, scan_text};
use crate::json::{Item, JsonFault, Scanner, Text};

/// Tokens of the largest picture. Gemini API, "Understand and count tokens": 258 for each tile of 768 × 768 pixels; tiles
/// are cut at two thirds of the shorter side, so sixteen of them are a picture more than five times as wide as high.
/// "Media resolution": with Gemini 3 at most 2,240.
pub const IMAGE_TOKENS_MAX: u64 = 16 * 258;
/// Characters of base64 that hold at least one token of sound. The same page: 32 tokens a second; four characters are
/// three bytes, and no codec that Google takes needs fewer than 96 bytes a second.
pub const AUDIO_CHARS_PER_TOKEN: u64 = 4;
/// Tokens of the longest sound. Gemini API, "Audio understanding": at most 9.5 hours in one prompt, at 32 tokens a second.
pub const AUDIO_TOKENS_MAX: u64 = 9 * 3_600 * 32 + 1_800 * 32;

/// Fields of a part that hold no more than their bytes.
const PLAIN: [&str; 9] = [
    "text",
    "thought",
    "thoughtSignature",
    "functionCall",
    "executableCode",
    "codeExecutionResult",
    "toolCall",
    "toolResponse",
    "partMetadata",
];

/// The corrections found so far.
#[derive(Debug, Default)]
pub(super) struct Bound {
    exempt_bytes: u64,
    added_tokens: u64,
    /// Whether the whole window counts.
    pub remote: bool,
    /// Pictures whose bytes are in the body.
    pub images: u64,
    /// Whether there are tools that Google runs.
    pub tools_run: bool,
    /// Sound or a film is in the body.
    pub sound: bool,
}

impl Bound {
    /// The bound for a body of so many bytes.
    pub fn tokens(&self, body_bytes: usize) -> u64 {
        (body_bytes as u64)
            .saturating_sub(self.exempt_bytes)
            .saturating_add(self.added_tokens)
    }

    /// Reads `contents` or one content, which is due.
    pub fn contents(&mut self, scan: &mut Scanner<'_>) -> Result<(), JsonFault> {
        scan_objects(scan, |scan| self.content(scan))
    }

    /// Reads a content, whose object was just opened.
    pub fn content(&mut self, scan: &mut Scanner<'_>) -> Result<(), JsonFault> {
        let mut first = true;
        while let Some(key) = scan.key(first)? {
            first = false;
            if is(&key, "parts") {
                scan_objects(scan, |scan| self.part(scan, true))?;
            } else {
                scan.skip()?;
            }
        }
        Ok(())
    }

    /// Reads `tools`, which is due. Functions are as long as they stand there; every other kind is Google's own and reads
    /// what it likes.
    pub fn tools(&mut self, scan: &mut Scanner<'_>) -> Result<(), JsonFault> {
        scan_objects(scan, |scan| {
            let mut first = true;
            while let Some(key) = scan.key(first)? {
                first = false;
                let item = scan.value()?;
                if !is(&key, "functionDeclarations") && !matches!(item, Item::Null) {
                    self.remote = true;
                    self.tools_run = true;
                }
                scan.leave(item)?;
            }
            Ok(())
        })
    }

    /// Reads a part, whose object was just opened; a function's answer has parts of its own.
    fn part(&mut self, scan: &mut Scanner<'_>, outer: bool) -> Result<(), JsonFault> {
        let mut media: Option<(Text<'_>, u64)> = None;
        let mut first = true;
        while let Some(key) = scan.key(first)? {
            first = false;
            if is(&key, "inlineData") {
                let found = blob(scan)?;
                // Readers differ on which of two would count.
                self.remote |= media.is_some() || found.is_none();
                media = found;
            } else if outer && is(&key, "functionResponse") {
                match scan.value()? {
                    Item::Object => self.function_response(scan)?,
                    other => scan.leave(other)?,
                }
            } else if PLAIN.iter().any(|plain| is(&key, plain)) {
                scan.skip()?;
            } else if is(&key, "mediaResolution") {
                self.media_resolution(scan)?;
            } else {
                let item = scan.value()?;
                self.remote |= !matches!(item, Item::Null);
                scan.leave(item)?;
            }
        }
        if let Some((kind, chars)) = media {
            self.media(&kind, chars);
        }
        Ok(())
    }

    fn function_response(&mut self, scan: &mut Scanner<'_>) -> Result<(), JsonFault> {
        let mut first = true;
        while let Some(key) = scan.key(first)? {
            first = false;
            if is(&key, "parts") {
                scan_objects(scan, |scan| self.part(scan, false))?;
            } else {
                scan.skip()?;
            }
        }
        Ok(())
    }

    /// A level is within the bound; a number of tokens chosen by the client is not.
    fn media_resolution(&mut self, scan: &mut Scanner<'_>) -> Result<(), JsonFault> {
        scan_objects(scan, |scan| {
            let mut first = true;
            while let Some(key) = scan.key(first)? {
                first = false;
                self.remote |= is(&key, "numTokens");
                scan.skip()?;
            }
            Ok(())
        })
    }

    fn media(&mut self, kind: &Text<'_>, chars: u64) {
        let kind = kind.raw();
        let begins = |with: &[u8]| {
            kind.get(..with.len())
                .is_some_and(|begin| begin.eq_ignore_ascii_case(with))
        };
        self.sound |= begins(b"audio/") || begins(b"video/");
        let tokens = if begins(b"image/") {
            self.images = self.images.saturating_add(1);
            IMAGE_TOKENS_MAX
        } else if begins(b"audio/") {
            chars.div_ceil(AUDIO_CHARS_PER_TOKEN).min(AUDIO_TOKENS_MAX)
        } else {
            self.remote |= !(begins(b"video/") || begins(b"text/"));
            return;
        };
        self.exempt_bytes = self.exempt_bytes.saturating_add(chars);
        self.added_tokens = self.added_tokens.saturating_add(tokens);
    }
}

/// An `inlineData` that is due: its kind, and how many characters its data has. `None` if it can't be told for sure.
fn blob<'a>(scan: &mut Scanner<'a>) -> Result<Option<(Text<'a>, u64)>, JsonFault> {
    let item = scan.value()?;
    if !matches!(item, Item::Object) {
        scan.leave(item)?;
        return Ok(None);
    }
    let (mut kind, mut data, mut twice, mut first) = (None, None, false, true);
    while let Some(key) = scan.key(first)? {
        first = false;
        if is(&key, "mimeType") {
            twice |= kind.is_some();
            kind = scan_text(scan)?;
        } else if is(&key, "data") {
            twice |= data.is_some();
            data = scan_text(scan)?.map(|data| data.raw().len() as u64);
        } else {
            scan.skip()?;
        }
    }
    Ok(kind.zip(data).filter(|_| !twice))
}
