//! A streamed answer that passes as it came: what it cost, whether it came to its end, what went wrong. Only whole events
//! are given out, so that a client never sees half of one.
//! Never in here: what any format's events mean, and translation.

use crate::error::{Fault, UpstreamError};
use crate::fault::StreamFault;
use crate::format::Dialect;
use crate::sse::{EVENT_MAX, EventSplitter, EventTooLong, Events};
use crate::usage::{Usage, estimated_tokens};
use crate::{claude, gemini, openai_chat, openai_responses};
use bytes::{Bytes, BytesMut};

/// What a chunk made whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pushed {
    /// Whole events to forward now; empty while none is whole.
    pub forward: Bytes,
    /// Whether the answer's end is in them, or came before: with these bytes the answer is complete.
    pub last: bool,
}

/// What becomes of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// It passes.
    Pass,
    /// It passes, and the answer is complete with it; what follows is dropped.
    Last,
    /// The client did not ask for it: it is taken out.
    Drop,
    /// It ends the answer unless another event follows: it waits for that, or for the stream's end.
    Hold,
}

/// The formats' own readings of an event. All offer the same functions: `event`, `close`, `usage`, `has_usage`,
/// `output_is_final`, `output_bytes`, `error`, `billed_beside_tokens`, `error_event`.
#[derive(Debug)]
pub(crate) enum EventScan {
    Claude(claude::EventScan),
    Chat(openai_chat::EventScan),
    Responses(openai_responses::EventScan),
    /// Bare, or in Code Assist's envelope, which passes with the event.
    Gemini(gemini::EventScan),
}

/// The scan of one stream.
#[derive(Debug)]
pub struct Scan {
    splitter: EventSplitter,
    begun: bool,
    stopped: bool,
    /// The last event ended with a CR, whose LF may follow.
    stopped_by_cr: bool,
    /// Events that wait for the next one or for the stream's end.
    kept: Bytes,
    events: EventScan,
}

impl Scan {
    /// A stream in Claude's format, at its beginning.
    pub fn claude() -> Self {
        Self::new(EventScan::Claude(claude::EventScan::default()))
    }

    /// One in OpenAI's Chat format; with `hide_usage` the last chunk, which the client did not ask for, is taken out.
    pub fn chat(hide_usage: bool) -> Self {
        Self::new(EventScan::Chat(openai_chat::EventScan::new(hide_usage)))
    }

    /// One in OpenAI's Responses format.
    pub fn responses() -> Self {
        Self::new(EventScan::Responses(openai_responses::EventScan::default()))
    }

    /// One in Gemini's format, or the same in Code Assist's envelope.
    pub fn gemini() -> Self {
        Self::new(EventScan::Gemini(gemini::EventScan::default()))
    }

    fn new(events: EventScan) -> Self {
        Self {
            splitter: EventSplitter::new(),
            begun: false,
            stopped: false,
            stopped_by_cr: false,
            kept: Bytes::new(),
            events,
        }
    }

    /// Takes a chunk. What follows the answer's end is dropped: the formats have nothing there, and clients are gone.
    /// After a fault nothing more may be pushed; the figures stay as they were.
    ///
    /// # Errors
    /// If an event has no end, or one that is billed can't be read.
    pub fn push(&mut self, chunk: Bytes) -> Result<Pushed, StreamFault> {
        if self.stopped {
            return Ok(self.after_stop(chunk));
        }
        let whole = self.splitter.push(chunk)?;
        if whole.is_empty() {
            return Ok(Pushed::default());
        }
        let begins = !self.begun;
        self.begun = true;
        let mut pass = Passing::new(std::mem::take(&mut self.kept));
        let (mut at, mut end, mut held_from) = (0, whole.len(), None);
        for event in Events::new(&whole, begins) {
            if event.length > EVENT_MAX {
                return Err(EventTooLong.into());
            }
            let from = event.end - event.length;
            let step = self.events.event(event.name, &event.data())?;
            // What was held passes with an event that follows it.
            held_from = (step == Step::Hold).then_some(from);
            match step {
                Step::Pass | Step::Hold => {}
                Step::Drop => pass.cut(&whole, &mut at, from, event.end),
                Step::Last => {
                    self.stopped = true;
                    end = event.end;
                    break;
                }
            }
        }
        if let Some(from) = held_from {
            // With what stands after it: comments and empty lines.
            self.kept = whole.slice(from..);
            end = from;
        }
        let forward = pass.finish(&whole, at, end);
        self.stopped_by_cr = self.stopped && forward.ends_with(b"\r");
        Ok(Pushed {
            forward,
            last: self.stopped,
        })
    }

