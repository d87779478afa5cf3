//! Streamed answers in Claude's format as neutral events (Anthropic, "Streaming messages").
//! Never in here: splitting a stream into events (see `sse`), and figures of what only passes (see `stream`).

use super::answer::{explanation, parts_of, read_error, sealed, stop_reason};
use super::citation;
use super::figures::Figures;
use super::stream::{Kind, figures, unknown_error};
use crate::fault::StreamFault;
use crate::fields::Fields;
use crate::json::{Item, Scanner};
use crate::model::{Citation, Part, PartStart, Sealed, StopReason, StreamEvent, ToolCall};
use crate::tree::Node;
use std::borrow::Cow;

/// Reads one stream. Anthropic opens one block at a time, so nothing needs to be kept back.
#[derive(Debug, Default)]
pub struct StreamReader {
    begun: bool,
    over: bool,
    figures: Figures,
    open: Option<Block>,
    /// Parts opened so far.
    parts: u32,
    stop: Option<(StopReason, Option<String>)>,
}

/// The block that is open.
#[derive(Debug)]
struct Block {
    index: u64,
    kind: BlockKind,
}

#[derive(Debug, PartialEq, Eq)]
enum BlockKind {
    /// Of a kind that has no part: what it holds is passed over.
    Skipped,
    /// Which alone can cite.
    Text,
    /// Which alone has a signature.
    Thinking,
    /// A call, with the whole input that its beginning told, used if no piece of it comes.
    Call(Option<String>),
}

impl StreamReader {
    /// Takes an event: its name, which may be empty, and its data.
    ///
    /// # Errors
    /// If an event that matters can't be read. What was given out before still counts.
    pub fn read(&mut self, name: &[u8], data: &[u8], out: &mut Vec<StreamEvent>) -> Result<(), StreamFault> {
        if self.over {
            return Ok(());
        }
        match Kind::of_event(name, data) {
            Kind::MessageStart => self.message_start(data, out),
            Kind::BlockStart => self.block_start(data, out),
            Kind::ContentDelta => self.delta(data, out),
            Kind::BlockStop => {
                self.block_stop(out);
                Ok(())
            }
            Kind::MessageDelta => self.message_delta(data, out),
            Kind::MessageStop => {
                self.finish(out);
                Ok(())
            }
            Kind::Error => {
                self.over = true;
                out.push(StreamEvent::Error(read_error(data).unwrap_or_else(unknown_error)));
                Ok(())
            }
            Kind::Other => Ok(()),
        }
    }

    /// The upstream's body ended. Only `message_stop` ends an answer, so there is nothing to add.
    pub fn close(&mut self, _out: &mut Vec<StreamEvent>) {}

    fn message_start(&mut self, data: &[u8], out: &mut Vec<StreamEvent>) -> Result<(), StreamFault> {
        const EVENT: &str = "message_start";
        let told = figures(data, Some("message")).map_err(|fault| StreamFault::event(EVENT, fault))?;
        let mut fields = event(EVENT, data)?;
        let message = fields
            .object("message")
            .map_err(|fault| StreamFault::event(EVENT, fault))?;
        let mut message = message.ok_or_else(|| StreamFault::event(EVENT, "it has no message"))?;
        if self.begun {
            return Err(StreamFault::event(EVENT, "it came twice"));
        }
        self.begun = true;
        out.push(StreamEvent::Start {
            id: text(&mut message, "id").into_owned(),
            model: text(&mut message, "model").into_owned(),
        });
        self.update(&told, out);
        Ok(())
    }

    fn update(&mut self, told: &Figures, out: &mut Vec<StreamEvent>) {
        self.figures.update(told);
        if self.figures.has_input() {
            out.push(StreamEvent::Usage(self.figures.usage()));
        }
    }

    fn block_start(&mut self, data: &[u8], out: &mut Vec<StreamEvent>) -> Result<(), StreamFault> {
        const EVENT: &str = "content_block_start";
        self.must_have_begun(EVENT)?;
        self.block_stop(out);
        let mut fields = event(EVENT, data)?;
        let index = index(&mut fields, EVENT)?;
        let part = fields.take("content_block").and_then(parts_of);
        let kind = part.map_or(BlockKind::Skipped, |part| self.open_part(part, out));
        self.open = Some(Block { index, kind });
        Ok(())
    }

