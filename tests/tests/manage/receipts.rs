//! Receipts: whoever holds one can check it without the gateway, and whoever changes one is found out.

use super::told::refused;
use serde_json::{Value, json};
use std::path::Path;
use tollgate_tests::harness::{Ask, House, Scene};

fn receipt(house: &House, scene: &Scene) -> Value {
    let ask = Ask::new(&scene.key.secret);
    ask.send(house.gateway.address());
    let event = house.event(&scene.tenant, &ask.id);
    let path = format!("/requests/{}/receipt", event.request_id);
    let receipt = scene.tenant.api.get(&path).expect(200).json();
    let stated = &receipt["statement"];
    assert_eq!(stated["request_id"], json!(event.request_id));
    assert_eq!(stated["tenant_id"], json!(scene.tenant.id));
    assert_eq!(stated["key_id"], json!(scene.key.id));
    assert_eq!(stated["amount_nano"], event.charge_nano.to_string());
    assert_eq!(stated["tokens"]["input"], event.usage.input);
    receipt
}

/// What `tollgate receipt verify` says of a receipt, and whether it holds.
fn verified(house: &House, folder: &Path, receipt: &Value, key: Option<&str>) -> (bool, String) {
    let file = folder.join("receipt.json");
    std::fs::write(&file, receipt.to_string()).expect("written");
    let file = file.to_str().expect("a path");
    let mut words = vec!["receipt", "verify", file];
    words.extend(key.iter().flat_map(|key| ["--key", key]));
    let output = house.gateway.cli(&words);
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

#[test]
fn a_receipt_is_checked_by_a_command_that_asks_nobody() {
    let house = House::shared();
    let scene = house.scene();
    let folder = tempfile::tempdir().expect("a folder");
    let good = receipt(&house, &scene);
    let key = good["signature"]["public_key"]
        .as_str()
        .expect("a key")
        .to_owned();
    let (holds, said) = verified(&house, folder.path(), &good, Some(&key));
    assert!(holds, "{said}");
    assert!(
        said.contains(&format!("Signed by the key given, {key}")),
        "{said}"
    );
    let (holds, said) = verified(&house, folder.path(), &good, None);
    assert!(
        holds && said.contains("compare it with the published key"),
        "{said}"
    );
    let other = "ab".repeat(32);
    for (change, key, named) in [
        (
            json!({"tokens": {"input": 1, "output": 1, "cache_write_5m": 0, "cache_write_1h": 0, "cache_read": 0}}),
            &key,
            "figures",
        ),
        (json!({"amount_nano": "1"}), &key, "the amount is 1"),
        (json!({"lines": []}), &key, "the lines make 0"),
        (json!({"issued_at": "2026-01-01T00:00:00Z"}), &key, "signature"),
        (json!({}), &other, "signed by the key"),
    ] {
        let mut bad = good.clone();
        for (field, value) in change.as_object().expect("fields") {
            bad["statement"][field] = value.clone();
        }
        let (holds, said) = verified(&house, folder.path(), &bad, Some(key));
        assert!(!holds && said.contains(named), "{named}: {said}");
    }
    let mut cut = good.clone();
    cut["statement"]["batch"]["digests"]
        .as_array_mut()
        .expect("digests")
        .pop();
    let (holds, said) = verified(&house, folder.path(), &cut, Some(&key));
    assert!(
        !holds && (said.contains("proof") || said.contains("figures")),
        "{said}"
    );
    let (holds, said) = verified(&house, folder.path(), &json!({"format": "x"}), None);
    assert!(!holds && said.contains("is no receipt"), "{said}");
    let (holds, said) = verified(&house, folder.path(), &good, Some("nonsense"));
    assert!(!holds && said.contains("64 hex digits"), "{said}");
}

#[test]
fn members_get_receipts_of_their_own_requests_and_nobody_of_anothers() {
    let house = House::shared();
    let scene = house.scene();
    let good = receipt(&house, &scene);
    let id = good["statement"]["request_id"].as_str().expect("an id");
    let path = format!("/requests/{id}/receipt");
    let finance = house.person(&scene.tenant, "finance");
    assert_eq!(finance.api.get(&path).status, 200);
    let member = house.person(&scene.tenant, "member");
    refused(&member.api.get(&path), 404, "not_found");
    refused(&house.tenant().api.get(&path), 404, "not_found");
    let own = member
        .api
        .post("/keys", &json!({"name": "mine"}))
        .expect(201)
        .json();
    let ask = Ask::new(own["secret"].as_str().expect("a secret"));
    ask.send(house.gateway.address());
    let event = house.event(&scene.tenant, &ask.id);
    let path = format!("/requests/{}/receipt", event.request_id);
    assert_eq!(member.api.get(&path).status, 200);
}
