//! Who may: each way in which clients give a key, and each key that is not good.

use super::refusals::finally_refused;
use serde_json::json;
use std::time::{Duration, Instant};
use tollgate_tests::harness::{Ask, House, Request, wait_until};

#[test]
fn a_key_is_found_wherever_clients_put_it() {
    let house = House::shared();
    let scene = house.scene();
    let secret = &scene.key.secret;
    for (name, value) in [
        ("x-api-key", secret.clone()),
        ("x-goog-api-key", secret.clone()),
        ("authorization", format!("Bearer {secret}")),
        ("Authorization", format!("bearer {secret}")),
        ("api-key", secret.clone()),
    ] {
        let reply = Ask::new(secret)
            .key_in(name, &value)
            .send(house.gateway.address());
        assert_eq!(reply.status, 200, "{name}: {}", reply.text());
    }
    let mut ask = Ask::new(secret).key_in("x-nothing", "x");
    ask.path = format!("/api/v1/messages?key={secret}");
    ask.send(house.gateway.address()).expect(200);
    let seen = scene.upstream.with(&ask.id);
    assert!(
        !seen.target.contains(secret),
        "the key went upstream: {}",
        seen.target
    );
    assert!(
        !house.gateway.log().contains(secret.as_str()),
        "the key is in the log"
    );
}

#[test]
fn a_missing_malformed_or_unknown_key_is_refused_for_good() {
    let house = House::shared();
    let scene = house.scene();
    let unknown = format!("cr_{}", "a".repeat(scene.key.secret.len() - 3));
    let long = "x".repeat(600);
    let umlaut = "cr_ÄÖÜ-not-ascii";
    let messages = ["", "short", &long, umlaut, &unknown].map(|secret| {
        let reply = Ask::new("")
            .key_in("x-api-key", secret)
            .send(house.gateway.address());
        let (kind, message) = finally_refused(&reply, 401);
        assert_eq!(kind, "authentication_error");
        message
    });
    assert_ne!(messages[0], messages[4], "missing and unknown are told apart");
    let none = Ask::new("")
        .key_in("x-nothing", "x")
        .send(house.gateway.address());
    finally_refused(&none, 401);
    assert_eq!(scene.upstream.count(), 0);
}

#[test]
fn a_disabled_expired_or_deleted_key_is_refused_at_once() {
    let house = House::shared();
    let scene = house.scene();
    let address = house.gateway.address();
    let soon = (chrono::Utc::now() + Duration::from_secs(2)).to_rfc3339();
    let expiring = scene.tenant.key(json!({"expires_at": soon}));
    let disabled = scene.tenant.key(json!({}));
    let deleted = scene.tenant.key(json!({}));
    for key in [&expiring, &disabled, &deleted] {
        Ask::new(&key.secret).send(address).expect(200);
    }
    scene
        .tenant
        .api
        .put(
            &format!("/keys/{}", disabled.id),
            &json!({"name": "off", "status": "disabled"}),
        )
        .expect(200);
    let reply = scene.tenant.api.delete(&format!("/keys/{}", deleted.id));
    assert!(reply.status == 200 || reply.status == 204, "{}", reply.text());
    let changed = Instant::now();
    for key in [&disabled, &deleted] {
        wait_until("the key is refused", Duration::from_secs(5), || {
            Ask::new(&key.secret).send(address).status != 200
        });
        finally_refused(&Ask::new(&key.secret).send(address), 401);
    }
    // The promise is 100 ms; a busy machine gets some more.
    assert!(
        changed.elapsed() < Duration::from_secs(1),
        "revoking took {:?}",
        changed.elapsed()
    );
    wait_until("the key expires", Duration::from_secs(5), || {
        Ask::new(&expiring.secret).send(address).status != 200
    });
    finally_refused(&Ask::new(&expiring.secret).send(address), 401);
    scene
        .tenant
        .api
        .put(&format!("/keys/{}", disabled.id), &json!({"name": "on"}))
        .expect(200);
    wait_until("the key works again", Duration::from_secs(5), || {
        Ask::new(&disabled.secret).send(address).status == 200
    });
}

#[test]
fn a_new_key_works_at_once_even_if_it_was_asked_for_before_it_was_made() {
    let house = House::shared();
    let scene = house.scene();
    for _ in 0..5 {
        let key = scene.tenant.key(json!({}));
        Ask::new(&key.secret).send(house.gateway.address()).expect(200);
    }
}

#[test]
fn a_wrong_path_or_method_is_told_in_claudes_format() {
    let house = House::shared();
    let scene = house.scene();
    let key = ("x-api-key", scene.key.secret.as_str());
    let send = |method: &str, path: &str| {
        house
            .gateway
            .send(&Request::new(method, path).header(key.0, key.1))
    };
    let (kind, _) = super::refusals::refused(&send("POST", "/api/v1/nothing/of/the/kind"), 404);
    assert_eq!(kind, "not_found_error");
    for method in ["GET", "PUT", "DELETE", "PATCH"] {
        super::refusals::refused(&send(method, "/api/v1/messages"), 405);
    }
}
