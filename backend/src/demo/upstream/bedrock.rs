//! Bedrock's `converse` and `invoke`, plain and as AWS's binary event stream. From AWS's documentation: "Converse",
//! "ConverseStream", "Anthropic Claude Messages API"; for the frames "Amazon Transcribe — Event stream encoding".

use super::answer::{Answer, Content, InputUsage, Stop};
use super::body::{list, text};
use super::prompt::{Choice, Prompt, Reader, Speaker};
use super::refusal::{Kind, Manner, Refusal};
use super::stream::{Frame, respond};
use super::{Demo, claude, json_body};
use actix_web::{HttpRequest, HttpResponse, web};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::{BufMut, Bytes, BytesMut};
use serde_json::{Value, json};

const EVENT_STREAM: &str = "application/vnd.amazon.eventstream";
/// The type byte of a text among a frame's headers.
const TEXT: u8 = 7;
/// Two lengths, their checksum, and the frame's.
const AROUND: usize = 16;

/// `POST /model/{model}/{call}`.
pub async fn call(
    http: HttpRequest,
    bytes: web::Bytes,
    demo: web::Data<Demo>,
) -> Result<HttpResponse, Refusal> {
    let body = json_body(&http, &bytes, &demo, Manner::Bedrock)?;
    let named = |name: &str| http.match_info().get(name).unwrap_or_default();
    let (model, call) = (named("model"), named("call"));
    if matches!(call, "converse" | "converse-stream") {
        let answer = demo.answer(&read(&body, model)?);
        if call == "converse" {
            return Ok(HttpResponse::Ok().json(whole(&answer)));
        }
        return Ok(respond(EVENT_STREAM, frames(&answer)));
    }
    if !matches!(call, "invoke" | "invoke-with-response-stream") {
        let message = format!("{} is not an operation of the demo upstream", http.path());
        return Err(Refusal::new(Manner::Bedrock, Kind::NotFound, message));
    }
    let prompt =
        claude::read(&body, model, claude::Need::Answer).map_err(|refusal| invalid(&refusal.to_string()))?;
    let answer = demo.answer(&prompt);
    if call == "invoke" {
        return Ok(HttpResponse::Ok().json(claude::whole(&answer)));
    }
    Ok(respond(EVENT_STREAM, invoked(&answer)))
}

fn invalid(message: &str) -> Refusal {
    Refusal::new(Manner::Bedrock, Kind::Invalid, message)
}

/// Reads a body of `converse`.
pub fn read(body: &Value, model: &str) -> Result<Prompt, Refusal> {
    let turns = list(&body["messages"]);
    if turns.is_empty() {
        return Err(invalid("A conversation must start with a user message."));
    }
    let mut reader = Reader::default();
    for tool in list(&body["toolConfig"]["tools"]) {
        let spec = &tool["toolSpec"];
        if !spec.is_null() {
            reader.tool(tool, text(&spec["name"]), &spec["inputSchema"]["json"]);
        }
    }
    reader.content(&body["system"]);
    for turn in turns {
        let content = &turn["content"];
        let answers = |block: &Value| !block["toolResult"].is_null();
        let speaker = match turn["role"].as_str() {
            _ if list(content).iter().any(answers) => Speaker::Tool,
            Some("user") => Speaker::User,
            _ => Speaker::Other,
        };
        reader.turn(speaker, content);
    }
    let choice = &body["toolConfig"]["toolChoice"];
    let choice = match choice["tool"]["name"].as_str() {
        Some(name) => Choice::Named(name.to_owned()),
        None if choice["any"].is_object() => Choice::Any,
        None => Choice::Auto,
    };
    let output_max = body["inferenceConfig"]["maxTokens"].as_u64();
    Ok(reader.finish(model, output_max, &choice, None))
}

/// The plain answer of `converse`.
pub fn whole(answer: &Answer) -> Value {
    let block = match &answer.content {
        Content::Text(text) => json!({ "text": text }),
        Content::Call(call) => {
            json!({"toolUse": {"toolUseId": tool_use_id(answer), "name": call.name, "input": call.input}})
        }
    };
    json!({
        "output": {"message": {"role": "assistant", "content": [block]}}, "stopReason": stop_reason(answer),
        "usage": usage(answer.usage, answer.output_tokens), "metrics": {"latencyMs": 1}
    })
}

