//! Profile, usage and window headers as the vendor gives them.

use super::*;
use chrono::TimeDelta;
use http::HeaderName;
use http::header::AUTHORIZATION;

fn now() -> DateTime<Utc> {
    at("2026-11-30T12:00:00Z")
}

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

fn profile(body: &Value) -> Result<Subscription, ApiFault> {
    read_profile(200, &HeaderMap::new(), body.to_string().as_bytes(), now())
}

fn usage(body: &Value) -> Result<Vec<WindowSeen>, ApiFault> {
    read_usage(200, &HeaderMap::new(), body.to_string().as_bytes(), now())
}

fn seen(
    name: &str,
    used_permille: u32,
    resets_at: Option<DateTime<Utc>>,
    status: Option<&str>,
) -> WindowSeen {
    WindowSeen {
        name: name.to_owned(),
        used_permille,
        resets_at,
        status: status.map(str::to_owned),
    }
}

fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    let pair = |(name, value): &(&str, &str)| {
        let name = HeaderName::try_from(format!("{HEADERS}{name}")).unwrap();
        (name, HeaderValue::from_str(value).unwrap())
    };
    pairs.iter().map(pair).collect()
}

#[test]
fn requests_go_below_the_accounts_base_address_with_the_beta() {
    for (base, url) in [
        (
            "https://api.anthropic.com",
            "https://api.anthropic.com/api/oauth/profile",
        ),
        (
            "https://api.anthropic.com/",
            "https://api.anthropic.com/api/oauth/profile",
        ),
        (
            "http://127.0.0.1:9/claude/?x=1#y",
            "http://127.0.0.1:9/claude/api/oauth/profile",
        ),
    ] {
        let request = profile_request(&Url::parse(base).unwrap(), &SecretString::from("token-1"));
        assert_eq!(request.uri().to_string(), url);
        assert_eq!(request.method(), http::Method::GET);
        assert_eq!(request.headers()["anthropic-beta"], "oauth-2025-04-20");
        assert_eq!(request.headers()[AUTHORIZATION], "Bearer token-1");
        assert!(request.headers()[AUTHORIZATION].is_sensitive());
    }
    let base = Url::parse("https://api.anthropic.com").unwrap();
    let request = usage_request(&base, &SecretString::from("token-1"));
    assert_eq!(request.uri().path(), "/api/oauth/usage");
    let request = usage_request(&base, &SecretString::from("two\nlines"));
    assert!(!request.headers().contains_key(AUTHORIZATION));
}

#[test]
fn the_profile_tells_plan_opus_and_whose_it_is() {
    let found = profile(&json!({
        "account": {"uuid": "u", "email": "ann@example.com", "has_claude_max": true, "has_claude_pro": false},
        "organization": {"uuid": "org-1", "name": "Ann", "organization_type": "claude_max",
                         "rate_limit_tier": "default_claude_max_20x"},
    }));
    let wanted = Subscription {
        plan: Some("max".to_owned()),
        opus: Some(true),
        identity: Some("ann@example.com".to_owned()),
        organization: Some("org-1".to_owned()),
    };
    assert_eq!(found, Ok(wanted));
}

#[test]
fn each_plan_has_its_opus() {
    for (max, pro, kind, plan, opus) in [
        (
            json!(true),
            json!(true),
            json!("claude_max"),
            Some("max"),
            Some(true),
        ),
        (json!(false), json!(true), json!("claude_pro"), Some("pro"), None),
        (json!(false), json!(true), json!(null), Some("pro"), None),
        (json!(null), json!(null), json!("claude_pro"), Some("pro"), None),
        (
            json!(false),
            json!(false),
            json!("claude_team"),
            Some("team"),
            None,
        ),
        (
            json!(false),
            json!(true),
            json!("claude_enterprise"),
            Some("enterprise"),
            None,
        ),
        (
            json!(null),
            json!(null),
            json!("claude_max"),
            Some("max"),
            Some(true),
        ),
        (json!(false), json!(false), json!(null), Some("free"), Some(false)),
        (
            json!(false),
            json!(false),
            json!("api_individual"),
            Some("free"),
            Some(false),
        ),
        (json!(null), json!(null), json!("something_new"), None, None),
        (json!("yes"), json!(1), json!(5), None, None),
    ] {
        let body = json!({
            "account": {"has_claude_max": max, "has_claude_pro": pro},
            "organization": {"organization_type": kind},
        });
        let found = profile(&body).unwrap();
        assert_eq!((found.plan.as_deref(), found.opus), (plan, opus), "{body}");
    }
}

#[test]
fn a_profile_that_is_none_is_said_to_be_none() {
    assert_eq!(
        profile(&json!({})),
        Err(ApiFault::Incomplete { missing: "account" })
    );
    let body =
        br#"{"type":"error","error":{"type":"permission_error","message":"scope user:profile is missing"}}"#;
    let fault = read_profile(403, &HeaderMap::new(), body, now()).unwrap_err();
    assert!(matches!(fault, ApiFault::Forbidden { .. }), "{fault:?}");
    let fault = read_profile(200, &HeaderMap::new(), b"<html>", now()).unwrap_err();
    assert_eq!(fault, ApiFault::NotJson);
}

