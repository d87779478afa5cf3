//! Many keys at once: changed, deleted, restored and purged with a result for each.

use super::told::{actions, audit_of, faults, pairs, refused};
use serde_json::{Value, json};
use tollgate_tests::harness::tenant::id_of;
use tollgate_tests::harness::{Ask, House, Request, SOON, Tenant, unique, wait_until};
use uuid::Uuid;

/// Keys of a batch with their secrets.
pub fn make(tenant: &Tenant, count: usize, key: Value) -> Vec<(Uuid, String)> {
    let mut key = key;
    key["name"] = json!("any");
    let names = json!({"by": "pattern", "pattern": "team {n}", "count": count});
    let made = tenant
        .api
        .post("/keys/batch", &json!({"names": names, "key": key}))
        .expect(201)
        .json();
    let items = made["items"].as_array().expect("a list");
    assert_eq!(items.len(), count);
    items
        .iter()
        .map(|item| {
            (
                id_of(&item["id"]),
                item["secret"].as_str().expect("shown once").to_owned(),
            )
        })
        .collect()
}

fn ids(made: &[(Uuid, String)]) -> Vec<Uuid> {
    made.iter().map(|(id, _)| *id).collect()
}

/// Code by code, in the order of the ids.
fn codes(result: &Value) -> Vec<String> {
    let items = result["items"].as_array().expect("a list");
    items
        .iter()
        .map(|row| {
            assert_eq!(
                row["ok"],
                json!(["ok", "unchanged"].contains(&row["code"].as_str().expect("a code")))
            );
            assert_eq!(row["ok"] == json!(false), row["message"] != "");
            row["code"].as_str().expect("a code").to_owned()
        })
        .collect()
}

fn act(tenant: &Tenant, ids: &[Uuid], act: Value) -> Value {
    tenant
        .api
        .put("/keys/batch", &json!({"ids": ids, "act": act}))
        .expect(200)
        .json()
}

fn edit(tenant: &Tenant, ids: &[Uuid], change: Value) -> Vec<String> {
    codes(&act(tenant, ids, json!({"action": "edit", "change": change})))
}

fn delete(tenant: &Tenant, ids: &[Uuid]) -> Value {
    let request = Request::new("DELETE", "/api/v2/keys/batch").json(&json!({"ids": ids}));
    tenant.api.send(request).expect(200).json()
}

/// A key as it is now.
pub fn shown(tenant: &Tenant, key: Uuid) -> Value {
    tenant.api.get(&format!("/keys/{key}")).expect(200).json()
}

#[test]
fn each_key_is_changed_or_refused_by_itself() {
    let house = House::shared();
    let (tenant, stranger) = (house.poor_tenant(), house.poor_tenant());
    let full: Vec<String> = (0..20).map(|n| format!("t{n}")).collect();
    let made = make(
        &tenant,
        2,
        json!({"tags": ["old", "stays"], "rules": {"models_denied": ["*opus*"]}}),
    );
    let crowded = tenant.key(json!({"tags": full})).id;
    let theirs = stranger.key(json!({"name": "theirs"})).id;
    let binned = tenant.key(json!({})).id;
    tenant.api.delete(&format!("/keys/{binned}")).expect(204);
    let all = [made[0].0, crowded, theirs, binned, made[1].0, Uuid::now_v7()];
    let change = json!({
        "status": "disabled", "cost_centre": "ops", "add_tags": ["new"], "remove_tags": ["old"],
        "expires_at": "2190-01-01T00:00:00Z", "rules": {"windows": [{"span": "hour", "tokens": 5}]},
    });
    let done = edit(&tenant, &all, change.clone());
    assert_eq!(
        done,
        [
            "ok",
            "validation_failed",
            "not_found",
            "not_found",
            "ok",
            "not_found"
        ]
    );
    for (id, _) in &made {
        let key = shown(&tenant, *id);
        assert_eq!(key["tags"], json!(["new", "stays"]));
        assert_eq!(
            (
                &key["status"],
                &key["cost_centre"],
                &key["expires_at"],
                &key["version"]
            ),
            (
                &json!("disabled"),
                &json!("ops"),
                &json!("2190-01-01T00:00:00Z"),
                &json!(2)
            )
        );
        assert_eq!(
            key["rules"]["models_denied"],
            json!(["*opus*"]),
            "what is not named stays"
        );
        assert_eq!(key["rules"]["windows"], change["rules"]["windows"]);
        let lines = audit_of(&house, &tenant, *id);
        assert_eq!(actions(&lines), ["key.created", "key.updated"]);
        assert_eq!(
            lines[1].changes["tags"],
            json!({"from": ["old", "stays"], "to": ["new", "stays"]})
        );
    }
    assert_eq!(shown(&tenant, crowded)["status"], "active");
    assert_eq!(shown(&stranger, theirs)["status"], "active");
    let done = edit(&tenant, &ids(&made), change);
    assert_eq!(done, ["unchanged", "unchanged"]);
    assert_eq!(shown(&tenant, made[0].0)["version"], 2);
    edit(&tenant, &ids(&made), json!({"without_expiry": true}));
    assert_eq!(shown(&tenant, made[0].0)["expires_at"], Value::Null);
}

