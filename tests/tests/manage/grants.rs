//! The platform's groups: who lets whom use them, and what a tenant sees of one.

use super::told::{actions, audit_of, faults, pairs, refused};
use serde_json::{Value, json};
use tollgate_tests::harness::tenant::id_of;
use tollgate_tests::harness::{House, Tenant, unique};
use uuid::Uuid;

/// The platform's own tenant.
const PLATFORM: Uuid = Uuid::from_u128(0x0000_0000_0000_7000_8000_0000_0000_0001);

/// The platform's tenant, as someone in this role enters it. Nobody signs it up, so that a person's password is borrowed.
pub fn platform(house: &House, role: &str) -> Tenant {
    let lender = house.poor_tenant();
    let slug: String = house
        .sql()
        .query_one("SELECT slug FROM tenants WHERE tenant_id = $1", &[&PLATFORM])
        .expect("the platform's tenant")
        .get(0);
    let place = Tenant {
        id: PLATFORM,
        slug,
        ..lender
    };
    let person = house.person(&place, role);
    Tenant {
        api: person.api,
        email: person.email,
        user_id: person.id,
        ..place
    }
}

fn group(tenant: &Tenant, service: &str) -> Uuid {
    let form = json!({"service": service, "name": unique("pool"), "description": "our own words"});
    id_of(&tenant.api.post("/account-groups", &form).expect(201).json()["id"])
}

fn grants(group: Uuid) -> String {
    format!("/account-groups/{group}/grants")
}

/// How often a change of a tenant's accounts was announced to all nodes because of a group.
fn announced(house: &House, tenant: &Tenant, group: Uuid) -> i64 {
    let query = "SELECT count(*) FROM changes WHERE topic = 'account' AND tenant_id = $1 AND object_id = $2";
    let row = house.sql().query_one(query, &[&tenant.id, &group]);
    row.expect("a count").get(0)
}

fn granted(tenant: &Tenant) -> Value {
    tenant.api.get("/account-groups").expect(200).json()["granted"].clone()
}

#[test]
fn the_platform_lets_a_tenant_use_a_group_under_its_public_name_and_takes_it_back() {
    let house = House::own();
    let (platform, tenant, other) = (
        platform(&house, "admin"),
        house.poor_tenant(),
        house.poor_tenant(),
    );
    let group = group(&platform, "claude");
    let to = |tenant: &Tenant| format!("{}/{}", grants(group), tenant.id);
    let form = json!({"public_name": "Claude pool", "weight": 300});
    let grant = platform.api.put(&to(&tenant), &form).expect(200).json();
    assert_eq!(grant["tenant_id"], json!(tenant.id));
    assert_eq!(
        (&grant["tenant_slug"], &grant["weight"]),
        (&json!(tenant.slug), &json!(300))
    );
    let listed = platform.api.get(&grants(group)).expect(200).json();
    assert_eq!(listed["items"], json!([grant]));
    let seen = granted(&tenant);
    let shown = json!([{"id": group, "service": "claude", "name": "Claude pool", "since": grant["since"]}]);
    assert_eq!(seen, shown);
    assert_eq!(granted(&other), json!([]));
    // The group itself is nothing of the tenant's.
    let whole = format!("/account-groups/{group}");
    refused(&tenant.api.get(&whole), 404, "not_found");
    refused(&tenant.api.get(&grants(group)), 404, "not_found");
    assert_eq!(announced(&house, &tenant, group), 1);
    let less = json!({"public_name": "Claude pool"});
    assert_eq!(
        platform.api.put(&to(&tenant), &less).expect(200).json()["weight"],
        100
    );
    platform.api.put(&to(&tenant), &less).expect(200);
    let problem = refused(&platform.api.delete(&whole), 409, "in_use");
    let detail = problem["detail"].as_str().expect("a text");
    assert!(detail.starts_with("1 organisation may use it"), "{detail}");
    platform.api.delete(&to(&tenant)).expect(204);
    refused(&platform.api.delete(&to(&tenant)), 404, "not_found");
    assert_eq!(granted(&tenant), json!([]));
    platform.api.delete(&whole).expect(204);
    let lines = audit_of(&house, &platform, group);
    assert_eq!(
        actions(&lines),
        [
            "account_group.created",
            "account_group.granted",
            "account_group.granted",
            "account_group.revoked",
            "account_group.deleted",
        ]
    );
    assert_eq!(lines[2].changes["grant"]["from"]["weight"], 300);
    assert_eq!(lines[1].changes["grant"]["tenant"], json!(tenant.slug));
    assert!(
        audit_of(&house, &tenant, group).is_empty(),
        "the tenant's trail is its own"
    );
}

