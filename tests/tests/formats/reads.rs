//! What a client of each format makes of an answer, read the way its SDK reads it.

use crate::asks::Format;
use serde_json::Value;

/// An answer as its client understands it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Got {
    pub text: String,
    pub thinking: String,
    /// Name and arguments.
    pub calls: Vec<(String, Value)>,
    /// `end`, `tools`, `length`, `refusal`; empty if the answer does not tell.
    pub stop: String,
    /// All input and all output; `None` if not told.
    pub usage: Option<(u64, u64)>,
    /// The error's message, in mid-stream.
    pub error: Option<String>,
}

/// A plain answer.
pub fn plain(format: Format, body: &Value) -> Got {
    match format {
        Format::Claude => claude(body),
        Format::Chat => chat(body),
        Format::Responses => responses(body),
        Format::Gemini => gemini(std::slice::from_ref(body)),
    }
}

/// A streamed answer.
pub fn streamed(format: Format, body: &str) -> Got {
    let events: Vec<Value> = body
        .split("\n\n")
        .flat_map(|event| event.lines().filter_map(|line| line.strip_prefix("data:")))
        .map(str::trim)
        .filter(|data| *data != "[DONE]")
        .map(|data| serde_json::from_str(data).unwrap_or_else(|error| panic!("{data}: {error}")))
        .collect();
    match format {
        Format::Claude => claude_stream(&events),
        Format::Chat => chat_stream(&events),
        Format::Responses => responses_stream(&events),
        Format::Gemini => gemini(&events),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn count(value: &Value) -> u64 {
    value.as_u64().unwrap_or(0)
}

fn arguments(value: &Value) -> Value {
    serde_json::from_str(&text(value)).unwrap_or_else(|error| panic!("arguments {value}: {error}"))
}

fn stop(word: &str) -> String {
    match word {
        "end_turn" | "stop" | "STOP" | "completed" => "end",
        "tool_use" | "tool_calls" => "tools",
        "max_tokens" | "length" | "MAX_TOKENS" | "max_output_tokens" => "length",
        "refusal" | "content_filter" | "SAFETY" => "refusal",
        other => other,
    }
    .to_owned()
}

fn claude_usage(usage: &Value) -> Option<(u64, u64)> {
    let input = count(&usage["input_tokens"])
        + count(&usage["cache_read_input_tokens"])
        + count(&usage["cache_creation_input_tokens"]);
    usage.is_object().then(|| (input, count(&usage["output_tokens"])))
}

fn claude(body: &Value) -> Got {
    let mut got = Got {
        stop: stop(&text(&body["stop_reason"])),
        usage: claude_usage(&body["usage"]),
        ..Got::default()
    };
    for block in body["content"].as_array().expect("content") {
        match block["type"].as_str().expect("a type") {
            "text" => got.text.push_str(&text(&block["text"])),
            "thinking" => got.thinking.push_str(&text(&block["thinking"])),
            "tool_use" => got.calls.push((text(&block["name"]), block["input"].clone())),
            other => panic!("a block of type {other}"),
        }
    }
    got
}

fn claude_stream(events: &[Value]) -> Got {
    let (mut got, mut input) = (Got::default(), String::new());
    let (mut first, mut last) = (Value::Null, Value::Null);
    for event in events {
        match event["type"].as_str().expect("a type") {
            "message_start" => first = event["message"]["usage"].clone(),
            "content_block_start" if event["content_block"]["type"] == "tool_use" => {
                got.calls
                    .push((text(&event["content_block"]["name"]), Value::Null));
                input.clear();
            }
            "content_block_delta" => match event["delta"]["type"].as_str().expect("a type") {
                "text_delta" => got.text.push_str(&text(&event["delta"]["text"])),
                "thinking_delta" => got.thinking.push_str(&text(&event["delta"]["thinking"])),
                "input_json_delta" => input.push_str(&text(&event["delta"]["partial_json"])),
                _ => {}
            },
            "content_block_stop" if !input.is_empty() => {
                if let Some((_, arguments)) = got.calls.last_mut() {
                    *arguments = serde_json::from_str(&input).expect("arguments");
                }
                input.clear();
            }
            "message_delta" => {
                got.stop = stop(&text(&event["delta"]["stop_reason"]));
                last = event["usage"].clone();
            }
            "error" => got.error = Some(text(&event["error"]["message"])),
            _ => {}
        }
    }
    // As the SDKs do: what the last event tells replaces what the first told.
    if let (Some(first), Some(last)) = (first.as_object_mut(), last.as_object()) {
        first.extend(
            last.iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(name, value)| (name.clone(), value.clone())),
        );
    }
    got.usage = claude_usage(&first);
    got
}

fn openai_usage(usage: &Value, input: &str, output: &str) -> Option<(u64, u64)> {
    usage
        .is_object()
        .then(|| (count(&usage[input]), count(&usage[output])))
}

fn chat(body: &Value) -> Got {
    let message = &body["choices"][0]["message"];
    let calls = message["tool_calls"].as_array().cloned().unwrap_or_default();
    Got {
        text: text(&message["content"]),
        thinking: text(&message["reasoning_content"]),
        calls: calls
            .iter()
            .map(|call| {
                (
                    text(&call["function"]["name"]),
                    arguments(&call["function"]["arguments"]),
                )
            })
            .collect(),
        stop: stop(&text(&body["choices"][0]["finish_reason"])),
        usage: openai_usage(&body["usage"], "prompt_tokens", "completion_tokens"),
        error: None,
    }
}

fn chat_stream(events: &[Value]) -> Got {
    let mut got = Got::default();
    let mut calls: Vec<(String, String)> = Vec::new();
    for event in events {
        if event["error"].is_object() {
            got.error = Some(text(&event["error"]["message"]));
            continue;
        }
        got.usage = got.usage.or(openai_usage(
            &event["usage"],
            "prompt_tokens",
            "completion_tokens",
        ));
        let Some(choice) = event["choices"].get(0) else {
            continue;
        };
        let delta = &choice["delta"];
        got.text.push_str(&text(&delta["content"]));
        got.thinking.push_str(&text(&delta["reasoning_content"]));
        for call in delta["tool_calls"].as_array().into_iter().flatten() {
            let index = usize::try_from(count(&call["index"])).expect("an index");
            if calls.len() <= index {
                calls.resize_with(index + 1, Default::default);
            }
            calls[index].0.push_str(&text(&call["function"]["name"]));
            calls[index].1.push_str(&text(&call["function"]["arguments"]));
        }
        if choice["finish_reason"].is_string() {
            got.stop = stop(&text(&choice["finish_reason"]));
        }
    }
    got.calls = calls
        .into_iter()
        .map(|(name, input)| (name, serde_json::from_str(&input).unwrap_or(Value::String(input))))
        .collect();
    got
}

fn responses(body: &Value) -> Got {
    let reason = text(&body["incomplete_details"]["reason"]);
    let mut got = Got {
        stop: stop(if reason.is_empty() {
            body["status"].as_str().unwrap_or_default()
        } else {
            &reason
        }),
        usage: openai_usage(&body["usage"], "input_tokens", "output_tokens"),
        ..Got::default()
    };
    for item in body["output"].as_array().expect("output") {
        match item["type"].as_str().expect("a type") {
            "message" => {
                for part in item["content"].as_array().expect("content") {
                    got.text.push_str(&text(&part["text"]));
                }
            }
            "reasoning" => {
                for part in item["summary"].as_array().expect("summary") {
                    got.thinking.push_str(&text(&part["text"]));
                }
            }
            "function_call" => got
                .calls
                .push((text(&item["name"]), arguments(&item["arguments"]))),
            other => panic!("an item of type {other}"),
        }
    }
    if !got.calls.is_empty() && got.stop == "end" {
        "tools".clone_into(&mut got.stop);
    }
    got
}

fn responses_stream(events: &[Value]) -> Got {
    let (mut last, mut number) = (None, None);
    for event in events {
        let next = event["sequence_number"].as_u64();
        assert!(next.is_some() && next > number, "numbers rise: {event}");
        number = next;
        match event["type"].as_str().expect("a type") {
            "response.completed" | "response.incomplete" | "response.failed" => last = Some(event),
            _ => {}
        }
    }
    let Some(last) = last else { return Got::default() };
    let mut got = responses(&last["response"]);
    if last["type"] == "response.failed" {
        got.error = Some(text(&last["response"]["error"]["message"]));
    }
    // The pieces must say the same as the whole.
    let pieces = |kind: &str| -> String {
        let of_kind = events.iter().filter(|event| event["type"] == kind);
        of_kind.map(|event| text(&event["delta"])).collect()
    };
    if got.error.is_none() {
        assert_eq!(pieces("response.output_text.delta"), got.text);
    }
    got
}

fn gemini(bodies: &[Value]) -> Got {
    let mut got = Got::default();
    for body in bodies {
        if body["error"].is_object() {
            got.error = Some(text(&body["error"]["message"]));
            continue;
        }
        let candidate = &body["candidates"][0];
        for part in candidate["content"]["parts"].as_array().into_iter().flatten() {
            if part["functionCall"].is_object() {
                got.calls.push((
                    text(&part["functionCall"]["name"]),
                    part["functionCall"]["args"].clone(),
                ));
            } else if part["thought"] == true {
                got.thinking.push_str(&text(&part["text"]));
            } else {
                got.text.push_str(&text(&part["text"]));
            }
        }
        if candidate["finishReason"].is_string() {
            got.stop = stop(&text(&candidate["finishReason"]));
        }
        let usage = &body["usageMetadata"];
        if usage.is_object() {
            let output = count(&usage["candidatesTokenCount"]) + count(&usage["thoughtsTokenCount"]);
            got.usage = Some((count(&usage["promptTokenCount"]), output));
        }
    }
    if !got.calls.is_empty() && got.stop == "end" {
        "tools".clone_into(&mut got.stop);
    }
    got
}
