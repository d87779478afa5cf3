//! Claude's Messages format: answers plain and streamed, counts of tokens, errors; with the fields and events that real
//! ones have (and some that no version of Tollgate can know), so that a pass-through which touches anything shows.
//! From Anthropic's documentation: "Messages", "Streaming Messages", "Count Message tokens", "Errors", "Rate limits",
//! "Extended thinking".

mod rules;

pub use rules::{Place, check};

use super::answer::{Answer, Stop, Usage};
use super::reply::{Frame, Outcome, Refusal, Reply, Stream};
use super::route::Asked;
use super::script::Fault;
use serde_json::{Value, json};

/// Either of Anthropic's ways to say who asks.
pub fn credential(asked: &Asked<'_>) -> Result<(), Fault> {
    let key = asked.header("x-api-key").is_some_and(|key| !key.is_empty());
    let bearer = asked
        .header("authorization")
        .is_some_and(|value| value.len() > 7 && value.starts_with("Bearer "));
    if key || bearer {
        return Ok(());
    }
    Err(Fault::unauthorized("x-api-key header is required"))
}

/// `POST /v1/messages`.
pub fn messages(asked: &Asked<'_>, answer: &Answer) -> Outcome {
    rules::headers(asked)?;
    check(
        &asked.body,
        Place::Messages(asked.header("anthropic-beta").is_some()),
    )?;
    let message = Message::new(answer, asked.model(), &asked.body);
    if asked.streamed() {
        let stream = Stream::of_events(message.frames(), error_event());
        return Ok(Reply::stream(stream, Some(answer.usage)));
    }
    Ok(Reply::json(&message.plain(), Some(answer.usage)))
}

/// `POST /v1/messages/count_tokens`: free, and so told as no usage.
pub fn count(asked: &Asked<'_>, answer: &Answer) -> Outcome {
    rules::headers(asked)?;
    check(
        &asked.body,
        Place::Count(asked.header("anthropic-beta").is_some()),
    )?;
    Ok(Reply::json(&json!({"input_tokens": answer.usage.prompt()}), None))
}

/// Claude's error.
pub fn refusal(fault: &Fault) -> Refusal {
    let body = |kind: &str| json!({"type": "error", "error": {"type": kind, "message": fault.message}, "request_id": "req_upstream"});
    if fault.kind == "billing_error" {
        // Anthropic refuses an account without credit as if the request were at fault.
        return Refusal::new(400, body("invalid_request_error"));
    }
    let refusal = Refusal::new(fault.status, body(&fault.kind));
    let Some(after) = fault.retry_after else {
        return refusal;
    };
    let reset = chrono::Utc::now() + after;
    refusal
        .header("retry-after", after.as_secs())
        .header("anthropic-ratelimit-requests-remaining", 0)
        .header("anthropic-ratelimit-requests-reset", reset.to_rfc3339())
        .header("anthropic-ratelimit-unified-reset", reset.timestamp())
}

/// The error event in the middle of a stream.
pub fn error_event() -> String {
    event(
        "error",
        &json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}),
    )
}

impl Answer {
    /// All events of Claude's stream in one.
    pub fn stream(&self, model: &str) -> Vec<u8> {
        let message = Message::new(self, model, &Value::Null);
        Stream::of_events(message.frames(), error_event()).bytes()
    }
}

/// A message on its way.
#[derive(Debug)]
pub struct Message<'a> {
    answer: &'a Answer,
    model: &'a str,
    thinks: bool,
}

impl<'a> Message<'a> {
    /// The answer to a body in Claude's format. Thinking is shown where the body asks for it.
    pub fn new(answer: &'a Answer, model: &'a str, body: &Value) -> Self {
        let asked = matches!(body["thinking"]["type"].as_str(), Some("enabled" | "adaptive"));
        Self {
            answer,
            model,
            thinks: asked && !answer.thinking.is_empty(),
        }
    }

    /// The plain answer.
    pub fn plain(&self) -> Value {
        let answer = self.answer;
        let mut content = Vec::new();
        if self.thinks {
            content.push(json!({"type": "thinking", "thinking": answer.thinking.concat(), "signature": answer.signature}));
        }
        if !answer.texts.is_empty() {
            content.push(json!({"type": "text", "text": answer.text()}));
        }
        for (n, tool) in answer.tools.iter().enumerate() {
            content
                .push(json!({"type": "tool_use", "id": tool_id(n), "name": tool.name, "input": tool.input}));
        }
        json!({
            "id": "msg_01", "type": "message", "role": "assistant", "model": self.model,
            "content": content,
            "stop_reason": self.stop_reason(), "stop_sequence": self.stop_sequence(),
            "usage": self.usage(answer.usage.output),
            "a_field_of_tomorrow": {"nested": [1, 2.50, "ü"]},
        })
    }

