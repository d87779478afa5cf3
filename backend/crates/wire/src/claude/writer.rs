//! Neutral events as a streamed answer in Claude's format (Anthropic, "Streaming messages").

use super::answer::{begin_message, stop_word, write_usage};
use super::citation;
use super::error::write_error_event;
use crate::error::Fault;
use crate::format::Vendor;
use crate::model::{Context, PartStart, Sealed, StopReason, StreamEvent};
use crate::usage::Usage;
use crate::write::{ObjectWriter, write_object};

/// Writes one stream. The format has one choice: events of others are passed over.
#[derive(Debug)]
pub struct StreamWriter {
    context: Context,
    /// Blocks begun so far.
    blocks: u64,
    open: Option<Open>,
    /// What waits: the beginning of a redacted block until its data comes, or of a call until it is known whether it is
    /// sealed.
    held: Option<Held>,
    refuses: bool,
    stop: (StopReason, Option<String>),
    usage: Usage,
}

/// What kind of block is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    Text,
    Thinking,
    Call,
}

#[derive(Debug)]
enum Held {
    Redacted,
    /// The call's beginning, and the first piece of its arguments.
    Call {
        id: String,
        name: String,
        arguments: String,
    },
}

impl StreamWriter {
    /// Of a stream that answers this request.
    pub fn new(context: Context) -> Self {
        Self {
            context,
            blocks: 0,
            open: None,
            held: None,
            refuses: false,
            stop: (StopReason::End, None),
            usage: Usage::default(),
        }
    }

    /// Appends the whole events that this one makes. An error is written by [`error_event`](Self::error_event).
    pub fn write(&mut self, event: &StreamEvent, into: &mut Vec<u8>) {
        match event {
            StreamEvent::Start { id, .. } => self.message_start(id, into),
            StreamEvent::Open { choice: 0, start, .. } => self.open(start, into),
            StreamEvent::Piece { choice: 0, text } => self.piece(text, into),
            StreamEvent::Cited { choice: 0, citation } => self.delta("citations_delta", into, |delta| {
                delta.object("citation", |into| citation::write(citation, into));
            }),
            StreamEvent::Sealed { choice: 0, sealed } => self.sealed(sealed, into),
            StreamEvent::Close { choice: 0 } => self.close(into),
            StreamEvent::Stop {
                choice: 0,
                reason,
                sequence,
            } => self.stop = (*reason, sequence.clone()),
            StreamEvent::Usage(usage) => self.usage = *usage,
            StreamEvent::End => self.finish(into),
            _ => {}
        }
    }

    /// Appends the event that says that the stream failed.
    pub fn error_event(&mut self, fault: &Fault<'_>, into: &mut Vec<u8>) {
        write_error_event(into, fault);
    }

    /// The input's figures are not known yet; `message_delta` tells them all.
    fn message_start(&mut self, id: &str, into: &mut Vec<u8>) {
        write_event("message_start", into, |data| {
            data.object("message", |message| {
                begin_message(message, id, &self.context);
                message.array("content", |_| ());
                message.null("stop_reason");
                message.null("stop_sequence");
                message.object("usage", |usage| write_usage(&self.usage, usage));
            });
        });
    }

    fn open(&mut self, start: &PartStart, into: &mut Vec<u8>) {
        self.close(into);
        match start {
            PartStart::Text | PartStart::Refusal => {
                self.refuses |= *start == PartStart::Refusal;
                self.begin(Open::Text, into, |block| {
                    block.text("type", "text");
                    block.text("text", "");
                });
            }
            PartStart::Thinking { redacted: true, .. } => self.held = Some(Held::Redacted),
            PartStart::Thinking { .. } => self.begin_thinking(into),
            PartStart::ToolCall { id, name } => {
                self.held = Some(Held::Call {
                    id: id.clone(),
                    name: name.clone(),
                    arguments: String::new(),
                });
            }
        }
    }

