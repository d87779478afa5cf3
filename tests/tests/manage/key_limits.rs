//! How much of its limits a key has used: its own, its user's, the organisation's, and the budgets that it falls under.

use super::told::refused;
use serde_json::{Value, json};
use tollgate_tests::harness::{Ask, House, SOON, wait_until};

fn of<'a>(shown: &'a Value, subject: &str) -> &'a Value {
    let limits = shown["limits"].as_array().expect("a list");
    let mut found = limits.iter().filter(|limit| limit["subject"] == subject);
    found.next().expect("the limit is told")
}

#[test]
fn what_a_key_has_used_is_told_by_limit_and_by_budget() {
    let house = House::own();
    let scene = house.scene();
    let api = &scene.tenant.api;
    let rules = json!({"windows": [{"span": "hour", "requests": 5_000}]});
    let key = scene.tenant.key(json!({"rules": rules}));
    let limits = json!({"windows": [{"span": "day", "requests": 100}], "version": 0});
    api.put("/limits", &limits).expect(200);
    let budget = json!({"name": "one key", "scope": {"kind": "key", "key_id": key.id}, "period": "total",
                        "limit_nano": "5000000000"});
    api.post("/budgets", &budget).expect(201);
    let path = format!("/keys/{}/limits", key.id);
    wait_until("the new limits are heard of", SOON, || {
        Ask::new(&key.secret).send(house.gateway.address()).expect(200);
        let shown = api.get(&path).expect(200).json();
        of(&shown, "tenant")["used"] != 0
    });
    house.settle();
    let shown = api.get(&path).expect(200).json();
    let own = of(&shown, "key");
    assert_eq!(
        (&own["limit"], &own["span"], &own["metric"]),
        (&json!(5_000), &json!("hour"), &json!("requests"))
    );
    assert!(
        (1..=5_000).contains(&own["used"].as_u64().expect("a number")),
        "{shown}"
    );
    assert_eq!(shown["budgets"][0]["name"], "one key", "{shown}");
    let member = house.person(&scene.tenant, "member");
    refused(&member.api.get(&path), 404, "not_found");
    house.finish();
}
