//! InvokeModel's envelope, stream, errors, counts and the names of models.

mod envelope;
mod models;
mod stream;

use super::read_error;
use crate::error::ErrorKind;

#[test]
fn errors_are_told_apart_by_their_type() {
    let body = br#"{"message":"Too many requests, please wait before trying again."}"#;
    for (kind, class) in [
        ("ThrottlingException", Some(ErrorKind::RateLimit)),
        ("throttlingException", Some(ErrorKind::RateLimit)),
        (
            "ThrottlingException:http://internal.amazon.com/coral/com.amazon.bedrock/",
            Some(ErrorKind::RateLimit),
        ),
        (
            "com.amazon.coral.service#ExpiredTokenException",
            Some(ErrorKind::Authentication),
        ),
        ("ServiceQuotaExceededException", Some(ErrorKind::RateLimit)),
        ("ValidationException", Some(ErrorKind::InvalidRequest)),
        ("AccessDeniedException", Some(ErrorKind::Permission)),
        ("UnrecognizedClientException", Some(ErrorKind::Authentication)),
        ("InvalidSignatureException", Some(ErrorKind::Authentication)),
        ("ResourceNotFoundException", Some(ErrorKind::NotFound)),
        ("ModelTimeoutException", Some(ErrorKind::GatewayTimeout)),
        ("ModelNotReadyException", Some(ErrorKind::Overloaded)),
        ("serviceUnavailableException", Some(ErrorKind::Overloaded)),
        ("ModelErrorException", Some(ErrorKind::BadGateway)),
        ("modelStreamErrorException", Some(ErrorKind::BadGateway)),
        ("internalServerException", Some(ErrorKind::Internal)),
        ("InternalFailure", Some(ErrorKind::Internal)),
        ("BrandNewException", None),
    ] {
        let error = read_error(body, Some(kind)).expect("an error");
        assert_eq!(error.class, class, "{kind}");
        assert_eq!(
            error.message,
            "Too many requests, please wait before trying again."
        );
        assert!(kind.contains(&error.kind) && !error.kind.is_empty(), "{kind}");
        assert!(!error.kind.contains([':', '#']));
    }
}

#[test]
fn a_model_that_the_account_has_not_is_no_fault_of_the_request() {
    for message in [
        "The provided model identifier is invalid.",
        "Invocation of model ID anthropic.claude-sonnet-4-5-20250929-v1:0 with on-demand throughput isn\\u2019t supported.",
    ] {
        let body = format!(r#"{{"message":"{message}"}}"#);
        let error = read_error(body.as_bytes(), Some("ValidationException")).expect("an error");
        assert_eq!(error.class, Some(ErrorKind::NotFound), "{message}");
    }
}

#[test]
fn an_error_is_read_from_what_there_is() {
    let error =
        read_error(br#"{"__type":"x#AccessDeniedException","Message":"no"}"#, None).expect("an error");
    assert_eq!(
        (error.class, error.message.as_str()),
        (Some(ErrorKind::Permission), "no")
    );
    let error = read_error(b"<html>", Some("ThrottlingException")).expect("an error");
    assert_eq!(
        (error.class, error.message.as_str()),
        (Some(ErrorKind::RateLimit), "")
    );
    for nothing in [&b"{}"[..], b"", b"<html>", b"[]", b"{\"message\":\"\"}"] {
        assert_eq!(read_error(nothing, None), None);
    }
    let long = format!(r#"{{"message":"{}"}}"#, "é".repeat(3_000));
    assert_eq!(
        read_error(long.as_bytes(), Some("x"))
            .expect("an error")
            .message
            .len(),
        2_000
    );
}
