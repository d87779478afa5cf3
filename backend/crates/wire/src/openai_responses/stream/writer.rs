//! Writes neutral events as this format's. Never in here: the items themselves (see `answer::items`).

use super::item::{Item, Message, Spoken};
use super::write_event;
use crate::error::Fault;
use crate::model::{Context, PartStart, StopReason, StreamEvent, TokenLogprob};
use crate::openai_responses::CALL_SEAL_ID;
use crate::openai_responses::answer::{
    Call, CallKind, Shape, ending, item_id, write_call, write_logprobs, write_message, write_output_text,
    write_reasoning, write_refusal, write_response,
};
use crate::openai_responses::error::failure_code;
use crate::openai_responses::request::{arguments, free_text_input, write_annotation};
use crate::usage::Usage;
use crate::write::ObjectWriter;

/// Writes the events of one streamed answer.
#[derive(Debug)]
pub struct StreamWriter {
    context: Context,
    /// The next event's.
    number: u64,
    /// How many items were begun.
    begun: u32,
    /// Items that are done, with commas between.
    output: Vec<u8>,
    item: Option<Item>,
    usage: Option<Usage>,
    stop: StopReason,
    refused: bool,
}

impl StreamWriter {
    /// Of an answer to this request.
    pub fn new(context: Context) -> Self {
        Self {
            context,
            number: 0,
            begun: 0,
            output: Vec::new(),
            item: None,
            usage: None,
            stop: StopReason::default(),
            refused: false,
        }
    }

    /// Writes what an event comes to. Other choices than the first have no place in the format. An `Error` is the caller's
    /// to put into words: see [`error_event`](Self::error_event).
    pub fn write(&mut self, event: &StreamEvent, into: &mut Vec<u8>) {
        match event {
            StreamEvent::Start { .. } => {
                self.lifecycle(into, "response.created", "in_progress", None, None);
                self.lifecycle(into, "response.in_progress", "in_progress", None, None);
            }
            StreamEvent::Open { choice: 0, start, .. } => self.open(start, into),
            StreamEvent::Piece { choice: 0, text } => self.piece(text, into),
            StreamEvent::Cited { choice: 0, citation } => {
                if let Some(part) = self.spoken() {
                    part.citations.push(citation.clone());
                }
            }
            StreamEvent::Sealed {
                choice: 0,
                sealed: seal,
            } => {
                if let Some(Item::Reasoning { sealed, .. } | Item::Call { sealed, .. }) = &mut self.item {
                    *sealed = Some(seal.clone());
                }
            }
            StreamEvent::Logprobs { choice: 0, tokens } => self.logprobs(tokens, into),
            StreamEvent::Close { choice: 0 } => self.close_part(into),
            StreamEvent::Stop {
                choice: 0, reason, ..
            } => {
                self.stop = *reason;
                let cut = *reason == StopReason::MaxOutput;
                self.finish_item(if cut { "incomplete" } else { "completed" }, into);
            }
            StreamEvent::Usage(usage) => self.usage = Some(*usage),
            StreamEvent::End => {
                let (status, incomplete) = ending(self.stop, self.refused);
                self.lifecycle(into, &format!("response.{status}"), status, incomplete, None);
            }
            _ => {}
        }
    }

    /// `response.failed`, with what of the answer is whole.
    pub fn error_event(&mut self, fault: &Fault<'_>, into: &mut Vec<u8>) {
        let error = Some((failure_code(fault.kind), fault.message));
        self.lifecycle(into, "response.failed", "failed", None, error);
    }

    fn next_number(&mut self) -> u64 {
        let number = self.number;
        self.number = number.saturating_add(1);
        number
    }

    fn lifecycle(
        &mut self,
        into: &mut Vec<u8>,
        kind: &str,
        status: &'static str,
        incomplete: Option<&'static str>,
        error: Option<(&str, &str)>,
    ) {
        let number = self.next_number();
        let shape = Shape {
            status,
            incomplete,
            output: &self.output,
            usage: self.usage,
            error,
        };
        write_event(into, kind, number, |event| {
            write_response(event.field("response"), &self.context, &shape);
        });
    }

