//! The recycle bin: deleted keys come back as they were, leave for good by hand or by time, and their usage stays.

use super::told::{actions, audit_of, refused};
use serde_json::{Value, json};
use tollgate_tests::harness::{Ask, House, Key, SOON, Tenant, unique, wait_until};
use uuid::Uuid;

fn bin(tenant: &Tenant) -> Value {
    tenant.api.get("/keys?deleted=true").expect(200).json()
}

fn delete(tenant: &Tenant, key: &Key) {
    tenant.api.delete(&format!("/keys/{}", key.id)).expect(204);
}

/// Rows of a key in each table that speaks of it.
fn rows(house: &House, key: Uuid) -> Vec<(&'static str, i64)> {
    let mut sql = house.sql();
    [
        "api_keys",
        "api_key_tags",
        "api_key_secrets",
        "api_key_bindings",
        "key_directory",
    ]
    .map(|table| {
        let query = format!("SELECT count(*) FROM {table} WHERE key_id = $1");
        (table, sql.query_one(&query, &[&key]).expect("a count").get(0))
    })
    .to_vec()
}

#[test]
fn a_restored_key_is_what_it_was_and_works_with_its_secret() {
    let house = House::shared();
    let scene = house.scene();
    let (tenant, address) = (&scene.tenant, house.gateway.address());
    let key = tenant.key(json!({
        "name": "comes back", "tags": ["x"], "rules": {"models_denied": ["*opus*"]},
        "bindings": [{"service": "claude", "account_id": scene.account}],
    }));
    let path = format!("/keys/{}", key.id);
    let before = tenant.api.get(&path).expect(200).json();
    Ask::new(&key.secret).send(address).expect(200);
    delete(tenant, &key);
    wait_until("the key is refused", SOON, || {
        Ask::new(&key.secret).send(address).status == 401
    });
    let binned = &bin(tenant)["items"][0];
    assert_eq!((&binned["id"], &binned["version"]), (&json!(key.id), &json!(2)));
    let instant = |field: &str| {
        let text = binned[field].as_str().expect("an instant");
        chrono::DateTime::parse_from_rfc3339(text).expect("RFC 3339")
    };
    assert_eq!((instant("purged_at") - instant("deleted_at")).num_days(), 30);
    let back = tenant
        .api
        .post(&format!("{path}/restore"), &json!({}))
        .expect(200)
        .json();
    assert_eq!(
        back["version"], 3,
        "it grows, so that no node keeps the deleted one"
    );
    assert_eq!(bin(tenant)["total"], 0);
    for field in [
        "name",
        "tags",
        "rules",
        "bindings",
        "status",
        "prefix",
        "last_four",
        "owner",
        "created_at",
    ] {
        assert_eq!(back[field], before[field], "{field}");
    }
    assert_eq!(
        (&back["deleted_at"], &back["purged_at"]),
        (&Value::Null, &Value::Null)
    );
    wait_until("the key works again", SOON, || {
        Ask::new(&key.secret).send(address).status == 200
    });
    refused(
        &tenant.api.post(&format!("{path}/restore"), &json!({})),
        404,
        "not_found",
    );
    let lines = audit_of(&house, tenant, key.id);
    assert_eq!(actions(&lines), ["key.created", "key.deleted", "key.restored"]);
}

#[test]
fn a_key_that_was_switched_off_comes_back_switched_off() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let key = tenant.key(json!({"status": "disabled"}));
    delete(&tenant, &key);
    let path = format!("/keys/{}/restore", key.id);
    let back = tenant.api.post(&path, &json!({})).expect(200).json();
    assert_eq!(back["status"], "disabled");
}

