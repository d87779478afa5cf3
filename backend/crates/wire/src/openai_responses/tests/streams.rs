//! Golden streams: what they mean, what they cost as they pass, and how streams of others are written.

use super::{all, golden_stream};
use crate::error::{ErrorKind, Fault};
use crate::model::*;
use crate::openai_responses::{EventScan, StreamReader, read_answer};
use crate::scan::Step;
use crate::sse::Events;
use crate::tree::Node;

/// Reads a whole stream.
pub(super) fn read(stream: &[u8]) -> Vec<StreamEvent> {
    let (mut reader, mut out) = (StreamReader::default(), Vec::new());
    for event in Events::new(stream, true) {
        reader.read(event.name, &event.data(), &mut out).unwrap();
    }
    reader.close(&mut out);
    out
}

/// Scans a whole stream; gives what was seen and the last step.
fn scan(stream: &[u8]) -> (EventScan, Step) {
    let (mut scan, mut last) = (EventScan::default(), Step::Pass);
    for event in Events::new(stream, true) {
        last = scan.event(event.name, &event.data()).unwrap();
    }
    (scan, last)
}

fn answer(name: &str) -> Answer<'static> {
    let events = read(&golden_stream(name));
    assert_eq!(events.last(), Some(&StreamEvent::End), "{name}");
    let (answer, error) = collect(&events);
    assert_eq!(error, None, "{name}");
    answer
}

/// Names and data of what was written.
pub(super) fn told(stream: &[u8]) -> Vec<(String, Node<'static>)> {
    let event = |event: crate::sse::Event<'_>| {
        let data = Node::parse(&event.data()).unwrap().into_owned();
        (String::from_utf8(event.name.to_vec()).unwrap(), data)
    };
    Events::new(stream, true).map(event).collect()
}

#[test]
fn a_stream_makes_the_answer_that_its_last_event_holds() {
    for name in all("stream_", ".sse") {
        let name = name.trim_start_matches("stream_");
        let stream = golden_stream(name);
        let (_, last) = told(&stream).pop().unwrap();
        let Some(response) = last.get("response").map(Node::to_text) else {
            continue;
        };
        if last.get("type").and_then(Node::as_text) == Some("response.failed") {
            continue;
        }
        assert_eq!(answer(name), read_answer(response.as_bytes()).unwrap(), "{name}");
    }
}

#[test]
fn events_keep_the_neutral_order() {
    for name in all("stream_", ".sse") {
        let events = read(&golden_stream(name.trim_start_matches("stream_")));
        let (mut open, mut parts) = (false, 0);
        assert!(
            matches!(events.first(), Some(StreamEvent::Start { .. })),
            "{name}"
        );
        for event in &events {
            match event {
                StreamEvent::Open { part, .. } => {
                    assert!(!open && *part == parts, "{name}");
                    (open, parts) = (true, parts + 1);
                }
                StreamEvent::Close { .. } => assert!(std::mem::take(&mut open), "{name}"),
                StreamEvent::Piece { text, .. } => assert!(open && !text.is_empty(), "{name}"),
                StreamEvent::Stop { .. } => assert!(!open, "{name}"),
                _ => {}
            }
        }
    }
}

