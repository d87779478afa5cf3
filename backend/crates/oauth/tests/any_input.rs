//! Whatever a vendor answers or a person pastes: nothing panics, and no token is told on.

#![expect(clippy::expect_used, reason = "a test")]

use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderValue};
use proptest::prelude::*;
use serde_json::json;
use tollgate_oauth::{IssuedToken, IssuerKind, claude, google, openai, read_issued, read_pasted};

const KINDS: [IssuerKind; 5] = [
    IssuerKind::Claude,
    IssuerKind::Google,
    IssuerKind::OpenAi,
    IssuerKind::Entra,
    IssuerKind::AwsSts,
];

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_796_040_000, 0).expect("a point in time")
}

/// Texts that are nearly answers, and bytes that are nothing.
fn bodies() -> impl Strategy<Value = Vec<u8>> {
    let json = prop_oneof![
        Just("null".to_owned()),
        Just("{}".to_owned()),
        "[-0-9.e]{1,6}",
        "\"[a-z<>&%;]{0,12}\"",
        Just(
            r#"{"id":"a","code":5,"message":"b","utilization":1e9,"resets_at":"99999999-01-01"}"#.to_owned()
        ),
    ];
    let field = "access_token|expires_in|error|error_description|id_token|account|organization|five_hour|limits|\
                 currentTier|allowedTiers|ineligibleTiers|cloudaicompanionProject|done|name|response|email";
    let object = prop::collection::vec((field, json), 0..6).prop_map(|fields| {
        let fields: Vec<String> = fields
            .into_iter()
            .map(|(name, value)| format!("{name:?}:{value}"))
            .collect();
        format!("{{{}}}", fields.join(",")).into_bytes()
    });
    let xml = "(<(AssumeRoleResponse|Credentials|Code|Message|AccessKeyId|Expiration)[> ]?|</Code>|</Credentials>|[a-z&;<>]){0,12}";
    prop_oneof![
        object,
        xml.prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 0..64)
    ]
}

proptest! {
    #[test]
    fn answers_are_read_or_refused(status in 100u16..600, body in bodies(), wait in "[ -~]{0,12}") {
        let mut headers = HeaderMap::new();
        headers.insert("retry-after", HeaderValue::from_str(&wait).expect("visible"));
        for kind in KINDS {
            if let Ok(issued) = read_issued(kind, status, &headers, &body, now()) {
                prop_assert!((200..300).contains(&status));
                prop_assert!(issued.expires_at.is_some_and(|at| at > now()));
                prop_assert_eq!(matches!(issued.token, IssuedToken::Aws { .. }), kind == IssuerKind::AwsSts);
            }
        }
        let _ = claude::read_profile(status, &headers, &body, now());
        let _ = claude::read_usage(status, &headers, &body, now());
        let _ = google::read_code_assist(status, &headers, &body, now());
        let _ = google::read_onboarding(status, &headers, &body, now());
        let _ = google::read_userinfo(status, &headers, &body, now());
    }

    #[test]
    fn headers_are_read_or_left(values in prop::collection::vec("[-+0-9.eNaif:TZ]{0,20}", 9)) {
        let names = [
            "anthropic-ratelimit-unified-5h-utilization",
            "anthropic-ratelimit-unified-5h-reset",
            "anthropic-ratelimit-unified-7d_x-status",
            "x-codex-primary-used-percent",
            "x-codex-primary-window-minutes",
            "x-codex-primary-reset-at",
            "x-codex-primary-reset-after-seconds",
            "x-codex-secondary-used-percent",
            "x-codex-secondary-reset-after-seconds",
        ];
        let mut headers = HeaderMap::new();
        for (name, value) in names.iter().zip(&values) {
            headers.insert(*name, HeaderValue::from_str(value).expect("visible"));
        }
        let windows = [claude::read_window_headers(&headers, now()), openai::read_window_headers(&headers, now())];
        for window in windows.iter().flatten() {
            prop_assert!(window.used_permille <= 10_000);
            prop_assert!(window.resets_at.is_none_or(|at| at > now()));
        }
    }

    #[test]
    fn pasted_text_is_read_or_refused(text in "\\PC{0,80}", code in "[A-Za-z0-9_-]{10,60}", state in "[A-Za-z0-9_-]{1,43}") {
        if let Ok(pasted) = read_pasted(&text) {
            prop_assert!(pasted.state.is_none_or(|state| !state.is_empty()));
        }
        prop_assume!(!code.starts_with("sk-") && !code.starts_with("eyJ"));
        for text in [
            format!(" {code}#{state}\n"),
            format!("https://host/callback?code={code}&state={state}"),
            format!("host/callback?state={state}&code={code}"),
        ] {
            let pasted = read_pasted(&text).expect("a code");
            prop_assert_eq!(pasted.state.as_deref(), Some(state.as_str()));
            let shown = format!("{pasted:?}");
            prop_assert!(!shown.contains(&code));
        }
    }

    #[test]
    fn no_refusal_tells_a_token(token in "[A-Za-z0-9_-]{20}[0-9][A-Za-z0-9_.-]{19,90}", around in "[ ':,/=\"]", status in 400u16..530) {
        let words = format!("refused{around}{token}{around}by us");
        let secret: String = token.chars().skip(8).take(12).collect();
        let xml = format!("<Error><Code>Denied</Code><Message>{words}</Message></Error>");
        for body in [
            json!({"error": "invalid_grant", "error_description": words}).to_string(),
            json!({"error": {"type": words, "message": "no"}}).to_string(),
            json!({"message": words}).to_string(),
            xml,
            words.clone(),
        ] {
            for kind in KINDS {
                let fault = read_issued(kind, status, &HeaderMap::new(), body.as_bytes(), now()).err();
                let shown = format!("{fault:?} {}", fault.as_ref().map(ToString::to_string).unwrap_or_default());
                prop_assert!(fault.is_some() && !shown.contains(&secret), "{}", shown);
            }
        }
    }
}
