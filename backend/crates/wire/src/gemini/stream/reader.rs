//! An upstream's events, read into neutral ones. Why a candidate ended is told on when the body ends: Google may send more
//! of it in a later event.

use super::super::answer::{
    CANDIDATES_MAX, Piece, TWO_ANSWERS, Told, call_id, chars_of, into_parts, is_blocked, read_citations,
    read_logprobs, read_part, stop_reason, unwrapped,
};
use super::super::error::read_error;
use super::super::figures::Figures;
use super::super::names::{get, get_text, take};
use super::super::seal;
use super::EVENT;
use crate::error::UpstreamError;
use crate::fault::StreamFault;
use crate::model::{Citation, PartStart, Sealed, StopReason, StreamEvent};
use crate::tree::Node;
use crate::usage::Usage;

/// The state of one stream.
#[derive(Debug, Default)]
pub struct StreamReader {
    id: String,
    begun: bool,
    /// Nothing more is told: an error came, or the end.
    over: bool,
    blocked: bool,
    figures: Figures,
    told: Option<Usage>,
    choices: Vec<Choice>,
}

/// The part of a choice that is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    Text,
    Thinking,
}

/// One candidate.
#[derive(Debug, Default)]
struct Choice {
    open: Option<Open>,
    parts: u32,
    calls: usize,
    /// Of the open text, to count its characters; and what it rests on.
    text: String,
    cited: Vec<Told>,
    /// A signature on the open text: told on behind it.
    seal: Option<(Sealed<'static>, bool)>,
    stop: Option<StopReason>,
    seen: bool,
}

impl StreamReader {
    /// Takes an event in and appends what it tells. Events have no names. One in Code Assist's envelope is read as well.
    ///
    /// # Errors
    /// If it can't be read or shown, or the model broke off in a call.
    pub fn read(&mut self, _name: &[u8], data: &[u8], out: &mut Vec<StreamEvent>) -> Result<(), StreamFault> {
        if self.over || data.is_empty() {
            return Ok(());
        }
        let node = Node::parse(data).map_err(|fault| StreamFault::event(EVENT, fault))?;
        if node.as_object().is_none() {
            return Err(StreamFault::event(EVENT, "it is no object"));
        }
        if get(&node, "error").is_some() {
            let unknown = || UpstreamError {
                message: "an error event without a message".to_owned(),
                ..UpstreamError::default()
            };
            self.over = true;
            out.push(StreamEvent::Error(read_error(data).unwrap_or_else(unknown)));
            return Ok(());
        }
        let mut node = unwrapped(node).ok_or_else(|| StreamFault::event(EVENT, TWO_ANSWERS))?;
        self.begin(&node, out);
        self.blocked |= is_blocked(&node);
        let candidates = match take(&mut node, "candidates") {
            Some(Node::Array(candidates)) => candidates,
            _ => Vec::new(),
        };
        for (at, candidate) in candidates.into_iter().enumerate() {
            let index = get(&candidate, "index")
                .and_then(Node::as_u64)
                .unwrap_or(at as u64);
            let known = u32::try_from(index).ok().filter(|index| *index < CANDIDATES_MAX);
            let index = known.ok_or_else(|| StreamFault::event(EVENT, "it has too many candidates"))?;
            self.candidate(candidate, index, out)?;
        }
        self.usage(&node, out)
    }

    /// The upstream's body ended: the rest of the answer, if it came to its end.
    pub fn close(&mut self, out: &mut Vec<StreamEvent>) {
        if self.blocked && self.choices.is_empty() {
            self.choices.push(Choice {
                stop: Some(StopReason::Refusal),
                seen: true,
                ..Choice::default()
            });
        }
        let whole = self
            .choices
            .iter()
            .all(|choice| !choice.seen || choice.stop.is_some());
        if self.over || !whole || self.choices.is_empty() {
            return;
        }
        self.over = true;
        for (choice, index) in self.choices.iter_mut().zip(0..) {
            choice.close(index, out);
            let reason = match choice.stop.unwrap_or_default() {
                StopReason::End if choice.calls > 0 => StopReason::ToolCalls,
                reason => reason,
            };
            out.push(StreamEvent::Stop {
                choice: index,
                reason,
                sequence: None,
            });
        }
        out.push(StreamEvent::End);
    }

    fn begin(&mut self, node: &Node<'_>, out: &mut Vec<StreamEvent>) {
        if self.begun {
            return;
        }
        self.begun = true;
        let text = |name| get_text(node, name).unwrap_or_default().to_owned();
        self.id = text("responseId");
        out.push(StreamEvent::Start {
            id: self.id.clone(),
            model: text("modelVersion"),
        });
    }

    fn usage(&mut self, node: &Node<'_>, out: &mut Vec<StreamEvent>) -> Result<(), StreamFault> {
        let Some(told) = get(node, "usageMetadata") else {
            return Ok(());
        };
        let figures = Figures::of(told).map_err(|fault| StreamFault::event(EVENT, fault))?;
        self.figures.update(&figures);
        let usage = self.figures.usage();
        if self.figures.is_told() && self.told != Some(usage) {
            self.told = Some(usage);
            out.push(StreamEvent::Usage(usage));
        }
        Ok(())
    }

