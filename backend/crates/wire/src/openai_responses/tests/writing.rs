//! Streams of other formats, as they are written in this one. Never in here: golden samples.

use super::streams::{FAULT, read, told};
use crate::model::*;
use crate::openai_responses::StreamWriter;
use crate::tree::Node;
use crate::usage::Usage;

fn write(events: &[StreamEvent], context: Context) -> (Vec<u8>, StreamWriter) {
    let (mut writer, mut into) = (StreamWriter::new(context), Vec::new());
    for event in events {
        writer.write(event, &mut into);
    }
    (into, writer)
}

fn context() -> Context {
    Context {
        model: "gpt-5.6".into(),
        id: "0199".into(),
        seal_thinking: true,
        ..Context::default()
    }
}

/// An answer with an item of each common kind.
fn common() -> Vec<StreamEvent> {
    let choice = 0;
    let piece = |text: &str| StreamEvent::Piece {
        choice,
        text: text.to_owned(),
    };
    let open = |part, start| StreamEvent::Open { choice, part, start };
    vec![
        StreamEvent::Start {
            id: "msg_up".into(),
            model: "other".into(),
        },
        open(
            0,
            PartStart::Thinking {
                redacted: false,
                id: None,
            },
        ),
        piece("Hm."),
        StreamEvent::Close { choice },
        open(1, PartStart::Text),
        piece("Hi"),
        StreamEvent::Close { choice },
        open(
            2,
            PartStart::ToolCall {
                id: "call_1".into(),
                name: "f".into(),
            },
        ),
        StreamEvent::Close { choice },
        StreamEvent::Usage(Usage {
            input: 3,
            output: 4,
            ..Usage::default()
        }),
        StreamEvent::Stop {
            choice,
            reason: StopReason::ToolCalls,
            sequence: None,
        },
        StreamEvent::End,
    ]
}

#[test]
fn every_item_begins_and_ends_as_clients_expect() {
    let (stream, _) = write(&common(), context());
    let told = told(&stream);
    let names: Vec<_> = told
        .iter()
        .map(|(name, _)| name.trim_start_matches("response."))
        .collect();
    assert_eq!(
        names,
        [
            "created",
            "in_progress",
            "output_item.added",
            "reasoning_summary_part.added",
            "reasoning_summary_text.delta",
            "reasoning_summary_text.done",
            "reasoning_summary_part.done",
            "output_item.done",
            "output_item.added",
            "content_part.added",
            "output_text.delta",
            "output_text.done",
            "content_part.done",
            "output_item.done",
            "output_item.added",
            "function_call_arguments.delta",
            "function_call_arguments.done",
            "output_item.done",
            "completed",
        ]
    );
    for (n, (name, data)) in told.iter().enumerate() {
        assert_eq!(data.get("sequence_number").and_then(Node::as_u64), Some(n as u64));
        assert_eq!(data.get("type").and_then(Node::as_text), Some(name.as_str()));
    }
    let places = told
        .iter()
        .filter_map(|(_, data)| data.get("output_index").and_then(Node::as_u64));
    assert_eq!(
        places.collect::<Vec<_>>(),
        [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2]
    );
    let response = told.last().unwrap().1.get("response").unwrap();
    assert_eq!(response.get("model").and_then(Node::as_text), Some("gpt-5.6"));
    assert_eq!(
        response
            .get("usage")
            .unwrap()
            .get("total_tokens")
            .and_then(Node::as_u64),
        Some(7)
    );
}

#[test]
fn a_begun_stream_can_fail() {
    let choice = 0;
    let events = [
        StreamEvent::Start {
            id: String::new(),
            model: String::new(),
        },
        StreamEvent::Open {
            choice,
            part: 0,
            start: PartStart::Text,
        },
        StreamEvent::Piece {
            choice,
            text: "Half".into(),
        },
    ];
    let (mut stream, mut writer) = write(&events, context());
    writer.error_event(&FAULT, &mut stream);
    let (name, data) = told(&stream).pop().unwrap();
    assert_eq!(name, "response.failed");
    assert_eq!(data.get("sequence_number").and_then(Node::as_u64), Some(5));
    assert_eq!(
        data.get("response")
            .unwrap()
            .get("status")
            .and_then(Node::as_text),
        Some("failed")
    );
    assert!(matches!(read(&stream).last(), Some(StreamEvent::Error(_))));
}

#[test]
fn free_text_and_the_shell_are_written_in_their_own_way() {
    let choice = 0;
    let mut context = context();
    context.echo = vec![(
        "tools".into(),
        Node::parse(br#"[{"type":"local_shell"}]"#).unwrap(),
    )];
    context.tools = vec![ToolAlias {
        sent: "crm__patch".into(),
        name: "patch".into(),
        namespace: Some("crm".into()),
        free_text: true,
    }];
    let call = |part, name: &str, arguments: &str| {
        let start = PartStart::ToolCall {
            id: format!("call_{part}"),
            name: name.into(),
        };
        [
            StreamEvent::Open { choice, part, start },
            StreamEvent::Piece {
                choice,
                text: arguments.into(),
            },
            StreamEvent::Close { choice },
        ]
    };
    let mut events = vec![StreamEvent::Start {
        id: String::new(),
        model: String::new(),
    }];
    events.extend(call(0, "crm__patch", r#"{"input":"a\nb"}"#));
    events.extend(call(1, "local_shell", r#"{"command":["ls"]}"#));
    events.push(StreamEvent::Stop {
        choice,
        reason: StopReason::ToolCalls,
        sequence: None,
    });
    events.push(StreamEvent::End);
    let (stream, _) = write(&events, context);
    let told = told(&stream);
    let delta = told
        .iter()
        .find(|(name, _)| name == "response.custom_tool_call_input.delta")
        .unwrap();
    assert_eq!(delta.1.get("delta").and_then(Node::as_text), Some("a\nb"));
    let output = told
        .last()
        .unwrap()
        .1
        .get("response")
        .unwrap()
        .get("output")
        .unwrap()
        .to_text();
    assert_eq!(
        output,
        r#"[{"id":"ctc_0199_0","type":"custom_tool_call","status":"completed","call_id":"call_0","name":"patch","namespace":"crm","input":"a\nb"},{"id":"lsh_0199_1","type":"local_shell_call","status":"completed","call_id":"call_1","action":{"type":"exec","command":["ls"],"env":{}}}]"#
    );
}
