//! Policies: named rules for keys, one default, and what holds for a key and where it comes from; limits of people and of
//! the organisation.

use super::told::{actions, audit_of, faults, pairs, refused};
use serde_json::{Value, json};
use tollgate_tests::harness::tenant::id_of;
use tollgate_tests::harness::{House, Tenant, unique};
use uuid::Uuid;

fn policy(tenant: &Tenant, fields: Value) -> Value {
    let mut form = json!({"name": unique("policy")});
    for (name, value) in fields.as_object().expect("an object") {
        form[name] = value.clone();
    }
    tenant.api.post("/policies", &form).expect(201).json()
}

fn path(policy: &Value) -> String {
    format!("/policies/{}", id_of(&policy["id"]))
}

/// How often the tenant's keys were said to be changed as a whole.
fn announced(house: &House, tenant: &Tenant) -> i64 {
    let query = "SELECT count(*) FROM changes WHERE topic = 'tenant' AND tenant_id = $1";
    let row = house.sql().query_one(query, &[&tenant.id]).expect("a count");
    row.get(0)
}

#[test]
fn a_policy_is_kept_told_changed_and_deleted() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let before = announced(&house, &tenant);
    let form = json!({
        "name": "interns", "description": "of the summer",
        "rules": {"models_denied": ["*opus*"], "windows": [{"span": "day", "cost_nano": "1000000000"}]},
    });
    let made = tenant.api.post("/policies", &form).expect(201).json();
    for (field, value) in form.as_object().expect("an object") {
        assert_eq!(&made[field], value, "{field}");
    }
    assert_eq!(
        (&made["version"], &made["keys"], &made["is_default"]),
        (&json!(1), &json!(0), &json!(false))
    );
    assert_eq!(tenant.api.get(&path(&made)).expect(200).json(), made);
    assert_eq!(
        tenant.api.get("/policies").expect(200).json()["items"],
        json!([made])
    );
    let edit = json!({"name": "guests", "version": 1});
    let changed = tenant.api.put(&path(&made), &edit).expect(200).json();
    assert_eq!((&changed["version"], &changed["rules"]), (&json!(2), &json!({})));
    refused(&tenant.api.put(&path(&made), &edit), 409, "version_conflict");
    // What changes nothing leaves no trace.
    let same = tenant
        .api
        .put(&path(&made), &json!({"name": "guests"}))
        .expect(200)
        .json();
    assert_eq!(same["version"], 2);
    tenant.api.delete(&path(&made)).expect(204);
    refused(&tenant.api.get(&path(&made)), 404, "not_found");
    let lines = audit_of(&house, &tenant, id_of(&made["id"]));
    assert_eq!(
        actions(&lines),
        ["policy.created", "policy.updated", "policy.deleted"]
    );
    assert_eq!(
        lines[1].changes["name"],
        json!({"from": "interns", "to": "guests"})
    );
    assert_eq!(announced(&house, &tenant) - before, 3);
}

#[test]
fn what_holds_for_a_key_comes_from_the_nearest_that_says_it() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let default = policy(
        &tenant,
        json!({
            "is_default": true,
            "rules": {"services": ["claude"], "concurrency": {"limit": 4}, "models_denied": ["*opus*"]},
        }),
    );
    let named = policy(
        &tenant,
        json!({"name": "named", "rules": {"concurrency": {"limit": 8}}}),
    );
    let key = tenant.key(json!({"policy_id": named["id"], "rules": {"models_denied": []}}));
    let shown = || tenant.api.get(&format!("/keys/{}", key.id)).expect(200).json();
    let key_now = shown();
    assert_eq!(key_now["policy"], json!({"id": named["id"], "name": "named"}));
    assert_eq!(
        key_now["rules"],
        json!({"models_denied": []}),
        "what it says itself"
    );
    let effective = &key_now["effective"];
    assert_eq!(effective["rules"]["services"], json!(["claude"]));
    assert_eq!(effective["rules"]["concurrency"]["limit"], 8);
    assert_eq!(effective["rules"]["models_denied"], json!([]));
    for (rule, source) in [
        ("services", "default"),
        ("concurrency", "policy"),
        ("models_denied", "key"),
        ("windows", "none"),
    ] {
        assert_eq!(effective["sources"][rule], source, "{rule}");
    }
    let plain = json!({"name": default["name"], "rules": default["rules"]});
    tenant.api.put(&path(&default), &plain).expect(200);
    assert_eq!(
        shown()["effective"]["sources"]["services"],
        "none",
        "there is no default any more"
    );
}

