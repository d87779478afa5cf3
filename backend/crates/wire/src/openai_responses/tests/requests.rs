//! Golden requests: what they mean, and that what they mean can be said.

use super::{all, golden};
use crate::format::Vendor;
use crate::model::*;
use crate::openai_responses::{read_request, write_request};
use crate::tree::Node;

pub(super) const TARGET: Target<'_> = Target {
    model: "gpt-5.6",
    max_output: 1_000,
};

pub(super) fn user(parts: Vec<Part<'_>>) -> Turn<'_> {
    Turn {
        role: Role::User,
        parts,
    }
}

pub(super) fn assistant(parts: Vec<Part<'_>>) -> Turn<'_> {
    Turn {
        role: Role::Assistant,
        parts,
    }
}

pub(super) fn call<'a>(id: &'a str, name: &'a str, arguments: &'a str) -> Part<'a> {
    Part::ToolCall(ToolCall {
        id: id.into(),
        name: name.into(),
        arguments: arguments.into(),
        sealed: None,
        cache: None,
    })
}

pub(super) fn result<'a>(id: &'a str, content: Vec<Part<'a>>) -> Part<'a> {
    Part::ToolResult(ToolResult {
        id: id.into(),
        name: None,
        content,
        object: None,
        is_error: false,
        cache: None,
    })
}

pub(super) fn image<'a>(source: Source<'a>, detail: Option<&'a str>) -> Part<'a> {
    Part::Image(Image {
        source,
        detail: detail.map(Into::into),
        cache: None,
    })
}

pub(super) fn base64<'a>(media_type: &'a str, data: &'a str) -> Source<'a> {
    Source::Base64 {
        media_type: media_type.into(),
        data: data.into(),
    }
}

pub(super) fn url(url: &str) -> Source<'_> {
    Source::Url {
        url: url.into(),
        media_type: None,
    }
}

pub(super) fn file(id: &str) -> Source<'_> {
    Source::File {
        vendor: Vendor::OpenAi,
        id: id.into(),
        media_type: None,
    }
}

pub(super) fn document<'a>(source: Source<'a>, title: Option<&'a str>) -> Part<'a> {
    Part::Document(Document {
        source,
        title: title.map(Into::into),
        context: None,
        citations: false,
        cache: None,
    })
}

pub(super) fn thinking<'a>(id: &'a str, text: &'a str, data: &'a str) -> Part<'a> {
    Part::Thinking {
        text: text.into(),
        sealed: Some(Sealed {
            vendor: Vendor::OpenAi,
            data: data.into(),
        }),
        redacted: false,
        id: Some(id.into()),
    }
}

pub(super) const PNG: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

#[test]
fn what_is_read_can_be_written_and_read_again() {
    for name in all("request_", ".json") {
        let body = golden(&name);
        let mut read = read_request(body.as_bytes()).unwrap();
        let target = Target {
            model: &read.model.clone(),
            ..TARGET
        };
        let mut written = Vec::new();
        write_request(&read, &target, &mut written).unwrap();
        // What is written says these in any case.
        read.store = Some(read.store.unwrap_or(false));
        for tool in &mut read.tools {
            if matches!(tool.input, ToolInput::Schema(_)) {
                tool.strict = Some(tool.strict.unwrap_or(false));
            }
        }
        assert_eq!(read_request(&written).unwrap(), read, "{name}");
    }
}

#[test]
fn instructions_and_developer_messages_are_the_system_prompt() {
    let body = golden("request_system");
    let read = read_request(body.as_bytes()).unwrap();
    let texts = ["Talk like a pirate.", "Be brief.", "Stay polite."];
    assert_eq!(read.system, texts.map(Part::text));
    assert_eq!(read.turns, [user(vec![Part::text("Hello")])]);
}

#[test]
fn messages_are_turns() {
    let body = golden("request_turns");
    let read = read_request(body.as_bytes()).unwrap();
    let refusal = Part::Refusal {
        text: "I won't say.".into(),
    };
    assert_eq!(
        read.turns,
        [
            user(vec![Part::text("knock knock.")]),
            assistant(vec![Part::text("Who's there?")]),
            user(vec![Part::text("Orange.")]),
            assistant(vec![refusal]),
            user(vec![Part::text("Why?")]),
        ]
    );
}

#[test]
fn pictures_come_as_url_data_and_file() {
    let body = golden("request_images");
    let read = read_request(body.as_bytes()).unwrap();
    let parts = vec![
        Part::text("What is in these?"),
        image(url("https://example.com/cat.jpg"), Some("low")),
        image(base64("image/png", PNG), Some("auto")),
        image(file("file-abc"), Some("high")),
    ];
    assert_eq!(read.turns, [user(parts)]);
    let Part::Image(Image {
        source: Source::Base64 { data, .. },
        ..
    }) = &read.turns[0].parts[2]
    else {
        panic!()
    };
    assert!(
        matches!(data, std::borrow::Cow::Borrowed(_)),
        "a picture is not copied"
    );
}

#[test]
fn files_come_as_data_url_and_file() {
    let body = golden("request_files");
    let read = read_request(body.as_bytes()).unwrap();
    let parts = vec![
        document(
            base64("application/pdf", "JVBERi0xLjcK"),
            Some("draconomicon.pdf"),
        ),
        document(url("https://example.com/letter.pdf"), None),
        document(file("file-6F2ksmvXxt4VdoqmHRw6kL"), None),
        Part::text("Compare them."),
    ];
    assert_eq!(read.turns, [user(parts)]);
}

