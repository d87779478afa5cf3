//! Golden requests: what they mean, and that they can be written and read again.

use super::*;
use crate::format::Vendor;
use crate::model::{
    Document, Effort, Image, OutputForm, Part, Role, Sealed, Source, Thinking, Tool, ToolCall, ToolChoice,
    ToolInput, ToolResult, Turn,
};

fn turn(role: Role, parts: Vec<Part<'_>>) -> Turn<'_> {
    Turn { role, parts }
}

fn node(json: &'static str) -> Node<'static> {
    Node::parse(json.as_bytes()).unwrap()
}

fn googles(data: &'static str) -> Sealed<'static> {
    Sealed {
        vendor: Vendor::Google,
        data: data.into(),
    }
}

fn base64<'a>(media_type: &'a str, data: &'a str) -> Source<'a> {
    Source::Base64 {
        media_type: media_type.into(),
        data: data.into(),
    }
}

/// Checks a sample against what it means, and that it survives being written.
fn means(name: &str, target: &Target<'_>, expected: Request<'_>) {
    let body = sample(name, "request");
    let read = read_request(&body).unwrap();
    assert_eq!(read, expected, "{name}");
    let again = written(&read, target);
    assert_eq!(read_request(&again).unwrap(), read, "{name}: {}", text(&again));
}

#[test]
fn every_sample_is_tested_here() {
    assert_eq!(names("request_", ".json").len(), 10);
}

#[test]
fn texts_and_turns() {
    means(
        "request_text",
        &NEW,
        Request {
            turns: vec![turn(Role::User, vec![Part::text("How do tides work?")])],
            ..Request::default()
        },
    );
    means(
        "request_turns",
        &NEW,
        Request {
            system: vec![Part::text("You are a harbour master.")],
            turns: vec![
                turn(Role::User, vec![Part::text("Hello")]),
                turn(Role::Assistant, vec![Part::text("Ahoy.")]),
                turn(Role::User, vec![Part::text("When is high water?")]),
            ],
            ..Request::default()
        },
    );
}

#[test]
fn media() {
    let image = |source| {
        Part::Image(Image {
            source,
            detail: None,
            cache: None,
        })
    };
    let parts = vec![
        Part::text("What is in these?"),
        image(base64("image/png", "iVBORw0KGgo=")),
        // From the URL's alphabet without padding.
        image(base64("image/jpeg", "/+8=")),
        image(Source::Url {
            url: "https://example.com/a.webp".into(),
            media_type: Some("image/webp".into()),
        }),
        image(Source::File {
            vendor: Vendor::Google,
            id: "https://generativelanguage.googleapis.com/v1beta/files/abc-123".into(),
            media_type: Some("image/png".into()),
        }),
        Part::Document(Document {
            source: base64("application/pdf", "JVBERi0="),
            title: None,
            context: None,
            citations: false,
            cache: None,
        }),
        Part::Audio {
            source: base64("audio/wav", "UklGRg=="),
        },
    ];
    means(
        "request_media",
        &NEW,
        Request {
            turns: vec![turn(Role::User, parts)],
            ..Request::default()
        },
    );
}

fn call(
    id: &'static str,
    name: &'static str,
    arguments: &'static str,
    sealed: Option<Sealed<'static>>,
) -> Part<'static> {
    Part::ToolCall(ToolCall {
        id: id.into(),
        name: name.into(),
        arguments: arguments.into(),
        sealed,
        cache: None,
    })
}

fn result(
    id: &'static str,
    name: &'static str,
    said: &'static str,
    object: &'static str,
    is_error: bool,
) -> Part<'static> {
    Part::ToolResult(ToolResult {
        id: id.into(),
        name: Some(name.into()),
        content: vec![Part::text(said)],
        object: Some(node(object)),
        is_error,
        cache: None,
    })
}

fn tool(
    name: &'static str,
    description: Option<&'static str>,
    schema: Option<&'static str>,
) -> Tool<'static> {
    Tool {
        name: name.into(),
        namespace: None,
        description: description.map(Into::into),
        input: ToolInput::Schema(schema.map(node)),
        strict: None,
        cache: None,
    }
}