#[test]
fn the_default_is_one_and_comes_first() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let (one, two) = (
        policy(&tenant, json!({"name": "b", "is_default": true})),
        policy(&tenant, json!({"name": "c", "is_default": true})),
    );
    policy(&tenant, json!({"name": "a"}));
    let names = || {
        let listed = tenant.api.get("/policies").expect(200).json();
        let items = listed["items"].as_array().expect("a list").clone();
        let defaults = items.iter().filter(|policy| policy["is_default"] == true).count();
        assert_eq!(defaults, 1);
        items
            .iter()
            .map(|policy| policy["name"].as_str().expect("a name").to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(), ["c", "a", "b"]);
    tenant
        .api
        .put(&path(&one), &json!({"name": "b", "is_default": true}))
        .expect(200);
    assert_eq!(names(), ["b", "a", "c"]);
    let lines = audit_of(&house, &tenant, id_of(&two["id"]));
    assert_eq!(actions(&lines), ["policy.created", "policy.updated"]);
    assert_eq!(lines[1].changes["is_default"], json!({"from": true, "to": false}));
    // Many who take it at once: one has it.
    let ids: Vec<String> = [&one, &two].iter().map(|policy| path(policy)).collect();
    let crowd: Vec<_> = (0..8)
        .map(|n| {
            let (api, path) = (tenant.api.clone(), ids[n % 2].clone());
            let name = if n % 2 == 0 { "b" } else { "c" };
            let form = json!({"name": name, "is_default": true});
            std::thread::spawn(move || api.put(&path, &form).status)
        })
        .collect();
    for one in crowd {
        assert_eq!(one.join().expect("an answer"), 200);
    }
    names();
}

#[test]
fn a_policy_that_keys_name_stays_and_says_how_many_they_are() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let named = policy(&tenant, json!({}));
    let keys = [0, 1].map(|_| tenant.key(json!({"name": "k", "policy_id": named["id"]})));
    tenant.api.delete(&format!("/keys/{}", keys[0].id)).expect(204);
    let problem = refused(&tenant.api.delete(&path(&named)), 409, "in_use");
    let detail = problem["detail"].as_str().expect("a text");
    assert!(
        detail.contains("2 keys") && detail.contains("1 of them in the recycle bin"),
        "{detail}"
    );
    assert_eq!(tenant.api.get(&path(&named)).expect(200).json()["keys"], 2);
    let listed = tenant
        .api
        .get(&format!("/keys?policy_id={}", id_of(&named["id"])))
        .expect(200)
        .json();
    assert_eq!(
        (&listed["total"], &listed["items"][0]["id"]),
        (&json!(1), &json!(keys[1].id))
    );
    tenant
        .api
        .post(&format!("/keys/{}/purge", keys[0].id), &json!({}))
        .expect(204);
    tenant
        .api
        .put(&format!("/keys/{}", keys[1].id), &json!({"name": "k"}))
        .expect(200);
    tenant.api.delete(&path(&named)).expect(204);
}

