//! A key's window of requests and its limit at a time, kept in the process and in Redis.

use super::refusals::refused_for_now;
use serde_json::json;
use std::time::{Duration, Instant};
use tollgate_tests::harness::{Answer, Ask, House, SOON, Script, Wanted, wait_until};

fn with_redis() -> House {
    House::with(Wanted {
        redis: true,
        ..Wanted::default()
    })
}

fn window_is_kept(house: &House) {
    let scene = house.scene();
    let key = scene
        .tenant
        .key(json!({"rules": {"windows": [{"span": "minute", "requests": 3}]}}));
    let other = scene
        .tenant
        .key(json!({"rules": {"windows": [{"span": "minute", "requests": 3}]}}));
    for _ in 0..3 {
        Ask::new(&key.secret).send(house.gateway.address()).expect(200);
    }
    let (kind, message) = refused_for_now(&Ask::new(&key.secret).send(house.gateway.address()), 429);
    assert_eq!(kind, "rate_limit_error");
    assert!(message.contains('3'), "it tells the limit: {message}");
    Ask::new(&other.secret).send(house.gateway.address()).expect(200);
    assert_eq!(
        scene.upstream.count(),
        4,
        "a refused request never reaches the upstream"
    );
    // A limit that is lifted is lifted at once.
    let path = format!("/keys/{}", key.id);
    scene.tenant.api.put(&path, &json!({"name": "free"})).expect(200);
    wait_until("the limit is lifted", SOON, || {
        Ask::new(&key.secret).send(house.gateway.address()).status == 200
    });
}

fn concurrency_is_kept(house: &House) {
    let scene = house.scene();
    let key = scene.tenant.key(json!({"rules": {"concurrency": {"limit": 2}}}));
    let address = house.gateway.address();
    scene
        .upstream
        .always(Answer::slow(200, Duration::from_millis(50)).into());
    let running = [0, 1].map(|_| Ask::new(&key.secret).streamed().begin(address));
    scene.upstream.await_count(2);
    let (kind, message) = refused_for_now(&Ask::new(&key.secret).send(address), 429);
    assert_eq!(kind, "rate_limit_error");
    assert!(message.contains('2'), "it tells the limit: {message}");
    // Whoever leaves makes room.
    drop(running);
    scene.upstream.always(Script::default());
    let left = Instant::now();
    wait_until("the slots come back", SOON, || {
        Ask::new(&key.secret).send(address).status == 200
    });
    assert!(
        left.elapsed() < Duration::from_secs(3),
        "it took {:?}",
        left.elapsed()
    );
    house.settle();
    for _ in 0..4 {
        Ask::new(&key.secret).send(address).expect(200);
    }
}

#[test]
fn a_window_of_requests_is_kept_in_the_process() {
    window_is_kept(&House::shared());
}

#[test]
fn a_limit_at_a_time_is_kept_in_the_process() {
    concurrency_is_kept(&House::shared());
}

#[test]
fn both_limits_are_kept_in_redis_and_no_slot_stays_there() {
    let house = with_redis();
    window_is_kept(&house);
    concurrency_is_kept(&house);
    let redis = house.redis.as_ref().expect("wanted");
    let keys = redis.ask("KEYS *");
    assert!(keys.contains(":w:k"), "the window is kept in Redis: {keys}");
    house.finish();
}
