//! OpenAI's Responses: answers plain and streamed, compaction, counts of tokens. From OpenAI's API reference:
//! "Responses", "Streaming events", "Compact a response", "Get input token counts"; and its guide "Reasoning models".
//! A summary of the thinking is told where `reasoning.summary` asks for it, its encrypted form where `include` does.

mod events;
mod rules;

use super::answer::{Answer, Stop, Tool, Usage, in_pieces};
use super::check::list;
use super::openai::{CREATED, logprobs, takes_free_text};
use super::reply::{Outcome, Reply, Stream};
use super::route::Asked;
use serde_json::{Value, json};

/// `POST …/responses`.
pub fn responses(asked: &Asked<'_>, answer: &Answer) -> Outcome {
    rules::check(asked)?;
    let writer = Writer::new(asked, answer);
    let told = answer.usage.with_one_cache();
    if asked.streamed() {
        let (frames, error) = events::write(&writer);
        return Ok(Reply::stream(Stream::of_events(frames, error), Some(told)));
    }
    Ok(Reply::json(&writer.ended(), Some(told)))
}

/// `POST …/responses/compact`.
pub fn compact(asked: &Asked<'_>, answer: &Answer) -> Outcome {
    rules::compact(asked)?;
    let told = answer.usage.with_one_cache();
    let value = json!({
        "id": asked.id("resp_"), "object": "response.compaction", "created_at": CREATED,
        "output": [
            {"type": "message", "id": asked.id("msg_"), "status": "completed", "role": "user",
                "content": [{"type": "input_text", "text": "What was asked first."}]},
            {"type": "compaction", "id": asked.id("cmp_"), "encrypted_content": "gAAAA-compacted"},
        ],
        "usage": usage(told, answer.reasoning),
    });
    Ok(Reply::json(&value, Some(told)))
}

/// `POST …/responses/input_tokens`: free.
pub fn input_tokens(asked: &Asked<'_>, answer: &Answer) -> Outcome {
    rules::input_tokens(asked)?;
    let value = json!({"object": "response.input_tokens", "input_tokens": answer.usage.prompt()});
    Ok(Reply::json(&value, None))
}

/// Usage as Responses tells it.
fn usage(usage: Usage, reasoning: u64) -> Value {
    json!({
        "input_tokens": usage.prompt(),
        "input_tokens_details": {"cached_tokens": usage.cache_read, "cache_write_tokens": usage.cache_write()},
        "output_tokens": usage.output,
        "output_tokens_details": {"reasoning_tokens": reasoning},
        "total_tokens": usage.prompt() + usage.output,
    })
}

/// An item of the output with the pieces in which it is streamed.
struct Item {
    /// As it is at the end.
    whole: Value,
    /// Of its text, summary or arguments.
    pieces: Vec<String>,
}

struct Writer<'a> {
    asked: &'a Asked<'a>,
    answer: &'a Answer,
}

impl<'a> Writer<'a> {
    fn new(asked: &'a Asked<'a>, answer: &'a Answer) -> Self {
        Self { asked, answer }
    }

    /// The response without output, as it begins.
    fn begun(&self) -> Value {
        let body = &self.asked.body;
        let or = |field: &str, usual: Value| {
            if body[field].is_null() {
                usual
            } else {
                body[field].clone()
            }
        };
        json!({
            "id": self.asked.id("resp_"), "object": "response", "created_at": CREATED, "status": "in_progress",
            "background": false, "error": null, "incomplete_details": null,
            "instructions": body["instructions"], "max_output_tokens": body["max_output_tokens"],
            "metadata": or("metadata", json!({})), "model": self.asked.model(), "output": [],
            "parallel_tool_calls": or("parallel_tool_calls", json!(true)),
            "previous_response_id": body["previous_response_id"],
            "reasoning": {"effort": body["reasoning"]["effort"], "summary": body["reasoning"]["summary"]},
            "service_tier": "default", "store": or("store", json!(true)), "temperature": or("temperature", json!(1.0)),
            "text": or("text", json!({"format": {"type": "text"}})), "tool_choice": or("tool_choice", json!("auto")),
            "tools": or("tools", json!([])), "top_p": or("top_p", json!(1.0)),
            "truncation": or("truncation", json!("disabled")), "usage": null, "user": body["user"],
        })
    }

