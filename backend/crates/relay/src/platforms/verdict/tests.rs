//! What answers mean, by their status, words and headers. Bodies and headers are the vendors' own forms; see the modules
//! for their sources.

mod limits;

use super::*;
use chrono::TimeDelta;
use http::header::HeaderName;
use tollgate_wire::format::Dialect;
use tollgate_wire::translate::{Packing, read_error};

fn now() -> DateTime<Utc> {
    // 2024-10-04, midnight.
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000)
}

#[expect(clippy::unnecessary_wraps, reason = "ends are compared with what may be none")]
fn after(seconds: i64) -> Option<DateTime<Utc>> {
    Some(now() + TimeDelta::seconds(seconds))
}

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    pairs
        .iter()
        .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()))
        .collect()
}

fn heard<'a>(status: u16, said: Option<&'a UpstreamError>, headers: &'a HeaderMap) -> Heard<'a> {
    Heard {
        status,
        said,
        headers,
        platform: Platform::ClaudeOfficial,
        model: "claude-opus-4-6",
        now: now(),
    }
}

fn blame(verdict: Verdict) -> Blame {
    match verdict {
        Verdict::TryElsewhere(blame) => blame,
        other => panic!("{other:?}"),
    }
}

/// What a 429 of Claude's with these headers makes of the account.
fn limited(pairs: &[(&'static str, &str)]) -> Blame {
    blame(judge(heard(429, None, &headers(pairs))))
}

/// What a vendor's body makes of the account.
fn told(platform: Platform, dialect: Dialect, status: u16, body: &str) -> Verdict {
    let packing = match platform {
        Platform::Bedrock => Packing::Frames,
        _ => Packing::Bare,
    };
    let said = read_error(dialect, packing, body.as_bytes(), None);
    assert!(said.is_some(), "{body}");
    judge(Heard {
        platform,
        model: "model-1",
        ..heard(status, said.as_ref(), &HeaderMap::new())
    })
}

fn error(class: Option<ErrorKind>) -> UpstreamError {
    UpstreamError {
        class,
        message: "words".to_owned(),
        ..UpstreamError::default()
    }
}

#[test]
fn what_a_vendor_says_of_the_account_itself_needs_a_person() {
    let claude = |status, kind: &str, message: &str| {
        let body = format!(r#"{{"type":"error","error":{{"type":"{kind}","message":"{message}"}}}}"#);
        told(Platform::ClaudeOfficial, Dialect::Claude, status, &body)
    };
    for (status, kind, message) in [
        (
            400,
            "invalid_request_error",
            "This organization has been disabled.",
        ),
        (
            403,
            "permission_error",
            "OAuth token has been revoked. Please obtain a new token.",
        ),
        (
            403,
            "permission_error",
            "OAuth authentication is currently not allowed for this organization.",
        ),
    ] {
        let blame = blame(claude(status, kind, message));
        assert!(
            matches!(blame.observed, Observed::NeedsPerson { .. }),
            "{message}: {blame:?}"
        );
    }
    // A client may call a field of its own like that: the refusal of it says nothing of the account.
    for words in [
        "This organization has been disabled: Extra inputs are not permitted",
        "Your credit balance is too low: Extra inputs are not permitted",
        "This organization has been disabled.x: Extra inputs are not permitted",
    ] {
        let verdict = claude(400, "invalid_request_error", words);
        assert_eq!(verdict, Verdict::ClientFault, "{words}");
    }
    let credit = claude(
        400,
        "invalid_request_error",
        "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing.",
    );
    assert_eq!(blame(credit).observed, Observed::QuotaExhausted { until: None });
    // 429, but no waiting changes it, and other requests pass.
    let long = claude(
        429,
        "rate_limit_error",
        "Extra usage is required for long context requests.",
    );
    assert_eq!(blame(long).observed, Observed::NotPermitted);
    let check = r#"{"error":{"code":403,"message":"Verify.","status":"PERMISSION_DENIED","details":[
        {"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"VALIDATION_REQUIRED","domain":"cloudcode-pa.googleapis.com"}]}}"#;
    let blame = blame(told(Platform::Gemini, Dialect::Gemini, 403, check));
    assert!(
        matches!(blame.observed, Observed::NeedsPerson { .. }),
        "{blame:?}"
    );
}

#[test]
fn a_plan_without_opus_is_learnt_from_its_refusal() {
    let body = br#"{"type":"error","error":{"type":"invalid_request_error","message":"invalid model name"}}"#;
    let said = read_error(Dialect::Claude, Packing::Bare, body, None);
    let none = HeaderMap::new();
    let opus = blame(judge(heard(400, said.as_ref(), &none)));
    assert_eq!(
        (opus.observed, opus.learnt),
        (Observed::NotPermitted, Learnt::LacksOpus)
    );
    let of = |platform, model| {
        judge(Heard {
            platform,
            model,
            ..heard(400, said.as_ref(), &none)
        })
    };
    assert_eq!(
        of(Platform::ClaudeOfficial, "claude-sonnet-4-6"),
        Verdict::ClientFault
    );
    assert_eq!(
        of(Platform::ClaudeConsole, "claude-opus-4-6"),
        Verdict::ClientFault
    );
}

fn judged(status: u16, said: Option<&UpstreamError>) -> Verdict {
    judge(heard(status, said, &HeaderMap::new()))
}

#[test]
fn a_fault_of_the_request_is_told_apart_from_a_fault_of_the_account() {
    let fault = error(Some(ErrorKind::InvalidRequest));
    for status in [400, 404, 413, 422] {
        assert_eq!(judged(status, Some(&fault)), Verdict::ClientFault, "{status}");
        let blame = blame(judged(status, None));
        assert_eq!(
            (blame.observed, blame.code),
            (Observed::NotPermitted, "upstream_unusable"),
            "{status}"
        );
    }
    // OpenAI calls a wrong key an invalid request as well.
    let refused = blame(judged(401, Some(&fault)));
    assert_eq!(
        (refused.observed, refused.code),
        (Observed::Unauthorized, "upstream_unauthorized")
    );
    for status in [301, 401, 402, 403, 408, 429, 500, 502, 529] {
        let verdict = judged(status, None);
        assert!(matches!(verdict, Verdict::TryElsewhere(..)), "{status}");
    }
    assert_eq!(judged(200, None), Verdict::Good);
    for (status, class) in [
        (200, ErrorKind::Overloaded),
        (400, ErrorKind::Billing),
        (429, ErrorKind::Billing),
    ] {
        let verdict = judged(status, Some(&error(Some(class))));
        assert!(matches!(verdict, Verdict::TryElsewhere(..)), "{status}");
    }
    let billing = blame(judged(429, Some(&error(Some(ErrorKind::Billing)))));
    assert!(
        matches!(billing.observed, Observed::QuotaExhausted { .. }),
        "{billing:?}"
    );
}
