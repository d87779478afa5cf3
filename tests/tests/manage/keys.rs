//! API keys: shown once, kept as a hash, changed by whoever saw the latest version, and dead when deleted.

use super::told::{actions, audit_of, faults, pairs, refused};
use serde_json::{Value, json};
use std::time::Duration;
use tollgate_tests::harness::tenant::id_of;
use tollgate_tests::harness::{Ask, House, unique, wait_until};
use uuid::Uuid;

/// Every field that can be set.
fn whole() -> Value {
    json!({
        "name": "Claude Code 👩‍💻",
        "description": "two\nlines",
        "tags": ["b", "a"],
        "icon": "🔑",
        "expires_at": "2190-01-02T03:04:05.678901Z",
        "rules": {
            "services": ["claude", "openai"],
            "models_allowed": ["claude-*", "gpt-5*"],
            "models_denied": ["*opus*"],
            "clients": [{"client": "claude_code"}, {"client": "custom", "user_agent": "acme-bot/*"}],
            "addresses": ["192.0.2.0/24", "2001:db8::1"],
            "concurrency": {"limit": 4, "queue": 2, "wait_s": 10},
            "windows": [
                {"span": "minute", "requests": 60},
                {"span": "week", "models": "*opus*", "tokens": 1_000_000, "cost_nano": "5000000000"},
            ],
        },
        "cost_centre": "R&D",
        "status": "disabled",
    })
}

#[test]
fn the_secret_is_shown_once_and_kept_nowhere() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let created = tenant.api.post("/keys", &json!({"name": "one"})).expect(201);
    assert_eq!(created.header("cache-control"), Some("no-store"));
    let created = created.json();
    let secret = created["secret"].as_str().expect("shown").to_owned();
    let key = &created["key"];
    assert!(secret.starts_with("cr_"));
    assert!(secret.starts_with(key["prefix"].as_str().expect("a prefix")));
    assert!(secret.ends_with(key["last_four"].as_str().expect("an end")));
    let path = format!("/keys/{}", id_of(&key["id"]));
    let later = [
        tenant.api.get(&path).expect(200).text(),
        tenant.api.get("/keys").expect(200).text(),
        tenant.api.put(&path, &json!({"name": "two"})).expect(200).text(),
        format!("{:?}", audit_of(&house, &tenant, id_of(&key["id"]))),
        house.gateway.log(),
    ];
    for text in later {
        assert!(!text.contains(&secret), "{text}");
    }
    let stored = house
        .sql()
        .query_one(
            "SELECT length(d.secret_hash), k::text || d::text FROM key_directory d JOIN api_keys k USING (tenant_id, key_id)
             WHERE key_id = $1",
            &[&id_of(&key["id"])],
        )
        .expect("the key");
    assert_eq!(stored.get::<_, i32>(0), 32);
    assert!(!stored.get::<_, String>(1).contains(&secret[10..]));
}

#[test]
fn a_key_is_what_was_asked_for_and_defaults_are_told() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let made = tenant.api.post("/keys", &whole()).expect(201).json()["key"].clone();
    let read = tenant
        .api
        .get(&format!("/keys/{}", id_of(&made["id"])))
        .expect(200)
        .json();
    assert_eq!(read, made);
    for (field, value) in whole().as_object().expect("an object") {
        match field.as_str() {
            "tags" => assert_eq!(made["tags"], json!(["a", "b"]), "sorted"),
            _ => assert_eq!(&made[field], value, "{field}"),
        }
    }
    let plain = tenant
        .api
        .post("/keys", &json!({"name": "plain"}))
        .expect(201)
        .json()["key"]
        .clone();
    assert_eq!(plain["status"], "active");
    assert_eq!(plain["owner"]["id"], json!(tenant.user_id));
    assert_eq!(plain["version"], 1);
    assert_eq!(plain["expired"], false);
    assert_eq!(plain["today"]["requests"], 0);
    assert_eq!(plain["rules"], json!({}));
    assert_eq!(plain["effective"]["rules"], json!({}));
    assert_eq!(plain["old_secrets"], json!([]));
    for absent in [
        "expires_at",
        "lifetime_s",
        "activated_at",
        "policy",
        "last_used_at",
        "deleted_at",
        "purged_at",
    ] {
        assert_eq!(plain[absent], Value::Null, "{absent}");
    }
}

