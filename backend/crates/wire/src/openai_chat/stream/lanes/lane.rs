//! One part of a streamed choice, open or waiting. Never in here: its place among others.

use crate::json::Scanner;
use crate::model::{Citation, PartStart, StreamEvent, TokenLogprob};

/// How a call is known: the place that the upstream gives it, and how many calls began before it there.
pub(super) type Key = (u64, usize);

/// One part.
#[derive(Debug)]
pub(super) struct Lane {
    pub kind: Kind,
    pub open: bool,
    /// What waits to be sent; of an open call all its arguments, sent or not, by which it is known whether they are whole.
    pub text: String,
    pub citations: Vec<Citation<'static>>,
    pub logprobs: Vec<TokenLogprob>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Thinking,
    Refusal,
    Call {
        key: Key,
        id: String,
        name: String,
        /// Its arguments are free text, which is wrapped when it is whole.
        custom: bool,
    },
}

impl Lane {
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            open: false,
            text: String::new(),
            citations: Vec::new(),
            logprobs: Vec::new(),
        }
    }

    pub fn key(&self) -> Option<Key> {
        match &self.kind {
            Kind::Call { key, .. } => Some(*key),
            _ => None,
        }
    }

    pub fn is_call(&self, key: Key) -> bool {
        self.key() == Some(key)
    }

    pub fn has_id(&self, told: &str) -> bool {
        matches!(&self.kind, Kind::Call { id, .. } if id == told)
    }

    pub fn is_custom(&self) -> bool {
        matches!(self.kind, Kind::Call { custom: true, .. })
    }

    /// Whether nothing of it can follow, when something else has begun.
    pub fn is_over(&self) -> bool {
        if self.key().is_none() {
            return true;
        }
        let mut scan = Scanner::new(self.text.as_bytes());
        !self.is_custom() && scan.skip().and_then(|()| scan.end()).is_ok()
    }

    /// Gives out what stands beside its text.
    pub fn tell(&mut self, choice: u32, out: &mut Vec<StreamEvent>) {
        let tokens = std::mem::take(&mut self.logprobs);
        if !tokens.is_empty() {
            out.push(StreamEvent::Logprobs { choice, tokens });
        }
        let citations = std::mem::take(&mut self.citations);
        out.extend(
            citations
                .into_iter()
                .map(|citation| StreamEvent::Cited { choice, citation }),
        );
    }

    pub fn tell_if_open(&mut self, choice: u32, out: &mut Vec<StreamEvent>) {
        if self.open {
            self.tell(choice, out);
        }
    }
}

impl Kind {
    pub fn start(&self) -> PartStart {
        match self {
            Self::Text => PartStart::Text,
            Self::Thinking => PartStart::Thinking {
                redacted: false,
                id: None,
            },
            Self::Refusal => PartStart::Refusal,
            Self::Call { id, name, .. } => PartStart::ToolCall {
                id: id.clone(),
                name: name.clone(),
            },
        }
    }
}
