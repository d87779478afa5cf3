//! Neutral events, written as Google's. Calls come whole, as Google sends them; why a candidate ended and the figures come
//! in one last event, without which clients take the answer for broken off.

use super::super::answer::{finish_word, write_call, write_citations, write_logprobs, write_text};
use super::super::error::write_error_event;
use super::super::figures::write_usage;
use super::super::seal;
use crate::error::Fault;
use crate::format::Vendor;
use crate::model::{Citation, Context, PartStart, Sealed, StopReason, StreamEvent, ToolCall};
use crate::usage::Usage;
use crate::write::{ArrayWriter, ObjectWriter, write_object};

/// The state of one stream.
#[derive(Debug)]
pub struct StreamWriter {
    context: Context,
    usage: Option<Usage>,
    choices: Vec<Choice>,
}

/// The part that is open.
#[derive(Debug, Default)]
enum Open {
    #[default]
    Nothing,
    /// Text, with what is cited so far.
    Text {
        cited: Vec<Citation<'static>>,
    },
    Thinking {
        redacted: bool,
        shown: bool,
    },
    Call(ToolCall<'static>),
}

#[derive(Debug, Default)]
struct Choice {
    open: Open,
    /// Of the open text, to count its bytes.
    text: String,
    /// The open part's number.
    part: u32,
    stop: Option<StopReason>,
}

/// More choices than any format gives.
const CHOICES_MAX: usize = 128;

impl StreamWriter {
    /// At an answer's beginning.
    pub fn new(context: Context) -> Self {
        Self {
            context,
            usage: None,
            choices: Vec::new(),
        }
    }

    /// Appends what clients are told of an event: whole events, or nothing yet. An error is written by
    /// [`error_event`](Self::error_event).
    pub fn write(&mut self, event: &StreamEvent, into: &mut Vec<u8>) {
        match event {
            StreamEvent::Start { .. } | StreamEvent::Error(_) => {}
            StreamEvent::Open { choice, part, start } => {
                if let Some(state) = self.choice(*choice) {
                    state.begin(*part, start);
                }
            }
            StreamEvent::Piece { choice, text } => self.piece(*choice, text, into),
            StreamEvent::Cited { choice, citation } => {
                if let Some(Choice {
                    open: Open::Text { cited },
                    ..
                }) = self.choice(*choice)
                {
                    cited.push(citation.clone());
                }
            }
            StreamEvent::Sealed { choice, sealed } => self.sealed(*choice, sealed, into),
            StreamEvent::Logprobs { choice, tokens } => {
                self.event(*choice, into, nothing, |candidate| {
                    write_logprobs(candidate, tokens);
                });
            }
            StreamEvent::Close { choice } => self.close(*choice, into),
            StreamEvent::Stop { choice, reason, .. } => {
                if let Some(state) = self.choice(*choice) {
                    state.stop = Some(*reason);
                }
            }
            StreamEvent::Usage(usage) => self.usage = Some(*usage),
            StreamEvent::End => self.end(into),
        }
    }

    /// Appends the format's own word that a begun stream failed.
    pub fn error_event(&mut self, fault: &Fault<'_>, into: &mut Vec<u8>) {
        into.extend_from_slice(&write_error_event(fault));
    }

    fn choice(&mut self, index: u32) -> Option<&mut Choice> {
        let index = usize::try_from(index).ok().filter(|index| *index < CHOICES_MAX)?;
        if self.choices.len() <= index {
            self.choices.resize_with(index + 1, Choice::default);
        }
        self.choices.get_mut(index)
    }

    fn piece(&mut self, choice: u32, text: &str, into: &mut Vec<u8>) {
        let thought = match self.choice(choice) {
            None
            | Some(Choice {
                open: Open::Nothing, ..
            }) => return,
            Some(Choice {
                open: Open::Call(call),
                ..
            }) => {
                call.arguments.to_mut().push_str(text);
                return;
            }
            Some(Choice {
                open: Open::Thinking { shown, .. },
                ..
            }) => {
                *shown = true;
                true
            }
            Some(state) => {
                state.text.push_str(text);
                false
            }
        };
        self.event(
            choice,
            into,
            |parts| write_text(parts, text, thought, None),
            |_| {},
        );
    }

