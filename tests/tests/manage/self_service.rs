//! What members may do with keys of their own: how many, which services, how much and for how long. Whoever may write
//! everyone's keys is free of it.

use super::told::{actions, audit_of, faults, pairs, refused};
use serde_json::{Value, json};
use tollgate_tests::harness::tenant::id_of;
use tollgate_tests::harness::{House, Person, Tenant};

/// A tenant that lets its members do this, and one of them.
fn bounded(house: &House, bounds: Value) -> (Tenant, Person) {
    let tenant = house.poor_tenant();
    let member = house.person(&tenant, "member");
    set(&tenant, bounds);
    (tenant, member)
}

fn set(tenant: &Tenant, bounds: Value) -> Value {
    let mut form = json!({"allowed": true});
    form["version"] = tenant.api.get("/policies/self-service").expect(200).json()["version"].clone();
    for (name, value) in bounds.as_object().expect("an object") {
        form[name] = value.clone();
    }
    tenant.api.put("/policies/self-service", &form).expect(200).json()
}

fn key(fields: Value) -> Value {
    let mut form = json!({"name": "mine"});
    for (name, value) in fields.as_object().expect("an object") {
        form[name] = value.clone();
    }
    form
}

#[test]
fn it_is_open_until_somebody_decides_and_is_kept_with_its_version() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let path = "/policies/self-service";
    let open = tenant.api.get(path).expect(200).json();
    assert_eq!((&open["allowed"], &open["version"]), (&json!(true), &json!(0)));
    let form = json!({
        "allowed": true, "keys_max": 3, "services": ["claude"], "concurrency_max": 2, "lifetime_max_days": 30,
        "windows_max": [{"span": "day", "requests": 100}], "version": 0,
    });
    let kept = tenant.api.put(path, &form).expect(200).json();
    assert_eq!(kept["version"], 1);
    for field in [
        "keys_max",
        "services",
        "concurrency_max",
        "lifetime_max_days",
        "windows_max",
    ] {
        assert_eq!(kept[field], form[field], "{field}");
    }
    assert_eq!(tenant.api.get(path).expect(200).json(), kept);
    refused(&tenant.api.put(path, &form), 409, "version_conflict");
    for (field, value, code) in [
        ("keys_max", json!(0), "out_of_range"),
        ("keys_max", json!(10_001), "out_of_range"),
        ("concurrency_max", json!(0), "out_of_range"),
        ("lifetime_max_days", json!(3_651), "out_of_range"),
        ("services", json!(["claude", "claude"]), "duplicate"),
        ("windows_max", json!([{"span": "day"}]), "required"),
        ("windows_max", json!([{"span": "day", "requests": -5}]), "invalid"),
        ("colour", json!(1), "unknown_field"),
    ] {
        let mut wrong = kept.clone();
        wrong[field] = value;
        let found = faults(&tenant.api.put(path, &wrong), 422, "validation_failed");
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].0.starts_with(field) && found[0].1 == code,
            "{field}: {found:?}"
        );
    }
    let member = house.person(&tenant, "member");
    assert_eq!(member.api.get(path).expect(200).json(), kept, "members are told");
    refused(&member.api.put(path, &kept), 403, "forbidden");
    let lines = audit_of(&house, &tenant, tenant.id);
    assert!(actions(&lines).contains(&"self_service.updated"));
}

#[test]
fn where_it_is_not_allowed_members_only_look() {
    let house = House::shared();
    let (tenant, member) = bounded(&house, json!({"allowed": false}));
    let own = tenant.key(json!({"owner_user_id": member.id}));
    let path = format!("/keys/{}", own.id);
    member.api.get(&path).expect(200);
    for reply in [
        member.api.post("/keys", &key(json!({}))),
        member.api.put(&path, &key(json!({}))),
        member.api.delete(&path),
        member.api.post(&format!("{path}/rotate"), &json!({})),
        member.api.put(
            "/keys/batch",
            &json!({"ids": [own.id], "act": {"action": "restore"}}),
        ),
    ] {
        refused(&reply, 403, "forbidden");
    }
    let admin = house.person(&tenant, "admin");
    admin.api.post("/keys", &key(json!({}))).expect(201);
}

