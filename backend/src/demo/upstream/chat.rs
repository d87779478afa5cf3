//! OpenAI's Chat Completions, also under Azure's paths, and its legacy completions. From OpenAI's API reference: "Chat
//! Completions", "Streaming", "Completions".

use super::answer::{Answer, Content, Stop};
use super::openai::{CREATED, asked_model, invalid, schema_of, usage};
use super::prompt::{Choice, Prompt, Reader, Speaker};
use super::refusal::{Manner, Refusal};
use super::stream::{EVENTS, Frame, nameless, respond};
use super::{Demo, body, json_body};
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

/// `POST …/chat/completions`.
pub async fn chat(
    http: HttpRequest,
    bytes: web::Bytes,
    demo: web::Data<Demo>,
) -> Result<HttpResponse, Refusal> {
    let body = json_body(&http, &bytes, &demo, Manner::OpenAi)?;
    let model = asked_model(&http, &body)?;
    let answer = demo.answer(&read(&body, &model)?);
    if body::flag(&body, "stream") {
        let tells = body::flag(&body["stream_options"], "include_usage");
        return Ok(respond(EVENTS, frames(&answer, tells)));
    }
    Ok(HttpResponse::Ok().json(whole(&answer)))
}

/// `POST …/completions`.
pub async fn completions(
    http: HttpRequest,
    bytes: web::Bytes,
    demo: web::Data<Demo>,
) -> Result<HttpResponse, Refusal> {
    let body = json_body(&http, &bytes, &demo, Manner::OpenAi)?;
    let model = asked_model(&http, &body)?;
    let mut reader = Reader::default();
    match &body["prompt"] {
        Value::Null => return Err(invalid("Missing required parameter: 'prompt'.")),
        Value::Array(prompts) => reader.turn(Speaker::User, prompts.first().unwrap_or(&Value::Null)),
        prompt => reader.turn(Speaker::User, prompt),
    }
    let output_max = body["max_tokens"].as_u64();
    let answer = demo.answer(&reader.finish(&model, output_max, &Choice::Never, None));
    let object = |text: &str, finish: Option<&str>| {
        json!({"id": format!("cmpl-{}", answer.id), "object": "text_completion", "created": CREATED, "model": model,
            "choices": [{"text": text, "index": 0, "logprobs": null, "finish_reason": finish}]})
    };
    let finish = finish_reason(&answer);
    if !body::flag(&body, "stream") {
        let mut whole = object(&answer.pieces().concat(), Some(finish));
        whole["usage"] = usage(&answer);
        return Ok(HttpResponse::Ok().json(whole));
    }
    let pieces = answer.pieces();
    let mut frames: Vec<Frame> = pieces
        .iter()
        .map(|piece| Frame::piece(nameless(&object(piece, None))))
        .collect();
    frames.push(Frame::form(nameless(&object("", Some(finish)))));
    if body::flag(&body["stream_options"], "include_usage") {
        let mut last = object("", None);
        last["choices"] = json!([]);
        last["usage"] = usage(&answer);
        frames.push(Frame::form(nameless(&last)));
    }
    frames.push(Frame::form("data: [DONE]\n\n"));
    Ok(respond(EVENTS, frames))
}

/// Reads a body.
pub fn read(body: &Value, model: &str) -> Result<Prompt, Refusal> {
    let turns = body::list(&body["messages"]);
    if turns.is_empty() {
        return Err(invalid("Missing required parameter: 'messages'."));
    }
    let mut reader = Reader::default();
    for tool in body::list(&body["tools"]) {
        let function = &tool["function"];
        reader.tool(tool, body::text(&function["name"]), &function["parameters"]);
    }
    for turn in turns {
        let speaker = match turn["role"].as_str() {
            Some("user") => Speaker::User,
            Some("tool" | "function") => Speaker::Tool,
            _ => Speaker::Other,
        };
        reader.turn(speaker, &turn["content"]);
        reader.content(&turn["tool_calls"]);
    }
    let choice = match &body["tool_choice"] {
        Value::String(word) if word == "required" => Choice::Any,
        Value::String(word) if word == "none" => Choice::Never,
        Value::Object(choice) => {
            let name = choice
                .get("function")
                .map(|function| body::text(&function["name"]));
            name.map_or(Choice::Auto, |name| Choice::Named(name.to_owned()))
        }
        _ => Choice::Auto,
    };
    let bound = |field: &str| body[field].as_u64();
    let output_max = bound("max_completion_tokens").or_else(|| bound("max_tokens"));
    let format = &body["response_format"];
    let schema = schema_of(format, &format["json_schema"]["schema"]);
    Ok(reader.finish(model, output_max, &choice, schema))
}

/// The plain answer.
pub fn whole(answer: &Answer) -> Value {
    let mut message = json!({"role": "assistant", "content": null, "refusal": null, "annotations": []});
    match &answer.content {
        Content::Text(text) => message["content"] = json!(text),
        Content::Call(call) => {
            message["tool_calls"] = json!([{"id": call_id(answer), "type": "function",
                "function": {"name": call.name, "arguments": call.input.to_string()}}]);
        }
    }
    let choice =
        json!({"index": 0, "message": message, "logprobs": null, "finish_reason": finish_reason(answer)});
    let mut object = object(answer, "chat.completion", json!([choice]));
    object["usage"] = usage(answer);
    object
}

/// The chunks of a streamed answer; usage only where it was asked for.
pub fn frames(answer: &Answer, tells_usage: bool) -> Vec<Frame> {
    let chunk = |delta: Value, finish: Option<&str>| {
        let choice = json!({"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish});
        let mut chunk = object(answer, "chat.completion.chunk", json!([choice]));
        if tells_usage {
            chunk["usage"] = Value::Null;
        }
        nameless(&chunk)
    };
    let mut frames = Vec::new();
    match &answer.content {
        Content::Text(_) => {
            let first = json!({"role": "assistant", "content": "", "refusal": null});
            frames.push(Frame::form(chunk(first, None)));
            for piece in answer.pieces() {
                frames.push(Frame::piece(chunk(json!({"content": piece}), None)));
            }
        }
        Content::Call(call) => {
            let first = json!({"role": "assistant", "content": null, "tool_calls": [{"index": 0, "id": call_id(answer),
                "type": "function", "function": {"name": call.name, "arguments": ""}}]});
            frames.push(Frame::form(chunk(first, None)));
            for piece in answer.pieces() {
                let delta = json!({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]});
                frames.push(Frame::piece(chunk(delta, None)));
            }
        }
    }
    frames.push(Frame::form(chunk(json!({}), Some(finish_reason(answer)))));
    if tells_usage {
        let mut last = object(answer, "chat.completion.chunk", json!([]));
        last["usage"] = usage(answer);
        frames.push(Frame::form(nameless(&last)));
    }
    frames.push(Frame::form("data: [DONE]\n\n"));
    frames
}

fn object(answer: &Answer, kind: &str, choices: Value) -> Value {
    json!({"id": format!("chatcmpl-{}", answer.id), "object": kind, "created": CREATED, "model": answer.model,
        "choices": choices, "service_tier": "default", "system_fingerprint": "fp_demo"})
}

fn call_id(answer: &Answer) -> String {
    format!("call_{}", answer.id)
}

fn finish_reason(answer: &Answer) -> &'static str {
    match answer.stop {
        Stop::End => "stop",
        Stop::Length => "length",
        Stop::Call => "tool_calls",
    }
}
