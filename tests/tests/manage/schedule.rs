//! The dry run: where a request would go now, and why; nothing is sent for it.

use super::told::{faults, pairs};
use serde_json::{Value, json};
use tollgate_tests::harness::{House, Tenant, Upstream, unique};
use uuid::Uuid;

const MODEL: &str = "claude-sonnet-4-6";

fn explained(tenant: &Tenant, form: &Value) -> Value {
    tenant.api.post("/schedule/explain", form).expect(200).json()
}

fn named(tenant: &Tenant, upstream: &Upstream, name: &str, priority: u32) -> Uuid {
    tenant.account_with(&upstream.url(), json!({"name": name, "priority": priority}))
}

#[test]
fn a_dry_run_says_where_a_request_would_go_and_why_not_elsewhere() {
    let house = House::shared();
    let (tenant, upstream) = (house.poor_tenant(), Upstream::start());
    let form = json!({"model": MODEL});
    let none = explained(&tenant, &form);
    assert_eq!(
        (&none["picked"], &none["reason"]),
        (&Value::Null, &json!("none_configured"))
    );
    let (first, second) = (
        named(&tenant, &upstream, "first", 1),
        named(&tenant, &upstream, "second", 50),
    );
    let answer = explained(&tenant, &form);
    assert_eq!(answer["picked"]["id"], json!(first));
    assert_eq!(answer["reason"], "priority");
    assert!(
        answer["sentence"]
            .as_str()
            .is_some_and(|text| text.contains("first")),
        "{answer}"
    );
    assert_eq!(answer["considered"][0]["id"], json!(second));
    // The account that served the conversation before goes first.
    let sticky = explained(&tenant, &json!({"model": MODEL, "sticky": second}));
    assert_eq!(
        (&sticky["picked"]["id"], &sticky["reason"]),
        (&json!(second), &json!("sticky"))
    );
    // A path of another family's, by a name that says nothing.
    let elsewhere = explained(
        &tenant,
        &json!({"model": "house-model", "path": "/openai/v1/chat/completions"}),
    );
    assert_eq!(elsewhere["picked"], Value::Null);
    assert_eq!(upstream.count(), 0, "nothing is sent");
}

#[test]
fn a_dry_run_goes_by_states_and_by_what_a_key_is_bound_to() {
    let house = House::shared();
    let (tenant, upstream) = (house.poor_tenant(), Upstream::start());
    let (first, second) = (
        named(&tenant, &upstream, "first", 1),
        named(&tenant, &upstream, "second", 50),
    );
    let key = tenant.key(json!({}));
    let mut sql = house.sql();
    sql.execute(
        "UPDATE accounts SET state = 'rate_limited', state_reason = '429: its rate limit is reached',
                state_until = now() + interval '1 hour' WHERE account_id = $1",
        &[&first],
    )
    .expect("a state");
    sql.execute(
        "INSERT INTO api_key_bindings (tenant_id, key_id, service, account_id) VALUES ($1, $2, 'claude', $3)",
        &[&tenant.id, &key.id, &first],
    )
    .expect("a binding");
    let answer = explained(&tenant, &json!({"model": MODEL}));
    assert_eq!(answer["picked"]["id"], json!(second));
    let out = &answer["considered"][0];
    assert_eq!((&out["id"], &out["code"]), (&json!(first), &json!("state")));
    assert!(out["until"].is_string());
    assert!(
        out["text"].as_str().is_some_and(|text| text.contains("UTC")),
        "{out}"
    );
    // The key may use nothing but the account that rests.
    let bound = explained(&tenant, &json!({"model": MODEL, "key_id": key.id}));
    assert_eq!(bound["picked"], Value::Null, "{bound}");
    assert!(bound["recovers_at"].is_string());
}

#[test]
fn a_dry_run_goes_by_a_keys_rules_and_those_it_inherits() {
    let house = House::shared();
    let (tenant, upstream) = (house.poor_tenant(), Upstream::start());
    let account = named(&tenant, &upstream, "first", 1);
    let policy = json!({"name": "No Opus", "is_default": true, "rules": {"models_denied": ["*opus*"]}});
    tenant.api.post("/policies", &policy).expect(201);
    let asked = |model: &str, key: Uuid| explained(&tenant, &json!({"model": model, "key_id": key}));
    let plain = tenant.key(json!({})).id;
    let elsewhere = tenant.key(json!({"rules": {"services": ["gemini"]}})).id;
    assert_eq!(asked(MODEL, plain)["picked"]["id"], json!(account));
    for (model, key, reason) in [
        ("claude-opus-4-8", plain, "model_not_allowed"),
        (MODEL, elsewhere, "service_not_allowed"),
    ] {
        let answer = asked(model, key);
        assert_eq!(
            (&answer["picked"], &answer["reason"]),
            (&Value::Null, &json!(reason)),
            "{answer}"
        );
    }
    assert_eq!(
        explained(&tenant, &json!({"model": "claude-opus-4-8"}))["picked"]["id"],
        json!(account),
        "without a key"
    );
}

#[test]
fn what_is_unknown_is_named() {
    let house = House::shared();
    let (tenant, other) = (house.poor_tenant(), house.poor_tenant());
    let theirs = other.key(json!({}));
    for (form, field, code) in [
        (json!({"model": MODEL, "key_id": theirs.id}), "key_id", "unknown"),
        (json!({"model": MODEL, "path": "/nowhere"}), "path", "unknown"),
        (json!({"model": ""}), "model", "required"),
        (
            json!({"model": MODEL, "surprise": 1}),
            "surprise",
            "unknown_field",
        ),
    ] {
        let reply = tenant.api.post("/schedule/explain", &form);
        assert_eq!(
            faults(&reply, 422, "validation_failed"),
            pairs(&[(field, code)]),
            "{form}"
        );
    }
    // What was sticky to an account that is none of ours is sticky to nothing.
    let account = other.account("https://x.example.com");
    let answer = explained(&tenant, &json!({"model": unique("m"), "sticky": account}));
    assert_eq!(answer["picked"], Value::Null);
}
