//! Writes neutral events as the chunks of a streamed answer. Never in here: what any other format says.

use super::super::answer::{finish_reason, write_annotation, write_logprobs};
use super::super::calls::unwrapped;
use super::super::error::write_error_event;
use super::super::figures::write_usage;
use crate::error::Fault;
use crate::model::{Citation, Context, PartStart, StopReason, StreamEvent, TokenLogprob};
use crate::usage::Usage;
use crate::write::{ObjectWriter, write_array, write_object};
use std::collections::BTreeMap;

/// Writes one stream.
#[derive(Debug)]
pub struct StreamWriter {
    context: Context,
    id: String,
    choices: BTreeMap<u32, Written>,
    usage: Option<Usage>,
}

/// What was written of a choice.
#[derive(Debug, Default)]
struct Written {
    open: Option<Open>,
    calls: u64,
    declined: bool,
    /// Characters of text so far, and before the open part.
    characters: u64,
    before: u64,
}

/// The open part.
#[derive(Debug)]
enum Open {
    Text,
    Thinking,
    Refusal,
    /// A call, and whether it has arguments yet.
    Call {
        begun: bool,
    },
    /// A call of a tool that takes free text: it can be unwrapped when it is whole.
    FreeText {
        arguments: String,
    },
}

impl StreamWriter {
    /// At a stream's beginning.
    pub fn new(context: Context) -> Self {
        Self {
            id: format!("chatcmpl-{}", context.id),
            context,
            choices: BTreeMap::new(),
            usage: None,
        }
    }

    /// Appends the chunks that say an event; nothing where this format has no word for it. An error is written by
    /// [`error_event`](Self::error_event).
    pub fn write(&mut self, event: &StreamEvent, into: &mut Vec<u8>) {
        match event {
            StreamEvent::Start { .. } => self.begin(0, into),
            StreamEvent::Open { choice, start, .. } => self.open(*choice, start, into),
            StreamEvent::Piece { choice, text } => self.piece(*choice, text, into),
            StreamEvent::Cited { choice, citation } if matches!(citation, Citation::Url { .. }) => {
                let (before, end) = self
                    .choices
                    .get(choice)
                    .map_or((0, 0), |one| (one.before, one.characters));
                self.delta(*choice, into, |delta| {
                    delta.array("annotations", |array| {
                        write_annotation(array, citation, before, end);
                    });
                });
            }
            StreamEvent::Logprobs { choice, tokens } => self.chunk(*choice, into, |_| {}, tokens, None),
            StreamEvent::Close { choice } => self.close(*choice, into),
            StreamEvent::Stop { choice, reason, .. } => self.stop(*choice, *reason, into),
            StreamEvent::Usage(usage) => self.usage = Some(*usage),
            StreamEvent::End => self.end(into),
            StreamEvent::Cited { .. } | StreamEvent::Sealed { .. } | StreamEvent::Error(_) => {}
        }
    }

    /// Appends the error that ends a stream which can't go on.
    pub fn error_event(&mut self, fault: &Fault<'_>, into: &mut Vec<u8>) {
        write_error_event(fault, into);
    }

    /// A choice's first chunk tells whose words follow.
    fn begin(&mut self, choice: u32, into: &mut Vec<u8>) {
        if self.choices.contains_key(&choice) {
            return;
        }
        self.choices.insert(choice, Written::default());
        self.delta(choice, into, |delta| {
            delta.text("role", "assistant");
            delta.text("content", "");
        });
    }

    fn open(&mut self, choice: u32, start: &PartStart, into: &mut Vec<u8>) {
        self.begin(choice, into);
        let Some(written) = self.choices.get_mut(&choice) else {
            return;
        };
        written.before = written.characters;
        let (id, name) = match start {
            PartStart::Text => return written.open = Some(Open::Text),
            PartStart::Thinking { .. } => return written.open = Some(Open::Thinking),
            PartStart::Refusal => {
                written.declined = true;
                return written.open = Some(Open::Refusal);
            }
            PartStart::ToolCall { id, name } => (id, name),
        };
        let index = written.calls;
        written.calls += 1;
        let alias = self.context.alias(name);
        let free_text = alias.is_some_and(|alias| alias.free_text);
        let name = alias.map_or(name, |alias| &alias.name).clone();
        written.open = Some(if free_text {
            Open::FreeText {
                arguments: String::new(),
            }
        } else {
            Open::Call { begun: false }
        });
        let (kind, input) = if free_text {
            ("custom", "input")
        } else {
            ("function", "arguments")
        };
        self.delta(choice, into, |delta| {
            write_call(delta, index, |call| {
                call.text("id", id);
                call.text("type", kind);
                call.object(kind, |inner| {
                    inner.text("name", &name);
                    inner.text(input, "");
                });
            });
        });
    }

