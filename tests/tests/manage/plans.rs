//! Plans: the platform pays the list price and its customer what the plan says, and neither's books show the other's.

use super::grants::platform;
use super::told::{actions, audit_of, faults, refused};
use serde_json::{Value, json};
use std::time::Duration;
use tollgate_tests::harness::tenant::id_of;
use tollgate_tests::harness::{Answer, Ask, Event, House, Tenant, Upstream, Usage, unique, wait_until};

fn pool(house: &House, operator: &Tenant, customer: &Tenant, upstream: &Upstream) {
    let group = json!({"service": "claude", "name": unique("pool")});
    let group = id_of(&operator.api.post("/account-groups", &group).expect(201).json()["id"]);
    let account = operator.account(&upstream.url());
    let members = json!({"service": "claude", "name": unique("pool"), "members": [{"account_id": account}]});
    let shown = operator
        .api
        .get(&format!("/account-groups/{group}"))
        .expect(200)
        .json();
    let mut form = members;
    form["version"] = shown["version"].clone();
    form["name"] = shown["name"].clone();
    operator
        .api
        .put(&format!("/account-groups/{group}"), &form)
        .expect(200);
    let grant = json!({"public_name": "Claude pool"});
    operator
        .api
        .put(&format!("/account-groups/{group}/grants/{}", customer.id), &grant)
        .expect(200);
    // A node that starts knows all of it.
    assert!(house.gateway.stop(), "an orderly stop");
    house.gateway.boot();
}

fn own_prices(tenant: &Tenant) -> Value {
    let shown = tenant.api.get("/prices").expect(200).json();
    let items = shown["items"].as_array().expect("prices");
    let found = items.iter().find(|item| item["model"] == "claude-sonnet-4-6");
    found
        .cloned()
        .unwrap_or_else(|| panic!("no price of the model: {shown}"))
}

/// A plan that the customer is given; tells the plan.
fn partners_plan(operator: &Tenant, customer: &Tenant) -> Value {
    let form = json!({
        "name": "Partners", "description": "15 % more", "terms": {
            "factor": "1.15", "minimum_nano": "1000", "own_factor": "0.05", "rules": [
                {"model": "claude-opus-*", "price": {"kind": "own", "prices": {"input": "4", "output": "20"}}},
            ],
        },
    });
    let plan = operator.api.post("/plans", &form).expect(201).json();
    refused(&operator.api.post("/plans", &form), 409, "name_taken");
    let given = json!({"tenant_slug": customer.slug, "plan_id": plan["id"]});
    let given = operator.api.post("/plans/assignments", &given).expect(201).json();
    assert_eq!(
        (&given["plan"], &given["tenant_id"]),
        (&json!("Partners"), &json!(customer.id))
    );
    plan
}

/// The upstream counts a bit more than a thousand tokens and a hundred, each time.
fn answer_always(upstream: &Upstream) {
    upstream.always(
        Answer {
            usage: Usage::of(1_001, 101),
            ..Answer::default()
        }
        .into(),
    );
}

/// The platform's cost stands apart from what the customer sees of the request.
fn both_books(house: &House, event: &Event, plan: &Value, cost: i64) {
    let mut sql = house.sql();
    let row = sql
        .query_one(
            "SELECT c.cost_nano, c.charge_nano, c.cost_lines, e.plan_version::text, e.price_lines, e.account_id
             FROM platform_costs c JOIN usage_events e USING (request_id) WHERE c.request_id = $1",
            &[&event.request_id],
        )
        .expect("the cost");
    assert_eq!(
        (row.get::<_, i64>(0), row.get::<_, i64>(1)),
        (cost, event.charge_nano)
    );
    let lines: Value = row.get(2);
    assert_eq!(lines[0]["amount_nano"], (1_001 * 3_000).to_string());
    assert_eq!(
        row.get::<_, Option<String>>(3).map(Value::from),
        Some(plan["versions"][0]["id"].clone())
    );
    let paid: Value = row.get(4);
    // What it pays is a price: neither the list's nor the factor can be told from it.
    assert_eq!(
        (&paid[0]["price"], &paid[0]["factor"]),
        (&json!("3.45"), &Value::Null)
    );
    assert_eq!(
        row.get::<_, Option<uuid::Uuid>>(5),
        None,
        "whose account it was is not told"
    );
}

/// A name with its provider in front is charged by the rule for the name alone, and priced anew by the same one. What the
/// customer is shown tells neither the list price nor what the platform sent.
fn by_the_rule_of_its_bare_name(house: &House, operator: &Tenant, customer: &Tenant, secret: &str) {
    let ask = Ask::new(secret).with("model", json!("anthropic/claude-opus-4-6"));
    ask.send(house.gateway.address()).expect(200);
    let event = house.event(customer, &ask.id);
    assert_eq!(event.charge_nano, 1_001 * 4_000 + 101 * 20_000);
    let operator = operator.api.clone().moved(house.gateway.address());
    let order =
        json!({"tenant_id": customer.id, "from": "2020-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z"});
    let seen = operator
        .post("/ledger/repricings/preview", &order)
        .expect(200)
        .json();
    assert_eq!(
        (&seen["looked_at"], &seen["events"]),
        (&json!(2), &json!(0)),
        "{seen}"
    );
    let detail = customer
        .api
        .get(&format!("/requests/{}", event.request_id))
        .expect(200)
        .json();
    assert_eq!(detail["upstream_model"], "");
    let line = &detail["price_lines"][0];
    assert_eq!((&line["unit_price"], &line["factor"]), (&json!("4"), &json!("1")));
}

