//! Refusals of each vendor, and that nothing secret is told on.

use super::*;
use crate::{IssuerKind, read_issued};
use http::HeaderValue;
use serde_json::json;

fn now() -> DateTime<Utc> {
    DateTime::parse_from_rfc3339("2026-11-30T12:00:00Z")
        .unwrap()
        .to_utc()
}

fn fault(status: u16, body: &str) -> IssueFault {
    // Every kind that answers in JSON has the same table.
    let read = |kind| read_issued(kind, status, &HeaderMap::new(), body.as_bytes(), now()).unwrap_err();
    let kinds = [
        IssuerKind::Claude,
        IssuerKind::Google,
        IssuerKind::OpenAi,
        IssuerKind::Entra,
    ];
    let faults = kinds.map(read);
    assert!(faults.iter().all(|fault| *fault == faults[0]), "{faults:?}");
    faults[0].clone()
}

fn detail(fault: &IssueFault) -> &str {
    match fault {
        IssueFault::Revoked { detail }
        | IssueFault::CodeRefused { detail }
        | IssueFault::Misconfigured { detail }
        | IssueFault::TryLater { detail, .. } => detail,
        IssueFault::NotJson | IssueFault::Incomplete { .. } => "",
    }
}

#[test]
fn a_grant_that_is_gone_needs_a_person() {
    for (status, body, words) in [
        (
            400,
            r#"{"error": "invalid_grant", "error_description": "Refresh token not found or invalid"}"#,
            "invalid_grant: Refresh token not found or invalid",
        ),
        (
            401,
            r#"{"type":"error","error":{"type":"authentication_error","message":"OAuth token has been revoked"}}"#,
            "authentication_error: OAuth token has been revoked",
        ),
        (
            400,
            r#"{"error":"invalid_grant","error_description":"Token has been expired or revoked."}"#,
            "invalid_grant: Token has been expired or revoked.",
        ),
        (
            401,
            r#"{"error":{"message":"Your refresh token has already been used.","type":"invalid_request_error","param":null,"code":"refresh_token_reused"}}"#,
            "refresh_token_reused: Your refresh token has already been used.",
        ),
        (
            401,
            r#"{"error":{"code":"refresh_token_invalidated"}}"#,
            "refresh_token_invalidated",
        ),
        (
            400,
            r#"{"code":"refresh_token_expired"}"#,
            "refresh_token_expired",
        ),
        (
            401,
            r#"{"error":{"message":"No.","code":null,"type":"a_new_word"}}"#,
            "a_new_word: No.",
        ),
        (403, r#"{"error":"access_denied"}"#, "access_denied"),
        (401, "", "status 401"),
    ] {
        let fault = fault(status, body);
        assert!(matches!(fault, IssueFault::Revoked { .. }), "{fault:?}");
        assert_eq!(
            (detail(&fault), fault.needs_person(), fault.code()),
            (words, true, "grant_revoked")
        );
    }
}

#[test]
fn what_is_wrong_with_our_own_settings_is_told_apart() {
    for (status, body, words) in [
        (
            401,
            r#"{"error": "invalid_client", "error_description": "The OAuth client was not found."}"#,
            "not found",
        ),
        (
            401,
            r#"{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided.\r\nTrace ID: 0a7e0b9c-1f1d-4f5e-9d35-2c8a6d3f0001","error_codes":[7000215]}"#,
            "AADSTS7000215: Invalid client secret provided. Trace ID: 0a7e0b9c-1f1d-4f5e-9d35-2c8a6d3f0001",
        ),
        (
            400,
            r#"{"error":"unauthorized_client","error_description":"AADSTS700016: Application with identifier 'x' was not found"}"#,
            "AADSTS700016",
        ),
        (
            400,
            r#"{"error":"invalid_request","error_description":"AADSTS90002: Tenant 'x' not found."}"#,
            "AADSTS90002",
        ),
        (400, r#"{"error":"invalid_scope"}"#, "invalid_scope"),
        (
            400,
            r#"{"error":"redirect_uri_mismatch"}"#,
            "redirect_uri_mismatch",
        ),
        (
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"Invalid request format"}}"#,
            "format",
        ),
        (
            403,
            r#"{"error":{"type":"forbidden","message":"Request not allowed"}}"#,
            "Request not allowed",
        ),
        (404, r#"{"message":"no such path"}"#, "no such path"),
        (400, "{}", "status 400"),
        (200, r#"{"error":"invalid_scope"}"#, "invalid_scope"),
    ] {
        let fault = fault(status, body);
        assert!(matches!(fault, IssueFault::Misconfigured { .. }), "{fault:?}");
        assert!(detail(&fault).contains(words), "{fault:?}");
        assert!(fault.needs_person() && fault.to_string().contains(words));
    }
}

#[test]
fn a_vendor_that_is_busy_or_down_is_asked_again() {
    for (status, body) in [
        (
            429,
            r#"{"error":{"type":"rate_limit_error","message":"Slow down"}}"#,
        ),
        (429, "<html>too many</html>"),
        (500, ""),
        (503, "<html>maintenance</html>"),
        (
            529,
            r#"{"error":{"type":"overloaded_error","message":"Overloaded"}}"#,
        ),
        // Even where the body speaks of the grant: a server at fault knows nothing.
        (502, r#"{"error":"invalid_grant"}"#),
        (408, "{}"),
        (400, r#"{"error":"temporarily_unavailable"}"#),
        (403, r#"{"error":"rate_limit_exceeded"}"#),
    ] {
        let fault = fault(status, body);
        assert!(
            matches!(
                fault,
                IssueFault::TryLater {
                    retry_after: None,
                    ..
                }
            ),
            "{fault:?}"
        );
        assert!(!fault.needs_person() && !detail(&fault).is_empty() && !detail(&fault).contains('<'));
    }
}

#[test]
fn retry_after_is_read_in_both_forms_and_bounded() {
    let wait = |text: &str| {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, HeaderValue::from_str(text).unwrap());
        match read_issued(IssuerKind::Claude, 429, &headers, b"{}", now()).unwrap_err() {
            IssueFault::TryLater { retry_after, .. } => retry_after,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(wait("30"), Some(Duration::from_secs(30)));
    assert_eq!(wait(" 0 "), Some(Duration::ZERO));
    assert_eq!(
        wait("Mon, 30 Nov 2026 12:02:00 GMT"),
        Some(Duration::from_mins(2))
    );
    assert_eq!(wait("Mon, 30 Nov 2026 11:00:00 GMT"), Some(Duration::ZERO));
    assert_eq!(wait("99999999999"), Some(WAIT_MAX));
    assert_eq!(wait("Fri, 30 Nov 2029 12:00:00 GMT"), Some(WAIT_MAX));
    assert_eq!((wait("-5"), wait("soon")), (None, None));
}

#[test]
fn somebody_elses_page_is_no_answer() {
    for (status, body) in [
        (400, "<html>bad</html>"),
        (403, "<!DOCTYPE html><title>Just a moment...</title>"),
        (401, "Unauthorized"),
        (302, ""),
        (307, "{}"),
        (400, ""),
        (404, "[1]"),
    ] {
        let fault = fault(status, body);
        assert_eq!(
            (&fault, fault.needs_person()),
            (&IssueFault::NotJson, false),
            "{status} {body}"
        );
    }
}

#[test]
fn words_hold_no_token_whatever_the_vendor_writes() {
    for secret in [
        "sk-ant-ort01-AbCdEfGhIjKlMnOpQrStUvWxYz0123456789_-AbCd",
        "ya29.a0AfB_byC1234567890abcdefghijk",
        "1//0gAbCdEfGhIjKlMnOpQrStUvWxYz12",
        "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2lnbmF0dXJl",
        "AbCdEfGhIjKlMnOpQrStUvWxYzAbCdEfGhIjKlMnOp",
    ] {
        for words in [
            format!("Token {secret} was not found"),
            format!("token='{secret}'."),
            format!("refresh_token:{secret},client"),
            secret.to_owned(),
        ] {
            let body = json!({"error": "invalid_grant", "error_description": words}).to_string();
            let fault = fault(400, &body);
            let tail = &secret[secret.len() - 16..];
            assert!(!format!("{fault} {fault:?}").contains(tail), "{fault:?}");
        }
        // Nor where it stands in the place of the code.
        let fault = fault(400, &json!({"error": secret}).to_string());
        assert!(
            !format!("{fault:?}").contains(&secret[secret.len() - 16..]),
            "{fault:?}"
        );
    }
    let kept =
        "AADSTS700016: Application '0a7e0b9c-1f1d-4f5e-9d35-2c8a6d3f0001' of cognitiveservices.azure.com";
    assert_eq!(told(kept), kept);
    let kept = "User: arn:aws:iam::123456789012:user/ann is not authorized to perform: sts:AssumeRole";
    assert_eq!(told(kept), kept);
}

#[test]
fn words_are_one_short_line() {
    assert_eq!(told(" a\r\n\tb\u{0}c  d "), "a b c d");
    let long = told(&"ä ".repeat(300));
    assert_eq!(long.chars().count(), WORDS_MAX);
    assert!(long.ends_with('…'));
    assert_eq!(told(""), "");
}

#[test]
fn an_interfaces_refusals_are_told_apart() {
    let headers = HeaderMap::new();
    let fault = |status, body: &str| {
        let body = body.as_bytes();
        api_fault(&Answer {
            status,
            headers: &headers,
            body,
            now: now(),
        })
    };
    let words = r#"{"error":{"type":"x","message":"no"}}"#;
    let detail = || "x: no".to_owned();
    assert_eq!(fault(401, words), ApiFault::Unauthorized { detail: detail() });
    assert_eq!(
        fault(401, ""),
        ApiFault::Unauthorized {
            detail: "status 401".to_owned()
        }
    );
    assert_eq!(fault(403, words), ApiFault::Forbidden { detail: detail() });
    assert_eq!(fault(404, words), ApiFault::Refused { detail: detail() });
    assert_eq!(
        fault(429, words),
        ApiFault::TryLater {
            retry_after: None,
            detail: detail()
        }
    );
    let busy = ApiFault::TryLater {
        retry_after: None,
        detail: "status 502".to_owned(),
    };
    assert_eq!(fault(502, "<html>"), busy);
    for (status, body) in [(403, "<html>"), (302, "{}"), (200, "<html>"), (200, "[]")] {
        assert_eq!(fault(status, body), ApiFault::NotJson, "{status} {body}");
    }
    let google =
        r#"{"error":{"code":401,"message":"Request had invalid credentials.","status":"UNAUTHENTICATED"}}"#;
    let detail = "UNAUTHENTICATED: Request had invalid credentials.".to_owned();
    assert_eq!(fault(401, google), ApiFault::Unauthorized { detail });
}