    fn piece(&mut self, choice: u32, text: &str, into: &mut Vec<u8>) {
        let Some(written) = self.choices.get_mut(&choice) else {
            return;
        };
        let index = written.calls.saturating_sub(1);
        let field = match &mut written.open {
            None => return,
            Some(Open::FreeText { arguments }) => return arguments.push_str(text),
            Some(Open::Call { begun }) => {
                *begun = true;
                return self.arguments(choice, index, text, into);
            }
            Some(Open::Text) => {
                written.characters = written.characters.saturating_add(text.chars().count() as u64);
                "content"
            }
            Some(Open::Thinking) => "reasoning_content",
            Some(Open::Refusal) => "refusal",
        };
        self.delta(choice, into, |delta| delta.text(field, text));
    }

    /// Clients parse the arguments, so a call without any has an empty object.
    fn close(&mut self, choice: u32, into: &mut Vec<u8>) {
        let Some(written) = self.choices.get_mut(&choice) else {
            return;
        };
        let index = written.calls.saturating_sub(1);
        match written.open.take() {
            Some(Open::Call { begun: false }) => self.arguments(choice, index, "{}", into),
            Some(Open::FreeText { arguments }) => self.delta(choice, into, |delta| {
                write_call(delta, index, |call| {
                    call.object("custom", |custom| custom.text("input", &unwrapped(&arguments)));
                });
            }),
            _ => {}
        }
    }

    fn arguments(&self, choice: u32, index: u64, text: &str, into: &mut Vec<u8>) {
        self.delta(choice, into, |delta| {
            write_call(delta, index, |call| {
                call.object("function", |function| function.text("arguments", text));
            });
        });
    }

    fn stop(&mut self, choice: u32, reason: StopReason, into: &mut Vec<u8>) {
        self.begin(choice, into);
        let declined = self.choices.get(&choice).is_some_and(|written| written.declined);
        self.chunk(choice, into, |_| {}, &[], Some(finish_reason(reason, declined)));
    }

    fn end(&self, into: &mut Vec<u8>) {
        if let Some(usage) = self.usage.as_ref().filter(|_| self.context.include_usage) {
            self.event(into, |object| {
                object.array("choices", |_| {});
                write_usage(object, usage);
            });
        }
        into.extend_from_slice(b"data: [DONE]\n\n");
    }

    fn delta(&self, choice: u32, into: &mut Vec<u8>, write: impl FnOnce(&mut ObjectWriter<'_>)) {
        self.chunk(choice, into, write, &[], None);
    }

    fn chunk(
        &self,
        choice: u32,
        into: &mut Vec<u8>,
        write: impl FnOnce(&mut ObjectWriter<'_>),
        tokens: &[TokenLogprob],
        finish: Option<&str>,
    ) {
        self.event(into, |object| {
            object.array("choices", |choices| {
                choices.object(|object| {
                    object.u64("index", choice.into());
                    object.object("delta", write);
                    if tokens.is_empty() {
                        object.null("logprobs");
                    } else {
                        write_logprobs(object, tokens);
                    }
                    match finish {
                        Some(reason) => object.text("finish_reason", reason),
                        None => object.null("finish_reason"),
                    }
                });
            });
            // Asked for usage, OpenAI names it in every chunk.
            if self.context.include_usage {
                object.null("usage");
            }
        });
    }

    fn event(&self, into: &mut Vec<u8>, write: impl FnOnce(&mut ObjectWriter<'_>)) {
        into.extend_from_slice(b"data: ");
        write_object(into, |object| {
            object.text("id", &self.id);
            object.text("object", "chat.completion.chunk");
            object.i64("created", self.context.created);
            object.text("model", &self.context.model);
            write(object);
        });
        into.extend_from_slice(b"\n\n");
    }
}

/// A piece of the call of this number.
fn write_call(delta: &mut ObjectWriter<'_>, index: u64, write: impl FnOnce(&mut ObjectWriter<'_>)) {
    write_array(delta.field("tool_calls"), |calls| {
        calls.object(|call| {
            call.u64("index", index);
            write(call);
        });
    });
}