/// Keys beyond a bound: the key, the field that is at fault, the fault's code, and what its text tells.
fn beyond(good: &Value, windows: &Value) -> Vec<(Value, &'static str, &'static str, &'static str)> {
    let with = |field: &str, value: Value| {
        let mut form = good.clone();
        form["rules"][field] = value;
        form
    };
    let mut forever = good.clone();
    forever["lifetime_s"] = Value::Null;
    let mut long = good.clone();
    long["lifetime_s"] = json!(30 * 86_400 + 1);
    let mut far = forever.clone();
    far["expires_at"] = json!("2190-01-01T00:00:00Z");
    let mut all = vec![
        (
            with("services", json!(["claude", "gemini"])),
            "rules.services",
            "not_allowed",
            "claude, openai",
        ),
        (
            with("services", json!([])),
            "rules.services",
            "not_allowed",
            "claude, openai",
        ),
        (
            with("services", Value::Null),
            "rules.services",
            "not_allowed",
            "claude, openai",
        ),
        (
            with("concurrency", json!({"limit": 3})),
            "rules.concurrency",
            "out_of_range",
            "at most 2",
        ),
        (
            with("concurrency", Value::Null),
            "rules.concurrency",
            "out_of_range",
            "at most 2",
        ),
        (forever, "expires_at", "required", "30 days"),
        (long, "lifetime_s", "out_of_range", "2592000"),
        (far, "expires_at", "out_of_range", "30 days"),
    ];
    all.extend(
        too_wide(windows).map(|(wide, hint)| (with("windows", wide), "rules.windows", "out_of_range", hint)),
    );
    all
}

/// Windows that are wider than members may have, and what the refusal tells.
fn too_wide(windows: &Value) -> [(Value, &'static str); 4] {
    [
        (
            json!([windows[0]]),
            "1000000000 nano-USD a week of models like *opus*",
        ),
        (
            json!([{"span": "day", "requests": 101, "tokens": 5}, windows[1]]),
            "100 requests and 5000 tokens a day",
        ),
        (
            json!([{"span": "day", "requests": 100}, windows[1]]),
            "5000 tokens a day",
        ),
        (
            json!([{"span": "day", "models": "gpt*", "requests": 1, "tokens": 1}, windows[1]]),
            "100 requests",
        ),
    ]
}

fn policies_serve_as_well(tenant: &Tenant, member: &Person, rules: &Value) {
    // A policy that keeps within the bounds serves as well, and so does the default one.
    let strict = tenant
        .api
        .post("/policies", &json!({"name": "strict", "rules": rules}))
        .expect(201)
        .json();
    let by_policy = key(json!({"policy_id": strict["id"], "lifetime_s": 60}));
    member.api.post("/keys", &by_policy).expect(201);
    let lax = tenant
        .api
        .post("/policies", &json!({"name": "lax"}))
        .expect(201)
        .json();
    let reply = member
        .api
        .post("/keys", &key(json!({"policy_id": lax["id"], "lifetime_s": 60})));
    assert_eq!(reply.status, 422);
    let default = json!({"name": "strict", "rules": rules, "is_default": true});
    tenant
        .api
        .put(&format!("/policies/{}", id_of(&strict["id"])), &default)
        .expect(200);
    member
        .api
        .post("/keys", &key(json!({"lifetime_s": 60})))
        .expect(201);
}

#[test]
fn a_members_key_keeps_within_each_bound_by_what_holds_for_it() {
    let house = House::shared();
    let (tenant, member) = bounded(
        &house,
        json!({
            "services": ["claude", "openai"], "concurrency_max": 2, "lifetime_max_days": 30,
            "windows_max": [
                {"span": "day", "requests": 100, "tokens": 5000},
                {"span": "week", "models": "*opus*", "cost_nano": "1000000000"},
            ],
        }),
    );
    let windows = json!([
        {"span": "day", "requests": 100, "tokens": 10},
        {"span": "week", "cost_nano": "1000000000"},
    ]);
    let rules = json!({"services": ["claude"], "concurrency": {"limit": 2}, "windows": windows});
    let good = key(json!({"rules": rules, "lifetime_s": 30 * 86_400}));
    let created = member.api.post("/keys", &good).expect(201).json();
    let path = format!("/keys/{}", id_of(&created["key"]["id"]));
    for (form, field, code, hint) in beyond(&good, &windows) {
        for reply in [member.api.post("/keys", &form), member.api.put(&path, &form)] {
            assert_eq!(
                faults(&reply, 422, "validation_failed"),
                pairs(&[(field, code)]),
                "{form}"
            );
            let problem = reply.json();
            assert!(
                problem["errors"][0]["message"]
                    .as_str()
                    .expect("a text")
                    .contains(hint),
                "{problem}"
            );
        }
        let names = json!({"by": "list", "names": ["a", "b"]});
        let reply = member
            .api
            .post("/keys/batch", &json!({"names": names, "key": form}));
        let below = format!("key.{field}");
        assert_eq!(faults(&reply, 422, "validation_failed"), pairs(&[(&below, code)]));
        // An admin is free.
        tenant.api.post("/keys", &form).expect(201);
    }
    assert_eq!(member.api.get("/keys").expect(200).json()["total"], 1);
    policies_serve_as_well(&tenant, &member, &rules);
}

#[test]
fn a_member_has_no_more_keys_than_members_may_have() {
    let house = House::shared();
    let (tenant, member) = bounded(&house, json!({"keys_max": 3}));
    let too_many = pairs(&[("owner_user_id", "too_many")]);
    let batch = |count: usize| {
        let names = json!({"by": "pattern", "pattern": "k {n}", "count": count});
        member
            .api
            .post("/keys/batch", &json!({"names": names, "key": {"name": "k"}}))
    };
    let below = pairs(&[("key.owner_user_id", "too_many")]);
    assert_eq!(faults(&batch(4), 422, "validation_failed"), below);
    let made = batch(2).expect(201).json();
    // Of many who add one at once, one finds room.
    let crowd: Vec<_> = (0..5)
        .map(|_| {
            let api = member.api.clone();
            std::thread::spawn(move || api.post("/keys", &json!({"name": "k"})).status)
        })
        .collect();
    let mut statuses: Vec<u16> = crowd
        .into_iter()
        .map(|one| one.join().expect("an answer"))
        .collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 422, 422, 422, 422]);
    // The bin does not count, but coming back does.
    let ids = [id_of(&made["items"][0]["id"]), id_of(&made["items"][1]["id"])];
    for id in ids {
        member.api.delete(&format!("/keys/{id}")).expect(204);
    }
    batch(1).expect(201);
    let restore = json!({"ids": ids, "act": {"action": "restore"}});
    let rows = member.api.put("/keys/batch", &restore).expect(200).json();
    assert_eq!(
        (&rows["items"][0]["code"], &rows["items"][1]["code"]),
        (&json!("ok"), &json!("validation_failed"))
    );
    let path = format!("/keys/{}/restore", ids[1]);
    assert_eq!(
        faults(&member.api.post(&path, &json!({})), 422, "validation_failed"),
        too_many
    );
    tenant.api.post(&path, &json!({})).expect(200);
}

