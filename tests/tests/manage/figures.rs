//! Usage in figures and money in the ledger: after relayed requests every report adds up to the events themselves.

use super::told::{faults, pairs, refused};
use serde_json::{Value, json};
use tollgate_tests::harness::relay::MODEL;
use tollgate_tests::harness::{Answer, Api, Ask, Event, House, Scene, Usage};

/// A tenant with three requests of the owner's key and one of a member's.
struct Used {
    scene: Scene,
    member: Api,
    events: Vec<Event>,
    members_key: uuid::Uuid,
}

fn used(house: &House) -> Used {
    let scene = house.scene();
    let person = house.person(&scene.tenant, "member");
    let key = scene
        .tenant
        .key(json!({"owner_user_id": person.id, "cost_centre": "R&D"}));
    let usage = Usage {
        input: 1000,
        output: 200,
        cache_write_5m: 30,
        cache_write_1h: 4,
        cache_read: 5,
    };
    scene.upstream.always(Answer::costing(usage).into());
    for secret in [
        &scene.key.secret,
        &scene.key.secret,
        &scene.key.secret,
        &key.secret,
    ] {
        let ask = Ask::new(secret);
        ask.send(house.gateway.address()).expect(200);
        house.event(&scene.tenant, &ask.id);
    }
    let events = house.events(&scene.tenant);
    assert_eq!(events.len(), 4);
    Used {
        scene,
        member: person.api,
        events,
        members_key: key.id,
    }
}

fn charges(events: &[Event]) -> String {
    events
        .iter()
        .map(|event| event.charge_nano)
        .sum::<i64>()
        .to_string()
}

fn get(api: &Api, path: &str) -> Value {
    api.get(path).expect(200).json()
}

/// Figures of so many requests like those above.
fn check(figures: &Value, requests: u64) {
    assert_eq!(figures["requests"], requests, "{figures}");
    for (field, each) in [
        ("input_tokens", 1000),
        ("output_tokens", 200),
        ("cache_write_5m_tokens", 30),
        ("cache_write_1h_tokens", 4),
        ("cache_read_tokens", 5),
        ("total_tokens", 1239),
    ] {
        assert_eq!(figures[field], each * requests, "{field}: {figures}");
    }
}

#[test]
fn usage_adds_up_by_day_key_model_person_account_and_cost_centre() {
    let house = House::shared();
    let used = used(&house);
    let api = &used.scene.tenant.api;
    let usage = get(api, "/stats/usage");
    check(&usage["totals"], 4);
    assert_eq!(usage["totals"]["charge_nano"], charges(&used.events));
    assert_eq!(
        usage["rows"].as_array().map(Vec::len),
        Some(30),
        "each day has a row"
    );
    check(&usage["rows"][29]["figures"], 4);
    check(&usage["rows"][28]["figures"], 0);
    for (group, id, label) in [
        ("key", used.members_key.to_string(), None),
        ("model", MODEL.to_owned(), Some(MODEL)),
        ("user", used.scene.tenant.user_id.to_string(), Some("Olga Owner")),
        ("account", used.scene.account.to_string(), None),
        ("cost_centre", "R&D".to_owned(), Some("R&D")),
    ] {
        let report = get(api, &format!("/stats/usage?group_by={group}"));
        let rows = report["rows"].as_array().expect("rows");
        let sum: u64 = rows
            .iter()
            .map(|row| row["figures"]["requests"].as_u64().expect("a number"))
            .sum();
        assert_eq!(sum, 4, "{group}");
        let row = rows
            .iter()
            .find(|row| row["id"] == id)
            .unwrap_or_else(|| panic!("{group}: no {id} in {rows:?}"));
        if let Some(label) = label {
            assert_eq!(row["label"], label);
        }
    }
    let one = get(api, &format!("/stats/usage?key_id={}", used.members_key));
    check(&one["totals"], 1);
    check(&get(api, "/stats/usage?model=another")["totals"], 0);
    let models = get(api, "/stats/models");
    assert_eq!(models["rows"][0]["model"], MODEL);
    check(&models["rows"][0]["figures"], 4);
    let stats = get(api, &format!("/keys/{}/stats", used.scene.key.id));
    for figures in [&stats["totals"], &stats["today"], &stats["models"][0]["figures"]] {
        check(figures, 3);
    }
    assert!(stats["last_used_at"].is_string());
    let key = get(api, &format!("/keys/{}", used.scene.key.id));
    check(&key["today"], 3);
    assert_eq!(key["last_used_at"], stats["last_used_at"]);
    let account = get(api, &format!("/accounts/claude_console/{}", used.scene.account));
    check(&account["today"], 4);
}

#[test]
fn cost_is_told_with_shares_and_beside_the_time_before() {
    let house = House::shared();
    let used = used(&house);
    let cost = get(&used.scene.tenant.api, "/stats/cost?group_by=key");
    assert_eq!(cost["total_nano"], charges(&used.events));
    assert_eq!(cost["previous_total_nano"], "0");
    let rows = cost["rows"].as_array().expect("rows");
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0]["id"], used.scene.key.id.to_string(), "the dearest first");
    assert_eq!(
        (&rows[0]["share_permille"], &rows[1]["share_permille"]),
        (&json!(750), &json!(250))
    );
}