#[test]
fn a_change_that_makes_no_sense_is_refused_as_a_whole() {
    let house = House::shared();
    let (tenant, stranger) = (house.poor_tenant(), house.poor_tenant());
    let key = tenant.key(json!({"name": "stays"})).id;
    for (change, field, code) in [
        (json!({"colour": 1}), "act", "unknown_field"),
        (
            json!({"without_policy": true, "policy_id": Uuid::now_v7()}),
            "act.change.without_policy",
            "not_together",
        ),
        (
            json!({"without_expiry": true, "expires_at": "2190-01-01T00:00:00Z"}),
            "act.change.without_expiry",
            "not_together",
        ),
        (
            json!({"expires_at": "2020-01-01T00:00:00Z"}),
            "act.change.expires_at",
            "in_the_past",
        ),
        (
            json!({"add_tags": ["a"], "remove_tags": ["a"]}),
            "act.change.remove_tags",
            "not_together",
        ),
        (
            json!({"policy_id": Uuid::now_v7()}),
            "act.change.policy_id",
            "not_found",
        ),
        (
            json!({"owner_user_id": stranger.user_id}),
            "act.change.owner_user_id",
            "not_found",
        ),
        (
            json!({"rules": {"addresses": ["here"]}}),
            "act.change.rules.addresses",
            "network",
        ),
    ] {
        let body = json!({"ids": [key], "act": {"action": "edit", "change": change}});
        let found = faults(&tenant.api.put("/keys/batch", &body), 422, "validation_failed");
        assert_eq!(found.len(), 1, "{body}: {found:?}");
        assert!(found[0].0.starts_with(field), "{body}: {found:?}");
        assert_eq!(found[0].1, code, "{body}");
    }
    for (ids, code) in [
        (json!([]), "required"),
        (json!([key, key]), "duplicate"),
        (
            json!((0..5_001).map(|_| Uuid::now_v7()).collect::<Vec<_>>()),
            "too_many",
        ),
    ] {
        let body = json!({"ids": ids, "act": {"action": "restore"}});
        let expected = pairs(&[("ids", code)]);
        assert_eq!(
            faults(&tenant.api.put("/keys/batch", &body), 422, "validation_failed"),
            expected
        );
        let request = Request::new("DELETE", "/api/v2/keys/batch").json(&json!({"ids": ids}));
        assert_eq!(
            faults(&tenant.api.send(request), 422, "validation_failed"),
            expected
        );
    }
    assert_eq!(shown(&tenant, key)["version"], 1);
}