    fn sealed(&mut self, choice: u32, sealed: &Sealed<'static>, into: &mut Vec<u8>) {
        let (redacted, shown) = match self.choice(choice) {
            Some(Choice {
                open: Open::Call(call),
                ..
            }) => {
                call.sealed = Some(sealed.clone());
                return;
            }
            Some(Choice {
                open: Open::Thinking { redacted, shown },
                ..
            }) => (*redacted, *shown),
            _ => return,
        };
        // A seal of Google's without a thought was on a part that is no thought.
        let thought = shown || sealed.vendor != Vendor::Google;
        let signature = seal::written(sealed, redacted);
        self.event(
            choice,
            into,
            |parts| write_text(parts, "", thought, Some(&signature)),
            |_| {},
        );
    }

    fn close(&mut self, choice: u32, into: &mut Vec<u8>) {
        let Some(state) = self.choice(choice) else { return };
        let part = u64::from(state.part);
        match std::mem::take(&mut state.open) {
            Open::Call(call) => self.event(choice, into, |parts| write_call(parts, &call), |_| {}),
            Open::Text { cited } if !cited.is_empty() => {
                let text = std::mem::take(&mut state.text);
                let each = cited.iter().map(|citation| (part, text.as_str(), citation));
                let cited: Vec<_> = each.collect();
                self.event(choice, into, nothing, |candidate| {
                    write_citations(candidate, &cited);
                });
            }
            _ => {}
        }
    }

    fn end(&mut self, into: &mut Vec<u8>) {
        into.extend_from_slice(b"data: ");
        write_object(into, |body| {
            body.array("candidates", |candidates| {
                for (index, choice) in self.choices.iter().enumerate() {
                    candidates.object(|candidate| {
                        write_content(candidate, nothing);
                        candidate.text("finishReason", finish_word(choice.stop.unwrap_or_default()));
                        candidate.u64("index", index as u64);
                    });
                }
            });
            if let Some(usage) = &self.usage {
                write_usage(body, usage);
            }
            body.text("modelVersion", &self.context.model);
            body.text("responseId", &self.context.id);
        });
        into.extend_from_slice(b"\n\n");
    }

    /// One event of one candidate.
    fn event(
        &self,
        choice: u32,
        into: &mut Vec<u8>,
        parts: impl FnOnce(&mut ArrayWriter<'_>),
        beside: impl FnOnce(&mut ObjectWriter<'_>),
    ) {
        into.extend_from_slice(b"data: ");
        write_object(into, |body| {
            body.array("candidates", |candidates| {
                candidates.object(|candidate| {
                    write_content(candidate, parts);
                    candidate.u64("index", u64::from(choice));
                    beside(candidate);
                });
            });
            body.text("modelVersion", &self.context.model);
            body.text("responseId", &self.context.id);
        });
        into.extend_from_slice(b"\n\n");
    }
}

impl Choice {
    fn begin(&mut self, part: u32, start: &PartStart) {
        self.part = part;
        self.text.clear();
        self.open = match start {
            PartStart::Text | PartStart::Refusal => Open::Text { cited: Vec::new() },
            PartStart::Thinking { redacted, .. } => Open::Thinking {
                redacted: *redacted,
                shown: false,
            },
            PartStart::ToolCall { id, name } => Open::Call(ToolCall {
                id: id.clone().into(),
                name: name.clone().into(),
                arguments: "".into(),
                sealed: None,
                cache: None,
            }),
        };
    }
}

fn write_content(candidate: &mut ObjectWriter<'_>, parts: impl FnOnce(&mut ArrayWriter<'_>)) {
    candidate.object("content", |content| {
        content.array("parts", parts);
        content.text("role", "model");
    });
}

/// No part is an empty text: clients look for the first part.
fn nothing(parts: &mut ArrayWriter<'_>) {
    write_text(parts, "", false, None);
}
