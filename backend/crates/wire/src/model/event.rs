//! A streamed answer, and how its events make up a whole one. Never in here: how any format says it.

use super::answer::{Answer, Choice, StopReason, TokenLogprob};
use super::part::{Citation, Part, Sealed, ToolCall};
use crate::error::UpstreamError;
use crate::usage::Usage;

/// An event of a streamed answer.
///
/// The order that every reader keeps and every writer may rely on: `Start` first and once; of each choice at most one part
/// open at a time, numbered from 0 without gaps, each with `Open`, its pieces, `Close`; then the choice's `Stop`; `Usage` at
/// any time after `Start`, each with all figures so far (the last one counts); `End` last, after every choice's `Stop`,
/// and only if the upstream's stream came to its proper end; or `Error` last.
#[derive(Clone, Debug, PartialEq)]
pub enum StreamEvent {
    /// The answer begins.
    Start {
        /// The upstream's id; may be empty.
        id: String,
        /// The upstream's name of the model; may be empty.
        model: String,
    },
    /// A part begins.
    Open {
        /// Of which choice, from 0.
        choice: u32,
        /// Its number within the choice, from 0.
        part: u32,
        /// What it is.
        start: PartStart,
    },
    /// A piece of the open part's text: text, thinking, a refusal, or a call's arguments (JSON text in pieces).
    Piece {
        /// Of which choice.
        choice: u32,
        /// The piece; not empty.
        text: String,
    },
    /// What the open text part rests on.
    Cited {
        /// Of which choice.
        choice: u32,
        /// What.
        citation: Citation<'static>,
    },
    /// The open part's sealed thinking.
    Sealed {
        /// Of which choice.
        choice: u32,
        /// The seal.
        sealed: Sealed<'static>,
    },
    /// Log probabilities of the open text part's latest piece.
    Logprobs {
        /// Of which choice.
        choice: u32,
        /// One for each token.
        tokens: Vec<TokenLogprob>,
    },
    /// The open part ends.
    Close {
        /// Of which choice.
        choice: u32,
    },
    /// A choice ends.
    Stop {
        /// Which.
        choice: u32,
        /// Why.
        reason: StopReason,
        /// The text at which it stopped, if told.
        sequence: Option<String>,
    },
    /// All figures so far.
    Usage(Usage),
    /// The proper end.
    End,
    /// The upstream's error, in place of the rest.
    Error(UpstreamError),
}

/// What a part of a stream is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PartStart {
    /// Text.
    Text,
    /// Thinking.
    Thinking {
        /// See [`Part::Thinking`].
        redacted: bool,
        /// See [`Part::Thinking`].
        id: Option<String>,
    },
    /// A call.
    ToolCall {
        /// See [`ToolCall::id`].
        id: String,
        /// See [`ToolCall::name`].
        name: String,
    },
    /// A refusal.
    Refusal,
}

/// Puts a stream's events together: the answer and, if it came, the error. Events out of order are passed over.
pub fn collect<'e>(
    events: impl IntoIterator<Item = &'e StreamEvent>,
) -> (Answer<'static>, Option<UpstreamError>) {
    let (mut answer, mut error) = (Answer::default(), None);
    for event in events {
        match event {
            StreamEvent::Start { id, model } => {
                answer.id = id.clone().into();
                answer.model = model.clone().into();
            }
            StreamEvent::Usage(usage) => answer.usage = Some(*usage),
            StreamEvent::Error(told) => error = Some(told.clone()),
            StreamEvent::Close { .. } | StreamEvent::End => {}
            StreamEvent::Open { choice, .. }
            | StreamEvent::Piece { choice, .. }
            | StreamEvent::Cited { choice, .. }
            | StreamEvent::Sealed { choice, .. }
            | StreamEvent::Logprobs { choice, .. }
            | StreamEvent::Stop { choice, .. } => {
                if let Some(choice) = choice_of(&mut answer, *choice) {
                    add(choice, event);
                }
            }
        }
    }
    (answer, error)
}

/// More choices than any format gives; an upstream that counts further is not believed.
const CHOICES_MAX: usize = 128;

fn choice_of<'a>(answer: &'a mut Answer<'static>, index: u32) -> Option<&'a mut Choice<'static>> {
    let index = usize::try_from(index).ok().filter(|index| *index < CHOICES_MAX)?;
    if answer.choices.len() <= index {
        answer.choices.resize_with(index + 1, Choice::default);
    }
    answer.choices.get_mut(index)
}

fn add(choice: &mut Choice<'static>, event: &StreamEvent) {
    match event {
        StreamEvent::Open { start, .. } => choice.parts.push(opened(start)),
        StreamEvent::Piece { text, .. } => add_piece(choice, text),
        StreamEvent::Cited { citation, .. } => {
            if let Some(Part::Text { citations, .. }) = choice.parts.last_mut() {
                citations.push(citation.clone());
            }
        }
        StreamEvent::Sealed { sealed: seal, .. } => {
            if let Some(Part::Thinking { sealed, .. } | Part::ToolCall(ToolCall { sealed, .. })) =
                choice.parts.last_mut()
            {
                *sealed = Some(seal.clone());
            }
        }
        StreamEvent::Logprobs { tokens, .. } => choice.logprobs.extend_from_slice(tokens),
        StreamEvent::Stop { reason, sequence, .. } => {
            choice.stop = *reason;
            choice.stop_sequence = sequence.clone().map(Into::into);
        }
        _ => {}
    }
}

fn opened(start: &PartStart) -> Part<'static> {
    match start {
        PartStart::Text => Part::text(""),
        PartStart::Thinking { redacted, id } => Part::Thinking {
            text: "".into(),
            sealed: None,
            redacted: *redacted,
            id: id.clone().map(Into::into),
        },
        PartStart::ToolCall { id, name } => Part::ToolCall(ToolCall {
            id: id.clone().into(),
            name: name.clone().into(),
            arguments: "".into(),
            sealed: None,
            cache: None,
        }),
        PartStart::Refusal => Part::Refusal { text: "".into() },
    }
}

fn add_piece(choice: &mut Choice<'static>, piece: &str) {
    if let Some(
        Part::Text { text, .. }
        | Part::Thinking { text, .. }
        | Part::Refusal { text }
        | Part::ToolCall(ToolCall { arguments: text, .. }),
    ) = choice.parts.last_mut()
    {
        text.to_mut().push_str(piece);
    }
}