#[test]
fn a_purged_key_leaves_nothing_but_its_usage_and_its_trace() {
    let house = House::shared();
    let scene = house.scene();
    let (tenant, address) = (&scene.tenant, house.gateway.address());
    let key = tenant.key(json!({
        "name": "gone one", "tags": ["x", "y"], "bindings": [{"service": "claude", "account_id": scene.account}],
    }));
    let ask = Ask::new(&key.secret);
    ask.send(address).expect(200);
    let event = house.event(tenant, &ask.id);
    let budget = Uuid::now_v7();
    house
        .sql()
        .execute(
            "INSERT INTO budgets (tenant_id, budget_id, kind, name, scope, key_id, limit_nano, created_at)
             VALUES ($1, $2, 'budget', 'of the key', 'key', $3, 1000, now())",
            &[&tenant.id, &budget, &key.id],
        )
        .expect("a budget");
    let purge = format!("/keys/{}/purge", key.id);
    refused(&tenant.api.post(&purge, &json!({})), 404, "not_found");
    assert!(
        rows(&house, key.id).iter().all(|(_, count)| *count > 0),
        "it is in use"
    );
    delete(tenant, &key);
    assert!(
        rows(&house, key.id).iter().all(|(_, count)| *count > 0),
        "it can come back"
    );
    tenant.api.post(&purge, &json!({})).expect(204);
    assert!(
        rows(&house, key.id).iter().all(|(_, count)| *count == 0),
        "{:?}",
        rows(&house, key.id)
    );
    for verb in ["purge", "restore"] {
        let path = format!("/keys/{}/{verb}", key.id);
        refused(&tenant.api.post(&path, &json!({})), 404, "not_found");
    }
    assert_eq!(bin(tenant)["total"], 0);
    assert_eq!(Ask::new(&key.secret).send(address).status, 401);
    let shown = tenant
        .api
        .get(&format!("/requests/{}", event.request_id))
        .expect(200)
        .json();
    assert_eq!(shown["id"], json!(event.request_id), "what it used stays");
    assert_eq!(shown["key_name"], "gone one", "and so does its name there");
    let usage = tenant.api.get("/stats/usage?group_by=key").expect(200).text();
    assert!(usage.contains("\"gone one\""), "{usage}");
    let gone: bool = house
        .sql()
        .query_one(
            "SELECT deleted_at IS NOT NULL AND NOT active FROM budgets WHERE budget_id = $1",
            &[&budget],
        )
        .expect("the budget")
        .get(0);
    assert!(gone, "its budget is a deleted one");
    let lines = audit_of(&house, tenant, key.id);
    assert_eq!(actions(&lines), ["key.created", "key.deleted", "key.purged"]);
    house.settle();
    house.verify();
}

#[test]
fn the_database_itself_deletes_for_good_only_what_is_in_the_bin() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let (used, binned) = (tenant.key(json!({})), tenant.key(json!({})));
    delete(&tenant, &binned);
    let mut app = house.database.connect_as("tollgate_app");
    let mut tx = app.transaction().expect("a transaction");
    tx.execute(
        "SELECT set_config('tollgate.tenant', $1, true)",
        &[&tenant.id.to_string()],
    )
    .expect("a setting");
    let mut delete = |key: &Key| {
        tx.execute(
            "DELETE FROM api_keys WHERE tenant_id = $1 AND key_id = $2",
            &[&tenant.id, &key.id],
        )
        .expect("allowed")
    };
    assert_eq!((delete(&used), delete(&binned)), (0, 1));
}

#[test]
fn members_see_and_restore_their_own_and_finance_only_looks() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let (member, finance) = (house.person(&tenant, "member"), house.person(&tenant, "finance"));
    let (own, other) = (
        tenant.key(json!({"name": unique("own"), "owner_user_id": member.id})),
        tenant.key(json!({"name": unique("other")})),
    );
    delete(&tenant, &own);
    delete(&tenant, &other);
    let listed = member.api.get("/keys?deleted=true").expect(200).json();
    assert_eq!(
        (&listed["total"], &listed["items"][0]["id"]),
        (&json!(1), &json!(own.id))
    );
    assert_eq!(
        finance.api.get("/keys?deleted=true").expect(200).json()["total"],
        2
    );
    for verb in ["restore", "purge"] {
        let path = |key: &Key| format!("/keys/{}/{verb}", key.id);
        refused(&member.api.post(&path(&other), &json!({})), 404, "not_found");
        refused(&finance.api.post(&path(&own), &json!({})), 403, "forbidden");
    }
    let restore = format!("/keys/{}/restore", own.id);
    member.api.post(&restore, &json!({})).expect(200);
}