    fn begin(&mut self, open: Open, into: &mut Vec<u8>, block: impl FnOnce(&mut ObjectWriter<'_>)) {
        write_event("content_block_start", into, |data| {
            data.u64("index", self.blocks);
            data.object("content_block", block);
        });
        self.open = Some(open);
    }

    fn begin_thinking(&mut self, into: &mut Vec<u8>) {
        self.begin(Open::Thinking, into, |block| {
            block.text("type", "thinking");
            block.text("thinking", "");
            block.text("signature", "");
        });
    }

    fn piece(&mut self, text: &str, into: &mut Vec<u8>) {
        if let Some(Held::Call { arguments, .. }) = &mut self.held
            && arguments.is_empty()
        {
            arguments.push_str(text);
            return;
        }
        self.release(into);
        match self.open {
            Some(Open::Text) => self.delta("text_delta", into, |delta| delta.text("text", text)),
            Some(Open::Thinking) => self.delta("thinking_delta", into, |delta| delta.text("thinking", text)),
            Some(Open::Call) => {
                self.delta("input_json_delta", into, |delta| delta.text("partial_json", text));
            }
            None => {}
        }
    }

    /// A call's own seal goes before it as thinking without text; the request's reader puts it back.
    fn sealed(&mut self, sealed: &Sealed<'_>, into: &mut Vec<u8>) {
        let carried = sealed.carried(Vendor::Anthropic);
        match (self.held.take(), self.open) {
            (Some(Held::Redacted), _) => self.begin(Open::Thinking, into, |block| {
                block.text("type", "redacted_thinking");
                block.text("data", &carried);
            }),
            (Some(call), _) => {
                self.begin_thinking(into);
                self.delta("signature_delta", into, |delta| delta.text("signature", &carried));
                self.end_block(into);
                self.held = Some(call);
            }
            (None, Some(Open::Thinking)) => {
                self.delta("signature_delta", into, |delta| delta.text("signature", &carried));
            }
            (None, _) => {}
        }
    }

    /// Writes what was held of a call.
    fn release(&mut self, into: &mut Vec<u8>) {
        let Some(Held::Call { id, name, arguments }) = self.held.take() else {
            return;
        };
        self.begin(Open::Call, into, |block| {
            block.text("type", "tool_use");
            block.text("id", &id);
            block.text("name", &name);
            block.raw("input", b"{}");
        });
        if !arguments.is_empty() {
            self.delta("input_json_delta", into, |delta| {
                delta.text("partial_json", &arguments);
            });
        }
    }

    fn delta(&self, kind: &str, into: &mut Vec<u8>, write: impl FnOnce(&mut ObjectWriter<'_>)) {
        write_event("content_block_delta", into, |data| {
            data.u64("index", self.blocks);
            data.object("delta", |delta| {
                delta.text("type", kind);
                write(delta);
            });
        });
    }

    fn close(&mut self, into: &mut Vec<u8>) {
        self.release(into);
        self.end_block(into);
    }

    fn end_block(&mut self, into: &mut Vec<u8>) {
        if self.open.take().is_some() {
            write_event("content_block_stop", into, |data| data.u64("index", self.blocks));
            self.blocks = self.blocks.saturating_add(1);
        }
    }

    fn finish(&mut self, into: &mut Vec<u8>) {
        self.close(into);
        let (mut reason, sequence) = std::mem::take(&mut self.stop);
        if self.refuses && reason == StopReason::End {
            reason = StopReason::Refusal;
        }
        write_event("message_delta", into, |data| {
            data.object("delta", |delta| {
                delta.text("stop_reason", stop_word(reason));
                match &sequence {
                    Some(sequence) => delta.text("stop_sequence", sequence),
                    None => delta.null("stop_sequence"),
                }
            });
            data.object("usage", |usage| write_usage(&self.usage, usage));
        });
        write_event("message_stop", into, |_| ());
    }
}

/// One event, named by its type, its data on one line.
fn write_event(kind: &str, into: &mut Vec<u8>, write: impl FnOnce(&mut ObjectWriter<'_>)) {
    into.extend_from_slice(b"event: ");
    into.extend_from_slice(kind.as_bytes());
    into.extend_from_slice(b"\ndata: ");
    write_object(into, |data| {
        data.text("type", kind);
        write(data);
    });
    into.extend_from_slice(b"\n\n");
}