    /// An event of the item that is under way.
    fn event(&mut self, into: &mut Vec<u8>, kind: &str, id: &str, write: impl FnOnce(&mut ObjectWriter<'_>)) {
        let number = self.next_number();
        let place = self.begun.saturating_sub(1);
        write_event(into, kind, number, |event| {
            event.text("item_id", id);
            event.u64("output_index", place.into());
            write(event);
        });
    }

    /// An event that shows the item itself.
    fn item_event(&mut self, into: &mut Vec<u8>, kind: &str, item: &[u8]) {
        let number = self.next_number();
        let place = self.begun.saturating_sub(1);
        write_event(into, kind, number, |event| {
            event.u64("output_index", place.into());
            event.raw("item", item);
        });
    }

    fn open(&mut self, start: &PartStart, into: &mut Vec<u8>) {
        let spoken = matches!(start, PartStart::Text | PartStart::Refusal);
        if !(spoken && matches!(self.item, Some(Item::Message(_)))) {
            self.finish_item("completed", into);
            self.begin_item(start, into);
        }
        let Some(Item::Message(message)) = &mut self.item else {
            return;
        };
        let refusal = *start == PartStart::Refusal;
        message.part = Some(Spoken {
            refusal,
            ..Spoken::default()
        });
        let (id, place) = (message.id.clone(), message.done);
        self.refused |= refusal;
        let mut empty = Vec::new();
        if refusal {
            write_refusal(&mut empty, "");
        } else {
            write_output_text(&mut empty, "", &[], &[]);
        }
        self.event(into, "response.content_part.added", &id, |event| {
            event.u64("content_index", place.into());
            event.raw("part", &empty);
        });
    }

    fn begin_item(&mut self, start: &PartStart, into: &mut Vec<u8>) {
        let (item, shown) = Item::begin(start, &self.context, self.begun);
        self.item = Some(item);
        self.begun = self.begun.saturating_add(1);
        if !shown.is_empty() {
            self.item_event(into, "response.output_item.added", &shown);
        }
    }

    fn spoken(&mut self) -> Option<&mut Spoken> {
        match &mut self.item {
            Some(Item::Message(message)) => message.part.as_mut(),
            _ => None,
        }
    }

    fn piece(&mut self, piece: &str, into: &mut Vec<u8>) {
        let Some(mut item) = self.item.take() else { return };
        match &mut item {
            Item::Message(Message {
                id,
                done,
                part: Some(part),
                ..
            }) => {
                part.text.push_str(piece);
                let kind = if part.refusal {
                    "response.refusal.delta"
                } else {
                    "response.output_text.delta"
                };
                self.event(into, kind, id, |event| {
                    event.u64("content_index", (*done).into());
                    event.text("delta", piece);
                    if !part.refusal {
                        event.array("logprobs", |_| {});
                    }
                });
            }
            Item::Reasoning { id, text, .. } => {
                if text.is_empty() {
                    self.summary_event(into, "response.reasoning_summary_part.added", id, "part", "");
                }
                text.push_str(piece);
                self.event(into, "response.reasoning_summary_text.delta", id, |event| {
                    event.u64("summary_index", 0);
                    event.text("delta", piece);
                });
            }
            Item::Call { call, told, .. } => {
                told.push_str(piece);
                if call.kind == CallKind::Function {
                    self.event(
                        into,
                        "response.function_call_arguments.delta",
                        &call.id,
                        |event| {
                            event.text("delta", piece);
                        },
                    );
                }
            }
            Item::Message(_) => {}
        }
        self.item = Some(item);
    }

    /// An event of a summary's one part: as a part, or as its text.
    fn summary_event(&mut self, into: &mut Vec<u8>, kind: &str, id: &str, field: &str, text: &str) {
        self.event(into, kind, id, |event| {
            event.u64("summary_index", 0);
            if field == "part" {
                event.object("part", |part| {
                    part.text("type", "summary_text");
                    part.text("text", text);
                });
            } else {
                event.text(field, text);
            }
        });
    }

    /// They follow their text, so they come with a piece that is empty.
    fn logprobs(&mut self, tokens: &[TokenLogprob], into: &mut Vec<u8>) {
        let Some(Item::Message(Message {
            id,
            done,
            part: Some(part),
            ..
        })) = &mut self.item
        else {
            return;
        };
        part.logprobs.extend_from_slice(tokens);
        let (id, place) = (id.clone(), *done);
        self.event(into, "response.output_text.delta", &id, |event| {
            event.u64("content_index", place.into());
            event.text("delta", "");
            event.array("logprobs", |list| write_logprobs(list, tokens, false));
        });
    }

    fn close_part(&mut self, into: &mut Vec<u8>) {
        let Some(mut item) = self.item.take() else { return };
        match &mut item {
            Item::Message(message) => self.close_spoken(message, into),
            Item::Reasoning { id, text, .. } if !text.is_empty() => {
                self.summary_event(into, "response.reasoning_summary_text.done", id, "text", text);
                self.summary_event(into, "response.reasoning_summary_part.done", id, "part", text);
            }
            Item::Reasoning { .. } => {}
            Item::Call { call, told, .. } => self.close_call(call, told, into),
        }
        self.item = Some(item);
    }

    fn close_spoken(&mut self, message: &mut Message, into: &mut Vec<u8>) {
        let Some(part) = message.part.take() else { return };
        let (id, place) = (&message.id, u64::from(message.done));
        let length = part.text.chars().count() as u64;
        for (n, citation) in (0..).zip(&part.citations) {
            self.event(into, "response.output_text.annotation.added", id, |event| {
                event.u64("content_index", place);
                event.u64("annotation_index", n);
                event.object("annotation", |object| write_annotation(object, citation, length));
            });
        }
        let mut whole = Vec::new();
        if part.refusal {
            write_refusal(&mut whole, &part.text);
            self.event(into, "response.refusal.done", id, |event| {
                event.u64("content_index", place);
                event.text("refusal", &part.text);
            });
        } else {
            write_output_text(&mut whole, &part.text, &part.citations, &part.logprobs);
            self.event(into, "response.output_text.done", id, |event| {
                event.u64("content_index", place);
                event.text("text", &part.text);
                event.array("logprobs", |list| write_logprobs(list, &part.logprobs, false));
            });
        }
        self.event(into, "response.content_part.done", id, |event| {
            event.u64("content_index", place);
            event.raw("part", &whole);
        });
        if !message.content.is_empty() {
            message.content.push(b',');
        }
        message.content.extend_from_slice(&whole);
        message.done = message.done.saturating_add(1);
    }

    fn close_call(&mut self, call: &Call, told: &str, into: &mut Vec<u8>) {
        match call.kind {
            CallKind::LocalShell => {}
            CallKind::Function => {
                let whole = arguments(told);
                if told.is_empty() {
                    self.event(
                        into,
                        "response.function_call_arguments.delta",
                        &call.id,
                        |event| {
                            event.text("delta", whole);
                        },
                    );
                }
                self.event(into, "response.function_call_arguments.done", &call.id, |event| {
                    event.text("name", &call.name);
                    event.text("arguments", whole);
                });
            }
            CallKind::FreeText => {
                let input = free_text_input(told).unwrap_or_else(|| told.to_owned());
                self.event(into, "response.custom_tool_call_input.delta", &call.id, |event| {
                    event.text("delta", &input);
                });
                self.event(into, "response.custom_tool_call_input.done", &call.id, |event| {
                    event.text("input", &input);
                });
            }
        }
    }

    /// The item that is under way is over.
    fn finish_item(&mut self, status: &str, into: &mut Vec<u8>) {
        if self.spoken().is_some() {
            self.close_part(into);
        }
        let mut whole = Vec::new();
        let mut seal = None;
        match self.item.take() {
            None => return,
            Some(Item::Message(message)) => write_message(&mut whole, &message.id, status, &message.content),
            Some(Item::Reasoning { id, text, sealed }) => {
                write_reasoning(&mut whole, &self.context, &id, &text, sealed.as_ref());
            }
            Some(Item::Call { call, told, sealed }) => {
                write_call(&mut whole, &call, &told, status);
                seal = sealed.filter(|_| self.context.seal_thinking);
                if call.kind == CallKind::LocalShell {
                    self.item_event(into, "response.output_item.added", &whole);
                }
            }
        }
        self.item_done(&whole, into);
        if let Some(sealed) = seal {
            let id = item_id(CALL_SEAL_ID.trim_end_matches('_'), &self.context, self.begun);
            self.begun = self.begun.saturating_add(1);
            let mut begun = Vec::new();
            write_reasoning(&mut begun, &self.context, &id, "", None);
            self.item_event(into, "response.output_item.added", &begun);
            let mut whole = Vec::new();
            write_reasoning(&mut whole, &self.context, &id, "", Some(&sealed));
            self.item_done(&whole, into);
        }
    }

    fn item_done(&mut self, whole: &[u8], into: &mut Vec<u8>) {
        self.item_event(into, "response.output_item.done", whole);
        if !self.output.is_empty() {
            self.output.push(b',');
        }
        self.output.extend_from_slice(whole);
    }
}