#[test]
fn wrong_fields_are_named_and_a_strangers_policy_is_not_there() {
    let house = House::shared();
    let (tenant, stranger) = (house.poor_tenant(), house.poor_tenant());
    let (own, theirs) = (
        policy(&tenant, json!({"name": "own"})),
        policy(&stranger, json!({})),
    );
    policy(&tenant, json!({"name": "taken"}));
    for (form, field, code) in [
        (json!({"name": ""}), "name", "required"),
        (
            json!({"name": "a", "description": "x".repeat(1001)}),
            "description",
            "too_long",
        ),
        (
            json!({"name": "a", "rules": {"windows": [{"span": "day"}]}}),
            "rules.windows",
            "required",
        ),
        (
            json!({"name": "a", "rules": {"colour": 1}}),
            "rules.colour",
            "unknown_field",
        ),
        (json!({"name": "a", "is_default": "yes"}), "is_default", "invalid"),
        (json!({"name": "a", "keys": 3}), "keys", "unknown_field"),
    ] {
        for reply in [
            tenant.api.post("/policies", &form),
            tenant.api.put(&path(&own), &form),
        ] {
            assert_eq!(
                faults(&reply, 422, "validation_failed"),
                pairs(&[(field, code)]),
                "{form}"
            );
        }
    }
    for reply in [
        tenant.api.post("/policies", &json!({"name": "taken"})),
        tenant.api.put(&path(&own), &json!({"name": "taken"})),
    ] {
        assert_eq!(faults(&reply, 409, "name_taken"), pairs(&[("name", "taken")]));
    }
    let new = json!({"name": "a", "version": 1});
    assert_eq!(
        faults(&tenant.api.post("/policies", &new), 422, "validation_failed"),
        pairs(&[("version", "not_applicable")])
    );
    for reply in [
        tenant.api.get(&path(&theirs)),
        tenant.api.put(&path(&theirs), &json!({"name": "mine"})),
        tenant.api.delete(&path(&theirs)),
        tenant.api.get("/policies/nonsense"),
    ] {
        refused(&reply, 404, "not_found");
    }
    let key = json!({"name": "k", "policy_id": theirs["id"]});
    assert_eq!(
        faults(&tenant.api.post("/keys", &key), 422, "validation_failed"),
        pairs(&[("policy_id", "not_found")])
    );
}

/// Limits, the field that is at fault, and the fault's code.
fn wrong_limits() -> Vec<(Value, &'static str, &'static str)> {
    vec![
        (
            json!({"windows": [{"span": "day", "requests": 0}]}),
            "windows",
            "out_of_range",
        ),
        (
            json!({"concurrency": {"limit": 0}}),
            "concurrency",
            "out_of_range",
        ),
        (
            json!({"concurrency": {"limit": 1, "queue": 5, "wait_s": 5}}),
            "concurrency",
            "not_applicable",
        ),
        (json!({"colour": 1}), "colour", "unknown_field"),
    ]
}

#[test]
fn limits_of_people_and_of_the_organisation_are_kept_with_their_versions() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let member = house.person(&tenant, "member");
    let own = format!("/users/{}/limits", member.id);
    for path in ["/limits", own.as_str()] {
        let empty = tenant.api.get(path).expect(200).json();
        assert_eq!((&empty["version"], &empty["windows"]), (&json!(0), &json!([])));
        let form = json!({
            "concurrency": {"limit": 10}, "windows": [{"span": "month", "cost_nano": "100000000000"}], "version": 0,
        });
        let set = tenant.api.put(path, &form).expect(200).json();
        assert_eq!((&set["version"], &set["windows"]), (&json!(1), &form["windows"]));
        assert_eq!(tenant.api.get(path).expect(200).json(), set);
        refused(
            &tenant.api.put(path, &json!({"windows": []})),
            409,
            "version_conflict",
        );
        let lifted = tenant
            .api
            .put(path, &json!({"windows": [], "version": 1}))
            .expect(200)
            .json();
        assert_eq!((&lifted["version"], &lifted["windows"]), (&json!(2), &json!([])));
        for (mut form, field, code) in wrong_limits() {
            form["version"] = json!(2);
            let reply = tenant.api.put(path, &form);
            assert_eq!(
                faults(&reply, 422, "validation_failed"),
                pairs(&[(field, code)]),
                "{form}"
            );
        }
        refused(&member.api.put(path, &json!({"version": 2})), 403, "forbidden");
        member.api.get(path).expect(200);
    }
    assert_eq!(
        actions(&audit_of(&house, &tenant, member.id)),
        ["limits.updated", "limits.updated"]
    );
    let others = format!("/users/{}/limits", tenant.user_id);
    refused(&member.api.get(&others), 404, "not_found");
    refused(&member.api.put(&others, &json!({})), 404, "not_found");
    let stranger = house.poor_tenant();
    refused(
        &tenant.api.get(&format!("/users/{}/limits", stranger.user_id)),
        404,
        "not_found",
    );
    refused(
        &tenant
            .api
            .put(&format!("/users/{}/limits", Uuid::now_v7()), &json!({})),
        404,
        "not_found",
    );
}
