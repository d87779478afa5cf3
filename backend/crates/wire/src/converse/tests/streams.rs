//! Streamed answers.

use super::answers::thought;
use super::{golden, golden_names};
use crate::converse::StreamReader;
use crate::error::ErrorKind;
use crate::event_stream::{FrameSplitter, encode_event, encode_exception};
use crate::fault::StreamFault;
use crate::model::{
    Answer, Choice, Citation, Part, PartStart, Place, StopReason, StreamEvent, ToolCall, collect,
};
use crate::tests::chunks;
use crate::usage::Usage;
use proptest::prelude::*;
use serde_json::Value;

/// The frames of a file.
fn frames(name: &str) -> Vec<u8> {
    let file = golden(name);
    let events = file["events"].as_array().expect("events");
    events
        .iter()
        .flat_map(|event| {
            let (name, data) = (event[0].as_str().expect("a name"), &event[1]);
            match name.strip_prefix("exception:") {
                Some(kind) => encode_exception(kind, data["message"].as_str().expect("a message")),
                None => encode_event(name, data.to_string().as_bytes()),
            }
        })
        .collect()
}

/// The events of frames that come in chunks of these lengths.
fn read(bytes: &[u8], lengths: &[usize]) -> Result<Vec<StreamEvent>, StreamFault> {
    let (mut splitter, mut reader) = (FrameSplitter::new(), StreamReader::default());
    let mut events = Vec::new();
    for chunk in chunks(bytes, lengths) {
        for frame in splitter.push(chunk)? {
            reader.read(frame.name().as_bytes(), &frame.payload, &mut events)?;
        }
    }
    reader.close(&mut events);
    Ok(events)
}

fn events(list: &[(&str, Value)]) -> Result<Vec<StreamEvent>, StreamFault> {
    let mut reader = StreamReader::default();
    let mut events = Vec::new();
    for (name, data) in list {
        reader.read(name.as_bytes(), data.to_string().as_bytes(), &mut events)?;
    }
    reader.close(&mut events);
    Ok(events)
}

/// The order that `model/event.rs` promises.
fn in_order(events: &[StreamEvent]) {
    let (mut started, mut ended, mut stopped, mut open, mut next) = (false, false, false, false, 0);
    for event in events {
        assert!(!ended, "after the end: {event:?}");
        match event {
            StreamEvent::Start { .. } => assert!(!std::mem::replace(&mut started, true)),
            StreamEvent::Error(_) => ended = true,
            _ => assert!(started, "before the start: {event:?}"),
        }
        match event {
            StreamEvent::Open { part, .. } => {
                assert!(!std::mem::replace(&mut open, true) && !stopped && *part == next);
                next += 1;
            }
            StreamEvent::Piece { text, .. } => assert!(open && !text.is_empty()),
            StreamEvent::Cited { .. } | StreamEvent::Sealed { .. } => assert!(open),
            StreamEvent::Close { .. } => assert!(std::mem::replace(&mut open, false)),
            StreamEvent::Stop { .. } => assert!(!open && !std::mem::replace(&mut stopped, true)),
            StreamEvent::End => {
                assert!(stopped);
                ended = true;
            }
            _ => {}
        }
    }
}

