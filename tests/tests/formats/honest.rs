//! What a client might try so as to pay less than the vendor bills, or to harm others' accounts.

use crate::platforms::{WAYS, Way, account};
use serde_json::{Value, json};
use std::time::Duration;
use tollgate_tests::harness::tenant::Tenant;
use tollgate_tests::harness::{
    Answer, Connection, Event, House, Key, Reply, Request, Script, Upstream, unique,
};

fn way(name: &str) -> &'static Way {
    WAYS.iter().find(|way| way.name == name).expect("there is one")
}

struct Scene {
    house: std::sync::Arc<House>,
    tenant: Tenant,
    key: Key,
    upstream: Upstream,
}

impl Scene {
    fn with(names: &[&str]) -> Self {
        let house = House::shared();
        let (tenant, upstream) = (house.tenant(), Upstream::start());
        for name in names {
            account(&tenant, way(name), &upstream.url());
        }
        let key = tenant.key(json!({}));
        Self {
            house,
            tenant,
            key,
            upstream,
        }
    }

    fn request(&self, path: &str, body: &Value, id: &str) -> Request {
        Request::post(path)
            .header("authorization", &format!("Bearer {}", self.key.secret))
            .header("x-request-id", id)
            .json(body)
    }

    fn post(&self, path: &str, body: &Value) -> (Reply, String) {
        let id = unique("ask");
        (self.house.gateway.send(&self.request(path, body, &id)), id)
    }

    fn event(&self, id: &str) -> Event {
        self.house.event(&self.tenant, id)
    }
}

fn hello() -> Value {
    json!([{"role": "user", "content": "Hello"}])
}

#[test]
fn the_model_that_is_priced_is_the_one_that_is_sent() {
    let scene = Scene::with(&["Azure OpenAI (v1)"]);
    let path = "/azure/openai/deployments/gpt-5-nano/chat/completions?api-version=2025-04-01-preview";
    let (reply, id) = scene.post(path, &json!({"model": "gpt-5.4", "messages": hello()}));
    reply.expect(200);
    let sent: Value = serde_json::from_slice(&scene.upstream.only().body).expect("JSON");
    assert_eq!(sent["model"], "gpt-5-nano");
    assert_eq!(scene.event(&id).model, "gpt-5-nano");
}

#[test]
fn no_other_model_is_named_within_a_request() {
    let scene = Scene::with(&["Claude Console"]);
    let advisor = json!([{"type": "advisor_20260301", "name": "advisor", "model": "claude-opus-4-6"}]);
    for (field, value) in [
        ("fallbacks", json!([{"model": "claude-opus-4-6"}])),
        ("tools", advisor),
    ] {
        let mut body = json!({"model": "claude-haiku-4-5", "max_tokens": 100, "messages": hello()});
        body[field] = value;
        let reply = scene.post("/api/v1/messages", &body).0.expect(400);
        let told = reply.json()["error"]["message"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        assert!(told.starts_with(field), "{told}");
    }
    assert_eq!(scene.upstream.count(), 0);
}

#[test]
fn an_account_that_can_not_say_it_is_passed_over() {
    let scene = Scene::with(&["OpenAI", "OpenAI Responses"]);
    let body = json!({"model": "gpt-5.2", "messages": hello(), "stop": ["END"]});
    for _ in 0..12 {
        scene.post("/openai/v1/chat/completions", &body).0.expect(200);
    }
    assert!(
        scene
            .upstream
            .seen()
            .iter()
            .all(|seen| seen.target == "/v1/chat/completions")
    );
    // Where none can, the client hears why.
    let alone = Scene::with(&["OpenAI Responses"]);
    alone.post("/openai/v1/chat/completions", &body).0.expect(400);
}

#[test]
fn who_leaves_before_an_answer_pays_what_was_read() {
    let scene = Scene::with(&["Claude Console"]);
    scene
        .upstream
        .next(Answer::default().after(Duration::from_secs(30)).into());
    let text = "word ".repeat(4_000);
    let body = json!({"model": "claude-sonnet-4-6", "max_tokens": 100, "messages": [{"role": "user", "content": text}]});
    let id = unique("ask");
    let mut connection = Connection::open(scene.house.gateway.address());
    connection
        .send(&scene.request("/api/v1/messages", &body, &id))
        .expect("sent");
    scene.upstream.only();
    drop(connection);
    let event = scene.event(&id);
    assert_eq!(
        (event.status.as_str(), event.is_exact()),
        ("cut", false),
        "{event:?}"
    );
    assert!(event.usage.input > 4_000 && event.charge_nano > 0, "{event:?}");
}

#[test]
fn an_answer_that_a_client_made_unreadable_costs_the_client_alone() {
    let scene = Scene::with(&["Claude Console"]);
    let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    let answer = format!(
        r#"{{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{{"type":"tool_use","id":"t","name":"f","input":{{"x":{deep}}}}}],"stop_reason":"tool_use","stop_sequence":null,"usage":{{"input_tokens":10,"output_tokens":5000}}}}"#
    );
    let body = json!({"model": "claude-sonnet-4-6", "max_tokens": 6000, "messages": hello()});
    for _ in 0..4 {
        scene.upstream.next(Script::Fixed {
            status: 200,
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: answer.clone().into_bytes(),
        });
        let (reply, id) = scene.post("/api/v1/messages", &body);
        reply.expect(502);
        assert!(scene.event(&id).charge_nano > 0, "it is booked");
    }
    assert_eq!(scene.upstream.count(), 4, "no other account was tried");
    scene.post("/api/v1/messages", &body).0.expect(200);
}
