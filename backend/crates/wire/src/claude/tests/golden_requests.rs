//! What the samples of requests mean.

use super::build::{assistant, call, document, result, thought, tool, user};
use super::golden::sample;
use crate::claude::read_request;
use crate::format::Vendor;
use crate::model::{
    Cache, Citation, Document, Effort, Image, OutputForm, Part, Place, Request, ServiceTier, Source,
    Thinking, Tool, ToolChoice, ToolInput, ToolResult,
};
use crate::tree::Node;

/// Asserts what the sample is, but for model and limit, which are checked here.
#[track_caller]
fn assert_read(name: &str, expected: Request<'_>) {
    let body = sample(name, "request");
    let mut request = read_request(body.as_bytes()).expect("a request");
    assert_eq!(request.model, "claude-sonnet-4-6");
    request.model = "".into();
    if request.max_output == Some(1_024) {
        request.max_output = None;
    }
    assert_eq!(request, expected);
}

fn marked(text: &str, cache: Cache) -> Part<'_> {
    Part::Text {
        text: text.into(),
        citations: Vec::new(),
        cache: Some(cache),
    }
}

fn schema(text: &str) -> ToolInput<'_> {
    ToolInput::Schema(Some(Node::parse(text.as_bytes()).expect("JSON")))
}

const WEATHER: &str = r#"{"type":"object","properties":{"location":{"type":"string"},"unit":{"type":"string","enum":["celsius","fahrenheit"]}},"required":["location"]}"#;
const NOTHING: &str = r#"{"type":"object","properties":{}}"#;

#[test]
fn text() {
    let turns = vec![user(vec![Part::text("Wie heißt die Hauptstadt von Peru?")])];
    assert_read(
        "request_text",
        Request {
            turns,
            ..Request::default()
        },
    );
}

#[test]
fn system_texts_are_gathered_and_turns_of_one_role_are_one() {
    let expected = Request {
        system: vec![
            marked("You teach physics.", Cache::OneHour),
            Part::text("Be brief."),
            Part::text("The user is nine years old."),
        ],
        turns: vec![
            user(vec![Part::text("Hello there.")]),
            assistant(vec![Part::text("Hi, I'm Claude. How can I help you?")]),
            user(vec![Part::text("Explain tides."), Part::text("In one sentence.")]),
            assistant(vec![Part::text("Tides are")]),
        ],
        stream: true,
        ..Request::default()
    };
    assert_read("request_system_and_turns", expected);
}

#[test]
fn images_of_each_source() {
    let image = |source, cache| {
        Part::Image(Image {
            source,
            detail: None,
            cache,
        })
    };
    let turns = vec![user(vec![
        image(
            Source::Base64 {
                media_type: "image/png".into(),
                data: "iVBORw0KGgoAAAANSUhEUg==".into(),
            },
            Some(Cache::FiveMinutes),
        ),
        image(
            Source::Url {
                url: "https://example.com/ant.jpg".into(),
                media_type: None,
            },
            None,
        ),
        image(
            Source::File {
                vendor: Vendor::Anthropic,
                id: "file_011CNha8iCJcU1wXNR6q4V8w".into(),
                media_type: None,
            },
            None,
        ),
        Part::text("What differs?"),
    ])];
    assert_read(
        "request_images",
        Request {
            turns,
            ..Request::default()
        },
    );
}

#[test]
fn documents_of_each_source_and_search_results() {
    let turns = vec![user(vec![
        Part::Document(Document {
            title: Some("Report".into()),
            context: Some("Of last year.".into()),
            citations: true,
            cache: Some(Cache::FiveMinutes),
            ..document(Source::Base64 {
                media_type: "application/pdf".into(),
                data: "JVBERi0xLjcK".into(),
            })
        }),
        Part::Document(document(Source::Text("The grass is green.".into()))),
        Part::Document(document(Source::Url {
            url: "https://example.com/a.pdf".into(),
            media_type: Some("application/pdf".into()),
        })),
        Part::Document(document(Source::Text("One.\nTwo.".into()))),
        Part::Document(Document {
            title: Some("Docs".into()),
            context: Some("https://example.com/docs".into()),
            citations: true,
            ..document(Source::Text("Press the button.".into()))
        }),
        Part::text("Sum it up."),
    ])];
    assert_read(
        "request_documents",
        Request {
            turns,
            ..Request::default()
        },
    );
}