#[test]
fn an_update_replaces_all_that_can_be_edited_and_tells_what_it_changed() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let made = tenant.api.post("/keys", &whole()).expect(201).json()["key"].clone();
    let (id, path) = (id_of(&made["id"]), format!("/keys/{}", id_of(&made["id"])));
    let changed = tenant
        .api
        .put(&path, &json!({"name": "short"}))
        .expect(200)
        .json();
    assert_eq!(changed["name"], "short");
    assert_eq!(changed["description"], "");
    assert_eq!(changed["tags"], json!([]));
    assert_eq!(changed["status"], "active");
    assert_eq!(changed["rules"], json!({}));
    assert_eq!(
        changed["owner"], made["owner"],
        "nobody loses a key by being left out"
    );
    assert_eq!(changed["version"], 2);
    assert_eq!(changed["prefix"], made["prefix"]);
    // What changes nothing leaves no trace.
    let same = tenant
        .api
        .put(&path, &json!({"name": "short"}))
        .expect(200)
        .json();
    assert_eq!(same["version"], 2);
    let back = tenant.api.put(&path, &whole()).expect(200).json();
    assert_eq!(tenant.api.put(&path, &whole()).expect(200).json(), back);
    assert_eq!(back["version"], 3);
    tenant.api.delete(&path).expect(204);
    let lines = audit_of(&house, &tenant, id);
    assert_eq!(
        actions(&lines),
        ["key.created", "key.updated", "key.updated", "key.deleted"]
    );
    assert_eq!(
        lines[1].changes["rules.services"],
        json!({"from": ["claude", "openai"], "to": null})
    );
    assert_eq!(lines[1].changes["version"], json!({"from": 1, "to": 2}));
    assert_eq!(lines[1].changes["tags"], json!({"from": ["a", "b"], "to": []}));
    assert!(
        lines[1].changes.get("owner_user_id").is_none(),
        "it did not change"
    );
    assert!(lines.iter().all(|line| line.actor == tenant.email));
    assert_eq!(lines[1].name, "short");
}

/// A field, a value that it does not take, and the fault's code.
fn wrong_fields(tenant: Uuid) -> Vec<(&'static str, Value, &'static str)> {
    vec![
        ("name", json!("\u{200b}"), "required"),
        ("name", json!("n".repeat(101)), "too_long"),
        ("name", json!("a\u{0}b"), "control_character"),
        ("name", json!(7), "invalid"),
        ("tags", json!(["a", "a"]), "duplicate"),
        ("tags", json!([""]), "required"),
        ("status", json!("on"), "unknown_value"),
        ("lifetime_s", json!(1e20), "invalid"),
        ("lifetime_s", json!(-1), "invalid"),
        ("policy_id", json!(Uuid::nil()), "not_found"),
        ("policy_id", json!("mine"), "invalid"),
        ("requests_per_minute", json!(60), "unknown_field"),
        ("expires_at", json!("-200000-01-01T00:00:00Z"), "out_of_range"),
        ("expires_at", json!("tomorrow"), "invalid"),
        ("owner_user_id", json!(Uuid::nil()), "not_found"),
        ("owner_user_id", json!("me"), "invalid"),
        ("tenant_id", json!(tenant), "unknown_field"),
        ("secret", json!("cr_mine"), "unknown_field"),
        ("last_four", json!("beef"), "unknown_field"),
    ]
}

/// Rules, the one that is at fault, and the fault's code.
fn wrong_rules() -> Vec<(Value, &'static str, &'static str)> {
    vec![
        (json!({"services": ["fax"]}), "rules.services[0]", "unknown_value"),
        (
            json!({"services": ["claude", "claude"]}),
            "rules.services",
            "duplicate",
        ),
        (
            json!({"models_denied": ["two words"]}),
            "rules.models_denied",
            "pattern",
        ),
        (
            json!({"clients": [{"client": "custom"}]}),
            "rules.clients",
            "required",
        ),
        (json!({"addresses": ["localhost"]}), "rules.addresses", "network"),
        (
            json!({"windows": [{"span": "year", "requests": 1}]}),
            "rules.windows[0].span",
            "unknown_value",
        ),
        (
            json!({"windows": [{"span": "day", "cost_nano": "-1"}]}),
            "rules.windows",
            "out_of_range",
        ),
        (
            json!({"windows": [{"span": "day", "cost_nano": "1.5"}]}),
            "rules.windows[0].cost_nano",
            "invalid",
        ),
        (
            json!({"windows": [{"span": "day", "tokens": 1e99}]}),
            "rules.windows[0].tokens",
            "invalid",
        ),
        (
            json!({"concurrency": {"limit": 1, "queue": 5}}),
            "rules.concurrency",
            "incomplete",
        ),
        (json!({"colour": 1}), "rules.colour", "unknown_field"),
    ]
}

