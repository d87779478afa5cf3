//! What becomes of things that other formats have and this one has not, on the way here and back again.

use super::golden::{context, events, written_answer, written_stream};
use crate::claude::{read_request, write_answer, write_request};
use crate::format::Vendor;
use crate::model::{
    Answer, Choice, OutputForm, Part, PartStart, Request, Role, Sealed, StopReason, StreamEvent, Target,
    Tool, ToolCall, ToolChoice, ToolInput, ToolResult, Turn, collect,
};
use crate::tree::Node;
use serde_json::{Value, json};

fn said(request: &Request<'_>) -> Value {
    let target = Target {
        model: "claude-sonnet-4-6",
        max_output: 8_192,
    };
    let mut body = Vec::new();
    write_request(request, &target, &mut body).expect("sayable");
    serde_json::from_slice(&body).expect("JSON")
}

fn hello<'a>() -> Request<'a> {
    Request {
        turns: vec![turn(Role::User, vec![Part::text("hi")])],
        ..Request::default()
    }
}

fn turn(role: Role, parts: Vec<Part<'_>>) -> Turn<'_> {
    Turn { role, parts }
}

fn call<'a>(id: &'a str, arguments: &'a str) -> ToolCall<'a> {
    ToolCall {
        id: id.into(),
        name: "look".into(),
        arguments: arguments.into(),
        sealed: None,
        cache: None,
    }
}

fn seal(vendor: Vendor) -> Sealed<'static> {
    Sealed {
        vendor,
        data: "c2VhbA==".into(),
    }
}

fn thought<'a>(text: &'a str, sealed: Sealed<'static>) -> Part<'a> {
    Part::Thinking {
        text: text.into(),
        sealed: Some(sealed),
        redacted: false,
        id: None,
    }
}

fn answered(parts: Vec<Part<'_>>) -> Answer<'_> {
    Answer {
        model: "m".into(),
        choices: vec![Choice {
            parts,
            ..Choice::default()
        }],
        ..Answer::default()
    }
}

#[test]
fn the_smallest_request_gets_the_models_own_limit() {
    let expected = json!({"model": "claude-sonnet-4-6", "max_tokens": 8_192,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}]});
    assert_eq!(said(&hello()), expected);
}

#[test]
fn what_is_advice_or_concerns_other_platforms_is_left_out() {
    let request = Request {
        seed: Some(7),
        verbosity: Some(crate::model::Effort::Low),
        metadata: Some(Node::Object(Vec::new())),
        cache_key: Some("k".into()),
        store: Some(true),
        user: Some("u".repeat(257).into()),
        ..hello()
    };
    assert_eq!(said(&request), said(&hello()));
}

#[test]
fn json_without_a_schema_is_asked_for_in_words() {
    let request = Request {
        output: Some(OutputForm::Json),
        ..hello()
    };
    let system = said(&request)["system"].clone();
    assert!(
        system[0]["text"]
            .as_str()
            .is_some_and(|text| text.contains("JSON")),
        "{system}"
    );
}

#[test]
fn results_of_tools_stand_first_in_one_message_and_ids_are_made_fit() {
    let result = |id: &'static str| {
        Part::ToolResult(ToolResult {
            id: id.into(),
            name: None,
            content: Vec::new(),
            object: Some(Node::parse(br#"{"a":1}"#).expect("JSON")),
            is_error: false,
            cache: None,
        })
    };
    let request = Request {
        turns: vec![
            turn(
                Role::Assistant,
                vec![Part::ToolCall(call("functions.look:0", ""))],
            ),
            turn(Role::User, vec![Part::text("first"), Part::text("")]),
            turn(Role::User, vec![result("functions.look:0")]),
            turn(Role::Assistant, vec![thought("hm", seal(Vendor::OpenAi))]),
        ],
        ..Request::default()
    };
    let expected = json!([
        {"role": "assistant", "content": [{"type": "tool_use", "id": "functions_look_0", "name": "look", "input": {}}]},
        {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": "functions_look_0", "content": "{\"a\":1}"},
            {"type": "text", "text": "first"}]},
    ]);
    assert_eq!(said(&request)["messages"], expected);
}

fn tool(name: &'static str, input: ToolInput<'static>) -> Tool<'static> {
    Tool {
        name: name.into(),
        namespace: None,
        description: None,
        input,
        strict: None,
        cache: None,
    }
}

