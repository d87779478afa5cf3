//! What the demo says, and the figures that go with it, in no format yet.

use super::prompt::{Call, Prompt, example};
use super::tokens;

/// How much of the question is repeated.
const QUESTION_CHARACTERS_MAX: usize = 120;
/// Characters in one event of a stream.
const CHARACTERS_PER_EVENT: usize = 16;

/// Input tokens by their price.
#[derive(Clone, Copy, Debug, Default)]
pub struct InputUsage {
    /// Not cached.
    pub input: u64,
    /// Written for five minutes.
    pub cache_write_5m: u64,
    /// Written for an hour.
    pub cache_write_1h: u64,
    /// Read.
    pub cache_read: u64,
}

impl InputUsage {
    /// All of it.
    pub fn total(self) -> u64 {
        self.input + self.cache_write() + self.cache_read
    }

    /// Written for however long.
    pub fn cache_write(self) -> u64 {
        self.cache_write_5m + self.cache_write_1h
    }
}

/// What it holds.
#[derive(Clone, Debug)]
pub enum Content {
    /// A text.
    Text(String),
    /// A call of a tool.
    Call(Call),
}

/// Why it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// It is at its end.
    End,
    /// It is as long as it may be.
    Length,
    /// A tool is called.
    Call,
}

/// A whole answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Letters and digits that no other answer has; each format puts its own prefixes before it.
    pub id: String,
    /// As asked for.
    pub model: String,
    /// A text or a call.
    pub content: Content,
    /// Why it ends.
    pub stop: Stop,
    /// Input figures.
    pub usage: InputUsage,
    /// Output figure.
    pub output_tokens: u64,
}

impl Answer {
    /// The text or the arguments, in the pieces in which they are streamed.
    pub fn pieces(&self) -> Vec<String> {
        let whole = match &self.content {
            Content::Text(text) => text.clone(),
            Content::Call(call) => call.input.to_string(),
        };
        let characters: Vec<char> = whole.chars().collect();
        characters
            .chunks(CHARACTERS_PER_EVENT)
            .map(|piece| piece.iter().collect())
            .collect()
    }
}

/// Writes the answer to a prompt.
pub fn write(prompt: &Prompt, usage: InputUsage, id: &str) -> Answer {
    let answer = |content, stop, output_tokens| Answer {
        id: format!("demo_{id}"),
        model: prompt.model.clone(),
        content,
        stop,
        usage,
        output_tokens,
    };
    if let Some(call) = &prompt.call {
        let tokens = tokens::count(&call.name) + tokens::count(&call.input.to_string());
        return answer(Content::Call(call.clone()), Stop::Call, tokens);
    }
    let whole = match &prompt.schema {
        Some(schema) => example(schema).to_string(),
        None => text(prompt),
    };
    let (text, was_cut) = tokens::cut(&whole, prompt.output_max.unwrap_or(u64::MAX));
    let stop = if was_cut { Stop::Length } else { Stop::End };
    answer(Content::Text(text.to_owned()), stop, tokens::count(text))
}

fn text(prompt: &Prompt) -> String {
    let mut question: String = prompt.question.chars().take(QUESTION_CHARACTERS_MAX).collect();
    if question.len() < prompt.question.len() {
        question.push('…');
    }
    let tools = match prompt.tools {
        0 => String::new(),
        n => format!(
            " It was offered {n} tool(s) and calls one when the request demands it or the prompt says “use the tool”."
        ),
    };
    format!(
        "This is Tollgate's built-in demo upstream, not a language model. It received “{question}” for {}, and counts one \
         token per four characters: {} in this prompt.{tools} Each request is authenticated, limited, scheduled, \
         relayed, metered and booked in the ledger like any other; see it under Requests in the web app. Add an account \
         of your own to talk to a real model.",
        prompt.model, prompt.tokens
    )
}
