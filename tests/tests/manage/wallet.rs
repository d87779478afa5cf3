//! The wallet by the operator's hand, and what is told of money by itself.

use super::told::{actions, audit, faults, pairs, refused};
use serde_json::{Value, json};
use std::time::Duration;
use tollgate_tests::harness::house::said;
use tollgate_tests::harness::tenant::id_of;
use tollgate_tests::harness::{Ask, House, Tenant, wait_until};

const USD: i64 = 1_000_000_000;
/// Jobs are looked for each five seconds.
const A_JOB: Duration = Duration::from_secs(40);

fn figures(tenant: &Tenant) -> Value {
    tenant.api.get("/billing/balance").expect(200).json()
}

fn operator(house: &House, words: &[&str]) -> (bool, String) {
    let output = house.gateway.cli(&[&["tenant"], words].concat());
    (output.status.success(), said(&output))
}

fn notices(tenant: &Tenant, kind: &str) -> Vec<Value> {
    let told = tenant.api.get("/notices").expect(200).json();
    let items = told["items"].as_array().expect("items").iter();
    items
        .map(|notice| notice["text"].clone())
        .filter(|text| text["kind"] == kind)
        .collect()
}

#[test]
fn a_credit_limit_lets_requests_through_and_the_balance_fall_below_zero() {
    let house = House::shared();
    let scene = house.scene();
    let tenant = house.poor_tenant();
    tenant.account(&scene.upstream.url());
    let key = tenant.key(json!({}));
    let status = |key: &str| Ask::new(key).send(house.gateway.address()).status;
    assert!(status(&key.secret) >= 400, "an empty wallet pays for nothing");
    let (done, told) = operator(&house, &["credit-limit", &tenant.slug, "5"]);
    assert!(done, "{told}");
    let seen = figures(&tenant);
    assert_eq!(
        (&seen["credit_limit_nano"], &seen["balance_nano"]),
        (&json!("5000000000"), &json!("0"))
    );
    assert_eq!(
        (&seen["available_nano"], &seen["paid_in_nano"]),
        (&json!("5000000000"), &json!("0"))
    );
    wait_until("the node asks for money again", Duration::from_secs(10), || {
        status(&key.secret) == 200
    });
    house.settle();
    let seen = figures(&tenant);
    let amount = |field: &str| -> i64 {
        seen[field]
            .as_str()
            .expect("an amount")
            .parse()
            .expect("a number")
    };
    assert!(amount("balance_nano") < 0, "{seen}");
    assert_eq!(amount("charged_nano"), -amount("balance_nano"), "{seen}");
    let (done, told) = operator(&house, &["credit-limit", &tenant.slug, "0"]);
    assert!(!done && told.contains("is used or held"), "{told}");
    let (done, told) = operator(&house, &["refund", &tenant.slug, "0.01", "--reason", "never"]);
    assert!(
        !done && told.contains("only $0.00"),
        "credit is not paid out: {told}"
    );
    let (done, told) = operator(&house, &["credit-limit", &tenant.slug, "4"]);
    assert!(done && told.contains("it was $5.00"), "{told}");
    let lines = audit(&house, &tenant);
    let set = lines
        .iter()
        .filter(|line| line.action == "wallet.credit_limit_set");
    assert_eq!(set.count(), 2);
    for wrong in ["-1", "1e3", "0.0000000001", "much"] {
        assert!(
            !operator(&house, &["credit-limit", &tenant.slug, "--", wrong]).0,
            "{wrong}"
        );
    }
    house.verify();
}

#[test]
fn a_refund_is_booked_once_and_pays_back_what_is_there() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    house.credit(&tenant, "10");
    let refund = |amount: &str, key: &str| {
        operator(
            &house,
            &[
                "refund",
                &tenant.slug,
                amount,
                "--reason",
                "asked for",
                "--idempotency-key",
                key,
            ],
        )
    };
    assert!(refund("4", "one").0);
    let (done, told) = refund("4", "one");
    assert!(done && told.contains("was booked before"), "{told}");
    assert_eq!(figures(&tenant)["balance_nano"], (6 * USD).to_string());
    assert!(!refund("5", "one").0, "another refund under the same key");
    let (done, told) = refund("6.01", "two");
    assert!(!done && told.contains("only $6.00"), "{told}");
    assert!(refund("6", "three").0);
    let seen = figures(&tenant);
    assert_eq!(
        (&seen["balance_nano"], &seen["paid_in_nano"]),
        (&json!("0"), &json!("0"))
    );
    let transfers = tenant
        .api
        .get("/billing/transfers?kind=refund")
        .expect(200)
        .json();
    assert_eq!(transfers["items"].as_array().map(Vec::len), Some(2));
    assert_eq!(transfers["items"][0]["to_account"], "cash");
    assert_eq!(
        actions(&audit(&house, &tenant))
            .iter()
            .filter(|action| **action == "wallet.refunded")
            .count(),
        2
    );
    house.verify();
}

