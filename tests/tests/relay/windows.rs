//! Windows: of a family of models, of a user, of the organisation, of money; and what is told of them in headers.

use super::refusals::{finally_refused, refused_for_now};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tollgate_tests::harness::{Answer, Ask, House, Key, Reply, Request, Scene, Script, Usage};
use uuid::Uuid;

fn with_windows(scene: &Scene, windows: Value) -> Key {
    scene.tenant.key(json!({"rules": { "windows": windows }}))
}

fn chat(key: &Key) -> Ask {
    let mut ask = Ask::new(&key.secret).key_in("authorization", &format!("Bearer {}", key.secret));
    "/openai/v1/chat/completions".clone_into(&mut ask.path);
    ask
}

/// Limits of a user, or with the nil UUID of the organisation.
fn limit_subject(house: &House, scene: &Scene, user: Uuid, limits: &Value) {
    let written = house.sql().execute(
        "INSERT INTO subject_limits (tenant_id, user_id, limits, updated_at) VALUES ($1, $2, $3, now())",
        &[&scene.tenant.id, &user, limits],
    );
    written.expect("limits");
}

#[test]
fn a_family_s_window_counts_its_own_models_alone_and_is_named_in_the_refusal() {
    let house = House::shared();
    let scene = house.scene();
    let address = house.gateway.address();
    let key = with_windows(
        &scene,
        json!([{"span": "week", "models": "*Opus*", "requests": 1}, {"span": "hour", "requests": 4}]),
    );
    let opus = || Ask::new(&key.secret).with("model", json!("claude-opus-4-6"));
    Ask::new(&key.secret).send(address).expect(200);
    opus().send(address).expect(200);
    let (kind, message) = finally_refused(&opus().send(address), 429);
    assert_eq!(kind, "rate_limit_error");
    assert!(
        message.contains("1 requests per week of models that fit `*opus*`, and 1 are used"),
        "{message}"
    );
    for _ in 0..2 {
        Ask::new(&key.secret).send(address).expect(200);
    }
    let (_, message) = finally_refused(&Ask::new(&key.secret).send(address), 429);
    assert!(message.contains("4 requests per hour"), "{message}");
}

#[test]
fn the_keys_of_a_user_share_the_user_s_window_and_all_of_them_the_organisation_s() {
    let house = House::shared();
    let scene = house.scene();
    let address = house.gateway.address();
    let limit = |requests| json!({"windows": [{"span": "minute", "requests": requests}]});
    limit_subject(&house, &scene, scene.tenant.user_id, &limit(2));
    limit_subject(&house, &scene, Uuid::nil(), &limit(3));
    let [one, two, nobodys] = [(); 3].map(|()| scene.tenant.key(json!({})));
    let disowned = "UPDATE api_keys SET owner_user_id = NULL WHERE key_id = $1";
    house.sql().execute(disowned, &[&nobodys.id]).expect("disowned");
    for key in [&one, &two] {
        Ask::new(&key.secret).send(address).expect(200);
    }
    let (_, message) = refused_for_now(&Ask::new(&one.secret).send(address), 429);
    assert!(message.contains("this user may use 2 requests"), "{message}");
    Ask::new(&nobodys.secret).send(address).expect(200);
    let (_, message) = refused_for_now(&Ask::new(&nobodys.secret).send(address), 429);
    assert!(
        message.contains("this organisation may use 3 requests"),
        "{message}"
    );
}

#[test]
fn a_window_of_money_refuses_in_dollars_once_that_much_is_spent() {
    let house = House::shared();
    let scene = house.scene();
    let address = house.gateway.address();
    let key = with_windows(&scene, json!([{"span": "day", "cost_nano": "1500000"}]));
    scene
        .upstream
        .always(Answer::costing(Usage::of(1_000, 200)).into());
    Ask::new(&key.secret).send(address).expect(200);
    let (kind, message) = finally_refused(&Ask::new(&key.secret).send(address), 429);
    assert_eq!(kind, "rate_limit_error");
    // 1,000 tokens at 3 and 200 at 15 dollars a million.
    assert!(
        message.contains("0.0015 USD per day, and 0.006 USD are used"),
        "{message}"
    );
    let usage = Request::get("/api/v1/usage").header("x-api-key", &key.secret);
    let limits = &house.gateway.send(&usage).expect(200).json()["limits"]["all"];
    assert_eq!(
        limits[0]["metric"], "cost_nano",
        "the holder sees what is used: {limits}"
    );
    assert_eq!(limits[0]["used"], 6_000_000);
}

