//! What the platform's own people do with the books, and how long an organisation keeps what is personal.

use super::grants::platform;
use super::told::{actions, audit_of, faults, refused};
use serde_json::{Value, json};
use tollgate_tests::harness::{Api, Ask, House, SOON, wait_until};
use uuid::Uuid;

#[test]
fn the_keys_of_seals_are_shown_to_anybody() {
    let house = House::own();
    let nobody = Api::anonymous(house.gateway.address());
    let sealed = house.gateway.cli(&["ledger", "seal"]);
    assert!(sealed.status.success(), "{sealed:?}");
    let keys = nobody.get("/ledger/keys").expect(200).json();
    let key = &keys["keys"][0];
    assert_eq!(
        (&key["algorithm"], &key["retired_at"]),
        (&json!("Ed25519"), &Value::Null)
    );
    assert_eq!(key["public_key"].as_str().map(str::len), Some(64));
    let rotated = house.gateway.cli(&["ledger", "rotate-key"]);
    assert!(rotated.status.success(), "{rotated:?}");
    // Answers are kept for some seconds.
    let shown = || nobody.get("/ledger/keys").expect(200).json()["keys"].clone();
    wait_until("the new key is shown", SOON, || {
        shown().as_array().map(Vec::len) == Some(2)
    });
    let both = shown();
    assert_eq!(both[1]["key_id"], key["key_id"]);
    assert!(both[1]["retired_at"].is_string());
    // Seals lie in the folder, each as the database has it.
    let folder = house.gateway.data_dir().join("seals");
    let text = std::fs::read_to_string(folder.join("seal-00000001.jsonl")).expect("a file");
    let shown = house.gateway.cli(&["ledger", "show-seal", "1"]);
    assert_eq!(String::from_utf8_lossy(&shown.stdout), text);
    let folder = folder.display().to_string();
    let compared = house.gateway.cli(&["ledger", "verify", "--seals", &folder]);
    assert!(compared.status.success(), "{compared:?}");
    house.finish();
}

#[test]
fn a_past_period_is_priced_anew_exactly_as_it_was_previewed() {
    let house = House::own();
    let (scene, platform) = (house.scene(), platform(&house, "finance"));
    let ask = Ask::new(&scene.key.secret);
    ask.send(house.gateway.address()).expect(200);
    house.settle();
    let event = house.event(&scene.tenant, &ask.id);
    // Twice as dear from tomorrow on.
    let csv = house.gateway.data_dir().join("dear.csv");
    let list = include_str!("../../../data/model_prices.csv");
    std::fs::write(&csv, doubled(list)).expect("a file");
    let tomorrow = (chrono::Utc::now() + chrono::TimeDelta::days(1)).to_rfc3339();
    let imported = house.gateway.cli(&[
        "prices",
        "import",
        &csv.display().to_string(),
        "--effective-from",
        &tomorrow,
    ]);
    assert!(imported.status.success(), "{imported:?}");
    let day_after = (chrono::Utc::now() + chrono::TimeDelta::days(2)).to_rfc3339();
    let mut order = json!({
        "tenant_id": scene.tenant.id, "from": "2020-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z", "prices_at": day_after,
    });
    let seen = || {
        platform
            .api
            .post("/ledger/repricings/preview", &order)
            .expect(200)
            .json()
    };
    let seen = tollgate_tests::harness::wait_for("the new prices", tollgate_tests::harness::SOON, || {
        let seen = seen();
        (seen["events"] == 1).then_some(seen)
    });
    let (old, new) = (event.charge_nano, event.charge_nano * 2);
    assert_eq!(seen["old_nano"], old.to_string());
    assert_eq!(seen["new_nano"], new.to_string());
    assert_eq!(seen["first"][0]["request_id"], event.request_id.to_string());
    order["prices_at"] = seen["prices_at"].clone();
    let id = Uuid::now_v7();
    let form = json!({
        "repricing_id": id, "order": order, "fingerprint": seen["fingerprint"], "reason": "the list was wrong",
    });
    let mut other = form.clone();
    other["fingerprint"] = json!("0".repeat(64));
    refused(
        &platform.api.post("/ledger/repricings", &other),
        409,
        "version_conflict",
    );
    let booked = platform.api.post("/ledger/repricings", &form).expect(200).json();
    assert_eq!(
        (&booked["events"], &booked["new_nano"]),
        (&json!(1), &json!(new.to_string()))
    );
    let again = platform.api.post("/ledger/repricings", &form).expect(200).json();
    assert_eq!(again["batch_no"], booked["batch_no"]);
    let balance = scene.tenant.api.get("/billing/balance").expect(200).json();
    assert_eq!(balance["charged_nano"], new.to_string());
    assert_eq!(actions(&audit_of(&house, &scene.tenant, id)), ["ledger.repriced"]);
    house.verify();
    house.finish();
}

/// The list with each input and output price doubled.
pub fn doubled(list: &str) -> String {
    let lines = list.lines().enumerate().map(|(number, line)| {
        if number == 0 {
            return line.to_owned();
        }
        let cells = line.split(',').enumerate().map(|(column, cell)| {
            match cell.parse::<f64>() {
                // The five rates of a short prompt.
                Ok(price) if (3..8).contains(&column) => format!("{}", price * 2.0),
                _ => cell.to_owned(),
            }
        });
        cells.collect::<Vec<_>>().join(",")
    });
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

#[test]
fn only_the_platform_s_own_people_work_on_the_books() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let letter = json!({"tenant_id": tenant.id, "request_id": Uuid::now_v7(), "kind": "poison"});
    refused(&tenant.api.get("/ledger/dead-letters"), 403, "forbidden");
    refused(
        &tenant.api.post("/ledger/dead-letters/retry", &letter),
        403,
        "forbidden",
    );
    let member = platform(&house, "member");
    refused(&member.api.get("/ledger/dead-letters"), 403, "forbidden");
    let finance = platform(&house, "finance");
    finance.api.get("/ledger/dead-letters?all=true").expect(200);
    refused(
        &finance.api.post("/ledger/dead-letters/retry", &letter),
        404,
        "not_found",
    );
    let form = json!({"letter": letter, "reason": " "});
    let found = faults(
        &finance.api.post("/ledger/dead-letters/resolve", &form),
        422,
        "validation_failed",
    );
    assert_eq!(found[0].0, "reason");
}

#[test]
fn an_organisation_says_how_long_it_keeps_what_is_personal() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let none = tenant.api.get("/retention").expect(200).json();
    assert_eq!(none["personal_days"], Value::Null);
    let set = tenant
        .api
        .put("/retention", &json!({"personal_days": 30}))
        .expect(200);
    assert_eq!(set.json()["personal_days"], 30);
    assert_eq!(
        tenant.api.get("/retention").expect(200).json()["personal_days"],
        30
    );
    let found = faults(
        &tenant.api.put("/retention", &json!({"personal_days": 0})),
        422,
        "validation_failed",
    );
    assert_eq!(found[0].0, "personal_days");
    assert_eq!(
        actions(&audit_of(&house, &tenant, tenant.id)),
        ["tenant.created", "retention.changed"]
    );
}
