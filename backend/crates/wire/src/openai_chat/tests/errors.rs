//! Errors: what each sample means, and that what is written means the same.

use super::super::{read_error, write_error};
use super::{fault, json, sample, samples};
use crate::error::ErrorKind;
use std::time::Duration;

#[test]
fn samples_mean_what_they_say() {
    for name in samples("error-", ".json") {
        let error = read_error(sample("error", &name).as_bytes()).expect("an error");
        let (class, kind) = match name.as_str() {
            "quota" => (ErrorKind::Billing, "insufficient_quota"),
            "rate-limit" => (ErrorKind::RateLimit, "tokens"),
            "key" => (ErrorKind::Authentication, "invalid_request_error"),
            "model" => (ErrorKind::NotFound, "invalid_request_error"),
            "context" => (ErrorKind::InvalidRequest, "invalid_request_error"),
            "server" => (ErrorKind::Internal, "server_error"),
            "slow-down" => (ErrorKind::Overloaded, "service_unavailable_error"),
            "azure-rate-limit" => (ErrorKind::RateLimit, "429"),
            "azure-deployment" => (ErrorKind::NotFound, "DeploymentNotFound"),
            "azure-gateway" => (ErrorKind::Authentication, "401"),
            "deepseek-balance" => (ErrorKind::Billing, "unknown_error"),
            "vllm" => (ErrorKind::NotFound, "NotFoundError"),
            other => panic!("no meaning of {other}"),
        };
        assert_eq!((error.class, error.kind.as_str()), (Some(class), kind), "{name}");
        let wait = match name.as_str() {
            "rate-limit" => Some(Duration::from_millis(62_500)),
            "azure-rate-limit" => Some(Duration::from_secs(12)),
            _ => None,
        };
        assert_eq!(error.retry_after, wait, "{name}");
        assert!(!error.message.is_empty());
    }
}

#[test]
fn every_kind_is_read_back() {
    for kind in ErrorKind::ALL {
        let error = read_error(&write_error(&fault(kind))).expect("an error");
        assert_eq!(error.class, Some(kind));
        assert_eq!(error.message, "What is \"wrong\".");
    }
}

#[test]
fn a_refusal_has_openais_four_fields() {
    let body = json(&write_error(&fault(ErrorKind::InvalidRequest)));
    let expected = serde_json::json!({"error": {
        "message": "What is \"wrong\".", "type": "invalid_request_error", "param": "messages", "code": "some_code",
    }});
    assert_eq!(body, expected);
}

#[test]
fn what_is_no_error_is_none() {
    for body in [
        "",
        "{}",
        "[]",
        r#"{"error":7}"#,
        r#"{"error":{"code":"x"}}"#,
        r#"{"message":"hi"}"#,
    ] {
        assert_eq!(read_error(body.as_bytes()), None, "{body}");
    }
    let bare = read_error(br#"{"error":"Not found"}"#).expect("an error");
    assert_eq!((bare.message.as_str(), bare.class), ("Not found", None));
}

#[test]
fn only_what_passes_by_itself_is_worth_waiting_for() {
    let wait = |code: &str| {
        let body = format!(r#"{{"error":{{"message":"Please try again in 5s.","code":"{code}"}}}}"#);
        read_error(body.as_bytes()).expect("an error").retry_after
    };
    assert_eq!(wait("rate_limit_exceeded"), Some(Duration::from_secs(5)));
    assert_eq!(wait("slow_down"), Some(Duration::from_secs(5)));
    assert_eq!(wait("insufficient_quota"), None);
    assert_eq!(wait("something_else"), None);
}

#[test]
fn messages_are_cut_and_waits_bounded() {
    let long = format!(
        r#"{{"error":{{"message":"{}","code":"rate_limit_exceeded"}}}}"#,
        "ü".repeat(2_000)
    );
    assert_eq!(
        read_error(long.as_bytes()).expect("an error").message.len(),
        2_000
    );
    let waits = [
        ("try again in 120ms.", Some(Duration::from_millis(120))),
        ("Try again in 5 minutes", Some(Duration::from_mins(5))),
        ("try again in 99999h", None),
        ("try again in a while", None),
        ("try again in 0s", None),
        ("try again in 5 fortnights", None),
    ];
    for (message, wait) in waits {
        let body = format!(r#"{{"error":{{"message":"{message}","code":"rate_limit_exceeded"}}}}"#);
        assert_eq!(
            read_error(body.as_bytes()).expect("an error").retry_after,
            wait,
            "{message}"
        );
    }
}
