//! An export holds what a page shows: by each filter of the request log the same requests, and by none of them a member sees
//! more than their own.

use super::told::{faults, pairs};
use serde_json::{Value, json};
use tollgate_tests::harness::{Answer, Ask, House, Scene, Script, Usage};
use uuid::Uuid;

/// The ids of the log's requests and of the file's lines, by the same filters under the names that each has for them.
fn both(scene: &Scene, log: &str, file: &str) -> (Vec<Value>, Vec<Value>) {
    let api = &scene.tenant.api;
    let page = api.get(&format!("/requests?{log}")).expect(200).json();
    let mut logged: Vec<Value> = page["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|line| line["id"].clone())
        .collect();
    let text = api
        .get(&format!("/exports/files/usage.jsonl?{file}"))
        .expect(200)
        .text();
    let lines = text.lines().map(|line| serde_json::from_str(line).expect("JSON"));
    let mut filed: Vec<Value> = lines
        .filter(|line: &Value| line["line"] == "request")
        .map(|line| line["request_id"].clone())
        .collect();
    logged.sort_by_key(Value::to_string);
    filed.sort_by_key(Value::to_string);
    (logged, filed)
}

#[test]
fn by_each_filter_of_the_request_log_an_export_holds_the_same_requests() {
    let house = House::shared();
    let scene = house.scene();
    let nobodys = scene.tenant.key(json!({}));
    // As after its owner has gone.
    let orphan = "UPDATE api_keys SET owner_user_id = NULL WHERE key_id = $1";
    house.sql().execute(orphan, &[&nobodys.id]).expect("a key");
    for (secret, agent) in [
        (&scene.key.secret, "claude-cli/2.0.1 (external)"),
        (&nobodys.secret, "curl/8.1"),
    ] {
        for (input, refused) in [(10, false), (40_000, false), (10, true)] {
            let script = if refused {
                Script::error(400, "invalid_request_error", "no")
            } else {
                Answer::costing(Usage::of(input, 20)).into()
            };
            scene.upstream.next(script);
            let ask = Ask::new(secret).header("user-agent", agent);
            ask.send(house.gateway.address());
            house.event(&scene.tenant, &ask.id);
        }
    }
    let nil = Uuid::nil();
    for (log, file, some) in [
        ("", "", 6),
        ("client=claude_code", "client_family=claude_code", 3),
        ("client=other", "client_family=other", 3),
        ("http_status=400", "http_status=400", 2),
        ("http_status=404", "http_status=404", 0),
        (
            "min_charge_nano=1000000000000",
            "min_charge_nano=1000000000000",
            0,
        ),
        ("min_charge_nano=1000000", "min_charge_nano=1000000", 2),
        ("min_duration_ms=0", "min_duration_ms=0", 6),
        ("min_duration_ms=2147483647", "min_duration_ms=2147483647", 0),
        (&format!("user_id={nil}"), &format!("user_id={nil}"), 3),
        (&format!("account_id={nil}"), &format!("account_id={nil}"), 0),
        (
            "client=other&http_status=200&min_charge_nano=1000000",
            "client_family=other&http_status=200&min_charge_nano=1000000",
            1,
        ),
    ] {
        let (logged, filed) = both(&scene, log, file);
        assert_eq!(filed, logged, "{log}");
        assert_eq!(filed.len(), some, "{log}");
    }
    let api = &scene.tenant.api;
    assert_eq!(
        faults(
            &api.get("/exports/files/usage.csv?http_status=7&min_charge_nano=-1"),
            400,
            "invalid_query"
        ),
        pairs(&[
            ("http_status", "out_of_range"),
            ("min_charge_nano", "out_of_range")
        ])
    );
}

#[test]
fn a_member_exports_nobody_elses_whatever_the_filter() {
    let house = House::shared();
    let scene = house.scene();
    let ask = Ask::new(&scene.key.secret);
    ask.send(house.gateway.address());
    house.event(&scene.tenant, &ask.id);
    let member = house.person(&scene.tenant, "member").api;
    let nobodys = format!("/exports/files/usage.jsonl?user_id={}", Uuid::nil());
    let text = member.get(&nobodys).expect(200).text();
    assert_eq!(text.lines().count(), 1, "only totals: {text}");
}
