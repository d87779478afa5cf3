//! What the samples of requests mean. Never in here: how it is tested.

use super::super::{call, thinking};
use crate::format::Vendor;
use crate::model::{
    Cache, Document, Effort, Image, OutputForm, Part, Request, Role, ServiceTier, Source, Thinking, Tool,
    ToolChoice, ToolInput, ToolResult, Turn,
};
use crate::tree::Node;

pub fn turn(role: Role, parts: Vec<Part<'_>>) -> Turn<'_> {
    Turn { role, parts }
}

pub fn user(text: &str) -> Turn<'_> {
    turn(Role::User, vec![Part::text(text)])
}

fn result<'a>(id: &'a str, text: &'a str) -> Part<'a> {
    Part::ToolResult(ToolResult {
        id: id.into(),
        name: None,
        content: vec![Part::text(text)],
        object: None,
        is_error: false,
        cache: None,
    })
}

fn function<'a>(
    name: &'a str,
    description: Option<&'a str>,
    schema: Option<&'a str>,
    strict: Option<bool>,
) -> Tool<'a> {
    Tool {
        name: name.into(),
        namespace: None,
        description: description.map(Into::into),
        input: ToolInput::Schema(schema.map(node)),
        strict,
        cache: None,
    }
}

fn node(text: &str) -> Node<'_> {
    Node::parse(text.as_bytes()).expect("JSON")
}

/// What every chat request has: its answers are not kept.
pub fn request<'a>(model: &'a str, turns: Vec<Turn<'a>>) -> Request<'a> {
    Request {
        model: model.into(),
        turns,
        store: Some(false),
        ..Request::default()
    }
}

const PARAMETERS: &str = r#"{"type":"object","properties":{"city":{"type":"string"}},"required":["city"],"additionalProperties":false}"#;

/// What each sample means.
pub fn meaning(name: &str) -> Request<'static> {
    match name {
        "text" => Request {
            system: vec![
                Part::text("You are a helpful assistant."),
                Part::text("Be brief."),
            ],
            temperature: Some(0.7),
            top_p: Some(0.9),
            max_output: Some(256),
            stop: vec!["END".into(), "\n\n".into()],
            ..request(
                "gpt-5.6",
                vec![
                    user("Who won?"),
                    turn(Role::Assistant, vec![Part::text("The \"Reds\".")]),
                    user("By how much?"),
                ],
            )
        },
        "images" => request("gpt-5.6", vec![turn(Role::User, images())]),
        "files" => request("gpt-5.6", vec![turn(Role::User, files())]),
        "tools" => tools(),
        "custom" => custom(),
        "structured" => structured(),
        "sampling" => Request {
            choices: Some(2),
            seed: Some(-7),
            logit_bias: Some(node(r#"{"50256":-100}"#)),
            frequency_penalty: Some(0.5),
            presence_penalty: Some(-1.5),
            logprobs: Some(3),
            stop: vec!["###".into()],
            stream: true,
            ..request("gpt-4.1", vec![user("Hi")])
        },
        "functions" => functions(),
        "extensions" => extensions(),
        other => panic!("no meaning of {other}"),
    }
}

pub fn images() -> Vec<Part<'static>> {
    let base64 = Source::Base64 {
        media_type: "image/png".into(),
        data: "iVBORw0KGgo=".into(),
    };
    let url = Source::Url {
        url: "https://example.com/cat.png".into(),
        media_type: None,
    };
    let image = |source, detail: Option<&'static str>| {
        Part::Image(Image {
            source,
            detail: detail.map(Into::into),
            cache: None,
        })
    };
    vec![
        Part::text("What is in these?"),
        image(base64, Some("high")),
        image(url, None),
    ]
}

