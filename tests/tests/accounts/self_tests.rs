//! Tests: those that are made without being asked for bring an account back without a client, and one that a person asks for
//! is told live, step by step.

use super::pool::{Pool, Way, events};
use serde_json::{Value, json};
use std::time::Duration;
use tollgate_tests::harness::{Ask, Connection, Request, Script, Upstream, wait_until};

#[test]
fn a_self_test_brings_a_faulty_account_back_without_a_client() {
    let pool = Pool::new();
    let upstream = Upstream::start();
    let account = pool
        .tenant
        .account_with(&upstream.url(), json!({"self_test_every_s": 60}));
    upstream.always(Script::broken());
    for _ in 0..3 {
        Ask::new(&pool.key.secret).send(pool.house.gateway.address());
    }
    pool.await_state("claude_console", account, "faulty");
    upstream.always(Script::default());
    let last = "UPDATE accounts SET tested_at = now() - interval '2 minutes' WHERE account_id = $1";
    pool.house.sql().execute(last, &[&account]).expect("aged");
    wait_until("it is active again", Duration::from_secs(100), || {
        pool.shown("claude_console", account)["state"] == "active"
    });
    let shown = pool.shown("claude_console", account);
    assert_eq!(shown["last_test"]["code"], "ok", "{shown}");
    let told = events(&pool.tenant, "claude_console", account);
    assert!(told.iter().any(|event| event["kind"] == "test"), "{told:?}");
    pool.house.settle();
    assert!(
        pool.house
            .events(&pool.tenant)
            .iter()
            .all(|event| event.status != "ok"),
        "no client was there"
    );
}

/// The events of a stream with their names.
fn told(text: &str) -> Vec<(String, Value)> {
    text.split("\n\n")
        .filter_map(|event| {
            let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name));
            let data = serde_json::from_str(field("data:")?.trim()).ok()?;
            Some((field("event:")?.trim().to_owned(), data))
        })
        .collect()
}

#[test]
fn a_test_is_told_live_from_the_token_to_the_models_own_words() {
    let pool = Pool::new();
    // Its token is about to end at the time of the test: a new one is issued first.
    pool.vendors.lives(11);
    let id = pool.account(Way::Claude);
    pool.vendors.lives(3600);
    std::thread::sleep(Duration::from_secs(2));
    let path = format!("/api/v2/accounts/claude_official/{id}/test/stream");
    let token = pool.tenant.api.access_token.clone().expect("signed in");
    let request = Request::post(&path)
        .header("authorization", &format!("Bearer {token}"))
        .json(&json!({}));
    let reply = Connection::open(pool.house.gateway.address()).exchange(&request);
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert!(
        reply
            .header("content-type")
            .is_some_and(|kind| kind.starts_with("text/event-stream"))
    );
    let events = told(&reply.text());
    let steps: Vec<&str> = events
        .iter()
        .filter_map(|(_, data)| data["step"].as_str())
        .collect();
    for step in ["token", "proxy", "send", "status", "text", "end"] {
        assert!(steps.contains(&step), "{step} is missing: {steps:?}");
    }
    let (name, done) = events.last().expect("some");
    assert_eq!((name.as_str(), &done["ok"]), ("done", &json!(true)), "{done}");
    assert!(!reply.text().contains(&pool.vendors.last_token()));
    assert_eq!(pool.shown("claude_official", id)["last_test"]["code"], "ok");
}

#[test]
fn a_person_who_leaves_ends_the_test() {
    let pool = Pool::new();
    let id = pool.account(Way::Claude);
    pool.vendors.upstream.always(Script::Silent);
    let path = format!("/api/v2/accounts/claude_official/{id}/test/stream");
    let token = pool.tenant.api.access_token.clone().expect("signed in");
    let request = Request::post(&path)
        .header("authorization", &format!("Bearer {token}"))
        .json(&json!({}));
    let mut connection = Connection::open(pool.house.gateway.address());
    connection.send(&request).expect("sent");
    pool.vendors.upstream.await_count(1);
    connection.reset();
    wait_until("the upstream is left as well", Duration::from_secs(15), || {
        let seen = pool.vendors.upstream.only();
        seen.outcome != tollgate_tests::harness::upstream::Outcome::Running
    });
}