#[test]
fn every_wrong_field_is_named_and_nothing_is_changed() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let many: Vec<String> = (0..21).map(|n| format!("t{n}")).collect();
    let wrong = json!({
        "name": " x", "description": "d".repeat(1001), "tags": many, "expires_at": "2300-01-01T00:00:00Z",
        "icon": "a b", "lifetime_s": 59, "cost_centre": "a\nb",
        "rules": {"windows": [{"span": "hour"}], "concurrency": {"limit": 100_001}, "addresses": ["10.0.0.1/8"]},
    });
    let expected = pairs(&[
        ("cost_centre", "control_character"),
        ("description", "too_long"),
        ("expires_at", "out_of_range"),
        ("icon", "icon"),
        ("lifetime_s", "out_of_range"),
        ("name", "surrounding_space"),
        ("rules.addresses", "host_bits"),
        ("rules.concurrency", "out_of_range"),
        ("rules.windows", "required"),
        ("tags", "too_many"),
    ]);
    assert_eq!(
        faults(&tenant.api.post("/keys", &wrong), 422, "validation_failed"),
        expected
    );
    let key = tenant.key(json!({"name": "stays"}));
    let path = format!("/keys/{}", key.id);
    assert_eq!(
        faults(&tenant.api.put(&path, &wrong), 422, "validation_failed"),
        expected
    );
    for (field, value, code) in wrong_fields(tenant.id) {
        let mut body = json!({"name": "fine"});
        body[field] = value;
        for reply in [tenant.api.post("/keys", &body), tenant.api.put(&path, &body)] {
            assert_eq!(
                faults(&reply, 422, "validation_failed"),
                pairs(&[(field, code)]),
                "{body}"
            );
        }
    }
    for (rules, field, code) in wrong_rules() {
        let body = json!({"name": "fine", "rules": rules});
        for reply in [tenant.api.post("/keys", &body), tenant.api.put(&path, &body)] {
            assert_eq!(
                faults(&reply, 422, "validation_failed"),
                pairs(&[(field, code)]),
                "{body}"
            );
        }
    }
    let past = json!({"name": "late", "expires_at": "2020-01-01T00:00:00Z"});
    assert_eq!(
        faults(&tenant.api.post("/keys", &past), 422, "validation_failed"),
        pairs(&[("expires_at", "in_the_past")])
    );
    let listed = tenant.api.get("/keys").expect(200).json();
    assert_eq!(listed["total"], 1);
    assert_eq!(listed["items"][0]["name"], "stays");
    assert_eq!(actions(&audit_of(&house, &tenant, key.id)), ["key.created"]);
}

#[test]
fn whoever_edits_an_old_version_is_told() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let key = tenant.key(json!({"name": "first"}));
    let path = format!("/keys/{}", key.id);
    let edit = |name: &str, version: i64| tenant.api.put(&path, &json!({"name": name, "version": version}));
    assert_eq!(edit("second", 1).expect(200).json()["version"], 2);
    refused(&edit("lost", 1), 409, "version_conflict");
    refused(&edit("ahead", 3), 409, "version_conflict");
    assert_eq!(tenant.api.get(&path).expect(200).json()["name"], "second");
    // Of many who edit the same version at once, one is served.
    let crowd: Vec<_> = (0..5)
        .map(|n| {
            let (api, path) = (tenant.api.clone(), path.clone());
            let body = json!({"name": format!("crowd {n}"), "version": 2});
            std::thread::spawn(move || api.put(&path, &body).status)
        })
        .collect();
    let mut statuses: Vec<u16> = crowd
        .into_iter()
        .map(|one| one.join().expect("an answer"))
        .collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409, 409, 409, 409]);
}

#[test]
fn a_deleted_key_is_gone_from_the_api_and_at_the_gate() {
    let house = House::shared();
    let scene = house.scene();
    let (tenant, address) = (&scene.tenant, house.gateway.address());
    let key = tenant.key(json!({"name": unique("short-lived")}));
    Ask::new(&key.secret).send(address).expect(200);
    let path = format!("/keys/{}", key.id);
    tenant.api.delete(&path).expect(204);
    wait_until("the key is refused", Duration::from_secs(2), || {
        Ask::new(&key.secret).send(address).status == 401
    });
    for reply in [
        tenant.api.get(&path),
        tenant.api.delete(&path),
        tenant.api.put(&path, &json!({"name": "again"})),
        tenant.api.get(&format!("{path}/stats")),
    ] {
        refused(&reply, 404, "not_found");
    }
    let listed = tenant.api.get("/keys").expect(200).text();
    assert!(!listed.contains(&key.id.to_string()));
    refused(&tenant.api.get("/keys/nonsense"), 404, "not_found");
    refused(
        &tenant.api.get(&format!("/keys/{}", Uuid::now_v7())),
        404,
        "not_found",
    );
}

#[test]
fn an_admin_gives_a_key_to_a_member_who_is_active() {
    let house = House::shared();
    let (tenant, stranger) = (house.poor_tenant(), house.poor_tenant());
    let member = house.person(&tenant, "member");
    let key = tenant.key(json!({"owner_user_id": member.id}));
    let path = format!("/keys/{}", key.id);
    assert_eq!(
        member.api.get(&path).expect(200).json()["owner"]["email"],
        member.email
    );
    let to = |user: Uuid| {
        tenant
            .api
            .put(&path, &json!({"name": "given", "owner_user_id": user}))
    };
    assert_eq!(
        faults(&to(stranger.user_id), 422, "validation_failed"),
        pairs(&[("owner_user_id", "not_found")])
    );
    to(tenant.user_id).expect(200);
    refused(&member.api.get(&path), 404, "not_found");
    house
        .sql()
        .execute(
            "UPDATE memberships SET status = 'disabled' WHERE user_id = $1",
            &[&member.id],
        )
        .expect("disabled");
    assert_eq!(
        faults(&to(member.id), 422, "validation_failed"),
        pairs(&[("owner_user_id", "not_found")])
    );
}
