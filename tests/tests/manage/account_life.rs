//! How accounts are doing, as it is shown: what stands around them, their past, tests that are watched, and tests that
//! nobody asked for.

use super::told::{faults, pairs, refused};
use serde_json::{Value, json};
use std::time::Duration;
use tollgate_tests::harness::upstream::Outcome;
use tollgate_tests::harness::{
    Answer, Ask, Connection, House, Request, Script, Tenant, Upstream, unique, wait_until,
};
use uuid::Uuid;

fn path(account: Uuid) -> String {
    format!("/accounts/claude_console/{account}")
}

fn shown(tenant: &Tenant, account: Uuid) -> Value {
    tenant.api.get(&path(account)).expect(200).json()
}

#[test]
fn an_account_shows_its_groups_windows_load_last_test_and_last_error() {
    let house = House::shared();
    let (tenant, upstream) = (house.poor_tenant(), Upstream::start());
    let account = tenant.account(&upstream.url());
    let fresh = shown(&tenant, account);
    assert_eq!((&fresh["groups"], &fresh["windows"]), (&json!([]), &json!([])));
    assert_eq!(
        (&fresh["last_test"], &fresh["last_error"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(
        fresh["token"],
        Value::Null,
        "its kind of credential is sent as it is"
    );
    let group = Uuid::now_v7();
    let mut sql = house.sql();
    let ids: &[&(dyn postgres::types::ToSql + Sync)] = &[&tenant.id, &account, &group];
    for statement in [
        "INSERT INTO account_groups (tenant_id, group_id, service, name, created_at, updated_at)
         SELECT $1, $3, 'claude', 'night shift', now(), now() WHERE $2::uuid IS NOT NULL",
        "INSERT INTO account_group_members (tenant_id, group_id, account_id) VALUES ($1, $3, $2)",
        "INSERT INTO account_windows (tenant_id, account_id, name, used_permille, status, observed_at)
         SELECT $1, $2, '5h', 940, 'allowed_warning', now() WHERE $3::uuid IS NOT NULL",
        "INSERT INTO account_loads (tenant_id, account_id, node_id, in_flight, waiting, seats, requests_1m, tokens_1m, at)
         SELECT $1, $2, node, flying, 1, 0, 10, 1000, now() - old * interval '1 second'
         FROM (VALUES (gen_random_uuid(), 2, 0), (gen_random_uuid(), 3, 1), ($3::uuid, 99, 60)) AS nodes (node, flying, old)",
    ] {
        sql.execute(statement, ids).expect(statement);
    }
    upstream.next(Script::unauthorized());
    tenant
        .api
        .post(&format!("{}/test", path(account)), &json!({}))
        .expect(200);
    let full = shown(&tenant, account);
    assert_eq!(full["groups"], json!([{"id": group, "name": "night shift"}]));
    assert_eq!(full["windows"][0]["used_permille"], 940);
    assert_eq!(
        full["load"],
        json!({"in_flight": 5, "waiting": 2, "requests_1m": 20, "tokens_1m": 2000}),
        "a node that said nothing for a minute is gone"
    );
    assert_eq!(full["last_test"]["code"], "unauthorized");
    assert_eq!(full["last_error"]["kind"], "test");
    assert!(
        full["last_error"]["text"]
            .as_str()
            .is_some_and(|text| text.contains("unauthorized"))
    );
    // A good test is no error, and the last error stays what it was.
    tenant
        .api
        .post(&format!("{}/test", path(account)), &json!({}))
        .expect(200);
    let good = shown(&tenant, account);
    assert_eq!(good["last_test"]["code"], "ok");
    assert_eq!(good["last_error"], full["last_error"]);
    assert_eq!(good["version"], 1, "tests are no change of its settings");
    // The list says the same of it.
    let listed = tenant.api.get("/accounts").expect(200).json();
    assert_eq!(listed["items"][0], good);
    // A group that is deleted is none.
    sql.execute(
        "UPDATE account_groups SET deleted_at = now() WHERE tenant_id = $1 AND group_id = $2",
        &[&tenant.id, &group],
    )
    .expect("deleted");
    assert_eq!(shown(&tenant, account)["groups"], json!([]));
}

#[test]
fn an_account_has_a_timeline_and_a_history_of_thirty_days() {
    let house = House::shared();
    let scene = house.scene();
    let (tenant, account) = (&scene.tenant, scene.account);
    let ask = Ask::new(&scene.key.secret);
    ask.send(house.gateway.address()).expect(200);
    house.event(tenant, &ask.id);
    let history = tenant
        .api
        .get(&format!("{}/history", path(account)))
        .expect(200)
        .json();
    let days = history["days"].as_array().expect("days");
    assert_eq!(days.len(), 30);
    assert_eq!(days[29]["figures"]["requests"], 1);
    assert_eq!(days[0]["figures"]["requests"], 0);
    assert_eq!(history["total"]["requests"], 1);
    assert_eq!(history["total"], shown(tenant, account)["today"]);
    tenant
        .api
        .post(&format!("{}/test", path(account)), &json!({}))
        .expect(200);
    tenant
        .api
        .post(&format!("{}/reset", path(account)), &json!({}))
        .expect(200);
    let events = tenant
        .api
        .get(&format!("{}/events", path(account)))
        .expect(200)
        .json();
    let kinds: Vec<&Value> = events["items"]
        .as_array()
        .expect("events")
        .iter()
        .map(|event| &event["kind"])
        .collect();
    assert_eq!(kinds, ["reset", "test"], "the newest first");
    let stranger = house.poor_tenant();
    for what in ["events", "history"] {
        refused(
            &stranger.api.get(&format!("{}/{what}", path(account))),
            404,
            "not_found",
        );
        let elsewhere = format!("/accounts/gemini/{account}/{what}");
        refused(&tenant.api.get(&elsewhere), 404, "not_found");
    }
}

#[test]
fn states_and_tokens_are_no_reason_to_refuse_an_edit() {
    let house = House::shared();
    let (tenant, upstream) = (house.poor_tenant(), Upstream::start());
    let account = tenant.account(&upstream.url());
    let before = shown(&tenant, account);
    house
        .sql()
        .execute(
            "UPDATE accounts SET state = 'rate_limited', state_until = now() + interval '1 hour', version = version + 5,
                    token_version = token_version + 3 WHERE account_id = $1",
            &[&account],
        )
        .expect("a state");
    let mut form =
        json!({"name": before["name"], "base_url": before["base_url"], "version": before["version"]});
    form["description"] = json!("edited while it was limited");
    let edited = tenant.api.put(&path(account), &form).expect(200).json();
    assert_eq!(edited["version"], 2);
    assert_eq!(edited["state"], "rate_limited", "an edit changes no state");
    refused(&tenant.api.put(&path(account), &form), 409, "version_conflict");
}

#[test]
fn a_proxy_of_somebody_else_is_none() {
    let house = House::shared();
    let (tenant, other) = (house.poor_tenant(), house.poor_tenant());
    let proxy = Uuid::now_v7();
    house
        .sql()
        .execute(
            "INSERT INTO proxies (tenant_id, proxy_id, name, scheme, host, port, created_at, updated_at)
             VALUES ($1, $2, 'theirs', 'http', 'proxy.example.com', 3128, now(), now())",
            &[&other.id, &proxy],
        )
        .expect("a proxy");
    let form = json!({"name": unique("a"), "base_url": "https://x.example.com", "api_key": "key-1", "proxy_id": proxy});
    let found = faults(
        &tenant.api.post("/accounts/claude_console", &form),
        422,
        "validation_failed",
    );
    assert_eq!(found, pairs(&[("proxy_id", "unknown")]));
    other.api.post("/accounts/claude_console", &form).expect(201);
    let plain = tenant.account("https://x.example.com");
    let found = faults(&tenant.api.put(&path(plain), &form), 422, "validation_failed");
    assert_eq!(found, pairs(&[("proxy_id", "unknown")]));
}

/// The events of a watched test: name and data.
fn events(text: &str) -> Vec<(String, Value)> {
    let blocks = text.split("\n\n").filter(|block| !block.is_empty());
    blocks
        .map(|block| {
            let (name, data) = block.split_once('\n').expect("two lines");
            let data = data.strip_prefix("data: ").expect("data");
            (
                name.strip_prefix("event: ").expect("a name").to_owned(),
                serde_json::from_str(data).expect("JSON"),
            )
        })
        .collect()
}

#[test]
fn a_watched_test_tells_each_step_and_the_models_words() {
    let house = House::shared();
    let (tenant, upstream) = (house.poor_tenant(), Upstream::start());
    let account = tenant.account(&upstream.url());
    let stream = format!("{}/test/stream", path(account));
    let reply = tenant.api.post(&stream, &json!({})).expect(200);
    assert_eq!(reply.header("content-type"), Some("text/event-stream"));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let told = events(&reply.text());
    let steps: Vec<&str> = told
        .iter()
        .filter(|(name, _)| name == "step")
        .map(|(_, step)| step["step"].as_str().expect("a step"))
        .collect();
    assert_eq!(steps[..3], ["proxy", "send", "status"], "{told:?}");
    assert!(steps.contains(&"text"), "{told:?}");
    assert_eq!(steps.last(), Some(&"end"));
    let (name, done) = told.last().expect("events");
    assert_eq!(
        (name.as_str(), &done["ok"], &done["code"]),
        ("done", &json!(true), &json!("ok"))
    );
    let seen = upstream.only();
    assert_eq!(
        serde_json::from_slice::<Value>(&seen.body).expect("JSON")["stream"],
        true
    );
    upstream.next(Script::unauthorized());
    let told = events(&tenant.api.post(&stream, &json!({})).expect(200).text());
    assert_eq!(told.last().expect("events").1["code"], "unauthorized");
    assert_eq!(shown(&tenant, account)["last_test"]["code"], "unauthorized");
    refused(
        &tenant
            .api
            .post(&format!("/accounts/gemini/{account}/test/stream"), &json!({})),
        404,
        "not_found",
    );
}

#[test]
fn whoever_stops_watching_ends_the_test() {
    let house = House::shared();
    let (tenant, upstream) = (house.poor_tenant(), Upstream::start());
    let account = tenant.account(&upstream.url());
    upstream.next(Script::Answer(Answer {
        ending: tollgate_tests::harness::Ending::Hang(2),
        ..Answer::default()
    }));
    let mut connection = Connection::open(house.gateway.address());
    let token = tenant.api.access_token.clone().expect("signed in");
    let request = Request::post(&format!("/api/v2{}/test/stream", path(account)))
        .header("authorization", &format!("Bearer {token}"))
        .json(&json!({}));
    connection.send(&request).expect("sent");
    connection.read_head().expect("an answer");
    while upstream.count() == 0 {
        connection.read_data().expect("steps");
    }
    connection.reset();
    wait_until("the vendor is left too", Duration::from_secs(20), || {
        upstream
            .seen()
            .iter()
            .all(|seen| matches!(seen.outcome, Outcome::Cancelled(_)))
    });
    assert_eq!(shown(&tenant, account)["last_test"], Value::Null);
}

#[test]
fn accounts_that_want_it_are_tested_without_being_asked_for() {
    let house = House::own();
    let (tenant, upstream, dead) = (house.poor_tenant(), Upstream::start(), Upstream::start());
    dead.always(Script::unauthorized());
    let tests = json!({"self_test_every_s": 60});
    let well = tenant.account_with(&upstream.url(), tests.clone());
    let refusing = tenant.account_with(&dead.url(), tests.clone());
    let untested = tenant.account(&upstream.url());
    house
        .sql()
        .execute(
            "UPDATE accounts SET state = 'faulty', state_reason = '3 failures in a row', failures = 3,
                    state_until = now() - interval '1 second' WHERE account_id = $1",
            &[&well],
        )
        .expect("a state");
    wait_until("the faulty one is well again", Duration::from_mins(1), || {
        shown(&tenant, well)["state"] == "active"
    });
    wait_until("the dead one is found", Duration::from_mins(1), || {
        shown(&tenant, refusing)["state"] == "unauthorized"
    });
    assert_eq!(shown(&tenant, well)["last_test"]["code"], "ok");
    assert_eq!(shown(&tenant, untested)["last_test"], Value::Null);
}