    /// The upstream's body ended. What is still to be sent, if that was the answer's proper end; `None` if it broke off.
    pub fn close(&mut self) -> Option<Pushed> {
        if self.stopped {
            return Some(Pushed {
                forward: Bytes::new(),
                last: true,
            });
        }
        let ending = self.events.close()?;
        self.stopped = true;
        let kept = std::mem::take(&mut self.kept);
        let forward = if ending.is_empty() {
            kept
        } else {
            [kept.as_ref(), ending].concat().into()
        };
        Some(Pushed { forward, last: true })
    }

    /// The figures told so far; zeros while there are none.
    pub fn usage(&self) -> Usage {
        self.events.usage()
    }

    /// Whether the input's figures were told.
    pub fn has_usage(&self) -> bool {
        self.events.has_usage()
    }

    /// Whether the vendor's bill is another one than the five figures at list price, as far as was told up to now: see
    /// [`AnswerFacts::billed_beside_tokens`](crate::facts::AnswerFacts::billed_beside_tokens). Once true, it stays so.
    pub fn billed_beside_tokens(&self) -> bool {
        self.events.billed_beside_tokens()
    }

    /// Whether the answer came to its end.
    pub fn is_complete(&self) -> bool {
        self.stopped
    }

    /// Whether [`usage`](Self::usage) is what the answer cost, to the token: complete, and all figures told.
    pub fn is_exact(&self) -> bool {
        self.stopped && self.events.output_is_final() && self.has_usage()
    }

    /// The error event, if one was seen.
    pub fn error(&self) -> Option<&UpstreamError> {
        self.events.error()
    }

    /// Output tokens as far as can be told now: what was told last or, if that is more, what the output seen so far
    /// comes to ([`estimated_tokens`]). Counted are the bytes of text, thinking and tool input. Thinking that is not
    /// shown, or only as a summary, counts by its encrypted form, where that comes as a signature or as redacted data:
    /// three bytes for four characters of base64. Names of tools are not counted, nor is hidden thinking whose
    /// signature has not come yet, so a cut answer may have cost more.
    pub fn estimated_output(&self) -> u64 {
        self.usage()
            .output
            .max(estimated_tokens(self.events.output_bytes()))
    }

    /// The figures with the output [estimated](Self::estimated_output): what to book when a stream was cut.
    pub fn estimated_usage(&self) -> Usage {
        Usage {
            output: self.estimated_output(),
            ..self.usage()
        }
    }

    /// Bytes held of events that can't be given out yet.
    pub fn pending(&self) -> usize {
        self.splitter.pending() + self.kept.len()
    }

    /// The format's own error event, to send in place of what is missing.
    pub fn error_event(&self, fault: &Fault<'_>) -> Vec<u8> {
        self.events.error_event(fault)
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
}

/// What passes of a piece. Bytes are only copied where something was kept before or is taken out.
struct Passing {
    before: BytesMut,
}

impl Passing {
    fn new(kept: Bytes) -> Self {
        Self {
            before: BytesMut::from(kept),
        }
    }

    fn cut(&mut self, whole: &Bytes, at: &mut usize, from: usize, to: usize) {
        self.before
            .extend_from_slice(whole.get(*at..from).unwrap_or_default());
        *at = to;
    }

