//! What the chunks of a streamed answer tell: its figures, its end, its error.
//! Never in here: splitting a stream into events (see `crate::scan`), and translation.

use super::answer::{any_item, completed};
use super::error::{error_or_unknown, write_error_event};
use super::figures::{FigureFault, Figures};
use super::top::text;
use crate::error::{Fault, UpstreamError};
use crate::fault::StreamFault;
use crate::json::{Item, JsonFault, Scanner};
use crate::scan::Step;
use crate::usage::{ToldTier, Usage};

/// What ends a stream.
pub(super) const DONE: &[u8] = b"[DONE]";

/// What was told so far.
#[derive(Debug)]
pub(crate) struct EventScan {
    /// The client did not ask for the chunk that has the usage alone.
    hide_usage: bool,
    figures: Figures,
    output_bytes: u64,
    /// Choices that were seen, and those that ended: a bit for each.
    seen: u128,
    ended: u128,
    error: Option<UpstreamError>,
    tier: ToldTier,
    searched: bool,
}

/// What one chunk has.
#[derive(Default)]
struct Chunk {
    figures: Option<Figures>,
    /// How many choices; `None` if it has no `choices`.
    choices: Option<usize>,
    seen: u128,
    ended: u128,
    output_bytes: u64,
    tier: ToldTier,
    searched: bool,
    error: bool,
}

impl EventScan {
    /// At a stream's beginning. With `hide_usage` the chunk that has nothing but the usage is dropped.
    pub fn new(hide_usage: bool) -> Self {
        Self {
            hide_usage,
            figures: Figures::default(),
            output_bytes: 0,
            seen: 0,
            ended: 0,
            error: None,
            tier: ToldTier::default(),
            searched: false,
        }
    }

    /// Takes an event in.
    pub fn event(&mut self, name: &[u8], data: &[u8]) -> Result<Step, StreamFault> {
        if let Some(bytes) = usual_piece(data) {
            self.seen |= 1;
            self.output_bytes = self.output_bytes.saturating_add(bytes);
            return Ok(Step::Pass);
        }
        if data.trim_ascii() == DONE {
            return Ok(Step::Last);
        }
        if name == b"error" {
            self.error = Some(error_or_unknown(data));
            return Ok(Step::Pass);
        }
        match Chunk::read(data) {
            Ok(chunk) => Ok(self.take(&chunk, data)),
            // What can't be read has no figures, unless it speaks of them.
            Err(FigureFault::Json(fault)) if memchr::memmem::find(data, b"\"usage\"").is_some() => {
                Err(StreamFault::event("chat.completion.chunk", fault))
            }
            Err(FigureFault::Json(_)) => Ok(Step::Pass),
            Err(fault) => Err(StreamFault::event("chat.completion.chunk", fault)),
        }
    }

    fn take(&mut self, chunk: &Chunk, data: &[u8]) -> Step {
        if chunk.error {
            self.error = Some(error_or_unknown(data));
        }
        if let Some(figures) = &chunk.figures {
            self.figures.update(figures);
        }
        self.seen |= chunk.seen;
        self.ended |= chunk.ended;
        self.output_bytes = self.output_bytes.saturating_add(chunk.output_bytes);
        self.tier.update(chunk.tier);
        self.searched |= chunk.searched;
        let usage_alone = chunk.choices == Some(0) && chunk.figures.is_some();
        if self.hide_usage && usage_alone {
            Step::Drop
        } else {
            Step::Pass
        }
    }

    /// Some servers leave out `[DONE]`: an answer is whole too if each of its choices told why it ended.
    pub fn close(&self) -> Option<&'static [u8]> {
        let whole = self.seen != 0 && self.seen == self.ended && self.error.is_none();
        whole.then_some(b"data: [DONE]\n\n")
    }

    pub fn usage(&self) -> Usage {
        completed(self.figures.usage(), self.tier, self.searched)
    }

    pub fn has_usage(&self) -> bool {
        self.figures.has_input()
    }

    pub fn output_is_final(&self) -> bool {
        self.figures.has_output()
    }

    pub fn output_bytes(&self) -> u64 {
        self.output_bytes
    }

    pub fn error(&self) -> Option<&UpstreamError> {
        self.error.as_ref()
    }

    pub fn billed_beside_tokens(&self) -> bool {
        self.tier.unknown || self.searched
    }

    #[expect(clippy::unused_self, reason = "formats differ in this")]
    pub fn error_event(&self, fault: &Fault<'_>) -> Vec<u8> {
        let mut event = Vec::new();
        write_error_event(fault, &mut event);
        event
    }
}