#[test]
fn tools_of_other_kinds_become_objects() {
    let grammar = br#"{"type":"grammar","syntax":"lark","definition":"start: WORD"}"#;
    let format = Some(Node::parse(grammar).expect("JSON"));
    let request = Request {
        tools: vec![
            Tool {
                namespace: Some("mcp".into()),
                ..tool("look", ToolInput::Schema(None))
            },
            tool("patch", ToolInput::FreeText { format }),
            tool(
                "loose",
                ToolInput::Schema(Some(Node::parse(b"{}").expect("JSON"))),
            ),
        ],
        ..hello()
    };
    let text = json!({"type": "string", "description": "A text of this grammar:\nstart: WORD"});
    let expected = json!([
        {"name": "mcp__look", "input_schema": {"type": "object", "properties": {}}},
        {"name": "patch", "input_schema": {"type": "object", "properties": {"input": text}, "required": ["input"]}},
        {"name": "loose", "input_schema": {"type": "object"}},
    ]);
    assert_eq!(said(&request)["tools"], expected);
}

#[test]
fn of_tools_that_may_not_be_called_none_is_offered() {
    let request = |must| Request {
        tools: vec![
            tool("look", ToolInput::Schema(None)),
            tool("leap", ToolInput::Schema(None)),
        ],
        tool_choice: Some(ToolChoice::Among {
            names: vec!["leap".into()],
            must,
        }),
        ..hello()
    };
    for (must, kind) in [(true, "any"), (false, "auto")] {
        let body = said(&request(must));
        assert_eq!(body["tools"].as_array().map(Vec::len), Some(1));
        assert_eq!(body["tools"][0]["name"], "leap");
        assert_eq!(body["tool_choice"], json!({"type": kind}));
    }
    let none = Request {
        tool_choice: Some(ToolChoice::Auto),
        parallel_tools: Some(false),
        ..hello()
    };
    assert_eq!(
        said(&none),
        said(&hello()),
        "a choice without tools is refused by Anthropic"
    );
}

#[test]
fn arguments_that_are_no_object_are_shown_as_they_are() {
    let answer = answered(vec![
        Part::ToolCall(call("1", "{\"a\":")),
        Part::ToolCall(call("2", "[1]")),
        Part::ToolCall(call("3", "")),
    ]);
    let body: Value = serde_json::from_slice(&written_answer(&answer)).expect("JSON");
    let inputs: Vec<&Value> = (0..3).map(|at| &body["content"][at]["input"]).collect();
    let expected = [
        json!({"__invalid_json": "{\"a\":"}),
        json!({"__invalid_json": "[1]"}),
        json!({}),
    ];
    assert_eq!(inputs, expected.iter().collect::<Vec<_>>());
}

#[test]
fn an_answer_of_another_format_has_what_this_one_demands() {
    let mut answer = answered(vec![Part::Refusal { text: "No.".into() }]);
    answer.id = "chatcmpl-1".into();
    answer.choices.push(Choice::default());
    let body: Value = serde_json::from_slice(&written_answer(&answer)).expect("JSON");
    assert_eq!(
        (&body["id"], &body["type"], &body["role"]),
        (&json!("msg_0193"), &json!("message"), &json!("assistant"))
    );
    assert_eq!(body["content"], json!([{"type": "text", "text": "No."}]));
    assert_eq!(
        (&body["stop_reason"], &body["stop_sequence"]),
        (&json!("refusal"), &Value::Null)
    );
    assert_eq!(
        (&body["usage"]["input_tokens"], &body["usage"]["output_tokens"]),
        (&json!(0), &json!(0))
    );
    let mut nothing = Vec::new();
    write_answer(&Answer::default(), &context("m"), &mut nothing);
    let nothing: Value = serde_json::from_slice(&nothing).expect("JSON");
    assert_eq!(
        (&nothing["content"], &nothing["stop_reason"]),
        (&json!([]), &json!("end_turn"))
    );
}

/// What comes back when a client repeats an answer's content in its next request.
fn repeated(content: &Value) -> Vec<u8> {
    json!({"model": "m", "max_tokens": 9, "messages": [{"role": "assistant", "content": content}]})
        .to_string()
        .into_bytes()
}