    fn finish(mut self, whole: &Bytes, at: usize, end: usize) -> Bytes {
        if self.before.is_empty() {
            return if at <= end {
                whole.slice(at..end)
            } else {
                Bytes::new()
            };
        }
        self.before
            .extend_from_slice(whole.get(at..end).unwrap_or_default());
        self.before.freeze()
    }
}

impl EventScan {
    /// Of an upstream's stream; `None` for Converse, whose frames have a reader alone.
    pub fn of(dialect: Dialect) -> Option<Self> {
        Some(match dialect {
            Dialect::Claude => Self::Claude(claude::EventScan::default()),
            Dialect::Chat => Self::Chat(openai_chat::EventScan::new(false)),
            Dialect::Responses => Self::Responses(openai_responses::EventScan::default()),
            Dialect::Gemini => Self::Gemini(gemini::EventScan::default()),
            Dialect::Converse => return None,
        })
    }

    /// Takes an event in.
    pub fn event(&mut self, name: &[u8], data: &[u8]) -> Result<Step, StreamFault> {
        match self {
            Self::Claude(scan) => scan.event(name, data),
            Self::Chat(scan) => scan.event(name, data),
            Self::Responses(scan) => scan.event(name, data),
            Self::Gemini(scan) => scan.event(name, data),
        }
    }

    fn close(&self) -> Option<&'static [u8]> {
        match self {
            Self::Claude(scan) => scan.close(),
            Self::Chat(scan) => scan.close(),
            Self::Responses(scan) => scan.close(),
            Self::Gemini(scan) => scan.close(),
        }
    }

    pub fn usage(&self) -> Usage {
        match self {
            Self::Claude(scan) => scan.usage(),
            Self::Chat(scan) => scan.usage(),
            Self::Responses(scan) => scan.usage(),
            Self::Gemini(scan) => scan.usage(),
        }
    }

    pub fn has_usage(&self) -> bool {
        match self {
            Self::Claude(scan) => scan.has_usage(),
            Self::Chat(scan) => scan.has_usage(),
            Self::Responses(scan) => scan.has_usage(),
            Self::Gemini(scan) => scan.has_usage(),
        }
    }

    pub fn output_is_final(&self) -> bool {
        match self {
            Self::Claude(scan) => scan.output_is_final(),
            Self::Chat(scan) => scan.output_is_final(),
            Self::Responses(scan) => scan.output_is_final(),
            Self::Gemini(scan) => scan.output_is_final(),
        }
    }

    pub fn output_bytes(&self) -> u64 {
        match self {
            Self::Claude(scan) => scan.output_bytes(),
            Self::Chat(scan) => scan.output_bytes(),
            Self::Responses(scan) => scan.output_bytes(),
            Self::Gemini(scan) => scan.output_bytes(),
        }
    }

    fn error(&self) -> Option<&UpstreamError> {
        match self {
            Self::Claude(scan) => scan.error(),
            Self::Chat(scan) => scan.error(),
            Self::Responses(scan) => scan.error(),
            Self::Gemini(scan) => scan.error(),
        }
    }

    pub fn billed_beside_tokens(&self) -> bool {
        match self {
            Self::Claude(scan) => scan.billed_beside_tokens(),
            Self::Chat(scan) => scan.billed_beside_tokens(),
            Self::Responses(scan) => scan.billed_beside_tokens(),
            Self::Gemini(scan) => scan.billed_beside_tokens(),
        }
    }

    fn error_event(&self, fault: &Fault<'_>) -> Vec<u8> {
        match self {
            Self::Claude(scan) => scan.error_event(fault),
            Self::Chat(scan) => scan.error_event(fault),
            Self::Responses(scan) => scan.error_event(fault),
            Self::Gemini(scan) => scan.error_event(fault),
        }
    }
}
