//! Writes answers as legacy text completions, plain and streamed. Of an answer only its text can be said.
//! Never in here: requests.

use super::super::error::write_error_event;
use super::super::figures::write_usage;
use crate::error::Fault;
use crate::model::{Answer, Context, Part, PartStart, StopReason, StreamEvent};
use crate::usage::Usage;
use crate::write::{ArrayWriter, ObjectWriter, write_object};
use std::collections::BTreeSet;

/// Writes an answer.
pub fn write_answer(answer: &Answer<'_>, context: &Context, into: &mut Vec<u8>) {
    write_object(into, |object| {
        head(object, context);
        object.array("choices", |choices| {
            for (at, choice) in answer.choices.iter().enumerate() {
                let texts: Vec<&str> = choice.parts.iter().filter_map(text_of).collect();
                write_choice(choices, at as u64, &texts.concat(), Some(choice.stop));
            }
        });
        if let Some(usage) = &answer.usage {
            write_usage(object, usage);
        }
    });
}

fn text_of<'p>(part: &'p Part<'_>) -> Option<&'p str> {
    match part {
        Part::Text { text, .. } | Part::Refusal { text } => Some(text),
        _ => None,
    }
}

fn head(object: &mut ObjectWriter<'_>, context: &Context) {
    object.text("id", &format!("cmpl-{}", context.id));
    object.text("object", "text_completion");
    object.i64("created", context.created);
    object.text("model", &context.model);
}

fn write_choice(choices: &mut ArrayWriter<'_>, index: u64, text: &str, stop: Option<StopReason>) {
    choices.object(|object| {
        object.text("text", text);
        object.u64("index", index);
        object.null("logprobs");
        match stop {
            Some(stop) => object.text("finish_reason", finish_reason(stop)),
            None => object.null("finish_reason"),
        }
    });
}

fn finish_reason(stop: StopReason) -> &'static str {
    match stop {
        StopReason::MaxOutput => "length",
        StopReason::Refusal => "content_filter",
        StopReason::End | StopReason::StopSequence | StopReason::Pause | StopReason::ToolCalls => "stop",
    }
}

/// Writes one stream.
#[derive(Debug)]
pub struct StreamWriter {
    context: Context,
    /// Choices whose open part is text.
    texts: BTreeSet<u32>,
    usage: Option<Usage>,
}

impl StreamWriter {
    /// At a stream's beginning.
    pub fn new(context: Context) -> Self {
        Self {
            context,
            texts: BTreeSet::new(),
            usage: None,
        }
    }

    /// Appends the chunk that says an event; nothing where this format has no word for it. An error is written by
    /// [`error_event`](Self::error_event).
    pub fn write(&mut self, event: &StreamEvent, into: &mut Vec<u8>) {
        match event {
            StreamEvent::Open { choice, start, .. } => {
                if matches!(start, PartStart::Text | PartStart::Refusal) {
                    self.texts.insert(*choice);
                }
            }
            StreamEvent::Piece { choice, text } if self.texts.contains(choice) => {
                self.event(into, |object| {
                    object.array("choices", |choices| {
                        write_choice(choices, (*choice).into(), text, None);
                    });
                });
            }
            StreamEvent::Close { choice } => {
                self.texts.remove(choice);
            }
            StreamEvent::Stop { choice, reason, .. } => self.event(into, |object| {
                object.array("choices", |choices| {
                    write_choice(choices, (*choice).into(), "", Some(*reason));
                });
            }),
            StreamEvent::Usage(usage) => self.usage = Some(*usage),
            StreamEvent::End => self.end(into),
            _ => {}
        }
    }

    /// Appends the error that ends a stream which can't go on.
    pub fn error_event(&mut self, fault: &Fault<'_>, into: &mut Vec<u8>) {
        write_error_event(fault, into);
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

    fn event(&self, into: &mut Vec<u8>, write: impl FnOnce(&mut ObjectWriter<'_>)) {
        into.extend_from_slice(b"data: ");
        write_object(into, |object| {
            head(object, &self.context);
            write(object);
        });
        into.extend_from_slice(b"\n\n");
    }
}
