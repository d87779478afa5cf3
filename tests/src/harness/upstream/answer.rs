//! What the upstream answers, in no vendor's format: texts, thinking and calls of tools in the pieces in which they are
//! streamed, figures, and why it stops. Each format's file writes it as its vendor would.

use super::script::Ending;
use serde_json::Value;
use std::time::Duration;

/// Characters of a tool's arguments in one event of a stream.
const ARGUMENT_CHARACTERS: usize = 7;

/// Figures as Claude tells them; other vendors' are told in their own way and mean the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Uncached input; 0: the upstream chooses a number that no other answer has.
    pub input: u64,
    /// Output, thinking included.
    pub output: u64,
    /// Written to the 5-minute cache.
    pub cache_write_5m: u64,
    /// Written to the 1-hour cache.
    pub cache_write_1h: u64,
    /// Read from a cache.
    pub cache_read: u64,
}

impl Usage {
    /// Input and output alone.
    pub fn of(input: u64, output: u64) -> Self {
        Self {
            input,
            output,
            ..Self::default()
        }
    }

    /// All input, cached or not.
    pub fn prompt(&self) -> u64 {
        self.input + self.cache_write() + self.cache_read
    }

    /// Written to any cache.
    pub fn cache_write(&self) -> u64 {
        self.cache_write_5m + self.cache_write_1h
    }

    /// As a vendor tells it that has one kind of cache writes.
    pub fn with_one_cache(self) -> Self {
        Self {
            cache_write_5m: self.cache_write(),
            cache_write_1h: 0,
            ..self
        }
    }

    /// As a vendor tells it that has no figure for cache writes.
    pub fn without_cache_writes(self) -> Self {
        Self {
            input: self.input + self.cache_write(),
            cache_write_5m: 0,
            cache_write_1h: 0,
            ..self
        }
    }
}

/// A call of a tool.
#[derive(Clone, Debug)]
pub struct Tool {
    /// Which.
    pub name: String,
    /// With what.
    pub input: Value,
}

impl Tool {
    /// The arguments as JSON text, in the pieces in which they are streamed.
    pub fn pieces(&self) -> Vec<String> {
        in_pieces(&self.input.to_string())
    }

    /// What a tool that takes free text is called with: the field `input`.
    pub fn free_text(&self) -> &str {
        self.input["input"].as_str().unwrap_or_default()
    }
}

/// A text in the pieces in which arguments are streamed.
pub fn in_pieces(text: &str) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    characters
        .chunks(ARGUMENT_CHARACTERS)
        .map(|piece| piece.iter().collect())
        .collect()
}

/// Why an answer stops.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Stop {
    /// It is at its end, or calls tools.
    #[default]
    Done,
    /// It is as long as it was allowed to be.
    Length,
    /// This stop sequence came.
    Sequence(String),
    /// The vendor's filter or the model itself will not go on.
    Refused,
}

/// A good answer, and how it goes wrong on its way.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What it costs.
    pub usage: Usage,
    /// How much of the output is thinking, for vendors that tell.
    pub reasoning: u64,
    /// The thinking before the text, in pieces. It is told where the request asks for it, as vendors do.
    pub thinking: Vec<String>,
    /// What the vendor signs or encrypts its thinking with; told with the thinking, and with a call in Gemini's format.
    pub signature: String,
    /// The text, in the pieces in which it is streamed.
    pub texts: Vec<String>,
    /// The calls that follow the text.
    pub tools: Vec<Tool>,
    /// Why it stops.
    pub stop: Stop,
    /// Pause before the first byte.
    pub first_byte_after: Duration,
    /// Pause between events.
    pub between: Duration,
    /// How the stream ends.
    pub ending: Ending,
}

impl Default for Answer {
    fn default() -> Self {
        Self {
            usage: Usage::of(0, 21),
            reasoning: 0,
            thinking: Vec::new(),
            signature: String::new(),
            texts: ["Hel", "lo! ", "Grüß dich, ", "你好, ", "𝄞 — that is all."]
                .map(str::to_owned)
                .to_vec(),
            tools: Vec::new(),
            stop: Stop::Done,
            first_byte_after: Duration::ZERO,
            between: Duration::ZERO,
            ending: Ending::Complete,
        }
    }
}

impl Answer {
    /// With these figures.
    pub fn costing(usage: Usage) -> Self {
        Self {
            usage,
            ..Self::default()
        }
    }

    /// A stream of so many pieces of text with a pause between them.
    pub fn slow(pieces: usize, between: Duration) -> Self {
        Self {
            usage: Usage::of(0, pieces as u64 * 3),
            texts: (0..pieces).map(|n| format!("piece {n} ")).collect(),
            between,
            ..Self::default()
        }
    }

    /// Pauses before the first byte.
    pub fn after(mut self, pause: Duration) -> Self {
        self.first_byte_after = pause;
        self
    }

    /// Ends so.
    pub fn ending(mut self, ending: Ending) -> Self {
        self.ending = ending;
        self
    }

    /// Calls one more tool.
    pub fn calling(mut self, name: &str, input: Value) -> Self {
        self.tools.push(Tool {
            name: name.to_owned(),
            input,
        });
        self
    }

    /// Thinks first, in these pieces, for so many of its output tokens, under this signature.
    pub fn thinking(mut self, pieces: &[&str], tokens: u64, signature: &str) -> Self {
        self.thinking = pieces.iter().map(|piece| (*piece).to_owned()).collect();
        self.reasoning = tokens;
        signature.clone_into(&mut self.signature);
        self
    }

    /// Says nothing but calls of tools.
    pub fn silent(mut self) -> Self {
        self.texts.clear();
        self
    }

    /// Stops for this reason.
    pub fn stopping(mut self, stop: Stop) -> Self {
        self.stop = stop;
        self
    }

    /// The whole text.
    pub fn text(&self) -> String {
        self.texts.concat()
    }
}