/// How many bytes of text a chunk carries, if it is what nearly every chunk is: one piece of the first choice's text, fields
/// in the usual order, no escapes, no figures. `None` for any other, which is read in full.
pub(super) fn usual_piece(data: &[u8]) -> Option<u64> {
    const BEGIN: &[u8] = br#""choices":[{"index":0,"delta":{"content":""#;
    let at = memchr::memmem::find(data, BEGIN)?;
    let (head, rest) = data.split_at_checked(at)?;
    // No other object stands before the choices, so no usage and no error either.
    if memchr::memchr(b'{', head.get(1..)?).is_some() {
        return None;
    }
    let rest = rest.get(BEGIN.len()..)?;
    let end = memchr::memchr2(b'"', b'\\', rest)?;
    let tail = rest.get(end..)?.strip_prefix(br#""}"#)?;
    let tail = tail.strip_prefix(br#","logprobs":null"#).unwrap_or(tail);
    let tail = tail.strip_prefix(br#","finish_reason":null}]"#)?;
    let tail = tail.strip_prefix(br#","usage":null"#).unwrap_or(tail);
    let tail = match tail.strip_prefix(br#","obfuscation":""#) {
        Some(padding) => padding
            .get(memchr::memchr2(b'"', b'\\', padding)?..)?
            .strip_prefix(b"\"")?,
        None => tail,
    };
    (tail == b"}").then_some(end as u64)
}

impl Chunk {
    fn read(data: &[u8]) -> Result<Self, FigureFault> {
        let mut scan = Scanner::new(data);
        let mut chunk = Self::default();
        let item = scan.value()?;
        if !matches!(item, Item::Object) {
            scan.leave(item)?;
            return Ok(chunk);
        }
        let mut first = true;
        while let Some(key) = scan.key(first)? {
            first = false;
            if key.is("choices") {
                chunk.choices(&mut scan)?;
            } else if key.is("usage") {
                let figures = Figures::read(&mut scan)?;
                chunk.figures = figures.has_input().then_some(figures);
            } else if key.is("service_tier") {
                let tier = text(&mut scan)?.and_then(|tier| tier.decode());
                chunk.tier.take(tier.as_deref());
            } else if key.is("error") {
                let item = scan.value()?;
                chunk.error = !matches!(item, Item::Null);
                scan.leave(item)?;
            } else if key.is("object") {
                chunk.error |= text(&mut scan)?.is_some_and(|object| object.is("error"));
            } else {
                scan.skip()?;
            }
        }
        scan.end()?;
        Ok(chunk)
    }

    fn choices(&mut self, scan: &mut Scanner<'_>) -> Result<(), JsonFault> {
        let item = scan.value()?;
        if !matches!(item, Item::Array) {
            return scan.leave(item);
        }
        let mut count = 0;
        while scan.item(count == 0)? {
            count += 1;
            let item = scan.value()?;
            if matches!(item, Item::Object) {
                self.choice(scan)?;
            } else {
                scan.leave(item)?;
            }
        }
        self.choices = Some(count);
        Ok(())
    }

    fn choice(&mut self, scan: &mut Scanner<'_>) -> Result<(), JsonFault> {
        let (mut index, mut ended) = (0_u32, false);
        let mut first = true;
        while let Some(key) = scan.key(first)? {
            first = false;
            if key.is("index") {
                let item = scan.value()?;
                if let Item::Number(digits) = item {
                    let digits = std::str::from_utf8(digits).unwrap_or_default();
                    index = digits.parse().unwrap_or(u32::MAX);
                }
                scan.leave(item)?;
            } else if key.is("delta") {
                self.delta(scan)?;
            } else if key.is("finish_reason") {
                ended = text(scan)?.is_some();
            } else {
                scan.skip()?;
            }
        }
        // More choices than bits are none that a request can ask for.
        let bit = 1_u128.checked_shl(index).unwrap_or(0);
        self.seen |= bit;
        self.ended |= if ended { bit } else { 0 };
        Ok(())
    }

    fn delta(&mut self, scan: &mut Scanner<'_>) -> Result<(), JsonFault> {
        let item = scan.value()?;
        if !matches!(item, Item::Object) {
            return scan.leave(item);
        }
        // Servers that give thinking under both names give it twice.
        let mut thinking = 0;
        let mut first = true;
        while let Some(key) = scan.key(first)? {
            first = false;
            if key.is("content") || key.is("refusal") {
                self.output_bytes += text(scan)?.map_or(0, |text| text.length() as u64);
            } else if key.is("reasoning_content") || key.is("reasoning") {
                thinking = text(scan)?.map_or(0, |text| text.length() as u64).max(thinking);
            } else if key.is("annotations") {
                self.searched |= any_item(scan)?;
            } else if key.is("tool_calls") || key.is("function_call") {
                // Names and ids count a little; their bytes are few.
                let begin = scan.value_at();
                scan.skip()?;
                self.output_bytes += call_bytes(scan.at() - begin);
            } else {
                scan.skip()?;
            }
        }
        self.output_bytes += thinking;
        Ok(())
    }
}

/// Output in a piece of a call, of whose JSON there are so many bytes: what is left without the frame.
fn call_bytes(json: usize) -> u64 {
    const FRAME: &[u8] = br#"[{"index":0,"function":{"arguments":""}}]"#;
    json.saturating_sub(FRAME.len()) as u64
}
