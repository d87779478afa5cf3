//! Streamed answers: the events of each sample, whatever chunks it comes in.

use super::super::StreamReader;
use super::{call, events, samples, stream, thinking};
use crate::error::ErrorKind;
use crate::model::{Choice, Citation, Part, StopReason, StreamEvent, TokenLogprob, collect};
use crate::tests::chunks;
use crate::usage::Usage;
use bytes::Bytes;
use proptest::prelude::*;

fn of(name: &str) -> Vec<StreamEvent> {
    events([Bytes::from(stream(name))])
}

fn choice(parts: Vec<Part<'static>>, stop: StopReason) -> Vec<Choice<'static>> {
    vec![Choice {
        parts,
        stop,
        ..Choice::default()
    }]
}

/// The choices of each whole stream, and what it told that it cost.
fn meaning(name: &str) -> Option<(Vec<Choice<'static>>, Option<Usage>)> {
    let [small, large, deepseek] = costs().map(Some);
    Some(match name {
        "text" => (
            choice(vec![Part::text("Hello \"wörld\"")], StopReason::End),
            large,
        ),
        "tools" => {
            let calls = vec![
                call("call_a", "get_weather", r#"{"city":"Rome"}"#),
                call("call_b", "now", "{}"),
            ];
            (choice(calls, StopReason::ToolCalls), small)
        }
        "interleaved" => {
            let parts = vec![
                Part::text("Let me see."),
                call("call_a", "f", r#"{"a":1}"#),
                call("call_b", "g", r#"{"b":2} "#),
            ];
            (choice(parts, StopReason::ToolCalls), None)
        }
        "azure" => (choice(vec![Part::text("Hi")], StopReason::End), small),
        "deepseek" => {
            let parts = vec![thinking("Say hello."), Part::text("Hello!")];
            (choice(parts, StopReason::End), deepseek)
        }
        "compatible" => {
            let parts = vec![
                thinking("Hm."),
                call("call_vl_0_0", "f", r#"{"a":1}"#),
                call("call_vl_0_1", "g", r#"{"b":2}"#),
            ];
            (choice(parts, StopReason::ToolCalls), small)
        }
        "logprobs" => (vec![with_logprobs()], None),
        "refusal" => {
            let parts = vec![Part::Refusal {
                text: "I can't help.".into(),
            }];
            (choice(parts, StopReason::Refusal), None)
        }
        "custom" => {
            let parts = vec![call("call_c", "shell", r#"{"input":"ls \"x\""}"#)];
            (choice(parts, StopReason::ToolCalls), None)
        }
        "citations" => (choice(vec![cited()], StopReason::End), None),
        "choices" => {
            let mut choices = choice(vec![Part::text("Aa")], StopReason::End);
            choices.append(&mut choice(vec![Part::text("Bb")], StopReason::MaxOutput));
            (choices, None)
        }
        _ => return None,
    })
}

fn costs() -> [Usage; 3] {
    let usage = |input, output, cache_write_5m, cache_read, reasoning| Usage {
        input,
        output,
        cache_write_5m,
        cache_write_1h: 0,
        cache_read,
        reasoning,
        ..Usage::default()
    };
    [
        usage(9, 4, 0, 0, 0),
        usage(200, 300, 400, 2_000, 128),
        usage(10, 10, 0, 6, 5),
    ]
}

fn with_logprobs() -> Choice<'static> {
    let token = |token: &str, logprob, top: &[(&str, f64)]| TokenLogprob {
        token: token.to_owned(),
        logprob,
        top: top
            .iter()
            .map(|(token, logprob)| ((*token).to_owned(), *logprob))
            .collect(),
    };
    Choice {
        parts: vec![Part::text("Hi ü")],
        stop: StopReason::MaxOutput,
        logprobs: vec![token("Hi", -0.25, &[("Hi", -0.25)]), token(" ü", -1.5, &[])],
        ..Choice::default()
    }
}

fn cited() -> Part<'static> {
    Part::Text {
        text: "Rust 1.95 is out.".into(),
        citations: vec![Citation::Url {
            url: "https://example.com/rust".into(),
            title: "Rust".into(),
            span: Some((0, 9)),
        }],
        cache: None,
    }
}

#[test]
fn samples_mean_what_they_say() {
    for name in samples("stream-", ".sse") {
        if ["error", "broken"].contains(&name.as_str()) {
            continue;
        }
        let events = of(&name);
        let (answer, error) = collect(&events);
        let (choices, usage) = meaning(&name).unwrap_or_else(|| panic!("no meaning of {name}"));
        assert_eq!(answer.choices, choices, "{name}");
        assert_eq!(answer.usage, usage, "{name}");
        assert_eq!(error, None);
        assert_eq!(events.last(), Some(&StreamEvent::End), "{name}");
        assert!(!answer.id.is_empty() && !answer.model.is_empty(), "{name}");
        in_order(&events);
    }
}

/// What `StreamEvent` promises.
fn in_order(events: &[StreamEvent]) {
    assert!(matches!(events.first(), Some(StreamEvent::Start { .. })));
    let mut choices: std::collections::HashMap<u32, (u32, bool, bool)> = std::collections::HashMap::new();
    for event in events.get(1..).expect("more events") {
        match event {
            StreamEvent::Start { .. } => panic!("two beginnings"),
            StreamEvent::Open { choice, part, .. } => {
                let (next, open, stopped) = choices.entry(*choice).or_default();
                assert!(!*open && !*stopped && *next == *part, "{event:?}");
                (*next, *open) = (*next + 1, true);
            }
            StreamEvent::Piece { choice, text } => {
                assert!(choices[choice].1 && !text.is_empty(), "{event:?}");
            }
            StreamEvent::Cited { choice, .. } | StreamEvent::Logprobs { choice, .. } => {
                assert!(choices[choice].1);
            }
            StreamEvent::Close { choice } => {
                assert!(std::mem::take(&mut choices.get_mut(choice).expect("a choice").1));
            }
            StreamEvent::Stop { choice, .. } => {
                let (_, open, stopped) = choices.entry(*choice).or_default();
                assert!(!*open && !std::mem::replace(stopped, true));
            }
            StreamEvent::End => assert!(choices.values().all(|(_, open, stopped)| !open && *stopped)),
            _ => {}
        }
    }
}

#[test]
fn calls_pass_as_they_come_and_later_ones_wait_for_them() {
    let events = of("interleaved");
    let pieces: Vec<&str> = events
        .iter()
        .filter_map(|event| match event {
            StreamEvent::Piece { text, .. } => Some(text.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(pieces, ["Let me see.", "{\"a\"", ":1}", "{\"b\":2}", " "]);
}

#[test]
fn an_error_ends_the_stream() {
    let events = of("error");
    let Some(StreamEvent::Error(error)) = events.last() else {
        panic!("no error")
    };
    assert_eq!(error.class, Some(ErrorKind::Internal));
}

#[test]
fn a_stream_that_broke_off_has_no_end() {
    let events = of("broken");
    assert!(!events.contains(&StreamEvent::End));
    assert!(
        !events
            .iter()
            .any(|event| matches!(event, StreamEvent::Stop { .. }))
    );
}

#[test]
fn a_body_without_a_chunk_is_no_answer() {
    assert_eq!(events([Bytes::from_static(b": nothing\n\n")]), []);
}

#[test]
fn a_choice_that_was_not_ended_before_the_end_is_ended_by_it() {
    let stream =
        "data: {\"id\":\"1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"}}]}\n\ndata: [DONE]\n\n";
    let events = events([Bytes::from(stream)]);
    let (answer, _) = collect(&events);
    assert_eq!(answer.choices, choice(vec![Part::text("Hi")], StopReason::End));
    assert_eq!(events.last(), Some(&StreamEvent::End));
}

#[test]
fn whole_calls_under_one_number_are_several() {
    let delta = |id: &str| {
        format!(
            r#"data: {{"id":"1","choices":[{{"index":0,"delta":{{"tool_calls":[{{"index":0,"id":"{id}","function":{{"name":"f","arguments":"{{}}"}}}}]}}}}]}}"#
        )
    };
    let stream = format!("{}\n\n{}\n\ndata: [DONE]\n\n", delta("a"), delta("b"));
    let (answer, _) = collect(&events([Bytes::from(stream)]));
    let calls = vec![call("a", "f", "{}"), call("b", "f", "{}")];
    assert_eq!(answer.choices, choice(calls, StopReason::ToolCalls));
}

#[test]
fn chunks_that_cannot_be_are_faults() {
    let bad = [
        "{\"choices\":",
        r#"{"id":"1","choices":[{"index":128,"delta":{"content":"x"}}]}"#,
        r#"{"id":"1","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{}"}}]}}]}"#,
        r#"{"id":"1","choices":[],"usage":{"prompt_tokens":1.5}}"#,
        "[DONE]",
    ];
    for data in bad {
        let mut out = Vec::new();
        let read = StreamReader::default().read(b"", data.as_bytes(), &mut out);
        assert!(read.is_err(), "{data}");
    }
}

#[test]
fn what_waits_is_bounded() {
    let mut reader = StreamReader::default();
    let mut out = Vec::new();
    let begin = r#"{"id":"1","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{"}},{"index":1,"id":"b","function":{"name":"g","arguments":"{"}}]}}]}"#;
    reader.read(b"", begin.as_bytes(), &mut out).expect("readable");
    let more = format!(
        r#"{{"id":"1","choices":[{{"index":0,"delta":{{"tool_calls":[{{"index":1,"function":{{"arguments":"{}"}}}}]}}}}]}}"#,
        " ".repeat(1 << 20)
    );
    let read = (0..9).map(|_| reader.read(b"", more.as_bytes(), &mut out));
    assert!(read.into_iter().any(|read| read.is_err()));
}

proptest! {
    #[test]
    fn chunks_make_no_difference(lengths in prop::collection::vec(0_usize..40, 1..8)) {
        for name in samples("stream-", ".sse") {
            prop_assert_eq!(events(chunks(&stream(&name), &lengths)), of(&name), "{}", name);
        }
    }
}
