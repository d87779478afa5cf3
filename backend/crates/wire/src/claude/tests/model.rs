//! What each Claude model is told of sampling, thinking and effort.

use crate::claude::write_request;
use crate::format::Vendor;
use crate::model::{
    Effort, Part, Request, Role, Sealed, Target, Thinking, Tool, ToolCall, ToolChoice, ToolInput, ToolResult,
    Turn,
};
use serde_json::{Value, json};

fn said(model: &str, mut request: Request<'_>) -> Value {
    if request.turns.is_empty() {
        request.turns.push(Turn {
            role: Role::User,
            parts: vec![Part::text("hi")],
        });
    }
    let target = Target {
        model,
        max_output: 64_000,
    };
    let mut body = Vec::new();
    write_request(&request, &target, &mut body).expect("sayable");
    serde_json::from_slice(&body).expect("JSON")
}

fn thinking(model: &str, thinking: Option<Thinking>, effort: Option<Effort>) -> (Value, Value) {
    let body = said(
        model,
        Request {
            thinking,
            effort,
            ..Request::default()
        },
    );
    (body["thinking"].clone(), body["output_config"]["effort"].clone())
}

#[test]
fn effort_becomes_adaptive_thinking_or_a_budget_by_the_model() {
    let enabled = |budget: u64| json!({"type": "enabled", "budget_tokens": budget});
    let adaptive = || json!({"type": "adaptive"});
    for (model, effort, expected) in [
        ("claude-sonnet-4-6", Effort::Medium, (adaptive(), json!("medium"))),
        ("claude-sonnet-4-6", Effort::VeryHigh, (adaptive(), json!("high"))),
        ("claude-opus-4-6", Effort::Max, (adaptive(), json!("max"))),
        ("claude-opus-4-7", Effort::VeryHigh, (adaptive(), json!("xhigh"))),
        (
            "us.anthropic.claude-opus-4-8",
            Effort::Minimal,
            (adaptive(), json!("low")),
        ),
        ("claude-fable-5-1", Effort::High, (adaptive(), json!("high"))),
        ("claude-mythos-preview", Effort::Low, (adaptive(), json!("low"))),
        (
            "claude-opus-4-5-20251101",
            Effort::Medium,
            (enabled(8_192), json!("medium")),
        ),
        (
            "anthropic.claude-sonnet-4-5-20250929-v1:0",
            Effort::Low,
            (enabled(2_048), Value::Null),
        ),
        (
            "claude-opus-4-20250514",
            Effort::High,
            (enabled(16_384), Value::Null),
        ),
        (
            "claude-3-7-sonnet-20250219",
            Effort::Max,
            (enabled(32_000), Value::Null),
        ),
        (
            "claude-3-5-haiku-20241022",
            Effort::High,
            (Value::Null, Value::Null),
        ),
        ("some-relay-model", Effort::High, (adaptive(), json!("high"))),
    ] {
        assert_eq!(
            thinking(model, None, Some(effort)),
            expected,
            "{model} {effort:?}"
        );
    }
}

#[test]
fn a_budget_stays_one_only_where_the_model_takes_it() {
    let budget = |model| thinking(model, Some(Thinking::Budget(9_000)), None);
    let enabled = json!({"type": "enabled", "budget_tokens": 9_000});
    assert_eq!(budget("claude-sonnet-4-5"), (enabled.clone(), Value::Null));
    assert_eq!(budget("claude-sonnet-4-6"), (enabled, Value::Null));
    assert_eq!(
        budget("claude-opus-4-7"),
        (json!({"type": "adaptive"}), json!("high"))
    );
    let small = Request {
        thinking: Some(Thinking::Budget(9_000)),
        max_output: Some(2_000),
        ..Request::default()
    };
    assert_eq!(
        said("claude-sonnet-4-5", small.clone())["thinking"]["budget_tokens"],
        1_999
    );
    let too_small = Request {
        max_output: Some(1_024),
        ..small
    };
    assert_eq!(said("claude-sonnet-4-5", too_small)["thinking"], Value::Null);
}

