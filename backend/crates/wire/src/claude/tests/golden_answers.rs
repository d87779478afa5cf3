//! What the samples of answers and streams mean.

use super::build::{call, thought};
use super::golden::{events, sample, stream};
use crate::claude::{StreamReader, read_answer};
use crate::error::ErrorKind;
use crate::model::{Answer, Choice, Citation, Part, PartStart, Place, StopReason, StreamEvent, collect};
use crate::usage::Usage;

const SMALL: Usage = Usage {
    input: 12,
    output: 6,
    cache_write_5m: 0,
    cache_write_1h: 0,
    cache_read: 0,
    reasoning: 0,
    other: crate::usage::OtherUsage::NONE,
    tier: crate::usage::Tier::Standard,
};

#[track_caller]
fn assert_read(name: &str, parts: Vec<Part<'_>>, stop: StopReason, sequence: Option<&str>, usage: Usage) {
    let body = sample(name, "answer");
    let expected = answer("msg_013Zva2CMHLNnjNjJJKqJ2EF", parts, stop, sequence, usage);
    assert_eq!(read_answer(body.as_bytes()), Ok(expected), "{name}");
}

#[track_caller]
fn assert_streamed(name: &str, parts: Vec<Part<'_>>, stop: StopReason, sequence: Option<&str>, usage: Usage) {
    let read = events(stream(name).as_bytes());
    let expected = answer("msg_1nZdL29xx5MUA1yADyHTEsnR", parts, stop, sequence, usage);
    let (mut told, error) = collect(&read);
    told.usage = told.usage.map(Usage::tokens);
    assert_eq!((told, error), (expected, None), "{name}");
    assert_eq!(read.last(), Some(&StreamEvent::End), "{name}");
    assert_in_order(&read);
}

fn answer<'a>(
    id: &'a str,
    parts: Vec<Part<'a>>,
    stop: StopReason,
    sequence: Option<&'a str>,
    usage: Usage,
) -> Answer<'a> {
    Answer {
        id: id.into(),
        model: "claude-sonnet-4-6".into(),
        choices: vec![Choice {
            parts,
            stop,
            stop_sequence: sequence.map(Into::into),
            logprobs: Vec::new(),
        }],
        usage: Some(usage),
    }
}

/// The order that readers promise: see [`StreamEvent`].
#[track_caller]
pub(super) fn assert_in_order(events: &[StreamEvent]) {
    let (mut open, mut parts, mut stopped) = (false, 0, false);
    for (at, event) in events.iter().enumerate() {
        match event {
            StreamEvent::Start { .. } => assert_eq!(at, 0),
            StreamEvent::Open { part, .. } => {
                assert!(!open && !stopped && *part == parts, "{events:?}");
                (open, parts) = (true, parts + 1);
            }
            StreamEvent::Piece { text, .. } => assert!(open && !text.is_empty(), "{events:?}"),
            StreamEvent::Cited { .. } | StreamEvent::Sealed { .. } | StreamEvent::Logprobs { .. } => {
                assert!(open);
            }
            StreamEvent::Close { .. } => {
                assert!(open, "{events:?}");
                open = false;
            }
            StreamEvent::Stop { .. } => {
                assert!(!open && !stopped, "{events:?}");
                stopped = true;
            }
            StreamEvent::Usage(_) => assert!(at > 0),
            StreamEvent::End => assert!(stopped && at + 1 == events.len(), "{events:?}"),
            StreamEvent::Error(_) => assert_eq!(at + 1, events.len()),
        }
    }
}

fn citing<'a>(text: &'a str, citations: Vec<Citation<'a>>) -> Part<'a> {
    Part::Text {
        text: text.into(),
        citations,
        cache: None,
    }
}

fn grass() -> Citation<'static> {
    Citation::Document {
        index: 0,
        title: "Example".into(),
        cited: "The grass is green.".into(),
        place: Place::Characters(0, 20),
    }
}