/// The customer's own account costs what the plan says of such.
fn own_account(house: &House, customer: &Tenant) {
    let theirs = Upstream::start();
    answer_always(&theirs);
    let account = customer.account(&theirs.url());
    let bound = json!({"bindings": [{"service": "claude", "account_id": account}]});
    let own = customer.key(bound);
    let ask = Ask::new(&own.secret);
    wait_until("the account is heard of", Duration::from_secs(10), || {
        ask.send(house.gateway.address()).status == 200
    });
    let event = house.event(customer, &ask.id);
    // 5 % of each line, rounded half to even.
    assert_eq!(event.charge_nano, 1_001 * 150 + 101 * 750);
}

#[test]
fn the_customer_pays_by_its_plan_and_the_platform_by_the_list() {
    let house = House::own();
    let (operator, mut customer, upstream) = (platform(&house, "admin"), house.tenant(), Upstream::start());
    let plan = partners_plan(&operator, &customer);
    pool(&house, &operator, &customer, &upstream);
    customer.api = customer.api.moved(house.gateway.address());
    let shown = own_prices(&customer);
    assert_eq!(
        (&shown["prices"]["input"], &shown["prices"]["output"]),
        (&json!("3.45"), &json!("17.25"))
    );
    assert_eq!(
        (&shown["own_account"], &shown["minimum_nano"]),
        (&json!(false), &json!("1000"))
    );
    let key = customer.key(json!({}));
    answer_always(&upstream);
    let ask = Ask::new(&key.secret);
    ask.send(house.gateway.address()).expect(200);
    let event = house.event(&customer, &ask.id);
    let (cost, charge) = (1_001 * 3_000 + 101 * 15_000, 1_001 * 3_450 + 101 * 17_250);
    assert_eq!(event.charge_nano, charge);
    assert!(event.reserved_nano >= charge);
    both_books(&house, &event, &plan, cost);
    by_the_rule_of_its_bare_name(&house, &operator, &customer, &key.secret);
    own_account(&house, &customer);
    house.verify();
    let lines = audit_of(&house, &operator, id_of(&plan["id"]));
    assert_eq!(actions(&lines), ["plan.created"]);
}

#[test]
fn a_plans_numbers_are_checked_and_its_past_stays() {
    let house = House::own();
    let operator = platform(&house, "owner");
    let terms = |terms: Value| json!({"name": unique("plan"), "terms": terms});
    for (form, field) in [
        (terms(json!({"factor": "much"})), "terms.factor"),
        (
            terms(json!({"factor": "1", "own_factor": "-1"})),
            "terms.own_factor",
        ),
        (
            terms(json!({"factor": "1", "minimum_nano": "-1"})),
            "terms.minimum_nano",
        ),
        (
            terms(json!({"factor": "1", "rules": [{"price": {"kind": "own", "prices": {"input": "1"}}}]})),
            "terms.rules[0].price.prices",
        ),
        (
            terms(json!({"factor": "1", "rules": [{"price": {"kind": "factor", "factor": "x"}}]})),
            "terms.rules[0].price.factor",
        ),
        (
            terms(json!({"factor": "1", "effective_from": "2020-01-01T00:00:00Z"})),
            "terms.effective_from",
        ),
    ] {
        let named = faults(&operator.api.post("/plans", &form), 422, "validation_failed");
        assert_eq!(named[0].0, field, "{form}");
    }
    let plan = operator
        .api
        .post("/plans", &terms(json!({"factor": "1.5"})))
        .expect(201)
        .json();
    let versions = format!("/plans/{}/versions", plan["id"].as_str().expect("an id"));
    let later = json!({"factor": "1.2", "effective_from": "2099-01-01T00:00:00Z"});
    let changed = operator.api.post(&versions, &later).expect(201).json();
    let told: Vec<(&Value, &Value)> = changed["versions"]
        .as_array()
        .expect("versions")
        .iter()
        .map(|version| (&version["factor"], &version["holds"]))
        .collect();
    assert_eq!(
        told,
        [(&json!("1.2"), &json!(false)), (&json!("1.5"), &json!(true))]
    );
    let named = faults(
        &operator.api.post(&versions, &json!({"factor": "1.3"})),
        422,
        "validation_failed",
    );
    assert_eq!(named[0].0, "effective_from");
    let nobody = json!({"tenant_slug": "nobody-at-all", "plan_id": plan["id"]});
    let named = faults(
        &operator.api.post("/plans/assignments", &nobody),
        422,
        "validation_failed",
    );
    assert_eq!(named[0].0, "tenant_slug");
}
