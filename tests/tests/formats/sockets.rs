//! OpenAI's Responses over a WebSocket.

use crate::platforms::{WAYS, account};
use serde_json::{Value, json};
use tollgate_tests::harness::{House, Key, Upstream, unique};
use tungstenite::client::IntoClientRequest;
use tungstenite::{Message, WebSocket};

type Socket = WebSocket<std::net::TcpStream>;

fn open(house: &House, secret: &str) -> Result<Socket, u16> {
    let address = house.gateway.address();
    let mut request = format!("ws://{address}/openai/v1/responses")
        .into_client_request()
        .expect("a request");
    let value = format!("Bearer {secret}").parse().expect("a header");
    request.headers_mut().insert("authorization", value);
    let stream = std::net::TcpStream::connect(address).expect("connected");
    match tungstenite::client(request, stream) {
        Ok((socket, _)) => Ok(socket),
        Err(tungstenite::HandshakeError::Failure(tungstenite::Error::Http(answer))) => {
            Err(answer.status().as_u16())
        }
        Err(error) => panic!("{error}"),
    }
}

/// The events up to one that ends an answer.
fn events(socket: &mut Socket) -> Vec<Value> {
    let mut events: Vec<Value> = Vec::new();
    loop {
        let Message::Text(text) = socket.read().expect("a message") else {
            continue;
        };
        let event: Value = serde_json::from_str(&text).expect("JSON");
        let kind = event["type"].as_str().unwrap_or_default().to_owned();
        events.push(event);
        if ["response.completed", "response.failed", "error"].contains(&kind.as_str()) {
            return events;
        }
    }
}

fn create(model: &str, id: &str) -> Message {
    let body =
        json!({"type": "response.create", "model": model, "input": format!("This is {id}."), "store": false});
    Message::text(body.to_string())
}

fn scene(house: &House, name: &str) -> (tollgate_tests::harness::Tenant, Key, Upstream, &'static str) {
    let (tenant, upstream) = (house.tenant(), Upstream::start());
    let way = WAYS.iter().find(|way| way.name == name).expect("one");
    account(&tenant, way, &upstream.url());
    let key = tenant.key(json!({}));
    (tenant, key, upstream, way.model)
}

#[test]
fn each_message_is_a_request_and_each_event_a_message() {
    let house = House::shared();
    for name in ["OpenAI Responses", "Claude Console"] {
        let (tenant, key, upstream, model) = scene(&house, name);
        let mut socket = open(&house, &key.secret).expect("opened");
        for _ in 0..3 {
            let id = unique("ask");
            socket.send(create(model, &id)).expect("sent");
            let events = events(&mut socket);
            assert_eq!(events[0]["type"], "response.created", "{name}: {events:?}");
            let last = events.last().expect("one");
            assert_eq!(last["type"], "response.completed", "{name}: {last}");
            let told = upstream.with(&id).told.expect("figures");
            assert_eq!(
                last["response"]["usage"]["output_tokens"], told.output,
                "{name}: {last}"
            );
        }
        house.settle();
        let events = house.events(&tenant);
        assert_eq!(events.len(), 3, "{name}: {events:?}");
        assert!(
            events
                .iter()
                .all(|event| event.is_exact() && event.charge_nano > 0),
            "{events:?}"
        );
    }
}

#[test]
fn faults_are_told_as_frames_and_the_connection_stays() {
    let house = House::shared();
    let (_, key, upstream, model) = scene(&house, "OpenAI Responses");
    let mut socket = open(&house, &key.secret).expect("opened");
    for (message, field) in [
        ("no JSON".to_owned(), None),
        (json!({"type": "response.cancel"}).to_string(), Some("type")),
        (
            json!({"type": "response.create", "input": "x"}).to_string(),
            Some("model"),
        ),
        (
            json!({"type": "response.create", "model": model, "input": "x", "generate": false}).to_string(),
            Some("generate"),
        ),
    ] {
        socket.send(Message::text(message.clone())).expect("sent");
        let told = events(&mut socket);
        assert_eq!(
            (told.len(), &told[0]["type"], &told[0]["status"]),
            (1, &json!("error"), &json!(400)),
            "{message}: {told:?}"
        );
        let words = told[0]["error"]["message"].as_str().expect("words");
        assert!(field.is_none_or(|field| words.starts_with(field)), "{words}");
    }
    assert_eq!(upstream.count(), 0);
    socket.send(create(model, &unique("ask"))).expect("sent");
    assert_eq!(
        events(&mut socket).last().expect("one")["type"],
        "response.completed"
    );
}

#[test]
fn nobody_opens_one_without_a_key() {
    let house = House::shared();
    assert_eq!(open(&house, "cr_0000000000000000000000000000").err(), Some(401));
}
