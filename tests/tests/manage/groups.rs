//! Groups of accounts: who may be a member, and when a group may go.

use super::told::{actions, audit_of, faults, pairs, refused};
use serde_json::{Value, json};
use tollgate_tests::harness::tenant::id_of;
use tollgate_tests::harness::{House, Tenant, unique};
use uuid::Uuid;

const GROUPS: &str = "/account-groups";

fn made(tenant: &Tenant, form: &Value) -> (Uuid, Value) {
    let group = tenant.api.post(GROUPS, form).expect(201).json();
    (id_of(&group["id"]), group)
}

fn path(group: Uuid) -> String {
    format!("{GROUPS}/{group}")
}

fn openai(tenant: &Tenant) -> Uuid {
    let form = json!({"name": unique("openai"), "api_key": "sk-of-a-test-0123456789"});
    id_of(&tenant.api.post("/accounts/openai", &form).expect(201).json()["id"])
}

#[test]
fn a_group_is_what_was_asked_for_and_an_update_replaces_its_members() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let account = |name: &str, priority: u32| {
        tenant.account_with(
            "https://a.example.com",
            json!({"name": name, "priority": priority}),
        )
    };
    let (first, second, third) = (account("b", 10), account("a", 20), account("c", 30));
    let form = json!({
        "service": "claude", "name": "night shift", "description": "for batches",
        "members": [{"account_id": third}, {"account_id": second, "priority": 1}, {"account_id": first}],
    });
    let (id, group) = made(&tenant, &form);
    assert_eq!(
        (&group["service"], &group["name"]),
        (&form["service"], &form["name"])
    );
    assert_eq!((&group["keys"], &group["version"]), (&json!(0), &json!(1)));
    let members: Vec<(&Value, &Value)> = group["members"]
        .as_array()
        .expect("members")
        .iter()
        .map(|member| (&member["name"], &member["priority"]))
        .collect();
    let preferred = [
        (json!("a"), json!(1)),
        (json!("b"), Value::Null),
        (json!("c"), Value::Null),
    ];
    assert_eq!(
        members,
        preferred.each_ref().map(|(name, priority)| (name, priority))
    );
    assert_eq!(group["members"][0]["platform"], "claude_console");
    let listed = tenant.api.get(GROUPS).expect(200).json();
    assert_eq!(listed, json!({"items": [group], "granted": []}));
    let mut same = form;
    same["members"].as_array_mut().expect("members").reverse();
    assert_eq!(
        tenant.api.put(&path(id), &same).expect(200).json(),
        group,
        "in any order"
    );
}

#[test]
fn what_happened_to_a_group_is_told() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let first = tenant.account("https://a.example.com");
    let form = json!({"service": "claude", "name": "night shift", "description": "for batches"});
    let (id, _) = made(&tenant, &form);
    let fewer =
        json!({"service": "claude", "name": "day shift", "members": [{"account_id": first}], "version": 1});
    let changed = tenant.api.put(&path(id), &fewer).expect(200).json();
    assert_eq!(
        (&changed["version"], &changed["description"]),
        (&json!(2), &json!(""))
    );
    assert_eq!(changed["members"].as_array().map(Vec::len), Some(1));
    refused(&tenant.api.put(&path(id), &fewer), 409, "version_conflict");
    // A deleted account is no member any more.
    tenant
        .api
        .delete(&format!("/accounts/claude_console/{first}"))
        .expect(204);
    assert_eq!(tenant.api.get(&path(id)).expect(200).json()["members"], json!([]));
    tenant.api.delete(&path(id)).expect(204);
    for reply in [
        tenant.api.get(&path(id)),
        tenant.api.put(&path(id), &form),
        tenant.api.delete(&path(id)),
    ] {
        refused(&reply, 404, "not_found");
    }
    let lines = audit_of(&house, &tenant, id);
    let told = [
        "account_group.created",
        "account_group.updated",
        "account_group.deleted",
    ];
    assert_eq!(actions(&lines), told);
    assert_eq!(
        lines[1].changes["name"],
        json!({"from": "night shift", "to": "day shift"})
    );
    assert_eq!(
        lines[1].changes["members"]["to"],
        json!([{"account_id": first, "priority": null}])
    );
    // Its name is free again.
    made(&tenant, &json!({"service": "claude", "name": "day shift"}));
}

