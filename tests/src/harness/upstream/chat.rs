//! OpenAI's Chat Completions, plain and streamed. From OpenAI's API reference: "Chat Completions", "Streaming";
//! for Azure's additions: "Azure OpenAI in Azure AI Foundry Models REST API reference", "Content filtering".
//! Thinking has no place in this format: its tokens are counted, its text is not told.

mod rules;

pub use rules::{metadata, strict_schema};

use super::answer::{Answer, Stop, Tool, in_pieces};
use super::check::text;
use super::openai::{CREATED, data, logprobs, stream_error, takes_free_text, usage};
use super::reply::{Frame, Outcome, Reply, Stream};
use super::route::{Asked, Vendor};
use serde_json::{Value, json};

/// `POST …/chat/completions`.
pub fn chat(asked: &Asked<'_>, answer: &Answer) -> Outcome {
    rules::check(asked)?;
    let writer = Writer {
        asked,
        answer,
        choices: asked.body["n"].as_u64().unwrap_or(1),
    };
    let told = answer.usage.with_one_cache();
    if asked.streamed() {
        let tells = writer.tells_usage();
        let stream = Stream::of_events(writer.frames(), stream_error());
        return Ok(Reply::stream(stream, tells.then_some(told)));
    }
    Ok(Reply::json(&writer.plain(), Some(told)))
}

struct Writer<'a> {
    asked: &'a Asked<'a>,
    answer: &'a Answer,
    choices: u64,
}

