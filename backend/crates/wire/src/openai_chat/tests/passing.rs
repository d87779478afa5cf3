//! Streams that pass as they came: what the scan tells of each sample, against what its events mean.

use super::super::EventScan;
use super::super::scan::usual_piece;
use super::{events, fault, json, samples, stream};
use crate::error::ErrorKind;
use crate::model::{StreamEvent, collect};
use crate::scan::Step;
use crate::sse::Events;
use crate::usage::{Tier, Usage};
use bytes::Bytes;

/// The scan after a stream, and what became of each event.
fn scanned(stream: &[u8], hide_usage: bool) -> (EventScan, Vec<Step>) {
    let mut scan = EventScan::new(hide_usage);
    let steps = Events::new(stream, true)
        .map(|event| scan.event(event.name, &event.data()).expect("a readable event"))
        .collect();
    (scan, steps)
}

#[test]
fn the_scan_tells_what_the_events_mean() {
    for name in samples("stream-", ".sse") {
        let stream = stream(&name);
        let events = events([Bytes::from(stream.clone())]);
        let (answer, error) = collect(&events);
        let (scan, steps) = scanned(&stream, false);
        assert_eq!(scan.usage().tokens(), answer.usage.unwrap_or_default(), "{name}");
        assert_eq!(scan.has_usage(), answer.usage.is_some(), "{name}");
        assert_eq!(scan.output_is_final(), answer.usage.is_some(), "{name}");
        assert_eq!(scan.error(), error.as_ref(), "{name}");
        assert_eq!(scan.billed_beside_tokens(), name == "citations", "{name}");
        let complete = steps.contains(&Step::Last) || scan.close().is_some();
        assert_eq!(complete, events.last() == Some(&StreamEvent::End), "{name}");
        let told: u64 = events
            .iter()
            .map(|event| match event {
                StreamEvent::Piece { text, .. } => text.len() as u64,
                _ => 0,
            })
            .sum();
        assert!(scan.output_bytes() >= told, "{name}");
    }
}

#[test]
fn only_the_chunk_of_usage_alone_is_hidden_and_only_if_nobody_asked() {
    let (_, steps) = scanned(&stream("text"), true);
    assert_eq!(
        steps,
        [
            Step::Pass,
            Step::Pass,
            Step::Pass,
            Step::Pass,
            Step::Drop,
            Step::Last
        ]
    );
    let (_, steps) = scanned(&stream("text"), false);
    assert!(!steps.contains(&Step::Drop));
    // Usage in the last chunk with content, and Azure's first chunk without choices, stay.
    for name in ["deepseek", "compatible"] {
        assert!(!scanned(&stream(name), true).1.contains(&Step::Drop), "{name}");
    }
    assert_eq!(
        scanned(&stream("azure"), true)
            .1
            .iter()
            .filter(|step| **step == Step::Drop)
            .count(),
        1
    );
}

#[test]
fn an_end_without_done_is_completed() {
    let (scan, _) = scanned(&stream("compatible"), false);
    assert_eq!(scan.close(), Some(&b"data: [DONE]\n\n"[..]));
    let (scan, _) = scanned(&stream("broken"), false);
    assert_eq!(scan.close(), None);
    let (scan, _) = scanned(b"data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"},{\"index\":1,\"delta\":{}}]}\n\n", false);
    assert_eq!(scan.close(), None);
}

#[test]
fn usual_pieces_are_told_from_all_others() {
    let head = r#"{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","#;
    let chunk = |delta: &str, tail: &str| format!(r#"{head}"choices":[{{"index":0,"delta":{delta}{tail}"#);
    let end = r#","logprobs":null,"finish_reason":null}]"#;
    let usual = [
        chunk(r#"{"content":"Hello"}"#, &format!("{end}}}")),
        chunk(r#"{"content":"Hello"}"#, &format!(r#"{end},"usage":null}}"#)),
        chunk(
            r#"{"content":"Hello"}"#,
            &format!(r#"{end},"usage":null,"obfuscation":"xy"}}"#),
        ),
        chunk(r#"{"content":"Hello"}"#, r#","finish_reason":null}]}"#),
    ];
    for data in usual {
        assert_eq!(usual_piece(data.as_bytes()), Some(5), "{data}");
    }
    let others = [
        chunk(r#"{"content":"He\"llo"}"#, &format!("{end}}}")),
        chunk(r#"{"content":"Hello"}"#, r#","finish_reason":"stop"}]}"#),
        chunk(r#"{"content":"Hello"}"#, &format!(r#"{end},"usage":{{"prompt_tokens":1}}}}"#)),
        chunk(r#"{"content":"Hello"}"#, r#","finish_reason":null},{"index":1,"delta":{}}]}"#),
        r#"{"usage":{"prompt_tokens":1},"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}]}"#.to_owned(),
        r#"{"error":{},"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}]}"#.to_owned(),
    ];
    for data in others {
        assert_eq!(usual_piece(data.as_bytes()), None, "{data}");
    }
}

#[test]
fn figures_that_cannot_be_are_a_fault_and_other_nonsense_passes() {
    let read = |data: &str| EventScan::new(false).event(b"", data.as_bytes());
    assert!(read(r#"{"choices":[],"usage":{"prompt_tokens":"many"}}"#).is_err());
    assert!(read(r#"{"choices":[],"usage":{"prompt_tokens":1}"#).is_err());
    assert_eq!(read("hello"), Ok(Step::Pass));
}

#[test]
fn tiers_and_sound_are_counted() {
    let scanned = |data: &str| {
        let mut scan = EventScan::new(false);
        scan.event(b"", data.as_bytes()).expect("readable");
        (
            scan.usage().tier,
            scan.usage().other.audio_output,
            scan.billed_beside_tokens(),
        )
    };
    assert_eq!(
        scanned(r#"{"choices":[],"service_tier":"priority"}"#),
        (Tier::Priority, 0, false)
    );
    assert_eq!(
        scanned(r#"{"choices":[],"service_tier":"default"}"#),
        (Tier::Standard, 0, false)
    );
    assert_eq!(
        scanned(r#"{"choices":[],"service_tier":"of_tomorrow"}"#),
        (Tier::Standard, 0, true)
    );
    let sound = r#"{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":4,"completion_tokens_details":{"audio_tokens":1}}}"#;
    assert_eq!(scanned(sound), (Tier::Standard, 1, false));
}

#[test]
fn later_figures_stand_for_earlier_ones() {
    let mut scan = EventScan::new(false);
    for output in [1, 2, 3] {
        let data = format!(r#"{{"choices":[],"usage":{{"prompt_tokens":7,"completion_tokens":{output}}}}}"#);
        scan.event(b"", data.as_bytes()).expect("readable");
    }
    let expected = Usage {
        input: 7,
        output: 3,
        ..Usage::default()
    };
    assert_eq!(scan.usage(), expected);
}

#[test]
fn a_begun_stream_fails_with_an_error_chunk_and_no_done() {
    let event = EventScan::new(false).error_event(&fault(ErrorKind::Overloaded));
    let data = event
        .strip_prefix(b"data: ")
        .and_then(|data| data.strip_suffix(b"\n\n"))
        .expect("one event");
    assert_eq!(json(data)["error"]["message"], "What is \"wrong\".");
}
