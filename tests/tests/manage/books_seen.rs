//! The books as the platform's own people see them: journals, seals, verifications, and past requests priced anew with what
//! they cost upstream.

use super::books::doubled;
use super::grants::platform;
use super::margin;
use super::told::{actions, audit_of, faults, refused};
use serde_json::{Value, json};
use tollgate_tests::harness::{House, SOON, Tenant, Upstream, wait_for};
use uuid::Uuid;

/// A node that beats.
fn beating(operator: &Tenant) -> Value {
    wait_for("a heartbeat", SOON, || {
        let books = operator.api.get("/ledger/books").expect(200).json();
        books["journals"][0]["requests"].is_i64().then_some(books)
    })
}

#[test]
fn an_operator_sees_journals_and_seals_and_where_they_went() {
    let house = House::own();
    let operator = platform(&house, "finance");
    let books = beating(&operator);
    let journal = &books["journals"][0];
    assert_eq!(
        (&journal["state"], &journal["epoch"]),
        (&json!("running"), &json!(1))
    );
    assert!(journal["free_bytes"].as_i64().is_some_and(|bytes| bytes > 0));
    assert_eq!(
        (&books["dead_letters"], &books["undelivered_seals"]),
        (&json!(0), &json!(0))
    );
    let sealed = house.gateway.cli(&["ledger", "seal"]);
    assert!(sealed.status.success(), "{sealed:?}");
    let seals = operator.api.get("/ledger/seals").expect(200).json();
    let seal = &seals["items"][0];
    // The day's own may stand before it.
    let no = seal["seal_no"].as_i64().expect("a number");
    assert_eq!(seal["deliveries"][0]["place"], "folder");
    assert!(seal["deliveries"][0]["delivered_at"].is_string(), "{seal}");
    let document = operator.api.get(&format!("/ledger/seals/{no}")).expect(200);
    assert_eq!(document.header("content-type"), Some("application/x-ndjson"));
    let shown = house.gateway.cli(&["ledger", "show-seal", &no.to_string()]);
    assert_eq!(document.text(), String::from_utf8_lossy(&shown.stdout));
    refused(&operator.api.get("/ledger/seals/999"), 404, "not_found");
    house.finish();
}

/// Asks for a verification and waits for what it found.
fn verified(operator: &Tenant, scope: &str) -> Value {
    operator
        .api
        .post("/ledger/verifications", &json!({"scope": scope}))
        .expect(202);
    wait_for("it is verified", SOON, || {
        let books = operator.api.get("/ledger/books").expect(200).json();
        (books["verifying"].is_null() && books["verified"]["scope"] == scope)
            .then(|| books["verified"].clone())
    })
}

#[test]
fn an_operator_has_the_books_verified_and_is_told_the_first_row_that_does_not_fit() {
    let house = House::own();
    let (scene, operator) = (house.scene(), platform(&house, "admin"));
    let ask = tollgate_tests::harness::Ask::new(&scene.key.secret);
    ask.send(house.gateway.address()).expect(200);
    house.settle();
    let event = house.event(&scene.tenant, &ask.id);
    let good = verified(&operator, "whole");
    assert_eq!(
        (&good["passed"], &good["author"]),
        (&json!(true), &json!(operator.email))
    );
    assert!(
        good["checks"]["ledger_batches"]
            .as_u64()
            .is_some_and(|rows| rows > 0)
    );
    let charge = "UPDATE usage_events SET charge_nano = charge_nano + $2 WHERE request_id = $1";
    let mut sql = house.sql();
    sql.execute(charge, &[&event.request_id, &1_i64])
        .expect("a defect");
    let bad = verified(&operator, "quick");
    assert_eq!(bad["passed"], false);
    let failures = bad["failures"].as_array().expect("failures");
    let whose = json!(scene.tenant.id);
    assert!(failures.iter().any(|one| one["tenant_id"] == whose), "{bad}");
    sql.execute(charge, &[&event.request_id, &-1_i64])
        .expect("mended");
    let listed = operator
        .api
        .get("/ledger/verifications?limit=1")
        .expect(200)
        .json();
    assert_eq!(listed["items"][0]["id"], bad["id"]);
    let cursor = listed["next_cursor"].as_str().expect("an older one");
    let path = format!("/ledger/verifications?limit=1&cursor={cursor}");
    let older = operator.api.get(&path).expect(200).json();
    assert_eq!(older["items"][0]["id"], good["id"]);
    let id: Uuid = serde_json::from_value(good["id"].clone()).expect("an id");
    assert_eq!(
        actions(&audit_of(&house, &operator, id)),
        ["ledger.verification_asked"]
    );
    let found = operator
        .api
        .post("/ledger/verifications", &json!({"scope": "all"}));
    assert_eq!(found.status, 422, "{}", found.text());
    house.finish();
}

