//! Golden streams: what they mean, what they cost, where they end.

use super::*;
use crate::error::{ErrorKind, Fault};
use crate::format::Vendor;
use crate::model::{Choice, Citation, Context, Part, PartStart, Sealed, StopReason, ToolCall, collect};
use crate::scan::Step;
use crate::tests::chunks;
use crate::usage::Usage;

fn events(name: &str) -> Vec<StreamEvent> {
    read_events([stream(name)])
}

/// One choice, whole and without an error.
fn choice(name: &str) -> Choice<'static> {
    let events = events(name);
    assert_eq!(events.last(), Some(&StreamEvent::End), "{name}");
    let (mut answer, error) = collect(&events);
    assert_eq!(error, None);
    assert_eq!(answer.choices.len(), 1, "{name}");
    answer.choices.remove(0)
}

fn scanned(name: &str) -> (EventScan, Vec<Step>) {
    let (whole, mut scan) = (stream(name), EventScan::default());
    let each = Events::new(&whole, true).map(|event| scan.event(event.name, &event.data()).unwrap());
    let steps = each.collect();
    (scan, steps)
}

#[test]
fn a_streams_events_come_in_the_order_that_writers_rely_on() {
    let piece = |text: &str| StreamEvent::Piece {
        choice: 0,
        text: text.into(),
    };
    let usage = |output| {
        StreamEvent::Usage(Usage {
            input: 5,
            output,
            ..Usage::default()
        })
    };
    assert_eq!(
        events("stream_text"),
        [
            StreamEvent::Start {
                id: "s-1".into(),
                model: "gemini-2.5-flash".into()
            },
            StreamEvent::Open {
                choice: 0,
                part: 0,
                start: PartStart::Text
            },
            piece("The"),
            usage(1),
            piece(" moon"),
            usage(2),
            piece(" pulls."),
            usage(4),
            StreamEvent::Close { choice: 0 },
            StreamEvent::Stop {
                choice: 0,
                reason: StopReason::End,
                sequence: None
            },
            StreamEvent::End,
        ]
    );
}

