//! The streamed form of an answer: Claude's events, a few words each, with pauses that a person can see.

use super::answer::{Answer, Content};
use actix_web::HttpResponse;
use actix_web::http::header;
use bytes::Bytes;
use futures_util::stream::{self, StreamExt};
use serde_json::{Value, json};
use std::convert::Infallible;
use std::time::Duration;

/// Characters of text in one event.
const CHARACTERS_PER_EVENT: usize = 16;
/// Pause before each piece of text.
const PAUSE: Duration = Duration::from_millis(12);

/// The answer as server-sent events.
pub fn respond(answer: Answer) -> HttpResponse {
    let events = stream::iter(events(&answer)).then(async |(name, data)| {
        if name == "content_block_delta" {
            tokio::time::sleep(PAUSE).await;
        }
        Ok::<Bytes, Infallible>(Bytes::from(format!("event: {name}\ndata: {data}\n\n")))
    });
    HttpResponse::Ok()
        .content_type("text/event-stream; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .streaming(events)
}

/// All events in order.
pub fn events(answer: &Answer) -> Vec<(&'static str, Value)> {
    let start = json!({"type": "message_start", "message": {
        "id": answer.id, "type": "message", "role": "assistant", "model": answer.model, "content": [],
        "stop_reason": null, "stop_sequence": null, "usage": answer.usage.body(1)
    }});
    let (block, deltas) = match &answer.content {
        Content::Text(text) => (
            json!({"type": "text", "text": ""}),
            pieces(text)
                .map(|text| json!({"type": "text_delta", "text": text}))
                .collect(),
        ),
        Content::ToolUse { name, input } => (
            json!({"type": "tool_use", "id": answer.tool_use_id(), "name": name, "input": {}}),
            pieces(&input.to_string())
                .map(|json| json!({"type": "input_json_delta", "partial_json": json}))
                .collect::<Vec<_>>(),
        ),
    };
    let mut events = vec![
        ("message_start", start),
        (
            "content_block_start",
            json!({"type": "content_block_start", "index": 0, "content_block": block}),
        ),
        ("ping", json!({"type": "ping"})),
    ];
    for delta in deltas {
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
            "delta": {"stop_reason": answer.stop_reason, "stop_sequence": null},
            "usage": {"output_tokens": answer.output_tokens}
        }),
    ));
    events.push(("message_stop", json!({"type": "message_stop"})));
    events
}

fn pieces(text: &str) -> impl Iterator<Item = String> + use<> {
    let characters: Vec<char> = text.chars().collect();
    let pieces: Vec<String> = characters
        .chunks(CHARACTERS_PER_EVENT)
        .map(|piece| piece.iter().collect())
        .collect();
    pieces.into_iter()
}