    /// The whole response.
    fn ended(&self) -> Value {
        let mut response = self.begun();
        response["output"] = self.items().into_iter().map(|item| item.whole).collect();
        response["usage"] = usage(self.answer.usage.with_one_cache(), self.answer.reasoning);
        response["a_field_of_tomorrow"] = json!({"nested": [1, 2.50, "ü"]});
        match self.incomplete() {
            Some(reason) => {
                response["status"] = json!("incomplete");
                response["incomplete_details"] = json!({ "reason": reason });
            }
            None => response["status"] = json!("completed"),
        }
        response
    }

    fn incomplete(&self) -> Option<&'static str> {
        match self.answer.stop {
            Stop::Length => Some("max_output_tokens"),
            Stop::Refused => Some("content_filter"),
            Stop::Done | Stop::Sequence(_) => None,
        }
    }

    fn items(&self) -> Vec<Item> {
        let answer = self.answer;
        let status = if self.incomplete().is_some() {
            "incomplete"
        } else {
            "completed"
        };
        let mut items = Vec::new();
        if answer.reasoning > 0 || !answer.thinking.is_empty() {
            items.push(self.reasoning());
        }
        if !answer.texts.is_empty() {
            let part = json!({"type": "output_text", "annotations": [], "logprobs": self.logprobs(&answer.texts),
                "text": answer.text()});
            items.push(Item {
                whole: json!({"type": "message", "id": self.asked.id("msg_"), "status": status, "role": "assistant",
                    "content": [part]}),
                pieces: answer.texts.clone(),
            });
        }
        for (n, tool) in answer.tools.iter().enumerate() {
            items.push(self.call(n, tool, status));
        }
        items
    }

    fn call(&self, n: usize, tool: &Tool, status: &str) -> Item {
        let tools = &self.asked.body["tools"];
        let call_id = self.asked.id(&format!("call_{n}_"));
        let custom = takes_free_text(tools, &tool.name);
        let mut whole = if custom {
            json!({"type": "custom_tool_call", "id": self.asked.id(&format!("ctc_{n}_")), "status": status,
                "call_id": call_id, "name": tool.name, "input": tool.free_text()})
        } else {
            json!({"type": "function_call", "id": self.asked.id(&format!("fc_{n}_")), "status": status,
                "call_id": call_id, "name": tool.name, "arguments": tool.input.to_string()})
        };
        let holds = |space: &&Value| {
            list(&space["tools"])
                .iter()
                .any(|inner| inner["name"] == tool.name)
        };
        if let Some(space) = list(tools).iter().find(holds) {
            whole["namespace"] = space["name"].clone();
        }
        let pieces = if custom {
            in_pieces(tool.free_text())
        } else {
            tool.pieces()
        };
        Item { whole, pieces }
    }

    fn logprobs(&self, pieces: &[String]) -> Vec<Value> {
        if !self.includes("message.output_text.logprobs") {
            return Vec::new();
        }
        logprobs(pieces, self.asked.body["top_logprobs"].as_u64().unwrap_or(0))
    }

    fn includes(&self, what: &str) -> bool {
        list(&self.asked.body["include"])
            .iter()
            .any(|other| other == what)
    }

    fn reasoning(&self) -> Item {
        let body = &self.asked.body;
        let summarised = body["reasoning"]["summary"].is_string() && !self.answer.thinking.is_empty();
        let pieces = if summarised {
            self.answer.thinking.clone()
        } else {
            Vec::new()
        };
        let summary: Vec<Value> = summarised
            .then(|| json!({"type": "summary_text", "text": pieces.concat()}))
            .into_iter()
            .collect();
        let mut whole = json!({"type": "reasoning", "id": self.asked.id("rs_"), "summary": summary});
        if self.includes("reasoning.encrypted_content") {
            whole["encrypted_content"] = json!(self.answer.signature);
        }
        Item { whole, pieces }
    }
}