#[test]
fn a_key_that_was_given_beyond_the_bounds_may_be_renamed_but_neither_widened_nor_woken() {
    let house = House::shared();
    let (tenant, member) = bounded(&house, json!({"concurrency_max": 2}));
    let given = tenant.key(json!({"owner_user_id": member.id, "rules": {"concurrency": {"limit": 50}}}));
    let path = format!("/keys/{}", given.id);
    let same = json!({"concurrency": {"limit": 50}});
    member
        .api
        .put(&path, &key(json!({"rules": same, "tags": ["x"]})))
        .expect(200);
    member
        .api
        .put(&path, &key(json!({"rules": same, "status": "disabled"})))
        .expect(200);
    let beyond = pairs(&[("rules.concurrency", "out_of_range")]);
    for form in [
        key(json!({"rules": same})),
        key(json!({"rules": {"concurrency": {"limit": 51}}, "status": "disabled"})),
    ] {
        assert_eq!(
            faults(&member.api.put(&path, &form), 422, "validation_failed"),
            beyond,
            "{form}"
        );
    }
    let change = json!({"action": "edit", "change": {"status": "active"}});
    let rows = member
        .api
        .put("/keys/batch", &json!({"ids": [given.id], "act": change}))
        .expect(200)
        .json();
    assert_eq!(rows["items"][0]["code"], "validation_failed");
    member.api.delete(&path).expect(204);
    let reply = member.api.post(&format!("{path}/restore"), &json!({}));
    assert_eq!(faults(&reply, 422, "validation_failed"), beyond);
}