    /// The events of the streamed answer.
    pub fn frames(&self) -> Vec<Frame> {
        let mut frames = vec![Frame::beginning(event(
            "message_start",
            &json!({"type": "message_start", "message": {
                "id": "msg_01", "type": "message", "role": "assistant", "model": self.model, "content": [],
                "stop_reason": null, "stop_sequence": null, "usage": self.usage(1)}}),
        ))];
        let mut index = 0;
        let mut block = |start: Value, deltas: Vec<Value>| {
            frames.push(Frame::plain(event(
                "content_block_start",
                &json!({"type": "content_block_start", "index": index, "content_block": start}),
            )));
            if index == 0 {
                frames.push(Frame::plain(event("ping", &json!({"type": "ping"}))));
            }
            frames.extend(deltas.iter().map(|delta| {
                Frame::plain(event(
                    "content_block_delta",
                    &json!({"type": "content_block_delta", "index": index, "delta": delta}),
                ))
            }));
            frames.push(Frame::plain(event(
                "content_block_stop",
                &json!({"type": "content_block_stop", "index": index}),
            )));
            index += 1;
        };
        if self.thinks {
            let pieces = self.answer.thinking.iter();
            let mut deltas: Vec<Value> = pieces
                .map(|piece| json!({"type": "thinking_delta", "thinking": piece}))
                .collect();
            deltas.push(json!({"type": "signature_delta", "signature": self.answer.signature}));
            block(
                json!({"type": "thinking", "thinking": "", "signature": ""}),
                deltas,
            );
        }
        if !self.answer.texts.is_empty() {
            let pieces = self.answer.texts.iter();
            let deltas = pieces.map(|text| json!({"type": "text_delta", "text": text}));
            block(json!({"type": "text", "text": ""}), deltas.collect());
        }
        for (n, tool) in self.answer.tools.iter().enumerate() {
            let pieces = tool.pieces().into_iter();
            let deltas = pieces.map(|piece| json!({"type": "input_json_delta", "partial_json": piece}));
            let start = json!({"type": "tool_use", "id": tool_id(n), "name": tool.name, "input": {}});
            block(start, deltas.collect());
        }
        frames.push(Frame::plain(
            ": a comment, and an event of tomorrow\nevent: tomorrow\ndata: {\"type\":\"tomorrow\"}\n\n",
        ));
        frames.extend(self.end());
        frames
    }

    fn end(&self) -> [Frame; 2] {
        let mut usage = json!({"output_tokens": self.answer.usage.output});
        self.add_thinking(&mut usage);
        [
            Frame::telling(event(
                "message_delta",
                &json!({"type": "message_delta",
                "delta": {"stop_reason": self.stop_reason(), "stop_sequence": self.stop_sequence()},
                "usage": usage}),
            )),
            Frame::plain(event("message_stop", &json!({"type": "message_stop"}))),
        ]
    }

    fn usage(&self, output: u64) -> Value {
        let Usage {
            input,
            cache_write_5m,
            cache_write_1h,
            cache_read,
            ..
        } = self.answer.usage;
        let mut usage = json!({
            "input_tokens": input,
            "cache_creation_input_tokens": cache_write_5m + cache_write_1h,
            "cache_read_input_tokens": cache_read,
            "cache_creation": {
                "ephemeral_5m_input_tokens": cache_write_5m,
                "ephemeral_1h_input_tokens": cache_write_1h,
            },
            "output_tokens": output,
            "service_tier": "standard",
        });
        if output == self.answer.usage.output {
            self.add_thinking(&mut usage);
        }
        usage
    }

    fn add_thinking(&self, usage: &mut Value) {
        if self.answer.reasoning > 0 {
            usage["output_tokens_details"] = json!({"thinking_tokens": self.answer.reasoning});
        }
    }

    fn stop_reason(&self) -> &'static str {
        match self.answer.stop {
            Stop::Done if self.answer.tools.is_empty() => "end_turn",
            Stop::Done => "tool_use",
            Stop::Length => "max_tokens",
            Stop::Sequence(_) => "stop_sequence",
            Stop::Refused => "refusal",
        }
    }

    fn stop_sequence(&self) -> Option<&str> {
        match &self.answer.stop {
            Stop::Sequence(sequence) => Some(sequence),
            _ => None,
        }
    }
}

fn tool_id(n: usize) -> String {
    format!("toolu_{:02}", n + 1)
}

/// An event under its name.
pub fn event(name: &str, data: &Value) -> String {
    format!("event: {name}\ndata: {data}\n\n")
}
