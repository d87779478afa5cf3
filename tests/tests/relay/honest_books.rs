//! What could be had for nothing, or blamed on the wrong one, if nobody looked.

use super::refusals::finally_refused;
use serde_json::json;
use std::time::Duration;
use tollgate_tests::harness::{Ask, Connection, House, Script, Upstream, wait_for};

/// A head that announces a plain answer, and half of its body.
fn half_an_answer() -> Vec<u8> {
    let text = "word ".repeat(3_000);
    let begun = format!("{{\"type\":\"message\",\"content\":[{{\"type\":\"text\",\"text\":\"{text}");
    let length = begun.len() + 500;
    format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{begun}")
        .into_bytes()
}

#[test]
fn a_client_that_leaves_while_a_plain_answer_arrives_pays_for_what_was_produced() {
    let house = House::shared();
    let scene = house.scene();
    scene.upstream.always(Script::Hanging(half_an_answer()));
    let ask = Ask::new(&scene.key.secret).with("max_tokens", json!(20_000));
    let connection = ask.begin(house.gateway.address());
    scene.upstream.with(&ask.id);
    std::thread::sleep(Duration::from_millis(500));
    drop(connection);
    let event = house.event(&scene.tenant, &ask.id);
    assert_eq!(
        (event.status.as_str(), event.quality.as_str()),
        ("cut", "estimated"),
        "{event:?}"
    );
    assert!(event.usage.input > 10 && event.usage.output > 3_000, "{event:?}");
    assert!(
        event.charge_nano > 0 && event.charge_nano <= event.reserved_nano,
        "{event:?}"
    );
    house.verify();
}

#[test]
fn a_stream_without_early_figures_is_booked_by_its_bytes() {
    let house = House::shared();
    let scene = house.scene();
    let events = "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":\
                  {\"type\":\"text_delta\",\"text\":\"some words that were produced \"}}\n\n"
        .repeat(20);
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    scene
        .upstream
        .always(Script::Raw(format!("{head}{events}").into_bytes()));
    let prompt = json!([{"role": "user", "content": "a word ".repeat(3_000)}]);
    let ask = Ask::new(&scene.key.secret).streamed().with("messages", prompt);
    ask.send(house.gateway.address()).expect(200);
    let event = house.event(&scene.tenant, &ask.id);
    assert_eq!(event.quality, "estimated", "{event:?}");
    assert!(event.usage.input > 5_000 && event.usage.output > 100, "{event:?}");
    house.verify();
}

#[test]
fn an_answer_is_data_whatever_its_upstream_calls_it() {
    let house = House::shared();
    let scene = house.scene();
    let body = json!({
        "type": "message", "content": [{"type": "text", "text": "<script>alert(1)</script>"}],
        "usage": {"input_tokens": 5, "output_tokens": 5},
    });
    scene.upstream.always(Script::Fixed {
        status: 200,
        headers: vec![("content-type".to_owned(), "text/html".to_owned())],
        body: body.to_string().into_bytes(),
    });
    let reply = Ask::new(&scene.key.secret)
        .send(house.gateway.address())
        .expect(200);
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
}

#[test]
fn a_key_that_goes_while_its_body_arrives_is_refused() {
    let house = House::shared();
    let scene = house.scene();
    let key = scene.tenant.key(json!({}));
    let ask = Ask::new(&key.secret);
    ask.send(house.gateway.address()).expect(200);
    let bytes = ask.request().bytes();
    let (first, last) = bytes.split_at(bytes.len() - 10);
    let mut connection = Connection::open(house.gateway.address());
    connection.send_raw(first).expect("sent");
    std::thread::sleep(Duration::from_millis(200));
    scene.tenant.api.delete(&format!("/keys/{}", key.id));
    wait_for("the key is gone", Duration::from_secs(5), || {
        (Ask::new(&key.secret).send(house.gateway.address()).status == 401).then_some(())
    });
    connection.send_raw(last).expect("sent");
    finally_refused(&connection.read_reply().expect("an answer"), 401);
}

#[test]
fn an_account_without_credit_is_passed_over_and_rests() {
    let house = House::shared();
    let (poor, good) = (Upstream::start(), Upstream::start());
    let said = "Your credit balance is too low to access the API. Please buy credits.";
    poor.always(Script::error(400, "invalid_request_error", said));
    let tenant = house.tenant();
    let first = tenant.account_with(&poor.url(), json!({"priority": 1}));
    tenant.account_with(&good.url(), json!({"priority": 2}));
    let secret = tenant.key(json!({})).secret;
    for _ in 0..3 {
        Ask::new(&secret).send(house.gateway.address()).expect(200);
    }
    assert_eq!((poor.count(), good.count()), (1, 3));
    tenant.await_account_state(first, "quota_exhausted");
}

#[test]
fn what_an_account_may_not_do_says_nothing_of_what_it_may() {
    let house = House::shared();
    let scene = house.scene();
    scene
        .upstream
        .always(Script::error(403, "permission_error", "not this model"));
    for _ in 0..5 {
        finally_refused(&Ask::new(&scene.key.secret).send(house.gateway.address()), 502);
    }
    scene.upstream.always(Script::default());
    Ask::new(&scene.key.secret)
        .send(house.gateway.address())
        .expect(200);
}
