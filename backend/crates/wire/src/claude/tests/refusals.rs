//! Requests that are refused: with what words, and what Claude has no words for.

use crate::claude::{field_of, read_request, write_request};
use crate::format::Vendor;
use crate::model::{
    Aspect, Document, Image, Part, Request, Role, ServiceTier, Source, Target, Tool, ToolCall, ToolInput,
    Turn,
};
use crate::tree::Node;
use std::collections::HashSet;

fn refused(fields: &str) -> String {
    let body = format!(r#"{{"model":"m","max_tokens":9{fields}}}"#);
    read_request(body.as_bytes()).expect_err(fields).message
}

const HELLO: &str = r#","messages":[{"role":"user","content":"hi"}]"#;

/// A request's fields, and what they are refused with.
type Cases<'a> = &'a [(&'a str, &'a str)];

/// Beside a good conversation.
const SETTINGS: Cases<'_> = &[
    (
        r#","tools":[{"name":"a","input_schema":{}},{"type":"web_search_20250305","name":"web_search"}],"tool_choice":{"type":"any"}"#,
        "tools[1]: Anthropic's platform would run this tool, and the model's platform can't; leave it out, or choose a \
         Claude model.",
    ),
    (r#","top_p":"x""#, "top_p: This must be a number from 0 to 1."),
    (
        r#","temperature":1.5"#,
        "temperature: This must be a number from 0 to 1.",
    ),
    (
        r#","top_k":-1"#,
        "top_k: This must be a whole number, not negative.",
    ),
    (
        r#","stop_sequences":"a""#,
        "stop_sequences: This must be an array.",
    ),
    (
        r#","stop_sequences":[1]"#,
        "stop_sequences: This must be an array of strings.",
    ),
    (
        r#","service_tier":"flex""#,
        "service_tier: This must be `auto` or `standard_only`.",
    ),
    (
        r#","thinking":{"type":"enabled"}"#,
        "thinking.budget_tokens: This field is required: a whole number.",
    ),
    (
        r#","thinking":{"type":"much"}"#,
        "thinking.type: This must be `enabled`, `adaptive`, `between_tools` or `disabled`.",
    ),
    (
        r#","output_config":{"effort":"some"}"#,
        "output_config.effort: This must be `low`, `medium`, `high`, `xhigh` or `max`.",
    ),
    (
        r#","output_config":{"format":{"type":"json_schema"}}"#,
        "output_config.format.schema: This field is required: a JSON schema.",
    ),
    (
        r#","tools":[{"name":"a"}]"#,
        "tools[0].input_schema: This field is required: a JSON schema of an object.",
    ),
    (
        r#","tools":[{"type":"bash_20250124","name":"bash"}]"#,
        "tools[0].type: Only Claude knows what this tool takes, since Anthropic defines it; offer one with an \
             `input_schema` of your own, or choose a Claude model.",
    ),
    (
        r#","tool_choice":{"type":"tool"}"#,
        "tool_choice.name: This field is required: a string.",
    ),
    (
        r#","of_tomorrow":1"#,
        "of_tomorrow: This field is not known here, so it can't be translated into the format of the model's platform.",
    ),
    (
        r#","container":"c""#,
        "container: The model's platform has no containers; leave this out.",
    ),
];

/// In place of the conversation.
const MESSAGES: Cases<'_> = &[
    (
        r#","messages":[]"#,
        "messages: This must hold at least one message of the user.",
    ),
    (
        r#","messages":[{"role":"user","content":""},{"role":"user","content":"a"}]"#,
        "messages[0].content: This must not be empty.",
    ),
    (
        r#","messages":[{"role":"tool","content":"a"}]"#,
        "messages[0].role: This must be `user`, `assistant` or `system`.",
    ),
    (
        r#","messages":[{"role":"user"}]"#,
        "messages[0].content: This field is required: a string or an array of blocks.",
    ),
];

/// As the one block of a message of the user.
const BLOCKS: Cases<'_> = &[
    (
        r#"{"text":"a"}"#,
        "messages[0].content[0].type: This field is required: a string.",
    ),
    (
        r#"{"type":"text","text":"a","cache_control":{"type":"forever"}}"#,
        "messages[0].content[0].cache_control.type: This must be `ephemeral`.",
    ),
    (
        r#"{"type":"image"}"#,
        "messages[0].content[0].source: This field is required: an object.",
    ),
    (
        r#"{"type":"thinking","thinking":"","signature":""}"#,
        "messages[0].content[0].type: This kind of block is not known in this place, so it can't be translated into \
             the format of the model's platform.",
    ),
];

/// As the one block of a message of the model.
const SAID: Cases<'_> = &[
    (
        r#"{"type":"server_tool_use","id":"s","name":"web_search","input":{}}"#,
        "messages[1].content[0].type: This is of a tool that Anthropic's platform runs, which the model's platform \
             can't read; leave it out, or go on with the model that wrote it.",
    ),
    (
        r#"{"type":"tool_use","id":"s","name":"a","input":"{}"}"#,
        "messages[1].content[0].input: This field is required: an object.",
    ),
];