#[test]
fn tools_of_every_kind_are_read() {
    let body = golden("request_tools");
    let read = read_request(body.as_bytes()).unwrap();
    let flat: Vec<_> = read.tools.iter().map(Tool::flat_name).collect();
    assert_eq!(
        flat,
        ["get_weather", "math_exp", "code_exec", "crm__find", "crm__list"]
    );
    assert_eq!(read.tools[0].strict, Some(true));
    let ToolInput::FreeText { format: Some(format) } = &read.tools[1].input else {
        panic!()
    };
    assert_eq!(format.get("syntax").and_then(Node::as_text), Some("lark"));
    assert_eq!(read.tools[2].input, ToolInput::FreeText { format: None });
    assert_eq!(
        read.tools[3].description.as_deref(),
        Some("Customers of the shop.\n\nFinds one.")
    );
    assert_eq!(read.tools[4].description, None);
    assert_eq!(read.parallel_tools, Some(false));
    let names = vec!["get_weather".into(), "math_exp".into()];
    assert_eq!(read.tool_choice, Some(ToolChoice::Among { names, must: true }));
}

#[test]
fn calls_and_results_are_parts() {
    let body = golden("request_tool_results");
    let read = read_request(body.as_bytes()).unwrap();
    assert_eq!(read.tool_choice, Some(ToolChoice::Any));
    let calls = vec![
        call("call_9Pw", "get_weather", r#"{"location":"Paris, France"}"#),
        call("call_10", "code_exec", r#"{"input":"print(\"hello\")\n"}"#),
    ];
    let results = vec![
        result("call_9Pw", vec![Part::text("15")]),
        result(
            "call_10",
            vec![Part::text("hello"), image(base64("image/png", PNG), Some("auto"))],
        ),
    ];
    let asked = user(vec![Part::text("What is the weather like in Paris?")]);
    assert_eq!(read.turns, [asked, assistant(calls), user(results)]);
}

#[test]
fn reasoning_keeps_its_seal() {
    let body = golden("request_reasoning");
    let read = read_request(body.as_bytes()).unwrap();
    assert_eq!(
        (read.effort, read.show_thinking, read.seal_thinking),
        (Some(Effort::High), Some(true), true)
    );
    assert_eq!(read.thinking, None);
    let text = "**Looking at trains**\n\nBy night, perhaps.";
    assert_eq!(
        read.turns[1].parts[0],
        thinking("rs_6876cf02", text, "gAAAAABofZ4")
    );
}

#[test]
fn settings_are_read() {
    let body = golden("request_settings");
    let read = read_request(body.as_bytes()).unwrap();
    let expected = Request {
        model: "gpt-4.1".into(),
        turns: vec![user(vec![Part::text("Hello")])],
        max_output: Some(200),
        temperature: Some(0.7),
        top_p: Some(0.9),
        logprobs: Some(3),
        user: Some("user-123".into()),
        metadata: Some(Node::Object(vec![("team".into(), Node::Text("blue".into()))])),
        service_tier: Some(ServiceTier::Flex),
        cache_key: Some("cache-1".into()),
        store: Some(true),
        stream: true,
        ..Request::default()
    };
    assert_eq!(read, expected);
}

#[test]
fn structured_output_is_read() {
    let body = golden("request_structured");
    let read = read_request(body.as_bytes()).unwrap();
    assert_eq!(read.verbosity, Some(Effort::Low));
    let Some(OutputForm::Schema {
        name, strict, schema, ..
    }) = read.output
    else {
        panic!()
    };
    assert_eq!((name.as_deref(), strict), (Some("person"), Some(true)));
    assert!(schema.get("required").is_some());
}

#[test]
fn codex_is_read_whole() {
    let body = golden("request_codex");
    let read = read_request(body.as_bytes()).unwrap();
    assert_eq!(read.system, [Part::text("You are a coding agent.")]);
    let names: Vec<_> = read.tools.iter().map(Tool::flat_name).collect();
    assert_eq!(names, ["exec_command", "apply_patch", "mcp__docs__search"]);
    let patch = r#"{"input":"*** Begin Patch\n*** End Patch\n"}"#;
    assert_eq!(
        read.turns[1..],
        [
            assistant(vec![
                thinking("rs_0a1", "", "gAAAAABp"),
                call("call_1", "mcp__docs__search", r#"{"q":"bug"}"#),
            ]),
            user(vec![result("call_1", vec![Part::text("Found nothing.")])]),
            assistant(vec![call("call_2", "apply_patch", patch)]),
            user(vec![result("call_2", vec![Part::text("Done!")])]),
            assistant(vec![Part::text("Patched.")]),
            user(vec![
                Part::text("And this picture?"),
                image(base64("image/png", PNG), None)
            ]),
        ]
    );
}

#[test]
fn the_local_shell_becomes_a_function() {
    let body = golden("request_local_shell");
    let read = read_request(body.as_bytes()).unwrap();
    assert_eq!(read.tools[0].name, "local_shell");
    let ToolInput::Schema(Some(schema)) = &read.tools[0].input else {
        panic!()
    };
    assert!(
        schema
            .get("properties")
            .and_then(|fields| fields.get("command"))
            .is_some()
    );
    let arguments = r#"{"command":["ls","-l"],"env":{},"timeout_ms":1000}"#;
    assert_eq!(
        read.turns[1],
        assistant(vec![call("call_l1", "local_shell", arguments)])
    );
    assert_eq!(
        read.turns[2],
        user(vec![result("call_l1", vec![Part::text("a.txt")])])
    );
}
