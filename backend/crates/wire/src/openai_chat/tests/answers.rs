//! Plain answers: each sample's neutral meaning, its figures alone, and that both are kept when written.

use super::super::{read_answer, scan_answer, write_answer};
use super::{call, context, json, sample, samples, thinking};
use crate::fault::AnswerFault;
use crate::model::{
    Answer, Choice, Citation, Image, Part, Place, Source, StopReason, TokenLogprob, ToolAlias,
};
use crate::usage::{Tier, Usage};

const SMALL: Usage = Usage {
    input: 9,
    output: 4,
    cache_write_5m: 0,
    cache_write_1h: 0,
    cache_read: 0,
    reasoning: 0,
    other: crate::usage::OtherUsage::NONE,
    tier: crate::usage::Tier::Standard,
};

fn choice(parts: Vec<Part<'static>>, stop: StopReason) -> Choice<'static> {
    Choice {
        parts,
        stop,
        ..Choice::default()
    }
}

fn text(text: &'static str) -> Vec<Part<'static>> {
    vec![Part::text(text)]
}

fn refusal(text: &'static str) -> Vec<Part<'static>> {
    vec![Part::Refusal { text: text.into() }]
}

fn cited() -> Vec<Part<'static>> {
    vec![Part::Text {
        text: "Rust 1.95 is out.".into(),
        citations: vec![Citation::Url {
            url: "https://example.com/rust".into(),
            title: "Rust".into(),
            span: Some((0, 9)),
        }],
        cache: None,
    }]
}

fn tokens() -> Vec<TokenLogprob> {
    vec![
        TokenLogprob {
            token: "Hi".to_owned(),
            logprob: -0.25,
            top: vec![("Hi".to_owned(), -0.25), ("Yo".to_owned(), -2.5)],
        },
        TokenLogprob {
            token: " ü".to_owned(),
            logprob: -1.5,
            top: Vec::new(),
        },
    ]
}

/// The choices that each sample means, and what it cost.
fn meaning(name: &str) -> (Vec<Choice<'static>>, Usage) {
    let large = Usage {
        input: 200,
        output: 300,
        cache_write_5m: 400,
        cache_read: 2_000,
        reasoning: 128,
        ..Usage::default()
    };
    let deepseek = Usage {
        input: 10,
        output: 10,
        cache_read: 6,
        reasoning: 5,
        ..Usage::default()
    };
    let calls = vec![
        call("call_a", "get_weather", r#"{"city":"Rome"}"#),
        call("call_b", "get_weather", r#"{"city":"Oslo"}"#),
    ];
    let one = |parts, stop| vec![choice(parts, stop)];
    match name {
        "text" => (one(text("Hello! How can I help?"), StopReason::End), large),
        "length" => (one(text("Once upon"), StopReason::MaxOutput), SMALL),
        "tools" => (one(calls, StopReason::ToolCalls), SMALL),
        "named-tool" => (one(vec![call("call_a", "now", "")], StopReason::ToolCalls), SMALL),
        "custom" => {
            let call = call("call_c", "shell", r#"{"input":"ls \"x\""}"#);
            (one(vec![call], StopReason::ToolCalls), SMALL)
        }
        "refusal" => (
            one(refusal("I can't help with that."), StopReason::Refusal),
            SMALL,
        ),
        "azure-filter" => (one(Vec::new(), StopReason::Refusal), SMALL),
        "logprobs" => {
            let mut told = choice(text("Hi ü"), StopReason::End);
            told.logprobs = tokens();
            (vec![told], SMALL)
        }
        "citations" => (one(cited(), StopReason::End), SMALL),
        "choices" => {
            let choices = vec![
                choice(text("A"), StopReason::End),
                choice(text("B"), StopReason::End),
            ];
            (choices, SMALL)
        }
        "deepseek" => {
            let parts = vec![thinking("Say hello."), Part::text("Hello")];
            (one(parts, StopReason::End), deepseek)
        }
        "priority" => (one(text("Hi"), StopReason::End), SMALL),
        other => panic!("no meaning of {other}"),
    }
}

#[test]
fn samples_mean_what_they_say() {
    for name in samples("answer-", ".json") {
        let body = sample("answer", &name);
        let answer = read_answer(body.as_bytes()).expect("readable");
        let (choices, usage) = meaning(&name);
        assert_eq!(answer.choices, choices, "{name}");
        assert_eq!(answer.usage, Some(usage), "{name}");
        assert!(!answer.id.is_empty() && !answer.model.is_empty());
        let facts = scan_answer(body.as_bytes()).expect("an answer");
        assert_eq!(facts.usage.map(Usage::tokens), Some(usage), "{name}");
        let counted = facts.usage.map(|usage| (usage.other.web_search, usage.tier));
        let expected = match name.as_str() {
            "citations" => (1, Tier::Standard),
            "priority" => (0, Tier::Priority),
            _ => (0, Tier::Standard),
        };
        assert_eq!(counted, Some(expected), "{name}");
        let beside = name == "citations";
        assert_eq!(facts.billed_beside_tokens, beside, "{name}");
    }
}

#[test]
fn samples_keep_their_meaning_when_written() {
    for name in samples("answer-", ".json") {
        let body = sample("answer", &name);
        let mut answer = read_answer(body.as_bytes()).expect("readable");
        let mut again = Vec::new();
        write_answer(&answer, &context(), &mut again);
        answer.id = "chatcmpl-0199".into();
        answer.model = "asked-for".into();
        if name == "named-tool" {
            // No arguments are an empty object.
            answer.choices = vec![choice(vec![call("call_a", "now", "{}")], StopReason::ToolCalls)];
        }
        assert_eq!(read_answer(&again), Ok(answer), "{name}");
    }
}

#[test]
fn free_text_calls_are_unwrapped_for_the_client() {
    let answer = Answer {
        choices: vec![choice(
            vec![call("c1", "ns__shell", r#"{"input":"ls"}"#)],
            StopReason::ToolCalls,
        )],
        ..Answer::default()
    };
    let mut context = context();
    context.tools.push(ToolAlias {
        sent: "ns__shell".to_owned(),
        name: "shell".to_owned(),
        namespace: None,
        free_text: true,
    });
    let mut body = Vec::new();
    write_answer(&answer, &context, &mut body);
    let call = json(&body)["choices"][0]["message"]["tool_calls"][0].clone();
    assert_eq!(
        call,
        serde_json::json!({"id": "c1", "type": "custom", "custom": {"name": "shell", "input": "ls"}})
    );
}

#[test]
fn images_that_a_model_made_are_shown_in_the_text() {
    let image = Part::Image(Image {
        source: Source::Base64 {
            media_type: "image/png".into(),
            data: "iVBORw0KGgo=".into(),
        },
        detail: None,
        cache: None,
    });
    let answer = Answer {
        choices: vec![choice(vec![Part::text("Here: "), image], StopReason::End)],
        ..Answer::default()
    };
    let mut body = Vec::new();
    write_answer(&answer, &context(), &mut body);
    assert_eq!(
        json(&body)["choices"][0]["message"]["content"],
        "Here: ![image](data:image/png;base64,iVBORw0KGgo=)"
    );
}

#[test]
fn documents_cannot_be_cited() {
    let citation = Citation::Document {
        index: 0,
        title: "T".into(),
        cited: "words".into(),
        place: Place::Pages(1, 2),
    };
    let part = Part::Text {
        text: "Hi".into(),
        citations: vec![citation],
        cache: None,
    };
    let answer = Answer {
        choices: vec![choice(vec![part], StopReason::End)],
        ..Answer::default()
    };
    let mut body = Vec::new();
    write_answer(&answer, &context(), &mut body);
    assert_eq!(json(&body)["choices"][0]["message"].get("annotations"), None);
}

#[test]
fn reasoning_counted_beside_the_completion_is_output_too() {
    let body = br#"{"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":115,
        "completion_tokens_details":{"reasoning_tokens":100}}}"#;
    let usage = scan_answer(body).expect("an answer").usage.expect("figures");
    assert_eq!((usage.output, usage.reasoning), (105, 100));
}

#[test]
fn sound_is_counted_as_a_part() {
    let body = br#"{"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":5,
        "prompt_tokens_details":{"audio_tokens":3},"completion_tokens_details":{"audio_tokens":9}}}"#;
    let facts = scan_answer(body).expect("an answer");
    let usage = facts.usage.expect("figures");
    assert_eq!((usage.input, usage.output), (10, 5));
    assert_eq!(
        (usage.other.audio_input, usage.other.audio_output),
        (3, 5),
        "no more than the whole"
    );
    assert!(!facts.billed_beside_tokens);
}

#[test]
fn what_is_no_answer_is_a_fault() {
    let no_answer = [
        r#"{"error":{"message":"no"}}"#,
        "[]",
        r#"{"choices":{}}"#,
        r#"{"choices":[{"message":{"tool_calls":[{"id":"a","type":"function"}]}}]}"#,
    ];
    for body in no_answer {
        assert!(
            matches!(read_answer(body.as_bytes()), Err(AnswerFault::NoAnswer(_))),
            "{body}"
        );
    }
    let figures = r#"{"choices":[],"usage":{"prompt_tokens":-1}}"#;
    assert!(matches!(
        read_answer(figures.as_bytes()),
        Err(AnswerFault::Figures(_))
    ));
    assert!(matches!(
        scan_answer(figures.as_bytes()),
        Err(AnswerFault::Figures(_))
    ));
    assert!(matches!(
        scan_answer(b"{\"choices\":"),
        Err(AnswerFault::NotJson(_))
    ));
}