#[test]
fn calls_that_come_at_once_follow_each_other() {
    let arguments: Vec<_> = answer("interleaved").choices.remove(0).parts;
    let calls: Vec<_> = arguments
        .iter()
        .map(|part| match part {
            Part::ToolCall(call) => (call.id.clone().into_owned(), call.arguments.clone().into_owned()),
            other => panic!("{other:?}"),
        })
        .collect();
    let call = |id: &str, arguments: &str| (id.to_owned(), arguments.to_owned());
    assert_eq!(
        calls,
        [call("call_a", r#"{"a":1}"#), call("call_b", r#"{"b":2}"#)]
    );
}

#[test]
fn what_comes_out_of_order_is_bounded() {
    let (mut reader, mut out) = (StreamReader::default(), Vec::new());
    for place in 0..2 {
        let added = format!(
            r#"{{"type":"response.output_item.added","output_index":{place},"item":{{"type":"function_call","id":"fc_{place}","call_id":"c","name":"f"}}}}"#
        );
        reader.read(b"", added.as_bytes(), &mut out).unwrap();
    }
    let piece = "x".repeat(1 << 20);
    let delta = |place| {
        format!(
            r#"{{"type":"response.function_call_arguments.delta","output_index":{place},"delta":"{piece}"}}"#
        )
    };
    for _ in 0..16 {
        reader.read(b"", delta(0).as_bytes(), &mut out).unwrap();
    }
    let fault = (0..16).find_map(|_| reader.read(b"", delta(1).as_bytes(), &mut out).err());
    assert!(fault.is_some(), "an item that waits is not held without end");
}

#[test]
fn a_free_text_call_comes_as_an_object() {
    let parts = answer("custom_tool").choices.remove(0).parts;
    let Part::ToolCall(call) = &parts[0] else { panic!() };
    assert_eq!(call.arguments, r#"{"input":"print(\"hello\")\n# é"}"#);
}

#[test]
fn an_answer_told_in_the_last_event_alone_is_read() {
    let stream = golden_stream("tools");
    let last = Events::new(&stream, true).last().unwrap();
    let (mut reader, mut out) = (StreamReader::default(), Vec::new());
    reader.read(last.name, &last.data(), &mut out).unwrap();
    let (whole, _) = collect(&out);
    assert_eq!(whole.choices, answer("tools").choices);
}

#[test]
fn failures_are_the_last_event() {
    for (name, class) in [("failed", ErrorKind::Internal), ("error", ErrorKind::RateLimit)] {
        let stream = golden_stream(name);
        let events = read(&stream);
        let Some(StreamEvent::Error(error)) = events.last() else {
            panic!("{name}")
        };
        assert_eq!(error.class, Some(class), "{name}");
        let (scan, _) = scan(&stream);
        assert_eq!(scan.error(), Some(error), "{name}");
    }
}

#[test]
fn a_stream_that_breaks_off_has_no_end() {
    let stream = golden_stream("text");
    let cut = &stream[..stream.len() * 2 / 3];
    assert!(!read(cut).contains(&StreamEvent::End));
    assert_eq!(scan(cut).0.close(), None);
}

#[test]
fn passing_and_reading_find_the_same_figures() {
    for name in all("stream_", ".sse") {
        let stream = golden_stream(name.trim_start_matches("stream_"));
        let (scan, last) = scan(&stream);
        let (answer, error) = collect(&read(&stream));
        assert_eq!(answer.usage.unwrap_or_default(), scan.usage(), "{name}");
        assert_eq!(scan.has_usage(), answer.usage.is_some(), "{name}");
        assert_eq!(last == Step::Last, name != "stream_error", "{name}");
        assert_eq!(scan.error().is_some(), error.is_some(), "{name}");
        let mut written = 0;
        for part in answer.choices.iter().flat_map(|choice| &choice.parts) {
            written += match part {
                Part::Text { text, .. } | Part::Refusal { text } => text.len(),
                Part::ToolCall(call) => call.arguments.len(),
                Part::Thinking { text, sealed, .. } => text
                    .len()
                    .max(sealed.as_ref().map_or(0, |sealed| sealed.data.len() * 3 / 4)),
                _ => 0,
            };
        }
        // A free-text call's wrapping is not output; a summary's separators are not told.
        let counted = usize::try_from(scan.output_bytes()).unwrap();
        assert!(counted <= written && counted + 16 >= written, "{name}");
        assert!(!scan.billed_beside_tokens(), "{name}");
    }
}

#[test]
fn an_error_event_goes_on_from_what_was_seen() {
    let stream = golden_stream("text");
    let cut = stream
        .windows(2)
        .enumerate()
        .filter(|(_, two)| *two == b"\n\n")
        .nth(6)
        .unwrap()
        .0
        + 2;
    let (scan, _) = scan(&stream[..cut]);
    let seen = told(&stream[..cut]);
    let numbers: Vec<_> = seen
        .iter()
        .map(|(_, data)| data.get("sequence_number").and_then(Node::as_u64))
        .collect();
    let event = scan.error_event(&FAULT);
    let (name, data) = told(&event).pop().unwrap();
    assert_eq!(name, "response.failed");
    assert_eq!(
        data.get("sequence_number").and_then(Node::as_u64),
        numbers.last().unwrap().map(|last| last + 1)
    );
    let response = data.get("response").unwrap();
    assert_eq!(response.get("id").and_then(Node::as_text), Some("resp_t"));
    assert_eq!(
        response.get("created_at").and_then(Node::as_u64),
        Some(1_741_476_542)
    );
    let error = crate::openai_responses::read_error(data.to_text().as_bytes()).unwrap();
    assert_eq!(
        (error.class, error.message.as_str()),
        (Some(ErrorKind::Internal), "The upstream broke off.")
    );
}

pub(super) const FAULT: Fault<'static> = Fault {
    kind: ErrorKind::BadGateway,
    code: "upstream_broke_off",
    message: "The upstream broke off.",
    field: None,
    request_id: "req_1",
    retry_after: None,
};
