//! Requests that wait for a seat: served when one is free, refused in their own format when too many wait or it takes too
//! long, and gone from the line at once when their client leaves.

use super::pool::Pool;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tollgate_tests::harness::{Answer, Ask, Reply, Request, Upstream};

fn pool(wait: &str, queue: &str) -> Pool {
    Pool::with(vec![
        ("TOLLGATE_SCHEDULER_WAIT_MAX", wait.to_owned()),
        ("TOLLGATE_SCHEDULER_QUEUE_MAX", queue.to_owned()),
    ])
}

/// One account with one seat whose every answer takes so long.
fn narrow(pool: &Pool, each: Duration) -> Upstream {
    let upstream = Upstream::start();
    pool.tenant
        .account_with(&upstream.url(), json!({"concurrency_cap": 1}));
    upstream.always(Answer::default().after(each).into());
    upstream
}

#[test]
fn a_request_waits_for_the_seat_of_the_one_before() {
    let pool = pool("20s", "50");
    let upstream = narrow(&pool, Duration::from_millis(400));
    let began = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| pool.ask("claude-sonnet-4-6").expect(200));
        }
    });
    assert_eq!(upstream.count(), 6);
    let seen = upstream.seen();
    for pair in seen.windows(2) {
        assert!(
            pair[1].at - pair[0].at >= Duration::from_millis(350),
            "one at a time"
        );
    }
    println!("6 requests of 0.4 s through one seat took {:?}", began.elapsed());
}

#[test]
fn who_waits_too_long_is_refused_with_a_time() {
    let pool = pool("1s", "50");
    let _upstream = narrow(&pool, Duration::from_secs(4));
    let first = Ask::new(&pool.key.secret).begin(pool.house.gateway.address());
    std::thread::sleep(Duration::from_millis(500));
    let began = Instant::now();
    let refused = pool.ask("claude-sonnet-4-6");
    assert_eq!(refused.status, 529, "{}", refused.text());
    assert!(
        (900..3000).contains(&began.elapsed().as_millis()),
        "{:?}",
        began.elapsed()
    );
    assert!(refused.header("retry-after").is_some());
    drop(first);
}

/// Every client format has its own way to say that there is too much to do.
#[test]
fn a_line_that_is_too_long_refuses_at_once_in_the_clients_format() {
    let pool = pool("20s", "2");
    let _upstream = narrow(&pool, Duration::from_secs(3));
    let address = pool.house.gateway.address();
    let held: Vec<_> = (0..3)
        .map(|_| {
            let connection = Ask::new(&pool.key.secret).begin(address);
            std::thread::sleep(Duration::from_millis(300));
            connection
        })
        .collect();
    let (bearer, model) = (format!("Bearer {}", pool.key.secret), "claude-sonnet-4-6");
    let messages = json!([{"role": "user", "content": "Hello."}]);
    let claude = Request::post("/api/v1/messages")
        .header("x-api-key", &pool.key.secret)
        .json(&json!({"model": model, "max_tokens": 100, "messages": messages}));
    let chat = Request::post("/openai/v1/chat/completions")
        .header("authorization", &bearer)
        .json(&json!({"model": model, "messages": messages}));
    let responses = Request::post("/openai/v1/responses")
        .header("authorization", &bearer)
        .json(&json!({"model": model, "input": "Hello."}));
    let gemini = Request::post(&format!("/gemini/v1beta/models/{model}:generateContent"))
        .header("x-goog-api-key", &pool.key.secret)
        .json(&json!({"contents": [{"role": "user", "parts": [{"text": "Hello."}]}]}));
    for (name, request) in [
        ("Claude", claude),
        ("Chat", chat),
        ("Responses", responses),
        ("Gemini", gemini),
    ] {
        let began = Instant::now();
        let reply: Reply = pool.house.gateway.send(&request);
        assert!(
            [429, 503, 529].contains(&reply.status),
            "{name}: {} {}",
            reply.status,
            reply.text()
        );
        assert!(
            began.elapsed() < Duration::from_secs(1),
            "{name}: at once: {:?}",
            began.elapsed()
        );
        let wait: u64 = reply
            .header("retry-after")
            .unwrap_or_else(|| panic!("{name}: {:?}", reply.headers))
            .parse()
            .expect("s");
        assert!((1..=61).contains(&wait), "{name}: {wait}");
        let error: Value = reply.json()["error"].clone();
        assert!(
            error["message"].as_str().is_some_and(|text| !text.is_empty()),
            "{name}: {}",
            reply.text()
        );
    }
    drop(held);
}

#[test]
fn a_client_that_leaves_gives_its_place_to_the_next() {
    let pool = pool("20s", "1");
    let upstream = narrow(&pool, Duration::from_secs(2));
    let address = pool.house.gateway.address();
    let first = Ask::new(&pool.key.secret).begin(address);
    std::thread::sleep(Duration::from_millis(400));
    let waits = Ask::new(&pool.key.secret);
    let gone = waits.begin(address);
    std::thread::sleep(Duration::from_millis(400));
    assert_ne!(pool.ask("claude-sonnet-4-6").status, 200, "the line is full");
    gone.reset();
    std::thread::sleep(Duration::from_millis(600));
    pool.ask("claude-sonnet-4-6").expect(200);
    assert!(
        !upstream.seen().iter().any(|seen| seen.mentions(&waits.id)),
        "who left was not sent"
    );
    drop(first);
}