#[test]
fn nobody_but_the_platforms_owners_and_admins_grants() {
    let house = House::own();
    let (platform, tenant) = (platform(&house, "owner"), house.poor_tenant());
    let finance = self::platform(&house, "finance");
    let (theirs, own) = (group(&platform, "claude"), group(&tenant, "claude"));
    let form = json!({"public_name": "pool"});
    let of = |group: Uuid| format!("{}/{}", grants(group), tenant.id);
    for (caller, group, status, code) in [
        (&tenant, own, 403, "forbidden"),
        (&tenant, theirs, 404, "not_found"),
        (&finance, theirs, 403, "forbidden"),
        (&platform, own, 404, "not_found"),
    ] {
        refused(&caller.api.get(&grants(group)), status, code);
        refused(&caller.api.put(&of(group), &form), status, code);
        refused(&caller.api.delete(&of(group)), status, code);
    }
    let nowhere = format!("{}/{}", grants(theirs), Uuid::now_v7());
    refused(&platform.api.put(&nowhere, &form), 404, "not_found");
    refused(&platform.api.delete(&nowhere), 404, "not_found");
    refused(
        &platform.api.put(&format!("{}/x", grants(theirs)), &form),
        404,
        "not_found",
    );
    let itself = format!("{}/{PLATFORM}", grants(theirs));
    refused(&platform.api.put(&itself, &form), 422, "validation_failed");
    for (form, field, code) in [
        (json!({"public_name": ""}), "public_name", "required"),
        (json!({"public_name": "a", "weight": 0}), "weight", "out_of_range"),
        (json!({}), "public_name", "required"),
    ] {
        let reply = platform.api.put(&of(theirs), &form);
        assert_eq!(faults(&reply, 422, "validation_failed"), pairs(&[(field, code)]));
    }
    assert_eq!(granted(&tenant), json!([]));
}

#[test]
fn a_key_may_be_bound_to_a_group_while_it_is_granted() {
    let house = House::own();
    let (platform, tenant) = (platform(&house, "owner"), house.poor_tenant());
    let group = group(&platform, "claude");
    let bound =
        |service: &str| json!({"name": "bound", "bindings": [{"service": service, "group_id": group}]});
    let not_found = pairs(&[("bindings[0].group_id", "not_found")]);
    assert_eq!(
        faults(
            &tenant.api.post("/keys", &bound("claude")),
            422,
            "validation_failed"
        ),
        not_found
    );
    let to = format!("{}/{}", grants(group), tenant.id);
    platform.api.put(&to, &json!({"public_name": "pool"})).expect(200);
    assert_eq!(
        faults(
            &tenant.api.post("/keys", &bound("openai")),
            422,
            "validation_failed"
        ),
        pairs(&[("bindings[0].group_id", "other_service")])
    );
    let key = tenant.key(bound("claude"));
    let path = format!("/keys/{}", key.id);
    platform.api.delete(&to).expect(204);
    // The key keeps what it is bound to, so that it is not freed in silence; nothing else is bound any more.
    let mut renamed = bound("claude");
    renamed["name"] = json!("renamed");
    assert_eq!(
        tenant.api.put(&path, &renamed).expect(200).json()["bindings"],
        renamed["bindings"]
    );
    assert_eq!(
        faults(
            &tenant.api.post("/keys", &bound("claude")),
            422,
            "validation_failed"
        ),
        not_found
    );
}