    fn candidate(
        &mut self,
        mut node: Node<'_>,
        index: u32,
        out: &mut Vec<StreamEvent>,
    ) -> Result<(), StreamFault> {
        let at = usize::try_from(index).unwrap_or(0);
        if self.choices.len() <= at {
            self.choices.resize_with(at + 1, Choice::default);
        }
        let Some(choice) = self.choices.get_mut(at) else {
            return Ok(());
        };
        choice.seen = true;
        let content = take(&mut node, "content").unwrap_or(Node::Null);
        for part in into_parts(content) {
            choice.part(part, index, &self.id, out)?;
        }
        let tokens = get(&node, "logprobsResult")
            .map(read_logprobs)
            .unwrap_or_default();
        if choice.open == Some(Open::Text) && !tokens.is_empty() {
            out.push(StreamEvent::Logprobs {
                choice: index,
                tokens,
            });
        }
        // Each event that has any has them all so far.
        let cited = read_citations(&node);
        if !cited.is_empty() {
            choice.cited = cited;
        }
        if let Some(word) = get_text(&node, "finishReason") {
            let reason = stop_reason(word, choice.calls > 0);
            choice.stop = Some(reason.map_err(|why| StreamFault::event(EVENT, why))?);
        }
        Ok(())
    }
}

impl Choice {
    fn part(
        &mut self,
        part: Node<'_>,
        index: u32,
        answer: &str,
        out: &mut Vec<StreamEvent>,
    ) -> Result<(), StreamFault> {
        let (piece, sealed) = read_part(part);
        let sealed = sealed.map(owned);
        match piece {
            Piece::Text(text) => {
                if !text.is_empty() {
                    if self.seal.is_some() {
                        self.close(index, out);
                    }
                    self.open(Open::Text, false, index, out);
                    self.text.push_str(&text);
                    out.push(piece_of(index, text.into_owned()));
                }
                self.seal_behind(sealed, index, out);
            }
            Piece::Thought(text) => {
                let redacted = sealed.as_ref().is_some_and(|(_, redacted)| *redacted);
                if text.is_empty() && sealed.is_none() {
                    return Ok(());
                }
                if redacted {
                    self.close(index, out);
                }
                self.open(Open::Thinking, redacted, index, out);
                if !text.is_empty() {
                    out.push(piece_of(index, text.into_owned()));
                }
                if let Some((sealed, _)) = sealed {
                    out.push(StreamEvent::Sealed {
                        choice: index,
                        sealed,
                    });
                    self.close(index, out);
                }
            }
            Piece::Call { id, name, arguments } => {
                self.close(index, out);
                let id = id.map_or_else(|| call_id(answer, index, self.calls), Into::into);
                self.calls += 1;
                self.start(
                    PartStart::ToolCall {
                        id,
                        name: name.into_owned(),
                    },
                    index,
                    out,
                );
                out.push(piece_of(index, arguments));
                if let Some((sealed, _)) = sealed {
                    out.push(StreamEvent::Sealed {
                        choice: index,
                        sealed,
                    });
                }
                out.push(StreamEvent::Close { choice: index });
            }
            Piece::Image(_) => {
                let why = "a picture can't be streamed to clients of another format";
                return Err(StreamFault::event(EVENT, why));
            }
            Piece::Other => self.seal_behind(sealed, index, out),
        }
        Ok(())
    }

    /// A signature that is no thought's: behind the open text, or thinking of its own.
    fn seal_behind(
        &mut self,
        sealed: Option<(Sealed<'static>, bool)>,
        index: u32,
        out: &mut Vec<StreamEvent>,
    ) {
        if sealed.is_none() {
            return;
        }
        if self.open != Some(Open::Text) || self.seal.is_some() {
            self.close(index, out);
        }
        self.seal = sealed;
        if self.open.is_none() {
            self.close(index, out);
        }
    }

    fn start(&mut self, start: PartStart, choice: u32, out: &mut Vec<StreamEvent>) {
        out.push(StreamEvent::Open {
            choice,
            part: self.parts,
            start,
        });
        self.parts += 1;
    }

    fn open(&mut self, open: Open, redacted: bool, index: u32, out: &mut Vec<StreamEvent>) {
        if self.open == Some(open) {
            return;
        }
        self.close(index, out);
        self.open = Some(open);
        self.text.clear();
        let start = match open {
            Open::Text => PartStart::Text,
            Open::Thinking => PartStart::Thinking { redacted, id: None },
        };
        self.start(start, index, out);
    }

    /// Closes what is open, with what it rests on before and its seal behind it.
    fn close(&mut self, index: u32, out: &mut Vec<StreamEvent>) {
        let open = self.open.take();
        if open == Some(Open::Text) {
            for told in std::mem::take(&mut self.cited) {
                let span = told.span.and_then(|span| chars_of(&self.text, span));
                let citation = Citation::Url {
                    url: told.url.into(),
                    title: told.title.into(),
                    span,
                };
                out.push(StreamEvent::Cited {
                    choice: index,
                    citation,
                });
            }
        }
        if open.is_some() {
            out.push(StreamEvent::Close { choice: index });
        }
        if let Some((sealed, redacted)) = self.seal.take() {
            self.start(PartStart::Thinking { redacted, id: None }, index, out);
            out.push(StreamEvent::Sealed {
                choice: index,
                sealed,
            });
            out.push(StreamEvent::Close { choice: index });
        }
    }
}

fn piece_of(choice: u32, text: String) -> StreamEvent {
    StreamEvent::Piece { choice, text }
}

fn owned(read: seal::Read<'_>) -> (Sealed<'static>, bool) {
    let sealed = Sealed {
        vendor: read.sealed.vendor,
        data: read.sealed.data.into_owned().into(),
    };
    (sealed, read.redacted)
}
