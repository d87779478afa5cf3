//! Plain answers and errors.

use super::{golden, golden_names};
use crate::converse::{read_answer, read_error, scan_answer};
use crate::error::ErrorKind;
use crate::fault::AnswerFault;
use crate::format::Vendor;
use crate::model::{Answer, Choice, Citation, Image, Part, Place, Sealed, Source, StopReason, ToolCall};
use crate::usage::{Tier, Usage};

fn answer_bytes(name: &str) -> Vec<u8> {
    golden(name)["answer"].to_string().into_bytes()
}

/// What an answer says; it has one choice.
fn choice(name: &str) -> Choice<'static> {
    let body = answer_bytes(name);
    let mut answer = read_answer(&body).expect("an answer");
    assert_eq!(
        (answer.id.as_ref(), answer.model.as_ref(), answer.choices.len()),
        ("", "", 1)
    );
    owned(answer.choices.remove(0))
}

/// The same, borrowing nothing: by way of what tests can see of it.
fn owned(choice: Choice<'_>) -> Choice<'static> {
    let text = |text: &str| -> std::borrow::Cow<'static, str> { text.to_owned().into() };
    let part = |part: &Part<'_>| match part {
        Part::Text {
            text: told,
            citations,
            ..
        } => Part::Text {
            text: text(told),
            citations: citations.iter().map(owned_citation).collect(),
            cache: None,
        },
        Part::Thinking {
            text: told,
            sealed,
            redacted,
            ..
        } => Part::Thinking {
            text: text(told),
            sealed: sealed.as_ref().map(|sealed| Sealed {
                vendor: sealed.vendor,
                data: text(&sealed.data),
            }),
            redacted: *redacted,
            id: None,
        },
        Part::ToolCall(call) => self::call(&call.id, &call.name, &call.arguments),
        Part::Image(Image {
            source: Source::Base64 { media_type, data },
            ..
        }) => Part::Image(Image {
            source: Source::Base64 {
                media_type: text(media_type),
                data: text(data),
            },
            detail: None,
            cache: None,
        }),
        other => panic!("{other:?}"),
    };
    Choice {
        parts: choice.parts.iter().map(part).collect(),
        stop: choice.stop,
        stop_sequence: choice.stop_sequence.as_deref().map(text),
        logprobs: choice.logprobs,
    }
}

fn owned_citation(citation: &Citation<'_>) -> Citation<'static> {
    match citation {
        Citation::Url { url, title, span } => Citation::Url {
            url: url.to_string().into(),
            title: title.to_string().into(),
            span: *span,
        },
        Citation::Document {
            index,
            title,
            cited,
            place,
        } => Citation::Document {
            index: *index,
            title: title.to_string().into(),
            cited: cited.to_string().into(),
            place: *place,
        },
    }
}

fn call(id: &str, name: &str, arguments: &str) -> Part<'static> {
    Part::ToolCall(ToolCall {
        id: id.to_owned().into(),
        name: name.to_owned().into(),
        arguments: arguments.to_owned().into(),
        sealed: None,
        cache: None,
    })
}

pub(super) fn thought(text: &str, seal: &str, redacted: bool) -> Part<'static> {
    Part::Thinking {
        text: text.to_owned().into(),
        sealed: Some(Sealed {
            vendor: Vendor::Anthropic,
            data: seal.to_owned().into(),
        }),
        redacted,
        id: None,
    }
}

