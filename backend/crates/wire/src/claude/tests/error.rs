//! Refusals in Claude's format, plain and as the last event of a stream.

use crate::claude::{EventScan, StreamWriter, read_error, write_error};
use crate::error::{ErrorKind, Fault};
use crate::model::Context;
use crate::sse::Events;
use serde_json::{Value, json};

fn fault(kind: ErrorKind, message: &str) -> Fault<'_> {
    Fault {
        kind,
        code: kind.code(),
        message,
        field: None,
        request_id: "req_1",
        retry_after: None,
    }
}

/// The error event, which both ways to a client write alike.
fn written(fault: &Fault<'_>) -> Vec<u8> {
    let mut event = Vec::new();
    StreamWriter::new(Context::default()).error_event(fault, &mut event);
    assert_eq!(EventScan::default().error_event(fault), event);
    event
}

#[test]
fn a_refusal_is_one_line_of_claudes_error_format() {
    let message = "a \"quoted\" \\ line\nand\tanother\r\u{7f}\u{1}\u{2028} ü 𝄞";
    for kind in ErrorKind::ALL {
        let body = write_error(&fault(kind, message));
        let value: Value = serde_json::from_slice(&body).expect("JSON");
        let expected = json!({
            "type": "error",
            "error": {"type": kind.claude_type(), "message": message},
            "request_id": "req_1",
        });
        assert_eq!(value, expected);
        assert!(!body.contains(&b'\n') && !body.contains(&b'\r'));
        let read = read_error(&body).expect("our own format");
        assert_eq!(
            (read.kind.as_str(), read.message.as_str()),
            (kind.claude_type(), message)
        );
    }
}

#[test]
fn an_error_event_is_one_whole_event() {
    let event = written(&fault(ErrorKind::Overloaded, "first\n\nsecond"));
    let events: Vec<_> = Events::new(&event, false).collect();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].name, b"error");
    assert_eq!(events[0].end, event.len());
    let body = write_error(&fault(ErrorKind::Overloaded, "first\n\nsecond"));
    assert_eq!(events[0].data().as_ref(), body);
}

#[test]
fn a_refused_thread_tells_the_sdks_to_send_the_whole_conversation() {
    let fault = Fault {
        kind: ErrorKind::InvalidRequest,
        code: "invalid_request",
        message: "thread: The model's platform keeps no threads; send the whole conversation.",
        field: Some("thread"),
        request_id: "req_1",
        retry_after: None,
    };
    let value: Value = serde_json::from_slice(&crate::claude::write_error(&fault)).expect("JSON");
    assert_eq!(
        value["error"]["details"],
        json!({"error_code": "thread_unsupported_request", "unsupported": ["thread"]})
    );
}
