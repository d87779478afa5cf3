//! What is counted beside tokens, at which tier, and for which models there was no price: in the log, in files, and as a
//! filter of both.

use serde_json::{Value, json};
use tollgate_tests::harness::upstream::Script;
use tollgate_tests::harness::{Ask, House, Scene};

fn message(usage: &Value) -> Script {
    let body = json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-6", "stop_reason": "end_turn",
        "stop_sequence": null, "content": [{"type": "text", "text": "Hi"}], "usage": usage,
    });
    Script::Fixed {
        status: 200,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: body.to_string().into_bytes(),
    }
}

/// One request with searches at the batch tier, and a plain one, whose model is marked as having had no price.
fn two_requests(house: &House, scene: &Scene) -> [String; 2] {
    [
        json!({"input_tokens": 1000, "output_tokens": 100, "service_tier": "batch",
               "server_tool_use": {"web_search_requests": 2}}),
        json!({"input_tokens": 10, "output_tokens": 1}),
    ]
    .map(|usage| {
        scene.upstream.next(message(&usage));
        let ask = Ask::new(&scene.key.secret);
        ask.send(house.gateway.address()).expect(200);
        house.event(&scene.tenant, &ask.id).request_id.to_string()
    })
}

/// The objects of a file of JSON lines, without the totals.
fn lines(scene: &Scene, path: &str) -> Vec<Value> {
    let text = scene.tenant.api.get(path).expect(200).text();
    let lines = text.lines().map(|line| serde_json::from_str(line).expect("JSON"));
    let mut lines: Vec<Value> = lines.collect();
    assert_eq!(lines.pop().expect("totals")["line"], "total");
    lines
}

fn ids(items: &[Value], field: &str) -> Vec<String> {
    items
        .iter()
        .map(|item| item[field].as_str().expect("an id").to_owned())
        .collect()
}

#[test]
fn other_meters_tiers_and_missing_prices_are_in_the_log_and_in_files() {
    // The mark is under a batch's hash: this house is not verified at its end.
    let house = House::own();
    let scene = house.scene();
    let [searching, plain] = two_requests(&house, &scene);
    let log = scene.tenant.api.get("/requests").expect(200).json();
    let items = log["items"].as_array().expect("items");
    assert_eq!(items[1]["other_meters"], json!({"web_search": 2}));
    assert_eq!(
        (&items[1]["service_tier"], &items[1]["unpriced"]),
        (&json!("batch"), &json!(false))
    );
    assert_eq!(
        (&items[0]["service_tier"], &items[0]["other_meters"]),
        (&json!("standard"), &json!({}))
    );
    let file = lines(&scene, "/exports/files/usage.jsonl");
    let line = &file[0];
    assert_eq!(
        (
            &line["web_searches"],
            &line["images"],
            &line["service_tier"],
            &line["unpriced"]
        ),
        (&json!(2), &json!(0), &json!("batch"), &json!(false))
    );
    let mark = |unpriced: bool| {
        let sql = "UPDATE usage_events SET unpriced = $2 WHERE request_id = $1::text::uuid";
        house.sql().execute(sql, &[&plain, &unpriced]).expect("marked");
    };
    mark(true);
    for (filter, due) in [("unpriced=true", &plain), ("unpriced=false", &searching)] {
        let log = scene
            .tenant
            .api
            .get(&format!("/requests?{filter}"))
            .expect(200)
            .json();
        assert_eq!(
            ids(log["items"].as_array().expect("items"), "id"),
            std::slice::from_ref(due),
            "{filter}"
        );
        let file = lines(&scene, &format!("/exports/files/usage.jsonl?{filter}"));
        assert_eq!(ids(&file, "request_id"), std::slice::from_ref(due), "{filter}");
        let sums = lines(
            &scene,
            &format!("/exports/files/summary.jsonl?group=model&{filter}"),
        );
        assert_eq!(sums[0]["requests"], 1, "{filter}");
    }
    scene.tenant.api.get("/requests?unpriced=perhaps").expect(400);
    mark(false);
}

#[test]
fn a_corrected_request_is_shown_with_what_was_counted_in_the_end() {
    let house = House::own();
    let scene = house.scene();
    let [searching, _] = two_requests(&house, &scene);
    // A correction as settlement books it, but for its batch.
    let sql = "INSERT INTO usage_corrections (tenant_id, request_id, batch_no, reason, input_tokens, output_tokens,
                   cache_write_5m_tokens, cache_write_1h_tokens, cache_read_tokens, charge_nano, booked_at, other_meters,
                   service_tier)
               SELECT tenant_id, request_id, batch_no, 'exact after estimate', 0, 0, 0, 0, 0, 0, now(),
                      '{\"web_search\": -2, \"image\": 3}', 'flex' FROM usage_events WHERE request_id = $1::text::uuid";
    house.sql().execute(sql, &[&searching]).expect("a correction");
    let shown = scene
        .tenant
        .api
        .get(&format!("/requests/{searching}"))
        .expect(200)
        .json();
    assert_eq!(
        (&shown["other_meters"], &shown["service_tier"]),
        (&json!({"image": 3}), &json!("flex"))
    );
    let file = lines(&scene, "/exports/files/usage.jsonl");
    assert_eq!(
        (&file[1]["line"], &file[1]["web_searches"]),
        (&json!("correction"), &json!(-2))
    );
    assert_eq!(
        (&file[1]["images"], &file[1]["service_tier"]),
        (&json!(3), &json!("flex"))
    );
    house
        .sql()
        .execute("DELETE FROM usage_corrections", &[])
        .expect("gone");
}
