//! A streamed answer on its way from any upstream to any client: unpacked, scanned or translated, packed as the client
//! wants it. Never in here: what any event means.

use super::translator::Translator;
use super::{Exchange, Packing, Wrapping};
use crate::bedrock::InvokeStream;
use crate::error::{Fault, UpstreamError};
use crate::event_stream::FrameSplitter;
use crate::fault::StreamFault;
use crate::format::Dialect;
use crate::gemini::ArrayText;
use crate::gemini::code_assist::{self, EventWrapper};
use crate::scan::{Pushed, Scan};
use crate::sse::{EVENT_MAX, EventSplitter, EventTooLong, Events};
use crate::usage::{Usage, estimated_tokens};
use bytes::Bytes;

/// How the upstream's bytes become events.
#[derive(Debug)]
enum Unpack {
    Bare,
    /// Each event's data is an envelope.
    CodeAssist {
        splitter: EventSplitter,
        begun: bool,
    },
    Invoke(InvokeStream),
}

#[derive(Debug)]
enum Way {
    Pass(Box<Scan>),
    /// Through server-sent events.
    Translate {
        splitter: EventSplitter,
        begun: bool,
        translator: Box<Translator>,
    },
    /// Through frames.
    Frames {
        splitter: FrameSplitter,
        translator: Box<Translator>,
    },
}

/// How the client's bytes are packed.
#[derive(Debug)]
enum Pack {
    Bare,
    CodeAssist(EventWrapper),
    Array(ArrayText),
}

/// See the module.
#[derive(Debug)]
pub struct AnswerStream {
    unpack: Unpack,
    way: Way,
    pack: Pack,
}

impl AnswerStream {
    /// At a stream's beginning.
    pub fn new(exchange: &Exchange) -> Self {
        // An envelope that the client wants as well passes as it is.
        let both = exchange.passes()
            && exchange.packing == Packing::CodeAssist
            && exchange.wrapping == Wrapping::CodeAssist;
        let unpack = match exchange.packing {
            // Whoever reads events reads them within their envelopes as well.
            Packing::CodeAssist if exchange.passes() && !both => Unpack::CodeAssist {
                splitter: EventSplitter::new(),
                begun: false,
            },
            Packing::Invoke => Unpack::Invoke(InvokeStream::default()),
            Packing::Bare | Packing::Frames | Packing::CodeAssist => Unpack::Bare,
        };
        let way = match (exchange.passes(), exchange.packing) {
            (true, _) => Way::Pass(Box::new(scan(exchange))),
            (false, Packing::Frames) => Way::Frames {
                splitter: FrameSplitter::default(),
                translator: Box::new(Translator::new(exchange)),
            },
            (false, _) => Way::Translate {
                splitter: EventSplitter::new(),
                begun: false,
                translator: Box::new(Translator::new(exchange)),
            },
        };
        let pack = match exchange.wrapping {
            Wrapping::CodeAssist if !both => Pack::CodeAssist(EventWrapper::new(exchange.context.id.clone())),
            Wrapping::Array => Pack::Array(ArrayText::default()),
            Wrapping::Bare | Wrapping::CodeAssist => Pack::Bare,
        };
        Self { unpack, way, pack }
    }

    /// Takes a chunk of the upstream's body. After a fault nothing more may be pushed; the figures stay as they were.
    ///
    /// # Errors
    /// If the stream can't be read on.
    pub fn push(&mut self, chunk: Bytes) -> Result<Pushed, StreamFault> {
        let chunk = match &mut self.unpack {
            Unpack::Bare => chunk,
            Unpack::CodeAssist { splitter, begun } => unwrapped(splitter, begun, chunk)?,
            Unpack::Invoke(stream) => stream.push(chunk)?,
        };
        let pushed = match &mut self.way {
            Way::Pass(scan) => scan.push(chunk)?,
            Way::Translate {
                splitter,
                begun,
                translator,
            } => translate(splitter, begun, translator, chunk)?,
            Way::Frames { splitter, translator } => {
                let mut written = Vec::new();
                for frame in splitter.push(chunk)? {
                    if translator.has_ended() {
                        break;
                    }
                    translator.event(frame.name().as_bytes(), &frame.payload, &mut written)?;
                }
                pushed(translator, written)
            }
        };
        Ok(self.packed(pushed))
    }

    /// The upstream's body ended. What is still to be sent, if that was the answer's proper end; `None` if it broke off.
    pub fn close(&mut self) -> Option<Pushed> {
        let pushed = match &mut self.way {
            Way::Pass(scan) => scan.close()?,
            Way::Translate { translator, .. } | Way::Frames { translator, .. } => {
                let mut written = Vec::new();
                if !translator.close(&mut written) {
                    return None;
                }
                pushed(translator, written)
            }
        };
        Some(self.packed(pushed))
    }

    fn packed(&mut self, pushed: Pushed) -> Pushed {
        // Nothing follows the upstream's error, so an array ends with it.
        let over = pushed.last || self.error().is_some();
        let mut written = Vec::new();
        match &mut self.pack {
            Pack::Bare => return pushed,
            Pack::CodeAssist(wrapper) => wrapper.push(&pushed.forward, &mut written),
            Pack::Array(adapter) => {
                adapter.push(&pushed.forward, &mut written);
                if over {
                    adapter.close(&mut written);
                }
            }
        }
        Pushed {
            forward: written.into(),
            last: pushed.last,
        }
    }

