//! Many keys made at once, from names or a pattern: all of them or none.

use super::key_batches::{make, shown};
use super::told::{actions, audit_of, faults, pairs};
use serde_json::{Value, json};
use tollgate_tests::harness::{Ask, House};
use uuid::Uuid;

#[test]
fn keys_are_made_from_a_pattern_with_all_that_they_have_in_common() {
    let house = House::shared();
    let scene = house.scene();
    let tenant = &scene.tenant;
    let common = json!({
        "tags": ["night", "batch"], "cost_centre": "R&D", "icon": "🤖", "lifetime_s": 3600,
        "rules": {"windows": [{"span": "day", "requests": 100}]},
        "bindings": [{"service": "claude", "account_id": scene.account}],
    });
    let made = make(tenant, 3, common.clone());
    for (at, (id, secret)) in made.iter().enumerate() {
        let key = shown(tenant, *id);
        assert_eq!(key["name"], format!("team {}", at + 1));
        assert_eq!(key["tags"], json!(["batch", "night"]));
        for field in ["cost_centre", "icon", "lifetime_s", "rules", "bindings"] {
            assert_eq!(key[field], common[field], "{field}");
        }
        assert!(secret.ends_with(key["last_four"].as_str().expect("an end")));
        Ask::new(secret).send(house.gateway.address()).expect(200);
        assert_eq!(actions(&audit_of(&house, tenant, *id)), ["key.created"]);
        assert!(!house.gateway.log().contains(secret.as_str()));
    }
    let listed = tenant.api.get("/keys?order=asc&tag=night").expect(200).json();
    let names: Vec<&Value> = listed["items"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|key| &key["name"])
        .collect();
    assert_eq!(
        names,
        ["team 1", "team 2", "team 3"],
        "in the order of their names"
    );
}

#[test]
fn keys_are_made_by_names_and_from_any_number_on() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    for (names, expected) in [
        (json!({"by": "list", "names": ["b", "a", "b"]}), ["b", "a", "b"]),
        (
            json!({"by": "pattern", "pattern": "k-{n}", "count": 3, "start": 9}),
            ["k-9", "k-10", "k-11"],
        ),
    ] {
        let body = json!({"names": names, "key": {"name": "any"}});
        let made = tenant.api.post("/keys/batch", &body).expect(201).json();
        let names: Vec<&Value> = made["items"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|item| &item["name"])
            .collect();
        assert_eq!(names, expected);
    }
}

/// Names and key of a batch, the field that is at fault, and the fault's code.
fn wrong_batches(stranger: Uuid) -> Vec<(Value, Value, &'static str, &'static str)> {
    let pattern = |pattern: &str, count: i64| json!({"by": "pattern", "pattern": pattern, "count": count});
    let good = json!({"name": "any"});
    vec![
        (pattern("no number", 2), good.clone(), "names", "pattern"),
        (pattern("k {n}", 0), good.clone(), "names", "out_of_range"),
        (pattern("k {n}", 5_001), good.clone(), "names", "out_of_range"),
        (
            pattern(&"x".repeat(98), 1),
            json!({"name": " any"}),
            "key.name",
            "surrounding_space",
        ),
        (
            pattern(&format!("{}{{n}}", "x".repeat(100)), 2),
            good.clone(),
            "names",
            "too_long",
        ),
        (
            json!({"by": "list", "names": []}),
            good.clone(),
            "names",
            "out_of_range",
        ),
        (
            json!({"by": "list", "names": ["a", ""]}),
            good.clone(),
            "names",
            "required",
        ),
        (
            json!({"by": "dice", "names": ["a"]}),
            good.clone(),
            "names.by",
            "unknown_value",
        ),
        (
            pattern("k {n}", 2),
            json!({"name": "any", "expires_at": "2020-01-01T00:00:00Z"}),
            "key.expires_at",
            "in_the_past",
        ),
        (
            pattern("k {n}", 2),
            json!({"name": "any", "owner_user_id": stranger}),
            "key.owner_user_id",
            "not_found",
        ),
        (
            pattern("k {n}", 2),
            json!({"name": "any", "policy_id": Uuid::now_v7()}),
            "key.policy_id",
            "not_found",
        ),
        (
            pattern("k {n}", 2),
            json!({"name": "any", "bindings": [{"service": "claude", "group_id": Uuid::now_v7()}]}),
            "key.bindings[0].group_id",
            "not_found",
        ),
    ]
}

#[test]
fn all_keys_of_a_batch_are_made_or_none_and_the_wrong_field_is_named() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let stranger = house.poor_tenant();
    for (names, key, field, code) in wrong_batches(stranger.user_id) {
        let body = json!({"names": names, "key": key});
        let reply = tenant.api.post("/keys/batch", &body);
        assert_eq!(
            faults(&reply, 422, "validation_failed"),
            pairs(&[(field, code)]),
            "{body}"
        );
    }
    assert_eq!(tenant.api.get("/keys").expect(200).json()["total"], 0);
}
