//! The parts of one choice in the order in which they began. The first of them is open and its pieces pass at once; those
//! of later parts wait until it is over. Text and thinking are over as soon as something else begins; a call is over when
//! its arguments are whole, and every part when the choice ends.
//! Never in here: chunks.

mod lane;

use super::super::answer::{annotations, call_id, logprobs, stop_reason};
use super::super::calls::wrapped;
use crate::fault::StreamFault;
use crate::model::{Citation, StopReason, StreamEvent, TokenLogprob};
use crate::sse::EVENT_MAX;
use crate::tree::Node;
use lane::{Key, Kind, Lane};
use std::collections::VecDeque;

/// The most calls of one choice.
const CALLS_MAX: usize = 1_024;
/// The most that is held back of one choice, in bytes.
const HELD_MAX: usize = EVENT_MAX;
const CHUNK: &str = "chat.completion.chunk";

/// One choice.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    parts: VecDeque<Lane>,
    /// Parts opened so far.
    opened: u32,
    /// Calls begun so far.
    calls: usize,
    /// The call that pieces without a number are for.
    last_call: Option<Key>,
    held: usize,
    declined: bool,
    ended: bool,
}

impl Lanes {
    /// Whether it was told why the choice ended.
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// Takes in what a chunk has for this choice.
    pub fn delta(
        &mut self,
        choice: u32,
        id: &str,
        node: &Node<'_>,
        out: &mut Vec<StreamEvent>,
    ) -> Result<(), StreamFault> {
        let delta = node.get("delta").unwrap_or(&Node::Null);
        let text = |name| {
            delta
                .get(name)
                .and_then(Node::as_text)
                .filter(|text| !text.is_empty())
        };
        if let Some(piece) = text("reasoning_content").or_else(|| text("reasoning")) {
            self.said(choice, Kind::Thinking, piece, out)?;
        }
        if let Some(piece) = text("content") {
            self.said(choice, Kind::Text, piece, out)?;
        }
        if let Some(piece) = text("refusal") {
            self.declined = true;
            self.said(choice, Kind::Refusal, piece, out)?;
        }
        self.tokens(
            choice,
            node.get("logprobs").map(logprobs).unwrap_or_default(),
            out,
        );
        self.cited(
            choice,
            delta.get("annotations").map(annotations).unwrap_or_default(),
            out,
        );
        for (at, call) in delta
            .get("tool_calls")
            .and_then(Node::as_array)
            .unwrap_or_default()
            .iter()
            .enumerate()
        {
            self.call(choice, id, at, call, out)?;
        }
        if let Some(function) = delta
            .get("function_call")
            .filter(|function| **function != Node::Null)
        {
            let call = Node::Object(vec![
                ("index".into(), Node::Number("0".into())),
                ("function".into(), function.clone()),
            ]);
            self.call(choice, id, 0, &call, out)?;
        }
        Ok(())
    }

    /// The choice ends: all that waits is sent.
    pub fn end(
        &mut self,
        choice: u32,
        reason: Option<&str>,
        sequence: Option<&str>,
        out: &mut Vec<StreamEvent>,
    ) -> Result<(), StreamFault> {
        if self.ended {
            return Ok(());
        }
        self.ended = true;
        while !self.parts.is_empty() {
            self.open_first(choice, out)?;
            self.close_first(choice, out);
        }
        let mut reason = stop_reason(reason, self.calls > 0, self.declined);
        if reason == StopReason::End && sequence.is_some() {
            reason = StopReason::StopSequence;
        }
        out.push(StreamEvent::Stop {
            choice,
            reason,
            sequence: sequence.map(str::to_owned),
        });
        Ok(())
    }

    /// A piece of text, thinking or a refusal.
    fn said(
        &mut self,
        choice: u32,
        kind: Kind,
        piece: &str,
        out: &mut Vec<StreamEvent>,
    ) -> Result<(), StreamFault> {
        if self.parts.back().is_none_or(|lane| lane.kind != kind) {
            self.parts.push_back(Lane::new(kind));
        }
        let at = self.parts.len() - 1;
        self.piece(choice, at, piece, out)
    }

    fn call(
        &mut self,
        choice: u32,
        id: &str,
        at: usize,
        call: &Node<'_>,
        out: &mut Vec<StreamEvent>,
    ) -> Result<(), StreamFault> {
        let text = |node: &Node<'_>, name| node.get(name).and_then(Node::as_text).map(str::to_owned);
        let custom = call.get("custom");
        let Some(inner) = custom.or_else(|| call.get("function")) else {
            return Ok(());
        };
        let told_id = text(call, "id").filter(|id| !id.is_empty());
        let name = text(inner, "name").filter(|name| !name.is_empty());
        let place = call.get("index").and_then(Node::as_u64);
        let key = if let Some(key) = self.known(place, told_id.as_deref(), name.is_some()) {
            key
        } else {
            let Some(name) = name else {
                return Err(StreamFault::event(CHUNK, "a tool call begins without a name"));
            };
            let number = self.calls;
            let id = told_id.unwrap_or_else(|| call_id(id, choice as usize, number));
            self.begin(place.unwrap_or(at as u64), id, name, custom.is_some())?
        };
        self.last_call = Some(key);
        let piece = match inner.get(if custom.is_some() { "input" } else { "arguments" }) {
            Some(Node::Text(piece)) => piece.clone().into_owned(),
            Some(object @ Node::Object(_)) => object.to_text(),
            _ => String::new(),
        };
        let lane = self.parts.iter().position(|lane| lane.is_call(key));
        match lane {
            Some(lane) => self.piece(choice, lane, &piece, out),
            None if piece.trim().is_empty() => Ok(()),
            None => Err(StreamFault::event(CHUNK, "a tool call goes on after its end")),
        }
    }