    /// Opens a part with what its beginning holds.
    fn open_part(&mut self, part: Part<'_>, out: &mut Vec<StreamEvent>) -> BlockKind {
        match part {
            Part::Text { text, citations, .. } => {
                self.open_as(PartStart::Text, out);
                piece(&text, out);
                out.extend(citations.into_iter().map(cited));
                BlockKind::Text
            }
            Part::Thinking {
                text,
                sealed,
                redacted,
                id,
            } => {
                let id = id.map(Cow::into_owned);
                self.open_as(PartStart::Thinking { redacted, id }, out);
                piece(&text, out);
                out.extend(sealed.map(seal));
                BlockKind::Thinking
            }
            Part::ToolCall(ToolCall {
                id, name, arguments, ..
            }) => {
                let (id, name) = (id.into_owned(), name.into_owned());
                self.open_as(PartStart::ToolCall { id, name }, out);
                let whole = !matches!(&*arguments, "" | "{}" | "null");
                BlockKind::Call(whole.then(|| arguments.into_owned()))
            }
            _ => BlockKind::Skipped,
        }
    }

    fn open_as(&mut self, start: PartStart, out: &mut Vec<StreamEvent>) {
        out.push(StreamEvent::Open {
            choice: 0,
            part: self.parts,
            start,
        });
        self.parts = self.parts.saturating_add(1);
    }

    fn delta(&mut self, data: &[u8], out: &mut Vec<StreamEvent>) -> Result<(), StreamFault> {
        const EVENT: &str = "content_block_delta";
        if let Some(usual) = usual_delta(data)
            && let Some(block) = self.open.as_mut().filter(|block| block.index == usual.index)
        {
            match (&block.kind, usual.is_input) {
                (BlockKind::Skipped, _) => return Ok(()),
                (_, true) if !usual.text.is_empty() => block.kind = BlockKind::Call(None),
                _ => {}
            }
            piece(&usual.text, out);
            return Ok(());
        }
        let mut fields = event(EVENT, data)?;
        let index = index(&mut fields, EVENT)?;
        let Some(block) = self.open.as_mut().filter(|block| block.index == index) else {
            return Err(StreamFault::event(EVENT, "its block is not open"));
        };
        if block.kind == BlockKind::Skipped {
            return Ok(());
        }
        let delta = fields
            .object("delta")
            .map_err(|fault| StreamFault::event(EVENT, fault))?;
        let mut delta = delta.ok_or_else(|| StreamFault::event(EVENT, "it has no delta"))?;
        match &*text(&mut delta, "type") {
            "text_delta" => piece(&text(&mut delta, "text"), out),
            "thinking_delta" => piece(&text(&mut delta, "thinking"), out),
            "input_json_delta" => {
                let json = text(&mut delta, "partial_json");
                if !json.is_empty() {
                    block.kind = BlockKind::Call(None);
                }
                piece(&json, out);
            }
            "signature_delta" if block.kind == BlockKind::Thinking => {
                out.extend(sealed(text(&mut delta, "signature")).map(seal));
            }
            "citations_delta" if block.kind == BlockKind::Text => {
                out.extend(delta.take("citation").and_then(citation::read).map(cited));
            }
            _ => {}
        }
        Ok(())
    }

    /// Closes what is open, if anything.
    fn block_stop(&mut self, out: &mut Vec<StreamEvent>) {
        let Some(block) = self.open.take() else { return };
        if let BlockKind::Call(Some(whole)) = &block.kind {
            piece(whole, out);
        }
        if block.kind != BlockKind::Skipped {
            out.push(StreamEvent::Close { choice: 0 });
        }
    }

