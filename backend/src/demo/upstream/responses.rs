//! OpenAI's Responses. From OpenAI's API reference: "Responses", "Streaming events", "Compact a response", "Get input
//! token counts". Nothing is remembered: `previous_response_id` is refused.

use super::answer::{Answer, Content, Stop};
use super::openai::{CREATED, asked_model, invalid, schema_of};
use super::prompt::{Choice, Prompt, Reader, Speaker};
use super::refusal::{Manner, Refusal};
use super::stream::{EVENTS, Frame, named, respond};
use super::{Demo, body, json_body, tokens};
use actix_web::{HttpRequest, HttpResponse, web};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// `POST …/responses`.
pub async fn responses(
    http: HttpRequest,
    bytes: web::Bytes,
    demo: web::Data<Demo>,
) -> Result<HttpResponse, Refusal> {
    let body = json_body(&http, &bytes, &demo, Manner::OpenAi)?;
    let prompt = read(&body, &asked_model(&http, &body)?)?;
    let answer = demo.answer(&prompt);
    if body::flag(&body, "stream") {
        return Ok(respond(EVENTS, frames(&answer, &body)));
    }
    Ok(HttpResponse::Ok().json(whole(&answer, &body)))
}

/// `POST …/responses/compact`: what was said last stays, the rest becomes a note that only the demo reads.
pub async fn compact(
    http: HttpRequest,
    bytes: web::Bytes,
    demo: web::Data<Demo>,
) -> Result<HttpResponse, Refusal> {
    let body = json_body(&http, &bytes, &demo, Manner::OpenAi)?;
    let prompt = read(&body, &asked_model(&http, &body)?)?;
    let answer = demo.answer(&prompt);
    let note = format!("compacted by the demo upstream: {} tokens", prompt.tokens);
    let kept = tokens::count(&prompt.question) + tokens::count(&note);
    let question = json!({"type": "message", "id": format!("msg_{}", answer.id), "status": "completed", "role": "user",
        "content": [{"type": "input_text", "text": prompt.question}]});
    let compaction = json!({"type": "compaction", "id": format!("cmp_{}", answer.id),
        "encrypted_content": STANDARD.encode(note)});
    Ok(HttpResponse::Ok().json(json!({
        "id": format!("resp_{}", answer.id), "object": "response.compaction", "created_at": CREATED,
        "output": [question, compaction], "usage": usage(answer.usage.total(), kept)
    })))
}

/// `POST …/responses/input_tokens`.
pub async fn input_tokens(
    http: HttpRequest,
    bytes: web::Bytes,
    demo: web::Data<Demo>,
) -> Result<HttpResponse, Refusal> {
    let body = json_body(&http, &bytes, &demo, Manner::OpenAi)?;
    let prompt = read(&body, body::text(&body["model"]))?;
    Ok(HttpResponse::Ok().json(json!({"object": "response.input_tokens", "input_tokens": prompt.tokens})))
}

/// Reads a body.
pub fn read(body: &Value, model: &str) -> Result<Prompt, Refusal> {
    if let Some(id) = body["previous_response_id"].as_str() {
        let message = format!("Previous response with id '{id}' not found.");
        return Err(invalid(&message));
    }
    let mut reader = Reader::default();
    for tool in body::list(&body["tools"]) {
        // Only functions can be called by making up arguments.
        match tool["type"].as_str() {
            Some("function") => reader.tool(tool, body::text(&tool["name"]), &tool["parameters"]),
            _ => reader.content(&json!([tool])),
        }
    }
    reader.content(&body["instructions"]);
    match &body["input"] {
        Value::String(_) => reader.turn(Speaker::User, &body["input"]),
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                read_item(&mut reader, item);
            }
        }
        _ => return Err(invalid("Missing required parameter: 'input'.")),
    }
    let choice = match &body["tool_choice"] {
        Value::String(word) if word == "required" => Choice::Any,
        Value::String(word) if word == "none" => Choice::Never,
        Value::Object(choice) if choice.get("type").is_some_and(|kind| kind == "function") => {
            Choice::Named(choice.get("name").map(body::text).unwrap_or_default().to_owned())
        }
        _ => Choice::Auto,
    };
    let format = &body["text"]["format"];
    let schema = schema_of(format, &format["schema"]);
    Ok(reader.finish(model, body["max_output_tokens"].as_u64(), &choice, schema))
}

fn read_item(reader: &mut Reader, item: &Value) {
    match item["type"].as_str() {
        None | Some("message") => {
            let speaker = if item["role"] == "user" {
                Speaker::User
            } else {
                Speaker::Other
            };
            reader.turn(speaker, &item["content"]);
        }
        Some("function_call_output" | "custom_tool_call_output") => {
            reader.turn(Speaker::Tool, &item["output"]);
        }
        _ => reader.content(&json!([item])),
    }
}

