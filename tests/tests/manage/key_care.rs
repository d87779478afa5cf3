//! What is done to keys without anybody asking: secrets that have ended leave, the recycle bin is emptied, and keys that
//! expired long ago are put into it.

use super::told::{actions, audit_of};
use serde_json::json;
use std::time::Duration;
use tollgate_tests::harness::{House, Key, Tenant, Wanted, wait_until};
use uuid::Uuid;

/// A new node takes the jobs over, and does all of them at once.
fn care(house: &House) {
    assert!(house.gateway.stop(), "it stops in order");
    house.gateway.boot();
}

fn sql(house: &House, statement: &str, key: Uuid) {
    assert_eq!(house.sql().execute(statement, &[&key]).expect(statement), 1);
}

fn count(house: &House, table: &str, key: Uuid) -> i64 {
    let query = format!("SELECT count(*) FROM {table} WHERE key_id = $1");
    house.sql().query_one(&query, &[&key]).expect("a count").get(0)
}

fn in_bin(house: &House, tenant: &Tenant, days: i32) -> Key {
    let key = tenant.key(json!({"tags": ["x"]}));
    tenant.api.delete(&format!("/keys/{}", key.id)).expect(204);
    let age = format!("UPDATE api_keys SET deleted_at = now() - interval '{days} days' WHERE key_id = $1");
    sql(house, &age, key.id);
    key
}

/// The second key in the bin, which keeps keys for a week.
fn the_page_tells_when_it_leaves(tenant: &Tenant, key: &Key) {
    let binned = &tenant
        .api
        .get("/keys?deleted=true&sort=created_at&order=asc")
        .expect(200)
        .json()["items"][1];
    assert_eq!(binned["id"], json!(key.id));
    let instant = |field: &str| {
        let text = binned[field].as_str().expect("an instant");
        chrono::DateTime::parse_from_rfc3339(text).expect("RFC 3339")
    };
    assert_eq!(
        (instant("purged_at") - instant("deleted_at")).num_days(),
        7,
        "the page tells the setting"
    );
}

#[test]
fn what_is_over_leaves_and_what_is_not_stays() {
    let house = House::with(Wanted {
        env: vec![
            ("TOLLGATE_KEYS_RECYCLE_DAYS", "7".to_owned()),
            ("TOLLGATE_KEYS_EXPIRED_DELETE_DAYS", "3".to_owned()),
        ],
        ..Wanted::default()
    });
    let tenant = house.poor_tenant();
    let (over, fresh) = (in_bin(&house, &tenant, 8), in_bin(&house, &tenant, 6));
    let rotated = tenant.key(json!({}));
    tenant
        .api
        .post(&format!("/keys/{}/rotate", rotated.id), &json!({"grace_s": 3600}))
        .expect(200);
    let ended = "UPDATE api_key_secrets SET valid_until = now() - interval '1 second'
                 WHERE key_id = $1 AND valid_until IS NOT NULL";
    sql(&house, ended, rotated.id);
    let graceful = tenant.key(json!({}));
    tenant
        .api
        .post(
            &format!("/keys/{}/rotate", graceful.id),
            &json!({"grace_s": 3600}),
        )
        .expect(200);
    let expired = |days: i32| {
        let key = tenant.key(json!({"expires_at": "2190-01-01T00:00:00Z"}));
        let past =
            format!("UPDATE api_keys SET expires_at = now() - interval '{days} days' WHERE key_id = $1");
        sql(&house, &past, key.id);
        key
    };
    let (long, lately) = (expired(4), expired(2));
    the_page_tells_when_it_leaves(&tenant, &fresh);
    care(&house);
    wait_until("the jobs ran", Duration::from_secs(30), || {
        count(&house, "api_keys", over.id) == 0 && count(&house, "api_key_secrets", rotated.id) == 1
    });
    for table in ["api_key_tags", "api_key_secrets", "key_directory"] {
        assert_eq!(count(&house, table, over.id), 0, "{table}");
        assert_eq!(count(&house, table, fresh.id), 1, "{table}");
    }
    assert_eq!(count(&house, "key_directory", rotated.id), 1);
    assert_eq!(count(&house, "key_directory", graceful.id), 2);
    let deleted = |key: &Key| -> bool {
        let query = "SELECT deleted_at IS NOT NULL FROM api_keys WHERE key_id = $1";
        house.sql().query_one(query, &[&key.id]).expect("the key").get(0)
    };
    assert!(deleted(&long) && !deleted(&lately));
    for (key, told) in [
        (&over, vec!["key.created", "key.deleted", "key.purged"]),
        (&rotated, vec!["key.created", "key.rotated", "key.secret_ended"]),
        (&long, vec!["key.created", "key.deleted"]),
        (&lately, vec!["key.created"]),
    ] {
        let lines = audit_of(&house, &tenant, key.id);
        assert_eq!(actions(&lines), told);
        let last = lines.last().expect("a line");
        assert_eq!(last.actor == "jobs", told.len() > 1, "{last:?}");
    }
}

#[test]
fn keys_that_expired_stay_where_nobody_wants_them_gone() {
    let house = House::own();
    let tenant = house.poor_tenant();
    let old = tenant.key(json!({"expires_at": "2190-01-01T00:00:00Z"}));
    sql(
        &house,
        "UPDATE api_keys SET expires_at = '2001-01-01' WHERE key_id = $1",
        old.id,
    );
    let over = in_bin(&house, &tenant, 31);
    care(&house);
    wait_until("the jobs ran", Duration::from_secs(30), || {
        count(&house, "api_keys", over.id) == 0
    });
    assert_eq!(count(&house, "api_keys", old.id), 1);
    assert_eq!(actions(&audit_of(&house, &tenant, old.id)), ["key.created"]);
}
