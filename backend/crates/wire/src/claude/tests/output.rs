//! Output that is only told by what a stream carries.

use crate::scan::Scan;
use bytes::Bytes;

/// What a stream of these events, cut after them, is estimated at.
fn estimated(events: &[&str]) -> u64 {
    let mut scan = Scan::claude();
    for data in events {
        let event = format!("data: {data}\n\n");
        scan.push(Bytes::from(event)).expect("no fault");
    }
    scan.estimated_output()
}

fn delta(field: &str, value: &str) -> String {
    let kind = if field == "partial_json" {
        "input_json"
    } else {
        field
    };
    format!(
        r#"{{"type":"content_block_delta","index":0,"delta":{{"type":"{kind}_delta","{field}":"{value}"}}}}"#
    )
}

fn start(block: &str) -> String {
    format!(r#"{{"type":"content_block_start","index":0,"content_block":{block}}}"#)
}

#[test]
fn thinking_that_is_not_shown_counts_by_its_signature() {
    let begin = start(r#"{"type":"thinking","thinking":"","signature":""}"#);
    let signature = delta("signature", &"QUJD".repeat(300));
    // 1,200 characters, 900 bytes.
    assert_eq!(estimated(&[&begin, &signature]), 300);
    // Escaped as some writers do it, and in a block that starts with it.
    let escaped = delta("signature", r"Q\/U\/");
    assert_eq!(estimated(&[&begin, &escaped]), 1);
    let whole = start(r#"{"type":"thinking","thinking":"","signature":"QUJDQUJD"}"#);
    assert_eq!(estimated(&[&whole]), 2);
}

#[test]
fn redacted_thinking_counts_by_its_data() {
    let data = "QUJD".repeat(300);
    let redacted = start(&format!(r#"{{"type":"redacted_thinking","data":"{data}"}}"#));
    let reordered = start(&format!(r#"{{"data":"{data}","type":"redacted_thinking"}}"#));
    assert_eq!(estimated(&[&redacted]), 300);
    assert_eq!(estimated(&[&redacted, &reordered]), 600, "each block counts");
    let other = start(&format!(r#"{{"type":"tomorrow","data":"{data}"}}"#));
    assert_eq!(estimated(&[&other]), 0, "what is no thinking");
}

#[test]
fn a_blocks_thinking_counts_once_as_shown_or_as_sealed() {
    let begin = start(r#"{"type":"thinking","thinking":"","signature":""}"#);
    let thinking = delta("thinking", &"x".repeat(300));
    let text = delta("text", &"x".repeat(30));
    let (short, long) = (
        delta("signature", &"QUJD".repeat(50)),
        delta("signature", &"QUJD".repeat(400)),
    );
    assert_eq!(
        estimated(&[&begin, &thinking, &short]),
        100,
        "what was shown is more"
    );
    assert_eq!(estimated(&[&begin, &thinking, &long]), 400, "a summary was shown");
    // The next block's thinking comes on top, and text always does.
    assert_eq!(
        estimated(&[&begin, &thinking, &long, &begin, &thinking, &text]),
        510
    );
}

#[test]
fn blocks_start_empty_and_what_cannot_be_read_counts_nothing() {
    for event in [
        start(r#"{"type":"text","text":""}"#),
        start(r#"{"type":"tool_use","id":"t","name":"n","input":{}}"#),
        start(r#"{"type":"web_search_tool_result","content":[{"text":"found on the web"}]}"#),
        start("7"),
        delta("signature", r"\x"),
        r#"{"type":"content_block_start""#.to_owned(),
    ] {
        assert_eq!(estimated(&[&event]), 0, "{event}");
    }
}
