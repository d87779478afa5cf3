//! Streams as they are written for clients, chunk by chunk.

use super::super::StreamWriter;
use super::{context, fault, json};
use crate::error::{ErrorKind, UpstreamError};
use crate::model::{Citation, Context, PartStart, Place, StopReason, StreamEvent, ToolAlias};
use crate::usage::Usage;
use serde_json::{Value, json};

/// The chunks for these events, and what stands last.
fn written(context: Context, events: &[StreamEvent]) -> (Vec<Value>, String) {
    let mut writer = StreamWriter::new(context);
    let mut stream = Vec::new();
    for event in events {
        writer.write(event, &mut stream);
    }
    let text = String::from_utf8(stream).expect("UTF-8");
    let data = |event: &str| event.strip_prefix("data: ").expect("data").to_owned();
    let mut events: Vec<String> = text.split_terminator("\n\n").map(data).collect();
    let last = events.pop().unwrap_or_default();
    (events.iter().map(|event| json(event.as_bytes())).collect(), last)
}

fn start() -> StreamEvent {
    StreamEvent::Start {
        id: "upstream".to_owned(),
        model: "upstream".to_owned(),
    }
}

fn open(part: u32, start: PartStart) -> StreamEvent {
    StreamEvent::Open {
        choice: 0,
        part,
        start,
    }
}

fn piece(text: &str) -> StreamEvent {
    StreamEvent::Piece {
        choice: 0,
        text: text.to_owned(),
    }
}

fn stop(reason: StopReason) -> StreamEvent {
    StreamEvent::Stop {
        choice: 0,
        reason,
        sequence: None,
    }
}

const CLOSE: StreamEvent = StreamEvent::Close { choice: 0 };

fn tool(name: &str) -> PartStart {
    PartStart::ToolCall {
        id: "c1".to_owned(),
        name: name.to_owned(),
    }
}

#[test]
fn chunks_are_openais_and_usage_comes_last_if_asked_for() {
    let usage = Usage {
        input: 5,
        cache_read: 3,
        output: 2,
        reasoning: 1,
        ..Usage::default()
    };
    let events = [
        start(),
        open(0, PartStart::Text),
        piece("Hi"),
        CLOSE,
        stop(StopReason::MaxOutput),
        StreamEvent::Usage(usage),
        StreamEvent::End,
    ];
    let (chunks, last) = written(context(), &events);
    assert_eq!(last, "[DONE]");
    let chunk = |choices: Value, usage: Value| {
        json!({
            "id": "chatcmpl-0199", "object": "chat.completion.chunk", "created": 1_741_569_952, "model": "asked-for",
            "choices": choices, "usage": usage,
        })
    };
    let choice = |delta: Value, reason: Value| {
        let choice = json!([{"index": 0, "delta": delta, "logprobs": null, "finish_reason": reason}]);
        chunk(choice, Value::Null)
    };
    let figures = json!({
        "prompt_tokens": 8, "completion_tokens": 2, "total_tokens": 10,
        "prompt_tokens_details": {"cached_tokens": 3}, "completion_tokens_details": {"reasoning_tokens": 1},
    });
    assert_eq!(
        chunks,
        [
            choice(json!({"role": "assistant", "content": ""}), Value::Null),
            choice(json!({"content": "Hi"}), Value::Null),
            choice(json!({}), json!("length")),
            chunk(json!([]), figures),
        ]
    );
    let unasked = Context {
        include_usage: false,
        ..context()
    };
    let (chunks, _) = written(unasked, &events);
    assert_eq!(chunks.len(), 3);
    assert!(chunks.iter().all(|chunk| chunk.get("usage").is_none()));
}

#[test]
fn calls_are_numbered_and_empty_arguments_are_an_object() {
    let events = [
        start(),
        open(0, tool("f")),
        CLOSE,
        open(1, tool("g")),
        piece("{\"a\":1}"),
        CLOSE,
        stop(StopReason::ToolCalls),
    ];
    let (chunks, _) = written(context(), &events);
    let calls: Vec<&Value> = chunks
        .iter()
        .filter_map(|chunk| chunk["choices"][0]["delta"].get("tool_calls"))
        .map(|calls| &calls[0])
        .collect();
    let begun = |index, name| json!({"index": index, "id": "c1", "type": "function", "function": {"name": name, "arguments": ""}});
    let more = |index, arguments| json!({"index": index, "function": {"arguments": arguments}});
    assert_eq!(
        calls,
        [
            &begun(0, "f"),
            &more(0, "{}"),
            &begun(1, "g"),
            &more(1, "{\"a\":1}")
        ]
    );
}

#[test]
fn free_text_is_unwrapped_when_it_is_whole() {
    let mut context = context();
    context.tools.push(ToolAlias {
        sent: "ns__shell".to_owned(),
        name: "shell".to_owned(),
        namespace: Some("ns".to_owned()),
        free_text: true,
    });
    let events = [
        start(),
        open(0, tool("ns__shell")),
        piece("{\"input\":\"l"),
        piece("s\"}"),
        CLOSE,
        StreamEvent::End,
    ];
    let (chunks, _) = written(context, &events);
    let call = |at: usize| chunks[at]["choices"][0]["delta"]["tool_calls"][0]["custom"].clone();
    assert_eq!(call(1), json!({"name": "shell", "input": ""}));
    assert_eq!(call(2), json!({"input": "ls"}));
    assert_eq!(chunks.len(), 3);
}

#[test]
fn what_the_format_has_no_word_for_is_left_out() {
    let citation = Citation::Document {
        index: 0,
        title: "T".into(),
        cited: "words".into(),
        place: Place::Pages(1, 2),
    };
    let events = [
        open(0, PartStart::Text),
        piece("Hi"),
        StreamEvent::Cited { choice: 0, citation },
        StreamEvent::Error(UpstreamError::default()),
    ];
    let (chunks, last) = written(context(), &events);
    assert_eq!(chunks.len() + 1, 2);
    assert!(last.contains("\"Hi\""));
}

#[test]
fn a_failure_is_the_last_chunk() {
    let mut event = Vec::new();
    StreamWriter::new(context()).error_event(&fault(ErrorKind::Overloaded), &mut event);
    let data = event
        .strip_prefix(b"data: ")
        .and_then(|data| data.strip_suffix(b"\n\n"))
        .expect("one event");
    assert_eq!(json(data)["error"]["type"], "overloaded_error");
}
