//! Waiting for a turn: where a key's rule lets requests wait for a slot, they get it in order, in time, or not at all.

use super::refusals::{finally_refused, refused_for_now};
use serde_json::json;
use std::time::Duration;
use tollgate_tests::harness::{
    Answer, Ask, Gateway, House, Key, Reply, SOON, Scene, Script, Wanted, wait_until,
};

fn key(scene: &Scene, queue: u32, wait_s: u32) -> Key {
    let concurrency = json!({"limit": 1, "queue": queue, "wait_s": wait_s});
    let windows = json!([{"span": "hour", "requests": 100}]);
    scene
        .tenant
        .key(json!({"rules": {"concurrency": concurrency, "windows": windows}}))
}

/// Whom no limit but the slots keeps out is told how its windows stand: one of a hundred is used.
fn tells_what_is_left(refused: &Reply) {
    let left = refused.header("anthropic-ratelimit-requests-remaining");
    assert_eq!(left, Some("99"), "{refused:?}");
}

fn await_waiting(node: &Gateway, count: u32) {
    wait_until(&format!("{count} wait"), SOON, || {
        (node.metric("tollgate_limits_waiting") - f64::from(count)).abs() < 0.5
    });
}

/// A stream that goes on until its client leaves.
fn hold(scene: &Scene) {
    scene
        .upstream
        .next(Answer::slow(2_000, Duration::from_millis(50)).into());
}

#[test]
fn who_waits_gets_its_turn_in_the_order_of_coming_and_who_left_gets_none() {
    let house = House::own();
    let scene = house.scene();
    let (key, node) = (key(&scene, 10, 60), &house.gateway);
    hold(&scene);
    let running = Ask::new(&key.secret).streamed().begin(node.address());
    scene.upstream.await_count(1);
    let asks = [(); 5].map(|()| Ask::new(&key.secret));
    let mut waiting = Vec::new();
    for (ask, count) in asks.iter().zip(1..) {
        waiting.push(Some(ask.begin(node.address())));
        await_waiting(node, count);
    }
    // The first and one in the middle leave.
    waiting[0] = None;
    waiting[2] = None;
    await_waiting(node, 3);
    assert_eq!(scene.upstream.count(), 1, "nobody was served yet");
    drop(running);
    for place in [1, 3, 4] {
        let answered = waiting[place].as_mut().expect("still there").read_reply();
        assert_eq!(answered.expect("an answer").status, 200);
    }
    let seen = scene.upstream.seen();
    let order: Vec<usize> = seen[1..]
        .iter()
        .filter_map(|seen| asks.iter().position(|ask| seen.mentions(&ask.id)))
        .collect();
    assert_eq!(order, [1, 3, 4]);
    await_waiting(node, 0);
    let text = node
        .send(&tollgate_tests::harness::Request::get("/metrics"))
        .text();
    for line in [
        "tollgate_limits_waits_total{outcome=\"passed\"} 3",
        "tollgate_limits_waits_total{outcome=\"left\"} 2",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
    house.finish();
}

#[test]
fn a_line_that_is_full_refuses_at_once_and_a_wait_in_vain_says_how_long_it_was() {
    let house = House::own();
    let scene = house.scene();
    let (key, address) = (key(&scene, 1, 2), house.gateway.address());
    hold(&scene);
    let running = Ask::new(&key.secret).streamed().begin(address);
    scene.upstream.await_count(1);
    let mut waiting = Ask::new(&key.secret).begin(address);
    await_waiting(&house.gateway, 1);
    let full = Ask::new(&key.secret).send(address);
    tells_what_is_left(&full);
    let (kind, message) = refused_for_now(&full, 429);
    assert_eq!(kind, "rate_limit_error");
    assert!(
        message.contains("1 requests at the same time, and 1 more wait already"),
        "{message}"
    );
    let in_vain = waiting.read_reply().expect("an answer");
    tells_what_is_left(&in_vain);
    let (_, message) = refused_for_now(&in_vain, 429);
    assert!(message.contains("none of them ended within 2 s"), "{message}");
    assert_eq!(scene.upstream.count(), 1);
    drop(running);
    house.finish();
}

#[test]
fn who_waits_on_one_node_gets_the_slot_that_another_node_gives_back() {
    let house = House::with(Wanted {
        redis: true,
        ..Wanted::default()
    });
    let other = house.another();
    let scene = house.scene();
    let key = key(&scene, 5, 60);
    for node in [&house.gateway, &other] {
        wait_until("limits are kept in Redis", SOON, || {
            let health = node
                .send(&tollgate_tests::harness::Request::get("/health"))
                .json();
            health["components"]["limits"]["kept_in"] == "redis"
        });
    }
    hold(&scene);
    let running = Ask::new(&key.secret).streamed().begin(house.gateway.address());
    scene.upstream.await_count(1);
    scene.upstream.always(Script::default());
    let mut waiting = Ask::new(&key.secret).begin(other.address());
    await_waiting(&other, 1);
    assert_eq!(scene.upstream.count(), 1);
    drop(running);
    assert_eq!(waiting.read_reply().expect("an answer").status, 200);
    assert!(other.stop());
    house.finish();
}

#[test]
fn a_key_that_was_switched_off_while_its_request_waited_serves_it_no_more() {
    let house = House::own();
    let scene = house.scene();
    let (key, address) = (key(&scene, 1, 60), house.gateway.address());
    hold(&scene);
    let running = Ask::new(&key.secret).streamed().begin(address);
    scene.upstream.await_count(1);
    let mut waiting = Ask::new(&key.secret).begin(address);
    await_waiting(&house.gateway, 1);
    let off = json!({"name": "off", "status": "disabled",
                     "rules": {"concurrency": {"limit": 1, "queue": 1, "wait_s": 60}}});
    let path = format!("/keys/{}", key.id);
    scene.tenant.api.put(&path, &off).expect(200);
    wait_until("the key is off", SOON, || {
        Ask::new(&key.secret).send(address).status == 401
    });
    drop(running);
    finally_refused(&waiting.read_reply().expect("an answer"), 401);
    assert_eq!(scene.upstream.count(), 1);
    house.finish();
}

#[test]
fn who_waits_holds_no_money_meanwhile() {
    let house = House::own();
    let scene = house.scene();
    let (key, address) = (key(&scene, 5, 60), house.gateway.address());
    hold(&scene);
    let running = Ask::new(&key.secret).streamed().begin(address);
    scene.upstream.await_count(1);
    // It may cost more than the tenant has: only when its turn comes is it refused for that.
    let dear = Ask::new(&key.secret).with("max_tokens", json!(64_000_000));
    let mut waiting = dear.begin(address);
    await_waiting(&house.gateway, 1);
    drop(running);
    let refused = waiting.read_reply().expect("an answer");
    assert_eq!(refused.status, 402, "{}", refused.text());
    house.finish();
}
