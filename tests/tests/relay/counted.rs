//! What a request on a hot key costs before its upstream is called, by the servers' own counts.

use serde_json::json;
use std::time::{Duration, Instant};
use tollgate_tests::harness::{Answer, Ask, House, Request, SOON, Wanted, wait_until};

const REQUESTS: usize = 100;

/// Calls of a command, from `INFO commandstats`.
fn calls(info: &str, command: &str) -> i64 {
    let line = info
        .lines()
        .find_map(|line| line.strip_prefix(&format!("cmdstat_{command}:calls=")));
    line.and_then(|rest| rest.split(',').next()?.parse().ok())
        .unwrap_or(0)
}

#[test]
fn one_round_trip_to_redis_and_none_to_postgresql_before_the_upstream_call() {
    let house = House::with(Wanted {
        redis: true,
        ..Wanted::default()
    });
    let redis = house.redis.as_ref().expect("wanted");
    let scene = house.scene();
    // Two accounts, so that the sticky one is looked up as well.
    scene.tenant.account(&scene.upstream.url());
    let rules = json!({
        "windows": [
            {"span": "minute", "requests": 100_000, "tokens": 1_000_000_000},
            {"span": "week", "models": "*sonnet*", "cost_nano": "900000000000"},
        ],
        "concurrency": {"limit": 1_000, "queue": 5, "wait_s": 5},
        "addresses": ["127.0.0.0/8"], "services": ["claude"], "models_denied": ["*opus*"],
    });
    let key = scene.tenant.key(json!({ "rules": rules }));
    let address = house.gateway.address();
    wait_until("limits are kept in Redis", SOON, || {
        let health = house.gateway.send(&Request::get("/health")).json();
        health["components"]["limits"]["kept_in"] == "redis"
    });
    for _ in 0..3 {
        Ask::new(&key.secret).send(address).expect(200);
    }
    house.settle();
    let commits = || {
        // Each backend tells its figures once a second.
        std::thread::sleep(Duration::from_millis(1_500));
        let row = house.sql().query_one(
            "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()",
            &[],
        );
        row.expect("figures").get::<_, i64>(0)
    };
    // What the node does by itself in such a time: heartbeats, polls, a look at the database each second.
    let (first, before) = (commits(), commits());
    let (began, stats) = (Instant::now(), redis.ask("INFO commandstats"));
    scene
        .upstream
        .always(Answer::slow(2_000, Duration::from_millis(200)).into());
    let seen = scene.upstream.count();
    let running: Vec<_> = (0..REQUESTS)
        .map(|_| Ask::new(&key.secret).streamed().begin(address))
        .collect();
    scene.upstream.await_count(seen + REQUESTS);
    let after = redis.ask("INFO commandstats");
    let scripts = calls(&after, "evalsha") - calls(&stats, "evalsha");
    // On a busy machine Redis may be given up and come back meanwhile, for which the node probes it with SET and SCRIPT.
    let others: i64 = ["eval", "multi", "ping", "get"]
        .iter()
        .map(|command| calls(&after, command) - calls(&stats, command))
        .sum();
    let (begun, took) = (commits() - before, began.elapsed());
    println!(
        "{REQUESTS} requests before their upstream calls: {scripts} scripts and {others} other commands in Redis; {begun} \
         commits in PostgreSQL in {took:?}, and {} in 1.5 s without requests",
        before - first
    );
    let requests = i64::try_from(REQUESTS).expect("small");
    assert!((requests / 2..=requests).contains(&scripts), "{scripts} scripts");
    assert_eq!(others, 0);
    // What a request did would show as one for each; the rest is the node's own, some a second.
    let idle = (before - first) * i64::try_from(took.as_millis()).expect("short") / 1_500;
    assert!(
        begun < 2 * idle + requests / 4,
        "{begun} commits, {idle} would be the node's own"
    );
    drop(running);
    house.finish();
}