#[test]
fn text_and_all_figures() {
    let hi = Part::text("Hi! My name is Claude.");
    assert_read("answer_text", vec![hi], StopReason::End, None, SMALL);
    let all = Usage {
        input: 2_095,
        output: 503,
        cache_write_5m: 100,
        cache_write_1h: 200,
        cache_read: 5_000,
        reasoning: 400,
        ..Usage::default()
    };
    let parts = vec![Part::text("Hi.")];
    assert_read("answer_usage", parts, StopReason::MaxOutput, None, all);
}

#[test]
fn calls() {
    let parts = vec![
        Part::text("I'll look."),
        call(
            "toolu_01A",
            "get_weather",
            r#"{"location":"Paris","unit":"celsius"}"#,
        ),
        call("toolu_01B", "get_time", "{}"),
    ];
    assert_read("answer_tools", parts, StopReason::ToolCalls, None, SMALL);
}

#[test]
fn thinking_with_its_seals() {
    let parts = vec![
        thought(
            "Let me see.",
            "EqQBCgIYAhIM1gbcDa9GJwZA2b3hGgxBdjrkzLoky3dl1pkiMOYds",
            false,
        ),
        thought("", "EmwKAhgBEgy3va3pzix", true),
        Part::text("Done."),
    ];
    assert_read("answer_thinking", parts, StopReason::End, None, SMALL);
}

#[test]
fn citations_of_each_kind() {
    let url = |url, title| Citation::Url {
        url,
        title,
        span: None,
    };
    let document = |index, title, cited, place| Citation::Document {
        index,
        title,
        cited,
        place,
    };
    let parts = vec![
        Part::text("According to the document, "),
        citing("the grass is green", vec![grass()]),
        citing(
            " and the sky is blue",
            vec![
                document(1, "".into(), "The sky is blue.".into(), Place::Pages(5, 6)),
                document(2, "Notes".into(), "Blue it is.".into(), Place::Blocks(0, 1)),
            ],
        ),
        citing(
            ".",
            vec![
                url("https://example.com/sky".into(), "Sky".into()),
                url("https://example.com/docs".into(), "".into()),
            ],
        ),
    ];
    assert_read("answer_citations", parts, StopReason::End, None, SMALL);
}

#[test]
fn each_way_to_stop() {
    let sequence = vec![Part::text("One, two, ")];
    assert_read(
        "answer_stop_sequence",
        sequence,
        StopReason::StopSequence,
        Some("three"),
        SMALL,
    );
    let refusal = Part::Refusal {
        text: "This looks dangerous.".into(),
    };
    let refused = vec![Part::text("I"), refusal];
    assert_read("answer_refusal", refused, StopReason::Refusal, None, SMALL);
    let paused = vec![Part::text("Searching.")];
    assert_read("answer_pause", paused, StopReason::Pause, None, SMALL);
}

#[test]
fn streams() {
    let usage = |input, output| Usage {
        input,
        output,
        ..Usage::default()
    };
    let text = vec![Part::text("Grüß \"dich\"\n!")];
    assert_streamed("stream_text", text, StopReason::End, None, usage(25, 15));
    let calls = vec![
        Part::text("Okay"),
        call(
            "toolu_01T1x1fJ34qAmk2tNTrN7Up6",
            "get_weather",
            r#"{"location": "San Francisco, CA"}"#,
        ),
        call("toolu_02", "get_time", ""),
    ];
    assert_streamed("stream_tools", calls, StopReason::ToolCalls, None, usage(472, 89));
    let thinking = vec![
        thought("Let me see.", "EqQBCgIYAhIM1gbcDa9GJwZA2b3h", false),
        thought("", "EmwKAhgBEgy3va3pzix", true),
        Part::text("27 × 453 = 12,231"),
    ];
    let all = Usage {
        input: 10,
        output: 120,
        cache_write_5m: 10,
        cache_write_1h: 20,
        cache_read: 17,
        reasoning: 100,
        ..Usage::default()
    };
    assert_streamed("stream_thinking", thinking, StopReason::End, None, all);
    let cited = vec![citing("the grass is green", vec![grass()])];
    assert_streamed(
        "stream_citations",
        cited,
        StopReason::StopSequence,
        Some("END"),
        usage(10, 12),
    );
    let searched = vec![Part::text("Blue.")];
    assert_streamed(
        "stream_server_tool",
        searched,
        StopReason::End,
        None,
        usage(60, 20),
    );
    let refusal = Part::Refusal {
        text: "This looks dangerous.".into(),
    };
    let refused = vec![Part::text("I"), refusal];
    assert_streamed("stream_refusal", refused, StopReason::Refusal, None, usage(10, 3));
}

