//! The edges: whoever asks as often as they can gets no more than the limit in any stretch of the window's length,
//! wherever it begins; and whoever waits for a slot is told when one is free.

use super::server::{Node, Server};
use super::{check, for_key, key, start, tenant};
use crate::{Limiter, LocalLimiter, Subject};
use std::time::Duration;
use tollgate_store::{Clock, CoreRuntime};

const LIMIT: u64 = 10;

/// A window that began anew at each full minute would let 20 pass within two seconds: ten before the minute's end, ten
/// after it.
async fn nobody_gets_twice_the_limit(limiter: &Limiter, clock: &Clock) {
    let limits = for_key(tenant(clock), key(1), Some(LIMIT), None);
    let began = clock.now();
    let mut passed = Vec::new();
    // Quiet until just before a full minute, then as often as possible for three minutes.
    clock.advance(Duration::from_millis(29_629));
    for _ in 0..1_800 {
        while limiter.admit(check(&limits, clock)).await.is_ok() {
            passed.push((clock.now() - began).num_milliseconds());
        }
        clock.advance(Duration::from_millis(100));
    }
    for (place, first) in passed.iter().enumerate() {
        let within = passed[place..]
            .iter()
            .take_while(|at| **at < first + 60_000)
            .count();
        assert!(
            within as u64 <= LIMIT,
            "{within} within a minute from {first} ms on"
        );
    }
    assert!(passed.len() as u64 >= 3 * LIMIT - 1, "{} passed", passed.len());
}

#[tokio::test]
async fn nobody_gets_twice_the_limit_at_a_minute_s_edge_in_process() {
    let clock = Clock::manual(start());
    let core = CoreRuntime::new(tokio::runtime::Handle::current());
    let limiter = Limiter::Local(LocalLimiter::start(&core, clock.clone()));
    nobody_gets_twice_the_limit(&limiter, &clock).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_twice_the_limit_at_a_minute_s_edge_in_redis() {
    let server = Server::start();
    let clock = Clock::manual(start());
    let node = Node::join_at(&server, &clock).await;
    nobody_gets_twice_the_limit(&node.limiter, &clock).await;
}

async fn who_waits_is_told(limiter: &Limiter, clock: &Clock) {
    let tenant = tenant(clock);
    let limits = for_key(tenant, key(1), None, Some(1));
    let held = limiter.admit(check(&limits, clock)).await.unwrap();
    let freed = limiter.watch(tenant, Subject::Key(key(1)));
    let waiting = tokio::time::timeout(Duration::from_millis(50), freed.wait()).await;
    assert!(waiting.is_err(), "nothing is free yet");
    drop(held);
    tokio::time::timeout(Duration::from_secs(5), freed.wait())
        .await
        .expect("a slot came free");
    // Whoever is told finds it free at the first look.
    assert!(limiter.admit(check(&limits, clock)).await.is_ok());
}

#[tokio::test]
async fn who_waits_for_a_slot_is_told_in_process() {
    let clock = Clock::system();
    let core = CoreRuntime::new(tokio::runtime::Handle::current());
    let limiter = Limiter::Local(LocalLimiter::start(&core, clock.clone()));
    who_waits_is_told(&limiter, &clock).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_a_slot_is_told_once_redis_knows() {
    let server = Server::start();
    let node = Node::join(&server, 1).await;
    who_waits_is_told(&node.limiter, &Clock::system()).await;
}
