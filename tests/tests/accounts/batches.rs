//! Many accounts at once, and accounts carried from one tenant to another.

use super::pool::{Pool, code_of, shown};
use serde_json::{Value, json};
use tollgate_tests::harness::tenant::{UPSTREAM_KEY, id_of};
use tollgate_tests::harness::{Ask, SOON, Script, Tenant, Upstream, unique, wait_until};
use uuid::Uuid;

const PASSPHRASE: &str = "a passphrase of some length";

fn batch(tenant: &Tenant, body: Value) -> Vec<(bool, String)> {
    let rows = tenant.api.post("/accounts/batch", &body).expect(200).json()["items"].clone();
    let rows = rows.as_array().expect("a list");
    rows.iter()
        .map(|row| {
            (
                row["ok"] == true,
                row["code"].as_str().expect("a code").to_owned(),
            )
        })
        .collect()
}

#[test]
fn each_account_of_a_batch_has_its_own_result() {
    let pool = Pool::new();
    let (good, bad) = (Upstream::start(), Upstream::start());
    bad.always(Script::unauthorized());
    let ids: Vec<Uuid> = [&good, &bad]
        .iter()
        .map(|upstream| pool.tenant.account(&upstream.url()))
        .collect();
    let stranger = pool.house.poor_tenant().account(&good.url());
    let all = json!([ids[0], stranger, ids[1]]);
    let done = (true, "ok".to_owned());
    let missing = (false, "not_found".to_owned());
    let tag = batch(&pool.tenant, json!({"ids": all, "action": "tag", "tag": "night"}));
    assert_eq!(tag, [done.clone(), missing.clone(), done.clone()]);
    let again = batch(
        &pool.tenant,
        json!({"ids": [ids[0]], "action": "tag", "tag": "night"}),
    );
    assert_eq!(again[0].1, "unchanged");
    assert_eq!(
        shown(&pool.tenant, "claude_console", ids[0])["tags"],
        json!(["night"])
    );
    let tested = batch(&pool.tenant, json!({"ids": all, "action": "test"}));
    assert_eq!((tested[0].clone(), tested[1].clone()), (done.clone(), missing));
    assert_eq!(tested[2], (false, "unauthorized".to_owned()));
    let off = batch(
        &pool.tenant,
        json!({"ids": [ids[0], ids[1]], "action": "disable"}),
    );
    assert_eq!(off, [done.clone(), done.clone()]);
    let served = || {
        Ask::new(&pool.key.secret)
            .send(pool.house.gateway.address())
            .status
            == 200
    };
    wait_until("none is used", SOON, || !served());
    batch(&pool.tenant, json!({"ids": [ids[0]], "action": "enable"}));
    wait_until("one is used again", SOON, served);
    let gone = batch(&pool.tenant, json!({"ids": [ids[1]], "action": "delete"}));
    assert_eq!(gone, [done]);
    pool.tenant
        .api
        .get(&format!("/accounts/claude_console/{}", ids[1]))
        .expect(404);
    let mixed = json!({"service": "claude", "name": "g", "members": []});
    let group = id_of(&pool.tenant.api.post("/account-groups", &mixed).expect(201).json()["id"]);
    let grouped = batch(
        &pool.tenant,
        json!({"ids": [ids[0]], "action": "group", "group_id": group}),
    );
    assert!(grouped[0].0, "{grouped:?}");
    assert_eq!(
        shown(&pool.tenant, "claude_console", ids[0])["groups"][0]["id"],
        json!(group)
    );
    for wrong in [
        json!({"ids": [], "action": "test"}),
        json!({"ids": [ids[0]], "action": "explode"}),
    ] {
        let reply = pool.tenant.api.post("/accounts/batch", &wrong);
        assert!([400, 422].contains(&reply.status), "{wrong}: {}", reply.text());
        code_of(&reply);
    }
}

#[test]
fn accounts_are_carried_to_another_tenant_with_their_secrets_under_a_passphrase_alone() {
    let pool = Pool::new();
    let upstream = Upstream::start();
    pool.tenant.account_with(
        &upstream.url(),
        json!({"name": "carried", "priority": 7, "extra_headers": {"x-team": "a-header-that-nobody-sees"}}),
    );
    let path = "/accounts/export";
    let bare = pool.tenant.api.post(path, &json!({})).expect(200);
    let sealed = pool
        .tenant
        .api
        .post(path, &json!({"passphrase": PASSPHRASE}))
        .expect(200);
    for text in [bare.text(), sealed.text()] {
        assert!(
            !text.contains(UPSTREAM_KEY) && !text.contains("a-header-that-nobody-sees"),
            "{text}"
        );
    }
    let other = pool.house.tenant();
    let import = |body: Value| other.api.post("/accounts/import", &body);
    let wrong = import(json!({"bundle": sealed.json(), "passphrase": "another passphrase"}));
    assert_eq!(wrong.status, 422, "{}", wrong.text());
    assert_eq!(
        wrong.json()["errors"][0]["field"],
        "passphrase",
        "{}",
        wrong.text()
    );
    let mut foreign = sealed.json();
    foreign["format"] = json!("somebody-else/9");
    assert_eq!(
        import(json!({"bundle": foreign, "passphrase": PASSPHRASE})).status,
        422
    );
    // A secret belongs to its account: one that was moved to another name opens nothing.
    let mut moved = sealed.json();
    moved["accounts"][0]["form"]["name"] = json!("elsewhere");
    assert_eq!(
        import(json!({"bundle": moved, "passphrase": PASSPHRASE})).status,
        422
    );
    let listed = || other.api.get("/accounts").expect(200).json()["items"].clone();
    let dry = import(json!({"bundle": sealed.json(), "passphrase": PASSPHRASE, "dry_run": true}));
    assert_eq!(dry.expect(200).json()["items"][0]["code"], "created");
    assert_eq!(
        listed(),
        json!([]),
        "nothing half-stored, and nothing by a dry run"
    );
    let done = import(json!({"bundle": sealed.json(), "passphrase": PASSPHRASE}))
        .expect(200)
        .json();
    assert_eq!(done["items"][0]["code"], "created", "{done}");
    let accounts = listed();
    assert_eq!(
        (&accounts[0]["name"], &accounts[0]["priority"]),
        (&json!("carried"), &json!(7))
    );
    let again = import(json!({"bundle": sealed.json(), "passphrase": PASSPHRASE}))
        .expect(200)
        .json();
    assert_eq!(again["items"][0]["code"], "exists");
    let secret = other.key(json!({"name": unique("k")})).secret;
    Ask::new(&secret).send(pool.house.gateway.address()).expect(200);
    let seen = upstream.only();
    assert_eq!(seen.header("x-api-key"), Some(UPSTREAM_KEY));
    assert_eq!(seen.header("x-team"), Some("a-header-that-nobody-sees"));
}
