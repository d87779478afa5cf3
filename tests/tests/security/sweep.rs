//! The sweep: every operation of the API's document is tried without a token, by another tenant with the victim's ids,
//! and by the victim's own people without the right. An operation that is not in the list below fails the test.

mod victim;

use serde_json::{Value, json};
use std::collections::BTreeSet;
use tollgate_tests::harness::{Api, Ask, House, Person, Reply, Request};
use uuid::Uuid;
use victim::Victim;

/// What finance and members get for trying an operation on what is the owner's. Owners and admins may do all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rights {
    /// Everybody, each for themselves.
    All,
    /// All but members, who are told that they may not.
    Finance,
    /// All but members, to whom it is as if the thing were not there.
    FinanceElseHidden,
    /// Owners and admins; the others are told that they may not.
    Admin,
    /// Owners and admins; finance is told, and to members it is as if the thing were not there.
    AdminElseHidden,
    /// Whoever may have keys: all but finance.
    Keys,
    /// Their own sessions alone.
    Self_,
    /// The platform's own owners and admins; everyone else's are told that they may not, of what is theirs.
    Platform,
}

/// Every operation that needs a token: method, path, who may.
const OPERATIONS: &[(&str, &str, Rights)] = &[
    ("POST", "/auth/switch", Rights::All),
    ("GET", "/auth/me", Rights::All),
    ("GET", "/auth/sessions", Rights::All),
    ("DELETE", "/auth/sessions/{id}", Rights::Self_),
    ("GET", "/users", Rights::Finance),
    ("GET", "/keys", Rights::All),
    ("POST", "/keys", Rights::Keys),
    ("GET", "/keys/{id}", Rights::FinanceElseHidden),
    ("PUT", "/keys/{id}", Rights::AdminElseHidden),
    ("GET", "/keys/{id}/stats", Rights::FinanceElseHidden),
    ("GET", "/keys/{id}/limits", Rights::FinanceElseHidden),
    ("POST", "/keys/{id}/rotate", Rights::AdminElseHidden),
    ("POST", "/keys/batch", Rights::Keys),
    ("PUT", "/keys/batch", Rights::Keys),
    ("GET", "/policies", Rights::All),
    ("POST", "/policies", Rights::Admin),
    ("GET", "/policies/{id}", Rights::All),
    ("PUT", "/policies/{id}", Rights::Admin),
    ("GET", "/policies/self-service", Rights::All),
    ("PUT", "/policies/self-service", Rights::Admin),
    ("GET", "/limits", Rights::All),
    ("PUT", "/limits", Rights::Admin),
    ("GET", "/users/{id}/limits", Rights::FinanceElseHidden),
    ("PUT", "/users/{id}/limits", Rights::AdminElseHidden),
    ("GET", "/accounts", Rights::Finance),
    ("GET", "/accounts/{platform}", Rights::Finance),
    ("POST", "/accounts/{platform}", Rights::Admin),
    ("GET", "/accounts/{platform}/{id}", Rights::Finance),
    ("PUT", "/accounts/{platform}/{id}", Rights::Admin),
    ("POST", "/accounts/{platform}/{id}/test", Rights::Admin),
    ("POST", "/accounts/{platform}/{id}/reset", Rights::Admin),
    ("POST", "/accounts/batch", Rights::Admin),
    ("POST", "/accounts/export", Rights::Admin),
    ("POST", "/accounts/import", Rights::Admin),
    ("GET", "/proxies", Rights::Finance),
    ("POST", "/proxies", Rights::Admin),
    ("GET", "/proxies/{id}", Rights::Finance),
    ("PUT", "/proxies/{id}", Rights::Admin),
    ("POST", "/proxies/{id}/test", Rights::Admin),
    ("GET", "/account-groups", Rights::Finance),
    ("POST", "/account-groups", Rights::Admin),
    ("GET", "/account-groups/{id}", Rights::Finance),
    ("PUT", "/account-groups/{id}", Rights::Admin),
    ("GET", "/account-groups/{id}/grants", Rights::Platform),
    ("PUT", "/account-groups/{id}/grants/{tenant}", Rights::Platform),
    ("DELETE", "/account-groups/{id}/grants/{tenant}", Rights::Platform),
    ("POST", "/accounts/{platform}/{id}/test/stream", Rights::Admin),
    ("POST", "/accounts/{platform}/{id}/refresh", Rights::Admin),
    ("GET", "/accounts/{platform}/{id}/events", Rights::Finance),
    ("GET", "/accounts/{platform}/{id}/history", Rights::Finance),
    ("POST", "/accounts/{platform}/auth-url", Rights::Admin),
    ("POST", "/accounts/{platform}/exchange", Rights::Admin),
    ("POST", "/schedule/explain", Rights::Finance),
    ("GET", "/stats/usage", Rights::All),
    ("GET", "/stats/cost", Rights::All),
    ("GET", "/stats/models", Rights::All),
    ("GET", "/stats/trends", Rights::All),
    ("GET", "/dashboard/overview", Rights::All),
    ("GET", "/requests", Rights::All),
    ("GET", "/requests/{id}", Rights::FinanceElseHidden),
    ("GET", "/billing/balance", Rights::Finance),
    ("GET", "/billing/transfers", Rights::Finance),
    ("GET", "/billing/payments", Rights::Finance),
    ("POST", "/billing/payments", Rights::Finance),
    ("GET", "/billing/payments/{id}", Rights::Finance),
    ("GET", "/billing/notices", Rights::Finance),
    ("PUT", "/billing/notices", Rights::Finance),
    ("GET", "/notices", Rights::Finance),
    // With the victim's key in the query.
    ("GET", "/budgets", Rights::FinanceElseHidden),
    ("POST", "/budgets", Rights::Admin),
    ("GET", "/budgets/{id}", Rights::FinanceElseHidden),
    ("PUT", "/budgets/{id}", Rights::AdminElseHidden),
    ("GET", "/vouchers", Rights::Finance),
    ("POST", "/vouchers", Rights::Admin),
    ("POST", "/vouchers/redeem", Rights::Finance),
    ("POST", "/vouchers/{id}/revoke", Rights::Admin),
    // Last, since whoever may does.
    ("DELETE", "/budgets/{id}", Rights::AdminElseHidden),
    ("DELETE", "/keys/{id}", Rights::AdminElseHidden),
    ("POST", "/keys/{id}/restore", Rights::AdminElseHidden),
    ("DELETE", "/keys/batch", Rights::Keys),
    ("POST", "/keys/{id}/purge", Rights::AdminElseHidden),
    ("DELETE", "/policies/{id}", Rights::Admin),
    ("DELETE", "/accounts/{platform}/{id}", Rights::Admin),
    ("DELETE", "/account-groups/{id}", Rights::Admin),
    ("DELETE", "/proxies/{id}", Rights::Admin),
];

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
];

