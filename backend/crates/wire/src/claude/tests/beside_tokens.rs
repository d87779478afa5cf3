//! What the vendor bills otherwise than by tokens at list price.

use crate::claude::scan_answer;
use crate::scan::Scan;
use crate::usage::Tier;
use bytes::Bytes;

fn of_answer(extra: &str) -> bool {
    let usage = format!(r#"{{"input_tokens":3,{extra}"output_tokens":7}}"#);
    let body = format!(r#"{{"type":"message","content":[],"usage":{usage}}}"#);
    let facts = scan_answer(body.as_bytes()).expect("an answer");
    assert_eq!(
        facts.usage.map(|usage| (usage.input, usage.output)),
        Some((3, 7)),
        "{extra}"
    );
    facts.billed_beside_tokens
}

/// With this in the usage of the beginning, and this in that of the end.
fn of_stream(begin: &str, end: &str) -> bool {
    let mut scan = Scan::claude();
    for data in [
        format!(
            r#"{{"type":"message_start","message":{{"usage":{{"input_tokens":3,{begin}"output_tokens":1}}}}}}"#
        ),
        format!(r#"{{"type":"message_delta","delta":{{}},"usage":{{{end}"output_tokens":7}}}}"#),
    ] {
        scan.push(Bytes::from(format!("data: {data}\n\n")))
            .expect("no fault");
    }
    assert_eq!((scan.usage().input, scan.usage().output), (3, 7));
    scan.billed_beside_tokens()
}

#[test]
fn what_is_billed_otherwise_is_seen_in_answers_and_at_both_ends_of_streams() {
    for (extra, expected) in [
        ("", false),
        (
            r#""service_tier":"standard","speed":"standard","inference_geo":"global","#,
            false,
        ),
        (
            r#""service_tier":null,"speed":null,"inference_geo":null,"server_tool_use":null,"#,
            false,
        ),
        (r#""inference_geo":"not_available","#, false),
        (r#""service_tier":"","speed":"","inference_geo":"","#, false),
        (r#""server_tool_use":{},"#, false),
        (
            r#""server_tool_use":{"web_search_requests":0,"web_fetch_requests":0},"#,
            false,
        ),
        (
            r#""server_tool_use":{"a":-1,"b":0.0,"c":0e9,"d":null,"e":"1","f":{"g":1},"h":[1]},"#,
            false,
        ),
        (r#""server_tool_use":[1],"#, false),
        (
            r#""of_tomorrow":{"web_search_requests":1,"speed":"fast"},"#,
            false,
        ),
        (r#""server_tool_use":{"web_search_requests":1},"#, false),
        (
            r#""server_tool_use":{"web_search_requests":0,"web_fetch_requests":20},"#,
            false,
        ),
        (r#""server_tool_use":{"of_tomorrow":1},"#, true),
        (r#""server_tool_use":{"of_tomorrow":0.5},"#, true),
        (r#""speed":"fast","#, true),
        (r#""speed":7,"#, true),
        (r#""service_tier":"priority","#, false),
        (r#""service_tier":"batch","#, false),
        (r#""service_tier":"of_tomorrow","#, true),
        (r#""service_tier":7,"#, true),
        (r#""inference_geo":"us","#, true),
        (r#""inference_geo":{"region":"us"},"#, true),
        (r#""inference_geo":"glob\u0061l","#, false),
    ] {
        assert_eq!(of_answer(extra), expected, "{extra}");
        assert_eq!(of_stream(extra, ""), expected, "{extra}");
        assert_eq!(of_stream("", extra), expected, "{extra}");
    }
}

#[test]
fn once_told_it_stays() {
    assert!(of_stream(r#""speed":"fast","#, r#""speed":"standard","#));
    assert!(!Scan::claude().billed_beside_tokens());
}

#[test]
fn searches_and_the_tier_are_counted_from_both_ends_of_a_stream() {
    let begin = r#""service_tier":"batch","server_tool_use":{"web_search_requests":0},"#;
    let end = r#""server_tool_use":{"web_search_requests":3,"web_fetch_requests":2},"#;
    let mut scan = Scan::claude();
    for data in [
        format!(
            r#"{{"type":"message_start","message":{{"usage":{{"input_tokens":3,{begin}"output_tokens":1}}}}}}"#
        ),
        format!(r#"{{"type":"message_delta","delta":{{}},"usage":{{{end}"output_tokens":7}}}}"#),
    ] {
        scan.push(Bytes::from(format!("data: {data}\n\n")))
            .expect("no fault");
    }
    assert_eq!(
        (scan.usage().other.web_search, scan.usage().tier),
        (3, Tier::Batch)
    );
    let answer = format!(
        r#"{{"type":"message","content":[],"usage":{{"input_tokens":3,"service_tier":"priority",{end}"output_tokens":7}}}}"#
    );
    let usage = scan_answer(answer.as_bytes())
        .expect("an answer")
        .usage
        .expect("figures");
    assert_eq!((usage.other.web_search, usage.tier), (3, Tier::Priority));
}
