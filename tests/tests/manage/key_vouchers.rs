//! Vouchers for keys: what they bring, to whose, and that nothing of it is lost.

use super::told::{actions, audit_of, faults, pairs, refused};
use super::vouchers::{USD, own, redeem, redeem_for};
use serde_json::{Value, json};
use tollgate_tests::harness::tenant::id_of;
use tollgate_tests::harness::{House, Reply, Tenant};
use uuid::Uuid;

fn total_budget(tenant: &Tenant, key: Uuid) -> Value {
    let form = json!({
        "name": format!("of {key}"), "scope": {"kind": "key", "key_id": key}, "period": "total", "limit_nano": USD.to_string(),
    });
    tenant.api.post("/budgets", &form).expect(201).json()
}

fn limit(tenant: &Tenant, budget: &Value) -> String {
    let path = format!("/budgets/{}", id_of(&budget["id"]));
    let seen = tenant.api.get(&path).expect(200).json();
    seen["limit_nano"].as_str().expect("an amount").to_owned()
}

#[test]
fn a_key_gets_money_and_days_once_and_nothing_is_lost_on_the_way() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let (member, other) = (house.person(&tenant, "member"), house.person(&tenant, "member"));
    let ends = "2190-01-02T00:00:00Z";
    let key = tenant
        .key(json!({"owner_user_id": member.id, "expires_at": ends}))
        .id;
    let forever = tenant.key(json!({"owner_user_id": member.id})).id;
    let both = json!({"count": 1, "amount_nano": (2 * USD).to_string(), "days": 30});
    let (items, codes) = own(&tenant, &both);
    let code = &codes[0];
    let fault = |reply: &Reply| faults(reply, 422, "validation_failed");
    assert_eq!(
        fault(&redeem(&member.api, code)),
        pairs(&[("key_id", "required")])
    );
    assert_eq!(
        fault(&redeem_for(&other.api, code, key)),
        pairs(&[("key_id", "not_found")])
    );
    assert_eq!(
        fault(&redeem_for(&member.api, code, key)),
        pairs(&[("key_id", "no_budget")])
    );
    total_budget(&tenant, forever);
    assert_eq!(
        fault(&redeem_for(&member.api, code, forever)),
        pairs(&[("key_id", "never_expires")])
    );
    let budget = total_budget(&tenant, key);
    assert_eq!(
        limit(&tenant, &budget),
        USD.to_string(),
        "refusals left nothing behind"
    );
    let brought = redeem_for(&member.api, code, key).expect(200).json();
    assert_eq!(
        brought["value"],
        json!({"kind": "key", "amount_nano": "2000000000", "days": 30})
    );
    assert_eq!(brought["expires_at"], "2190-02-01T00:00:00Z");
    assert_eq!(limit(&tenant, &budget), (3 * USD).to_string());
    let seen = tenant.api.get(&format!("/keys/{key}")).expect(200).json();
    assert_eq!(
        (&seen["expires_at"], &seen["version"]),
        (&brought["expires_at"], &json!(2))
    );
    assert_eq!(
        redeem_for(&member.api, code, key).expect(200).json(),
        brought,
        "the same answer again"
    );
    refused(&redeem_for(&member.api, code, forever), 422, "voucher_refused");
    assert_eq!(limit(&tenant, &budget), (3 * USD).to_string());
    told_of(
        &house,
        &tenant,
        [id_of(&items[0]["id"]), id_of(&budget["id"]), key],
    );
    let listed = tenant.api.get("/vouchers").expect(200).json();
    assert_eq!(listed["items"][0]["redeemed_by"], json!(member.email));
}

/// What is told of a voucher that was redeemed, of the budget that it raised and of its key.
fn told_of(house: &House, tenant: &Tenant, [voucher, budget, key]: [Uuid; 3]) {
    let listed = tenant.api.get("/vouchers").expect(200).json();
    let shown = &listed["items"][0];
    assert_eq!((&shown["id"], &shown["key_id"]), (&json!(voucher), &json!(key)));
    for (target, expected) in [
        (voucher, ["voucher.created", "voucher.redeemed"]),
        (budget, ["budget.created", "budget.updated"]),
        (key, ["key.created", "key.updated"]),
    ] {
        assert_eq!(actions(&audit_of(house, tenant, target)), expected);
    }
    let period: i64 = house
        .sql()
        .query_one(
            "SELECT limit_nano FROM budget_periods WHERE budget_id = $1",
            &[&budget],
        )
        .expect("the period")
        .get(0);
    assert_eq!(period, 3 * USD, "nodes may draw it at once");
}

#[test]
fn days_count_from_now_on_for_a_key_that_has_expired() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let key = tenant.key(json!({"expires_at": "2190-01-02T00:00:00Z"})).id;
    house
        .sql()
        .execute(
            "UPDATE api_keys SET expires_at = now() - interval '100 days' WHERE key_id = $1",
            &[&key],
        )
        .expect("expired");
    let (_, codes) = own(&tenant, &json!({"count": 1, "days": 7}));
    let brought = redeem_for(&tenant.api, &codes[0], key).expect(200).json();
    let until: chrono::DateTime<chrono::Utc> = brought["expires_at"]
        .as_str()
        .expect("an instant")
        .parse()
        .expect("one");
    let left = until - chrono::Utc::now();
    assert!(
        left > chrono::TimeDelta::days(6) && left <= chrono::TimeDelta::days(7),
        "{left}"
    );
    let (_, codes) = own(&tenant, &json!({"count": 40, "days": 3650}));
    let mut last = redeem_for(&tenant.api, &codes[0], key);
    for code in &codes[1..18] {
        last = redeem_for(&tenant.api, code, key);
    }
    assert_eq!(
        faults(&last, 422, "validation_failed"),
        pairs(&[("key_id", "out_of_range")]),
        "beyond the year 2200"
    );
}

#[test]
fn days_lengthen_the_life_of_a_key_that_nobody_used_yet() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let key = tenant.key(json!({"lifetime_s": 86_400})).id;
    let (_, codes) = own(&tenant, &json!({"count": 2, "days": 7}));
    let brought = redeem_for(&tenant.api, &codes[0], key).expect(200).json();
    assert_eq!(brought["expires_at"], Value::Null, "it begins with its first use");
    let seen = tenant.api.get(&format!("/keys/{key}")).expect(200).json();
    assert_eq!(
        (&seen["lifetime_s"], &seen["expires_at"], &seen["version"]),
        (&json!(8 * 86_400), &Value::Null, &json!(2))
    );
    assert_eq!(
        redeem_for(&tenant.api, &codes[0], key).expect(200).json(),
        brought,
        "the same answer again"
    );
    let long = tenant.key(json!({"lifetime_s": 3_650 * 86_400 - 1})).id;
    assert_eq!(
        faults(
            &redeem_for(&tenant.api, &codes[1], long),
            422,
            "validation_failed"
        ),
        pairs(&[("key_id", "out_of_range")])
    );
}
