//! Thinking and effort, model by model.

use super::answers::thought;
use super::requests::{call, result, with_call};
use super::{LLAMA, NOVA, OPUS_4_6, OPUS_4_8, SONNET_4_5, assistant, hello, user, written};
use crate::model::{Effort, Part, Request, Thinking, ToolChoice};
use serde_json::{Value, json};

const OPUS_4_5: &str = "us.anthropic.claude-opus-4-5-20251101-v1:0";
const HAIKU_3_5: &str = "us.anthropic.claude-3-5-haiku-20241022-v1:0";

/// What is said of thinking, of effort, and of the output limit.
fn said(request: &Request<'_>, model: &str) -> (Value, Value, Value) {
    let body = written(request, model).expect("a request");
    (
        body["additionalModelRequestFields"]["thinking"].clone(),
        body["outputConfig"]["effort"].clone(),
        body["inferenceConfig"]["maxTokens"].clone(),
    )
}

fn budget(tokens: u64) -> Value {
    json!({"type": "enabled", "budget_tokens": tokens})
}

/// The same in short: `thinking` or its budget, and the effort.
fn in_short(request: &Request<'_>, model: &str) -> String {
    let (thinking, effort, _) = said(request, model);
    let kind = thinking["type"].as_str().unwrap_or("-");
    let thinking = thinking["budget_tokens"]
        .as_u64()
        .map_or_else(|| kind.to_owned(), |tokens| tokens.to_string());
    format!("{thinking} {}", effort.as_str().unwrap_or("-"))
}

#[test]
fn thinking_is_said_as_each_model_takes_it() {
    let wanted = [
        (None, None),
        (Some(Thinking::Off), None),
        (Some(Thinking::Adaptive), None),
        (Some(Thinking::Budget(5_000)), None),
        (None, Some(Effort::Low)),
        (None, Some(Effort::VeryHigh)),
        (Some(Thinking::Off), Some(Effort::Max)),
        (Some(Thinking::Adaptive), Some(Effort::Minimal)),
        (Some(Thinking::Adaptive), Some(Effort::Max)),
    ];
    let expected = [
        (
            SONNET_4_5,
            "- -; - -; 16384 -; 5000 -; 2048 -; 32000 -; - -; 1024 -; 32000 -",
        ),
        (
            OPUS_4_5,
            "- -; - -; 16384 -; 5000 -; 2048 low; 32000 high; - high; 1024 low; 32000 high",
        ),
        (
            OPUS_4_6,
            "- -; disabled -; adaptive -; 5000 -; adaptive low; adaptive high; disabled high; adaptive low; \
             adaptive max",
        ),
        (
            OPUS_4_8,
            "- -; disabled -; adaptive -; adaptive medium; adaptive low; adaptive xhigh; disabled high; \
             adaptive low; adaptive max",
        ),
        // Before 3.7 there was none.
        (HAIKU_3_5, "- -; - -; - -; - -; - -; - -; - -; - -; - -"),
        (NOVA, "- -; - -; - -; - -; - -; - -; - -; - -; - -"),
        (LLAMA, "- -; - -; - -; - -; - -; - -; - -; - -; - -"),
    ];
    for (model, expected) in expected {
        let told = wanted.map(|(thinking, effort)| {
            let request = Request {
                thinking,
                effort,
                max_output: Some(50_000),
                ..hello()
            };
            in_short(&request, model)
        });
        assert_eq!(told.join("; "), expected, "{model}");
    }
}

#[test]
fn a_budget_stays_below_the_output_limit() {
    let of = |tokens, max_output| {
        let request = Request {
            thinking: Some(Thinking::Budget(tokens)),
            max_output,
            ..hello()
        };
        let (thinking, _, limit) = said(&request, SONNET_4_5);
        (thinking, limit)
    };
    assert_eq!(of(5_000, Some(4_000)), (budget(3_999), json!(4_000)));
    assert_eq!(of(10, Some(4_000)), (budget(1_024), json!(4_000)));
    assert_eq!(of(10, Some(1_025)), (budget(1_024), json!(1_025)));
    assert_eq!(of(10, Some(1_024)), (Value::Null, json!(1_024)));
    // The model's own limit is told, so that it is the one that the budget was reckoned with.
    assert_eq!(of(100_000, None), (budget(63_999), json!(64_000)));
}

#[test]
fn the_temperature_is_left_to_a_model_that_thinks() {
    let of = |thinking| {
        let request = Request {
            thinking,
            temperature: Some(0.5),
            max_output: Some(5_000),
            ..hello()
        };
        written(&request, OPUS_4_8).expect("a request")["inferenceConfig"]["temperature"].clone()
    };
    assert_eq!(of(Some(Thinking::Adaptive)), Value::Null);
    assert_eq!(of(Some(Thinking::Off)), json!(0.5));
    assert_eq!(of(None), json!(0.5));
}

#[test]
fn whether_to_show_it_is_said_where_it_can_be() {
    let of = |show_thinking, model| {
        let request = Request {
            thinking: Some(Thinking::Adaptive),
            show_thinking,
            ..hello()
        };
        said(&request, model).0["display"].clone()
    };
    assert_eq!(of(Some(true), OPUS_4_8), json!("summarized"));
    assert_eq!(of(Some(false), OPUS_4_8), json!("omitted"));
    assert_eq!(of(None, OPUS_4_8), Value::Null);
    assert_eq!(of(Some(true), SONNET_4_5), Value::Null);
}

#[test]
fn thinking_is_left_out_where_anthropic_would_refuse_it() {
    let thinking = Request {
        thinking: Some(Thinking::Adaptive),
        effort: Some(Effort::Medium),
        ..with_call()
    };
    // The calls came without thinking.
    assert_eq!(
        said(&thinking, OPUS_4_8),
        (Value::Null, json!("medium"), Value::Null)
    );
    let with_own = Request {
        turns: vec![
            user(vec![Part::text("look")]),
            assistant(vec![thought("hm", "seal", false), call("a", "{}")]),
            user(vec![result("a", vec![Part::text("done")])]),
        ],
        ..thinking.clone()
    };
    assert_eq!(said(&with_own, OPUS_4_8).0, json!({"type": "adaptive"}));
    // Calls that are over matter no more.
    let mut turns = thinking.turns.clone();
    turns.extend([
        assistant(vec![Part::text("done")]),
        user(vec![Part::text("more")]),
    ]);
    let later = Request {
        turns,
        ..thinking.clone()
    };
    assert_eq!(said(&later, OPUS_4_8).0, json!({"type": "adaptive"}));
    // A call is demanded.
    let forced = Request {
        tool_choice: Some(ToolChoice::Any),
        ..with_own
    };
    assert_eq!(said(&forced, OPUS_4_8).0, Value::Null);
}