fn answer(parts: Vec<Part<'static>>, stop: StopReason, usage: Usage) -> Answer<'static> {
    Answer {
        choices: vec![Choice {
            parts,
            stop,
            ..Choice::default()
        }],
        usage: Some(usage),
        ..Answer::default()
    }
}

fn call(id: &'static str, name: &'static str, arguments: &'static str) -> Part<'static> {
    Part::ToolCall(ToolCall {
        id: id.into(),
        name: name.into(),
        arguments: arguments.into(),
        sealed: None,
        cache: None,
    })
}

#[test]
fn streams_are_read() {
    let plain = Usage {
        input: 12,
        output: 34,
        ..Usage::default()
    };
    let cached = Usage {
        input: 3,
        output: 4,
        cache_write_5m: 307,
        cache_write_1h: 500,
        cache_read: 1_000,
        reasoning: 0,
        ..Usage::default()
    };
    let mut stopped = answer(vec![Part::text("one two ")], StopReason::StopSequence, cached);
    stopped.choices[0].stop_sequence = Some("three".into());
    let cited = Part::Text {
        text: "The grass is green.".into(),
        citations: vec![Citation::Document {
            index: 0,
            title: "Meadow".into(),
            cited: "is green".into(),
            place: Place::Characters(10, 18),
        }],
        cache: None,
    };
    for (name, expected) in [
        (
            "stream_text",
            answer(vec![Part::text("Grüße, world")], StopReason::End, plain),
        ),
        (
            "stream_tools",
            answer(
                vec![
                    Part::text("Both."),
                    call("tooluse_1", "get_weather", r#"{"city":"Oslo"}"#),
                    call("tooluse_2", "get_time", ""),
                ],
                StopReason::ToolCalls,
                plain,
            ),
        ),
        (
            "stream_thinking",
            answer(
                vec![
                    thought("First, the capital.", "EqQBCkgIARAB", false),
                    thought("", "EmwKAhgBEgy3", true),
                    thought("", "HiddenOne", false),
                    Part::text("Paris."),
                ],
                StopReason::End,
                plain,
            ),
        ),
        ("stream_citations", answer(vec![cited], StopReason::End, plain)),
        ("stream_cache_and_stop_sequence", stopped),
    ] {
        let bytes = frames(name);
        let events = read(&bytes, &[bytes.len()]).expect("events");
        in_order(&events);
        assert_eq!(events.last(), Some(&StreamEvent::End), "{name}");
        assert_eq!(collect(&events), (expected, None), "{name}");
    }
}

#[test]
fn an_exception_is_the_last_that_comes() {
    let bytes = frames("stream_exception");
    let bytes = [
        bytes,
        encode_event("messageStop", br#"{"stopReason":"end_turn"}"#),
    ]
    .concat();
    let events = read(&bytes, &[bytes.len()]).expect("events");
    in_order(&events);
    let (answer, error) = collect(&events);
    let error = error.expect("an error");
    assert_eq!(error.class, Some(ErrorKind::BadGateway));
    assert_eq!(error.kind, "modelStreamErrorException");
    assert_eq!(error.message, "The model stumbled.");
    assert_eq!(answer.choices[0].parts, [Part::text("one")]);
    assert!(matches!(events.last(), Some(StreamEvent::Error(_))));
}

proptest! {
    #[test]
    fn any_chunks_give_the_same_events(lengths in prop::collection::vec(0_usize..200, 1..8)) {
        for name in golden_names("stream_") {
            let bytes = frames(&name);
            prop_assert_eq!(read(&bytes, &lengths), read(&bytes, &[bytes.len()]), "{}", name);
        }
    }

    /// Whatever comes in whatever order: no panic, and what comes out keeps the order.
    #[test]
    fn strange_events_keep_the_order(list in prop::collection::vec((0_usize..10, 0_u64..3), 0..20)) {
        let mut reader = StreamReader::default();
        let mut out = Vec::new();
        for (kind, index) in list {
            let (name, data) = match kind {
                0 => ("messageStart", "{}".to_owned()),
                1 => ("contentBlockDelta", format!(r#"{{"contentBlockIndex":{index},"delta":{{"text":"a"}}}}"#)),
                2 => ("contentBlockDelta", format!(r#"{{"contentBlockIndex":{index},"delta":{{"reasoningContent":{{"text":"b","signature":"s"}}}}}}"#)),
                3 => ("contentBlockStart", format!(r#"{{"contentBlockIndex":{index},"start":{{"toolUse":{{"toolUseId":"i","name":"n"}}}}}}"#)),
                4 => ("contentBlockDelta", format!(r#"{{"contentBlockIndex":{index},"delta":{{"toolUse":{{"input":"c"}}}}}}"#)),
                5 => ("contentBlockStop", format!(r#"{{"contentBlockIndex":{index}}}"#)),
                6 => ("messageStop", r#"{"stopReason":"end_turn"}"#.to_owned()),
                7 => ("metadata", r#"{"usage":{"inputTokens":1,"outputTokens":2}}"#.to_owned()),
                8 => ("exception:throttlingException", "{}".to_owned()),
                _ => ("contentBlockStart", format!(r#"{{"contentBlockIndex":{index},"start":{{"image":{{"format":"png"}}}}}}"#)),
            };
            if reader.read(name.as_bytes(), data.as_bytes(), &mut out).is_err() {
                break;
            }
        }
        reader.close(&mut out);
        in_order(&out);
    }
}

#[test]
fn a_stream_that_breaks_off_has_no_end() {
    let bytes = frames("stream_text");
    for cut in (0..bytes.len()).step_by(7) {
        let events = read(&bytes[..cut], &[cut.max(1)]).expect("events");
        in_order(&events);
        let stopped = events
            .iter()
            .any(|event| matches!(event, StreamEvent::Stop { .. }));
        assert_eq!(events.last() == Some(&StreamEvent::End), stopped, "{cut}");
    }
}

#[test]
fn what_bedrock_does_by_itself_is_passed_over() {
    use serde_json::json;
    let events = events(&[
        ("messageStart", json!({"role": "assistant"})),
        (
            "contentBlockStart",
            json!({"contentBlockIndex": 0, "start": {"toolUse": {"toolUseId": "t", "name": "n", "type": "server_tool_use"}}}),
        ),
        ("contentBlockDelta", json!({"contentBlockIndex": 0, "delta": {"toolUse": {"input": "{}"}}})),
        ("contentBlockStop", json!({"contentBlockIndex": 0})),
        (
            "contentBlockStart",
            json!({"contentBlockIndex": 1, "start": {"toolResult": {"toolUseId": "t", "type": "x"}}}),
        ),
        ("contentBlockDelta", json!({"contentBlockIndex": 1, "delta": {"toolResult": [{"text": "found"}]}})),
        ("contentBlockStop", json!({"contentBlockIndex": 1})),
        ("contentBlockDelta", json!({"contentBlockIndex": 2, "delta": {"text": "Found."}})),
        ("contentBlockStop", json!({"contentBlockIndex": 2})),
        ("somethingNew", json!({"a": 1})),
        ("messageStop", json!({"stopReason": "end_turn"})),
    ])
    .expect("events");
    in_order(&events);
    assert_eq!(collect(&events).0.choices[0].parts, [Part::text("Found.")]);
    assert_eq!(events.last(), Some(&StreamEvent::End));
}

#[test]
fn a_block_that_goes_on_as_something_else_becomes_two_parts() {
    use serde_json::json;
    let events = events(&[
        ("messageStart", json!({})),
        (
            "contentBlockDelta",
            json!({"contentBlockIndex": 0, "delta": {"reasoningContent": {"text": "hm"}}}),
        ),
        (
            "contentBlockDelta",
            json!({"contentBlockIndex": 0, "delta": {"text": "yes"}}),
        ),
        ("messageStop", json!({"stopReason": "end_turn"})),
    ])
    .expect("events");
    in_order(&events);
    let starts: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            StreamEvent::Open { part, start, .. } => Some((*part, start.clone())),
            _ => None,
        })
        .collect();
    let thinking = PartStart::Thinking {
        redacted: false,
        id: None,
    };
    assert_eq!(starts, [(0, thinking), (1, PartStart::Text)]);
}

#[test]
fn events_that_can_not_be_are_faults() {
    use serde_json::json;
    let text = |index: u64| {
        (
            "contentBlockDelta",
            json!({"contentBlockIndex": index, "delta": {"text": "a"}}),
        )
    };
    let fault = |event, why: &str| Err(StreamFault::event(event, why));
    assert_eq!(
        events(&[text(1), text(0)]),
        fault("contentBlockDelta", "block 0 is over")
    );
    assert_eq!(
        events(&[("contentBlockDelta", json!({"delta": {"text": "a"}}))]),
        fault("contentBlockDelta", "no contentBlockIndex")
    );
    assert_eq!(
        events(&[(
            "contentBlockDelta",
            json!({"contentBlockIndex": 0, "delta": {"toolUse": {"input": ""}}})
        )]),
        fault("contentBlockDelta", "a piece of a call that did not begin")
    );
    assert_eq!(
        events(&[(
            "contentBlockStart",
            json!({"contentBlockIndex": 0, "start": {"toolUse": {"name": "n"}}})
        )]),
        fault("contentBlockStart", "a call without an id or a name")
    );
    assert_eq!(
        events(&[("messageStop", json!({"stopReason": "malformed_tool_use"}))]),
        fault("messageStop", "the model ended with malformed_tool_use")
    );
    assert!(
        events(&[(
            "metadata",
            json!({"usage": {"inputTokens": -1, "outputTokens": 1}})
        )])
        .is_err()
    );
    let mut reader = StreamReader::default();
    assert!(reader.read(b"messageStart", b"no", &mut Vec::new()).is_err());
}

#[test]
fn a_bill_beside_the_tokens_is_told() {
    let mut reader = StreamReader::default();
    let usage = r#""usage":{"inputTokens":1,"outputTokens":1}"#;
    let mut beside = |more: &str| {
        let data = format!("{{{usage}{more}}}");
        reader
            .read(b"metadata", data.as_bytes(), &mut Vec::new())
            .expect("figures");
        reader.billed_beside_tokens()
    };
    assert!(!beside(""));
    assert!(!beside(
        r#","serviceTier":{"type":"default"},"performanceConfig":{"latency":"standard"}"#
    ));
    assert!(!beside(r#","serviceTier":{"type":"priority"}"#));
    assert!(beside(r#","serviceTier":{"type":"of_tomorrow"}"#));
}