#[test]
fn each_threshold_of_a_budget_is_told_once_in_a_period() {
    let house = House::own();
    let tenant = house.poor_tenant();
    let form = json!({
        "name": "Team", "scope": {"kind": "tenant"}, "period": "month", "limit_nano": (10 * USD).to_string(),
        "thresholds": [50, 80, 150],
    });
    let budget = tenant.api.post("/budgets", &form).expect(201).json();
    let (id, start) = (
        id_of(&budget["id"]),
        budget["period_start"].as_str().expect("a start"),
    );
    let first = house.drawn(&tenant, id, start, 6 * USD, 6 * USD);
    wait_until("the first threshold is told", A_JOB, || {
        !notices(&tenant, "budget_threshold").is_empty()
    });
    let told = notices(&tenant, "budget_threshold").remove(0);
    for (field, value) in [
        ("budget", json!("Team")),
        ("threshold", json!(50)),
        ("percent", json!(60)),
        ("spent_nano", json!("6000000000")),
        ("limit_nano", json!("10000000000")),
        ("hard", json!(true)),
        ("time_zone", json!("Europe/Berlin")),
    ] {
        assert_eq!(told[field], value, "{told}");
    }
    assert_eq!(
        (&told["period_start"], &told["period_end"]),
        (&budget["period_start"], &budget["period_end"])
    );
    let more = house.drawn(&tenant, id, start, 3 * USD, 3 * USD);
    wait_until("the second threshold is told", A_JOB, || {
        notices(&tenant, "budget_threshold").len() == 2
    });
    // Another look, which has everything to look at again.
    house
        .sql()
        .batch_execute("DELETE FROM job_marks")
        .expect("forgotten");
    wait_until("it has looked again", A_JOB, || {
        let marks = house.sql().query_one("SELECT count(*) FROM job_marks", &[]);
        marks.expect("a count").get::<_, i64>(0) > 0
    });
    let thresholds: Vec<Value> = notices(&tenant, "budget_threshold")
        .iter()
        .map(|text| text["threshold"].clone())
        .collect();
    assert_eq!(thresholds, [json!(80), json!(50)], "each once, the newest first");
    let due: i64 = house
        .sql()
        .query_one(
            "SELECT count(*) FROM outbox WHERE tenant_id = $1 AND kind = 'cost_warning' AND delivered_at IS NULL",
            &[&tenant.id],
        )
        .expect("a count")
        .get(0);
    assert_eq!(due, 2, "they wait for a channel");
    drop((first, more));
}

#[test]
fn a_low_balance_is_told_each_time_it_falls() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    house.credit(&tenant, "10");
    let set = |amount: Value| {
        tenant
            .api
            .put("/billing/notices", &json!({"low_balance_nano": amount}))
    };
    assert_eq!(tenant.api.get("/billing/notices").expect(200).json(), json!({}));
    set(json!((8 * USD).to_string())).expect(200);
    let take =
        |amount: &str| assert!(operator(&house, &["refund", &tenant.slug, amount, "--reason", "a test"]).0);
    take("3");
    wait_until("it is told", A_JOB, || notices(&tenant, "low_balance").len() == 1);
    let told = notices(&tenant, "low_balance").remove(0);
    assert_eq!(
        (&told["balance_nano"], &told["low_balance_nano"]),
        (&json!("7000000000"), &json!("8000000000"))
    );
    take("1");
    house.credit(&tenant, "5");
    let above = || -> bool {
        let row = house.sql().query_one(
            "SELECT low_since IS NULL FROM notice_settings WHERE tenant_id = $1",
            &[&tenant.id],
        );
        row.expect("the settings").get(0)
    };
    wait_until("it is seen to be above again", A_JOB, above);
    assert_eq!(notices(&tenant, "low_balance").len(), 1, "below is told once");
    take("5");
    wait_until("the second fall is told", A_JOB, || {
        notices(&tenant, "low_balance").len() == 2
    });
    assert_eq!(set(Value::Null).expect(200).json(), json!({}));
    assert_eq!(
        audit(&house, &tenant)
            .iter()
            .filter(|line| line.action == "notices.updated")
            .count(),
        2
    );
}

#[test]
fn of_what_one_is_told_is_for_those_who_see_money() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let (finance, member) = (house.person(&tenant, "finance"), house.person(&tenant, "member"));
    let form = json!({"low_balance_nano": "1"});
    finance.api.put("/billing/notices", &form).expect(200);
    for reply in [
        member.api.get("/notices"),
        member.api.get("/billing/notices"),
        member.api.put("/billing/notices", &form),
    ] {
        refused(&reply, 403, "forbidden");
    }
    for (amount, code) in [
        ("0", "out_of_range"),
        ("-1", "out_of_range"),
        ("9223372036854775807", "out_of_range"),
    ] {
        let reply = tenant
            .api
            .put("/billing/notices", &json!({"low_balance_nano": amount}));
        assert_eq!(
            faults(&reply, 422, "validation_failed"),
            pairs(&[("low_balance_nano", code)])
        );
    }
    let reply = tenant.api.put("/billing/notices", &json!({"colour": "red"}));
    assert_eq!(
        faults(&reply, 422, "validation_failed"),
        pairs(&[("colour", "unknown_field")])
    );
    let stranger = house.poor_tenant();
    assert_eq!(stranger.api.get("/billing/notices").expect(200).json(), json!({}));
}