fn header<'a>(reply: &'a Reply, name: &str) -> &'a str {
    reply
        .header(name)
        .unwrap_or_else(|| panic!("no {name}: {:?}", reply.headers))
}

fn told(reply: &Reply) -> Vec<&str> {
    let names = reply.headers.iter().map(|(name, _)| name.as_str());
    names.filter(|name| name.contains("ratelimit")).collect()
}

#[test]
fn answers_tell_what_is_left_in_the_client_s_own_headers_plain_streamed_and_refused() {
    let house = House::shared();
    let scene = house.scene();
    let address = house.gateway.address();
    scene
        .upstream
        .always(Answer::costing(Usage::of(1_000, 200)).into());
    let windows = json!([
        {"span": "minute", "requests": 3, "tokens": 100_000},
        {"span": "day", "requests": 50},
    ]);
    let key = with_windows(&scene, windows.clone());
    let plain = Ask::new(&key.secret).send(address).expect(200);
    assert_eq!(header(&plain, "anthropic-ratelimit-requests-limit"), "3");
    assert_eq!(header(&plain, "anthropic-ratelimit-requests-remaining"), "2");
    assert_eq!(header(&plain, "anthropic-ratelimit-tokens-remaining"), "100000");
    let reset: DateTime<Utc> = header(&plain, "anthropic-ratelimit-requests-reset")
        .parse()
        .expect("RFC 3339");
    let wait = (reset - Utc::now()).num_seconds();
    assert!((50..=62).contains(&wait), "{wait}");
    let streamed = Ask::new(&key.secret).streamed().send(address).expect(200);
    assert_eq!(header(&streamed, "anthropic-ratelimit-requests-remaining"), "1");
    assert_eq!(header(&streamed, "anthropic-ratelimit-tokens-remaining"), "98800");
    Ask::new(&key.secret).send(address).expect(200);
    let refused = Ask::new(&key.secret).send(address).expect(429);
    assert_eq!(header(&refused, "anthropic-ratelimit-requests-remaining"), "0");
    assert!(refused.header("retry-after").is_some());
    assert_eq!(told(&refused).len(), 6);

    let key = with_windows(&scene, windows);
    let answered = chat(&key).send(address).expect(200);
    assert_eq!(header(&answered, "x-ratelimit-limit-requests"), "3");
    assert_eq!(header(&answered, "x-ratelimit-remaining-requests"), "2");
    let reset = header(&answered, "x-ratelimit-reset-requests");
    assert!(["1m0s", "1m1s"].contains(&reset), "{reset}");
    assert_eq!(told(&answered).len(), 6);

    let free = Ask::new(&scene.key.secret).send(address).expect(200);
    assert_eq!(
        told(&free),
        [""; 0],
        "nothing is told of limits that are not there"
    );
}

#[test]
fn nothing_of_the_account_s_own_limits_reaches_the_client() {
    let house = House::shared();
    let scene = house.scene();
    let address = house.gateway.address();
    let body = json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-6",
        "content": [{"type": "text", "text": "Hello."}], "stop_reason": "end_turn", "stop_sequence": null,
        "usage": {"input_tokens": 10, "output_tokens": 2},
    });
    let fixed = Script::Fixed {
        status: 200,
        headers: vec![("content-type".into(), "application/json".into())],
        body: body.to_string().into_bytes(),
    };
    let named = |script: Script| {
        script
            .header("anthropic-ratelimit-requests-limit", "4000")
            .header("anthropic-ratelimit-requests-remaining", "3999")
            .header("anthropic-ratelimit-tokens-remaining", "777000")
            .header("x-ratelimit-remaining-requests", "3999")
            .header("anthropic-organization-id", "org-of-the-account")
    };
    scene.upstream.next(named(fixed));
    let answered = Ask::new(&scene.key.secret).send(address).expect(200);
    assert_eq!(told(&answered), [""; 0]);
    assert_eq!(answered.header("anthropic-organization-id"), None);
    scene
        .upstream
        .next(named(Script::error(400, "invalid_request_error", "no")));
    let refused = Ask::new(&scene.key.secret).send(address).expect(400);
    assert_eq!(told(&refused), [""; 0]);
}