/// Tables whose rows of the victim must stay as they are.
const TABLES: &[&str] = &[
    "tenants",
    "memberships",
    "sign_in_sessions",
    "data_keys",
    "api_keys",
    "api_key_tags",
    "accounts",
    "account_tags",
    "proxies",
    "account_groups",
    "account_group_members",
    "group_grants",
    "api_key_bindings",
    "api_key_secrets",
    "key_directory",
    "policies",
    "self_service",
    "subject_limits",
    "account_events",
    "oauth_flows",
    "usage_events",
    "ledger_transfers",
    "budgets",
    "budget_periods",
    "vouchers",
    "voucher_redemptions",
    "payment_intents",
    "notice_settings",
    "outbox",
    "audit_log",
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
        let query = format!(
            "SELECT md5(COALESCE(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {table} t WHERE tenant_id = $1"
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

#[test]
fn another_tenant_sees_and_changes_nothing_by_any_operation() {
    let house = House::shared();
    let (victim, document) = (Victim::make(&house), document(&house));
    let before = digest(&house, victim.scene.tenant.id);
    let stranger = house.tenant();
    let seen = victim.scene.upstream.count();
    for (method, path, _) in OPERATIONS {
        let reply = stranger
            .api
            .send(victim.request(method, path, operation(&document, method, path)));
        let named = path.contains("{id}") || *path == "/auth/switch" || path.ends_with("/exchange");
        if *path == "/vouchers/redeem" {
            assert_eq!(reply.status, 422, "{}", reply.text());
            assert_eq!(reply.json()["code"], "voucher_refused");
        } else if named || (*method, *path) == ("GET", "/budgets") {
            assert_eq!(reply.status, 404, "{method} {path}: {}", reply.text());
            assert_eq!(reply.json()["code"], "not_found", "{method} {path}");
        } else {
            assert!(
                reply.status == 200 || reply.status == 201,
                "{method} {path}: {}",
                reply.text()
            );
        }
        // Named in the body: refused row by row, and the id comes back to whoever sent it.
        if *path == "/accounts/batch" || (*path == "/keys/batch" && *method != "POST") {
            let row = &reply.json()["items"][0];
            assert_eq!((&row["ok"], &row["code"]), (&json!(false), &json!("not_found")));
            continue;
        }
        // What the stranger made points where the victim's account does, by the sweep's own doing.
        if !["/accounts/{platform}", "/accounts", "/accounts/export"].contains(path) {
            tells_nothing(&reply, &victim, method, path);
        }
    }
    for (list, cursor) in &victim.cursors {
        let reply = stranger.api.get(&format!("{list}?cursor={cursor}")).expect(200);
        tells_nothing(&reply, &victim, "GET", list);
    }
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

#[test]
fn without_the_right_ones_own_tenants_things_are_out_of_reach_too() {
    let house = House::shared();
    let (victim, document) = (Victim::make(&house), document(&house));
    let tenant = &victim.scene.tenant;
    let people: [(&str, Person); 2] = ["finance", "member"].map(|role| (role, house.person(tenant, role)));
    let before = digest(&house, tenant.id);
    for (role, person) in &people {
        for (method, path, rights) in OPERATIONS {
            let changes = [
                ("POST", "/keys"),
                ("POST", "/keys/batch"),
                ("POST", "/auth/switch"),
                ("POST", "/billing/payments"),
            ];
            if changes.contains(&(*method, *path)) {
                continue;
            }
            let reply = person
                .api
                .send(victim.request(method, path, operation(&document, method, path)));
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
    assert_eq!(
        digest(&house, tenant.id),
        before,
        "neither of them may change anything"
    );
    // These change something for those who may, so they come after the comparison.
    let (finance, member) = (&people[0].1, &people[1].1);
    let paid = victim::payment();
    finance.api.post("/billing/payments", &paid).expect(201);
    assert_eq!(member.api.post("/billing/payments", &paid).status, 403);
    assert_eq!(finance.api.post("/keys", &json!({"name": "no"})).status, 403);
    let many = json!({"names": {"by": "list", "names": ["no"]}, "key": {"name": "no"}});
    assert_eq!(finance.api.post("/keys/batch", &many).status, 403);
    member.api.post("/keys/batch", &many).expect(201);
    member.api.post("/keys", &json!({"name": "mine"})).expect(201);
    // Whoever has the right does all of it; an operation that nobody may do would pass the rest of this test unnoticed.
    let admin = house.person(tenant, "admin");
    for (method, path, rights) in OPERATIONS {
        if *rights == Rights::Self_ || *path == "/auth/switch" || NOT_ALL_THE_WAY.contains(&(*method, *path))
        {
            continue;
        }
        let reply = admin
            .api
            .send(victim.request(method, path, operation(&document, method, path)));
        if *rights == Rights::Platform {
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