#[test]
fn usage_is_read_in_percent_with_all_windows() {
    let found = usage(&json!({
        "five_hour": {"utilization": 42.5, "resets_at": "2026-11-30T15:00:00.123456+00:00"},
        "seven_day": {"utilization": 71, "resets_at": "2026-12-03T10:00:00+01:00"},
        "seven_day_opus": {"utilization": 0.5, "resets_at": null},
        "seven_day_sonnet": null,
        "extra_usage": {"is_enabled": true, "utilization": 20.0},
        "limits": [
            {"kind": "session", "percent": 42.5, "scope": null},
            {"kind": "weekly_scoped", "percent": 33, "scope": {"model": {"display_name": "Opus"}}},
            {"kind": "weekly_scoped", "percent": 57, "resets_at": "2026-12-03T09:00:00Z",
             "scope": {"model": {"display_name": "Haiku X"}}},
            {"kind": "weekly_scoped", "percent": null, "scope": {"model": {"display_name": "Ghost"}}},
        ],
    }));
    let wanted = vec![
        seen("5h", 425, Some(at("2026-11-30T15:00:00.123456Z")), None),
        seen("7d", 710, Some(at("2026-12-03T09:00:00Z")), None),
        seen("7d_haiku_x", 570, Some(at("2026-12-03T09:00:00Z")), None),
        seen("7d_opus", 5, None, None),
    ];
    assert_eq!(found, Ok(wanted));
}

#[test]
fn windows_that_have_not_begun_are_no_fault_and_nonsense_is_left_out() {
    assert_eq!(usage(&json!({"five_hour": null, "seven_day": null})), Ok(vec![]));
    assert_eq!(
        usage(&json!({})),
        Err(ApiFault::Incomplete { missing: "five_hour" })
    );
    let found = usage(&json!({
        "five_hour": {"utilization": -1, "resets_at": "2026-11-30T15:00:00Z"},
        "seven_day": {"utilization": 1e300, "resets_at": "2020-01-01T00:00:00Z"},
        "seven_day_opus": {"utilization": "12"},
        "seven_days": {"utilization": 5},
    }));
    assert_eq!(found, Ok(vec![seen("7d", 10_000, None, None)]));
}

#[test]
fn the_list_of_windows_is_bounded_and_so_are_names() {
    let limit = |n: usize| {
        let model = format!("{n}{}", "x".repeat(500));
        json!({"kind": "weekly_scoped", "percent": 1, "scope": {"model": {"display_name": model}}})
    };
    let limits: Vec<_> = (0..100).map(limit).collect();
    let found = usage(&json!({"limits": limits})).unwrap();
    assert_eq!(found.len(), LIMITS_MAX);
    assert!(found.iter().all(|window| window.name.len() == 32));
}

#[test]
fn headers_tell_shares_resets_and_states() {
    let soon = (now() + TimeDelta::hours(2)).timestamp().to_string();
    let week = (now() + TimeDelta::days(5)).timestamp().to_string();
    let headers = headers(&[
        ("status", "allowed"),
        ("reset", &soon),
        ("representative-claim", "five_hour"),
        ("5h-utilization", "0.0512"),
        ("5h-reset", &soon),
        ("5h-status", "allowed"),
        ("7d-utilization", "1.02"),
        ("7d-reset", &week),
        ("7d-status", "rejected"),
        ("7d_oi-utilization", "0.5"),
        ("7d-sonnet-utilization", "0.02"),
        ("overage-status", "rejected"),
        ("overage-utilization", "0.31"),
    ]);
    let wanted = vec![
        seen("5h", 51, Some(now() + TimeDelta::hours(2)), Some("allowed")),
        seen("7d", 1020, Some(now() + TimeDelta::days(5)), Some("rejected")),
        seen("7d_oi", 500, None, None),
        seen("7d_sonnet", 20, None, None),
    ];
    assert_eq!(read_window_headers(&headers, now()), wanted);
}

#[test]
fn headers_without_a_share_count_only_if_the_window_is_refused() {
    let past = (now() - TimeDelta::hours(2)).timestamp().to_string();
    let found = read_window_headers(
        &headers(&[
            ("5h-status", "allowed"),
            ("7d-status", "rejected"),
            ("7d-reset", &past),
            ("7d_x-utilization", "NaN"),
            ("7d_y-utilization", "-0.1"),
            ("7d_z-utilization", "much"),
        ]),
        now(),
    );
    assert_eq!(found, vec![seen("7d", 1000, None, Some("rejected"))]);
    assert_eq!(read_window_headers(&HeaderMap::new(), now()), vec![]);
}