#[test]
fn no_thinking_is_said_as_the_model_takes_it() {
    let off = |model, effort| thinking(model, Some(Thinking::Off), effort);
    let disabled = || json!({"type": "disabled"});
    assert_eq!(off("claude-sonnet-4-6", None), (disabled(), Value::Null));
    assert_eq!(
        off("claude-opus-5", Some(Effort::Max)),
        (disabled(), json!("high"))
    );
    assert_eq!(
        off("claude-sonnet-5-5", None),
        (json!({"type": "between_tools"}), Value::Null)
    );
    assert_eq!(off("claude-opus-5-5", None), (Value::Null, json!("low")));
    assert_eq!(off("claude-fable-5", None), (Value::Null, json!("low")));
    assert_eq!(off("claude-3-haiku-20240307", None), (Value::Null, Value::Null));
}

#[test]
fn sampling_gives_way_to_the_model_and_to_thinking() {
    let sampled = |model, thinking, temperature| {
        let body = said(
            model,
            Request {
                temperature: Some(temperature),
                top_p: Some(0.9),
                top_k: Some(5),
                thinking,
                ..Request::default()
            },
        );
        (
            body["temperature"].clone(),
            body["top_p"].clone(),
            body["top_k"].clone(),
        )
    };
    let none = (Value::Null, Value::Null, Value::Null);
    assert_eq!(
        sampled("claude-3-5-sonnet", None, 1.5),
        (json!(1), json!(0.9), json!(5))
    );
    assert_eq!(
        sampled("claude-sonnet-4-6", None, 0.5),
        (json!(0.5), Value::Null, json!(5))
    );
    assert_eq!(sampled("claude-sonnet-4-6", Some(Thinking::Adaptive), 0.5), none);
    assert_eq!(sampled("claude-opus-4-7", None, 0.5), none);
    assert_eq!(sampled("claude-sonnet-5", Some(Thinking::Off), 0.5), none);
}

fn tool() -> Tool<'static> {
    Tool {
        name: "look".into(),
        namespace: None,
        description: None,
        input: ToolInput::Schema(None),
        strict: None,
        cache: None,
    }
}

#[test]
fn a_forced_call_goes_before_thinking() {
    let forced = |model, thinking| {
        let request = Request {
            tools: vec![tool()],
            tool_choice: Some(ToolChoice::Any),
            thinking,
            ..Request::default()
        };
        said(model, request)["thinking"].clone()
    };
    assert_eq!(forced("claude-sonnet-4-6", Some(Thinking::Adaptive)), Value::Null);
    assert_eq!(forced("claude-sonnet-5", None), json!({"type": "disabled"}));
}

#[test]
fn thinking_is_left_out_where_the_block_that_anthropic_demands_is_missing() {
    let ongoing = |sealed: Option<Vendor>| {
        let thought = sealed.map(|vendor| Part::Thinking {
            text: "hm".into(),
            sealed: Some(Sealed {
                vendor,
                data: "c2ln".into(),
            }),
            redacted: false,
            id: None,
        });
        let call = Part::ToolCall(ToolCall {
            id: "1".into(),
            name: "look".into(),
            arguments: "".into(),
            sealed: None,
            cache: None,
        });
        let result = Part::ToolResult(ToolResult {
            id: "1".into(),
            name: None,
            content: Vec::new(),
            object: None,
            is_error: false,
            cache: None,
        });
        let request = Request {
            turns: vec![
                Turn {
                    role: Role::Assistant,
                    parts: thought.into_iter().chain([call]).collect(),
                },
                Turn {
                    role: Role::User,
                    parts: vec![result],
                },
            ],
            tools: vec![tool()],
            effort: Some(Effort::High),
            ..Request::default()
        };
        let body = said("claude-sonnet-4-6", request);
        assert_eq!(body["output_config"]["effort"], "high");
        assert_eq!(
            body["messages"][0]["content"].as_array().map(Vec::len),
            Some(1 + usize::from(sealed == Some(Vendor::Anthropic)))
        );
        body["thinking"].clone()
    };
    assert_eq!(ongoing(None), Value::Null);
    assert_eq!(ongoing(Some(Vendor::OpenAi)), Value::Null);
    assert_eq!(ongoing(Some(Vendor::Anthropic)), json!({"type": "adaptive"}));
}
