//! The connectivity test: one real request, told as it went, that leaves no trace in the account or the books.

use super::told::refused;
use serde_json::{Value, json};
use tollgate_tests::harness::tenant::UPSTREAM_KEY;
use tollgate_tests::harness::{House, Script, Tenant, Upstream};
use uuid::Uuid;

fn tried(tenant: &Tenant, account: Uuid, body: &Value) -> Value {
    let path = format!("/accounts/claude_console/{account}/test");
    tenant.api.post(&path, body).expect(200).json()
}

#[test]
fn a_good_account_is_told_to_be_good_and_the_upstream_sees_one_small_request() {
    let house = House::shared();
    let (tenant, upstream) = (house.poor_tenant(), Upstream::start());
    let account = tenant.account_with(
        &upstream.url(),
        json!({"models": ["claude-sonnet-4-6"], "model_mapping": {"claude-sonnet-4-6": "their-name"}}),
    );
    let told = tried(&tenant, account, &json!({}));
    assert_eq!((&told["ok"], &told["code"]), (&json!(true), &json!("ok")));
    assert_eq!(told["http_status"], 200);
    assert_eq!(told["model"], "their-name");
    assert_eq!(told["message"], "");
    let seen = upstream.only();
    assert_eq!(
        (seen.method.as_str(), seen.target.as_str()),
        ("POST", "/v1/messages")
    );
    assert_eq!(seen.header("x-api-key"), Some(UPSTREAM_KEY));
    assert_eq!(seen.header("anthropic-version"), Some("2023-06-01"));
    let body: Value = serde_json::from_slice(&seen.body).expect("JSON");
    assert_eq!(
        (&body["max_tokens"], &body["model"]),
        (&json!(1), &json!("their-name"))
    );
    let told = tried(&tenant, account, &json!({"model": "another"}));
    assert_eq!(told["model"], "another");
    assert!(house.events(&tenant).is_empty(), "booked nowhere");
}

#[test]
fn each_way_of_failing_has_its_code_and_leaves_the_account_as_it_is() {
    let house = House::shared();
    let (tenant, upstream) = (house.poor_tenant(), Upstream::start());
    let account = tenant.account(&upstream.url());
    let redirect = Script::Fixed {
        status: 302,
        headers: vec![("location".into(), "http://10.0.0.1/".into())],
        body: Vec::new(),
    };
    let huge = Script::Fixed {
        status: 200,
        headers: vec![("content-type".into(), "application/json".into())],
        body: vec![b' '; 200_000],
    };
    for (script, status, code) in [
        (Script::unauthorized(), json!(401), "unauthorized"),
        (Script::rate_limited(30), json!(429), "rate_limited"),
        (Script::broken(), json!(500), "refused"),
        (Script::garbage_body(), json!(200), "bad_answer"),
        (Script::gzip(), json!(200), "bad_answer"),
        (redirect, json!(302), "bad_answer"),
        (huge, json!(200), "bad_answer"),
    ] {
        upstream.next(script.clone());
        let told = tried(&tenant, account, &json!({}));
        assert_eq!(
            (&told["http_status"], &told["code"]),
            (&status, &json!(code)),
            "{script:?}"
        );
        assert_eq!(told["ok"], false);
        let message = told["message"].as_str().expect("a text");
        assert!((1..=300).contains(&message.chars().count()), "{message}");
    }
    for script in [Script::Close, Script::Reset, Script::garbage()] {
        upstream.next(script.clone());
        let told = tried(&tenant, account, &json!({}));
        assert_eq!(
            (&told["ok"], &told["http_status"]),
            (&json!(false), &Value::Null),
            "{script:?}"
        );
        assert_ne!(told["code"], "ok");
    }
    let shown = tenant.api.get(&format!("/accounts/claude_console/{account}"));
    assert_eq!(shown.expect(200).json()["state"], "active");
}

#[test]
fn a_host_that_is_not_there_or_not_allowed_is_told_without_its_address() {
    let house = House::shared();
    let (tenant, upstream) = (house.poor_tenant(), Upstream::start());
    let account = tenant.account(&upstream.url());
    drop(upstream);
    assert_eq!(tried(&tenant, account, &json!({}))["code"], "connect_refused");
    // As if it had been stored before the rule was.
    house
        .sql()
        .execute(
            "UPDATE accounts SET base_url = 'http://10.255.255.1:9' WHERE account_id = $1",
            &[&account],
        )
        .expect("changed");
    assert_eq!(tried(&tenant, account, &json!({}))["code"], "blocked");
}

#[test]
fn a_tenant_cannot_send_tests_without_end() {
    let house = House::shared();
    let (tenant, upstream) = (house.poor_tenant(), Upstream::start());
    let account = tenant.account(&upstream.url());
    let path = format!("/accounts/claude_console/{account}/test");
    let mut tries = 0;
    let last = loop {
        let reply = tenant.api.post(&path, &json!({}));
        tries += 1;
        if reply.status != 200 || tries == 100 {
            break reply;
        }
    };
    refused(&last, 429, "too_many_requests");
    assert!(last.header("retry-after").is_some());
    assert!(tries > 20, "{tries}");
    assert_eq!(upstream.count(), tries - 1);
}