    fn message_delta(&mut self, data: &[u8], out: &mut Vec<StreamEvent>) -> Result<(), StreamFault> {
        const EVENT: &str = "message_delta";
        self.must_have_begun(EVENT)?;
        let told = figures(data, None).map_err(|fault| StreamFault::event(EVENT, fault))?;
        let mut fields = event(EVENT, data)?;
        self.block_stop(out);
        if let Some(mut delta) = fields
            .object("delta")
            .map_err(|fault| StreamFault::event(EVENT, fault))?
            && delta.has("stop_reason")
        {
            let reason = stop_reason(&text(&mut delta, "stop_reason"));
            let sequence = delta.text("stop_sequence").ok().flatten().map(Cow::into_owned);
            if let (None, Some(Part::Refusal { text })) = (&self.stop, explanation(&mut delta, reason)) {
                self.open_as(PartStart::Refusal, out);
                piece(&text, out);
                out.push(StreamEvent::Close { choice: 0 });
            }
            self.stop = Some((reason, sequence));
        }
        self.update(&told, out);
        Ok(())
    }

    fn finish(&mut self, out: &mut Vec<StreamEvent>) {
        if !self.begun {
            return;
        }
        self.over = true;
        self.block_stop(out);
        let (reason, sequence) = self.stop.take().unwrap_or_default();
        out.push(StreamEvent::Stop {
            choice: 0,
            reason,
            sequence,
        });
        out.push(StreamEvent::End);
    }

    fn must_have_begun(&self, event: &'static str) -> Result<(), StreamFault> {
        if self.begun {
            Ok(())
        } else {
            Err(StreamFault::event(event, "it came before message_start"))
        }
    }
}

/// A piece of a block's text.
struct UsualDelta<'a> {
    index: u64,
    is_input: bool,
    text: Cow<'a, str>,
}

/// Reads the deltas that nearly every event is, at a fraction of the time: fields in Anthropic's order, blanks at most
/// at the end. `None` for any other.
fn usual_delta(data: &[u8]) -> Option<UsualDelta<'_>> {
    const INPUT: &[u8] = br#"input_json_delta","partial_json":"#;
    const TEXTS: [&[u8]; 3] = [
        br#"text_delta","text":"#,
        br#"thinking_delta","thinking":"#,
        INPUT,
    ];
    let rest = data.strip_prefix(br#"{"type":"content_block_delta","index":"#)?;
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (index, rest) = rest.split_at_checked(digits)?;
    let index = std::str::from_utf8(index).ok()?.parse().ok()?;
    let rest = rest.strip_prefix(br#","delta":{"type":""#)?;
    let begin = TEXTS.into_iter().find(|begin| rest.starts_with(begin))?;
    let rest = rest.strip_prefix(begin)?;
    let mut scan = Scanner::new(rest);
    let Item::Text(text) = scan.value().ok()? else {
        return None;
    };
    let end = rest.get(scan.at()..)?.trim_ascii_end();
    let end = end.strip_suffix(b"}")?.trim_ascii_end();
    (end == b"}").then_some(())?;
    Some(UsualDelta {
        index,
        is_input: begin == INPUT,
        text: text.decode()?,
    })
}

fn event<'a>(name: &'static str, data: &'a [u8]) -> Result<Fields<'a>, StreamFault> {
    let node = Node::parse(data).map_err(|fault| StreamFault::event(name, fault))?;
    Fields::of(node, "").map_err(|_| StreamFault::event(name, "it is no object"))
}

fn index(fields: &mut Fields<'_>, event: &'static str) -> Result<u64, StreamFault> {
    let index = fields.u64("index").ok().flatten();
    index.ok_or_else(|| StreamFault::event(event, "it has no index"))
}

fn text<'a>(fields: &mut Fields<'a>, name: &str) -> Cow<'a, str> {
    fields.text(name).ok().flatten().unwrap_or_default()
}

fn seal(sealed: Sealed<'_>) -> StreamEvent {
    StreamEvent::Sealed {
        choice: 0,
        sealed: Sealed {
            vendor: sealed.vendor,
            data: sealed.data.into_owned().into(),
        },
    }
}

fn cited(citation: Citation<'_>) -> StreamEvent {
    StreamEvent::Cited {
        choice: 0,
        citation: citation::owned(citation),
    }
}

fn piece(text: &str, out: &mut Vec<StreamEvent>) {
    if !text.is_empty() {
        out.push(StreamEvent::Piece {
            choice: 0,
            text: text.to_owned(),
        });
    }
}
