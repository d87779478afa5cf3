//! One action on many accounts: each is done or refused by itself, and tells so.

use super::told::{actions, audit_of, faults, pairs, refused};
use serde_json::{Value, json};
use tollgate_tests::harness::tenant::id_of;
use tollgate_tests::harness::{House, Script, Tenant, Upstream, unique};
use uuid::Uuid;

const BATCH: &str = "/accounts/batch";

fn done(tenant: &Tenant, batch: &Value) -> Vec<(Uuid, bool, String)> {
    let told = tenant.api.post(BATCH, batch).expect(200).json();
    let items = told["items"].as_array().expect("items").iter().map(|row| {
        let ok = row["ok"].as_bool().expect("a flag");
        assert_eq!(ok, row["message"] == "", "{row}");
        (
            id_of(&row["id"]),
            ok,
            row["code"].as_str().expect("a code").to_owned(),
        )
    });
    items.collect()
}

fn rows(expected: &[(Uuid, &str)]) -> Vec<(Uuid, bool, String)> {
    let good = |code: &str| ["ok", "unchanged"].contains(&code);
    expected
        .iter()
        .map(|(id, code)| (*id, good(code), (*code).to_owned()))
        .collect()
}

fn account(tenant: &Tenant) -> Uuid {
    tenant.account("https://a.example.com")
}

fn shown(tenant: &Tenant, account: Uuid) -> Value {
    let list = tenant.api.get("/accounts").expect(200).json();
    let mut items = list["items"].as_array().expect("items").iter();
    items
        .find(|shown| shown["id"] == json!(account))
        .expect("listed")
        .clone()
}

#[test]
fn each_account_has_a_result_of_its_own_in_the_order_of_the_ids() {
    let house = House::shared();
    let (tenant, stranger) = (house.poor_tenant(), house.poor_tenant());
    let (first, second, theirs) = (account(&tenant), account(&tenant), account(&stranger));
    let unknown = Uuid::now_v7();
    let batch = |action: &str| json!({"ids": [second, theirs, unknown, first], "action": action});
    let expected = rows(&[
        (second, "ok"),
        (theirs, "not_found"),
        (unknown, "not_found"),
        (first, "ok"),
    ]);
    assert_eq!(done(&tenant, &batch("disable")), expected);
    assert_eq!(shown(&tenant, first)["schedulable"], false);
    assert_eq!(shown(&tenant, first)["version"], 2);
    let again = done(&tenant, &batch("disable"));
    assert_eq!(
        (again[0].2.as_str(), again[3].2.as_str()),
        ("unchanged", "unchanged")
    );
    assert_eq!(done(&tenant, &batch("enable")), expected);
    assert_eq!(shown(&stranger, theirs)["version"], 1);
    house
        .sql()
        .execute(
            "UPDATE accounts SET state = 'faulty' WHERE account_id = $1",
            &[&first],
        )
        .expect("a state");
    house
        .sql()
        .execute(
            "UPDATE accounts SET state = 'disabled' WHERE account_id = $1",
            &[&second],
        )
        .expect("a state");
    let reset = rows(&[
        (second, "forbidden"),
        (theirs, "not_found"),
        (unknown, "not_found"),
        (first, "ok"),
    ]);
    assert_eq!(done(&tenant, &batch("reset")), reset);
    assert_eq!(shown(&tenant, first)["state"], "active");
    assert_eq!(done(&tenant, &batch("delete")), expected);
    assert_eq!(tenant.api.get("/accounts").expect(200).json()["items"], json!([]));
    let lines = audit_of(&house, &tenant, first);
    assert_eq!(
        actions(&lines),
        [
            "account.created",
            "account.updated",
            "account.updated",
            "account.reset",
            "account.deleted",
        ]
    );
    assert_eq!(
        lines[1].changes,
        json!({"schedulable": {"from": true, "to": false}})
    );
    let announced: i64 = house
        .sql()
        .query_one(
            "SELECT count(*) FROM changes WHERE topic = 'account' AND tenant_id = $1 AND object_id = $2",
            &[&tenant.id, &first],
        )
        .expect("a count")
        .get(0);
    assert_eq!(announced, 5, "each change once");
}

/// What came of one action on one account.
fn code(tenant: &Tenant, account: Uuid, mut action: Value) -> String {
    action["ids"] = json!([account]);
    done(tenant, &action).remove(0).2
}

fn changes(house: &House, tenant: &Tenant, account: Uuid) -> Vec<Value> {
    let lines = audit_of(house, tenant, account).into_iter();
    lines.map(|line| line.changes).collect()
}

#[test]
fn a_label_is_added_and_taken_away() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let id = account(&tenant);
    let act = |action: Value| code(&tenant, id, action);
    assert_eq!(act(json!({"action": "tag", "tag": "night"})), "ok");
    assert_eq!(act(json!({"action": "tag", "tag": "night"})), "unchanged");
    assert_eq!(act(json!({"action": "tag", "tag": "cheap"})), "ok");
    assert_eq!(shown(&tenant, id)["tags"], json!(["cheap", "night"]));
    assert_eq!(act(json!({"action": "untag", "tag": "night"})), "ok");
    assert_eq!(act(json!({"action": "untag", "tag": "night"})), "unchanged");
    for number in 0..19 {
        assert_eq!(act(json!({"action": "tag", "tag": format!("t{number}")})), "ok");
    }
    assert_eq!(act(json!({"action": "tag", "tag": "more"})), "validation_failed");
    let changes = changes(&house, &tenant, id);
    let told = json!({"tags": {"from": ["night"], "to": ["cheap", "night"]}});
    assert!(changes.contains(&told), "{changes:?}");
}

