//! Why a request went where it went: kept with it, asked for beforehand, and told on the command line.

use super::pool::{Pool, explanation};
use serde_json::{Value, json};
use std::time::Duration;
use tollgate_tests::harness::house::said;
use tollgate_tests::harness::{Ask, Script, Upstream, wait_until};

#[test]
fn a_request_says_why_it_went_where_it_went() {
    let pool = Pool::new();
    let (bad, good) = (Upstream::start(), Upstream::start());
    pool.tenant
        .account_with(&bad.url(), json!({"priority": 1, "name": "claude-max-1"}));
    pool.tenant
        .account_with(&good.url(), json!({"priority": 2, "name": "claude-max-2"}));
    bad.always(Script::rate_limited(600));
    let failing = Ask::new(&pool.key.secret);
    failing.send(pool.house.gateway.address()).expect(200);
    let first = explanation(&pool.house, &pool.tenant, &failing.id);
    assert_eq!(first["account"]["picked"]["name"], "claude-max-2", "{first}");
    let tried = &first["failed_before"][0];
    assert_eq!(
        (&tried["account"], &tried["http_status"]),
        (&json!("claude-max-1"), &json!(429)),
        "what fail-over cost is told: {first}"
    );
    let later = Ask::new(&pool.key.secret);
    later.send(pool.house.gateway.address()).expect(200);
    let why = explanation(&pool.house, &pool.tenant, &later.id)["account"].clone();
    let sentence = why["sentence"].as_str().expect("a sentence");
    for words in ["claude-max-2", "claude-max-1", "cooling down until", "429"] {
        assert!(sentence.contains(words), "{sentence}");
    }
    let out = &why["considered"][0];
    assert_eq!(
        (&out["name"], &out["code"]),
        (&json!("claude-max-1"), &json!("state")),
        "{why}"
    );
    assert!(out["until"].is_string(), "{why}");
    println!("{sentence}");
}

#[test]
fn a_request_that_is_only_thought_of_is_explained_and_nothing_is_sent() {
    let pool = Pool::new();
    let (one, two) = (Upstream::start(), Upstream::start());
    let first = pool
        .tenant
        .account_with(&one.url(), json!({"priority": 1, "name": "first"}));
    let second = pool
        .tenant
        .account_with(&two.url(), json!({"priority": 2, "name": "second"}));
    let ask = |more: Value| {
        let mut body = json!({"model": "claude-sonnet-4-6"});
        super::pool::merge(&mut body, &more);
        pool.tenant
            .api
            .post("/schedule/explain", &body)
            .expect(200)
            .json()
    };
    let mut answer = Value::Null;
    wait_until("both are known", Duration::from_secs(5), || {
        answer = ask(json!({}));
        answer["considered"]
            .as_array()
            .is_some_and(|list| list.len() == 1)
    });
    assert_eq!(answer["picked"]["id"], json!(first), "{answer}");
    assert_eq!(answer["reason"], "priority", "{answer}");
    let sticky = ask(json!({"sticky": second}));
    assert_eq!(
        (&sticky["picked"]["id"], &sticky["reason"]),
        (&json!(second), &json!("sticky")),
        "{sticky}"
    );
    let bound = pool
        .tenant
        .key(json!({"bindings": [{"service": "claude", "account_id": second}]}));
    let answer = ask(json!({"key_id": bound.id}));
    assert_eq!(answer["picked"]["id"], json!(second), "{answer}");
    assert!(answer["considered"].to_string().contains("not_bound"), "{answer}");
    one.always(Script::unauthorized());
    Ask::new(&pool.key.secret)
        .send(pool.house.gateway.address())
        .expect(200);
    let answer = ask(json!({}));
    assert_eq!(answer["picked"]["id"], json!(second), "{answer}");
    let nobody = ask(json!({"model": "gemini-2.5-pro"}));
    assert_eq!(nobody["picked"], Value::Null);
    assert!(
        nobody["sentence"].as_str().is_some_and(|text| !text.is_empty()),
        "{nobody}"
    );
    assert_eq!((one.count(), two.count()), (1, 1), "nothing was sent by asking");
    pool.house.settle();
    assert_eq!(pool.house.events(&pool.tenant).len(), 1, "and nothing booked");
}

#[test]
fn the_command_line_tells_where_a_request_would_go() {
    let pool = Pool::new();
    let upstream = Upstream::start();
    pool.tenant
        .account_with(&upstream.url(), json!({"name": "the-only-one"}));
    let output = pool
        .house
        .gateway
        .cli(&["explain", &pool.tenant.slug, "claude-sonnet-4-6"]);
    let text = said(&output);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("the-only-one"), "{text}");
    assert_eq!(upstream.count(), 0);
    let output = pool
        .house
        .gateway
        .cli(&["explain", "no-such-organisation", "claude-sonnet-4-6"]);
    assert!(!output.status.success(), "{}", said(&output));
}
