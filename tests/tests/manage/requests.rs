//! The request log: a line for each relayed request, with the arithmetic behind its price.

use super::told::refused;
use serde_json::{Value, json};
use tollgate_tests::harness::relay::MODEL;
use tollgate_tests::harness::{Ask, House, Scene, Script};
use uuid::Uuid;

fn relayed(house: &House, scene: &Scene, count: usize) -> Vec<String> {
    let asks: Vec<Ask> = (0..count).map(|_| Ask::new(&scene.key.secret)).collect();
    for ask in &asks {
        ask.send(house.gateway.address());
        house.event(&scene.tenant, &ask.id);
    }
    asks.into_iter().map(|ask| ask.id).collect()
}

fn get(scene: &Scene, path: &str) -> Value {
    scene.tenant.api.get(path).expect(200).json()
}

#[test]
fn a_request_is_shown_with_the_arithmetic_of_its_price() {
    let house = House::shared();
    let scene = house.scene();
    let ids = relayed(&house, &scene, 1);
    let event = house.event(&scene.tenant, &ids[0]);
    let listed = get(&scene, "/requests");
    let line = &listed["items"][0];
    assert_eq!(line["id"], json!(event.request_id));
    assert_eq!(line["key_id"], json!(scene.key.id));
    assert_eq!(line["user_id"], json!(scene.tenant.user_id));
    assert_eq!(line["account_id"], json!(scene.account));
    assert_eq!((&line["model"], &line["status"]), (&json!(MODEL), &json!("ok")));
    assert_eq!(line["charge_nano"], event.charge_nano.to_string());
    assert_eq!(line["input_tokens"], event.usage.input);
    let detail = get(&scene, &format!("/requests/{}", event.request_id));
    for (field, value) in line.as_object().expect("an object") {
        assert_eq!(&detail[field], value, "{field}");
    }
    assert_eq!(detail["client_request_id"], ids[0]);
    assert_eq!(detail["attempts"], 1);
    assert!(detail["explanation"].is_object());
    let lines = detail["price_lines"].as_array().expect("the arithmetic");
    assert!(!lines.is_empty());
    let sum: i64 = lines
        .iter()
        .map(|line| {
            let text = line["amount_nano"].as_str().expect("an amount");
            text.parse::<i64>().expect("a number")
        })
        .sum();
    assert_eq!(sum, event.charge_nano);
    for missing in [Uuid::now_v7().to_string(), "nonsense".to_owned()] {
        refused(
            &scene.tenant.api.get(&format!("/requests/{missing}")),
            404,
            "not_found",
        );
    }
}

#[test]
fn failed_requests_are_there_and_filters_find_them() {
    let house = House::shared();
    let scene = house.scene();
    relayed(&house, &scene, 1);
    scene
        .upstream
        .next(Script::error(400, "invalid_request_error", "messages: too many"));
    relayed(&house, &scene, 1);
    for (query, found) in [
        ("status=ok".to_owned(), 1),
        ("status=client_error".to_owned(), 1),
        ("status=cut".to_owned(), 0),
        (format!("model={MODEL}"), 2),
        ("model=another".to_owned(), 0),
        (format!("key_id={}", scene.key.id), 2),
        (format!("key_id={}", Uuid::now_v7()), 0),
        (format!("account_id={}", Uuid::now_v7()), 0),
        ("to=2020-01-01T00:00:00Z".to_owned(), 0),
        ("from=2020-01-01T00:00:00Z".to_owned(), 2),
        ("from=2190-01-01T00:00:00Z".to_owned(), 0),
    ] {
        let items = get(&scene, &format!("/requests?{query}"))["items"].clone();
        assert_eq!(items.as_array().map(Vec::len), Some(found), "{query}");
    }
}

#[test]
fn pages_of_the_log_stay_in_place_while_requests_come_in() {
    let house = House::shared();
    let scene = house.scene();
    relayed(&house, &scene, 5);
    let mut expected: Vec<String> = house
        .events(&scene.tenant)
        .iter()
        .map(|event| event.request_id.to_string())
        .collect();
    expected.reverse();
    let mut seen = Vec::new();
    let mut query = "limit=2".to_owned();
    loop {
        let page = get(&scene, &format!("/requests?{query}"));
        for line in page["items"].as_array().expect("a list") {
            seen.push(line["id"].as_str().expect("an id").to_owned());
        }
        let Some(next) = page["next_cursor"].as_str() else {
            break;
        };
        relayed(&house, &scene, 1);
        query = format!("limit=2&cursor={next}");
    }
    assert_eq!(seen, expected);
    let bent = scene.tenant.api.get("/requests?cursor=bent");
    refused(&bent, 400, "invalid_cursor");
}
