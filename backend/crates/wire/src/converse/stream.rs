//! Streamed answers: `messageStart`, blocks in pieces, `messageStop`, `metadata` with the figures. Only a tool's block has a
//! start of its own; text and thinking begin with their first piece.

use super::answer::{is_server_tool, stop_reason};
use super::citation::citation;
use super::figures::{billed_beside_tokens, tier, usage};
use crate::bedrock::read_error;
use crate::fault::StreamFault;
use crate::format::Vendor;
use crate::model::{PartStart, Sealed, StopReason, StreamEvent};
use crate::tree::Node;
use crate::usage::Usage;

/// Begins the name of an exception; see [`Frame::name`](crate::event_stream::Frame::name).
const EXCEPTION: &[u8] = b"exception:";

/// What reads one kind of event.
type Step = fn(&mut StreamReader, &Node<'_>, &mut Vec<StreamEvent>) -> Result<(), String>;

/// Reads the events of one stream.
#[derive(Debug, Default)]
pub struct StreamReader {
    started: bool,
    stopped: bool,
    ended: bool,
    /// The block whose pieces come.
    open: Option<Block>,
    /// The blocks before this one are over.
    next: u64,
    parts: u32,
    calls: bool,
    beside_tokens: bool,
}

#[derive(Debug)]
struct Block {
    index: u64,
    kind: Kind,
    /// Of thinking; may come in pieces.
    seal: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Thinking,
    Call,
    /// What a client has no use for: Bedrock's own tools, pictures.
    Unseen,
}

impl StreamReader {
    /// Takes in an event: its frame's name and payload. What comes after the end, or is not known, is passed over.
    ///
    /// # Errors
    /// If an event can't be read, or the model's output is malformed.
    pub fn read(&mut self, name: &[u8], data: &[u8], out: &mut Vec<StreamEvent>) -> Result<(), StreamFault> {
        if self.ended {
            return Ok(());
        }
        if let Some(kind) = name.strip_prefix(EXCEPTION) {
            self.ended = true;
            let error = read_error(data, std::str::from_utf8(kind).ok()).unwrap_or_default();
            out.push(StreamEvent::Error(error));
            return Ok(());
        }
        let (event, read): (_, Step) = match name {
            b"messageStart" => ("messageStart", |_, _, _| Ok(())),
            b"contentBlockStart" => ("contentBlockStart", Self::block_start),
            b"contentBlockDelta" => ("contentBlockDelta", Self::block_delta),
            b"contentBlockStop" => ("contentBlockStop", Self::block_stop),
            b"messageStop" => ("messageStop", Self::message_stop),
            b"metadata" => ("metadata", Self::metadata),
            _ => return Ok(()),
        };
        let node = Node::parse(data).map_err(|fault| StreamFault::event(event, fault))?;
        if !self.started {
            self.started = true;
            out.push(StreamEvent::Start {
                id: String::new(),
                model: String::new(),
            });
        }
        read(self, &node, out).map_err(|why| StreamFault::event(event, why))
    }

    /// The upstream's body ended. The answer was whole if `messageStop` came; without `metadata` its figures are missing.
    pub fn close(&mut self, out: &mut Vec<StreamEvent>) {
        if self.stopped && !self.ended {
            self.ended = true;
            out.push(StreamEvent::End);
        }
    }

    /// Whether the bill is another one than the figures at list price, as far as was told: see
    /// [`AnswerFacts::billed_beside_tokens`](crate::facts::AnswerFacts::billed_beside_tokens).
    pub fn billed_beside_tokens(&self) -> bool {
        self.beside_tokens
    }

    fn block_start(&mut self, node: &Node<'_>, out: &mut Vec<StreamEvent>) -> Result<(), String> {
        let index = self.index(node)?;
        let Some(start) = node.get("start").and_then(Node::as_object).and_then(<[_]>::first) else {
            return Ok(());
        };
        let (kind, about) = start;
        let text = |name: &str| about.get(name).and_then(Node::as_text).map(str::to_owned);
        match (kind.as_ref(), text("toolUseId"), text("name")) {
            ("toolUse", Some(id), Some(name)) if !is_server_tool(about) => {
                self.calls = true;
                self.begin(index, Kind::Call, Some(PartStart::ToolCall { id, name }), out);
            }
            ("toolUse", ..) if !is_server_tool(about) => {
                return Err("a call without an id or a name".to_owned());
            }
            _ => self.begin(index, Kind::Unseen, None, out),
        }
        Ok(())
    }

    fn block_delta(&mut self, node: &Node<'_>, out: &mut Vec<StreamEvent>) -> Result<(), String> {
        let index = self.index(node)?;
        let Some((kind, piece)) = node.get("delta").and_then(Node::as_object).and_then(<[_]>::first) else {
            return Ok(());
        };
        match kind.as_ref() {
            "text" => {
                let seen = self.is_in(index, Kind::Text, PartStart::Text, out);
                push_piece(piece.as_text().filter(|_| seen), out);
            }
            "reasoningContent" => self.thinking(index, piece, out),
            "toolUse" => match self.open.as_ref().filter(|block| block.index == index) {
                Some(block) if block.kind == Kind::Call => {
                    push_piece(piece.get("input").and_then(Node::as_text), out);
                }
                Some(block) if block.kind == Kind::Unseen => {}
                _ => return Err("a piece of a call that did not begin".to_owned()),
            },
            "citation" => {
                let seen = self.is_in(index, Kind::Text, PartStart::Text, out);
                let told = citation(piece).filter(|_| seen);
                out.extend(told.map(|citation| StreamEvent::Cited { choice: 0, citation }));
            }
            _ => {}
        }
        Ok(())
    }

    fn thinking(&mut self, index: u64, piece: &Node<'_>, out: &mut Vec<StreamEvent>) {
        let sealed = piece.get("redactedContent").and_then(Node::as_text);
        let redacted = sealed.is_some();
        if !self.is_in(
            index,
            Kind::Thinking,
            PartStart::Thinking { redacted, id: None },
            out,
        ) {
            return;
        }
        push_piece(piece.get("text").and_then(Node::as_text), out);
        let seal = sealed.or_else(|| piece.get("signature").and_then(Node::as_text));
        if let (Some(seal), Some(block)) = (seal, &mut self.open) {
            block.seal.push_str(seal);
        }
    }

    fn block_stop(&mut self, node: &Node<'_>, out: &mut Vec<StreamEvent>) -> Result<(), String> {
        let index = self.index(node)?;
        if self.open.as_ref().is_some_and(|block| block.index == index) {
            self.end_block(out);
        }
        self.next = self.next.max(index.saturating_add(1));
        Ok(())
    }

    fn message_stop(&mut self, node: &Node<'_>, out: &mut Vec<StreamEvent>) -> Result<(), String> {
        if self.stopped {
            return Ok(());
        }
        self.end_block(out);
        let word = node.get("stopReason").and_then(Node::as_text).unwrap_or_default();
        let reason = stop_reason(word, self.calls).ok_or_else(|| format!("the model ended with {word}"))?;
        let beside = node.get("additionalModelResponseFields");
        let sequence = beside
            .and_then(|beside| beside.get("stop_sequence"))
            .and_then(Node::as_text);
        self.stopped = true;
        out.push(StreamEvent::Stop {
            choice: 0,
            reason,
            sequence: sequence
                .filter(|_| reason == StopReason::StopSequence)
                .map(str::to_owned),
        });
        Ok(())
    }

    fn metadata(&mut self, node: &Node<'_>, out: &mut Vec<StreamEvent>) -> Result<(), String> {
        self.beside_tokens |= billed_beside_tokens(node);
        if let Some(told) = node.get("usage").map(usage).transpose()?.flatten() {
            let tier = tier(node);
            out.push(StreamEvent::Usage(Usage { tier, ..told }));
        }
        self.close(out);
        Ok(())
    }

    /// The block that an event is about. One that is over gets nothing more.
    fn index(&self, node: &Node<'_>) -> Result<u64, String> {
        let told = node.get("contentBlockIndex").and_then(Node::as_u64);
        let index = told.ok_or("no contentBlockIndex")?;
        if self.stopped || index < self.next {
            return Err(format!("block {index} is over"));
        }
        Ok(index)
    }

    /// Whether a block's piece of this kind is to be passed on; opens the part if it is the first.
    fn is_in(&mut self, index: u64, kind: Kind, start: PartStart, out: &mut Vec<StreamEvent>) -> bool {
        match &self.open {
            Some(block) if block.index == index && block.kind == Kind::Unseen => return false,
            Some(block) if block.index == index && block.kind == kind => {}
            // A new block, or one that goes on as something else.
            _ => self.begin(index, kind, Some(start), out),
        }
        true
    }

    fn begin(&mut self, index: u64, kind: Kind, start: Option<PartStart>, out: &mut Vec<StreamEvent>) {
        self.end_block(out);
        // Blocks come one after another.
        self.next = index;
        self.open = Some(Block {
            index,
            kind,
            seal: String::new(),
        });
        if let Some(start) = start {
            let part = self.parts;
            self.parts = part.saturating_add(1);
            out.push(StreamEvent::Open {
                choice: 0,
                part,
                start,
            });
        }
    }

    fn end_block(&mut self, out: &mut Vec<StreamEvent>) {
        let Some(block) = self.open.take() else { return };
        if block.kind == Kind::Thinking && !block.seal.is_empty() {
            let sealed = Sealed {
                vendor: Vendor::Anthropic,
                data: block.seal.into(),
            };
            out.push(StreamEvent::Sealed { choice: 0, sealed });
        }
        if block.kind != Kind::Unseen {
            out.push(StreamEvent::Close { choice: 0 });
        }
    }
}

fn push_piece(text: Option<&str>, out: &mut Vec<StreamEvent>) {
    if let Some(text) = text.filter(|text| !text.is_empty()) {
        out.push(StreamEvent::Piece {
            choice: 0,
            text: text.to_owned(),
        });
    }
}
