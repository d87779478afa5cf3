//! Claims and window headers as openai/codex reads them.

use super::*;
use crate::issued::tests::jwt;
use http::{HeaderName, HeaderValue};
use serde_json::json;

fn now() -> DateTime<Utc> {
    DateTime::parse_from_rfc3339("2026-11-30T12:00:00Z")
        .unwrap()
        .to_utc()
}

fn windows(pairs: &[(&str, &str)]) -> Vec<WindowSeen> {
    let pair = |(name, value): &(&str, &str)| {
        let name = HeaderName::try_from(format!("x-codex-{name}")).unwrap();
        (name, HeaderValue::from_str(value).unwrap())
    };
    read_window_headers(&pairs.iter().map(pair).collect(), now())
}

fn seen(name: &str, used_permille: u32, after: Option<i64>) -> WindowSeen {
    WindowSeen {
        name: name.to_owned(),
        used_permille,
        resets_at: after.map(|seconds| now() + TimeDelta::seconds(seconds)),
        status: None,
    }
}

#[test]
fn claims_tell_who_which_account_and_which_plan() {
    let token = jwt(&json!({
        "https://api.openai.com/profile": {"email": "ann@example.com"},
        "https://api.openai.com/auth": {"chatgpt_account_id": "acc-1", "chatgpt_plan_type": "Team", "user_id": "u"},
    }));
    let wanted = Claims {
        identity: Some("ann@example.com".to_owned()),
        account: Some("acc-1".to_owned()),
        plan: Some("team".to_owned()),
    };
    assert_eq!(read_id_token(&token), Some(wanted));
    assert_eq!(read_id_token(&jwt(&json!({"sub": "x"}))), Some(Claims::default()));
    assert_eq!(read_id_token("no token"), None);
}

#[test]
fn both_windows_are_read_and_named_by_their_length() {
    let week = (now() + TimeDelta::days(5)).timestamp().to_string();
    let found = windows(&[
        ("primary-used-percent", "42.5"),
        ("primary-window-minutes", "299"),
        ("primary-reset-after-seconds", "3600"),
        ("secondary-used-percent", "100"),
        ("secondary-window-minutes", "10080"),
        ("secondary-reset-at", &week),
        // The point in time is the better one.
        ("secondary-reset-after-seconds", "5"),
    ]);
    assert_eq!(
        found,
        vec![seen("5h", 425, Some(3600)), seen("7d", 1000, Some(5 * 86_400))]
    );
}

#[test]
fn a_window_without_length_keeps_its_place_as_its_name() {
    assert_eq!(
        windows(&[("primary-used-percent", "7")]),
        vec![seen("primary", 70, None)]
    );
    assert_eq!(
        windows(&[
            ("secondary-used-percent", "0"),
            ("secondary-window-minutes", "15")
        ]),
        vec![seen("15m", 0, None)]
    );
}

#[test]
fn empty_windows_and_nonsense_are_none() {
    assert_eq!(windows(&[]), vec![]);
    assert_eq!(
        windows(&[("primary-used-percent", "0"), ("primary-window-minutes", "0")]),
        vec![]
    );
    assert_eq!(windows(&[("primary-window-minutes", "300")]), vec![]);
    for percent in ["-1", "NaN", "inf", "", "many"] {
        assert_eq!(
            windows(&[
                ("primary-used-percent", percent),
                ("primary-window-minutes", "300")
            ]),
            vec![]
        );
    }
    for after in ["-5", "99999999999", "9223372036854775807", "soon"] {
        let found = windows(&[
            ("primary-used-percent", "5"),
            ("primary-reset-after-seconds", after),
        ]);
        assert_eq!(found, vec![seen("primary", 50, None)], "{after}");
    }
}

#[test]
fn lengths_are_told_in_the_largest_unit_that_fits() {
    for (minutes, name) in [
        (300, Some("5h")),
        (299, Some("5h")),
        (1440, Some("1d")),
        (10_079, Some("7d")),
        (43_200, Some("30d")),
        (90, Some("90m")),
        (60, Some("1h")),
        (1, Some("1m")),
        (0, None),
    ] {
        assert_eq!(length(minutes).as_deref(), name, "{minutes}");
    }
    assert!(length(u32::MAX).is_some());
}