#[test]
fn tools_parallel_calls_and_their_results() {
    let gif = Part::Image(Image {
        source: Source::Base64 {
            media_type: "image/gif".into(),
            data: "R0lGODlh".into(),
        },
        detail: None,
        cache: None,
    });
    let expected = Request {
        turns: vec![
            user(vec![Part::text("How warm is it in Paris and in Lima?")]),
            assistant(vec![
                Part::text("I'll look."),
                call(
                    "toolu_01A",
                    "get_weather",
                    r#"{"location":"Paris","unit":"celsius"}"#,
                ),
                call("toolu_01B", "get_weather", r#"{"location":"Lima"}"#),
            ]),
            user(vec![
                Part::ToolResult(result("toolu_01A", vec![Part::text("15 degrees")])),
                Part::ToolResult(ToolResult {
                    is_error: true,
                    ..result("toolu_01B", vec![Part::text("no such station"), gif])
                }),
                Part::text("Answer with what you have."),
            ]),
        ],
        tools: vec![
            Tool {
                strict: Some(true),
                ..tool("get_weather", Some("The weather at a place."), schema(WEATHER))
            },
            Tool {
                cache: Some(Cache::FiveMinutes),
                ..tool("get_time", None, schema(NOTHING))
            },
        ],
        tool_choice: Some(ToolChoice::Auto),
        parallel_tools: Some(false),
        ..Request::default()
    };
    assert_read("request_tools", expected);
}

#[test]
fn a_forced_tool() {
    let expected = Request {
        turns: vec![user(vec![Part::text("How warm is it in Paris?")])],
        tools: vec![Tool {
            strict: Some(true),
            ..tool("get_weather", Some("The weather at a place."), schema(WEATHER))
        }],
        tool_choice: Some(ToolChoice::Named("get_weather".into())),
        ..Request::default()
    };
    assert_read("request_tool_forced", expected);
}

#[test]
fn thinking_with_its_seals() {
    let signature = "WaUjzkypQ2mUEVM36O2TxuC06KN8xyfbJwyem2dw3URve/op91XWHOEBLLqIOMfFG/UvLEczmEsUjavL";
    let data = "EmwKAhgBEgy3va3pzix/LafPsn4aDFIT2Xlxh0L5L8rLVyIwxtE3rAFBa8cr3qpP";
    let input = schema(r#"{"type":"object","properties":{"location":{"type":"string"}}}"#);
    let expected = Request {
        turns: vec![
            user(vec![Part::text("How warm is it in Paris?")]),
            assistant(vec![
                thought("I need the weather.", signature, false),
                thought("", data, true),
                call("toolu_01A", "get_weather", r#"{"location":"Paris"}"#),
            ]),
            user(vec![Part::ToolResult(result(
                "toolu_01A",
                vec![Part::text("15 degrees")],
            ))]),
        ],
        tools: vec![tool("get_weather", None, input)],
        max_output: Some(16_000),
        thinking: Some(Thinking::Budget(10_000)),
        show_thinking: Some(true),
        seal_thinking: true,
        ..Request::default()
    };
    assert_read("request_thinking", expected);
}

#[test]
fn effort() {
    let expected = Request {
        turns: vec![user(vec![Part::text("Prove it.")])],
        thinking: Some(Thinking::Adaptive),
        show_thinking: Some(false),
        seal_thinking: true,
        effort: Some(Effort::Max),
        ..Request::default()
    };
    assert_read("request_effort", expected);
}

#[test]
fn structured_output() {
    let schema = r#"{"type":"object","properties":{"name":{"type":"string"},"email":{"type":"string"}},"required":["name","email"],"additionalProperties":false}"#;
    let expected = Request {
        turns: vec![user(vec![Part::text("Jane, jane@example.com")])],
        output: Some(OutputForm::Schema {
            name: None,
            description: None,
            schema: Node::parse(schema.as_bytes()).expect("JSON"),
            strict: None,
        }),
        ..Request::default()
    };
    assert_read("request_structured_output", expected);
}

#[test]
fn sampling_and_settings() {
    let expected = Request {
        turns: vec![user(vec![Part::text("Say something.")])],
        temperature: Some(0.7),
        top_k: Some(40),
        stop: vec!["END".into(), "\n\nHuman:".into()],
        user: Some("13803d75-b4b5-4c3e-b2a2-6f21399b021b".into()),
        service_tier: Some(ServiceTier::Standard),
        thinking: Some(Thinking::Off),
        ..Request::default()
    };
    assert_read("request_sampling", expected);
}

#[test]
fn citations_in_the_history() {
    let expected = Request {
        turns: vec![
            user(vec![
                Part::Document(Document {
                    citations: true,
                    ..document(Source::Text("The grass is green.".into()))
                }),
                Part::text("What colour?"),
            ]),
            assistant(vec![Part::Text {
                text: "Green.".into(),
                citations: vec![Citation::Document {
                    index: 0,
                    title: "".into(),
                    cited: "The grass is green.".into(),
                    place: Place::Characters(0, 19),
                }],
                cache: None,
            }]),
            user(vec![Part::text("Sure?")]),
        ],
        ..Request::default()
    };
    assert_read("request_citations", expected);
}

#[test]
fn what_claude_code_sends_is_read_whole_but_for_its_billing_line() {
    let bash = r#"{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{"command":{"type":"string"}},"required":["command"],"additionalProperties":false}"#;
    let session =
        r#"{"device_id":"0f","account_uuid":"","session_id":"8c1d0a54-0000-4000-8000-000000000000"}"#;
    let expected = Request {
        system: vec![marked(
            "You are Claude Code, Anthropic's official CLI for Claude.",
            Cache::OneHour,
        )],
        turns: vec![
            user(vec![
                Part::text("<system-reminder>\nToday is Tuesday.\n</system-reminder>"),
                marked("list the files", Cache::OneHour),
            ]),
            assistant(vec![
                thought("", "c2lnbmF0dXJl", false),
                call("toolu_01X", "Bash", r#"{"command":"ls"}"#),
            ]),
            user(vec![Part::ToolResult(ToolResult {
                cache: Some(Cache::OneHour),
                ..result("toolu_01X", vec![Part::text("a.rs\nb.rs")])
            })]),
        ],
        tools: vec![
            tool("Bash", Some("Runs a command."), schema(bash)),
            tool("Later", Some("Loaded on demand."), schema(NOTHING)),
        ],
        max_output: Some(32_000),
        user: Some(session.into()),
        thinking: Some(Thinking::Adaptive),
        show_thinking: Some(true),
        seal_thinking: true,
        effort: Some(Effort::Medium),
        stream: true,
        ..Request::default()
    };
    assert_read("request_claude_code", expected);
}