#[test]
fn nobody_else_sees_the_books() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let member = platform(&house, "member");
    for path in [
        "/ledger/books",
        "/ledger/seals",
        "/ledger/seals/1",
        "/ledger/verifications",
        "/ledger/repricings",
    ] {
        refused(&tenant.api.get(path), 403, "forbidden");
        refused(&member.api.get(path), 403, "forbidden");
    }
    for other in [&tenant, &member] {
        let form = json!({"scope": "quick"});
        refused(&other.api.post("/ledger/verifications", &form), 403, "forbidden");
    }
}

#[test]
fn what_requests_cost_upstream_is_priced_anew_with_what_they_are_charged() {
    let house = House::own();
    let operator = margin::platform(&house);
    let upstream = Upstream::start();
    let account = operator.account_with(&upstream.url(), json!({"name": "House account"}));
    let (customer, _) = margin::customer(&house, &operator, account);
    house.settle();
    let before = operator.api.get("/margin").expect(200).json();
    let csv = house.gateway.data_dir().join("dear.csv");
    let list = include_str!("../../../data/model_prices.csv");
    std::fs::write(&csv, doubled(list)).expect("a file");
    let tomorrow = (chrono::Utc::now() + chrono::TimeDelta::days(1)).to_rfc3339();
    let words = [
        "prices",
        "import",
        &csv.display().to_string(),
        "--effective-from",
        &tomorrow,
    ];
    let imported = house.gateway.cli(&words);
    assert!(imported.status.success(), "{imported:?}");
    let day_after = (chrono::Utc::now() + chrono::TimeDelta::days(2)).to_rfc3339();
    let order = json!({
        "tenant_id": customer.id, "from": "2020-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z", "prices_at": day_after,
    });
    let seen = wait_for("the new prices", SOON, || {
        let seen = operator
            .api
            .post("/ledger/repricings/preview", &order)
            .expect(200)
            .json();
        (seen["events"] != 0).then_some(seen)
    });
    assert_eq!(seen["costs"]["events"], seen["events"]);
    assert_eq!(seen["costs"]["old_nano"], before["totals"]["cost_nano"]);
    assert!(seen["first"][0]["new_cost_nano"].is_string());
    let mut order = order;
    order["prices_at"] = seen["prices_at"].clone();
    let form = json!({
        "repricing_id": Uuid::now_v7(), "order": order, "fingerprint": seen["fingerprint"], "reason": "came late",
    });
    let booked = operator.api.post("/ledger/repricings", &form).expect(200).json();
    assert_eq!(booked["costs"]["new_nano"], seen["costs"]["new_nano"]);
    let after = operator.api.get("/margin").expect(200).json();
    assert_eq!(after["totals"]["cost_nano"], booked["costs"]["new_nano"]);
    assert_eq!(after["tie"]["cost_nano"], after["tie"]["ledger_cost_nano"]);
    let past = operator.api.get("/ledger/repricings").expect(200).json();
    let one = &past["items"][0];
    assert_eq!(
        (&one["tenant"], &one["reason"], &one["booked"]),
        (&json!(customer.slug), &json!("came late"), &booked)
    );
    let unnamed =
        json!({"repricing_id": Uuid::now_v7(), "order": form["order"], "fingerprint": "x", "reason": ""});
    let found = faults(
        &operator.api.post("/ledger/repricings", &unnamed),
        422,
        "validation_failed",
    );
    let fields: Vec<&str> = found.iter().map(|fault| fault.0.as_str()).collect();
    assert_eq!(fields, ["fingerprint", "reason"]);
    house.verify();
    house.finish();
}
