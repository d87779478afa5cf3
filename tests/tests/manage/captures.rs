//! Captured bodies: off until an owner wants them, redacted and sealed, seen by owners and admins alone, each look audited.

use super::told::{actions, audit, audit_of, faults, refused};
use serde_json::{Value, json};
use std::time::Duration;
use tollgate_tests::harness::{Api, Ask, House, Reply, Scene, wait_for, wait_until};
use uuid::Uuid;

fn settings(fields: &Value) -> Value {
    let mut settings = json!({
        "active": true, "sample_per_mille": 1000, "redact_secrets": true, "redact_emails": true, "redact_cards": true,
        "patterns": ["PRJ-[0-9]+"], "body_bytes_max": 65536, "keep_days": 7,
    });
    for (name, value) in fields.as_object().expect("fields") {
        settings[name] = value.clone();
    }
    settings
}

fn rows(house: &House, tenant: Uuid) -> i64 {
    let query = "SELECT count(*) FROM captures WHERE tenant_id = $1";
    house.sql().query_one(query, &[&tenant]).expect("a count").get(0)
}

/// Relays a request that says this; gives its id.
fn relayed(house: &House, scene: &Scene, text: &str, stream: bool) -> Uuid {
    let mut ask = Ask::new(&scene.key.secret);
    ask.body["messages"] = json!([{"role": "user", "content": text}]);
    ask.body["stream"] = json!(stream);
    ask.send(house.gateway.address()).expect(200);
    house.event(&scene.tenant, &ask.id).request_id
}

fn capture(scene: &Scene, request: Uuid) -> Reply {
    scene.tenant.api.get(&format!("/requests/{request}/capture"))
}

/// Waits until a request's bodies are kept: what is set reaches the node within moments, and writing is behind a queue.
fn kept(house: &House, scene: &Scene, text: &str, stream: bool) -> (Uuid, Value) {
    wait_for("bodies are kept", Duration::from_secs(20), || {
        let request = relayed(house, scene, text, stream);
        let found = wait_for("it is written or not", Duration::from_secs(20), || {
            let reply = capture(scene, request);
            match reply.status {
                200 => Some(Some(reply.json())),
                _ if rows(house, scene.tenant.id) == 0 => Some(None),
                _ => None,
            }
        });
        found.map(|found| (request, found))
    })
}

/// The request stands in the list of those whose bodies are kept, and in nobody else's.
fn listed(house: &House, api: &Api, request: Uuid) {
    let listed = api.get("/captures").expect(200).json();
    let line = &listed["items"][0];
    assert_eq!(
        (&line["request_id"], &line["redacted"]),
        (&json!(request), &json!(4))
    );
    assert!(
        line["key_name"].is_string() && line["model"].is_string(),
        "{line}"
    );
    let other = house.tenant().api.get("/captures").expect(200).json();
    assert_eq!(other["items"], json!([]));
}

#[test]
fn nothing_is_kept_until_an_owner_wants_it_and_then_nothing_secret() {
    let house = House::shared();
    let scene = house.scene();
    let api = &scene.tenant.api;
    assert_eq!(api.get("/capture-settings").expect(200).json()["active"], false);
    let before = relayed(&house, &scene, "hello", false);
    refused(&capture(&scene, before), 404, "not_found");
    let admin = house.person(&scene.tenant, "admin");
    refused(
        &admin.api.put("/capture-settings", &settings(&json!({}))),
        403,
        "forbidden",
    );
    api.put("/capture-settings", &settings(&json!({}))).expect(200);
    let text =
        "I am jane@mail.example, my key is sk-ant-api03-abcdefghijklmnop, PRJ-4711, 4111 1111 1111 1111";
    let (request, found) = kept(&house, &scene, text, false);
    let body = found["request_body"].as_str().expect("a body");
    assert!(
        body.contains("I am [redacted: e-mail], my key is [redacted: secret], [redacted], [redacted: card]"),
        "{body}"
    );
    assert!(
        found["answer_body"]
            .as_str()
            .is_some_and(|body| body.contains("\"usage\"")),
        "{found}"
    );
    assert_eq!(
        (&found["redacted"], &found["request_cut"]),
        (&json!(4), &json!(false))
    );
    let sealed: Vec<u8> = house
        .sql()
        .query_one(
            "SELECT request_body FROM captures WHERE request_id = $1",
            &[&request],
        )
        .expect("a row")
        .get(0);
    assert!(
        !sealed.windows(4).any(|window| window == b"I am"),
        "sealed at rest"
    );
    let path = format!("/requests/{request}/capture");
    assert_eq!(admin.api.get(&path).status, 200);
    listed(&house, &admin.api, request);
    for role in ["finance", "member"] {
        let person = house.person(&scene.tenant, role);
        refused(&person.api.get(&path), 403, "forbidden");
        refused(&person.api.get("/capture-settings"), 403, "forbidden");
        refused(&person.api.get("/captures"), 403, "forbidden");
    }
    refused(&house.tenant().api.get(&path), 404, "not_found");
    let looks = audit_of(&house, &scene.tenant, request);
    assert!(looks.len() >= 2 && actions(&looks).iter().all(|action| *action == "capture.viewed"));
    assert!(looks.iter().any(|line| line.actor == admin.email));
    let set = audit(&house, &scene.tenant);
    assert_eq!(set.iter().filter(|line| line.action == "captures.set").count(), 1);
    assert_eq!(api.delete(&path).status, 204);
    refused(&capture(&scene, request), 404, "not_found");
    let failed = house
        .gateway
        .metric("tollgate_captures_total{outcome=\"failed\"}");
    assert!(failed < 1.0, "{failed} failed");
}

