//! A whole answer. Never in here: how any format says it.

use super::part::Part;
use crate::usage::Usage;
use std::borrow::Cow;

/// An answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer<'a> {
    /// The upstream's id; may be empty.
    pub id: Cow<'a, str>,
    /// The upstream's name of the model; may be empty.
    pub model: Cow<'a, str>,
    /// One, or as many as were asked for.
    pub choices: Vec<Choice<'a>>,
    /// What it cost; `None` if the upstream does not tell.
    pub usage: Option<Usage>,
}

/// One of an answer's alternatives.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Choice<'a> {
    /// What was said; may be empty.
    pub parts: Vec<Part<'a>>,
    /// Why it ended.
    pub stop: StopReason,
    /// The text at which it stopped, if that is why and the format tells.
    pub stop_sequence: Option<Cow<'a, str>>,
    /// Log probabilities of its text, if asked for.
    pub logprobs: Vec<TokenLogprob>,
}

/// Why an answer ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StopReason {
    /// It was finished.
    #[default]
    End,
    /// The output limit, or the model's window.
    MaxOutput,
    /// A stop text.
    StopSequence,
    /// Tools are to be called.
    ToolCalls,
    /// The model or a filter declined.
    Refusal,
    /// The turn is paused and can be continued (Claude's `pause_turn`).
    Pause,
}

/// The log probability of one token.
#[derive(Clone, Debug, PartialEq)]
pub struct TokenLogprob {
    /// The token's text.
    pub token: String,
    /// Its natural logarithm of probability.
    pub logprob: f64,
    /// Its alternatives, the likeliest first.
    pub top: Vec<(String, f64)>,
}
