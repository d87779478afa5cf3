//! The sweep: every operation of the API's document is tried without a token, by another tenant with the victim's ids,
//! and by the victim's own people without the right. An operation that is not in the list below fails the test.

mod operations;
mod tables;
mod victim;

use operations::{OPERATIONS, Rights};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tables::TABLES;
use tollgate_tests::harness::{Api, Ask, House, Person, Reply, Request, Tenant};
use uuid::Uuid;
use victim::Victim;

/// They need a vendor, or an account of another kind, to go well; tests of their own go all the way.
const NOT_ALL_THE_WAY: &[(&str, &str)] = &[
    ("POST", "/accounts/{platform}/exchange"),
    ("POST", "/accounts/{platform}/{id}/refresh"),
];

/// Every operation that needs none.
const OPEN: &[(&str, &str)] = &[
    ("POST", "/auth/admin/login"),
    ("POST", "/auth/user/login"),
    ("POST", "/auth/refresh"),
    ("POST", "/auth/logout"),
    ("POST", "/tenants"),
    ("POST", "/payments/{provider}"),
    ("GET", "/ledger/keys"),
    ("GET", "/exports/by-link/{token}"),
];

fn document(house: &House) -> Value {
    house
        .gateway
        .send(&Request::get("/api/v2/openapi.json"))
        .expect(200)
        .json()
}

fn operation<'a>(document: &'a Value, method: &str, path: &str) -> &'a Value {
    &document["paths"][format!("/api/v2{path}")][method.to_lowercase()]
}

fn digest(house: &House, tenant: Uuid) -> Vec<(String, String)> {
    let mut sql = house.sql();
    let mut of = |table: &str| -> String {
        // That somebody loads what they may read is noted, and changes nothing.
        let changes = match table {
            "audit_log" => "action <> 'export.downloaded'",
            _ => "true",
        };
        let query = format!(
            "SELECT md5(COALESCE(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {table} t
             WHERE tenant_id = $1 AND {changes}"
        );
        sql.query_one(&query, &[&tenant]).expect("a digest").get(0)
    };
    TABLES
        .iter()
        .map(|table| ((*table).to_owned(), of(table)))
        .collect()
}

#[test]
fn the_list_names_every_operation_of_the_document() {
    let house = House::shared();
    let document = document(&house);
    let mut documented = BTreeSet::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        let path = path.strip_prefix("/api/v2").expect("the prefix");
        for (method, operation) in item.as_object().expect("operations") {
            let needs_token = operation["security"] == json!([{"bearer": []}]);
            documented.insert((method.to_uppercase(), path.to_owned(), needs_token));
        }
    }
    let closed = OPERATIONS.iter().map(|(method, path, _)| (*method, *path, true));
    let open = OPEN.iter().map(|(method, path)| (*method, *path, false));
    let listed: BTreeSet<_> = closed
        .chain(open)
        .map(|(method, path, needs_token)| (method.to_owned(), path.to_owned(), needs_token))
        .collect();
    assert_eq!(listed, documented);
}

#[test]
fn without_a_token_nothing_is_told_and_nothing_changes() {
    let house = House::shared();
    let (victim, document) = (Victim::make(&house), document(&house));
    let before = digest(&house, victim.scene.tenant.id);
    let mut nobody = Api::anonymous(house.gateway.address());
    for token in [
        None,
        Some("nonsense".to_owned()),
        victim.scene.tenant.api.refresh_token.clone(),
    ] {
        nobody.access_token = token;
        for (method, path, _) in OPERATIONS {
            let reply = nobody.send(victim.request(method, path, operation(&document, method, path)));
            assert_eq!(reply.status, 401, "{method} {path}: {}", reply.text());
            assert_eq!(reply.json()["code"], "unauthenticated");
            tells_nothing(&reply, &victim, method, path);
        }
    }
    assert_eq!(digest(&house, victim.scene.tenant.id), before);
}

#[track_caller]
fn tells_nothing(reply: &Reply, victim: &Victim, method: &str, path: &str) {
    let text = reply.text();
    for mark in victim.marks() {
        assert!(!text.contains(&mark), "{method} {path} tells {mark}: {text}");
    }
}