#[test]
fn the_dashboard_and_the_trend_show_the_same_requests() {
    let house = House::shared();
    let used = used(&house);
    let api = &used.scene.tenant.api;
    for range in ["24h", "7d", "30d"] {
        let overview = get(api, &format!("/dashboard/overview?range={range}"));
        check(&overview["today"]["figures"], 4);
        assert_eq!(overview["today"]["errors"], 0);
        check(&overview["yesterday"]["figures"], 0);
        assert_eq!(
            overview["keys"],
            json!({"active": 2, "disabled": 0, "expired": 0})
        );
        assert_eq!(overview["accounts"][0]["id"], used.scene.account.to_string());
        let balance = get(api, "/billing/balance");
        assert_eq!(overview["balance_nano"], balance["balance_nano"]);
        check(&overview["models"][0]["figures"], 4);
        let trend = get(api, &format!("/stats/trends?range={range}"));
        let sum = |points: &Value| -> u64 {
            let points = points.as_array().expect("points");
            let requests = points.iter().map(|point| point["figures"]["requests"].as_u64());
            requests.map(|count| count.expect("a number")).sum()
        };
        assert_eq!(sum(&trend["points"]), 4);
        assert_eq!(sum(&overview["trend"]["points"]), 4);
    }
    let member = get(&used.member, "/dashboard/overview");
    check(&member["today"]["figures"], 1);
    assert_eq!(member["balance_nano"], Value::Null);
    assert_eq!(member["accounts"], json!([]));
    assert_eq!(member["keys"]["active"], 1);
}

#[test]
fn a_member_sees_their_own_usage_whatever_they_ask_for() {
    let house = House::shared();
    let used = used(&house);
    let owner = used.scene.tenant.user_id;
    for path in ["/stats/usage", "/stats/usage?group_by=user"] {
        check(&get(&used.member, path)["totals"], 1);
    }
    for filter in [
        format!("user_id={owner}"),
        format!("key_id={}", used.scene.key.id),
    ] {
        check(&get(&used.member, &format!("/stats/usage?{filter}"))["totals"], 0);
    }
    check(&get(&used.member, "/stats/models")["rows"][0]["figures"], 1);
    let shown = get(&used.member, "/requests");
    assert_eq!(shown["items"].as_array().map(Vec::len), Some(1));
    let theirs = get(&used.member, &format!("/requests?key_id={}", used.scene.key.id));
    assert_eq!(theirs["items"], json!([]));
    let foreign = used
        .events
        .iter()
        .find(|event| event.key_id == used.scene.key.id)
        .expect("one");
    refused(
        &used.member.get(&format!("/requests/{}", foreign.request_id)),
        404,
        "not_found",
    );
    for path in ["/billing/balance", "/billing/transfers"] {
        refused(&used.member.get(path), 403, "forbidden");
    }
}

#[test]
fn the_ledgers_transfers_lead_from_the_credit_to_the_balance() {
    let house = House::shared();
    let used = used(&house);
    let api = &used.scene.tenant.api;
    house.settle();
    let spent: i64 = used.events.iter().map(|event| event.charge_nano).sum();
    let balance = get(api, "/billing/balance");
    assert_eq!(balance["paid_in_nano"], "100000000000");
    assert_eq!(balance["charged_nano"], spent.to_string());
    assert_eq!(balance["balance_nano"], (100_000_000_000 - spent).to_string());
    let mut all = Vec::new();
    let mut query = "limit=1".to_owned();
    loop {
        let page = get(api, &format!("/billing/transfers?{query}"));
        all.extend(page["items"].as_array().expect("a list").clone());
        let Some(next) = page["next_cursor"].as_str() else {
            break;
        };
        query = format!("limit=1&cursor={next}");
    }
    let sum: i64 = all
        .iter()
        .map(|transfer| {
            let text = transfer["wallet_nano"].as_str().expect("an amount");
            text.parse::<i64>().expect("a number")
        })
        .sum();
    assert_eq!(sum.to_string(), balance["balance_nano"]);
    let first = all.last().expect("the credit");
    assert_eq!(
        (&first["kind"], &first["to_account"]),
        (&json!("top_up"), &json!("wallet"))
    );
    assert_eq!(first["reason"], "for a test");
    for (query, kind) in [("kind=usage", "usage"), ("kind=top_up", "top_up")] {
        let page = get(api, &format!("/billing/transfers?{query}"));
        let items = page["items"].as_array().expect("a list");
        assert!(!items.is_empty(), "{kind}");
        assert!(items.iter().all(|transfer| transfer["kind"] == kind));
    }
    assert_eq!(
        get(api, "/billing/transfers?to=2020-01-01T00:00:00Z")["items"],
        json!([])
    );
    assert_eq!(
        get(api, "/billing/transfers?from=2020-01-01T00:00:00Z")["items"]
            .as_array()
            .map(Vec::len),
        Some(all.len())
    );
}

#[test]
fn absurd_ranges_are_refused_by_name() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    for (path, field, code) in [
        (
            "/stats/usage?from=2026-02-01&to=2026-01-01",
            "from",
            "out_of_range",
        ),
        (
            "/stats/usage?from=2020-01-01&to=2026-01-01",
            "from",
            "out_of_range",
        ),
        ("/stats/cost?from=1999-01-01", "from", "out_of_range"),
        ("/stats/models?to=%2B262142-12-31", "from", "out_of_range"),
        ("/stats/usage?from=yesterday", "from", "invalid"),
        ("/stats/usage?group_by=colour", "group_by", "unknown_value"),
        (
            "/stats/trends?from=2026-01-01&to=2026-11-01&step=15m",
            "step",
            "too_many",
        ),
        ("/stats/trends?range=1y", "range", "unknown_value"),
        ("/requests?from=%2B262142-12-31T00:00:00Z", "from", "out_of_range"),
        ("/requests?status=fine", "status", "unknown_value"),
        ("/billing/transfers?kind=gift", "kind", "unknown_value"),
        ("/billing/transfers?limit=-1", "limit", "invalid"),
    ] {
        assert_eq!(
            faults(&tenant.api.get(path), 400, "invalid_query"),
            pairs(&[(field, code)]),
            "{path}"
        );
    }
}
