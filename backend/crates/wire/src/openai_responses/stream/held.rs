//! Puts the parts of an answer one after the other: an upstream may work on several items at once, and the neutral events
//! have one part open at a time. Never in here: what an item is.

use crate::fault::StreamFault;
use crate::model::{Citation, PartStart, Sealed, StreamEvent, TokenLogprob};
use std::collections::BTreeMap;

/// No more text is held of items that must wait, in bytes: as much as one event may have.
const HELD_MAX: usize = 8 << 20;
/// No more items wait at once.
const WAITING_MAX: usize = 1_024;

/// A step of an item on its way to the neutral events.
#[derive(Debug)]
pub(super) enum Step {
    Open(PartStart),
    Piece(String),
    Cited(Citation<'static>),
    Sealed(Sealed<'static>),
    Logprobs(Vec<TokenLogprob>),
    Close,
}

/// An item that is not over, or whose turn has not come.
#[derive(Debug, Default)]
struct Waiting {
    steps: Vec<Step>,
    done: bool,
}

/// The items that are under way, by their place in the answer.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: BTreeMap<u64, Waiting>,
    active: Option<u64>,
    held: usize,
    /// How many parts there were.
    parts: u32,
    open: bool,
    /// The open part is text, which alone can cite and has probabilities.
    open_text: bool,
}

impl Queue {
    /// How many parts there were.
    pub fn parts(&self) -> u32 {
        self.parts
    }

    /// An item begins.
    pub fn begin(&mut self, item: u64) -> Result<(), StreamFault> {
        if self.waiting.len() >= WAITING_MAX {
            return Err(StreamFault::event(
                "response.output_item.added",
                "too many items at once",
            ));
        }
        self.waiting.entry(item).or_default();
        self.active.get_or_insert(item);
        Ok(())
    }

    /// A step of an item that has begun.
    pub fn push(&mut self, item: u64, step: Step, out: &mut Vec<StreamEvent>) -> Result<(), StreamFault> {
        if self.active == Some(item) {
            self.emit(step, out);
            return Ok(());
        }
        let Some(waiting) = self.waiting.get_mut(&item) else {
            return Ok(());
        };
        self.held = self.held.saturating_add(size_of::<Step>() + step.text_length());
        if self.held > HELD_MAX {
            return Err(StreamFault::event(
                "response.output_item.added",
                "too much comes out of order",
            ));
        }
        waiting.steps.push(step);
        Ok(())
    }

    /// An item is over; those that waited for it follow as far as they have come.
    pub fn done(&mut self, item: u64, out: &mut Vec<StreamEvent>) {
        if let Some(waiting) = self.waiting.get_mut(&item) {
            waiting.done = true;
        }
        while let Some(active) = self.active {
            if self.waiting.get(&active).is_some_and(|waiting| !waiting.done) {
                return;
            }
            self.emit(Step::Close, out);
            self.waiting.remove(&active);
            self.active = self.waiting.keys().next().copied();
            if let Some(next) = self.active.and_then(|next| self.waiting.get_mut(&next)) {
                for step in std::mem::take(&mut next.steps) {
                    self.held = self.held.saturating_sub(size_of::<Step>() + step.text_length());
                    self.emit(step, out);
                }
            }
        }
    }

    /// All items are over, whether they said so or not.
    pub fn finish(&mut self, out: &mut Vec<StreamEvent>) {
        for waiting in self.waiting.values_mut() {
            waiting.done = true;
        }
        if let Some(active) = self.active {
            self.done(active, out);
        }
    }

    fn emit(&mut self, step: Step, out: &mut Vec<StreamEvent>) {
        let choice = 0;
        match step {
            Step::Open(start) => {
                self.emit(Step::Close, out);
                self.open_text = start == PartStart::Text;
                out.push(StreamEvent::Open {
                    choice,
                    part: self.parts,
                    start,
                });
                self.parts = self.parts.saturating_add(1);
                self.open = true;
            }
            Step::Close => {
                if std::mem::take(&mut self.open) {
                    out.push(StreamEvent::Close { choice });
                }
            }
            _ if !self.open => {}
            Step::Cited(_) | Step::Logprobs(_) if !self.open_text => {}
            Step::Piece(text) => {
                if !text.is_empty() {
                    out.push(StreamEvent::Piece { choice, text });
                }
            }
            Step::Cited(citation) => out.push(StreamEvent::Cited { choice, citation }),
            Step::Sealed(sealed) => out.push(StreamEvent::Sealed { choice, sealed }),
            Step::Logprobs(tokens) => out.push(StreamEvent::Logprobs { choice, tokens }),
        }
    }
}

impl Step {
    fn text_length(&self) -> usize {
        match self {
            Self::Piece(text) => text.len(),
            Self::Sealed(sealed) => sealed.data.len(),
            _ => 0,
        }
    }
}
