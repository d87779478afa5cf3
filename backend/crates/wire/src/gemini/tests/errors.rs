//! Errors: what Google's mean, and what ours look like in its shape.

use super::*;
use crate::error::{ErrorKind, Fault};
use std::time::Duration;

#[test]
fn each_error_is_told_apart_by_googles_documented_words() {
    let seconds = |seconds| Some(Duration::from_secs_f64(seconds));
    let all = [
        ("error_key", ErrorKind::Authentication, "INVALID_ARGUMENT", None),
        (
            "error_rate",
            ErrorKind::RateLimit,
            "RESOURCE_EXHAUSTED",
            seconds(34.074_824_224),
        ),
        ("error_no_quota", ErrorKind::Billing, "RESOURCE_EXHAUSTED", None),
        ("error_prepay", ErrorKind::Billing, "RESOURCE_EXHAUSTED", None),
        ("error_overloaded", ErrorKind::Overloaded, "UNAVAILABLE", None),
        (
            "error_capacity",
            ErrorKind::Overloaded,
            "RESOURCE_EXHAUSTED",
            seconds(0.9),
        ),
        (
            "error_argument",
            ErrorKind::InvalidRequest,
            "INVALID_ARGUMENT",
            None,
        ),
        ("error_region", ErrorKind::Permission, "FAILED_PRECONDITION", None),
        ("error_missing", ErrorKind::NotFound, "NOT_FOUND", None),
        ("error_in_array", ErrorKind::Internal, "INTERNAL", None),
    ];
    assert_eq!(names("error_", ".json").len(), all.len());
    for (name, class, kind, retry_after) in all {
        let error = read_error(&sample(name, "error")).unwrap();
        assert_eq!((error.class, error.kind.as_str()), (Some(class), kind), "{name}");
        assert_eq!(error.retry_after, retry_after, "{name}");
        assert!(!error.message.is_empty(), "{name}");
    }
}

#[test]
fn what_is_no_error_of_google_is_none_and_long_words_are_cut() {
    for body in [
        &b"<html>"[..],
        b"{}",
        br#"{"error":"x"}"#,
        br#"{"error":{"code":500}}"#,
        b"[]",
        b"",
    ] {
        assert_eq!(read_error(body), None, "{body:?}");
    }
    let long = format!(
        r#"{{"error":{{"message":"{}","status":"{}"}}}}"#,
        "ä".repeat(2_000),
        "A".repeat(65)
    );
    let error = read_error(long.as_bytes()).unwrap();
    assert_eq!((error.message.len(), error.kind.as_str()), (2_000, ""));
    let by_code = |code| {
        read_error(format!(r#"{{"error":{{"code":{code},"message":"x"}}}}"#).as_bytes())
            .unwrap()
            .class
    };
    assert_eq!(by_code(503), Some(ErrorKind::Overloaded));
    assert_eq!(by_code(403), Some(ErrorKind::Permission));
    assert_eq!(by_code(418), None);
}

#[test]
fn ours_are_in_googles_shape_with_the_field_and_the_true_delay() {
    let fault = Fault {
        kind: ErrorKind::RateLimit,
        code: "key_rate_limit",
        message: "Wait.",
        field: Some("contents"),
        request_id: "r-1",
        retry_after: Some(Duration::from_millis(1_500)),
    };
    let expected = concat!(
        r#"{"error":{"code":429,"message":"Wait.","status":"RESOURCE_EXHAUSTED","details":["#,
        r#"{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"KEY_RATE_LIMIT","domain":"tollgate"},"#,
        r#"{"@type":"type.googleapis.com/google.rpc.BadRequest","fieldViolations":[{"field":"contents","description":"Wait."}]},"#,
        r#"{"@type":"type.googleapis.com/google.rpc.RequestInfo","requestId":"r-1"},"#,
        r#"{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"2s"}]}}"#
    );
    assert_eq!(text(&write_error(&fault)), expected);
}

#[test]
fn every_kind_comes_back_as_what_it_means() {
    for kind in ErrorKind::ALL {
        let fault = Fault {
            kind,
            code: kind.code(),
            message: "x",
            field: None,
            request_id: "r",
            retry_after: None,
        };
        let read = read_error(&write_error(&fault)).unwrap();
        // One status of Google's stands for several kinds.
        let expected = match kind {
            ErrorKind::MethodNotAllowed => ErrorKind::NotFound,
            ErrorKind::RequestTimeout => ErrorKind::GatewayTimeout,
            ErrorKind::BadGateway | ErrorKind::Unavailable => ErrorKind::Overloaded,
            kind => kind,
        };
        assert_eq!(read.class, Some(expected), "{kind:?}");
    }
}
