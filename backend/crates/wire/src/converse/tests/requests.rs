//! Settings, tools and what is refused.

use super::{LLAMA, NOVA, OPUS_4_8, SONNET_4_5, assistant, hello, user, written};
use crate::converse::write_count_request;
use crate::model::{
    Aspect, Cache, Effort, OutputForm, Part, Request, ServiceTier, Target, Tool, ToolCall, ToolChoice,
    ToolInput, ToolResult,
};
use crate::tree::Node;
use serde_json::{Value, json};

pub(super) fn tool(name: &str) -> Tool<'_> {
    Tool {
        name: name.into(),
        namespace: None,
        description: None,
        input: ToolInput::Schema(None),
        strict: None,
        cache: None,
    }
}

fn schema() -> Node<'static> {
    Node::parse(br#"{"type":"object","properties":{"n":{"type":"integer","maximum":12345678901234567890}}}"#)
        .expect("JSON")
}

/// A conversation with a call and its result.
pub(super) fn with_call<'a>() -> Request<'a> {
    Request {
        turns: vec![
            user(vec![Part::text("look")]),
            assistant(vec![call("a", "{}")]),
            user(vec![result("a", vec![Part::text("done")])]),
        ],
        tools: vec![tool("look")],
        ..hello()
    }
}

pub(super) fn call<'a>(id: &'a str, arguments: &'a str) -> Part<'a> {
    Part::ToolCall(ToolCall {
        id: id.into(),
        name: "look".into(),
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

#[test]
fn the_least_request_is_a_message() {
    let expected = json!({"messages": [{"role": "user", "content": [{"text": "hi"}]}]});
    assert_eq!(written(&hello(), SONNET_4_5), Ok(expected.clone()));
    // What Bedrock does not keep or need is left out.
    let more = Request {
        stream: true,
        seed: Some(7),
        verbosity: Some(Effort::Low),
        user: Some("u".into()),
        metadata: Some(schema()),
        service_tier: Some(ServiceTier::Auto),
        cache_key: Some("k".into()),
        store: Some(true),
        choices: Some(1),
        frequency_penalty: Some(0.0),
        presence_penalty: Some(0.0),
        parallel_tools: Some(true),
        tool_choice: Some(ToolChoice::None),
        ..hello()
    };
    assert_eq!(written(&more, SONNET_4_5), Ok(expected));
}

#[test]
fn settings_stand_where_bedrock_wants_them() {
    let request = Request {
        system: vec![
            Part::Text {
                text: "Be brief.".into(),
                citations: Vec::new(),
                cache: Some(Cache::OneHour),
            },
            Part::text(""),
            Part::text("Be kind."),
        ],
        max_output: Some(100),
        temperature: Some(1.5),
        top_p: Some(0.9),
        top_k: Some(40),
        stop: vec!["three".into(), "four".into()],
        output: Some(OutputForm::Schema {
            name: Some("number".into()),
            description: Some("a number".into()),
            schema: schema(),
            strict: Some(true),
        }),
        ..hello()
    };
    assert_eq!(
        written(&request, SONNET_4_5),
        Ok(json!({
            "messages": [{"role": "user", "content": [{"text": "hi"}]}],
            "system": [
                {"text": "Be brief."},
                {"cachePoint": {"type": "default", "ttl": "1h"}},
                {"text": "Be kind."},
            ],
            "inferenceConfig": {"maxTokens": 100, "temperature": 1, "topP": 0.9, "stopSequences": ["three", "four"]},
            "additionalModelRequestFields": {"top_k": 40},
            "outputConfig": {"textFormat": {
                "type": "json_schema",
                "structure": {"jsonSchema": {
                    "schema": schema().to_text(),
                    "name": "number",
                    "description": "a number",
                }},
            }},
            "additionalModelResponseFieldPaths": ["/stop_sequence"],
        }))
    );
}

#[test]
fn tools_are_offered() {
    let request = Request {
        tools: vec![
            Tool {
                description: Some("Looks".into()),
                input: ToolInput::Schema(Some(schema())),
                strict: Some(true),
                cache: Some(Cache::FiveMinutes),
                ..tool("look")
            },
            Tool {
                namespace: Some("files".into()),
                description: Some("".into()),
                input: ToolInput::FreeText { format: None },
                ..tool("patch")
            },
            tool("wait"),
        ],
        ..hello()
    };
    let schema: Value = serde_json::from_str(&schema().to_text()).expect("JSON");
    let look =
        json!({"name": "look", "description": "Looks", "inputSchema": {"json": schema}, "strict": true});
    let patch = json!({"name": "files__patch", "inputSchema": {"json": {
        "type": "object", "properties": {"input": {"type": "string"}}, "required": ["input"],
    }}});
    let wait = json!({"name": "wait", "inputSchema": {"json": {"type": "object", "properties": {}}}});
    let cache = json!({"cachePoint": {"type": "default"}});
    let tools = |model| written(&request, model).expect("a request")["toolConfig"].clone();
    assert_eq!(
        tools(SONNET_4_5),
        json!({"tools": [{"toolSpec": look}, cache, {"toolSpec": patch}, {"toolSpec": wait}]})
    );
    // Others know neither the mark nor strictness.
    let mut look = look;
    look.as_object_mut().expect("an object").remove("strict");
    assert_eq!(
        tools(NOVA),
        json!({"tools": [{"toolSpec": look}, {"toolSpec": patch}, {"toolSpec": wait}]})
    );
}

#[test]
fn the_choice_of_tools_is_said() {
    let chosen = |choice: ToolChoice<'static>| {
        let request = Request {
            tools: vec![tool("a"), tool("b"), tool("c")],
            tool_choice: Some(choice),
            ..hello()
        };
        let config = written(&request, SONNET_4_5).expect("a request")["toolConfig"].clone();
        let tools = config["tools"].as_array().cloned().unwrap_or_default();
        let names: String = tools
            .iter()
            .filter_map(|tool| tool["toolSpec"]["name"].as_str())
            .collect();
        (names, config["toolChoice"].clone())
    };
    let all = || "abc".to_owned();
    assert_eq!(chosen(ToolChoice::Auto), (all(), Value::Null));
    assert_eq!(chosen(ToolChoice::Any), (all(), json!({"any": {}})));
    assert_eq!(
        chosen(ToolChoice::Named("b".into())),
        (all(), json!({"tool": {"name": "b"}}))
    );
    assert_eq!(chosen(ToolChoice::None), (String::new(), Value::Null));
    let among = |must| ToolChoice::Among {
        names: vec!["a".into(), "c".into()],
        must,
    };
    assert_eq!(chosen(among(false)), ("ac".to_owned(), Value::Null));
    assert_eq!(chosen(among(true)), ("ac".to_owned(), json!({"any": {}})));
}

/// Of what it is that a request can't be said.
fn refused(request: &Request<'_>, model: &str) -> (Aspect, String) {
    let unsayable = written(request, model).expect_err("a refusal");
    (unsayable.aspect, unsayable.why)
}

/// What makes a request one that can't be said.
type Change = fn(&mut Request<'static>);

#[test]
fn what_bedrock_has_not_is_refused() {
    let refusals: [(Aspect, Change); 11] = [
        (Aspect::FrequencyPenalty, |request| {
            request.frequency_penalty = Some(0.5);
        }),
        (Aspect::PresencePenalty, |request| {
            request.presence_penalty = Some(-1.0);
        }),
        (Aspect::LogitBias, |request| {
            request.logit_bias = Some(Node::Object(Vec::new()));
        }),
        (Aspect::Choices, |request| {
            request.choices = Some(2);
        }),
        (Aspect::Logprobs, |request| {
            request.logprobs = Some(0);
        }),
        (Aspect::ParallelTools, |request| {
            request.parallel_tools = Some(false);
            let other = Tool {
                name: "another".into(),
                ..request.tools[0].clone()
            };
            request.tools.push(other);
        }),
        (Aspect::OutputForm, |request| {
            request.output = Some(OutputForm::Json);
        }),
        (Aspect::ServiceTier, |request| {
            request.service_tier = Some(ServiceTier::Flex);
        }),
        (Aspect::ServiceTier, |request| {
            request.service_tier = Some(ServiceTier::Priority);
        }),
        (Aspect::Tools, |request| request.tools.clear()),
        (Aspect::ToolChoice, |request| {
            request.tool_choice = Some(ToolChoice::None);
        }),
    ];
    for (aspect, change) in refusals {
        let mut request = with_call();
        change(&mut request);
        for model in [SONNET_4_5, OPUS_4_8, NOVA] {
            assert_eq!(refused(&request, model).0, aspect, "{model}");
        }
    }
    let no_tools = Request {
        tool_choice: Some(ToolChoice::Any),
        ..hello()
    };
    assert_eq!(refused(&no_tools, SONNET_4_5).0, Aspect::ToolChoice);
    let top_k = Request {
        top_k: Some(5),
        ..hello()
    };
    assert_eq!(refused(&top_k, LLAMA).0, Aspect::TopK);
    assert!(written(&top_k, OPUS_4_8).is_ok());
}

#[test]
fn a_refused_request_writes_nothing() {
    let request = Request {
        turns: vec![
            user(vec![Part::text("hi")]),
            assistant(vec![call("a", "no JSON")]),
        ],
        tools: vec![tool("look")],
        ..hello()
    };
    let target = Target {
        model: SONNET_4_5,
        max_output: 1,
    };
    let mut body = b"before".to_vec();
    assert!(crate::converse::write_request(&request, &target, &mut body).is_err());
    assert!(write_count_request(&request, &target, &mut body).is_err());
    assert_eq!(body, b"before");
}

#[test]
fn a_count_is_asked_for_the_input_alone() {
    let request = Request {
        system: vec![Part::text("Be brief.")],
        temperature: Some(0.5),
        max_output: Some(9),
        top_k: Some(3),
        ..hello()
    };
    let target = Target {
        model: SONNET_4_5,
        max_output: 1,
    };
    let mut body = Vec::new();
    write_count_request(&request, &target, &mut body).expect("a request");
    let body: Value = serde_json::from_slice(&body).expect("JSON");
    assert_eq!(
        body,
        json!({"input": {"converse": {
            "messages": [{"role": "user", "content": [{"text": "hi"}]}],
            "system": [{"text": "Be brief."}],
            "additionalModelRequestFields": {"top_k": 3},
        }}})
    );
}