    /// The figures told so far; zeros while there are none.
    pub fn usage(&self) -> Usage {
        match &self.way {
            Way::Pass(scan) => scan.usage(),
            Way::Translate { translator, .. } | Way::Frames { translator, .. } => translator.usage(),
        }
    }

    /// Whether the input's figures were told.
    pub fn has_usage(&self) -> bool {
        match &self.way {
            Way::Pass(scan) => scan.has_usage(),
            Way::Translate { translator, .. } | Way::Frames { translator, .. } => translator.has_usage(),
        }
    }

    /// See [`Scan::billed_beside_tokens`].
    pub fn billed_beside_tokens(&self) -> bool {
        match &self.way {
            Way::Pass(scan) => scan.billed_beside_tokens(),
            Way::Translate { translator, .. } | Way::Frames { translator, .. } => {
                translator.billed_beside_tokens()
            }
        }
    }

    /// Whether [`usage`](Self::usage) is what the answer cost, to the token: complete, and all figures told.
    pub fn is_exact(&self) -> bool {
        match &self.way {
            Way::Pass(scan) => scan.is_exact(),
            Way::Translate { translator, .. } | Way::Frames { translator, .. } => translator.is_exact(),
        }
    }

    /// The error event, if one was seen.
    pub fn error(&self) -> Option<&UpstreamError> {
        match &self.way {
            Way::Pass(scan) => scan.error(),
            Way::Translate { translator, .. } | Way::Frames { translator, .. } => translator.error(),
        }
    }

    /// Output tokens as far as can be told now: see [`Scan::estimated_output`].
    pub fn estimated_output(&self) -> u64 {
        match &self.way {
            Way::Pass(scan) => scan.estimated_output(),
            Way::Translate { translator, .. } | Way::Frames { translator, .. } => {
                let told = translator.usage().output;
                told.max(estimated_tokens(translator.output_bytes()))
            }
        }
    }

    /// Bytes held of events that can't be given out yet.
    pub fn pending(&self) -> usize {
        let unpacking = match &self.unpack {
            Unpack::Bare => 0,
            Unpack::CodeAssist { splitter, .. } => splitter.pending(),
            Unpack::Invoke(stream) => stream.pending(),
        };
        unpacking
            + match &self.way {
                Way::Pass(scan) => scan.pending(),
                Way::Translate { splitter, .. } => splitter.pending(),
                Way::Frames { splitter, .. } => splitter.pending(),
            }
    }

    /// The client's format's own way to say that a begun stream failed.
    pub fn error_event(&mut self, fault: &Fault<'_>) -> Bytes {
        let written = match &mut self.way {
            Way::Pass(scan) => scan.error_event(fault),
            Way::Translate { translator, .. } | Way::Frames { translator, .. } => {
                let mut written = Vec::new();
                translator.error_event(fault, &mut written);
                written
            }
        };
        // An error stands beside the envelope, not within it; an array takes it as its last item.
        match &mut self.pack {
            Pack::Bare | Pack::CodeAssist(_) => written.into(),
            Pack::Array(adapter) => {
                let mut array = Vec::new();
                adapter.push(&written, &mut array);
                adapter.close(&mut array);
                array.into()
            }
        }
    }
}

fn scan(exchange: &Exchange) -> Scan {
    match exchange.dialect {
        Dialect::Claude => Scan::claude(),
        Dialect::Chat => Scan::chat(exchange.hide_usage),
        Dialect::Responses => Scan::responses(),
        // No client speaks Converse, so nothing passes in it.
        Dialect::Gemini | Dialect::Converse => Scan::gemini(),
    }
}

fn pushed(translator: &Translator, written: Vec<u8>) -> Pushed {
    Pushed {
        forward: written.into(),
        last: translator.has_ended(),
    }
}

fn translate(
    splitter: &mut EventSplitter,
    begun: &mut bool,
    translator: &mut Translator,
    chunk: Bytes,
) -> Result<Pushed, StreamFault> {
    let whole = splitter.push(chunk)?;
    if whole.is_empty() {
        return Ok(pushed(translator, Vec::new()));
    }
    let mut written = Vec::with_capacity(whole.len());
    for event in Events::new(&whole, !std::mem::replace(begun, true)) {
        // As where an answer passes: what follows its end is dropped, and its figures count for nothing.
        if translator.has_ended() {
            break;
        }
        if event.length > EVENT_MAX {
            return Err(EventTooLong.into());
        }
        translator.event(event.name, &event.data(), &mut written)?;
    }
    Ok(pushed(translator, written))
}

/// The events within Code Assist's envelopes; what is in none (an error) stays as it is.
fn unwrapped(splitter: &mut EventSplitter, begun: &mut bool, chunk: Bytes) -> Result<Bytes, StreamFault> {
    let whole = splitter.push(chunk)?;
    if whole.is_empty() {
        return Ok(whole);
    }
    let mut written = Vec::with_capacity(whole.len());
    for event in Events::new(&whole, !std::mem::replace(begun, true)) {
        let data = event.data();
        let inner = code_assist::unwrap_event(&data).and_then(|span| data.get(span));
        written.extend_from_slice(b"data: ");
        // Several `data:` lines are joined by line feeds, which JSON has between values alone.
        let one_line = |byte: &u8| if *byte == b'\n' { b' ' } else { *byte };
        written.extend(inner.unwrap_or(&data).iter().map(one_line));
        written.extend_from_slice(b"\n\n");
    }
    Ok(written.into())
}
