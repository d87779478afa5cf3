//! Frames around Claude's events.

use crate::bedrock::InvokeStream;
use crate::event_stream::{encode, encode_event, encode_exception};
use crate::fault::StreamFault;
use crate::scan::Scan;
use crate::tests::chunks;
use crate::usage::Usage;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;

/// A frame with an event of Claude's, as Bedrock sends it.
fn chunk(event: &str) -> Vec<u8> {
    let payload = format!(r#"{{"bytes":"{}","p":"abcdefghijkl"}}"#, STANDARD.encode(event));
    encode_event("chunk", payload.as_bytes())
}

fn pushed(bytes: &[u8], lengths: &[usize]) -> Result<String, StreamFault> {
    let mut stream = InvokeStream::new();
    let mut events = Vec::new();
    for chunk in chunks(bytes, lengths) {
        events.extend_from_slice(&stream.push(chunk)?);
    }
    Ok(String::from_utf8(events).expect("UTF-8"))
}

/// Anthropic, "Streaming messages"; Amazon Bedrock's user guide, "Anthropic Claude Messages API".
const EVENTS: [&str; 7] = [
    r#"{"type":"message_start","message":{"id":"msg_bdrk_01","type":"message","role":"assistant","model":"claude-sonnet-4-5-20250929","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":11,"cache_creation_input_tokens":5,"cache_read_input_tokens":7,"cache_creation":{"ephemeral_5m_input_tokens":2,"ephemeral_1h_input_tokens":3},"output_tokens":1}}}"#,
    r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#,
    r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Grüße, \"amazon-bedrock-\"!\n"}}"#,
    r#"{"type":"content_block_stop","index":0}"#,
    r#"{"type":"ping"}"#,
    r#"{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":42}}"#,
    r#"{"type":"message_stop","amazon-bedrock-invocationMetrics":{"inputTokenCount":11,"outputTokenCount":42,"invocationLatency":899,"firstByteLatency":500,"cacheReadInputTokenCount":7,"cacheWriteInputTokenCount":5}}"#,
];

fn expected() -> String {
    let mut expected = String::new();
    for event in EVENTS {
        let kind = event.split('"').nth(3).unwrap();
        let data = match event.split_once(r#","amazon-bedrock-invocationMetrics""#) {
            Some((before, _)) => format!("{before}}}"),
            None => event.to_owned(),
        };
        expected.extend(["event: ", kind, "\ndata: ", &data, "\n\n"]);
    }
    expected
}

fn frames() -> Vec<u8> {
    EVENTS.iter().flat_map(|event| chunk(event)).collect()
}

#[test]
fn events_come_out_as_anthropic_sends_them() {
    let bytes = frames();
    assert_eq!(pushed(&bytes, &[bytes.len()]).expect("events"), expected());
}

proptest! {
    #[test]
    fn any_chunks_give_the_same_events(lengths in prop::collection::vec(0_usize..400, 1..8)) {
        prop_assert_eq!(pushed(&frames(), &lengths).expect("events"), expected());
    }
}

#[test]
fn the_figures_are_those_of_claudes_own_events() {
    let bytes = frames();
    let mut scan = Scan::claude();
    let events = pushed(&bytes, &[100]).expect("events");
    let told = scan.push(events.into()).expect("events");
    assert!(told.last && scan.is_exact());
    assert_eq!(
        scan.usage(),
        Usage {
            input: 11,
            output: 42,
            cache_write_5m: 2,
            cache_write_1h: 3,
            cache_read: 7,
            reasoning: 0,
            ..Usage::default()
        }
    );
}

#[test]
fn exceptions_become_claudes_errors_and_end_the_stream() {
    for (exception, kind) in [
        ("throttlingException", "rate_limit_error"),
        ("modelStreamErrorException", "api_error"),
        ("internalServerException", "api_error"),
        ("validationException", "invalid_request_error"),
        ("modelTimeoutException", "timeout_error"),
        ("serviceUnavailableException", "overloaded_error"),
        ("brandNewException", "api_error"),
    ] {
        let bytes = [
            chunk(EVENTS[1]),
            encode_exception(exception, "so \"it\" is"),
            chunk(EVENTS[3]),
        ]
        .concat();
        let events = pushed(&bytes, &[bytes.len()]).expect("events");
        let (_, error) = events.split_once("event: error\n").expect("an error");
        assert_eq!(
            error,
            format!(
                "data: {{\"type\":\"error\",\"error\":{{\"type\":\"{kind}\",\"message\":\"so \\\"it\\\" is\"}}}}\n\n"
            ),
            "{exception}"
        );
        let mut scan = Scan::claude();
        scan.push(events.into()).expect("events");
        assert_eq!(scan.error().expect("an error").kind, kind);
        // Nothing comes after it, in later chunks neither.
        let mut stream = InvokeStream::new();
        stream.push(bytes.into()).expect("events");
        assert_eq!(stream.push(chunk(EVENTS[3]).into()).expect("nothing"), "");
    }
}

#[test]
fn an_error_without_a_name_of_its_own_is_told_as_well() {
    let bytes = encode(
        &[
            (":message-type", "error"),
            (":error-code", "InternalFailure"),
            (":error-message", "oh"),
        ],
        b"",
    );
    assert_eq!(
        pushed(&bytes, &[bytes.len()]).expect("an event"),
        "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"oh\"}}\n\n"
    );
}

#[test]
fn what_is_no_event_of_claudes_is_passed_over() {
    let bytes = [
        encode_event("initial-response", b"{}"),
        chunk(r#"{"keep":"alive"}"#),
        chunk(r#"{"type":"a\nb"}"#),
        chunk("{\r\n \"type\": \"ping\"\n}"),
    ]
    .concat();
    assert_eq!(
        pushed(&bytes, &[bytes.len()]).expect("an event"),
        "event: ping\ndata: {   \"type\": \"ping\" }\n\n"
    );
}

#[test]
fn broken_chunks_are_faults() {
    for (payload, why) in [
        (&br#"{"bytes":"e30"}"#[..], "its bytes are no base64"),
        (br#"{"p":"ab"}"#, "it has no bytes"),
        (br#"{"bytes":5}"#, "it has no bytes"),
        (br#"{"bytes":"W10="}"#, "its bytes are no JSON object"),
        (br#"{"bytes":"ew=="}"#, "its bytes are no JSON object"),
        (b"nothing", "not valid JSON: a value is expected at byte 0"),
    ] {
        let bytes = encode_event("chunk", payload);
        assert_eq!(
            pushed(&bytes, &[bytes.len()]),
            Err(StreamFault::event("chunk", why)),
            "{}",
            String::from_utf8_lossy(payload)
        );
    }
}