#[test]
fn a_bad_request_is_told_its_field_and_what_would_do() {
    for (fields, message) in SETTINGS {
        assert_eq!(refused(&format!("{HELLO}{fields}")), *message);
    }
    for (fields, message) in MESSAGES {
        assert_eq!(refused(fields), *message);
    }
    for (block, message) in BLOCKS {
        let messages = format!(r#","messages":[{{"role":"user","content":[{block}]}}]"#);
        assert_eq!(refused(&messages), *message);
    }
    for (block, message) in SAID {
        let said = format!(r#"{{"role":"assistant","content":[{block}]}}"#);
        assert_eq!(
            refused(&format!(
                r#","messages":[{{"role":"user","content":"a"}},{said}]"#
            )),
            *message
        );
    }
}

#[test]
fn a_body_that_is_no_request_is_refused_whole() {
    for body in [
        "",
        "[]",
        "{\"model\":\"a\",\"model\":\"b\"}",
        "{\"model\":\"\\ud800\"}",
    ] {
        let fault = read_request(body.as_bytes()).expect_err(body);
        assert!(
            fault.field.is_empty() && fault.message.contains("body"),
            "{body}: {fault}"
        );
    }
}

fn hello<'a>() -> Request<'a> {
    Request {
        turns: vec![turn(Role::User, Part::text("hi"))],
        ..Request::default()
    }
}

fn turn(role: Role, part: Part<'_>) -> Turn<'_> {
    Turn {
        role,
        parts: vec![part],
    }
}

fn unsayable(request: &Request<'_>) -> Aspect {
    let target = Target {
        model: "claude-sonnet-4-6",
        max_output: 100,
    };
    let mut body = b"before".to_vec();
    let unsayable = write_request(request, &target, &mut body).expect_err("no words");
    assert_eq!(body, b"before", "nothing is written of what can't be said");
    assert!(unsayable.why.ends_with('.'), "{unsayable}");
    unsayable.aspect
}

#[test]
fn what_claude_has_no_words_for_is_refused() {
    let with = |change: &dyn Fn(&mut Request<'_>)| {
        let mut request = hello();
        change(&mut request);
        unsayable(&request)
    };
    assert_eq!(
        with(&|r| r.frequency_penalty = Some(0.5)),
        Aspect::FrequencyPenalty
    );
    assert_eq!(
        with(&|r| r.presence_penalty = Some(-0.5)),
        Aspect::PresencePenalty
    );
    assert_eq!(
        with(&|r| r.logit_bias = Some(Node::Object(Vec::new()))),
        Aspect::LogitBias
    );
    assert_eq!(with(&|r| r.logprobs = Some(0)), Aspect::Logprobs);
    assert_eq!(with(&|r| r.choices = Some(2)), Aspect::Choices);
    assert_eq!(with(&|r| r.stop = vec!["\n".into()]), Aspect::Stop);
    assert_eq!(
        with(&|r| r.service_tier = Some(ServiceTier::Flex)),
        Aspect::ServiceTier
    );
    assert_eq!(
        with(&|r| r.service_tier = Some(ServiceTier::Priority)),
        Aspect::ServiceTier
    );
    let nameless = Tool {
        name: "a.b".into(),
        namespace: None,
        description: None,
        input: ToolInput::Schema(None),
        strict: None,
        cache: None,
    };
    assert_eq!(with(&|r| r.tools = vec![nameless.clone()]), Aspect::Tools);
    let picture = Part::Image(Image {
        source: Source::Text("".into()),
        detail: None,
        cache: None,
    });
    assert_eq!(with(&|r| r.system = vec![picture.clone()]), Aspect::System);
}

#[test]
fn a_penalty_of_nothing_is_none() {
    let request = Request {
        frequency_penalty: Some(0.0),
        presence_penalty: Some(0.0),
        choices: Some(1),
        ..hello()
    };
    let target = Target {
        model: "claude-sonnet-4-6",
        max_output: 100,
    };
    assert!(write_request(&request, &target, &mut Vec::new()).is_ok());
}

#[test]
fn parts_that_claude_does_not_take_are_refused() {
    let source = || Source::Base64 {
        media_type: "image/tiff".into(),
        data: "AAAA".into(),
    };
    let image = |source| {
        Part::Image(Image {
            source,
            detail: None,
            cache: None,
        })
    };
    let file = || Source::File {
        vendor: Vendor::OpenAi,
        id: "file-1".into(),
        media_type: None,
    };
    let document = |source| {
        Part::Document(Document {
            source,
            title: None,
            context: None,
            citations: false,
            cache: None,
        })
    };
    let url = || Source::Url {
        url: "https://example.com/a.png".into(),
        media_type: None,
    };
    let broken = || {
        Part::ToolCall(ToolCall {
            id: "1".into(),
            name: "look".into(),
            arguments: "{\"a\":".into(),
            sealed: None,
            cache: None,
        })
    };
    let turns = [
        turn(Role::User, image(source())),
        turn(Role::User, image(file())),
        turn(Role::User, document(file())),
        turn(Role::User, document(source())),
        turn(Role::User, Part::Audio { source: source() }),
        turn(Role::Assistant, image(url())),
        turn(Role::Assistant, broken()),
        turn(Role::User, Part::text("")),
    ];
    for said in turns {
        let request = Request {
            turns: vec![said],
            ..Request::default()
        };
        assert_eq!(unsayable(&request), Aspect::Turns, "{request:?}");
    }
}

#[test]
fn every_aspect_has_a_name_of_its_own() {
    let names: HashSet<&str> = Aspect::ALL.into_iter().map(field_of).collect();
    assert_eq!(names.len(), Aspect::ALL.len());
}
