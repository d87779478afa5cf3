//! Claude's Messages format. From Anthropic's documentation: "Messages", "Streaming Messages", "Count Message tokens".

use super::answer::{Answer, Content, InputUsage, Stop};
use super::prompt::{Choice, Prompt, Reader, Speaker};
use super::refusal::{Kind, Manner, Refusal};
use super::stream::{EVENTS, Frame, named, respond};
use super::{Demo, Models, body, json_body};
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

/// `POST /v1/messages`.
pub async fn messages(
    http: HttpRequest,
    bytes: web::Bytes,
    demo: web::Data<Demo>,
) -> Result<HttpResponse, Refusal> {
    let body = json_body(&http, &bytes, &demo, Manner::Claude)?;
    let model = model(&body)?;
    let prompt = read(&body, model, Need::Answer)?;
    let answer = demo.answer(&prompt);
    if body::flag(&body, "stream") {
        return Ok(respond(EVENTS, frames(&answer)));
    }
    Ok(HttpResponse::Ok().json(whole(&answer)))
}

/// `POST /v1/messages/count_tokens`.
pub async fn count(
    http: HttpRequest,
    bytes: web::Bytes,
    demo: web::Data<Demo>,
) -> Result<HttpResponse, Refusal> {
    let body = json_body(&http, &bytes, &demo, Manner::Claude)?;
    let prompt = read(&body, model(&body)?, Need::Count)?;
    Ok(HttpResponse::Ok().json(json!({"input_tokens": prompt.tokens})))
}

/// Claude's list of models.
pub fn models() -> Value {
    let names = Models::CLAUDE;
    let data: Vec<Value> = names
        .iter()
        .map(|id| json!({"type": "model", "id": id, "display_name": format!("{id} (demo)"), "created_at": "2026-01-01T00:00:00Z"}))
        .collect();
    json!({"data": data, "has_more": false, "first_id": names.first(), "last_id": names.last()})
}

fn model(body: &Value) -> Result<&str, Refusal> {
    let model = body["model"]
        .as_str()
        .ok_or_else(|| invalid("model: Field required"))?;
    if !model.starts_with("claude-") {
        let message = format!("model: {model}");
        return Err(Refusal::new(Manner::Claude, Kind::NotFound, message));
    }
    Ok(model)
}

/// What a body is read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// An answer, whose length must be bounded.
    Answer,
    /// A count of its tokens.
    Count,
}

/// Reads a body; the model may stand elsewhere.
pub fn read(body: &Value, model: &str, need: Need) -> Result<Prompt, Refusal> {
    let output_max = match &body["max_tokens"] {
        Value::Null if need == Need::Count => None,
        Value::Null => return Err(invalid("max_tokens: Field required")),
        value => {
            let tokens = value.as_u64().filter(|tokens| *tokens > 0);
            Some(tokens.ok_or_else(|| invalid("max_tokens: Input should be a whole number greater than 0"))?)
        }
    };
    let turns = body["messages"]
        .as_array()
        .ok_or_else(|| invalid("messages: Field required"))?;
    if turns.is_empty() {
        return Err(invalid("messages: at least one message is required"));
    }
    let mut reader = Reader::default();
    for tool in body::list(&body["tools"]) {
        reader.tool(tool, body::text(&tool["name"]), &tool["input_schema"]);
    }
    reader.content(&body["system"]);
    for turn in turns {
        let content = turn
            .get("content")
            .ok_or_else(|| invalid("messages: content: Field required"))?;
        let has_result = body::list(content)
            .iter()
            .any(|block| block["type"] == "tool_result");
        let speaker = match turn["role"].as_str() {
            Some("user") if has_result => Speaker::Tool,
            Some("user") => Speaker::User,
            _ => Speaker::Other,
        };
        reader.turn(speaker, content);
    }
    let choice = match body["tool_choice"]["type"].as_str() {
        Some("any") => Choice::Any,
        Some("tool") => Choice::Named(body::text(&body["tool_choice"]["name"]).to_owned()),
        Some("none") => Choice::Never,
        _ => Choice::Auto,
    };
    let format = &body["output_config"]["format"];
    let schema = (format["type"] == "json_schema").then(|| format["schema"].clone());
    Ok(reader.finish(model, output_max, &choice, schema))
}

fn invalid(message: &str) -> Refusal {
    Refusal::new(Manner::Claude, Kind::Invalid, message)
}

/// The plain answer.
pub fn whole(answer: &Answer) -> Value {
    let content = match &answer.content {
        Content::Text(text) => json!({"type": "text", "text": text}),
        Content::Call(call) => {
            json!({"type": "tool_use", "id": tool_use_id(answer), "name": call.name, "input": call.input})
        }
    };
    json!({
        "id": format!("msg_{}", answer.id), "type": "message", "role": "assistant", "model": answer.model,
        "content": [content], "stop_reason": stop_reason(answer), "stop_sequence": null,
        "usage": usage(answer.usage, answer.output_tokens)
    })
}

/// All events in order.
pub fn events(answer: &Answer) -> Vec<(&'static str, Value)> {
    let start = json!({"type": "message_start", "message": {
        "id": format!("msg_{}", answer.id), "type": "message", "role": "assistant", "model": answer.model, "content": [],
        "stop_reason": null, "stop_sequence": null, "usage": usage(answer.usage, 1)
    }});
    let block = match &answer.content {
        Content::Text(_) => json!({"type": "text", "text": ""}),
        Content::Call(call) => {
            json!({"type": "tool_use", "id": tool_use_id(answer), "name": call.name, "input": {}})
        }
    };
    let mut events = vec![
        ("message_start", start),
        (
            "content_block_start",
            json!({"type": "content_block_start", "index": 0, "content_block": block}),
        ),
        ("ping", json!({"type": "ping"})),
    ];
    for piece in answer.pieces() {
        let delta = match &answer.content {
            Content::Text(_) => json!({"type": "text_delta", "text": piece}),
            Content::Call(_) => json!({"type": "input_json_delta", "partial_json": piece}),
        };
        events.push((
            "content_block_delta",
            json!({"type": "content_block_delta", "index": 0, "delta": delta}),
        ));
    }
    events.push((
        "content_block_stop",
        json!({"type": "content_block_stop", "index": 0}),
    ));
    events.push((
        "message_delta",
        json!({
            "type": "message_delta",
            "delta": {"stop_reason": stop_reason(answer), "stop_sequence": null},
            "usage": {"output_tokens": answer.output_tokens}
        }),
    ));
    events.push(("message_stop", json!({"type": "message_stop"})));
    events
}

fn frames(answer: &Answer) -> Vec<Frame> {
    let events = events(answer).into_iter();
    events
        .map(|(name, data)| Frame {
            bytes: named(name, &data).into(),
            is_piece: name == "content_block_delta",
        })
        .collect()
}

fn tool_use_id(answer: &Answer) -> String {
    format!("toolu_{}", answer.id)
}

fn stop_reason(answer: &Answer) -> &'static str {
    match answer.stop {
        Stop::End => "end_turn",
        Stop::Length => "max_tokens",
        Stop::Call => "tool_use",
    }
}

fn usage(usage: InputUsage, output: u64) -> Value {
    json!({
        "input_tokens": usage.input,
        "cache_creation_input_tokens": usage.cache_write(),
        "cache_read_input_tokens": usage.cache_read,
        "cache_creation": {
            "ephemeral_5m_input_tokens": usage.cache_write_5m,
            "ephemeral_1h_input_tokens": usage.cache_write_1h
        },
        "output_tokens": output,
        "service_tier": "standard"
    })
}
