//! What the platform pays upstream reaches no customer: every answer of the API that a customer can read, with a request of
//! theirs on the platform's account behind it, is searched for the cost's figures and the account.

use super::margin;
use serde_json::{Value, json};
use std::time::Duration;
use tollgate_tests::harness::tenant::id_of;
use tollgate_tests::harness::{Answer, Ask, Event, House, Reply, Tenant, Upstream, Usage, wait_until};
use uuid::Uuid;

const ACCOUNT: &str = "The house's secret account";
/// As many of the document's readings must answer for the search to mean anything.
const ANSWERED_MIN: usize = 35;

/// What must not be found: ids and names, and amounts as they are written in nano-dollars and in dollars.
fn secrets(house: &House, account: Uuid, charged: &[Event]) -> Vec<String> {
    let rows = house
        .sql()
        .query("SELECT cost_nano FROM platform_costs", &[])
        .expect("costs");
    let mut costs: Vec<i64> = rows.iter().map(|row| row.get(0)).collect();
    costs.sort_unstable();
    costs.dedup();
    costs.push(rows.iter().map(|row| row.get::<_, i64>(0)).sum());
    let charge: i64 = charged.iter().map(|event| event.charge_nano).sum();
    costs.push(charge - costs.last().copied().unwrap_or_default());
    let mut secrets = vec![
        account.to_string(),
        ACCOUNT.to_owned(),
        "upstream_cost".to_owned(),
    ];
    for cost in costs {
        assert!(cost > 100_000, "a figure that stands out: {cost}");
        let usd = format!("{}.{:09}", cost / 1_000_000_000, cost % 1_000_000_000);
        secrets.push(cost.to_string());
        secrets.push(usd.trim_end_matches('0').to_owned());
    }
    secrets
}

fn holds_none(reply: &Reply, path: &str, secrets: &[String]) {
    let text = reply.text();
    for secret in secrets {
        assert!(!text.contains(secret.as_str()), "{path} tells {secret}: {text}");
    }
}

/// Every reading of the API's document, with the ids of what is the customer's.
fn readings(tenant: &Tenant, request: Uuid, key: Uuid) -> Vec<String> {
    let document = tenant.api.get("/openapi.json").expect(200).json();
    let paths = document["paths"].as_object().expect("paths");
    let mut readings = Vec::new();
    for (path, operations) in paths {
        if operations.get("get").is_none() || path.ends_with("/stream") {
            continue;
        }
        let id = match path
            .split('/')
            .find(|part| !part.is_empty() && *part != "api" && *part != "v2")
        {
            Some("requests") => request,
            Some("keys") => key,
            Some("users") => tenant.user_id,
            _ => Uuid::nil(),
        };
        let filled = path
            .trim_start_matches("/api/v2")
            .replace("{id}", &id.to_string());
        if !filled.contains('{') {
            readings.push(filled);
        }
    }
    readings
}

/// A plan of prices of its own: the list's, which are the cost, stand in no line.
fn plan(operator: &Tenant, customer: &Tenant) {
    let form = json!({"name": "Own prices", "terms": {"factor": "1", "rules": [
        {"model": "claude-*", "price": {"kind": "own", "prices": {"input": "7.77", "output": "33.3"}}},
    ]}});
    let plan = operator.api.post("/plans", &form).expect(201).json();
    let given = json!({"tenant_slug": customer.slug, "plan_id": plan["id"]});
    operator.api.post("/plans/assignments", &given).expect(201);
}

#[test]
fn no_answer_that_a_customer_can_read_tells_what_the_platform_pays() {
    let house = House::own();
    let operator = margin::platform(&house);
    let upstream = Upstream::start();
    let answer = Answer {
        usage: Usage::of(12_347, 1_013),
        ..Answer::default()
    };
    upstream.always(answer.into());
    let account = operator.account_with(&upstream.url(), json!({"name": ACCOUNT}));
    let form = json!({"service": "claude", "name": "house", "members": [{"account_id": account}]});
    let group = id_of(&operator.api.post("/account-groups", &form).expect(201).json()["id"]);
    let customer = house.tenant();
    plan(&operator, &customer);
    let grant = json!({"public_name": "Pool", "weight": 100});
    let path = format!("/account-groups/{group}/grants/{}", customer.id);
    operator.api.put(&path, &grant).expect(200);
    let capture = json!({
        "active": true, "sample_per_mille": 1000, "redact_secrets": true, "redact_emails": true, "redact_cards": true,
        "patterns": [], "body_bytes_max": 65536, "keep_days": 7,
    });
    customer.api.put("/capture-settings", &capture).expect(200);
    // A node that starts knows all of it.
    assert!(house.gateway.stop(), "an orderly stop");
    house.gateway.boot();
    let again = |tenant: Tenant| Tenant {
        api: house.person(&tenant, "owner").api,
        ..tenant
    };
    let (operator, customer) = (again(operator), again(customer));
    let key = customer.key(json!({}));
    wait_until("it is relayed", Duration::from_secs(10), || {
        Ask::new(&key.secret).send(house.gateway.address()).status == 200
    });
    Ask::new(&key.secret).send(house.gateway.address()).expect(200);
    house.settle();
    let events = house.events(&customer);
    let secrets = secrets(&house, account, &events);
    let told: String = operator.api.get("/margin").expect(200).text();
    assert!(
        secrets.iter().any(|secret| told.contains(secret.as_str())),
        "they are told to the operator"
    );
    let request = events.last().expect("an event").request_id;
    let more = [
        "/exports/files/usage.csv",
        "/exports/files/usage.jsonl",
        "/exports/files/focus.csv",
        "/exports/files/transfers.csv",
        "/exports/preview/usage.csv",
    ];
    let paths = readings(&customer, request, key.id).into_iter();
    let mut answered = 0;
    for path in paths.chain(more.map(str::to_owned)) {
        let reply = customer.api.get(&path);
        answered += usize::from(reply.status == 200);
        holds_none(&reply, &path, &secrets);
    }
    assert!(answered >= ANSWERED_MIN, "only {answered} answered");
    let receipt = customer
        .api
        .get(&format!("/requests/{request}/receipt"))
        .expect(200);
    holds_none(&receipt, "the receipt", &secrets);
    let dry: Value = json!({"model": "claude-sonnet-4-6", "key_id": key.id});
    let explained = customer.api.post("/schedule/explain", &dry);
    holds_none(&explained, "the dry run", &secrets);
    house.finish();
}
