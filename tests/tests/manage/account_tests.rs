//! The connectivity test: one real request, told as it went, that leaves no trace in the account or the books.

use super::told::refused;
use serde_json::{Value, json};
use tollgate_tests::harness::tenant::{UPSTREAM_KEY, id_of};
use tollgate_tests::harness::{House, Script, Tenant, Upstream, unique};
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

/// A platform, what its account is made of, where it is asked, how the header begins that proves who asks, and an answer as
/// its vendor gives it.
type Case = (
    &'static str,
    Value,
    &'static str,
    (&'static str, &'static str),
    &'static str,
);

fn cases() -> [Case; 10] {
    let bearer = ("authorization", "Bearer token-1");
    let key_as_bearer = ("authorization", "Bearer key-1");
    let claude = r#"{"type":"message","usage":{"input_tokens":8,"output_tokens":1}}"#;
    let chat = r#"{"object":"chat.completion","choices":[{"index":0,"finish_reason":"length"}]}"#;
    let gemini = r#"{"candidates":[{"finishReason":"MAX_TOKENS"}],"usageMetadata":{"promptTokenCount":1}}"#;
    let responses = r#"{"object":"response","status":"incomplete","output":[]}"#;
    let assist = r#"{"response":{"candidates":[{"finishReason":"MAX_TOKENS"}]},"traceId":"1"}"#;
    let converse = r#"{"output":{"message":{"role":"assistant","content":[]}},"usage":{"totalTokens":2}}"#;
    let (key, model) = (json!({"api_key": "key-1"}), json!(["m:1"]));
    [
        (
            "claude_official",
            json!({"token": "token-1"}),
            "/v1/messages",
            bearer,
            claude,
        ),
        ("ccr", key.clone(), "/v1/messages", key_as_bearer, claude),
        (
            "gemini",
            json!({"api_key": "key-1", "models": model}),
            "/v1beta/models/m%3A1:generateContent",
            ("x-goog-api-key", "key-1"),
            gemini,
        ),
        (
            "gemini",
            json!({"token": "token-1", "credential_kind": "bearer_token"}),
            "/v1internal:generateContent",
            bearer,
            assist,
        ),
        ("openai", key.clone(), "/v1/chat/completions", key_as_bearer, chat),
        (
            "openai_responses",
            key.clone(),
            "/v1/responses",
            key_as_bearer,
            responses,
        ),
        (
            "azure_openai",
            key,
            "/openai/v1/chat/completions",
            ("api-key", "key-1"),
            chat,
        ),
        (
            "azure_openai",
            json!({"token": "token-1", "credential_kind": "bearer_token", "api_version": "2024-10-21", "model_mapping": {"m": "d"}}),
            "/openai/deployments/d/chat/completions?api-version=2024-10-21",
            bearer,
            chat,
        ),
        (
            "bedrock",
            json!({"api_key": "key-1", "credential_kind": "api_key", "region": "eu-west-1", "models": model}),
            "/model/m%3A1/converse",
            key_as_bearer,
            converse,
        ),
        (
            "bedrock",
            json!({"access_key_id": "AKID", "secret_access_key": "hidden", "region": "eu-west-1"}),
            "/model/eu.amazon.nova-micro-v1%3A0/converse",
            ("authorization", "AWS4-HMAC-SHA256 Credential=AKID/"),
            converse,
        ),
    ]
}

#[test]
fn each_platform_is_asked_in_its_own_format_and_answers_in_another_do_not_count() {
    let house = House::shared();
    let (tenant, upstream) = (house.poor_tenant(), Upstream::start());
    let answering = |body: &str| Script::Fixed {
        status: 200,
        headers: vec![("content-type".into(), "application/json".into())],
        body: body.as_bytes().to_vec(),
    };
    for (platform, mut form, target, (header, proof), answer) in cases() {
        form["name"] = json!(unique("account"));
        form["base_url"] = json!(upstream.url());
        form["extra_headers"] = json!({"x-team": "research"});
        let made = tenant
            .api
            .post(&format!("/accounts/{platform}"), &form)
            .expect(201)
            .json();
        let path = format!("/accounts/{platform}/{}/test", id_of(&made["id"]));
        upstream.next(answering(answer));
        let told = tenant.api.post(&path, &json!({})).expect(200).json();
        assert_eq!(
            (&told["ok"], &told["code"]),
            (&json!(true), &json!("ok")),
            "{platform}: {told}"
        );
        let seen = upstream.seen().pop().expect("one request");
        assert_eq!((seen.method.as_str(), seen.target.as_str()), ("POST", target));
        let proves = seen.header(header).is_some_and(|value| value.starts_with(proof));
        assert!(proves, "{platform}: {:?}", seen.header(header));
        assert_eq!(seen.header("x-team"), Some("research"));
        upstream.next(answering(r#"{"hello":"world"}"#));
        let told = tenant.api.post(&path, &json!({})).expect(200).json();
        assert_eq!(
            (&told["ok"], &told["code"]),
            (&json!(false), &json!("bad_answer")),
            "{platform}"
        );
    }
}
