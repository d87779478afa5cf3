//! Same format in and out: not a byte may change, and what was used is booked to the token.

use serde_json::json;
use std::time::{Duration, Instant};
use tollgate_tests::harness::tenant::UPSTREAM_KEY;
use tollgate_tests::harness::{
    Answer, Ask, Connection, House, Request, SOON, Script, Usage, books, wait_until,
};

#[test]
fn a_plain_request_and_its_answer_pass_byte_by_byte() {
    let house = House::shared();
    let scene = house.scene();
    // Order, blanks, escapes, numbers and unknown fields are the client's own business.
    let body = "{ \"max_tokens\" : 1000,\n\t\"messages\":[{\"role\":\"user\",\"content\":\"caf\\u00e9 \\ud834\\udd1e 你好\"}],\
                \"temperature\":0.70, \"a_field_of_tomorrow\":{\"x\":1e2,\"x\":[ ]},\"model\":\"claude-sonnet-4-6\"}";
    let mut request = Ask::new(&scene.key.secret).request();
    request.body = body.as_bytes().to_vec();
    let reply = house.gateway.send(&request).expect(200);
    let seen = scene.upstream.only();
    assert_eq!(String::from_utf8_lossy(&seen.body), body);
    assert_eq!(seen.target, "/v1/messages");
    assert_eq!(reply.body, seen.sent);
    assert_eq!(reply.header("content-type"), Some("application/json"));
}

#[test]
fn a_streamed_answer_passes_byte_by_byte() {
    let house = House::shared();
    let scene = house.scene();
    let ask = Ask::new(&scene.key.secret).streamed();
    let reply = ask.send(house.gateway.address()).expect(200);
    let seen = scene.upstream.only();
    assert_eq!(reply.broken, None);
    assert_eq!(
        String::from_utf8_lossy(&reply.body),
        String::from_utf8_lossy(&seen.sent)
    );
    let kind = reply.header("content-type").expect("a type");
    assert!(kind.starts_with("text/event-stream"), "{kind}");
    let event = house.event(&scene.tenant, &ask.id);
    assert!(
        event.streamed && event.is_exact() && event.status == "ok",
        "{event:?}"
    );
}

#[test]
fn events_are_forwarded_as_they_come() {
    let house = House::shared();
    let scene = house.scene();
    scene
        .upstream
        .next(Answer::slow(20, Duration::from_millis(50)).into());
    let began = Instant::now();
    let mut connection = Ask::new(&scene.key.secret)
        .streamed()
        .begin(house.gateway.address());
    connection.read_head().expect("a head");
    let first = connection.read_data().expect("a piece").expect("a piece");
    let first_after = began.elapsed();
    assert!(
        first.starts_with(b"event: message_start"),
        "{}",
        String::from_utf8_lossy(&first)
    );
    let mut pieces = 1;
    while connection.read_data().expect("the rest").is_some() {
        pieces += 1;
    }
    assert!(
        first_after < began.elapsed() / 2,
        "the first event came after {first_after:?}"
    );
    assert!(pieces >= 10, "26 events came in {pieces} pieces");
}

