//! The state machine over the wire: what an upstream truly says decides how long its account rests; how it comes back by
//! time, by a probe and by a person.

use super::pool::{Pool, Way, await_state, events, shown};
use serde_json::{Value, json};
use std::time::Duration;
use tollgate_tests::harness::{Ask, House, Script, Tenant, Upstream, wait_until};
use uuid::Uuid;

/// A tenant whose one account of this upstream is asked.
struct One {
    tenant: Tenant,
    upstream: Upstream,
    account: Uuid,
    secret: String,
}

impl One {
    fn new(house: &House) -> Self {
        let (tenant, upstream) = (house.tenant(), Upstream::start());
        let account = tenant.account(&upstream.url());
        let secret = tenant.key(json!({})).secret;
        Self {
            tenant,
            upstream,
            account,
            secret,
        }
    }

    fn ask(&self, house: &House) -> u16 {
        Ask::new(&self.secret).send(house.gateway.address()).status
    }

    fn shown(&self) -> Value {
        shown(&self.tenant, "claude_console", self.account)
    }

    fn await_state(&self, state: &str) -> Value {
        await_state(&self.tenant, "claude_console", self.account, state)
    }
}

/// Seconds until an account's state ends.
fn rests(account: &Value) -> i64 {
    let until = account["state_until"].as_str().expect("an end");
    let until = chrono::DateTime::parse_from_rfc3339(until).expect("a time");
    (until.with_timezone(&chrono::Utc) - chrono::Utc::now()).num_seconds()
}

/// A refusal, as which state it shows, and between how many seconds it rests.
type Case = (&'static str, Script, &'static str, Option<(i64, i64)>);

fn refusals() -> Vec<Case> {
    let at = |seconds: i64| (chrono::Utc::now().timestamp() + seconds).to_string();
    let limited = || {
        Script::error(
            429,
            "rate_limit_error",
            "This request would exceed your rate limit",
        )
    };
    let window = |claim: &str, seconds: i64| {
        limited()
            .header("anthropic-ratelimit-unified-status", "rejected")
            .header("anthropic-ratelimit-unified-representative-claim", claim)
            .header("anthropic-ratelimit-unified-reset", &at(seconds))
    };
    vec![
        (
            "a throttle of 40 s",
            Script::rate_limited(40),
            "rate_limited",
            Some((25, 45)),
        ),
        (
            "a throttle without a word",
            limited(),
            "rate_limited",
            Some((1, 20)),
        ),
        (
            "the 5-hour window",
            window("five_hour", 7200),
            "quota_exhausted",
            Some((7100, 7260)),
        ),
        (
            "the week",
            window("seven_day", 90_000),
            "quota_exhausted",
            Some((89_000, 90_100)),
        ),
        (
            "no credit",
            Script::out_of_credit(),
            "quota_exhausted",
            Some((60, 7200)),
        ),
        ("overload", Script::overloaded(), "overloaded", Some((1, 60))),
        (
            "a refused credential",
            Script::unauthorized(),
            "unauthorized",
            None,
        ),
    ]
}

#[test]
fn each_refusal_rests_as_long_as_the_upstream_says_and_is_told_in_the_timeline() {
    let house = House::shared();
    for (name, script, state, rest) in refusals() {
        let one = One::new(&house);
        one.upstream.always(script);
        assert_ne!(one.ask(&house), 200, "{name}");
        let account = one.await_state(state);
        match rest {
            Some((least, most)) => {
                let seconds = rests(&account);
                assert!(
                    (least..=most).contains(&seconds),
                    "{name}: rests {seconds} s: {account}"
                );
            }
            None => assert_eq!(account["state_until"], Value::Null, "{name}"),
        }
        assert!(
            account["state_reason"]
                .as_str()
                .is_some_and(|why| !why.is_empty()),
            "{name}"
        );
        let mut told = Vec::new();
        wait_until("the timeline tells it", Duration::from_secs(10), || {
            told = events(&one.tenant, "claude_console", one.account);
            told.iter()
                .any(|event| event["kind"] == "state" && event["state"] == state)
        });
        assert_eq!(account["last_error"]["state"], state, "{name}: {account}");
    }
}

