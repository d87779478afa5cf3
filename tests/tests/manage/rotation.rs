//! A key's new secret: the old one works on for a while, and nothing older does.

use super::told::{actions, audit_of, faults, pairs, refused};
use serde_json::{Value, json};
use tollgate_tests::harness::{Ask, House, Key, Tenant};

fn rotate(tenant: &Tenant, key: &Key, grace_s: u32) -> (Value, String) {
    let path = format!("/keys/{}/rotate", key.id);
    let reply = tenant.api.post(&path, &json!({"grace_s": grace_s})).expect(200);
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let created = reply.json();
    let secret = created["secret"].as_str().expect("shown once").to_owned();
    (created["key"].clone(), secret)
}

/// How many secrets of a key the directory knows.
fn known(house: &House, key: &Key) -> i64 {
    let row = house
        .sql()
        .query_one("SELECT count(*) FROM key_directory WHERE key_id = $1", &[&key.id]);
    row.expect("a count").get(0)
}

#[test]
fn both_secrets_work_during_the_grace_and_the_id_stays() {
    let house = House::shared();
    let scene = house.scene();
    let (tenant, address) = (&scene.tenant, house.gateway.address());
    let key = tenant.key(json!({"name": "rotated"}));
    let (shown, new) = rotate(tenant, &key, 3600);
    assert_ne!(new, key.secret);
    assert_eq!(shown["id"], json!(key.id));
    assert_eq!(shown["version"], 2);
    assert!(new.starts_with(shown["prefix"].as_str().expect("a prefix")));
    assert!(new.ends_with(shown["last_four"].as_str().expect("an end")));
    let old = &shown["old_secrets"];
    assert_eq!(old.as_array().expect("a list").len(), 1);
    assert!(
        key.secret
            .ends_with(old[0]["last_four"].as_str().expect("an end"))
    );
    for secret in [&key.secret, &new] {
        Ask::new(secret).send(address).expect(200);
    }
    // Whoever rotates once more during the grace ends the first one.
    let (shown, newest) = rotate(tenant, &key, 60);
    assert_eq!(shown["old_secrets"].as_array().expect("a list").len(), 1);
    assert!(new.ends_with(shown["old_secrets"][0]["last_four"].as_str().expect("an end")));
    assert_eq!(known(&house, &key), 2);
    Ask::new(&newest).send(address).expect(200);
    let lines = audit_of(&house, tenant, key.id);
    assert_eq!(actions(&lines), ["key.created", "key.rotated", "key.rotated"]);
    for secret in [&key.secret, &new, &newest] {
        assert!(!format!("{lines:?}").contains(secret.as_str()));
        assert!(!house.gateway.log().contains(secret.as_str()));
    }
}

#[test]
fn without_a_grace_the_old_secret_is_dead_at_once() {
    let house = House::shared();
    let scene = house.scene();
    let (tenant, address) = (&scene.tenant, house.gateway.address());
    let key = tenant.key(json!({}));
    let path = format!("/keys/{}/rotate", key.id);
    // No body is no grace.
    let reply = tenant
        .api
        .send(tollgate_tests::harness::Request::post(&format!("/api/v2{path}")));
    let created = reply.expect(200).json();
    let new = created["secret"].as_str().expect("shown once");
    assert_eq!(created["key"]["old_secrets"], json!([]));
    assert_eq!(known(&house, &key), 1);
    assert_eq!(Ask::new(&key.secret).send(address).status, 401);
    Ask::new(new).send(address).expect(200);
}

#[test]
fn a_wrong_grace_is_named_and_nothing_is_rotated() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let (member, finance) = (house.person(&tenant, "member"), house.person(&tenant, "finance"));
    let key = tenant.key(json!({}));
    let path = format!("/keys/{}/rotate", key.id);
    for (grace, code) in [
        (json!(7_776_001), "out_of_range"),
        (json!(-1), "invalid"),
        (json!(1.5), "invalid"),
        (json!("1h"), "invalid"),
    ] {
        assert_eq!(
            faults(
                &tenant.api.post(&path, &json!({"grace_s": grace})),
                422,
                "validation_failed"
            ),
            pairs(&[("grace_s", code)]),
            "{grace}"
        );
    }
    refused(&member.api.post(&path, &json!({})), 404, "not_found");
    refused(&finance.api.post(&path, &json!({})), 403, "forbidden");
    tenant.api.delete(&format!("/keys/{}", key.id)).expect(204);
    refused(&tenant.api.post(&path, &json!({})), 404, "not_found");
    assert_eq!(
        actions(&audit_of(&house, &tenant, key.id)),
        ["key.created", "key.deleted"]
    );
}
