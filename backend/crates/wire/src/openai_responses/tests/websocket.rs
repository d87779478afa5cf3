//! Messages over a WebSocket.

use crate::error::{ErrorKind, Fault};
use crate::openai_responses::read_facts;
use crate::openai_responses::websocket::{error_frame, frame, in_lane, read_create};
use crate::sse::Events;
use std::borrow::Cow;

#[test]
fn a_message_is_a_streamed_request() {
    let message = br#"{"type":"response.create", "model":"gpt-5.6","store":false , "previous_response_id":"resp_1","input":[{"a":[1, 2]}],"stream_id":"lane-1","background":false,"stream":false}"#;
    let create = read_create(message).unwrap();
    assert_eq!(
        String::from_utf8(create.body.clone()).unwrap(),
        r#"{"model":"gpt-5.6","store":false,"previous_response_id":"resp_1","input":[{"a":[1, 2]}],"stream":true}"#
    );
    assert_eq!(create.previous.as_deref(), Some("resp_1"));
    assert_eq!(create.stream_id.as_deref(), Some("lane-1"));
    assert!(create.generate);
    assert!(read_facts(&create.body).unwrap().stream);
}

#[test]
fn a_warm_up_is_told_apart() {
    assert!(
        !read_create(br#"{"type":"response.create","model":"m","generate":false}"#)
            .unwrap()
            .generate
    );
    assert!(
        read_create(br#"{"type":"response.create","model":"m","generate":null}"#)
            .unwrap()
            .generate
    );
}

#[test]
fn other_messages_are_refused() {
    let cases: [(&[u8], &str); 9] = [
        (
            b"",
            "The body is not valid JSON: the text ends where a value is expected at byte 0; a JSON object is expected.",
        ),
        (b"\xff", "The message is not valid UTF-8 at byte 0."),
        (b"[]", "The message is no JSON object."),
        (
            br#"{"model":"m"}"#,
            "type: This must be `response.create`; no other message is taken here.",
        ),
        (
            br#"{"type":"response.steer"}"#,
            "type: This must be `response.create`; no other message is taken here.",
        ),
        (
            br#"{"type":"response.create","typ\u0065":"response.create"}"#,
            "type: This field stands twice in the message; it may stand once.",
        ),
        (
            br#"{"type":"response.create","generate":1}"#,
            "generate: This must be true or false.",
        ),
        (
            br#"{"type":"response.create","stream_id":""}"#,
            "stream_id: This must be a string of 1 to 256 bytes.",
        ),
        (
            br#"{"type":"response.create","background":true}"#,
            "background: Answers over a WebSocket do not run in the background; leave this field out.",
        ),
    ];
    for (message, words) in cases {
        assert_eq!(read_create(message).unwrap_err().message, words);
    }
    let many = r#","f":0"#.repeat(300);
    assert!(read_create(format!(r#"{{"type":"response.create"{many}}}"#).as_bytes()).is_err());
}

#[test]
fn events_are_frames() {
    let stream =
        b"event: response.created\ndata: {\"type\":\"response.created\"}\n\n: comment\n\ndata: [DONE]\n\n";
    let frames: Vec<_> = Events::new(stream, true)
        .map(|event| frame(&event).map(Cow::into_owned))
        .collect();
    assert_eq!(frames, [Some(br#"{"type":"response.created"}"#.to_vec()), None]);
}

#[test]
fn a_lanes_frames_name_it() {
    let named =
        |frame: &'static [u8]| String::from_utf8(in_lane(frame.into(), Some("a\"b")).into_owned()).unwrap();
    assert_eq!(named(br#"{"x":{}} "#), r#"{"x":{},"stream_id":"a\"b"}"#);
    assert_eq!(named(b"{}"), r#"{"stream_id":"a\"b"}"#);
    assert!(matches!(in_lane(b"{}"[..].into(), None), Cow::Borrowed(_)));
}

#[test]
fn a_refusal_is_a_frame() {
    let fault = Fault {
        kind: ErrorKind::InvalidRequest,
        code: "previous_response_not_found",
        message: "Gone.",
        field: Some("previous_response_id"),
        request_id: "req_1",
        retry_after: None,
    };
    assert_eq!(
        String::from_utf8(error_frame(&fault)).unwrap(),
        r#"{"type":"error","status":400,"error":{"message":"Gone.","type":"invalid_request_error","param":"previous_response_id","code":"previous_response_not_found"}}"#
    );
}
