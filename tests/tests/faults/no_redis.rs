//! Redis killed, or frozen, under load: limits are kept in the process meanwhile, and in Redis again once it is back.

use super::load::{compare, rich_scene, while_loaded};
use serde_json::json;
use std::time::Duration;
use tollgate_tests::harness::redis::Redis;
use tollgate_tests::harness::{Ask, House, Request, SOON, Wanted, wait_until};

/// An answer takes less than a second; a request that waited for Redis would show.
const ANSWER_MAX: Duration = Duration::from_secs(3);

fn await_limits_in(house: &House, place: &str) {
    wait_until(&format!("limits are kept in {place}"), SOON, || {
        let health = house.gateway.send(&Request::get("/health")).json();
        health["components"]["limits"]["kept_in"] == place
    });
}

#[test]
fn when_redis_dies_requests_go_on_within_their_limits_and_use_it_again_by_themselves() {
    requests_go_on(Redis::kill, Redis::boot);
}

/// It accepts connections and says nothing: worse than one that is gone.
#[test]
fn when_redis_freezes_requests_go_on_within_their_limits_and_use_it_again_by_themselves() {
    requests_go_on(Redis::freeze, Redis::thaw);
}

fn requests_go_on(lose: impl Fn(&Redis), restore: impl Fn(&Redis)) {
    let house = House::with(Wanted {
        redis: true,
        ..Wanted::default()
    });
    let redis = house.redis.as_ref().expect("wanted");
    let scene = rich_scene(&house);
    let rules = json!({
        "concurrency": {"limit": 50},
        "windows": [{"span": "minute", "requests": 100_000}],
    });
    let key = scene.tenant.key(json!({ "rules": rules }));
    let address = house.gateway.address();
    await_limits_in(&house, "redis");
    let pause = Duration::from_millis(20);
    let ((), sent) = while_loaded(address, &key.secret, pause, || {
        std::thread::sleep(Duration::from_secs(1));
        lose(redis);
        await_limits_in(&house, "fallback");
        std::thread::sleep(Duration::from_secs(2));
        // A limit holds in the process as well: this node's share, and there is no other node.
        let narrow = scene
            .tenant
            .key(json!({"rules": {"windows": [{"span": "minute", "requests": 2}]}}));
        let statuses = [(); 4].map(|()| Ask::new(&narrow.secret).send(address).status);
        assert_eq!(statuses, [200, 200, 429, 429]);
        restore(redis);
        await_limits_in(&house, "redis");
        std::thread::sleep(Duration::from_secs(1));
    });
    assert!(sent.len() > 20, "{} requests", sent.len());
    for one in &sent {
        assert!(one.is_whole(), "{one:?}");
        assert!(one.took < ANSWER_MAX, "{} took {:?}", one.id, one.took);
    }
    let keys = redis.ask("KEYS *");
    assert!(
        keys.contains(&scene.tenant.id.simple().to_string()),
        "Redis is in use again: {keys}"
    );
    house.settle();
    compare(&house, &scene, &sent);
    house.finish();
}

#[test]
fn the_operator_is_told_once_that_redis_is_gone() {
    let house = House::with(Wanted {
        redis: true,
        ..Wanted::default()
    });
    let redis = house.redis.as_ref().expect("wanted");
    let told = || -> i64 {
        let count = "SELECT count(*) FROM outbox o JOIN tenants t USING (tenant_id)
             WHERE t.kind = 'platform' AND o.kind = 'system_error' AND o.payload ->> 'kind' = 'limits_in_process'";
        house.sql().query_one(count, &[]).expect("a count").get(0)
    };
    await_limits_in(&house, "redis");
    let scene = house.scene();
    let key = scene
        .tenant
        .key(json!({"rules": {"windows": [{"span": "minute", "requests": 100_000}]}}));
    redis.kill();
    // It shows when it is asked.
    Ask::new(&key.secret).send(house.gateway.address()).expect(200);
    await_limits_in(&house, "fallback");
    wait_until("it is told", SOON, || told() == 1);
    // Longer than two looks.
    std::thread::sleep(Duration::from_secs(5));
    assert_eq!(told(), 1);
    redis.boot();
    await_limits_in(&house, "redis");
}
