//! When keys end: at an instant, some time after their first use, or later than was said at first; and what is told to
//! whoever edits a key that somebody else has changed.

use super::told::{faults, pairs, refused};
use serde_json::{Value, json};
use tollgate_tests::harness::{House, Key, Tenant};

fn put(tenant: &Tenant, key: &Key, body: &Value) -> Value {
    let path = format!("/keys/{}", key.id);
    tenant.api.put(&path, body).expect(200).json()
}

/// As if the key had been used first at this instant.
fn activate(house: &House, key: &Key, at: &str) {
    let query = "UPDATE api_keys SET activated_at = $2::text::timestamptz,
                        expires_at = $2::text::timestamptz + lifetime_s * interval '1 second' WHERE key_id = $1";
    assert_eq!(house.sql().execute(query, &[&key.id, &at]).expect("activated"), 1);
}

#[test]
fn a_life_from_the_first_use_on_is_not_known_before_it() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let key = tenant.key(json!({"name": "k", "lifetime_s": 86_400}));
    let shown = tenant.api.get(&format!("/keys/{}", key.id)).expect(200).json();
    assert_eq!(shown["lifetime_s"], 86_400);
    assert_eq!(
        (&shown["expires_at"], &shown["activated_at"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(shown["expired"], false);
}

#[test]
fn the_life_of_a_key_in_use_is_reckoned_anew_from_its_first_use() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let key = tenant.key(json!({"name": "k", "lifetime_s": 86_400}));
    activate(&house, &key, "2190-01-01T00:00:00Z");
    let longer = put(&tenant, &key, &json!({"name": "k", "lifetime_s": 172_800}));
    assert_eq!(longer["expires_at"], "2190-01-03T00:00:00Z");
    assert_eq!(longer["activated_at"], "2190-01-01T00:00:00Z");
    // Renamed, it ends when it would have.
    let renamed = put(&tenant, &key, &json!({"name": "r", "lifetime_s": 172_800}));
    assert_eq!(renamed["expires_at"], "2190-01-03T00:00:00Z");
    // Renewed to an instant, its first use is nothing any more.
    let fixed = put(
        &tenant,
        &key,
        &json!({"name": "r", "expires_at": "2191-01-01T00:00:00Z"}),
    );
    assert_eq!(fixed["expires_at"], "2191-01-01T00:00:00Z");
    assert_eq!(
        (&fixed["lifetime_s"], &fixed["activated_at"]),
        (&Value::Null, &Value::Null)
    );
    let again = put(&tenant, &key, &json!({"name": "r", "lifetime_s": 60}));
    assert_eq!(again["expires_at"], Value::Null, "it begins with the next use");
}

#[test]
fn an_expired_key_is_renewed_by_a_later_expiry() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let key = tenant.key(json!({"name": "k", "lifetime_s": 60}));
    activate(&house, &key, "2020-01-01T00:00:00Z");
    let listed = tenant.api.get("/keys?expired=true").expect(200).json();
    assert_eq!(
        (&listed["total"], &listed["items"][0]["expired"]),
        (&json!(1), &json!(true))
    );
    assert_eq!(
        tenant.api.get("/keys?expired=false").expect(200).json()["total"],
        0
    );
    let renewed = put(
        &tenant,
        &key,
        &json!({"name": "k", "expires_at": "2190-01-01T00:00:00Z"}),
    );
    assert_eq!(renewed["expired"], false);
    assert_eq!(
        tenant.api.get("/keys?expired=false").expect(200).json()["total"],
        1
    );
}

#[test]
fn a_key_ends_in_one_way() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let key = tenant.key(json!({"name": "k"}));
    let both = json!({"name": "k", "lifetime_s": 60, "expires_at": "2190-01-01T00:00:00Z"});
    let path = format!("/keys/{}", key.id);
    for reply in [tenant.api.post("/keys", &both), tenant.api.put(&path, &both)] {
        let expected = pairs(&[("lifetime_s", "not_together")]);
        assert_eq!(faults(&reply, 422, "validation_failed"), expected);
    }
}

#[test]
fn who_edits_an_old_version_is_told_what_changed_and_what_it_is_now() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let key = tenant.key(json!({"name": "first", "tags": ["a"]}));
    let path = format!("/keys/{}", key.id);
    put(
        &tenant,
        &key,
        &json!({"name": "first", "tags": ["a"], "cost_centre": "R&D"}),
    );
    let rules = json!({"windows": [{"span": "day", "requests": 10}]});
    put(
        &tenant,
        &key,
        &json!({"name": "second", "tags": ["a"], "cost_centre": "R&D", "rules": rules}),
    );
    let edit = |version: i64| {
        tenant
            .api
            .put(&path, &json!({"name": "mine", "version": version}))
    };
    let problem = refused(&edit(1), 409, "version_conflict");
    let named: Vec<&str> = problem["errors"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|error| error["field"].as_str().expect("a field"))
        .collect();
    assert_eq!(
        named,
        ["cost_centre", "name", "rules.windows"],
        "not what nobody touched"
    );
    let detail = problem["detail"].as_str().expect("a text");
    assert!(
        detail.contains("version 3") && detail.contains("cost_centre, name, rules.windows"),
        "{detail}"
    );
    assert!(
        problem["errors"].to_string().contains("is \\\"second\\\" now"),
        "{problem}"
    );
    // Of the version in between, only what came after.
    assert_eq!(
        faults(&edit(2), 409, "version_conflict"),
        pairs(&[("name", "changed"), ("rules.windows", "changed")])
    );
    assert_eq!(faults(&edit(9), 409, "version_conflict"), []);
    // A key that was restored or rotated meanwhile has a version of its own, too.
    tenant.api.post(&format!("{path}/rotate"), &json!({})).expect(200);
    refused(&edit(3), 409, "version_conflict");
    assert_eq!(tenant.api.get(&path).expect(200).json()["name"], "second");
}
