//! Budgets while nodes spend of them: what a change has to wait for, and what is told of nodes that are lost.

use super::budgets::{USD, announced, change, made, path};
use super::told::{faults, pairs};
use serde_json::{Value, json};
use std::time::Duration;
use tollgate_tests::harness::tenant::id_of;
use tollgate_tests::harness::{House, wait_until};
use uuid::Uuid;

/// A form that changes nothing but the limit.
fn to(budget: &Value, nano: i64) -> Value {
    change(budget, &json!({"limit_nano": nano.to_string(), "version": null}))
}

fn period_limit(house: &House, budget: Uuid) -> i64 {
    let limit = "SELECT limit_nano FROM budget_periods WHERE budget_id = $1";
    house
        .sql()
        .query_one(limit, &[&budget])
        .expect("the period")
        .get(0)
}

#[test]
fn a_limit_holds_at_once_and_goes_no_lower_than_what_is_spent_or_held() {
    let house = House::own();
    let tenant = house.poor_tenant();
    let budget = made(&tenant, &json!({}));
    let (id, start) = (
        id_of(&budget["id"]),
        budget["period_start"].as_str().expect("a start"),
    );
    let drawn = house.drawn(&tenant, id, start, 6 * USD, 2 * USD);
    let seen = tenant.api.get(&path(&budget)).expect(200).json();
    for (field, dollars) in [("spent_nano", 2), ("reserved_nano", 4), ("left_nano", 4)] {
        assert_eq!(seen[field], (dollars * USD).to_string(), "{field}");
    }
    let reply = tenant.api.put(&path(&budget), &to(&budget, 2 * USD - 1));
    let below = pairs(&[("limit_nano", "below_used")]);
    assert_eq!(faults(&reply, 422, "validation_failed"), below);
    assert!(
        reply.text().contains("2000000000"),
        "how much is used: {}",
        reply.text()
    );
    let reply = tenant.api.put(&path(&budget), &to(&budget, 5 * USD));
    assert_eq!(faults(&reply, 409, "in_use"), pairs(&[("limit_nano", "in_use")]));
    assert!(
        reply.text().contains("$4.00"),
        "how much is held: {}",
        reply.text()
    );
    let recalls = announced(&house, &tenant, "recall", id);
    assert_eq!(recalls, 1, "nodes were asked to give back");
    let after = tenant.api.get(&path(&budget)).expect(200).json();
    assert_eq!(after, seen, "nothing half-done");
    tenant.api.put(&path(&budget), &to(&budget, 6 * USD)).expect(200);
    assert_eq!(period_limit(&house, id), 6 * USD, "all that is drawn fits");
    // A budget that only warns bounds nothing, so nothing has to come back.
    let mut soft = to(&budget, 2 * USD);
    soft["hard"] = json!(false);
    tenant.api.put(&path(&budget), &soft).expect(200);
    assert_eq!(period_limit(&house, id), 2 * USD);
    drop(drawn);
}

#[test]
fn whoever_lowers_a_limit_waits_until_nodes_have_given_back_what_they_do_not_need() {
    let house = House::own();
    let tenant = house.poor_tenant();
    let budget = made(&tenant, &json!({}));
    let (id, start) = (
        id_of(&budget["id"]),
        budget["period_start"].as_str().expect("a start"),
    );
    let drawn = house.drawn(&tenant, id, start, 6 * USD, 2 * USD);
    std::thread::scope(|scope| {
        let waits = scope.spawn(|| tenant.api.put(&path(&budget), &to(&budget, 3 * USD)));
        wait_until("the recall is announced", Duration::from_secs(10), || {
            announced(&house, &tenant, "recall", id) == 1
        });
        house
            .sql()
            .batch_execute(&format!(
                "UPDATE budget_periods SET granted_nano = granted_nano - 4 * {USD}::bigint WHERE budget_id = '{id}';
                 UPDATE budget_leases SET granted_nano = granted_nano - 4 * {USD}::bigint WHERE budget_id = '{id}'"
            ))
            .expect("given back");
        waits.join().expect("an answer").expect(200);
    });
    assert_eq!(period_limit(&house, id), 3 * USD);
    drop(drawn);
}

#[test]
fn what_a_lost_node_holds_is_named() {
    let house = House::own();
    let tenant = house.poor_tenant();
    let budget = made(&tenant, &json!({"period": "total"}));
    let id = id_of(&budget["id"]);
    assert_eq!(budget["period_end"], Value::Null);
    let start = budget["period_start"].as_str().expect("a start");
    let (lost, alive) = (
        house.drawn(&tenant, id, start, 3 * USD, USD),
        house.drawn(&tenant, id, start, USD, 0),
    );
    for (node, heard) in [(lost.node, "1 hour"), (alive.node, "0")] {
        house
            .sql()
            .execute(
                "INSERT INTO node_epochs (node_id, epoch, started_at, heartbeat_at)
                 VALUES ($1, 1, now() - interval '2 hours', now() - $2::text::interval)",
                &[&node, &heard],
            )
            .expect("an epoch");
    }
    let seen = tenant.api.get(&path(&budget)).expect(200).json();
    assert_eq!(seen["reserved_nano"], (3 * USD).to_string());
    let holds = seen["held_by_lost_nodes"].as_array().expect("a list");
    assert_eq!(holds.len(), 1, "{seen}");
    assert_eq!(holds[0]["node_id"], json!(lost.node));
    assert_eq!(holds[0]["held_nano"], (2 * USD).to_string());
}