#[test]
fn an_account_is_put_into_a_group_and_through_a_proxy_and_taken_out() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let id = account(&tenant);
    let act = |action: Value| code(&tenant, id, action);
    let group = |service: &str| {
        let form = json!({"service": service, "name": unique("group")});
        id_of(&tenant.api.post("/account-groups", &form).expect(201).json()["id"])
    };
    let (claude, openai) = (group("claude"), group("openai"));
    assert_eq!(act(json!({"action": "group", "group_id": claude})), "ok");
    assert_eq!(act(json!({"action": "group", "group_id": claude})), "unchanged");
    assert_eq!(
        act(json!({"action": "group", "group_id": openai})),
        "validation_failed"
    );
    assert_eq!(
        act(json!({"action": "group", "group_id": Uuid::now_v7()})),
        "validation_failed"
    );
    let read = || {
        let path = format!("/account-groups/{claude}");
        tenant.api.get(&path).expect(200).json()
    };
    assert_eq!(read()["members"][0]["account_id"], json!(id));
    assert_eq!(read()["version"], 2, "whoever edits it meanwhile is told");
    assert_eq!(act(json!({"action": "ungroup", "group_id": claude})), "ok");
    assert_eq!(act(json!({"action": "ungroup", "group_id": claude})), "unchanged");
    assert_eq!(read()["members"], json!([]));

    let proxy = json!({"name": unique("proxy"), "scheme": "http", "host": "p.example.com", "port": 80});
    let proxy = id_of(&tenant.api.post("/proxies", &proxy).expect(201).json()["id"]);
    let stranger = house.poor_tenant();
    let theirs = json!({"name": "p", "scheme": "http", "host": "p.example.com", "port": 80});
    let theirs = id_of(&stranger.api.post("/proxies", &theirs).expect(201).json()["id"]);
    assert_eq!(
        act(json!({"action": "proxy", "proxy_id": theirs})),
        "validation_failed"
    );
    assert_eq!(act(json!({"action": "proxy", "proxy_id": proxy})), "ok");
    assert_eq!(act(json!({"action": "proxy", "proxy_id": proxy})), "unchanged");
    assert_eq!(shown(&tenant, id)["proxy"]["id"], json!(proxy));
    assert_eq!(act(json!({"action": "proxy"})), "ok");
    assert_eq!(shown(&tenant, id)["proxy"], Value::Null);
    let changes = changes(&house, &tenant, id);
    assert!(
        changes.contains(&json!({"proxy_id": {"from": null, "to": proxy}})),
        "{changes:?}"
    );
    let grouped = |change: &Value| change["group"]["to"]["id"] == json!(claude);
    assert!(changes.iter().any(grouped), "{changes:?}");
}

#[test]
fn tests_run_side_by_side_and_each_tells_what_came_of_it() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let (good, bad) = (Upstream::start(), Upstream::start());
    bad.next(Script::unauthorized());
    let ids = [&good, &bad, &good].map(|upstream| tenant.account(&upstream.url()));
    let batch = json!({"ids": ids, "action": "test"});
    let expected = rows(&[(ids[0], "ok"), (ids[1], "unauthorized"), (ids[2], "ok")]);
    assert_eq!(done(&tenant, &batch), expected);
    assert_eq!((good.count(), bad.count()), (2, 1));
}

#[test]
fn every_wrong_field_is_named_and_nothing_is_done() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let id = account(&tenant);
    let many: Vec<Uuid> = (0..501).map(|_| Uuid::now_v7()).collect();
    for (batch, field, code) in [
        (json!({"ids": [], "action": "disable"}), "ids", "required"),
        (json!({"ids": [id, id], "action": "disable"}), "ids", "duplicate"),
        (json!({"ids": many, "action": "disable"}), "ids", "too_many"),
        (json!({"ids": ["x"], "action": "disable"}), "ids[0]", "invalid"),
        (json!({"action": "disable"}), "ids", "required"),
        (json!({"ids": [id]}), "action", "required"),
        (
            json!({"ids": [id], "action": "explode"}),
            "action",
            "unknown_value",
        ),
        (json!({"ids": [id], "action": "tag"}), "tag", "required"),
        (
            json!({"ids": [id], "action": "tag", "tag": " "}),
            "tag",
            "required",
        ),
        (
            json!({"ids": [id], "action": "tag", "tag": "a\u{0}"}),
            "tag",
            "control_character",
        ),
        (json!({"ids": [id], "action": "group"}), "group_id", "required"),
        (
            json!({"ids": [id], "action": "group", "group_id": "x"}),
            "group_id",
            "invalid",
        ),
        (
            json!({"ids": [id], "action": "disable", "tag": "a"}),
            "tag",
            "unknown_field",
        ),
        (
            json!({"ids": [id], "action": "disable", "why": "a"}),
            "why",
            "unknown_field",
        ),
    ] {
        let reply = tenant.api.post(BATCH, &batch);
        assert_eq!(
            faults(&reply, 422, "validation_failed"),
            pairs(&[(field, code)]),
            "{batch}"
        );
    }
    assert_eq!(shown(&tenant, id)["version"], 1);
    let finance = house.person(&tenant, "finance");
    let batch = json!({"ids": [id], "action": "disable"});
    refused(&finance.api.post(BATCH, &batch), 403, "forbidden");
}