/// The events of `converse-stream`, each with its type.
pub fn events(answer: &Answer) -> Vec<(&'static str, Value)> {
    let mut events = vec![("messageStart", json!({"role": "assistant"}))];
    if let Content::Call(call) = &answer.content {
        let start = json!({"toolUse": {"toolUseId": tool_use_id(answer), "name": call.name}});
        events.push((
            "contentBlockStart",
            json!({"contentBlockIndex": 0, "start": start}),
        ));
    }
    for piece in answer.pieces() {
        let delta = match &answer.content {
            Content::Text(_) => json!({ "text": piece }),
            Content::Call(_) => json!({"toolUse": {"input": piece}}),
        };
        events.push((
            "contentBlockDelta",
            json!({"contentBlockIndex": 0, "delta": delta}),
        ));
    }
    events.push(("contentBlockStop", json!({"contentBlockIndex": 0})));
    events.push(("messageStop", json!({"stopReason": stop_reason(answer)})));
    let usage = usage(answer.usage, answer.output_tokens);
    events.push(("metadata", json!({"usage": usage, "metrics": {"latencyMs": 1}})));
    events
}

fn frames(answer: &Answer) -> Vec<Frame> {
    let events = events(answer).into_iter();
    events
        .map(|(kind, data)| Frame {
            bytes: frame(kind, &data),
            is_piece: kind == "contentBlockDelta",
        })
        .collect()
}

/// Claude's events in Bedrock's chunks; the last one brings Bedrock's own figures as well.
fn invoked(answer: &Answer) -> Vec<Frame> {
    let events = claude::events(answer).into_iter();
    events
        .filter(|(name, _)| *name != "ping")
        .map(|(name, mut data)| {
            if name == "message_stop" {
                data["amazon-bedrock-invocationMetrics"] = json!({
                    "inputTokenCount": answer.usage.input, "outputTokenCount": answer.output_tokens,
                    "cacheReadInputTokenCount": answer.usage.cache_read,
                    "cacheWriteInputTokenCount": answer.usage.cache_write(),
                    "invocationLatency": 1, "firstByteLatency": 1
                });
            }
            let chunk = json!({"bytes": STANDARD.encode(data.to_string())});
            Frame {
                bytes: frame("chunk", &chunk),
                is_piece: name == "content_block_delta",
            }
        })
        .collect()
}

/// A frame of the binary stream.
pub fn frame(kind: &str, payload: &Value) -> Bytes {
    let mut headers = BytesMut::new();
    for (name, value) in [
        (":event-type", kind),
        (":content-type", "application/json"),
        (":message-type", "event"),
    ] {
        // Names and values are the demo's own and short.
        headers.put_u8(u8::try_from(name.len()).unwrap_or_default());
        headers.put_slice(name.as_bytes());
        headers.put_u8(TEXT);
        headers.put_u16(u16::try_from(value.len()).unwrap_or_default());
        headers.put_slice(value.as_bytes());
    }
    let payload = payload.to_string();
    let total = AROUND + headers.len() + payload.len();
    let mut frame = BytesMut::with_capacity(total);
    frame.put_u32(u32::try_from(total).unwrap_or_default());
    frame.put_u32(u32::try_from(headers.len()).unwrap_or_default());
    frame.put_u32(crc32fast::hash(&frame));
    frame.put_slice(&headers);
    frame.put_slice(payload.as_bytes());
    frame.put_u32(crc32fast::hash(&frame));
    frame.freeze()
}

fn tool_use_id(answer: &Answer) -> String {
    format!("tooluse_{}", answer.id)
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
        "inputTokens": usage.input, "outputTokens": output, "totalTokens": usage.total() + output,
        "cacheReadInputTokens": usage.cache_read, "cacheWriteInputTokens": usage.cache_write()
    })
}