fn files() -> Vec<Part<'static>> {
    let document = |source, title: Option<&'static str>| {
        Part::Document(Document {
            source,
            title: title.map(Into::into),
            context: None,
            citations: false,
            cache: None,
        })
    };
    let pdf = Source::Base64 {
        media_type: "application/pdf".into(),
        data: "JVBERi0=".into(),
    };
    let file = Source::File {
        vendor: Vendor::OpenAi,
        id: "file-6F2ksmvXxt4VdoqmHRw6kL".into(),
        media_type: None,
    };
    let sound = Source::Base64 {
        media_type: "audio/wav".into(),
        data: "UklGRg==".into(),
    };
    vec![
        document(pdf, Some("paper.pdf")),
        document(file, None),
        Part::Audio { source: sound },
    ]
}

fn tools() -> Request<'static> {
    let calls = vec![
        call("call_a", "get_weather", r#"{"city":"Rome"}"#),
        call("call_b", "get_weather", r#"{"city":"Oslo"}"#),
    ];
    let results = vec![
        result("call_a", "20 °C"),
        result("call_b", "3 °C"),
        Part::text("In a table, please."),
    ];
    Request {
        tools: vec![
            function(
                "get_weather",
                Some("Tells the weather"),
                Some(PARAMETERS),
                Some(true),
            ),
            function("now", None, None, None),
        ],
        tool_choice: Some(ToolChoice::Any),
        parallel_tools: Some(false),
        ..request(
            "gpt-5.6",
            vec![
                user("Weather in Rome and Oslo?"),
                turn(Role::Assistant, calls),
                turn(Role::User, results),
            ],
        )
    }
}

fn custom() -> Request<'static> {
    let format = node(r#"{"type":"grammar","grammar":{"syntax":"regex","definition":".*"}}"#);
    let shell = Tool {
        input: ToolInput::FreeText { format: Some(format) },
        ..function("shell", Some("Runs a line"), None, None)
    };
    let calls = vec![call("call_c", "shell", r#"{"input":"echo \"hi\"\n"}"#)];
    Request {
        tools: vec![shell, function("now", None, None, None)],
        tool_choice: Some(ToolChoice::Among {
            names: vec!["shell".into(), "now".into()],
            must: false,
        }),
        ..request(
            "gpt-5.6",
            vec![
                user("Run it"),
                turn(Role::Assistant, calls),
                turn(Role::User, vec![result("call_c", "hi")]),
            ],
        )
    }
}

fn structured() -> Request<'static> {
    Request {
        output: Some(OutputForm::Schema {
            name: Some("colour".into()),
            description: Some("A colour".into()),
            schema: node(PARAMETERS),
            strict: Some(true),
        }),
        effort: Some(Effort::VeryHigh),
        verbosity: Some(Effort::Low),
        service_tier: Some(ServiceTier::Flex),
        cache_key: Some("thread-1".into()),
        metadata: Some(node(r#"{"team":"a"}"#)),
        user: Some("u-1".into()),
        store: Some(true),
        ..request("gpt-5.6", vec![user("A colour")])
    }
}

fn functions() -> Request<'static> {
    let told = Part::ToolResult(ToolResult {
        id: "call_1_0".into(),
        name: Some("now".into()),
        content: vec![Part::text("12:00")],
        object: None,
        is_error: false,
        cache: None,
    });
    let schema = r#"{"type":"object","properties":{}}"#;
    Request {
        tools: vec![function("now", Some("Tells the time"), Some(schema), None)],
        tool_choice: Some(ToolChoice::Named("now".into())),
        ..request(
            "gpt-4.1",
            vec![
                user("Time?"),
                turn(Role::Assistant, vec![call("call_1_0", "now", "{}")]),
                turn(Role::User, vec![told]),
            ],
        )
    }
}

fn extensions() -> Request<'static> {
    let marked = Part::Text {
        text: "Long.".into(),
        citations: Vec::new(),
        cache: Some(Cache::OneHour),
    };
    Request {
        system: vec![marked],
        top_k: Some(40),
        thinking: Some(Thinking::Off),
        ..request(
            "claude-opus",
            vec![
                user("ann: Hello"),
                turn(Role::Assistant, vec![thinking("Greet."), Part::text("Hi")]),
                user("And now?"),
            ],
        )
    }
}
