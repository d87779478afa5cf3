//! A key that is switched off, deleted or given another secret is refused on every node, soon after; how soon is shown.

use super::key_rules::announce;
use serde_json::json;
use std::time::{Duration, Instant};
use tollgate_tests::harness::{Ask, Gateway, House, Key, Request, SOON, Scene, wait_until};

fn stats(node: &Gateway) -> serde_json::Value {
    node.send(&Request::get("/health")).json()["stats"].clone()
}

/// How long after `change` every node refuses the key.
fn refused_everywhere(
    what: &str,
    nodes: [&Gateway; 2],
    scene: &Scene,
    change: impl FnOnce(&Key),
) -> Duration {
    let key = scene.tenant.key(json!({}));
    for node in nodes {
        Ask::new(&key.secret).send(node.address()).expect(200);
    }
    let began = Instant::now();
    change(&key);
    let changed = began.elapsed();
    for node in nodes {
        wait_until("the key is refused", SOON, || {
            Ask::new(&key.secret).send(node.address()).status == 401
        });
    }
    let took = began.elapsed();
    let lags = nodes.map(|node| stats(node)["revocation_lag_ms"].clone());
    println!(
        "{what}: the change took {changed:?}, refused everywhere after {took:?}; the nodes say {lags:?} ms"
    );
    for lag in lags {
        assert!(lag.as_f64().is_some_and(|lag| lag >= 0.0), "{lag}");
    }
    took
}

#[test]
fn a_key_that_was_revoked_is_refused_on_all_nodes_and_how_late_is_shown() {
    let house = House::own();
    let other = house.another();
    let scene = house.scene();
    let nodes = [&house.gateway, &other];
    for node in nodes {
        wait_until("changes are heard", SOON, || {
            let health = node.send(&Request::get("/health")).json();
            health["components"]["changes"]["state"] == "heard"
        });
    }
    let path = |key: &Key| format!("/keys/{}", key.id);
    let took = [
        refused_everywhere("switched off", nodes, &scene, |key| {
            let off = json!({"name": "off", "status": "disabled"});
            scene.tenant.api.put(&path(key), &off).expect(200);
        }),
        refused_everywhere("deleted", nodes, &scene, |key| {
            scene.tenant.api.delete(&path(key)).expect(204);
        }),
        refused_everywhere("another secret", nodes, &scene, |key| {
            let mut sql = house.sql();
            let mut rotation = sql.transaction().expect("a transaction");
            let ended = "UPDATE api_key_secrets SET valid_until = now() WHERE key_id = $1";
            rotation.execute(ended, &[&key.id]).expect("ended");
            let newer = "UPDATE api_keys SET version = version + 1 WHERE key_id = $1";
            rotation.execute(newer, &[&key.id]).expect("a version");
            rotation.commit().expect("committed");
            announce(&mut sql, "key", scene.tenant.id, key.id, 2);
        }),
    ];
    assert!(took.iter().all(|took| *took < SOON), "{took:?}");
    let metrics = house.gateway.send(&Request::get("/metrics")).text();
    assert!(
        metrics.contains("tollgate_revocation_lag_seconds_count"),
        "{metrics}"
    );
    assert!(other.stop());
}