#[test]
fn usage_is_booked_to_the_token_plain_and_streamed() {
    let house = House::shared();
    let scene = house.scene();
    let prices = books::prices(&mut house.sql(), "claude-sonnet-4-6");
    for (n, streamed) in [false, true].into_iter().enumerate() {
        let usage = Usage {
            input: 1_237 + n as u64,
            output: 341,
            cache_write_5m: 2_001,
            cache_write_1h: 777,
            cache_read: 10_003,
        };
        scene.upstream.next(Answer::costing(usage).into());
        // As long as a prompt of so many tokens is: what is reserved has to cover it.
        let prompt = json!([{"role": "user", "content": "a word ".repeat(8_000)}]);
        let mut ask = Ask::new(&scene.key.secret).with("messages", prompt);
        if streamed {
            ask = ask.streamed();
        }
        ask.send(house.gateway.address()).expect(200);
        let event = house.event(&scene.tenant, &ask.id);
        assert_eq!(event.usage, usage);
        assert!(event.is_exact());
        assert_eq!(
            (event.status.as_str(), event.http_status, event.streamed),
            ("ok", 200, streamed)
        );
        assert_eq!(
            (event.key_id, event.account_id),
            (scene.key.id, Some(scene.account))
        );
        let quantities = [
            usage.input,
            usage.output,
            usage.cache_write_5m,
            usage.cache_write_1h,
            usage.cache_read,
        ];
        // These prices are whole nano-USD a token: each line is exact.
        let nano: i128 = quantities
            .iter()
            .zip(prices)
            .map(|(n, price)| i128::from(*n) * price / 1_000_000)
            .sum();
        assert_eq!(i128::from(event.charge_nano), nano);
        assert!(event.charge_nano <= event.reserved_nano, "{event:?}");
    }
}

#[test]
fn a_cost_is_what_one_reckons_by_hand() {
    let house = House::shared();
    let scene = house.scene();
    // Haiku 4.5: $1 in, $5 out, $1.25 and $2 cache writes, $0.10 cache reads, each a million tokens.
    let usage = Usage {
        input: 3,
        output: 7,
        cache_write_5m: 11,
        cache_write_1h: 13,
        cache_read: 17,
    };
    scene.upstream.next(Answer::costing(usage).into());
    let ask = Ask::new(&scene.key.secret).with("model", json!("claude-haiku-4-5"));
    ask.send(house.gateway.address()).expect(200);
    let event = house.event(&scene.tenant, &ask.id);
    assert_eq!(
        event.charge_nano,
        3 * 1_000 + 7 * 5_000 + 11 * 1_250 + 13 * 2_000 + 17 * 100
    );
    let mut sql = house.sql();
    assert_eq!(
        books::balance(&mut sql, scene.tenant.id),
        100_000_000_000 - event.charge_nano
    );
}

#[test]
fn a_tool_call_passes_and_is_booked() {
    let house = House::shared();
    let scene = house.scene();
    let script = || {
        Answer::default()
            .calling("get_weather", json!({"city": "Zürich", "days": 3}))
            .into()
    };
    for streamed in [false, true] {
        scene.upstream.next(script());
        let tools = json!([{"name": "get_weather", "input_schema": {"type": "object"}}]);
        let ask = Ask::new(&scene.key.secret)
            .with("tools", tools)
            .with("stream", json!(streamed));
        let reply = ask.send(house.gateway.address()).expect(200);
        let seen = scene.upstream.with(&ask.id);
        assert_eq!(reply.body, seen.sent);
        assert_eq!(Some(house.event(&scene.tenant, &ask.id).usage), seen.told);
    }
}

#[test]
fn clients_headers_reach_the_upstream_and_their_credentials_do_not() {
    let house = House::shared();
    let scene = house.scene();
    let ask = Ask::new(&scene.key.secret)
        .header(
            "anthropic-beta",
            "claude-code-20250219,interleaved-thinking-2025-05-14",
        )
        .header("user-agent", "claude-cli/2.1.330 (external, sdk-cli)")
        .header("x-app", "cli")
        .header("x-claude-code-session-id", "8c1d0a54-0000-4000-8000-000000000000")
        .header("x-stainless-lang", "js")
        .header("authorization", &format!("Bearer {}", scene.key.secret))
        .header("cookie", "session=of-somebody")
        .header("x-forwarded-for", "203.0.113.7")
        .header("connection", "keep-alive, x-hop")
        .header("x-hop", "only for the next")
        .header("accept-encoding", "gzip, br");
    ask.send(house.gateway.address()).expect(200);
    let seen = scene.upstream.only();
    for (name, value) in [
        ("anthropic-version", "2023-06-01"),
        (
            "anthropic-beta",
            "claude-code-20250219,interleaved-thinking-2025-05-14",
        ),
        ("user-agent", "claude-cli/2.1.330 (external, sdk-cli)"),
        ("x-app", "cli"),
        ("x-claude-code-session-id", "8c1d0a54-0000-4000-8000-000000000000"),
        ("x-stainless-lang", "js"),
        ("x-api-key", UPSTREAM_KEY),
    ] {
        assert_eq!(seen.header(name), Some(value), "{name}");
    }
    for (name, value) in &seen.headers {
        assert!(
            !value.contains(&scene.key.secret),
            "{name} carries the client's key upstream"
        );
    }
    for name in ["cookie", "x-forwarded-for", "x-hop"] {
        assert_eq!(seen.header(name), None, "{name} is nobody's business upstream");
    }
    let encoding = seen.header("accept-encoding").unwrap_or("identity");
    assert_eq!(encoding, "identity", "answers must come plain");
}