#[test]
fn what_other_vendors_sealed_comes_back_to_them() {
    let google = ToolCall {
        sealed: Some(seal(Vendor::Google)),
        ..call("1", "{}")
    };
    let parts = vec![
        thought("", seal(Vendor::OpenAi)),
        thought("hm", seal(Vendor::Google)),
        Part::ToolCall(google),
        Part::ToolCall(call("2", "{}")),
    ];
    let body: Value = serde_json::from_slice(&written_answer(&answered(parts.clone()))).expect("JSON");
    let signature = "tollgate.openai:c2VhbA==";
    assert_eq!(
        body["content"][0],
        json!({"type": "thinking", "thinking": "", "signature": signature})
    );
    let request = repeated(&body["content"]);
    let turns = read_request(&request).expect("a request").turns;
    assert_eq!(turns[0].parts, parts);
}

#[test]
fn the_same_holds_for_streams_whenever_the_seal_comes() {
    let open = |part, start| StreamEvent::Open {
        choice: 0,
        part,
        start,
    };
    let piece = |text: &str| StreamEvent::Piece {
        choice: 0,
        text: text.to_owned(),
    };
    let sealed = || StreamEvent::Sealed {
        choice: 0,
        sealed: seal(Vendor::Google),
    };
    let close = || StreamEvent::Close { choice: 0 };
    let called = |id: &str| PartStart::ToolCall {
        id: id.to_owned(),
        name: "look".to_owned(),
    };
    let stream = written_stream(
        &[
            StreamEvent::Start {
                id: String::new(),
                model: String::new(),
            },
            open(0, called("1")),
            sealed(),
            piece("{\"a\":"),
            piece("1}"),
            close(),
            open(1, called("2")),
            piece("{}"),
            sealed(),
            close(),
            open(2, called("3")),
            close(),
            StreamEvent::Stop {
                choice: 0,
                reason: StopReason::ToolCalls,
                sequence: None,
            },
            StreamEvent::End,
        ],
        "m",
    );
    let (answer, _) = collect(&events(&stream));
    let body: Value = serde_json::from_slice(&written_answer(&answer)).expect("JSON");
    let request = repeated(&body["content"]);
    let turns = read_request(&request).expect("a request").turns;
    let with = |id, arguments| ToolCall {
        sealed: Some(seal(Vendor::Google)),
        ..call(id, arguments)
    };
    let expected = [with("1", "{\"a\":1}"), with("2", "{}"), call("3", "{}")].map(Part::ToolCall);
    assert_eq!(turns[0].parts, expected);
}

#[test]
fn a_stream_shows_one_choice_and_ends_with_all_figures() {
    use crate::usage::Usage;
    let usage = Usage {
        input: 9,
        output: 3,
        cache_read: 2,
        ..Usage::default()
    };
    let text = |choice| {
        [
            StreamEvent::Open {
                choice,
                part: 0,
                start: PartStart::Refusal,
            },
            StreamEvent::Piece {
                choice,
                text: format!("No, {choice}."),
            },
            StreamEvent::Close { choice },
            StreamEvent::Stop {
                choice,
                reason: StopReason::End,
                sequence: None,
            },
        ]
    };
    let start = StreamEvent::Start {
        id: "chatcmpl-1".to_owned(),
        model: "gpt".to_owned(),
    };
    let all: Vec<StreamEvent> = [start]
        .into_iter()
        .chain(text(0))
        .chain(text(1))
        .chain([StreamEvent::Usage(usage), StreamEvent::End])
        .collect();
    let stream = written_stream(&all, "m");
    let shown = String::from_utf8(stream.clone()).expect("text");
    assert!(
        shown.contains("\"id\":\"msg_0193\"") && !shown.contains("gpt") && !shown.contains("No, 1."),
        "{shown}"
    );
    let (answer, _) = collect(&events(&stream));
    assert_eq!(answer.usage, Some(usage));
    assert_eq!(answer.choices[0].parts, [Part::text("No, 0.")]);
    assert_eq!(answer.choices[0].stop, StopReason::Refusal);
}

#[test]
fn a_stream_that_breaks_off_has_no_end() {
    let whole = super::stream::STREAM;
    let cut = whole.find("event: content_block_stop").expect("it is there");
    let read = events(&whole.as_bytes()[..cut]);
    assert!(!read.contains(&StreamEvent::End), "{read:?}");
}
