//! Scans a streamed answer on its way: what it cost, whether it came to its end, what went wrong. Every event passes as
//! it came; only whole events are given out, so that a client never sees half of one.

use super::answer::{UpstreamError, read_error, text};
use super::figures::{FigureFault, Figures};
use super::output::OutputBytes;
use crate::json::{Item, JsonFault, Scanner, Text};
use crate::sse::{EVENT_MAX, Event, EventSplitter, EventTooLong, Events};
use crate::usage::{Usage, estimated_tokens};
use bytes::Bytes;

/// Why a stream can't go on. For logs: the words are about the upstream and not for the client.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StreamFault {
    /// An event without an end.
    #[error(transparent)]
    EventTooLong(#[from] EventTooLong),
    /// An event whose figures are billed can't be read.
    #[error("event {event} can't be used: {why}")]
    BadEvent {
        /// Its type.
        event: &'static str,
        /// What is wrong with it.
        why: String,
    },
}

/// What a chunk made whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pushed {
    /// Whole events to forward now; empty while none is whole.
    pub forward: Bytes,
    /// Whether `message_stop` is in them, or came before: with these bytes the answer is complete.
    pub last: bool,
}

/// The scan of one stream.
#[derive(Debug, Default)]
pub struct StreamScan {
    splitter: EventSplitter,
    begun: bool,
    figures: Figures,
    /// `message_delta` told the output: the figure is not the placeholder of `message_start`.
    output_is_final: bool,
    output: OutputBytes,
    error: Option<UpstreamError>,
    stopped: bool,
    /// The last event ended with a CR, whose LF may follow.
    stopped_by_cr: bool,
}

/// Types that matter here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    MessageStart,
    MessageDelta,
    MessageStop,
    BlockStart,
    ContentDelta,
    Error,
    Other,
}

impl StreamScan {
    /// At a stream's beginning.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a chunk. What follows `message_stop` is dropped: the format has nothing there, and clients are gone.
    /// After a fault nothing more may be pushed; the figures stay as they were.
    pub fn push(&mut self, chunk: Bytes) -> Result<Pushed, StreamFault> {
        if self.stopped {
            return Ok(self.after_stop(chunk));
        }
        let mut forward = self.splitter.push(chunk)?;
        let begins = !self.begun && !forward.is_empty();
        self.begun |= begins;
        let mut end = forward.len();
        for event in Events::new(&forward, begins) {
            if event.length > EVENT_MAX {
                return Err(EventTooLong.into());
            }
            self.event(&event)?;
            if self.stopped {
                end = event.end;
                break;
            }
        }
        forward.truncate(end);
        self.stopped_by_cr = self.stopped && forward.ends_with(b"\r");
        Ok(Pushed {
            forward,
            last: self.stopped,
        })
    }

    /// The figures told so far; zeros while there are none.
    pub fn usage(&self) -> Usage {
        self.figures.usage()
    }

    /// Whether the input's figures were told, which `message_start` does.
    pub fn has_usage(&self) -> bool {
        self.figures.has_input()
    }

    /// Whether the vendor's bill is another one than the five figures at list price, as far as was told up to now: see
    /// [`AnswerFacts::billed_beside_tokens`](super::AnswerFacts::billed_beside_tokens). Once true, it stays so.
    pub fn billed_beside_tokens(&self) -> bool {
        self.figures.billed_beside_tokens()
    }

    /// Whether `message_stop` was seen: the answer came to its end.
    pub fn is_complete(&self) -> bool {
        self.stopped
    }

    /// Whether [`usage`](Self::usage) is what the answer cost, to the token: complete, and all figures told.
    pub fn is_exact(&self) -> bool {
        self.stopped && self.output_is_final && self.has_usage()
    }

    /// The error event, if one was seen.
    pub fn error(&self) -> Option<&UpstreamError> {
        self.error.as_ref()
    }

    /// Output tokens as far as can be told now: what was told last or, if that is more, what the output seen so far
    /// comes to ([`estimated_tokens`]). Counted are the bytes of text, thinking and tool input. Thinking that is not
    /// shown, or only as a summary, counts by its encrypted form, which comes as a signature or as redacted data:
    /// three bytes for four characters of base64. Names of tools are not counted, nor is hidden thinking whose
    /// signature has not come yet, so a cut answer may have cost more.
    pub fn estimated_output(&self) -> u64 {
        self.usage().output.max(estimated_tokens(self.output.total()))
    }

    /// The figures with the output [estimated](Self::estimated_output): what to book when a stream was cut.
    pub fn estimated_usage(&self) -> Usage {
        Usage {
            output: self.estimated_output(),
            ..self.usage()
        }
    }

    /// Bytes held of an event that is not whole.
    pub fn pending(&self) -> usize {
        self.splitter.pending()
    }

    fn after_stop(&mut self, mut chunk: Bytes) -> Pushed {
        let rest_of_end = self.stopped_by_cr && chunk.starts_with(b"\n");
        if !chunk.is_empty() {
            self.stopped_by_cr = false;
        }
        chunk.truncate(usize::from(rest_of_end));
        Pushed {
            forward: chunk,
            last: true,
        }
    }

    fn event(&mut self, event: &Event<'_>) -> Result<(), StreamFault> {
        let data = event.data();
        match Kind::of_event(event.name, &data) {
            Kind::ContentDelta => self.output.delta(&data),
            Kind::BlockStart => self.output.block_start(&data),
            Kind::MessageStart => {
                let figures =
                    figures(&data, Some("message")).map_err(|fault| bad("message_start", &fault))?;
                self.figures.update(&figures);
            }
            Kind::MessageDelta => {
                let figures = figures(&data, None).map_err(|fault| bad("message_delta", &fault))?;
                self.output_is_final |= figures.output().is_some();
                self.figures.update(&figures);
            }
            Kind::MessageStop => self.stopped = true,
            Kind::Error => self.error = Some(read_error(&data).unwrap_or_else(unknown_error)),
            Kind::Other => (),
        }
        Ok(())
    }
}

impl Kind {
    fn of(word: &[u8]) -> Self {
        match word {
            b"content_block_delta" => Self::ContentDelta,
            b"content_block_start" => Self::BlockStart,
            b"message_start" => Self::MessageStart,
            b"message_delta" => Self::MessageDelta,
            b"message_stop" => Self::MessageStop,
            b"error" => Self::Error,
            _ => Self::Other,
        }
    }

    /// By the type in the data, which is what clients go by, where it stands first, as Anthropic sends it; else by the
    /// event's name; else by the type wherever it stands.
    fn of_event(name: &[u8], data: &[u8]) -> Self {
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

fn bad(event: &'static str, fault: &FigureFault) -> StreamFault {
    StreamFault::BadEvent {
        event,
        why: fault.to_string(),
    }
}

/// An error event that is not in the format is one all the same.
fn unknown_error() -> UpstreamError {
    UpstreamError {
        kind: String::new(),
        message: "an error event without a message".to_owned(),
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
fn figures(data: &[u8], within: Option<&str>) -> Result<Figures, FigureFault> {
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
