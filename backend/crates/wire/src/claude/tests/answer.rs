//! Plain answers and errors.

use super::usage;
use crate::claude::{read_error, scan_answer};
use crate::facts::AnswerFacts;
use crate::fault::AnswerFault;
use crate::usage::Usage;
use proptest::prelude::*;
use serde_json::json;

fn message(figures: &str) -> String {
    format!(
        r#"{{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{{"type":"text","text":"hi"}}],
            "stop_reason":"end_turn","a_field_of_tomorrow":{{"usage":{{"input_tokens":9}}}},"usage":{figures}}}"#
    )
}

fn read(figures: &str) -> Result<AnswerFacts, AnswerFault> {
    scan_answer(message(figures).as_bytes())
}

#[test]
fn all_five_figures_are_read() {
    let full = r#"{"input_tokens":3,"cache_creation_input_tokens":30,"cache_read_input_tokens":17,"output_tokens":7,
        "cache_creation":{"ephemeral_5m_input_tokens":10,"ephemeral_1h_input_tokens":20},"service_tier":"standard",
        "server_tool_use":{"web_search_requests":1}}"#;
    let facts = read(full).expect("an answer");
    assert_eq!(facts.usage.map(Usage::tokens), Some(usage([3, 7, 10, 20, 17])));
    assert_eq!(facts.estimated_output(), 7);
}

