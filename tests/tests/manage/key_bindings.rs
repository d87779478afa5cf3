//! What keys are bound to: to what they may be, and by whom.

use super::told::{audit_of, faults, pairs, refused};
use serde_json::json;
use tollgate_tests::harness::tenant::id_of;
use tollgate_tests::harness::{House, Tenant, unique};
use uuid::Uuid;

fn openai(tenant: &Tenant) -> Uuid {
    let form = json!({"name": unique("openai"), "api_key": "sk-of-a-test-0123456789"});
    id_of(&tenant.api.post("/accounts/openai", &form).expect(201).json()["id"])
}

fn group(tenant: &Tenant, service: &str) -> Uuid {
    let form = json!({"service": service, "name": unique("group")});
    id_of(&tenant.api.post("/account-groups", &form).expect(201).json()["id"])
}

#[test]
fn bindings_are_kept_told_and_stay_where_an_update_leaves_them_out() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let (account, group) = (openai(&tenant), group(&tenant, "claude"));
    let bindings = json!([
        {"service": "openai", "account_id": account},
        {"service": "claude", "group_id": group},
    ]);
    let sorted = json!([bindings[1], bindings[0]]);
    let created = tenant
        .api
        .post("/keys", &json!({"name": "bound", "bindings": bindings}))
        .expect(201)
        .json();
    let key = id_of(&created["key"]["id"]);
    let path = format!("/keys/{key}");
    assert_eq!(created["key"]["bindings"], sorted);
    assert_eq!(tenant.api.get(&path).expect(200).json()["bindings"], sorted);
    tenant.key(json!({}));
    let listed = tenant.api.get("/keys?sort=name&order=asc").expect(200).json();
    assert_eq!(listed["items"][0]["bindings"], sorted);
    assert_eq!(listed["items"][1]["bindings"], json!([]));
    let renamed = tenant
        .api
        .put(&path, &json!({"name": "renamed"}))
        .expect(200)
        .json();
    assert_eq!(
        renamed["bindings"], sorted,
        "an update that does not know of them leaves them"
    );
    let same = json!({"name": "renamed", "bindings": bindings});
    assert_eq!(tenant.api.put(&path, &same).expect(200).json()["version"], 2);
    let freed = tenant
        .api
        .put(&path, &json!({"name": "renamed", "bindings": []}))
        .expect(200)
        .json();
    assert_eq!((&freed["bindings"], &freed["version"]), (&json!([]), &json!(3)));
    let lines = audit_of(&house, &tenant, key);
    assert!(lines[1].changes.get("bindings").is_none());
    assert_eq!(lines[2].changes["bindings"], json!({"from": sorted, "to": []}));
    let announced: i64 = house
        .sql()
        .query_one(
            "SELECT count(*) FROM changes WHERE topic = 'key' AND tenant_id = $1 AND object_id = $2",
            &[&tenant.id, &key],
        )
        .expect("a count")
        .get(0);
    assert_eq!(announced, 3, "made once, changed twice");
}

#[test]
fn a_binding_names_ones_own_thing_of_its_service() {
    let house = House::shared();
    let (tenant, stranger) = (house.poor_tenant(), house.poor_tenant());
    let (account, theirs) = (openai(&tenant), openai(&stranger));
    let (claude, foreign) = (group(&tenant, "claude"), group(&stranger, "claude"));
    let deleted = openai(&tenant);
    tenant
        .api
        .delete(&format!("/accounts/openai/{deleted}"))
        .expect(204);
    let gone = group(&tenant, "claude");
    tenant.api.delete(&format!("/account-groups/{gone}")).expect(204);
    let key = tenant.key(json!({"name": "stays"}));
    let path = format!("/keys/{}", key.id);
    let (nobody, at, group_at) = (Uuid::now_v7(), "bindings[0].account_id", "bindings[0].group_id");
    let good = json!({"service": "openai", "account_id": account});
    // The bindings; the field at fault, by its place in the form whatever the order in which they are kept; its code.
    let cases = json!({"cases": [
        [[{"service": "openai", "account_id": theirs}], at, "not_found"],
        [[{"service": "openai", "account_id": deleted}], at, "not_found"],
        [[{"service": "openai", "account_id": nobody}], at, "not_found"],
        [[{"service": "claude", "account_id": account}], at, "other_service"],
        [[{"service": "claude", "group_id": foreign}], group_at, "not_found"],
        [[{"service": "claude", "group_id": gone}], group_at, "not_found"],
        [[good, {"service": "gemini", "group_id": claude}], "bindings[1].group_id", "other_service"],
        [[{"service": "claude"}], "bindings", "binding"],
        [[{"service": "openai", "account_id": account, "group_id": claude}], "bindings", "binding"],
        [[good, good], "bindings", "duplicate"],
        [[{"service": "fax", "account_id": account}], "bindings[0].service", "unknown_value"],
        [[{"service": "openai", "key_id": account}], "bindings[0].key_id", "unknown_field"],
    ]});
    for case in cases["cases"].as_array().expect("cases") {
        let form = json!({"name": "bound", "bindings": case[0]});
        let text = |at: usize| case[at].as_str().expect("a text");
        let expected = pairs(&[(text(1), text(2))]);
        for reply in [tenant.api.post("/keys", &form), tenant.api.put(&path, &form)] {
            assert_eq!(faults(&reply, 422, "validation_failed"), expected, "{case}");
        }
    }
    let listed = tenant.api.get("/keys").expect(200).json();
    assert_eq!(
        (&listed["total"], &listed["items"][0]["bindings"]),
        (&json!(1), &json!([]))
    );
}

#[test]
fn a_member_neither_binds_a_key_nor_frees_one() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let member = house.person(&tenant, "member");
    let bindings = json!([{"service": "openai", "account_id": openai(&tenant)}]);
    let key = tenant.key(json!({"owner_user_id": member.id, "bindings": bindings}));
    let path = format!("/keys/{}", key.id);
    let forbidden = pairs(&[("bindings", "forbidden")]);
    for other in [
        json!([]),
        json!([{"service": "openai", "account_id": openai(&tenant)}]),
    ] {
        let reply = member.api.put(&path, &json!({"name": "mine", "bindings": other}));
        assert_eq!(faults(&reply, 422, "validation_failed"), forbidden);
    }
    let reply = member
        .api
        .post("/keys", &json!({"name": "mine", "bindings": bindings}));
    assert_eq!(faults(&reply, 422, "validation_failed"), forbidden);
    for body in [json!({"name": "a"}), json!({"name": "b", "bindings": bindings})] {
        assert_eq!(
            member.api.put(&path, &body).expect(200).json()["bindings"],
            bindings
        );
    }
}

#[test]
fn an_account_stays_while_keys_are_bound_to_it() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let account = openai(&tenant);
    let path = format!("/accounts/openai/{account}");
    let key = tenant.key(json!({"bindings": [{"service": "openai", "account_id": account}]}));
    let problem = refused(&tenant.api.delete(&path), 409, "in_use");
    let detail = problem["detail"].as_str().expect("a text");
    assert!(detail.starts_with("1 key is bound to it"), "{detail}");
    let many = json!({"ids": [account], "action": "delete"});
    let batch = tenant.api.post("/accounts/batch", &many).expect(200).json();
    assert_eq!(batch["items"][0]["code"], "in_use", "{batch}");
    tenant.api.get(&path).expect(200);
    tenant.api.delete(&format!("/keys/{}", key.id)).expect(204);
    tenant.api.delete(&path).expect(204);
}
