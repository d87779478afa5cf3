//! What a key's holder may ask besides: models, the key itself, its usage; and the gateway's own pages.

use super::refusals::finally_refused;
use serde_json::Value;
use tollgate_tests::harness::{Answer, Ask, House, Reply, Request, Usage};

fn get(house: &House, path: &str, secret: &str, headers: &[(&str, &str)]) -> Reply {
    let mut request = Request::get(path).header("x-api-key", secret);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    house.gateway.send(&request)
}

#[test]
fn models_are_listed_in_claudes_format() {
    let house = House::shared();
    let scene = house.scene();
    for mount in ["/api", "/claude"] {
        let version = [("anthropic-version", "2023-06-01")];
        let list = get(&house, &format!("{mount}/v1/models"), &scene.key.secret, &version)
            .expect(200)
            .json();
        let models = list["data"].as_array().expect("a list");
        assert!(
            models.iter().any(|model| model["id"] == "claude-sonnet-4-6"),
            "{list}"
        );
        assert!(models.iter().all(|model| model["type"] == "model"), "{list}");
        assert!(
            models
                .iter()
                .all(|model| !model["id"].as_str().unwrap_or_default().starts_with("gpt")),
            "{list}"
        );
    }
    finally_refused(
        &house
            .gateway
            .send(&Request::get("/api/v1/models").header("anthropic-version", "2023-06-01")),
        401,
    );
}

#[test]
fn a_key_tells_about_itself_and_its_usage() {
    let house = House::shared();
    let scene = house.scene();
    scene.upstream.next(Answer::costing(Usage::of(1_000, 200)).into());
    let ask = Ask::new(&scene.key.secret);
    ask.send(house.gateway.address()).expect(200);
    house.event(&scene.tenant, &ask.id);
    let info = get(&house, "/api/v1/key-info", &scene.key.secret, &[])
        .expect(200)
        .json();
    assert_eq!(info["keyInfo"]["id"], scene.key.id.to_string(), "{info}");
    assert!(
        info["keyInfo"]["name"].is_string() && info["timestamp"].is_string(),
        "{info}"
    );
    let usage = get(&house, "/api/v1/usage", &scene.key.secret, &[])
        .expect(200)
        .json();
    assert!(
        usage["usage"].is_object() && usage["limits"].is_object(),
        "{usage}"
    );
    let text = format!("{info}{usage}");
    assert!(!text.contains(&scene.key.secret), "{text}");
    assert!(has_number(&usage, 1_000) && has_number(&usage, 200), "{usage}");
    for path in ["/api/v1/key-info", "/api/v1/usage"] {
        finally_refused(&house.gateway.send(&Request::get(path)), 401);
    }
}

fn has_number(value: &Value, wanted: u64) -> bool {
    match value {
        Value::Number(number) => number.as_u64() == Some(wanted),
        Value::Array(items) => items.iter().any(|item| has_number(item, wanted)),
        Value::Object(fields) => fields.values().any(|field| has_number(field, wanted)),
        _ => false,
    }
}

#[test]
fn health_and_metrics_tell_how_the_node_is_doing() {
    let house = House::shared();
    house.scene();
    let live = house
        .gateway
        .send(&Request::get("/health/live"))
        .expect(200)
        .json();
    assert_eq!(live["status"], "live");
    let ready = house
        .gateway
        .send(&Request::get("/health/ready"))
        .expect(200)
        .json();
    assert_eq!(ready["status"], "ready");
    let page = house.gateway.send(&Request::get("/health")).expect(200).json();
    for field in [
        "status",
        "service",
        "version",
        "timestamp",
        "uptime",
        "memory",
        "components",
        "stats",
    ] {
        assert!(!page[field].is_null(), "v1's page has {field}: {page}");
    }
    let metrics = house.gateway.send(&Request::get("/metrics")).expect(200).text();
    for name in [
        "tollgate_build_info",
        "tollgate_journal_depth",
        "tollgate_database_up",
    ] {
        assert!(metrics.contains(name), "{name} is missing");
    }
    let forwarded = Request::get("/metrics").header("x-forwarded-for", "203.0.113.9");
    house.gateway.send(&forwarded).expect(403);
}

#[test]
fn a_graceful_stop_lets_streams_end() {
    let house = House::own();
    let scene = house.scene();
    scene
        .upstream
        .always(Answer::slow(30, std::time::Duration::from_millis(50)).into());
    let ask = Ask::new(&scene.key.secret).streamed();
    let mut connection = ask.begin(house.gateway.address());
    connection.read_head().expect("a head");
    connection.read_data().expect("the first piece");
    house.gateway.signal(nix::sys::signal::Signal::SIGTERM);
    while connection.read_data().expect("the rest of the answer").is_some() {}
    assert!(
        house.gateway.ended(std::time::Duration::from_secs(20)),
        "it goes on for ever"
    );
    let seen = scene.upstream.ended(&ask.id);
    let event = house.event(&scene.tenant, &ask.id);
    assert_eq!(
        (event.status.as_str(), Some(event.usage)),
        ("ok", seen.told),
        "{event:?}"
    );
    house.verify();
}