#[test]
fn a_member_is_ones_own_account_of_the_groups_service() {
    let house = House::shared();
    let (tenant, stranger) = (house.poor_tenant(), house.poor_tenant());
    let own = tenant.account("https://a.example.com");
    let theirs = stranger.account("https://a.example.com");
    let (openai, deleted) = (openai(&tenant), tenant.account("https://a.example.com"));
    tenant
        .api
        .delete(&format!("/accounts/claude_console/{deleted}"))
        .expect(204);
    let (id, _) = made(&tenant, &json!({"service": "claude", "name": "stays"}));
    let form = json!({
        "service": "claude", "name": "mixed",
        "members": [
            {"account_id": own}, {"account_id": theirs}, {"account_id": openai}, {"account_id": deleted},
            {"account_id": Uuid::now_v7()},
        ],
    });
    let expected = pairs(&[
        ("members[1].account_id", "not_found"),
        ("members[2].account_id", "other_service"),
        ("members[3].account_id", "not_found"),
        ("members[4].account_id", "not_found"),
    ]);
    for reply in [tenant.api.post(GROUPS, &form), tenant.api.put(&path(id), &form)] {
        assert_eq!(faults(&reply, 422, "validation_failed"), expected);
    }
    let kept = tenant.api.get(GROUPS).expect(200).json();
    assert_eq!(kept["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(
        (&kept["items"][0]["name"], &kept["items"][0]["members"]),
        (&json!("stays"), &json!([]))
    );
}

#[test]
fn every_wrong_field_is_named() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let account = tenant.account("https://a.example.com");
    let good = json!({"service": "claude", "name": unique("group")});
    for (field, value, at, code) in [
        ("service", json!("fax"), "service", "unknown_value"),
        ("name", json!(" "), "name", "required"),
        ("description", json!("d".repeat(1001)), "description", "too_long"),
        (
            "members",
            json!([{"account_id": account}, {"account_id": account}]),
            "members",
            "duplicate",
        ),
        (
            "members",
            json!([{"account_id": account, "priority": 101}]),
            "members[0].priority",
            "out_of_range",
        ),
        (
            "members",
            json!([{"account_id": "x"}]),
            "members[0].account_id",
            "invalid",
        ),
        (
            "members",
            json!([{"id": account}]),
            "members[0].id",
            "unknown_field",
        ),
        ("version", json!(1), "version", "not_applicable"),
    ] {
        let mut form = good.clone();
        form[field] = value;
        let reply = tenant.api.post(GROUPS, &form);
        assert_eq!(
            faults(&reply, 422, "validation_failed"),
            pairs(&[(at, code)]),
            "{form}"
        );
    }
    let (id, _) = made(&tenant, &good);
    let moved = json!({"service": "openai", "name": "x"});
    assert_eq!(
        faults(&tenant.api.put(&path(id), &moved), 422, "validation_failed"),
        pairs(&[("service", "unchangeable")])
    );
    assert_eq!(
        faults(&tenant.api.post(GROUPS, &good), 409, "name_taken"),
        pairs(&[("name", "taken")])
    );
    // Unique within the service alone, and the tenant.
    let mut other = good.clone();
    other["service"] = json!("gemini");
    made(&tenant, &other);
    made(&house.poor_tenant(), &good);
}

#[test]
fn a_group_stays_while_keys_are_bound_to_it() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let (id, _) = made(&tenant, &json!({"service": "claude", "name": "bound"}));
    let bindings = json!([{"service": "claude", "group_id": id}]);
    let keys = [(); 2].map(|()| tenant.key(json!({"bindings": bindings})));
    assert_eq!(tenant.api.get(&path(id)).expect(200).json()["keys"], 2);
    let problem = refused(&tenant.api.delete(&path(id)), 409, "in_use");
    let detail = problem["detail"].as_str().expect("a text");
    assert!(detail.starts_with("2 keys are bound to it"), "{detail}");
    tenant.api.delete(&format!("/keys/{}", keys[0].id)).expect(204);
    let problem = refused(&tenant.api.delete(&path(id)), 409, "in_use");
    assert!(
        problem["detail"]
            .as_str()
            .expect("a text")
            .starts_with("1 key is bound")
    );
    let free = json!({"name": "free", "bindings": []});
    tenant
        .api
        .put(&format!("/keys/{}", keys[1].id), &free)
        .expect(200);
    tenant.api.delete(&path(id)).expect(204);
}

#[test]
fn finance_reads_groups_and_proxies_and_members_see_none() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let (finance, member) = (house.person(&tenant, "finance"), house.person(&tenant, "member"));
    for list in [GROUPS, "/proxies"] {
        finance.api.get(list).expect(200);
        refused(&member.api.get(list), 403, "forbidden");
    }
    let form = json!({"service": "claude", "name": "no"});
    refused(&finance.api.post(GROUPS, &form), 403, "forbidden");
    refused(&member.api.post(GROUPS, &form), 403, "forbidden");
}