/// A stranger's try of an operation with the victim's ids.
fn stranger_tries(
    stranger: &Tenant,
    victim: &Victim,
    (method, path, rights): (&str, &str, Rights),
    asked: &Value,
) {
    let reply = stranger.api.send(victim.request(method, path, asked));
    // Price book, plans and the care of the books are the operator's: others are told so.
    if ["/prices/", "/plans", "/ledger/"]
        .iter()
        .any(|one| path.starts_with(one))
    {
        assert_eq!(reply.status, 403, "{method} {path}: {}", reply.text());
        return;
    }
    refused_or_ones_own(&reply, (method, path, rights), asked);
    // Named in the body: refused row by row, and the id comes back to whoever sent it.
    if path == "/accounts/batch" || (path == "/keys/batch" && method != "POST") {
        let row = &reply.json()["items"][0];
        assert_eq!((&row["ok"], &row["code"]), (&json!(false), &json!("not_found")));
        return;
    }
    // What the stranger made points where the victim's account does, by the sweep's own doing.
    if !["/accounts/{platform}", "/accounts", "/accounts/export"].contains(&path) {
        tells_nothing(&reply, victim, method, path);
    }
}

/// What is somebody's own answers the stranger with its own; whatever names the victim's things is refused.
fn refused_or_ones_own(reply: &Reply, (method, path, rights): (&str, &str, Rights), asked: &Value) {
    let books = asked["parameters"].as_array().into_iter().flatten();
    let named = path.contains("{id}")
        || path == "/auth/switch"
        || path.ends_with("/exchange")
        || books
            .into_iter()
            .any(|parameter| parameter["name"] == "tenant_id");
    if path == "/vouchers/redeem" {
        assert_eq!(reply.status, 422, "{}", reply.text());
        assert_eq!(reply.json()["code"], "voucher_refused");
    } else if rights == Rights::Operator {
        assert_eq!(reply.status, 403, "{method} {path}: {}", reply.text());
    } else if (method, path) == ("POST", "/provider-reports") {
        assert_eq!(reply.status, 422, "{}", reply.text());
        assert_eq!(reply.json()["errors"][0]["field"], "account_id");
    } else if named || (method, path) == ("GET", "/budgets") || path.starts_with("/reconciliation") {
        assert_eq!(reply.status, 404, "{method} {path}: {}", reply.text());
        assert_eq!(reply.json()["code"], "not_found", "{method} {path}");
    } else {
        assert!(
            reply.status == 200 || reply.status == 201,
            "{method} {path}: {}",
            reply.text()
        );
    }
}

/// The victim's ids in the bodies of what a stranger makes are refused.
fn named_in_bodies(stranger: &Tenant, victim: &Victim) {
    let owned = json!({"name": "swept", "owner_user_id": victim.scene.tenant.user_id});
    let reply = stranger.api.post("/keys", &owned);
    assert_eq!(reply.status, 422, "{}", reply.text());
    let named = json!({"name": "swept", "policy_id": victim.policy});
    assert_eq!(stranger.api.post("/keys", &named).status, 422);
    let bound = json!({"name": "swept", "bindings": [{"service": "claude", "group_id": victim.group}]});
    assert_eq!(stranger.api.post("/keys", &bound).status, 422);
    let bounded = |scope: Value| json!({"name": "swept", "scope": scope, "period": "day", "limit_nano": "1"});
    for scope in [
        json!({"kind": "key", "key_id": victim.scene.key.id}),
        json!({"kind": "user", "user_id": victim.scene.tenant.user_id}),
    ] {
        assert_eq!(stranger.api.post("/budgets", &bounded(scope)).status, 422);
    }
    let grouped =
        json!({"service": "claude", "name": "mine", "members": [{"account_id": victim.scene.account}]});
    assert_eq!(stranger.api.post("/account-groups", &grouped).status, 422);
    let exported = json!({"ids": [victim.scene.account]});
    assert_eq!(stranger.api.post("/accounts/export", &exported).status, 422);
}

#[test]
fn another_tenant_sees_and_changes_nothing_by_any_operation() {
    let house = House::shared();
    let (victim, document) = (Victim::make(&house), document(&house));
    let before = digest(&house, victim.scene.tenant.id);
    let stranger = house.tenant();
    let seen = victim.scene.upstream.count();
    for (method, path, rights) in OPERATIONS {
        let asked = operation(&document, method, path);
        stranger_tries(&stranger, &victim, (method, path, *rights), asked);
    }
    for (list, cursor) in &victim.cursors {
        let reply = stranger.api.get(&format!("{list}?cursor={cursor}")).expect(200);
        tells_nothing(&reply, &victim, "GET", list);
    }
    named_in_bodies(&stranger, &victim);
    assert_eq!(victim.scene.upstream.count(), seen, "its account was not used");
    assert_eq!(digest(&house, victim.scene.tenant.id), before);
    Ask::new(&victim.scene.key.secret)
        .send(house.gateway.address())
        .expect(200);
}