#[test]
fn a_stream_is_kept_as_the_client_saw_it_and_cut_to_the_bound() {
    let house = House::shared();
    let scene = house.scene();
    let bound = settings(&json!({"body_bytes_max": 1024}));
    scene.tenant.api.put("/capture-settings", &bound).expect(200);
    let (_, found) = kept(&house, &scene, &"long ".repeat(1000), true);
    assert_eq!(
        (&found["request_cut"], &found["answer_bytes"].is_u64()),
        (&json!(true), &true)
    );
    let length = |field: &str| found[field].as_str().map_or(0, str::len);
    assert!(length("request_body") == 1024 && length("answer_body") <= 1024);
    assert!(
        found["answer_body"]
            .as_str()
            .is_some_and(|body| body.starts_with("event: message_start"))
    );
    assert!(found["request_bytes"].as_u64() > Some(5000));
}

#[test]
fn only_named_keys_are_kept_and_what_is_set_wrongly_is_named() {
    let house = House::shared();
    let scene = house.scene();
    let api = &scene.tenant.api;
    for (fields, field) in [
        (json!({"sample_per_mille": 0}), "sample_per_mille"),
        (json!({"keep_days": 31}), "keep_days"),
        (json!({"body_bytes_max": 2_000_000}), "body_bytes_max"),
        (json!({"patterns": ["("]}), "patterns"),
        (json!({"patterns": ["a*"]}), "patterns"),
        (json!({"key_ids": [Uuid::now_v7()]}), "key_ids"),
    ] {
        let reply = api.put("/capture-settings", &settings(&fields));
        assert_eq!(faults(&reply, 422, "validation_failed")[0].0, field);
    }
    let other = scene.tenant.key(json!({}));
    let named = settings(&json!({"key_ids": [other.id]}));
    api.put("/capture-settings", &named).expect(200);
    let ask = || {
        let ask = Ask::new(&other.secret);
        ask.send(house.gateway.address()).expect(200);
        house.event(&scene.tenant, &ask.id).request_id
    };
    wait_until("the named key's bodies are kept", Duration::from_secs(20), || {
        let request = ask();
        std::thread::sleep(Duration::from_millis(300));
        capture(&scene, request).status == 200
    });
    let count = rows(&house, scene.tenant.id);
    for _ in 0..3 {
        relayed(&house, &scene, "another key's", false);
    }
    let last = ask();
    wait_until("the last one is kept", Duration::from_secs(20), || {
        capture(&scene, last).status == 200
    });
    assert_eq!(rows(&house, scene.tenant.id), count + 1, "of the named key alone");
}

#[test]
fn captures_end_with_their_days() {
    let house = House::shared();
    let scene = house.scene();
    scene
        .tenant
        .api
        .put("/capture-settings", &settings(&json!({})))
        .expect(200);
    let (request, _) = kept(&house, &scene, "hello", false);
    house
        .sql()
        .execute(
            "UPDATE captures SET expires_at = now() WHERE request_id = $1",
            &[&request],
        )
        .expect("its time is over");
    refused(&capture(&scene, request), 404, "not_found");
}