impl Writer<'_> {
    fn object(&self, kind: &str, choices: Vec<Value>) -> Value {
        json!({
            "id": self.asked.id("chatcmpl-"), "object": kind, "created": CREATED, "model": self.asked.model(),
            "choices": choices, "service_tier": "default", "system_fingerprint": "fp_upstream",
        })
    }

    fn plain(&self) -> Value {
        let answer = self.answer;
        let choices = (0..self.choices).map(|index| {
            let mut message = json!({"role": "assistant", "content": null, "refusal": null, "annotations": []});
            if !answer.texts.is_empty() {
                message["content"] = json!(answer.text());
            }
            if !answer.tools.is_empty() {
                let calls = answer.tools.iter().enumerate();
                message["tool_calls"] = calls
                    .map(|(n, tool)| {
                        if self.is_custom(tool) {
                            json!({"id": self.call_id(index, n), "type": "custom",
                                "custom": {"name": tool.name, "input": tool.free_text()}})
                        } else {
                            json!({"id": self.call_id(index, n), "type": "function",
                                "function": {"name": tool.name, "arguments": tool.input.to_string()}})
                        }
                    })
                    .collect();
            }
            let mut choice = json!({"index": index, "message": message, "logprobs": self.logprobs(&answer.texts),
                "finish_reason": self.finish_reason()});
            self.add_filter_results(&mut choice);
            choice
        });
        let mut object = self.object("chat.completion", choices.collect());
        object["usage"] = usage(answer.usage.with_one_cache(), answer.reasoning);
        object["a_field_of_tomorrow"] = json!({"nested": [1, 2.50, "ü"]});
        if self.asked.route.vendor == Vendor::Azure {
            object["prompt_filter_results"] = prompt_filter_results();
        }
        object
    }

    fn frames(&self) -> Vec<Frame> {
        let mut frames = Vec::new();
        if self.asked.route.vendor == Vendor::Azure {
            // Azure tells of the prompt's filtering in a chunk that has neither id nor choices.
            let first = json!({"id": "", "object": "", "created": 0, "model": "", "choices": [],
                "prompt_filter_results": prompt_filter_results()});
            frames.push(Frame::plain(data(&first)));
        }
        let mut push = |index: u64, delta: Value, logprobs: Value, finish: Option<&str>| {
            let mut choice =
                json!({"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": finish});
            self.add_filter_results(&mut choice);
            frames.push(Frame::plain(data(&self.chunk(vec![choice]))));
        };
        for n in 0..self.choices {
            let first = json!({"role": "assistant", "content": self.answer.texts.first().map(|_| ""), "refusal": null});
            push(n, first, Value::Null, None);
        }
        for piece in &self.answer.texts {
            for n in 0..self.choices {
                let logprobs = self.logprobs(std::slice::from_ref(piece));
                push(n, json!({"content": piece}), logprobs, None);
            }
        }
        for (k, tool) in self.answer.tools.iter().enumerate() {
            for n in 0..self.choices {
                let (kind, argument, pieces) = if self.is_custom(tool) {
                    ("custom", "input", in_pieces(tool.free_text()))
                } else {
                    ("function", "arguments", tool.pieces())
                };
                let start = json!({"tool_calls": [{"index": k, "id": self.call_id(n, k), "type": kind,
                    kind: {"name": tool.name, argument: ""}}]});
                push(n, start, Value::Null, None);
                for piece in pieces {
                    let delta = json!({"tool_calls": [{"index": k, kind: {argument: piece}}]});
                    push(n, delta, Value::Null, None);
                }
            }
        }
        for n in 0..self.choices {
            push(n, json!({}), Value::Null, Some(self.finish_reason()));
        }
        if self.tells_usage() {
            let mut last = self.chunk(Vec::new());
            last["usage"] = usage(self.answer.usage.with_one_cache(), self.answer.reasoning);
            frames.push(Frame::telling(data(&last)));
        }
        frames.push(Frame::plain("data: [DONE]\n\n"));
        frames
    }

    fn chunk(&self, choices: Vec<Value>) -> Value {
        let mut chunk = self.object("chat.completion.chunk", choices);
        if self.tells_usage() {
            chunk["usage"] = Value::Null;
        }
        let options = &self.asked.body["stream_options"];
        if self.asked.route.vendor == Vendor::OpenAi && options["include_obfuscation"] != false {
            // Padding against guessing from lengths; clients are told to pass over it.
            chunk["obfuscation"] = json!("padPad1");
        }
        chunk
    }

    fn tells_usage(&self) -> bool {
        self.asked.body["stream_options"]["include_usage"] == true
    }

    fn call_id(&self, choice: u64, n: usize) -> String {
        self.asked.id(&format!("call_{choice}_{n}_"))
    }

    fn finish_reason(&self) -> &'static str {
        match self.answer.stop {
            Stop::Done if !self.answer.tools.is_empty() => "tool_calls",
            Stop::Done | Stop::Sequence(_) => "stop",
            Stop::Length => "length",
            Stop::Refused => "content_filter",
        }
    }

    fn logprobs(&self, pieces: &[String]) -> Value {
        if self.asked.body["logprobs"] != true {
            return Value::Null;
        }
        let top = self.asked.body["top_logprobs"].as_u64().unwrap_or(0);
        json!({"content": logprobs(pieces, top), "refusal": null})
    }

    fn is_custom(&self, tool: &Tool) -> bool {
        takes_free_text(&self.asked.body["tools"], &tool.name)
    }

    fn add_filter_results(&self, choice: &mut Value) {
        if self.asked.route.vendor == Vendor::Azure {
            choice["content_filter_results"] = filter_results();
        }
    }
}

fn filter_results() -> Value {
    let safe = json!({"filtered": false, "severity": "safe"});
    json!({"hate": safe, "self_harm": safe, "sexual": safe, "violence": safe})
}

fn prompt_filter_results() -> Value {
    json!([{"prompt_index": 0, "content_filter_results": filter_results()}])
}

/// Whether some message says a word, as JSON mode demands.
fn mentions(messages: &Value, word: &str) -> bool {
    match messages {
        Value::String(said) => said.to_ascii_lowercase().contains(word),
        Value::Array(parts) => parts.iter().any(|part| mentions(part, word)),
        Value::Object(part) => ["content", "text"]
            .iter()
            .any(|field| part.get(*field).is_some_and(|value| mentions(value, word))),
        _ => false,
    }
}

/// Whether this is one of the models that think before they answer, which take fewer parameters.
fn is_reasoning_model(model: &str) -> bool {
    let mut letters = model.chars();
    let o_series = letters.next() == Some('o') && letters.next().is_some_and(|c| c.is_ascii_digit());
    o_series || (model.starts_with("gpt-5") && !model.contains("chat"))
}

/// The text of a field, for a message.
fn shown(value: &Value) -> String {
    match value {
        Value::String(_) => text(value).to_owned(),
        other => other.to_string(),
    }
}