#[test]
fn a_throttle_of_seconds_is_over_after_seconds() {
    let house = House::shared();
    let one = One::new(&house);
    one.upstream.next(Script::rate_limited(3));
    // The request itself may wait for the end of the throttle; another may as well.
    one.ask(&house);
    wait_until("it is served again", Duration::from_secs(10), || {
        one.ask(&house) == 200
    });
    one.await_state("active");
}

#[test]
fn an_account_that_fails_in_a_row_is_probed_by_one_request_and_comes_back() {
    let house = House::shared();
    let one = One::new(&house);
    one.upstream.always(Script::broken());
    for _ in 0..3 {
        assert_ne!(one.ask(&house), 200);
    }
    let account = one.await_state("faulty");
    assert!((1..=60).contains(&rests(&account)), "{account}");
    let count = one.upstream.count();
    assert_ne!(one.ask(&house), 200);
    assert_eq!(one.upstream.count(), count, "it rests");
    one.upstream.always(Script::default());
    wait_until("the probe is answered", Duration::from_secs(40), || {
        one.ask(&house) == 200
    });
    one.await_state("active");
}

#[test]
fn while_it_is_probed_one_request_alone_reaches_it() {
    let house = House::shared();
    let one = One::new(&house);
    one.upstream.always(Script::broken());
    for _ in 0..3 {
        one.ask(&house);
    }
    let account = one.await_state("faulty");
    let count = one.upstream.count();
    std::thread::sleep(Duration::from_secs(
        u64::try_from(rests(&account)).unwrap_or(0) + 2,
    ));
    one.upstream.always(Script::Silent);
    std::thread::scope(|scope| {
        for _ in 0..6 {
            let (secret, address) = (&one.secret, house.gateway.address());
            scope.spawn(move || {
                let connection = Ask::new(secret).begin(address);
                std::thread::sleep(Duration::from_secs(3));
                connection.reset();
            });
        }
        std::thread::sleep(Duration::from_secs(2));
        assert_eq!(one.upstream.count(), count + 1, "one probe");
    });
}

#[test]
fn a_person_resets_any_state_and_the_timeline_says_so() {
    let house = House::shared();
    for script in [
        Script::unauthorized(),
        Script::out_of_credit(),
        Script::rate_limited(900),
    ] {
        let one = One::new(&house);
        one.upstream.next(script);
        assert_ne!(one.ask(&house), 200);
        wait_until("it is out", Duration::from_secs(10), || {
            one.shown()["state"] != "active"
        });
        let path = format!("/accounts/claude_console/{}/reset", one.account);
        let reply = one.tenant.api.post(&path, &json!({}));
        assert!((200..300).contains(&reply.status), "{}", reply.text());
        wait_until("it is asked again", Duration::from_secs(10), || {
            one.ask(&house) == 200
        });
        assert_eq!(one.shown()["state"], "active");
        let told = events(&one.tenant, "claude_console", one.account);
        assert!(told.iter().any(|event| event["kind"] == "reset"), "{told:?}");
    }
}

/// Faults that a client can provoke, and refusals of one model, leave the account to everybody else.
#[test]
fn what_a_client_provokes_takes_no_account_out() {
    let house = House::shared();
    let one = One::new(&house);
    for script in [
        Script::error(400, "invalid_request_error", "messages.0: unexpected role"),
        Script::error(404, "not_found_error", "model: claude-unknown"),
        Script::error(413, "request_too_large", "Request exceeds the maximum size"),
        Script::error(
            403,
            "permission_error",
            "Your account does not have access to this model",
        ),
    ] {
        for _ in 0..5 {
            one.upstream.next(script.clone());
            assert_ne!(one.ask(&house), 200);
        }
        assert_eq!(one.shown()["state"], "active", "{script:?}");
    }
    assert_eq!(one.ask(&house), 200);
}