#[test]
fn tools_calls_and_results_are_paired_by_name_and_order() {
    let weather = r#"{"type":"object","properties":{"city":{"type":["string","null"]},"days":{"type":"integer"}},"required":["city"]}"#;
    let time = r#"{"type":"object","properties":{"zone":{"type":"string"}}}"#;
    means(
        "request_tools",
        &NEW,
        Request {
            turns: vec![
                turn(
                    Role::User,
                    vec![Part::text("Compare the weather in Bonn and Ulm.")],
                ),
                turn(
                    Role::Assistant,
                    vec![
                        call(
                            "call_1_0",
                            "weather",
                            r#"{"city":"Bonn"}"#,
                            Some(googles("c2VhbA==")),
                        ),
                        call("call_1_1", "weather", r#"{"city":"Ulm"}"#, None),
                    ],
                ),
                turn(
                    Role::User,
                    vec![
                        result("call_1_0", "weather", "rain", r#"{"result":"rain"}"#, false),
                        result(
                            "call_1_1",
                            "weather",
                            r#"{"code":404}"#,
                            r#"{"error":{"code":404}}"#,
                            true,
                        ),
                    ],
                ),
            ],
            tools: vec![
                tool("weather", Some("Tells the weather."), Some(weather)),
                tool("time", None, Some(time)),
            ],
            tool_choice: Some(ToolChoice::Auto),
            ..Request::default()
        },
    );
    means(
        "request_choice",
        &NEW,
        Request {
            turns: vec![turn(Role::User, vec![Part::text("Time?")])],
            tools: vec![
                tool("time", None, None),
                tool("date", None, None),
                tool("moon", None, None),
            ],
            tool_choice: Some(ToolChoice::Among {
                names: vec!["time".into(), "date".into()],
                must: true,
            }),
            ..Request::default()
        },
    );
}

#[test]
fn thinking_with_its_seals() {
    let thinking = |text: &'static str, seal| Part::Thinking {
        text: text.into(),
        sealed: Some(googles(seal)),
        redacted: false,
        id: None,
    };
    means(
        "request_thinking",
        &OLD,
        Request {
            turns: vec![
                turn(Role::User, vec![Part::text("Prove it.")]),
                turn(
                    Role::Assistant,
                    vec![
                        thinking("Let me see.", "dGhvdWdodA=="),
                        Part::text("It is so."),
                        thinking("", "dGV4dA=="),
                    ],
                ),
                turn(Role::User, vec![Part::text("Are you sure?")]),
            ],
            thinking: Some(Thinking::Budget(2048)),
            show_thinking: Some(true),
            ..Request::default()
        },
    );
    means(
        "request_level",
        &NEW,
        Request {
            turns: vec![turn(Role::User, vec![Part::text("Think.")])],
            effort: Some(Effort::Low),
            ..Request::default()
        },
    );
}

#[test]
fn a_signature_on_a_text_stays_on_it() {
    let body = sample("request_thinking", "request");
    let again = written(&read_request(&body).unwrap(), &OLD);
    let part = r#"{"text":"It is so.","thoughtSignature":"dGV4dA=="}"#;
    assert!(text(&again).contains(part), "{}", text(&again));
}

#[test]
fn structured_output_and_sampling() {
    let schema = concat!(
        r#"{"type":"array","minItems":1,"items":{"type":"object","properties":"#,
        r#"{"vegan":{"type":"boolean"},"name":{"type":"string"}}}}"#
    );
    means(
        "request_structured",
        &NEW,
        Request {
            turns: vec![turn(Role::User, vec![Part::text("List two recipes.")])],
            output: Some(OutputForm::Schema {
                name: None,
                description: None,
                schema: node(schema),
                strict: None,
            }),
            ..Request::default()
        },
    );
    means(
        "request_sampling",
        &NEW,
        Request {
            turns: vec![turn(Role::User, vec![Part::text("Pick a word.")])],
            choices: Some(2),
            max_output: Some(200),
            temperature: Some(1.5),
            top_p: Some(0.9),
            top_k: Some(40),
            seed: Some(7),
            presence_penalty: Some(0.5),
            frequency_penalty: Some(-0.5),
            stop: vec!["END".into(), "STOP".into()],
            logprobs: Some(3),
            ..Request::default()
        },
    );
}

#[test]
fn what_gemini_cli_sends_has_nothing_that_another_format_must_refuse() {
    let schema = r#"{"type":"object","properties":{"file_path":{"type":"string"}},"required":["file_path"]}"#;
    means(
        "request_gemini_cli",
        &NEW,
        Request {
            system: vec![Part::text("You are Gemini CLI.")],
            turns: vec![
                turn(
                    Role::User,
                    vec![Part::text(
                        "<session_context>\nToday is Monday.\n</session_context>",
                    )],
                ),
                turn(Role::User, vec![Part::text("Read the README.")]),
                turn(
                    Role::Assistant,
                    vec![call(
                        "read_file-1",
                        "read_file",
                        r#"{"file_path":"README.md"}"#,
                        Some(googles("c2VhbA==")),
                    )],
                ),
                turn(
                    Role::User,
                    vec![result(
                        "read_file-1",
                        "read_file",
                        "# Title",
                        r##"{"output":"# Title"}"##,
                        false,
                    )],
                ),
            ],
            tools: vec![tool("read_file", Some("Reads."), Some(schema))],
            temperature: Some(1.0),
            top_p: Some(0.95),
            // 64, which is what the models do anyway.
            top_k: None,
            effort: Some(Effort::High),
            show_thinking: Some(true),
            ..Request::default()
        },
    );
}
