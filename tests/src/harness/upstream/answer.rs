//! A message in Claude's format, plain and as a stream, with the fields and events that real ones have (and some that
//! no version of Tollgate can know), so that a pass-through which touches anything shows.

use super::script::Ending;
use serde_json::{Value, json};
use std::time::Duration;

/// Figures as Claude tells them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Uncached input; 0: the upstream chooses a number that no other answer has.
    pub input: u64,
    /// Output.
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

    fn json(&self, output: u64) -> Value {
        json!({
            "input_tokens": self.input,
            "cache_creation_input_tokens": self.cache_write_5m + self.cache_write_1h,
            "cache_read_input_tokens": self.cache_read,
            "cache_creation": {
                "ephemeral_5m_input_tokens": self.cache_write_5m,
                "ephemeral_1h_input_tokens": self.cache_write_1h,
            },
            "output_tokens": output,
            "service_tier": "standard",
        })
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

/// A good answer, and how it goes wrong on its way.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What it costs.
    pub usage: Usage,
    /// The text, in the pieces in which it is streamed.
    pub texts: Vec<String>,
    /// The call that follows the text.
    pub tool: Option<Tool>,
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
            texts: ["Hel", "lo! ", "Grüß dich, ", "你好, ", "𝄞 — that is all."]
                .map(str::to_owned)
                .to_vec(),
            tool: None,
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

    /// Calls a tool.
    pub fn calling(mut self, name: &str, input: Value) -> Self {
        self.tool = Some(Tool {
            name: name.to_owned(),
            input,
        });
        self
    }

    /// The body of a plain answer.
    pub fn plain(&self, model: &str) -> Vec<u8> {
        let mut content = vec![json!({"type": "text", "text": self.texts.concat()})];
        if let Some(tool) = &self.tool {
            content
                .push(json!({"type": "tool_use", "id": "toolu_01", "name": tool.name, "input": tool.input}));
        }
        let message = json!({
            "id": "msg_01", "type": "message", "role": "assistant", "model": model,
            "content": content,
            "stop_reason": self.stop_reason(), "stop_sequence": null,
            "usage": self.usage.json(self.usage.output),
            "a_field_of_tomorrow": {"nested": [1, 2.50, "ü"]},
        });
        // Spaces and order are the upstream's own business.
        serde_json::to_vec_pretty(&message).expect("JSON")
    }

    /// The events of a streamed answer.
    pub fn events(&self, model: &str) -> Vec<String> {
        let mut events = vec![
            event(
                "message_start",
                &json!({"type": "message_start", "message": {
                "id": "msg_01", "type": "message", "role": "assistant", "model": model, "content": [],
                "stop_reason": null, "stop_sequence": null, "usage": self.usage.json(1)}}),
            ),
            start(0, &json!({"type": "text", "text": ""})),
            event("ping", &json!({"type": "ping"})),
        ];
        events.extend(
            self.texts
                .iter()
                .map(|text| delta(0, &json!({"type": "text_delta", "text": text}))),
        );
        events.push(stop(0));
        events.push(
            ": a comment, and an event of tomorrow\nevent: tomorrow\ndata: {\"type\":\"tomorrow\"}\n\n"
                .to_owned(),
        );
        if let Some(tool) = &self.tool {
            events.push(start(
                1,
                &json!({"type": "tool_use", "id": "toolu_01", "name": tool.name, "input": {}}),
            ));
            let input = tool.input.to_string();
            let pieces: Vec<char> = input.chars().collect();
            events.extend(pieces.chunks(7).map(|piece| {
                let text: String = piece.iter().collect();
                delta(1, &json!({"type": "input_json_delta", "partial_json": text}))
            }));
            events.push(stop(1));
        }
        events.push(event(
            "message_delta",
            &json!({"type": "message_delta",
            "delta": {"stop_reason": self.stop_reason(), "stop_sequence": null},
            "usage": {"output_tokens": self.usage.output}}),
        ));
        events.push(event("message_stop", &json!({"type": "message_stop"})));
        events
    }

    /// All events in one.
    pub fn stream(&self, model: &str) -> Vec<u8> {
        self.events(model).concat().into_bytes()
    }

    fn stop_reason(&self) -> &'static str {
        if self.tool.is_some() {
            "tool_use"
        } else {
            "end_turn"
        }
    }
}

fn event(name: &str, data: &Value) -> String {
    format!("event: {name}\ndata: {data}\n\n")
}

fn start(index: u32, block: &Value) -> String {
    event(
        "content_block_start",
        &json!({"type": "content_block_start", "index": index, "content_block": block}),
    )
}

fn delta(index: u32, delta: &Value) -> String {
    event(
        "content_block_delta",
        &json!({"type": "content_block_delta", "index": index, "delta": delta}),
    )
}

fn stop(index: u32) -> String {
    event(
        "content_block_stop",
        &json!({"type": "content_block_stop", "index": index}),
    )
}

/// The error event that Claude sends in the middle of a stream.
pub fn error_event() -> String {
    event(
        "error",
        &json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}),
    )
}