/// Other vendors' words for a limit that lasts: what is asked again before its end would only annoy them.
#[test]
fn each_vendors_own_word_for_a_limit_is_heard() {
    let google = json!({"error": {
        "code": 429, "message": "You exceeded your current quota.", "status": "RESOURCE_EXHAUSTED",
        "details": [
            {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [
                {"quotaMetric": "generativelanguage.googleapis.com/generate_requests", "quotaId": "RequestsPerMinutePerProject"},
            ]},
            {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "38s"},
        ],
    }});
    let codex = json!({"error": {
        "type": "usage_limit_reached", "message": "The usage limit has been reached", "plan_type": "plus",
        "resets_in_seconds": 5400,
    }});
    for (way, body, state, rest) in [
        (Way::Google, google, "rate_limited", 25..=45),
        (Way::OpenAi, codex, "quota_exhausted", 5300..=5460),
    ] {
        let pool = Pool::new();
        let id = pool.account(way);
        pool.vendors.upstream.next(Script::Fixed {
            status: 429,
            headers: vec![("content-type".into(), "application/json".into())],
            body: body.to_string().into_bytes(),
        });
        assert_ne!(pool.ask(way.model()).status, 200);
        let account = pool.await_state(way.platform(), id, state);
        assert!(rest.contains(&rests(&account)), "{way:?}: {account}");
        assert_ne!(pool.ask(way.model()).status, 200);
        assert_eq!(pool.vendors.upstream.count(), 1, "{way:?}: left alone");
    }
}

/// A week's window for Opus alone: other models go on.
#[test]
fn a_window_of_one_family_of_models_closes_that_family_alone() {
    let pool = Pool::new();
    pool.account(Way::Claude);
    let reset = (chrono::Utc::now().timestamp() + 7200).to_string();
    let refused = Script::error(429, "rate_limit_error", "You've reached your Opus limit")
        .header("anthropic-ratelimit-unified-status", "rejected")
        .header(
            "anthropic-ratelimit-unified-representative-claim",
            "seven_day_opus",
        )
        .header("anthropic-ratelimit-unified-reset", &reset);
    pool.vendors.upstream.next(refused);
    assert_ne!(pool.ask("claude-opus-4-6").status, 200);
    let count = pool.vendors.upstream.count();
    assert_ne!(pool.ask("claude-opus-4-6").status, 200);
    assert_eq!(
        pool.vendors.upstream.count(),
        count,
        "Opus is not asked for before the reset"
    );
    pool.ask("claude-sonnet-4-6").expect(200);
}

/// What each answer's headers tell of the windows is shown, and a window that is used up takes the account out.
#[test]
fn windows_are_read_from_the_answers_headers_and_shown() {
    let pool = Pool::new();
    let id = pool.account(Way::Claude);
    let reset = chrono::Utc::now().timestamp() + 3600;
    let body = json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-6",
        "content": [{"type": "text", "text": "Hello."}], "stop_reason": "end_turn", "stop_sequence": null,
        "usage": {"input_tokens": 9, "output_tokens": 3},
    });
    let answer = Script::Fixed {
        status: 200,
        headers: vec![("content-type".into(), "application/json".into())],
        body: body.to_string().into_bytes(),
    };
    let answer = answer
        .header("anthropic-ratelimit-unified-5h-utilization", "0.87")
        .header("anthropic-ratelimit-unified-5h-status", "allowed_warning")
        .header("anthropic-ratelimit-unified-5h-reset", &reset.to_string());
    pool.vendors.upstream.next(answer);
    pool.ask("claude-sonnet-4-6").expect(200);
    let mut account = Value::Null;
    wait_until("the window is shown", Duration::from_secs(20), || {
        account = pool.shown("claude_official", id);
        let windows = account["windows"].as_array().cloned().unwrap_or_default();
        windows
            .iter()
            .any(|window| window["name"] == "5h" && window["used_permille"] == 870)
    });
    let windows = account["windows"].as_array().expect("a list");
    let five = windows.iter().find(|window| window["name"] == "5h").expect("5h");
    let until =
        chrono::DateTime::parse_from_rfc3339(five["resets_at"].as_str().expect("a time")).expect("a time");
    assert_eq!(until.timestamp(), reset);
}