/// The status that someone gets who tries an operation on what is the owner's.
fn expected(rights: Rights, role: &str) -> u16 {
    match (rights, role) {
        (Rights::All, _)
        | (Rights::Finance | Rights::FinanceElseHidden, "finance")
        | (Rights::Keys, "member") => 200,
        (Rights::Self_, _) | (Rights::FinanceElseHidden | Rights::AdminElseHidden, "member") => 404,
        _ => 403,
    }
}

/// Someone with the role tries every operation but those that would change something.
fn tries_without_right(victim: &Victim, document: &Value, role: &str, person: &Person) {
    for (method, path, rights) in OPERATIONS {
        let changes = [
            ("POST", "/keys"),
            ("POST", "/keys/batch"),
            ("POST", "/auth/switch"),
            ("POST", "/billing/payments"),
            ("PUT", "/billing/profile"),
            ("DELETE", "/provider-reports/{id}"),
        ];
        let exports = path.starts_with("/export") && *method != "GET";
        if changes.contains(&(*method, *path)) || exports {
            continue;
        }
        let reply = person
            .api
            .send(victim.request(method, path, operation(document, method, path)));
        if (*rights, role) == (Rights::Later, "finance") {
            assert!(
                [404, 409, 422].contains(&reply.status),
                "{method} {path}: {}",
                reply.text()
            );
            continue;
        }
        let wanted = expected(*rights, role);
        assert_eq!(reply.status, wanted, "{role}: {method} {path}: {}", reply.text());
        if wanted == 404 {
            assert_eq!(reply.json()["code"], "not_found");
        }
        if wanted == 403 {
            assert_eq!(reply.json()["code"], "forbidden");
        }
    }
}

/// What changes something for those who may.
fn changes_by_role(victim: &Victim, finance: &Person, member: &Person) {
    let paid = victim::payment();
    finance.api.post("/billing/payments", &paid).expect(201);
    assert_eq!(member.api.post("/billing/payments", &paid).status, 403);
    assert_eq!(finance.api.post("/keys", &json!({"name": "no"})).status, 403);
    let many = json!({"names": {"by": "list", "names": ["no"]}, "key": {"name": "no"}});
    assert_eq!(finance.api.post("/keys/batch", &many).status, 403);
    member.api.post("/keys/batch", &many).expect(201);
    member.api.post("/keys", &json!({"name": "mine"})).expect(201);
    let schedule = victim::schedule();
    assert_eq!(member.api.post("/export-schedules", &schedule).status, 403);
    finance.api.post("/export-schedules", &schedule).expect(201);
    let transfers = json!({"source": "transfers", "format": "csv"});
    assert_eq!(member.api.post("/exports", &transfers).status, 403);
    for path in victim.exports() {
        assert_eq!(
            member.api.delete(&path).status,
            if path.starts_with("/exports") { 404 } else { 403 }
        );
    }
}

/// An operation that nobody may do would pass the rest of a test unnoticed, so the admin does all that admins may.
fn admin_does_all(victim: &Victim, document: &Value, admin: &Person) {
    for (method, path, rights) in OPERATIONS {
        if *rights == Rights::Self_ || *path == "/auth/switch" || NOT_ALL_THE_WAY.contains(&(*method, *path))
        {
            continue;
        }
        let reply = admin
            .api
            .send(victim.request(method, path, operation(document, method, path)));
        if *rights == Rights::Later {
            assert!(
                [404, 409, 422].contains(&reply.status),
                "{method} {path}: {}",
                reply.text()
            );
            continue;
        }
        if [Rights::Platform, Rights::Operator, Rights::Owner].contains(rights) {
            assert_eq!(reply.status, 403, "{method} {path}: {}", reply.text());
            continue;
        }
        assert!(
            (200..=204).contains(&reply.status),
            "{method} {path}: {}",
            reply.text()
        );
    }
}

#[test]
fn without_the_right_ones_own_tenants_things_are_out_of_reach_too() {
    let house = House::shared();
    let (victim, document) = (Victim::make(&house), document(&house));
    let tenant = &victim.scene.tenant;
    let people: [(&str, Person); 2] = ["finance", "member"].map(|role| (role, house.person(tenant, role)));
    let before = digest(&house, tenant.id);
    for (role, person) in &people {
        tries_without_right(&victim, &document, role, person);
    }
    assert_eq!(
        digest(&house, tenant.id),
        before,
        "neither of them may change anything"
    );
    // These come after the comparison.
    changes_by_role(&victim, &people[0].1, &people[1].1);
    victim.unbind();
    admin_does_all(&victim, &document, &house.person(tenant, "admin"));
}