fn says(parts: Vec<Part<'static>>, stop: StopReason) -> Choice<'static> {
    Choice {
        parts,
        stop,
        ..Choice::default()
    }
}

#[test]
fn answers_are_read() {
    for (name, expected) in [
        (
            "answer_text",
            says(
                vec![Part::text("Paris is the capital of France.")],
                StopReason::End,
            ),
        ),
        (
            "answer_tools",
            says(
                vec![
                    Part::text("I'll look at both."),
                    call("tooluse_1", "get_weather", r#"{"city":"Oslo","days":1.5}"#),
                    call("tooluse_2", "get_time", "{}"),
                ],
                StopReason::ToolCalls,
            ),
        ),
        (
            "answer_thinking",
            says(
                vec![
                    thought("First, the capital.", "EqQBCkgIARAB", false),
                    thought("", "EmwKAhgBEgy3", true),
                    Part::text("Paris."),
                ],
                StopReason::End,
            ),
        ),
        (
            "answer_stop_sequence",
            Choice {
                stop_sequence: Some("three".into()),
                ..says(vec![Part::text("one two ")], StopReason::StopSequence)
            },
        ),
    ] {
        assert_eq!(choice(name), expected, "{name}");
    }
}

#[test]
fn answers_of_other_kinds_are_read() {
    for (name, expected) in [
        (
            "answer_max_tokens",
            says(vec![Part::text("one")], StopReason::MaxOutput),
        ),
        (
            "answer_window",
            says(vec![Part::text("one")], StopReason::MaxOutput),
        ),
        (
            "answer_guardrail",
            says(
                vec![Part::text("Sorry, that can't be discussed.")],
                StopReason::Refusal,
            ),
        ),
        ("answer_filtered", says(vec![], StopReason::Refusal)),
        // What Bedrock does by itself is not the client's to do.
        (
            "answer_server_tool",
            says(vec![Part::text("Found.")], StopReason::End),
        ),
        (
            "answer_image",
            says(
                vec![Part::Image(Image {
                    source: Source::Base64 {
                        media_type: "image/png".into(),
                        data: "iVBORw0KGgo=".into(),
                    },
                    detail: None,
                    cache: None,
                })],
                StopReason::End,
            ),
        ),
    ] {
        assert_eq!(choice(name), expected, "{name}");
    }
}

#[test]
fn citations_are_read() {
    let choice = choice("answer_citations");
    let [Part::Text { text, citations, .. }] = choice.parts.as_slice() else {
        panic!("{choice:?}");
    };
    assert_eq!(text, "The grass is green.");
    let document = |index, title: &'static str, cited: &'static str, place| Citation::Document {
        index,
        title: title.into(),
        cited: cited.into(),
        place,
    };
    let url = |url: &'static str, title: &'static str| Citation::Url {
        url: url.into(),
        title: title.into(),
        span: None,
    };
    assert_eq!(
        citations,
        &[
            document(0, "Meadow", "The grass is green.", Place::Characters(0, 19)),
            document(1, "Guide", "green", Place::Pages(5, 6)),
            document(2, "Blocks", "grass", Place::Blocks(0, 1)),
            url("https://example.com/grass", "Site"),
            url("https://example.com/found", "Found"),
        ]
    );
}

#[test]
fn figures_are_read_and_scanned_alike() {
    let plain = Usage {
        input: 12,
        output: 34,
        ..Usage::default()
    };
    for name in golden_names("answer_") {
        let body = answer_bytes(&name);
        let usage = match name.as_str() {
            "answer_cache" => Usage {
                input: 3,
                output: 4,
                cache_write_5m: 307,
                cache_write_1h: 500,
                cache_read: 1_000,
                reasoning: 0,
                ..Usage::default()
            },
            "answer_cache_without_details" => Usage {
                input: 3,
                output: 4,
                cache_write_5m: 7,
                ..Usage::default()
            },
            _ => plain,
        };
        assert_eq!(
            read_answer(&body).expect("an answer").usage,
            Some(usage),
            "{name}"
        );
        let facts = scan_answer(&body).expect("an answer");
        assert_eq!(facts.usage.map(Usage::tokens), Some(usage), "{name}");
        let told = facts.usage.map(|usage| usage.tier != Tier::Standard);
        assert_eq!(told, Some(name == "answer_tier"), "{name}");
        assert!(facts.content_bytes > 0);
        let beside = name == "answer_server_tool";
        assert_eq!(facts.billed_beside_tokens, beside, "{name}");
    }
}

#[test]
fn details_that_do_not_sum_up_count_as_is_safe() {
    let answer = |usage: &str| {
        let body = format!(r#"{{"output":{{"message":{{"content":[]}}}},"usage":{usage}}}"#);
        let read = read_answer(body.as_bytes()).map(|answer| answer.usage);
        assert_eq!(read, scan_answer(body.as_bytes()).map(|facts| facts.usage));
        read
    };
    let writes = |usage: &str| {
        answer(usage)
            .expect("an answer")
            .map(|usage| (usage.cache_write_5m, usage.cache_write_1h))
    };
    let details = r#""cacheDetails":[{"ttl":"1h","inputTokens":5},{"ttl":"5m","inputTokens":2}]"#;
    for (total, expected) in [(7, (2, 5)), (10, (5, 5)), (3, (2, 5))] {
        let usage =
            format!(r#"{{"inputTokens":1,"outputTokens":1,"cacheWriteInputTokens":{total},{details}}}"#);
        assert_eq!(writes(&usage), Some(expected), "{total}");
    }
    assert_eq!(answer("{}"), Ok(None));
    assert_eq!(answer("null"), Ok(None));
    assert_eq!(answer(r#"{"inputTokens":1}"#), Ok(None));
    for bad in [
        r#"{"inputTokens":-1,"outputTokens":1}"#,
        r#"{"inputTokens":1,"outputTokens":1.5}"#,
        r#"{"inputTokens":1,"outputTokens":1000000001}"#,
        r#"{"inputTokens":"1","outputTokens":1}"#,
        r#"{"inputTokens":1,"outputTokens":1,"cacheDetails":[{"inputTokens":600000000},{"inputTokens":600000000}]}"#,
    ] {
        assert!(matches!(answer(bad), Err(AnswerFault::Figures(_))), "{bad}");
    }
}

#[test]
fn what_is_no_answer_is_a_fault() {
    for body in [
        "{}",
        "[]",
        r#"{"output":{}}"#,
        r#"{"output":{"message":{}}}"#,
        r#"{"message":"no"}"#,
    ] {
        assert!(
            matches!(read_answer(body.as_bytes()), Err(AnswerFault::NoAnswer(_))),
            "{body}"
        );
    }
    assert!(matches!(read_answer(b"<html>"), Err(AnswerFault::NotJson(_))));
    assert!(matches!(scan_answer(b"{}"), Err(AnswerFault::NoAnswer(_))));
    for reason in ["malformed_tool_use", "malformed_model_output"] {
        let body = format!(r#"{{"output":{{"message":{{"content":[]}}}},"stopReason":"{reason}"}}"#);
        assert_eq!(
            read_answer(body.as_bytes()),
            Err(AnswerFault::NoAnswer("malformed by the model (`stopReason`)"))
        );
    }
}

#[test]
fn a_call_is_a_call_whatever_the_reason_says() {
    let body = br#"{"output":{"message":{"content":[{"toolUse":{"toolUseId":"a","name":"b","input":{}}}]}},"stopReason":"end_turn"}"#;
    let Answer { choices, .. } = read_answer(body).expect("an answer");
    assert_eq!(choices[0].stop, StopReason::ToolCalls);
}

#[test]
fn errors_are_read() {
    for (name, class) in [
        ("error_throttling", ErrorKind::RateLimit),
        ("error_quota", ErrorKind::RateLimit),
        ("error_access", ErrorKind::Permission),
        ("error_validation", ErrorKind::InvalidRequest),
        ("error_unavailable", ErrorKind::Overloaded),
        ("error_timeout", ErrorKind::GatewayTimeout),
        ("error_not_ready", ErrorKind::Overloaded),
        ("error_model", ErrorKind::BadGateway),
        ("error_internal", ErrorKind::Internal),
        ("error_token", ErrorKind::Authentication),
    ] {
        let file = golden(name);
        let error =
            read_error(file["error"].to_string().as_bytes(), file["error_type"].as_str()).expect("an error");
        assert_eq!(error.class, Some(class), "{name}");
        assert_eq!(
            error.message,
            file["error"]["message"].as_str().expect("a message")
        );
    }
}