#[test]
fn both_mounts_and_a_query_lead_to_the_same_upstream_path() {
    let house = House::shared();
    let scene = house.scene();
    for path in [
        "/api/v1/messages",
        "/claude/v1/messages",
        "/api/v1/messages?beta=true",
    ] {
        let mut ask = Ask::new(&scene.key.secret);
        path.clone_into(&mut ask.path);
        ask.send(house.gateway.address()).expect(200);
        let seen = scene.upstream.with(&ask.id);
        let query = path
            .split_once('?')
            .map_or(String::new(), |(_, query)| format!("?{query}"));
        assert_eq!(seen.target, format!("/v1/messages{query}"));
    }
}

#[test]
fn a_mapped_model_changes_the_name_and_nothing_else() {
    let house = House::shared();
    let tenant = house.tenant();
    let upstream = tollgate_tests::harness::Upstream::start();
    tenant.account_with(
        &upstream.url(),
        json!({"model_mapping": {"claude-haiku-4-5": "claude-haiku-4-5-20251001"}}),
    );
    let key = tenant.key(json!({}));
    let mut request = Ask::new(&key.secret).request();
    let body = r#"{"max_tokens":9 , "model" : "claude-haiku-4-5","messages":[{"role":"user","content":"claude-haiku-4-5"}]}"#;
    request.body = body.as_bytes().to_vec();
    house.gateway.send(&request).expect(200);
    let sent = body.replacen("\"claude-haiku-4-5\"", "\"claude-haiku-4-5-20251001\"", 1);
    assert_eq!(String::from_utf8_lossy(&upstream.only().body), sent);
}

#[test]
fn every_answer_has_a_request_id_of_ours_and_the_log_has_it_too() {
    let house = House::shared();
    let scene = house.scene();
    let mut ids = Vec::new();
    for script in [
        Script::default(),
        Script::error(400, "invalid_request_error", "max_tokens: too many"),
    ] {
        scene.upstream.next(script);
        let reply = Ask::new(&scene.key.secret).send(house.gateway.address());
        ids.push(reply.header("request-id").expect("an id").to_owned());
    }
    let refused = house.gateway.send(&Request::post("/api/v1/messages").body("{}"));
    ids.push(
        refused
            .header("request-id")
            .expect("an id, though it was refused")
            .to_owned(),
    );
    for id in &ids {
        let id: uuid::Uuid = id.parse().expect("a UUID");
        assert_eq!(id.get_version_num(), 7);
    }
    // Lines are written beside the requests, so the last one may come a moment later.
    wait_until("the log names every relayed request", SOON, || {
        let log = house.gateway.log();
        ids[..2].iter().all(|id| log.contains(id))
    });
}

#[test]
fn one_connection_carries_many_requests() {
    let house = House::shared();
    let scene = house.scene();
    let mut connection = Connection::open(house.gateway.address());
    for n in 0..6 {
        let mut ask = Ask::new(&scene.key.secret);
        if n % 2 == 1 {
            ask = ask.streamed();
        }
        connection.exchange(&ask.request()).expect(200);
    }
    assert_eq!(scene.upstream.count(), 6);
}
