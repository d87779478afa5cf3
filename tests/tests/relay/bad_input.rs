//! What clients may send that they should not: each gets a clear error in its own format, holds nothing, books nothing
//! that is not true.

use super::refusals::{finally_refused, refused};
use serde_json::json;
use std::io::Write;
use std::time::{Duration, Instant};
use tollgate_tests::harness::{Ask, Connection, House, Request, Wanted, wait_until};

/// Sends a body as it is under a good key, and gives status, type and message of the refusal.
fn send_body(house: &House, secret: &str, body: &[u8]) -> (u16, String, String) {
    let mut request = Ask::new(secret).request();
    request.body = body.to_vec();
    let reply = house.gateway.send(&request);
    let (kind, message) = refused(&reply, reply.status);
    (reply.status, kind, message)
}

/// Bodies that can't be served, and the field that the refusal has to name.
fn faulty_bodies() -> Vec<(String, &'static str)> {
    let mut cases: Vec<(String, &str)> = [
        "",
        "not json at all",
        "[]",
        "null",
        "{\"model\":\"claude-sonnet-4-6\"",
    ]
    .map(|body| (body.to_owned(), ""))
    .to_vec();
    let hello = r#""messages":[{"role":"user","content":"hi"}]"#;
    let sonnet = r#""model":"claude-sonnet-4-6""#;
    for (fields, field) in [
        (r#""max_tokens":10"#.to_owned(), "model"),
        (r#""max_tokens":10,"model":7"#.to_owned(), "model"),
        (r#""max_tokens":10,"model":"""#.to_owned(), "model"),
        // The same name twice, once with an escape: we would price one and the vendor run the other.
        (
            format!(r#""max_tokens":10,{sonnet},"m\u006fdel":"claude-opus-4-5""#),
            "model",
        ),
        (sonnet.to_owned(), "max_tokens"),
        (format!(r#"{sonnet},"max_tokens":"10""#), "max_tokens"),
        (format!(r#"{sonnet},"max_tokens":-1"#), "max_tokens"),
        (format!(r#"{sonnet},"max_tokens":1.5"#), "max_tokens"),
        (format!(r#"{sonnet},"max_tokens":1e300"#), "max_tokens"),
        (
            format!(r#"{sonnet},"max_tokens":99999999999999999999"#),
            "max_tokens",
        ),
        (format!(r#"{sonnet},"max_tokens":10,"stream":"yes""#), "stream"),
    ] {
        cases.push((format!("{{{fields},{hello}}}"), field));
    }
    cases
}

#[test]
fn a_faulty_body_is_refused_with_the_field_and_what_would_be_right() {
    let house = House::shared();
    let scene = house.scene();
    for (body, field) in faulty_bodies() {
        let (status, kind, message) = send_body(&house, &scene.key.secret, body.as_bytes());
        assert_eq!(
            (status, kind.as_str()),
            (400, "invalid_request_error"),
            "{body}: {message}"
        );
        assert!(message.contains(field), "{body}: {message}");
    }
    let deep = [vec![b'['; 200_000], vec![b']'; 200_000]].concat();
    let (status, ..) = send_body(&house, &scene.key.secret, &deep);
    assert_eq!(status, 400);
    let (status, ..) = send_body(
        &house,
        &scene.key.secret,
        b"{\"model\":\"\xff\xfe\",\"max_tokens\":1}",
    );
    assert_eq!(status, 400);
    assert_eq!(scene.upstream.count(), 0, "none of it reached the upstream");
    assert_eq!(house.events(&scene.tenant), [], "none of it was booked");
    house.verify();
}

#[test]
fn a_model_without_a_price_is_refused_and_never_free() {
    let house = House::shared();
    let scene = house.scene();
    for model in [
        "claude-of-tomorrow",
        "gpt-4o",
        "../../etc/passwd",
        &"m".repeat(5_000),
    ] {
        let reply = Ask::new(&scene.key.secret)
            .with("model", json!(model))
            .send(house.gateway.address());
        assert!(
            [400, 403, 404].contains(&reply.status),
            "{} {}",
            reply.status,
            reply.text()
        );
        refused(&reply, reply.status);
    }
    assert_eq!(scene.upstream.count(), 0);
    assert_eq!(house.events(&scene.tenant), []);
    house.verify();
}

#[test]
fn absurd_numbers_overflow_nothing() {
    let house = House::shared();
    let scene = house.scene();
    for tokens in [i64::MAX as u64, u64::MAX, 1 << 53, 1_000_000_000_000] {
        let reply = Ask::new(&scene.key.secret)
            .with("max_tokens", json!(tokens))
            .send(house.gateway.address());
        // Either it is no possible number, or nobody's wallet can bear it.
        assert!(
            [400, 402].contains(&reply.status),
            "{tokens}: {} {}",
            reply.status,
            reply.text()
        );
        refused(&reply, reply.status);
    }
    assert_eq!(scene.upstream.count(), 0);
    house.verify();
}

#[test]
fn a_body_over_the_limit_is_refused_whether_it_is_announced_or_not() {
    let house = House::with(Wanted {
        env: vec![("TOLLGATE_RELAY_BODY_MAX", "256KiB".to_owned())],
        ..Wanted::default()
    });
    let scene = house.scene();
    let fits = json!([{"role": "user", "content": "x".repeat(200 * 1024)}]);
    Ask::new(&scene.key.secret)
        .with("messages", fits)
        .send(house.gateway.address())
        .expect(200);
    let large = json!([{"role": "user", "content": "x".repeat(300 * 1024)}]);
    let announced = Ask::new(&scene.key.secret)
        .with("messages", large.clone())
        .send(house.gateway.address());
    let (kind, message) = finally_refused(&announced, 413);
    assert_eq!(kind, "request_too_large");
    assert!(message.contains("256"), "it tells the limit: {message}");
    // The same in chunks, whose length nobody announced.
    let ask = Ask::new(&scene.key.secret).with("messages", large);
    let mut connection = Connection::open(house.gateway.address());
    let mut head = ask.request().header("transfer-encoding", "chunked");
    head.headers.push(("content-length".into(), String::new()));
    let text = String::from_utf8(
        Request {
            body: Vec::new(),
            ..head
        }
        .bytes(),
    )
    .expect("ASCII");
    connection
        .send_raw(text.replace("content-length: \r\n", "").as_bytes())
        .expect("sent");
    let body = ask.body.to_string();
    for piece in body.as_bytes().chunks(16 * 1024) {
        let chunk = [format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat();
        if connection.send_raw(&chunk).is_err() {
            break;
        }
    }
    let _ = connection.send_raw(b"0\r\n\r\n");
    refused(&connection.read_reply().expect("an answer"), 413);
    assert_eq!(scene.upstream.count(), 1);
    house.finish();
}

#[test]
fn a_half_sent_body_reaches_nobody_and_holds_nothing() {
    let house = House::shared();
    let scene = house.scene();
    let key = scene.tenant.key(json!({"rules": {"concurrency": {"limit": 1}}}));
    for _ in 0..3 {
        let bytes = Ask::new(&key.secret).request().bytes();
        let mut connection = Connection::open(house.gateway.address());
        connection.send_raw(&bytes[..bytes.len() - 10]).expect("sent");
        std::thread::sleep(Duration::from_millis(50));
        drop(connection);
    }
    wait_until("no slot is held", Duration::from_secs(5), || {
        Ask::new(&key.secret).send(house.gateway.address()).status == 200
    });
    assert_eq!(scene.upstream.count(), 1);
    house.verify();
}

#[test]
fn slow_headers_are_cut_off() {
    let house = House::with(Wanted {
        env: vec![("TOLLGATE_HTTP_HEADER_TIMEOUT", "1s".to_owned())],
        ..Wanted::default()
    });
    let began = Instant::now();
    let mut connection = Connection::open(house.gateway.address());
    connection
        .send_raw(b"POST /api/v1/messages HTTP/1.1\r\nhost: x\r\n")
        .expect("sent");
    assert!(connection.closes_within(Duration::from_secs(10)), "it stays open");
    assert!(
        began.elapsed() < Duration::from_secs(8),
        "it took {:?}",
        began.elapsed()
    );
    house.finish();
}

#[test]
fn header_bombs_are_refused_and_leave_no_trace() {
    let house = House::shared();
    let scene = house.scene();
    let before = house.gateway.resident_bytes();
    let many: String = (0..5_000)
        .map(|n| format!("x-bomb-{n}: {}\r\n", "b".repeat(100)))
        .collect();
    let long = format!("x-bomb: {}\r\n", "b".repeat(4 << 20));
    for bomb in [many, long] {
        let mut connection = Connection::open(house.gateway.address());
        let head = format!(
            "POST /api/v1/messages HTTP/1.1\r\nhost: x\r\nx-api-key: {}\r\n{bomb}\r\n",
            scene.key.secret
        );
        // It may well be refused before all of it is sent.
        let _ = connection.send_raw(head.as_bytes());
        if let Ok(reply) = connection.read_reply() {
            assert!((400..500).contains(&reply.status), "{}", reply.status);
        }
    }
    let grown = house.gateway.resident_bytes().saturating_sub(before);
    assert!(grown < 64 << 20, "memory grew by {} MiB", grown >> 20);
    Ask::new(&scene.key.secret)
        .send(house.gateway.address())
        .expect(200);
    assert_eq!(scene.upstream.count(), 1);
}

#[test]
fn what_is_no_http_gets_no_service() {
    let house = House::shared();
    let scene = house.scene();
    let key = &scene.key.secret;
    for bytes in [
        b"\x16\x03\x01\x00\xa5\x01\x00".to_vec(),
        b"GARBAGE\r\n\r\n".to_vec(),
        b"POST /api/v1/messages HTTP/9.9\r\n\r\n".to_vec(),
        format!("POST /api/v1/messages HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\ncontent-length: -5\r\n\r\n").into_bytes(),
        format!("POST /api/v1/messages HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello!").into_bytes(),
        format!("POST /api/v1/messages HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n").into_bytes(),
    ] {
        let mut connection = Connection::open(house.gateway.address());
        let _ = connection.stream().write_all(&bytes);
        connection.finish_sending();
        if let Ok(reply) = connection.read_reply() {
            assert!(reply.status >= 400, "{} for {}", reply.status, String::from_utf8_lossy(&bytes));
        }
    }
    Ask::new(key).send(house.gateway.address()).expect(200);
    assert_eq!(scene.upstream.count(), 1);
    house.verify();
}

#[test]
fn a_header_of_the_clients_cannot_smuggle_anything_upstream_or_into_the_log() {
    let house = House::shared();
    let scene = house.scene();
    let ask = Ask::new(&scene.key.secret)
        .header("x-request-id", &"i".repeat(4_000))
        .header("user-agent", &format!("agent {}", "u".repeat(4_000)));
    ask.send(house.gateway.address()).expect(200);
    house.settle();
    let events = house.events(&scene.tenant);
    assert_eq!(events.len(), 1);
    assert!(
        events[0].client_request_id.len() <= 256,
        "{}",
        events[0].client_request_id.len()
    );
}
