//! The operator's margin, and what customers are told of it: nothing.

use super::told::refused;
use serde_json::{Value, json};
use std::time::Duration;
use tollgate_tests::harness::tenant::id_of;
use tollgate_tests::harness::{Api, Ask, House, Tenant, Upstream, unique, wait_until};
use uuid::Uuid;

const PLATFORM: Uuid = Uuid::from_u128(0x0000_0000_0000_7000_8000_0000_0000_0001);

/// The platform's own organisation, with an owner who is signed in.
pub fn platform(house: &House) -> Tenant {
    let somebody = house.poor_tenant();
    let platform = Tenant {
        api: Api::anonymous(house.gateway.address()),
        slug: "platform".to_owned(),
        email: somebody.email.clone(),
        id: PLATFORM,
        user_id: somebody.user_id,
    };
    let operator = house.person(&platform, "owner");
    Tenant {
        api: operator.api,
        email: operator.email,
        user_id: operator.id,
        ..platform
    }
}

/// A customer that may use this account of the platform's, with a key.
pub fn customer(house: &House, platform: &Tenant, account: Uuid) -> (Tenant, String) {
    let form = json!({"service": "claude", "name": unique("group"), "members": [{"account_id": account}]});
    let group = id_of(&platform.api.post("/account-groups", &form).expect(201).json()["id"]);
    let tenant = house.tenant();
    let path = format!("/account-groups/{group}/grants/{}", tenant.id);
    platform
        .api
        .put(&path, &json!({"public_name": "Pool", "weight": 100}))
        .expect(200);
    let secret = tenant.key(json!({})).secret;
    wait_until("the grant is known", Duration::from_secs(10), || {
        Ask::new(&secret).send(house.gateway.address()).status == 200
    });
    (tenant, secret)
}

fn nano(value: &Value) -> i64 {
    value
        .as_str()
        .and_then(|text| text.parse().ok())
        .unwrap_or_else(|| panic!("an amount: {value}"))
}

#[test]
fn margin_is_told_by_everything_and_ties_to_the_ledger() {
    let house = House::own();
    let platform = platform(&house);
    let upstream = Upstream::start();
    let account = platform.account_with(&upstream.url(), json!({"name": "House account"}));
    let (one, secret) = customer(&house, &platform, account);
    let (other, _) = customer(&house, &platform, account);
    for _ in 0..3 {
        Ask::new(&secret).send(house.gateway.address()).expect(200);
    }
    let own = house.scene();
    Ask::new(&own.key.secret)
        .send(house.gateway.address())
        .expect(200);
    house.settle();
    let charged: i64 = [&one, &other]
        .iter()
        .flat_map(|tenant| house.events(tenant))
        .map(|event| event.charge_nano)
        .sum();
    let get = |query: &str| platform.api.get(&format!("/margin?{query}")).expect(200).json();
    let report = get("group_by=tenant");
    assert_eq!(report["rows"].as_array().map(Vec::len), Some(2));
    assert_eq!(nano(&report["totals"]["charge_nano"]), charged);
    assert_eq!(
        nano(&report["totals"]["margin_nano"]),
        charged - nano(&report["totals"]["cost_nano"])
    );
    assert_eq!(report["tie"]["cost_nano"], report["tie"]["ledger_cost_nano"]);
    assert_eq!(report["tie"]["cost_nano"], report["totals"]["cost_nano"]);
    assert!(nano(&report["tie"]["cost_nano"]) > 0);
    let own_charge = house.events(&own.tenant)[0].charge_nano;
    assert_eq!(nano(&report["own_accounts_charge_nano"]), own_charge);
    for (group, label) in [("platform", "claude_console"), ("account", "House account")] {
        let rows = get(&format!("group_by={group}"));
        assert_eq!(rows["rows"][0]["label"], label);
        assert_eq!(rows["totals"], report["totals"], "{group}");
    }
    for group in ["model", "day"] {
        assert_eq!(
            get(&format!("group_by={group}"))["totals"],
            report["totals"],
            "{group}"
        );
    }
    let only = get(&format!("tenant_id={}", one.id));
    let charge: i64 = house.events(&one).iter().map(|event| event.charge_nano).sum();
    assert_eq!(nano(&only["totals"]["charge_nano"]), charge);
    assert_eq!(only["rows"][0]["id"], json!(one.id));
    assert_eq!(get("model=another")["rows"], json!([]));
    let table = platform.api.get("/margin/export?group_by=tenant").expect(200);
    assert_eq!(table.header("content-type"), Some("text/csv; charset=utf-8"));
    assert_eq!(table.text().lines().count(), 4, "head, two customers, total");
    refused(
        &platform.api.get("/margin?from=2026-02-01&to=2026-01-01"),
        400,
        "invalid_query",
    );
    refused(&platform.api.get("/margin?group_by=key"), 400, "invalid_query");
}

#[test]
fn nobody_but_the_platform_s_own_people_is_told_of_cost_or_margin() {
    let house = House::own();
    let platform = platform(&house);
    let upstream = Upstream::start();
    let account = platform.account_with(&upstream.url(), json!({"name": "House account"}));
    let (tenant, _) = customer(&house, &platform, account);
    house.settle();
    for path in ["/margin", "/margin/export"] {
        refused(&tenant.api.get(path), 403, "forbidden");
        refused(&house.person(&tenant, "finance").api.get(path), 403, "forbidden");
        refused(&house.person(&platform, "member").api.get(path), 403, "forbidden");
        assert_eq!(house.person(&platform, "finance").api.get(path).status, 200);
    }
    let may = |tenant: &Tenant| {
        let me = tenant.api.get("/auth/me").expect(200).json();
        me["permissions"]
            .as_array()
            .expect("a list")
            .contains(&json!("margin.read"))
    };
    assert!(may(&platform) && !may(&tenant));
    let event = &house.events(&tenant)[0];
    let receipt = tenant
        .api
        .get(&format!("/requests/{}/receipt", event.request_id))
        .expect(200);
    for mark in [&account.to_string(), "cost", "margin", "House account"] {
        assert!(!receipt.text().contains(mark), "{mark}");
    }
    refused(
        &tenant.api.get(&format!("/reconciliation?account_id={account}")),
        404,
        "not_found",
    );
    let behind = format!("/reconciliation/requests?account_id={account}&day=2026-11-01");
    refused(&tenant.api.get(&behind), 404, "not_found");
}
