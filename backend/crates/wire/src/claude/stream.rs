//! What the events of a streamed answer in Claude's format tell: its figures, its end, its error.
//! Never in here: splitting a stream into events (see `scan`), and translation.

use super::answer::{read_error, text};
use super::error::write_error_event;
use super::figures::{FigureFault, Figures};
use super::output::OutputBytes;
use crate::error::{Fault, UpstreamError};
use crate::fault::StreamFault;
use crate::json::{Item, JsonFault, Scanner, Text};
use crate::scan::Step;
use crate::usage::Usage;

/// What was told so far.
#[derive(Debug, Default)]
pub(crate) struct EventScan {
    figures: Figures,
    /// `message_delta` told the output: the figure is not the placeholder of `message_start`.
    output_is_final: bool,
    output: OutputBytes,
    error: Option<UpstreamError>,
}

/// Types that matter here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    MessageStart,
    MessageDelta,
    MessageStop,
    BlockStart,
    BlockStop,
    ContentDelta,
    Error,
    Other,
}

impl EventScan {
    /// Takes an event in.
    pub fn event(&mut self, name: &[u8], data: &[u8]) -> Result<Step, StreamFault> {
        match Kind::of_event(name, data) {
            Kind::ContentDelta => self.output.delta(data),
            Kind::BlockStart => self.output.block_start(data),
            Kind::MessageStart => {
                let figures = figures(data, Some("message"))
                    .map_err(|fault| StreamFault::event("message_start", fault))?;
                self.figures.update(&figures);
            }
            Kind::MessageDelta => {
                let figures =
                    figures(data, None).map_err(|fault| StreamFault::event("message_delta", fault))?;
                self.output_is_final |= figures.output().is_some();
                self.figures.update(&figures);
            }
            Kind::MessageStop => return Ok(Step::Last),
            Kind::Error => self.error = Some(read_error(data).unwrap_or_else(unknown_error)),
            Kind::BlockStop | Kind::Other => (),
        }
        Ok(Step::Pass)
    }

    /// Only `message_stop` ends an answer.
    #[expect(clippy::unused_self, reason = "formats differ in this")]
    pub fn close(&self) -> Option<&'static [u8]> {
        None
    }

    pub fn usage(&self) -> Usage {
        self.figures.usage()
    }

    pub fn has_usage(&self) -> bool {
        self.figures.has_input()
    }

    pub fn output_is_final(&self) -> bool {
        self.output_is_final
    }

    pub fn output_bytes(&self) -> u64 {
        self.output.total()
    }

    pub fn error(&self) -> Option<&UpstreamError> {
        self.error.as_ref()
    }

    pub fn billed_beside_tokens(&self) -> bool {
        self.figures.billed_beside_tokens()
    }

    #[expect(clippy::unused_self, reason = "formats differ in this")]
    pub fn error_event(&self, fault: &Fault<'_>) -> Vec<u8> {
        let mut event = Vec::with_capacity(160 + fault.message.len());
        write_error_event(&mut event, fault);
        event
    }
}

impl Kind {
    fn of(word: &[u8]) -> Self {
        match word {
            b"content_block_delta" => Self::ContentDelta,
            b"content_block_start" => Self::BlockStart,
            b"content_block_stop" => Self::BlockStop,
            b"message_start" => Self::MessageStart,
            b"message_delta" => Self::MessageDelta,
            b"message_stop" => Self::MessageStop,
            b"error" => Self::Error,
            _ => Self::Other,
        }
    }

    /// By the type in the data, which is what clients go by, where it stands first, as Anthropic sends it; else by the
    /// event's name; else by the type wherever it stands.
    pub fn of_event(name: &[u8], data: &[u8]) -> Self {
        let leading = data
            .strip_prefix(b"{\"type\":\"")
            .or_else(|| data.strip_prefix(b"{\"type\": \""));
        if let Some(rest) = leading
            && let Some(word) = memchr::memchr(b'"', rest).and_then(|end| rest.get(..end))
        {
            return Self::of(word);
        }
        if !name.is_empty() {
            return Self::of(name);
        }
        told_type(data)
            .ok()
            .flatten()
            .and_then(|word| word.decode())
            .map_or(Self::Other, |word| Self::of(word.as_bytes()))
    }
}

/// An error event that is not in the format is one all the same.
pub(super) fn unknown_error() -> UpstreamError {
    UpstreamError {
        message: "an error event without a message".to_owned(),
        ..UpstreamError::default()
    }
}

/// `type` at the top, wherever it stands.
fn told_type(data: &[u8]) -> Result<Option<Text<'_>>, JsonFault> {
    let mut scan = Scanner::new(data);
    let mut kind = None;
    if let Item::Object = scan.value()? {
        let mut first = true;
        while let Some(key) = scan.key(first)? {
            first = false;
            if key.is("type") {
                kind = text(&mut scan)?;
            } else {
                scan.skip()?;
            }
        }
    }
    Ok(kind)
}

/// The figures of `usage`, at the top or within this object. None told is no fault, data that is no object is one.
pub(super) fn figures(data: &[u8], within: Option<&str>) -> Result<Figures, FigureFault> {
    let mut scan = Scanner::new(data);
    let Item::Object = scan.value()? else {
        return Err(scan.fault("an object is expected").into());
    };
    let mut figures = Figures::default();
    let mut first = true;
    while let Some(key) = scan.key(first)? {
        first = false;
        match within {
            None if key.is("usage") => figures = Figures::read(&mut scan)?,
            Some(outer) if key.is(outer) => match scan.value()? {
                Item::Object => {
                    let mut first = true;
                    while let Some(key) = scan.key(first)? {
                        first = false;
                        if key.is("usage") {
                            figures = Figures::read(&mut scan)?;
                        } else {
                            scan.skip()?;
                        }
                    }
                }
                other => scan.leave(other)?,
            },
            _ => scan.skip()?,
        }
    }
    scan.end()?;
    Ok(figures)
}
