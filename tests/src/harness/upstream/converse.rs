//! Bedrock's `converse` and `converse-stream`. From AWS's documentation: "Converse", "ConverseStream", "ContentBlock",
//! "TokenUsage", "Prompt caching for faster model inference".
//! Reasoning is told where the model's own fields (`additionalModelRequestFields`) switch it on.

mod rules;

use super::answer::{Answer, Stop, Usage};
use super::event_stream::event;
use super::invoke::binary;
use super::reply::{Frame, Outcome, Reply};
use super::route::{Asked, Operation};
use serde_json::{Value, json};

/// `POST /model/{id}/converse` and `…/converse-stream`.
pub fn converse(asked: &Asked<'_>, answer: &Answer) -> Outcome {
    rules::check(&asked.body)?;
    let writer = Writer::new(asked, answer);
    let told = answer.usage;
    if asked.route.operation == Operation::Converse {
        return Ok(Reply::json(&writer.plain(), Some(told)));
    }
    Ok(Reply::stream(binary(writer.frames()), Some(told)))
}

struct Writer<'a> {
    asked: &'a Asked<'a>,
    answer: &'a Answer,
    thinks: bool,
}

impl<'a> Writer<'a> {
    fn new(asked: &'a Asked<'a>, answer: &'a Answer) -> Self {
        let more = &asked.body["additionalModelRequestFields"];
        let wanted = matches!(more["thinking"]["type"].as_str(), Some("enabled" | "adaptive"))
            || more["reasoning_effort"].is_string()
            || more["reasoningConfig"]["type"] == "enabled";
        Self {
            asked,
            answer,
            thinks: wanted && !answer.thinking.is_empty(),
        }
    }

    fn plain(&self) -> Value {
        let answer = self.answer;
        let mut content = Vec::new();
        if self.thinks {
            content.push(json!({"reasoningContent": {"reasoningText":
                {"text": answer.thinking.concat(), "signature": answer.signature}}}));
        }
        if !answer.texts.is_empty() {
            content.push(json!({"text": answer.text()}));
        }
        for (n, tool) in answer.tools.iter().enumerate() {
            content
                .push(json!({"toolUse": {"toolUseId": self.id(n), "name": tool.name, "input": tool.input}}));
        }
        json!({
            "output": {"message": {"role": "assistant", "content": content}},
            "stopReason": self.stop_reason(), "usage": usage(answer.usage), "metrics": {"latencyMs": 12},
        })
    }

    /// Only tool calls begin with a start of their own; a text's first delta begins its block.
    fn frames(&self) -> Vec<Frame> {
        let mut frames = vec![Frame::plain(event("messageStart", &json!({"role": "assistant"})))];
        let mut index = 0;
        let mut block = |start: Option<Value>, deltas: Vec<Value>| {
            if let Some(start) = start {
                let data = json!({"contentBlockIndex": index, "start": start, "p": "abcd"});
                frames.push(Frame::plain(event("contentBlockStart", &data)));
            }
            for delta in deltas {
                let data = json!({"contentBlockIndex": index, "delta": delta, "p": "abcdefgh"});
                frames.push(Frame::plain(event("contentBlockDelta", &data)));
            }
            let data = json!({"contentBlockIndex": index, "p": "ab"});
            frames.push(Frame::plain(event("contentBlockStop", &data)));
            index += 1;
        };
        if self.thinks {
            let pieces = self.answer.thinking.iter();
            let mut deltas: Vec<Value> = pieces
                .map(|piece| json!({"reasoningContent": {"text": piece}}))
                .collect();
            deltas.push(json!({"reasoningContent": {"signature": self.answer.signature}}));
            block(None, deltas);
        }
        if !self.answer.texts.is_empty() {
            let pieces = self.answer.texts.iter();
            block(None, pieces.map(|text| json!({ "text": text })).collect());
        }
        for (n, tool) in self.answer.tools.iter().enumerate() {
            let start = json!({"toolUse": {"toolUseId": self.id(n), "name": tool.name}});
            let pieces = tool.pieces().into_iter();
            block(
                Some(start),
                pieces.map(|piece| json!({"toolUse": {"input": piece}})).collect(),
            );
        }
        let stop = json!({"stopReason": self.stop_reason(), "p": "abc"});
        frames.push(Frame::plain(event("messageStop", &stop)));
        let metadata = json!({"usage": usage(self.answer.usage), "metrics": {"latencyMs": 12}, "p": "abcde"});
        frames.push(Frame::telling(event("metadata", &metadata)));
        frames
    }

    fn id(&self, n: usize) -> String {
        self.asked.id(&format!("tooluse_{n}_"))
    }

    fn stop_reason(&self) -> &'static str {
        match self.answer.stop {
            Stop::Done if self.answer.tools.is_empty() => "end_turn",
            Stop::Done => "tool_use",
            Stop::Length => "max_tokens",
            Stop::Sequence(_) => "stop_sequence",
            Stop::Refused => "content_filtered",
        }
    }
}

/// What was read from or written to a cache stands beside `inputTokens`; the total has all.
fn usage(usage: Usage) -> Value {
    let mut told = json!({
        "inputTokens": usage.input, "outputTokens": usage.output, "totalTokens": usage.prompt() + usage.output,
        "cacheReadInputTokens": usage.cache_read, "cacheWriteInputTokens": usage.cache_write(),
    });
    let details = [("5m", usage.cache_write_5m), ("1h", usage.cache_write_1h)];
    let written: Vec<Value> = details
        .iter()
        .filter(|(_, tokens)| *tokens > 0)
        .map(|(ttl, tokens)| json!({"ttl": ttl, "inputTokens": tokens}))
        .collect();
    if !written.is_empty() {
        told["cacheDetails"] = json!(written);
    }
    told
}
