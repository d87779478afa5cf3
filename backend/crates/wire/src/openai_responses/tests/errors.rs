//! Errors: read from golden bodies and events, written for clients.

use super::golden;
use crate::error::{ErrorKind, Fault, UpstreamError};
use crate::openai_responses::{read_error, write_error};
use std::time::Duration;

fn read(name: &str) -> UpstreamError {
    read_error(golden(name).as_bytes()).unwrap()
}

#[test]
fn errors_mean_what_openai_says_they_mean() {
    let cases = [
        ("error_rate_limit", ErrorKind::RateLimit, "tokens"),
        ("error_quota", ErrorKind::Billing, "insufficient_quota"),
        (
            "error_context",
            ErrorKind::InvalidRequest,
            "invalid_request_error",
        ),
        ("error_key", ErrorKind::Authentication, "invalid_request_error"),
        ("error_model", ErrorKind::NotFound, "invalid_request_error"),
        ("error_server", ErrorKind::Internal, "server_error"),
        (
            "error_overloaded",
            ErrorKind::Overloaded,
            "service_unavailable_error",
        ),
        ("error_azure", ErrorKind::RateLimit, "429"),
    ];
    for (name, class, kind) in cases {
        let error = read(name);
        assert_eq!((error.class, error.kind.as_str()), (Some(class), kind), "{name}");
        assert!(!error.message.is_empty(), "{name}");
    }
}

#[test]
fn delays_are_read_from_the_words() {
    assert_eq!(
        read("error_rate_limit").retry_after,
        Some(Duration::from_millis(62_500))
    );
    assert_eq!(read("error_azure").retry_after, Some(Duration::from_secs(26)));
    assert_eq!(read("error_overloaded").retry_after, None);
    let told = |message: &str| {
        let body = format!(r#"{{"error":{{"message":"{message}"}}}}"#);
        read_error(body.as_bytes()).unwrap().retry_after
    };
    assert_eq!(told("Please try again in 20ms."), Some(Duration::from_millis(20)));
    assert_eq!(told("try again in a while"), None);
    assert_eq!(told("try again in 1e9s"), None);
    let longest = Duration::from_hours(24 * 31);
    assert_eq!(
        told("try again in 99999999999999999h"),
        Some(longest),
        "no upstream is waited for forever"
    );
    let body = br#"{"error":{"type":"usage_limit_reached","message":"Used up.","resets_in_seconds":90}}"#;
    let error = read_error(body).unwrap();
    assert_eq!(
        (error.class, error.retry_after),
        (Some(ErrorKind::RateLimit), Some(Duration::from_secs(90)))
    );
}

#[test]
fn events_and_frames_carry_errors_too() {
    let flat = br#"{"type":"error","code":"rate_limit_exceeded","message":"Slow.","param":null,"sequence_number":2}"#;
    let error = read_error(flat).unwrap();
    assert_eq!(
        (error.class, error.kind.as_str()),
        (Some(ErrorKind::RateLimit), "rate_limit_exceeded")
    );
    let frame = br#"{"type":"error","status":400,"error":{"type":"invalid_request_error","code":"previous_response_not_found","message":"Gone."}}"#;
    assert_eq!(read_error(frame).unwrap().class, Some(ErrorKind::InvalidRequest));
    let failed =
        br#"{"type":"response.failed","response":{"error":{"code":"server_error","message":"No."}}}"#;
    assert_eq!(read_error(failed).unwrap().class, Some(ErrorKind::Internal));
    assert_eq!(
        read_error(br#"{"detail":"Not allowed"}"#).unwrap().message,
        "Not allowed"
    );
    for other in [
        &b"{}"[..],
        b"<html>",
        br#"{"error":"text"}"#,
        br#"{"error":{}}"#,
        br#"{"detail":[]}"#,
    ] {
        assert_eq!(read_error(other), None);
    }
}

#[test]
fn long_words_are_cut() {
    let body = format!(
        r#"{{"error":{{"message":"{}","type":"{}"}}}}"#,
        "ä".repeat(5_000),
        "x".repeat(100)
    );
    let error = read_error(body.as_bytes()).unwrap();
    assert_eq!((error.message.len(), error.kind.as_str()), (2_000, ""));
}

#[test]
fn a_refusal_has_openais_shape() {
    let fault = Fault {
        kind: ErrorKind::RateLimit,
        code: "key_rate_limit",
        message: "Slow \"down\".",
        field: Some("input"),
        request_id: "req_1",
        retry_after: None,
    };
    assert_eq!(
        String::from_utf8(write_error(&fault)).unwrap(),
        r#"{"error":{"message":"Slow \"down\".","type":"rate_limit_error","param":"input","code":"key_rate_limit"}}"#
    );
    for kind in ErrorKind::ALL {
        let read = read_error(&write_error(&Fault {
            kind,
            code: "c",
            ..fault
        }))
        .unwrap();
        assert!(read.class.is_some(), "{kind:?}");
    }
}