    /// The call that a piece is for; `None` if the piece begins one. Servers that number no calls, or all with the same
    /// number, tell each call whole or begin it with its name.
    fn known(&self, place: Option<u64>, id: Option<&str>, named: bool) -> Option<Key> {
        let same = match place {
            None => self.last_call,
            Some(place) => self.last_call.filter(|(known, _)| *known == place).or_else(|| {
                let of_place = |lane: &Lane| lane.key().filter(|(known, _)| *known == place);
                self.parts.iter().rev().find_map(of_place)
            }),
        }?;
        let begins = match self.parts.iter().find(|lane| lane.is_call(same)) {
            None => true,
            Some(lane) => match id {
                Some(id) => !lane.has_id(id),
                None => place.is_none(),
            },
        };
        (!(named && begins)).then_some(same)
    }

    fn begin(&mut self, place: u64, id: String, name: String, custom: bool) -> Result<Key, StreamFault> {
        if self.calls == CALLS_MAX {
            return Err(StreamFault::event(CHUNK, "there are too many tool calls"));
        }
        let key = (place, self.calls);
        self.calls += 1;
        self.parts.push_back(Lane::new(Kind::Call {
            key,
            id,
            name,
            custom,
        }));
        Ok(key)
    }

    fn piece(
        &mut self,
        choice: u32,
        at: usize,
        piece: &str,
        out: &mut Vec<StreamEvent>,
    ) -> Result<(), StreamFault> {
        self.open_first(choice, out)?;
        let Some(lane) = self.parts.get_mut(at) else {
            return Ok(());
        };
        let passes = lane.open && !lane.is_custom();
        if passes && !piece.is_empty() {
            out.push(StreamEvent::Piece {
                choice,
                text: piece.to_owned(),
            });
        }
        if !passes || lane.key().is_some() {
            lane.text.push_str(piece);
            self.held = self.held.saturating_add(piece.len());
        }
        if self.held > HELD_MAX {
            return Err(StreamFault::event(
                CHUNK,
                "too much of it must wait for a part to end",
            ));
        }
        self.advance(choice, out)
    }

    /// Closes what is over and opens what comes next.
    fn advance(&mut self, choice: u32, out: &mut Vec<StreamEvent>) -> Result<(), StreamFault> {
        while self.parts.len() > 1 && self.parts.front().is_some_and(Lane::is_over) {
            self.close_first(choice, out);
            self.open_first(choice, out)?;
        }
        Ok(())
    }

    fn open_first(&mut self, choice: u32, out: &mut Vec<StreamEvent>) -> Result<(), StreamFault> {
        let part = self.opened;
        let Some(lane) = self.parts.front_mut().filter(|lane| !lane.open) else {
            return Ok(());
        };
        lane.open = true;
        self.opened = part
            .checked_add(1)
            .ok_or_else(|| StreamFault::event(CHUNK, "there are too many parts"))?;
        let start = lane.kind.start();
        out.push(StreamEvent::Open { choice, part, start });
        if !lane.text.is_empty() && !lane.is_custom() {
            out.push(StreamEvent::Piece {
                choice,
                text: lane.text.clone(),
            });
        }
        if lane.key().is_none() {
            self.held -= lane.text.len().min(self.held);
            lane.text = String::new();
        }
        lane.tell(choice, out);
        Ok(())
    }

    fn close_first(&mut self, choice: u32, out: &mut Vec<StreamEvent>) {
        let Some(lane) = self.parts.pop_front() else {
            return;
        };
        self.held -= lane.text.len().min(self.held);
        if lane.is_custom() {
            let text = wrapped(&lane.text);
            out.push(StreamEvent::Piece { choice, text });
        }
        out.push(StreamEvent::Close { choice });
    }

    /// Log probabilities are for the latest text or refusal, citations for the latest text.
    fn tokens(&mut self, choice: u32, mut tokens: Vec<TokenLogprob>, out: &mut Vec<StreamEvent>) {
        let lane = self.last(|kind| matches!(kind, Kind::Text | Kind::Refusal));
        if let Some(lane) = lane.filter(|_| !tokens.is_empty()) {
            lane.logprobs.append(&mut tokens);
            lane.tell_if_open(choice, out);
        }
    }

    fn cited(&mut self, choice: u32, mut citations: Vec<Citation<'static>>, out: &mut Vec<StreamEvent>) {
        let lane = self.last(|kind| *kind == Kind::Text);
        if let Some(lane) = lane.filter(|_| !citations.is_empty()) {
            lane.citations.append(&mut citations);
            lane.tell_if_open(choice, out);
        }
    }

    fn last(&mut self, wanted: fn(&Kind) -> bool) -> Option<&mut Lane> {
        self.parts.iter_mut().rev().find(|lane| wanted(&lane.kind))
    }
}
