//! The kinds of a 429, each vendor's.

use super::*;

#[test]
fn a_throttle_ends_when_the_upstream_says() {
    let until = |pairs: &[(&'static str, &str)]| match limited(pairs).observed {
        Observed::RateLimited { until } => until.map(|until| (until - now()).num_milliseconds()),
        other => panic!("{other:?}"),
    };
    assert_eq!(until(&[("retry-after", "30")]), Some(30_000));
    assert_eq!(
        until(&[("retry-after-ms", "1500"), ("retry-after", "2")]),
        Some(1_500)
    );
    assert_eq!(
        until(&[("retry-after", "Fri, 04 Oct 2024 00:00:09 GMT")]),
        Some(9_000)
    );
    for nothing in ["-5", "0", "999999999999999999999", "soon", ""] {
        assert_eq!(until(&[("retry-after", nothing)]), None, "{nothing}");
    }
    let windows = [
        ("anthropic-ratelimit-requests-remaining", "0"),
        ("anthropic-ratelimit-requests-reset", "2024-10-04T00:00:20Z"),
        ("anthropic-ratelimit-tokens-remaining", "7"),
        ("anthropic-ratelimit-tokens-reset", "2024-10-04T00:09:00Z"),
    ];
    assert_eq!(until(&windows), Some(20_000));
    let openai = [
        ("x-ratelimit-remaining-requests", "0"),
        ("x-ratelimit-reset-requests", "1m2.5s"),
        ("x-ratelimit-remaining-tokens", "9"),
        ("x-ratelimit-reset-tokens", "1h0m0s"),
    ];
    assert_eq!(until(&openai), Some(62_500));
    assert_eq!(until(&[]), None);
    // A reset in the past passes as it is: the scheduler says that the clocks differ.
    let past = [
        ("anthropic-ratelimit-requests-remaining", "0"),
        ("anthropic-ratelimit-requests-reset", "2024-10-03T00:00:00Z"),
    ];
    assert_eq!(until(&past), Some(-86_400_000));
}

#[test]
fn a_subscriptions_window_is_why_only_where_the_vendor_says_so() {
    // The windows' ends stand on every answer: a throttle of seconds does not last until then.
    let hours = (now().timestamp() + 3 * 3_600).to_string();
    let days = (now().timestamp() + 5 * 86_400).to_string();
    let window = |status: &'static str, claim: &'static str, more: &[(&'static str, &str)]| {
        let mut pairs = vec![
            ("anthropic-ratelimit-unified-status", status),
            ("anthropic-ratelimit-unified-representative-claim", claim),
            ("anthropic-ratelimit-unified-reset", hours.as_str()),
            ("anthropic-ratelimit-unified-5h-reset", hours.as_str()),
            ("anthropic-ratelimit-unified-7d-reset", days.as_str()),
            ("anthropic-ratelimit-unified-7d_opus-reset", days.as_str()),
        ];
        pairs.extend(more.iter().copied());
        limited(&pairs)
    };
    for status in ["allowed", "allowed_warning"] {
        assert_eq!(
            window(status, "five_hour", &[("retry-after", "8")]).observed,
            Observed::RateLimited { until: after(8) }
        );
        assert_eq!(
            window(status, "five_hour", &[]).observed,
            Observed::RateLimited { until: None }
        );
    }
    assert_eq!(
        window("rejected", "five_hour", &[("retry-after", "10800")]).observed,
        Observed::WindowUsedUp {
            what: "its 5-hour window is used up",
            until: after(3 * 3_600)
        }
    );
    assert_eq!(
        window("rejected", "seven_day", &[]).observed,
        Observed::WindowUsedUp {
            what: "its 7-day window is used up",
            until: after(5 * 86_400)
        }
    );
    // Of one family of models: the account goes on with the others.
    let opus = window("rejected", "seven_day_opus", &[]);
    assert_eq!(
        (opus.observed, opus.learnt),
        (
            Observed::ModelLimited {
                until: after(5 * 86_400)
            },
            Learnt::Closed {
                window: "7d",
                family: Some("opus"),
                until: after(5 * 86_400)
            }
        )
    );
    // A window that is not known here.
    assert_eq!(
        window("rejected", "fortnight", &[]).observed,
        Observed::WindowUsedUp {
            what: "what its subscription may use is used up",
            until: after(3 * 3_600)
        }
    );
}

#[test]
fn older_answers_tell_a_windows_end_alone() {
    let end = ("anthropic-ratelimit-unified-reset", "1728003600");
    assert_eq!(
        limited(&[end]).observed,
        Observed::WindowUsedUp {
            what: "what its subscription may use is used up",
            until: after(3_600)
        }
    );
    assert_eq!(
        limited(&[end, ("retry-after", "4")]).observed,
        Observed::RateLimited { until: after(4) },
        "seconds stay seconds"
    );
    let opus = [end, ("anthropic-ratelimit-unified-7d_opus-status", "rejected")];
    assert!(matches!(
        limited(&opus).learnt,
        Learnt::Closed {
            family: Some("opus"),
            ..
        }
    ));
    let map = headers(&opus);
    let sonnet = Heard {
        model: "claude-sonnet-4-6",
        ..heard(429, None, &map)
    };
    assert_eq!(
        blame(judge(sonnet)).learnt,
        Learnt::Nothing,
        "another family's window is not why"
    );
}

#[test]
fn one_models_limit_leaves_the_account_alone() {
    let anthropic = r#"{"type":"error","error":{"type":"rate_limit_error","message":"This request would exceed your organization's rate limit of 30,000 input tokens per minute (org: 1, model: model-1)."}}"#;
    let openai = r#"{"error":{"message":"Rate limit reached for model-1 in organization org-1 on tokens per min (TPM): Limit 30000, Used 29000, Requested 2000. Please try again in 2s.","type":"tokens","param":null,"code":"rate_limit_exceeded"}}"#;
    let google = r#"{"error":{"code":429,"message":"Too much.","status":"RESOURCE_EXHAUSTED","details":[
        {"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"GenerateRequestsPerMinutePerProjectPerModel-FreeTier"}]},
        {"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34s"}]}}"#;
    let bedrock =
        r#"{"__type":"ThrottlingException","message":"Too many tokens, please wait before trying again."}"#;
    let bedrock_day = r#"{"__type":"ThrottlingException","message":"Too many tokens per day, please wait before trying again."}"#;
    let assist = r#"{"error":{"code":429,"message":"You have exhausted your capacity on this model. Your quota will reset after 4h41m7s.","status":"RESOURCE_EXHAUSTED","details":[
        {"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"QUOTA_EXHAUSTED","domain":"cloudcode-pa.googleapis.com","metadata":{"model":"model-1","quotaResetDelay":"4h41m7.5s"}}]}}"#;
    for (platform, dialect, body, window, until) in [
        (Platform::ClaudeConsole, Dialect::Claude, anthropic, "1m", None),
        (Platform::OpenAi, Dialect::Chat, openai, "1m", after(2)),
        (
            Platform::OpenAiResponses,
            Dialect::Responses,
            openai,
            "1m",
            after(2),
        ),
        (Platform::Gemini, Dialect::Gemini, google, "1m", after(34)),
        (Platform::Bedrock, Dialect::Converse, bedrock, "1m", None),
        (Platform::Bedrock, Dialect::Converse, bedrock_day, "1d", None),
        (
            Platform::Gemini,
            Dialect::Gemini,
            assist,
            "5h",
            after(4 * 3_600 + 41 * 60 + 7).map(|at| at + TimeDelta::milliseconds(500)),
        ),
    ] {
        let blame = blame(told(platform, dialect, 429, body));
        assert_eq!(blame.observed, Observed::ModelLimited { until }, "{body}");
        let expected = Learnt::Closed {
            window,
            family: None,
            until,
        };
        assert_eq!(blame.learnt, expected, "{body}");
    }
}

#[test]
fn daily_quotas_of_google_begin_anew_at_midnight_pacific_whatever_the_delay_says() {
    let body = r#"{"error":{"code":429,"message":"Too much. Please retry in 12s.","status":"RESOURCE_EXHAUSTED","details":[
        {"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"GenerateRequestsPerDayPerProject"}]},
        {"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"12s"}]}}"#;
    // Midnight UTC is 17:00 of the day before on the Pacific coast in summer.
    assert_eq!(
        blame(told(Platform::Gemini, Dialect::Gemini, 429, body)).observed,
        Observed::WindowUsedUp {
            what: "what it may use in a day is used up",
            until: after(7 * 3_600)
        }
    );
}

#[test]
fn codex_says_when_a_plans_window_begins_anew() {
    let at = now().timestamp() + 7_200;
    let body = format!(
        r#"{{"error":{{"type":"usage_limit_reached","message":"The usage limit has been reached","plan_type":"pro","resets_at":{at}}}}}"#
    );
    let plan = |until| Observed::WindowUsedUp {
        what: "what its subscription may use is used up",
        until,
    };
    let seen = |body: &str| blame(told(Platform::OpenAiResponses, Dialect::Responses, 429, body)).observed;
    assert_eq!(seen(&body), plan(after(7_200)));
    let seconds = r#"{"error":{"type":"usage_limit_reached","message":"Used up.","resets_in_seconds":90}}"#;
    assert_eq!(seen(seconds), plan(after(90)));
    let bare = br#"{"error":{"type":"usage_limit_reached","message":"Used up."}}"#;
    let said = read_error(Dialect::Responses, Packing::Bare, bare, None);
    let map = headers(&[
        ("x-codex-primary-used-percent", "100"),
        ("x-codex-primary-reset-after-seconds", "60"),
        ("x-codex-secondary-used-percent", "40"),
        ("x-codex-secondary-reset-after-seconds", "600000"),
    ]);
    let heard = Heard {
        platform: Platform::OpenAiResponses,
        ..heard(429, said.as_ref(), &map)
    };
    assert_eq!(blame(judge(heard)).observed, plan(after(60)));
}