#[test]
fn thinking_calls_and_their_seals() {
    let googles = |data: &'static str| {
        Some(Sealed {
            vendor: Vendor::Google,
            data: data.into(),
        })
    };
    let call = |id: &'static str, arguments: &'static str, sealed| {
        let name = "weather".into();
        Part::ToolCall(ToolCall {
            id: id.into(),
            name,
            arguments: arguments.into(),
            sealed,
            cache: None,
        })
    };
    let thinking = |text: &'static str, sealed| Part::Thinking {
        text: text.into(),
        sealed,
        redacted: false,
        id: None,
    };
    let answer = choice("stream_thinking_tools");
    assert_eq!(
        answer.parts,
        [
            thinking("Hm, yes.", None),
            call("call_s-1_0_0", r#"{"city":"Bonn"}"#, googles("c2ln")),
            call("call_s-1_0_1", r#"{"city":"Ulm"}"#, None),
        ]
    );
    assert_eq!(answer.stop, StopReason::ToolCalls);
    assert_eq!(
        choice("stream_signature").parts,
        [Part::text("It is so."), thinking("", googles("c2ln"))]
    );
}

#[test]
fn citations_reach_the_text_that_is_still_open() {
    let expected = Citation::Url {
        url: "https://example.com/a".into(),
        title: "A".into(),
        span: Some((10, 14)),
    };
    let Part::Text { text, citations, .. } = &choice("stream_grounding").parts[0] else {
        panic!("text")
    };
    assert_eq!(
        (text.as_ref(), citations.as_slice()),
        ("Grüße aus Köln.", &[expected][..])
    );
}

#[test]
fn several_candidates_are_kept_apart() {
    let (answer, _) = collect(&events("stream_two"));
    let all: Vec<_> = answer
        .choices
        .iter()
        .map(|choice| (choice.parts.clone(), choice.stop))
        .collect();
    assert_eq!(
        all,
        [
            (vec![Part::text("aA")], StopReason::End),
            (vec![Part::text("bB")], StopReason::MaxOutput),
        ]
    );
}

#[test]
fn a_blocked_prompt_ends_whole_a_broken_stream_and_an_error_do_not() {
    assert_eq!(choice("stream_blocked").stop, StopReason::Refusal);
    assert!(!events("stream_broken").contains(&StreamEvent::End));
    let failed = events("stream_error");
    let Some(StreamEvent::Error(error)) = failed.last() else {
        panic!("{failed:?}")
    };
    assert_eq!(
        (error.class, error.kind.as_str()),
        (Some(ErrorKind::Overloaded), "UNAVAILABLE")
    );
}

#[test]
fn a_call_that_the_model_could_not_write_is_a_fault_of_the_stream() {
    let data = br#"{"candidates":[{"finishReason":"MALFORMED_FUNCTION_CALL"}]}"#;
    let fault = StreamReader::default()
        .read(b"", data, &mut Vec::new())
        .unwrap_err();
    let expected =
        "event generateContent can't be used: broken off: the model wrote a call that can't be read";
    assert_eq!(fault.to_string(), expected);
    assert!(
        StreamReader::default()
            .read(b"", b"[1]", &mut Vec::new())
            .is_err()
    );
    assert!(EventScan::default().event(b"", b"{\"candidates\":").is_err());
}

#[test]
fn passing_costs_what_reading_costs_and_ends_where_it_ends() {
    for name in names("stream_", ".sse") {
        let events = events(&name);
        let (answer, error) = collect(&events);
        let (scan, steps) = scanned(&name);
        assert_eq!(
            scan.usage().tokens(),
            answer.usage.unwrap_or_default().tokens(),
            "{name}"
        );
        assert_eq!(scan.has_usage(), answer.usage.is_some(), "{name}");
        assert_eq!(scan.error(), error.as_ref(), "{name}");
        let whole = events.last() == Some(&StreamEvent::End);
        assert_eq!(scan.close(), whole.then_some(&b""[..]), "{name}");
        assert_eq!(scan.output_is_final(), whole, "{name}");
        assert_eq!(steps.last() == Some(&Step::Hold), whole, "{name}");
        assert!(
            steps[..steps.len() - 1].iter().all(|step| *step == Step::Pass),
            "{name}"
        );
    }
    assert_eq!(scanned("stream_text").0.output_bytes(), 15);
    assert!(scanned("stream_grounding").0.billed_beside_tokens());
    assert!(!scanned("stream_text").0.billed_beside_tokens());
}

#[test]
fn a_stream_cut_anywhere_gives_the_same_events() {
    for name in names("stream_", ".sse") {
        let whole = events(&name);
        for lengths in [&[1][..], &[2, 7], &[0, 13, 1], &[64]] {
            assert_eq!(
                read_events(chunks(&stream(&name), lengths)),
                whole,
                "{name} {lengths:?}"
            );
        }
    }
}

fn writer() -> StreamWriter {
    StreamWriter::new(Context {
        model: "asked".into(),
        id: "id-1".into(),
        ..Context::default()
    })
}

#[test]
fn what_is_written_means_the_same_and_ends_with_reason_and_figures() {
    for name in names("stream_", ".sse") {
        let events = events(&name);
        let (mut writer, mut bytes) = (writer(), Vec::new());
        for event in &events {
            writer.write(event, &mut bytes);
        }
        let again = read_events([Bytes::from(bytes.clone())]);
        let ((expected, _), (found, _)) = (collect(&events), collect(&again));
        if events.last() == Some(&StreamEvent::End) {
            assert_eq!(found.choices, expected.choices, "{name}: {}", text(&bytes));
            assert_eq!(found.usage, expected.usage, "{name}");
            let last = text(&bytes).trim_end().rsplit("data: ").next().unwrap();
            assert!(
                last.contains("finishReason") && last.contains("usageMetadata"),
                "{last}"
            );
        } else {
            assert!(!text(&bytes).contains("finishReason"), "{name}");
        }
    }
}

#[test]
fn a_failed_stream_ends_with_googles_error() {
    let fault = Fault {
        kind: ErrorKind::Overloaded,
        code: "overloaded",
        message: "Try again.",
        field: None,
        request_id: "r",
        retry_after: None,
    };
    let mut bytes = Vec::new();
    writer().error_event(&fault, &mut bytes);
    assert_eq!(bytes, EventScan::default().error_event(&fault));
    let events = read_events([Bytes::from(bytes)]);
    let [StreamEvent::Error(error)] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!(
        (error.class, error.message.as_str()),
        (Some(ErrorKind::Overloaded), "Try again.")
    );
}

#[test]
fn a_text_that_goes_on_after_its_signature_is_another_text() {
    let piece = |part: &str| format!(r#"{{"candidates":[{{"content":{{"parts":[{part}]}}}}]}}"#);
    let (mut reader, mut events) = (StreamReader::default(), Vec::new());
    for part in [r#"{"text":"a","thoughtSignature":"c2ln"}"#, r#"{"text":"b"}"#] {
        reader.read(b"", piece(part).as_bytes(), &mut events).unwrap();
    }
    let end = br#"{"candidates":[{"finishReason":"STOP"}]}"#;
    reader.read(b"", end, &mut events).unwrap();
    reader.close(&mut events);
    let plain =
        r#"{"candidates":[{"content":{"parts":[{"text":"a","thoughtSignature":"c2ln"},{"text":"b"}]}}]}"#;
    assert_eq!(
        collect(&events).0.choices,
        read_answer(plain.as_bytes()).unwrap().choices
    );
}

#[test]
fn a_signature_without_a_thought_is_shown_as_no_thought() {
    let (mut writer, mut bytes) = (writer(), Vec::new());
    for event in events("stream_signature") {
        writer.write(&event, &mut bytes);
    }
    let part = r#"{"text":"","thoughtSignature":"c2ln"}"#;
    assert!(text(&bytes).contains(part), "{}", text(&bytes));
}