#[test]
fn thinking_is_part_of_the_output_and_never_more() {
    for (told, expected) in [(5, 5), (9, 7)] {
        let figures = format!(
            r#"{{"input_tokens":3,"output_tokens":7,"output_tokens_details":{{"thinking_tokens":{told},"later":1}}}}"#
        );
        let usage = read(&figures).expect("an answer").usage.expect("figures");
        assert_eq!((usage.output, usage.reasoning), (7, expected));
    }
    let none =
        read(r#"{"input_tokens":3,"output_tokens":7,"output_tokens_details":null}"#).expect("an answer");
    assert_eq!(none.usage, Some(usage([3, 7, 0, 0, 0])));
}

#[test]
fn cache_writes_without_details_are_five_minute_ones_and_the_larger_counts() {
    let cases = [
        (r#""cache_creation_input_tokens":30"#, [1, 2, 30, 0, 0]),
        (
            r#""cache_creation_input_tokens":30,"cache_creation":null"#,
            [1, 2, 30, 0, 0],
        ),
        (
            r#""cache_creation_input_tokens":null,"cache_read_input_tokens":null"#,
            [1, 2, 0, 0, 0],
        ),
        // The details say less than the total: the rest is of the cheaper kind.
        (
            r#""cache_creation_input_tokens":30,"cache_creation":{"ephemeral_1h_input_tokens":20}"#,
            [1, 2, 10, 20, 0],
        ),
        // The details say more.
        (
            r#""cache_creation_input_tokens":5,"cache_creation":{"ephemeral_5m_input_tokens":10,"ephemeral_1h_input_tokens":20}"#,
            [1, 2, 10, 20, 0],
        ),
        (
            r#""cache_creation":{"ephemeral_5m_input_tokens":10}"#,
            [1, 2, 10, 0, 0],
        ),
    ];
    for (figures, expected) in cases {
        let facts = read(&format!(r#"{{"input_tokens":1,"output_tokens":2,{figures}}}"#)).expect("an answer");
        assert_eq!(facts.usage, Some(usage(expected)), "{figures}");
    }
}

#[test]
fn compaction_on_the_way_is_billed_besides() {
    let figures = r#"{"input_tokens":23000,"output_tokens":1000,"iterations":[
        {"type":"compaction","input_tokens":180000,"output_tokens":3500,"cache_read_input_tokens":11,
         "cache_creation":{"ephemeral_1h_input_tokens":4}},
        {"type":"message","input_tokens":23000,"output_tokens":1000}]}"#;
    let facts = read(figures).expect("an answer");
    assert_eq!(facts.usage, Some(usage([203_000, 4_500, 0, 4, 11])));
}

#[test]
fn a_sum_over_iterations_has_the_bound_of_a_single_figure() {
    let compactions = |figure: &str, count: usize| {
        let one = format!(r#"{{"type":"compaction",{figure}}}"#);
        let all = vec![one.as_str(); count].join(",");
        read(&format!(
            r#"{{"input_tokens":1,"output_tokens":2,"iterations":[{all}]}}"#
        ))
    };
    for figure in [
        r#""input_tokens":500000000"#,
        r#""output_tokens":500000000"#,
        r#""cache_read_input_tokens":500000000"#,
        r#""cache_creation_input_tokens":500000000"#,
        r#""cache_creation":{"ephemeral_1h_input_tokens":500000000}"#,
    ] {
        assert!(compactions(figure, 2).is_ok(), "{figure}");
        let fault = compactions(figure, 3).expect_err("a fault");
        assert_eq!(
            fault.to_string(),
            "the answer's figures can't be used: usage.iterations[], summed up, is no whole number from 0 to 1000000000"
        );
    }
    // Other iterations are not summed up.
    let messages = r#"{"input_tokens":1000000000},"#.repeat(20);
    let figures = format!(r#"{{"input_tokens":1,"output_tokens":2,"iterations":[{messages}{{}}]}}"#);
    assert_eq!(
        read(&figures).expect("an answer").usage,
        Some(usage([1, 2, 0, 0, 0]))
    );
}

#[test]
fn an_answer_that_does_not_tell_is_estimated() {
    for figures in ["null", "{}", r#"{"input_tokens":3}"#, r#"{"output_tokens":3}"#] {
        let facts = read(figures).expect("an answer");
        assert_eq!(facts.usage, None, "{figures}");
        // [{"type":"text","text":"hi"}]
        assert_eq!((facts.content_bytes, facts.estimated_output()), (29, 10));
    }
}

#[test]
fn absurd_figures_are_a_fault() {
    for figure in [
        "-1",
        "1.5",
        "1e3",
        "\"7\"",
        "true",
        "[]",
        "99999999999999999999",
        "1000000001",
    ] {
        for name in ["input_tokens", "output_tokens", "cache_read_input_tokens"] {
            let answer = read(&format!(r#"{{"{name}":{figure}}}"#));
            assert!(
                matches!(answer, Err(AnswerFault::Figures(_))),
                "{name} {figure}: {answer:?}"
            );
        }
        let details = format!(r#"{{"cache_creation":{{"ephemeral_1h_input_tokens":{figure}}}}}"#);
        assert!(
            matches!(read(&details), Err(AnswerFault::Figures(_))),
            "{details}"
        );
    }
    assert!(matches!(read("7"), Err(AnswerFault::Figures(_))));
}

#[test]
fn what_is_no_message_is_no_answer() {
    for (body, json) in [
        (&b""[..], false),
        (b"<html>no json</html>", false),
        (b"\x1f\x8b\x08\x00", false),
        (b"{\"type\":\"message\",\"content\":\"\xff\"}", false),
        (b"{\"type\":\"message\"", false),
        (b"{\"type\":\"message\"} {}", false),
        (b"{}", true),
        (b"[]", true),
        (b"null", true),
        (b"{\"type\":\"error\",\"error\":{}}", true),
        (b"{\"type\":7}", true),
    ] {
        let fault = scan_answer(body).expect_err("no answer");
        assert_eq!(matches!(fault, AnswerFault::NoAnswer(_)), json, "{fault}");
    }
}

#[test]
fn an_upstreams_error_is_read_in_its_own_words() {
    let body = json!({"request_id": "r", "error": {"details": [], "message": "Überlastet \"now\"", "type": "overloaded_error"}, "type": "error"});
    let error = read_error(body.to_string().as_bytes()).expect("an error");
    assert_eq!(
        (error.kind.as_str(), error.message.as_str()),
        ("overloaded_error", "Überlastet \"now\"")
    );
    let long = json!({"error": {"type": "x y".repeat(100), "message": "ü".repeat(5_000)}});
    let error = read_error(long.to_string().as_bytes()).expect("an error");
    assert_eq!((error.kind.as_str(), error.message.len()), ("", 2_000));
    for body in [
        "",
        "{",
        "[]",
        "{}",
        r#"{"error":"Not Found"}"#,
        r#"{"error":{"type":"x"}}"#,
        r#"{"error":{"message":7}}"#,
    ] {
        assert_eq!(read_error(body.as_bytes()), None, "{body}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = scan_answer(&bytes);
        let _ = read_error(&bytes);
    }

    #[test]
    fn any_damage_to_an_answer_is_an_answer_or_a_fault(at in any::<usize>(), byte in any::<u8>()) {
        let mut body = message(r#"{"input_tokens":3,"output_tokens":7}"#).into_bytes();
        let at = at % body.len();
        body[at] = byte;
        if let Ok(facts) = scan_answer(&body) {
            prop_assert!(serde_json::from_slice::<serde_json::Value>(&body).is_ok());
            if let Some(usage) = facts.usage {
                prop_assert!(usage.input_total() <= 1_000_000_000);
            }
        }
    }
}