#[test]
fn the_order_of_fields_and_blanks_make_no_difference() {
    for name in [
        "stream_text",
        "stream_tools",
        "stream_thinking",
        "stream_server_tool",
    ] {
        let usual = stream(name);
        let odd: Vec<String> = usual
            .lines()
            .map(|line| match line.strip_prefix("data: ") {
                None => line.to_owned(),
                Some(data) => {
                    let value: serde_json::Value = serde_json::from_str(data).expect("JSON");
                    format!("data: {}", value.to_string().replacen('{', "{ ", 1))
                }
            })
            .collect();
        assert_eq!(
            events((odd.join("\n") + "\n").as_bytes()),
            events(usual.as_bytes()),
            "{name}"
        );
    }
}

#[test]
fn an_input_told_at_a_calls_beginning_counts_unless_pieces_follow() {
    let streamed = |delta: &str| {
        let stream = format!(
            "data: {{\"type\":\"message_start\",\"message\":{{}}}}\n\ndata: {{\"type\":\"content_block_start\",\"index\":0,\
             \"content_block\":{{\"type\":\"tool_use\",\"id\":\"1\",\"name\":\"look\",\"input\":{{\"a\":1}}}}}}\n\n{delta}\
             data: {{\"type\":\"message_stop\"}}\n\n"
        );
        let (answer, _) = collect(&events(stream.as_bytes()));
        answer.choices[0].parts.clone()
    };
    let piece = r#"{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"b\":2}"}}"#;
    assert_eq!(streamed(""), [call("1", "look", r#"{"a":1}"#)]);
    assert_eq!(
        streamed(&format!("data: {piece}\n\n")),
        [call("1", "look", r#"{"b":2}"#)]
    );
}

#[test]
fn events_out_of_order_are_faults() {
    let read = |events: &[&str]| {
        let (mut reader, mut out) = (StreamReader::default(), Vec::new());
        let mut last = Ok(());
        for event in events {
            last = reader.read(b"", event.as_bytes(), &mut out);
        }
        last.map_err(|fault| fault.to_string())
    };
    let start = r#"{"type":"message_start","message":{"usage":{"input_tokens":1}}}"#;
    let block = r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#;
    let delta = r#"{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"a"}}"#;
    for (events, why) in [
        (&[block][..], "it came before message_start"),
        (&[start, start], "it came twice"),
        (&[start, block, delta], "its block is not open"),
        (&[start, r#"{"type":"content_block_start"}"#], "it has no index"),
        (&[r#"{"type":"message_start"}"#], "it has no message"),
        (
            &[r#"{"type":"message_start","message":{"usage":{"input_tokens":-1}}}"#],
            "usage.input_tokens",
        ),
    ] {
        let fault = read(events).expect_err(why);
        assert!(fault.contains(why), "{fault}");
    }
}

#[test]
fn an_error_ends_a_stream() {
    let read = events(stream("stream_error").as_bytes());
    assert_in_order(&read);
    let Some(StreamEvent::Error(error)) = read.last() else {
        panic!("{read:?}")
    };
    assert_eq!(
        (error.class, &*error.message),
        (Some(ErrorKind::Overloaded), "Overloaded")
    );
    let opened = read.iter().any(|event| {
        matches!(
            event,
            StreamEvent::Open {
                start: PartStart::Text,
                ..
            }
        )
    });
    assert!(opened);
}