#[test]
fn keys_go_to_the_bin_come_back_and_leave_together() {
    let house = House::shared();
    let scene = house.scene();
    let (tenant, address) = (&scene.tenant, house.gateway.address());
    // More than are announced one by one.
    let made = make(tenant, 120, json!({}));
    let secret = &made[7].1;
    Ask::new(secret).send(address).expect(200);
    let done = codes(&delete(tenant, &ids(&made)));
    assert!(done.iter().all(|code| code == "ok"));
    wait_until("the keys are refused", SOON, || {
        Ask::new(secret).send(address).status == 401
    });
    assert_eq!(
        codes(&delete(tenant, &[made[0].0])),
        ["not_found"],
        "it is there already"
    );
    assert_eq!(
        tenant.api.get("/keys?deleted=true").expect(200).json()["total"],
        120
    );
    let some = &ids(&made)[..10];
    assert_eq!(
        codes(&act(tenant, some, json!({"action": "restore"}))),
        ["ok"; 10]
    );
    wait_until("a key works again", SOON, || {
        Ask::new(secret).send(address).status == 200
    });
    let mixed = [made[0].0, made[50].0];
    assert_eq!(
        codes(&act(tenant, &mixed, json!({"action": "purge"}))),
        ["not_found", "ok"]
    );
    assert_eq!(
        tenant.api.get("/keys?deleted=true").expect(200).json()["total"],
        109
    );
    let lines = audit_of(&house, tenant, made[50].0);
    assert_eq!(actions(&lines), ["key.created", "key.deleted", "key.purged"]);
}

#[test]
fn members_change_their_own_in_a_batch_and_finance_none() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let (member, finance) = (house.person(&tenant, "member"), house.person(&tenant, "finance"));
    let own = tenant
        .key(json!({"name": unique("own"), "owner_user_id": member.id}))
        .id;
    let other = tenant.key(json!({})).id;
    let change = json!({"action": "edit", "change": {"cost_centre": "mine"}});
    let body = json!({"ids": [own, other], "act": change});
    let done = member.api.put("/keys/batch", &body).expect(200).json();
    assert_eq!(codes(&done), ["ok", "not_found"]);
    let given = json!({"ids": [own], "act": {"action": "edit", "change": {"owner_user_id": tenant.user_id}}});
    assert_eq!(
        faults(&member.api.put("/keys/batch", &given), 422, "validation_failed"),
        pairs(&[("act.change.owner_user_id", "not_found")])
    );
    let names = json!({"by": "list", "names": ["a"]});
    let new = json!({"names": names, "key": {"name": "a"}});
    for reply in [
        finance.api.put("/keys/batch", &body),
        finance.api.post("/keys/batch", &new),
        finance
            .api
            .send(Request::new("DELETE", "/api/v2/keys/batch").json(&json!({"ids": [own]}))),
    ] {
        refused(&reply, 403, "forbidden");
    }
}

#[test]
fn rules_of_many_keys_are_left_to_their_policy_again() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let rules = json!({"models_denied": ["*opus*"], "windows": [{"span": "hour", "tokens": 5}]});
    let made = make(&tenant, 2, json!({"rules": rules}));
    let ids = [made[0].0, made[1].0];
    let both = json!({"rules": {"models_denied": []}, "inherit": ["models_denied"]});
    let refused = tenant.api.put(
        "/keys/batch",
        &json!({"ids": ids, "act": {"action": "edit", "change": both}}),
    );
    assert_eq!(
        faults(&refused, 422, "validation_failed"),
        pairs(&[("act.change.inherit", "not_together")])
    );
    assert_eq!(
        edit(&tenant, &ids, json!({"inherit": ["models_denied", "clients"]})),
        ["ok", "ok"]
    );
    let key = shown(&tenant, ids[0]);
    assert_eq!(key["rules"], json!({"windows": [{"span": "hour", "tokens": 5}]}));
    assert_eq!(
        edit(&tenant, &ids, json!({"inherit": ["models_denied"]})),
        ["unchanged", "unchanged"]
    );
}