fn usage(input: u64, output: u64) -> Value {
    json!({
        "input_tokens": input, "output_tokens": output, "total_tokens": input + output,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens_details": {"reasoning_tokens": 0}
    })
}

fn begun(answer: &Answer, body: &Value) -> Value {
    let or = |field: &str, usual: Value| {
        if body[field].is_null() {
            usual
        } else {
            body[field].clone()
        }
    };
    json!({
        "id": format!("resp_{}", answer.id), "object": "response", "created_at": CREATED, "status": "in_progress",
        "background": false, "error": null, "incomplete_details": null, "instructions": body["instructions"],
        "max_output_tokens": body["max_output_tokens"], "metadata": or("metadata", json!({})), "model": answer.model,
        "output": [], "parallel_tool_calls": or("parallel_tool_calls", json!(true)), "previous_response_id": null,
        "reasoning": {"effort": null, "summary": null}, "service_tier": "default", "store": false,
        "temperature": or("temperature", json!(1.0)), "text": or("text", json!({"format": {"type": "text"}})),
        "tool_choice": or("tool_choice", json!("auto")), "tools": or("tools", json!([])),
        "top_p": or("top_p", json!(1.0)), "truncation": or("truncation", json!("disabled")), "usage": null
    })
}

/// The plain answer.
pub fn whole(answer: &Answer, body: &Value) -> Value {
    let mut response = begun(answer, body);
    response["output"] = json!([item(answer)]);
    response["usage"] = usage(answer.usage.total(), answer.output_tokens);
    response["status"] = json!(status(answer));
    if answer.stop == Stop::Length {
        response["incomplete_details"] = json!({"reason": "max_output_tokens"});
    }
    response
}

fn status(answer: &Answer) -> &'static str {
    if answer.stop == Stop::Length {
        "incomplete"
    } else {
        "completed"
    }
}

fn item(answer: &Answer) -> Value {
    match &answer.content {
        Content::Text(text) => {
            json!({"type": "message", "id": format!("msg_{}", answer.id), "status": status(answer),
            "role": "assistant", "content": [{"type": "output_text", "annotations": [], "logprobs": [], "text": text}]})
        }
        Content::Call(call) => json!({"type": "function_call", "id": format!("fc_{}", answer.id),
            "status": status(answer), "call_id": format!("call_{}", answer.id), "name": call.name,
            "arguments": call.input.to_string()}),
    }
}

/// The events of a streamed answer, numbered without a gap.
pub fn events(answer: &Answer, body: &Value) -> Vec<(&'static str, Value)> {
    let item = item(answer);
    let mut added = item.clone();
    added["status"] = json!("in_progress");
    let place = |more: Value| {
        let mut data = more;
        data["item_id"] = item["id"].clone();
        data["output_index"] = json!(0);
        data
    };
    let begun = begun(answer, body);
    let mut events = vec![
        ("response.created", json!({"response": begun})),
        ("response.in_progress", json!({"response": begun})),
    ];
    let add = |added: Value| {
        (
            "response.output_item.added",
            json!({"output_index": 0, "item": added}),
        )
    };
    match &answer.content {
        Content::Text(text) => {
            added["content"] = json!([]);
            events.push(add(added));
            let part = |text: &str| {
                let part = json!({"type": "output_text", "annotations": [], "logprobs": [], "text": text});
                place(json!({"content_index": 0, "part": part}))
            };
            events.push(("response.content_part.added", part("")));
            for piece in answer.pieces() {
                let delta = json!({"content_index": 0, "delta": piece, "logprobs": []});
                events.push(("response.output_text.delta", place(delta)));
            }
            let done = json!({"content_index": 0, "text": text, "logprobs": []});
            events.push(("response.output_text.done", place(done)));
            events.push(("response.content_part.done", part(text)));
        }
        Content::Call(call) => {
            added["arguments"] = json!("");
            events.push(add(added));
            for piece in answer.pieces() {
                let delta = place(json!({"delta": piece}));
                events.push(("response.function_call_arguments.delta", delta));
            }
            let done = json!({"name": call.name, "arguments": call.input.to_string()});
            events.push(("response.function_call_arguments.done", place(done)));
        }
    }
    events.push((
        "response.output_item.done",
        json!({"output_index": 0, "item": item}),
    ));
    let last = match answer.stop {
        Stop::Length => "response.incomplete",
        Stop::End | Stop::Call => "response.completed",
    };
    events.push((last, json!({"response": whole(answer, body)})));
    for (number, (name, data)) in events.iter_mut().enumerate() {
        data["type"] = json!(name);
        data["sequence_number"] = json!(number);
    }
    events
}

fn frames(answer: &Answer, body: &Value) -> Vec<Frame> {
    let events = events(answer, body).into_iter();
    events
        .map(|(name, data)| Frame {
            bytes: named(name, &data).into(),
            is_piece: !data["delta"].is_null(),
        })
        .collect()
}
