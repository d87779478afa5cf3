use super::server::{Node, Server};
use super::{account, check, for_key, key, of_tenant, slot_keys, start, tenant, window, window_keys};
use crate::redis::{ADMIT_TIMEOUT, SLOT_TTL, STRIKES_MAX, Terms};
use crate::{
    AdmitCheck, Booking, LimiterError, LimiterState, Metric, RedisLimiter, RedisSettings, Span, StickyKey,
};
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::task::Poll;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tollgate_store::{Clock, CoreRuntime};

#[expect(clippy::disallowed_methods, reason = "these tests measure real time")]
fn now() -> Instant {
    Instant::now()
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_share_a_window_by_redis_own_time() {
    let server = Server::start();
    let (one, two) = (Node::join(&server, 2).await, Node::join(&server, 2).await);
    let clock = Clock::system();
    let limits = for_key(tenant(&clock), key(1), Some(3), None);
    for node in [&one, &two, &one] {
        drop(node.limiter.admit(check(&limits, &clock)).await.unwrap());
    }
    let refused = two.limiter.admit(check(&limits, &clock)).await.unwrap_err();
    assert_eq!(refused.used, 3);
    let wait = refused.retry_after.unwrap();
    assert!(
        wait > Duration::from_secs(55) && wait <= Duration::from_secs(61),
        "{wait:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_at_once_exactly_as_many_pass_as_may() {
    let server = Server::start();
    let nodes = [Node::join(&server, 2).await, Node::join(&server, 2).await];
    let clock = Clock::system();
    let limits = for_key(tenant(&clock), key(1), Some(40), Some(10));
    let mut tries = JoinSet::new();
    for number in 0..60 {
        let (limiter, limits, clock) = (nodes[number % 2].limiter.clone(), limits.clone(), clock.clone());
        tries.spawn(async move { limiter.admit(check(&limits, &clock)).await });
    }
    let admitted: Vec<_> = tries
        .join_all()
        .await
        .into_iter()
        .filter_map(Result::ok)
        .collect();
    assert_eq!(admitted.len(), 10);
    drop(admitted);
    for node in &nodes {
        node.redis.drained().await;
    }
    assert!(
        nodes[0].limiter.admit(check(&limits, &clock)).await.is_ok(),
        "dropped slots are free"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admission_that_is_cancelled_leaves_no_slot_behind() {
    let server = Server::start();
    let node = Node::join(&server, 1).await;
    let clock = Clock::system();
    let limits = for_key(tenant(&clock), key(1), None, Some(1));
    let mut cancelled = 0;
    for _ in 0..20 {
        {
            let mut admission = pin!(node.limiter.admit(check(&limits, &clock)));
            // Polled once: the script is on its way, its answer is (nearly always) not there yet.
            let first = poll_fn(|context| Poll::Ready(admission.as_mut().poll(context))).await;
            cancelled += usize::from(first.is_pending());
        }
        node.redis.drained().await;
    }
    assert!(cancelled > 0);
    assert!(node.limiter.admit(check(&limits, &clock)).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_node_s_slots_come_free_and_a_live_node_s_do_not() {
    let server = Server::start();
    let clock = Clock::manual(start());
    let (dying, living) = (
        Node::join_at(&server, &clock).await,
        Node::join_at(&server, &clock).await,
    );
    let tenant = tenant(&clock);
    let [of_dead, of_living] = [1, 2].map(|number| for_key(tenant, key(number), None, Some(1)));
    std::mem::forget(dying.limiter.admit(check(&of_dead, &clock)).await.unwrap());
    let _held = living.limiter.admit(check(&of_living, &clock)).await.unwrap();
    assert!(dying.core.stop(Duration::from_secs(5)).await);
    for _ in 0..4 {
        assert!(living.limiter.admit(check(&of_dead, &clock)).await.is_err());
        assert!(living.limiter.admit(check(&of_living, &clock)).await.is_err());
        clock.advance(SLOT_TTL / 4);
        living.redis.heartbeat().await;
    }
    assert!(living.limiter.admit(check(&of_dead, &clock)).await.is_ok());
    assert!(living.limiter.admit(check(&of_living, &clock)).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_redis_costs_three_short_waits_then_nothing_and_comes_back_by_itself() {
    let server = Server::start();
    let node = Node::join_impatient(&server, 2).await;
    let clock = Clock::system();
    let limits = for_key(tenant(&clock), key(1), Some(10), Some(100));
    drop(node.limiter.admit(check(&limits, &clock)).await.unwrap());
    server.freeze();
    let mut held = Vec::new();
    for _ in 0..STRIKES_MAX {
        let began = now();
        held.push(node.limiter.admit(check(&limits, &clock)).await.unwrap());
        assert!(began.elapsed() < 10 * ADMIT_TIMEOUT, "{:?}", began.elapsed());
    }
    assert_eq!(node.limiter.state(), LimiterState::Fallback);
    let began = now();
    held.push(node.limiter.admit(check(&limits, &clock)).await.unwrap());
    held.push(node.limiter.admit(check(&limits, &clock)).await.unwrap());
    assert!(began.elapsed() < ADMIT_TIMEOUT, "{:?}", began.elapsed());
    let refused = node.limiter.admit(check(&limits, &clock)).await.unwrap_err();
    assert_eq!(
        (refused.limit, refused.used),
        (10, 5),
        "half of the limit is this node's"
    );

    server.thaw();
    node.until(LimiterState::Shared).await;
    let open: usize = server.ask(&["ZCARD", &slot_keys(&limits)[0]]).await;
    assert_eq!(open, 5, "slots taken meanwhile are known to Redis");
    drop(held);
    node.redis.drained().await;
    let open: usize = server.ask(&["ZCARD", &slot_keys(&limits)[0]]).await;
    assert_eq!(open, 0, "and given back");
    let used: u64 = server.ask(&["HGET", &window_keys(&limits)[0], "t"]).await;
    assert_eq!(used, 6, "so are requests admitted meanwhile");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_is_late_every_other_time_is_given_up_as_well() {
    let server = Server::start();
    let node = Node::join_impatient(&server, 1).await;
    let clock = Clock::system();
    let limits = for_key(tenant(&clock), key(1), Some(100), None);
    let given_up = async || {
        drop(node.limiter.admit(check(&limits, &clock)).await.unwrap());
        server.freeze();
        drop(node.limiter.admit(check(&limits, &clock)).await.unwrap());
        // Looked at before it is back, which takes no time here.
        let state = node.limiter.state();
        server.thaw();
        tokio::time::sleep(ADMIT_TIMEOUT).await;
        state == LimiterState::Fallback
    };
    let mut late = 1;
    while !given_up().await {
        late += 1;
        assert!(late < 20, "still asked after {late} late answers");
    }
    node.until(LimiterState::Shared).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_starts_without_redis_survives_its_loss_and_writes_afterwards_what_it_used() {
    let mut server = Server::absent();
    let clock = Clock::system();
    let node = Node::new(&server, &clock, 1, Terms::default());
    let tokens = window(Span::Hour, Metric::Tokens, 1_000);
    let limits = of_tenant(tenant(&clock), [tokens]);
    assert_eq!(node.limiter.state(), LimiterState::Fallback);
    let book = async |tokens| {
        let admitted = node.limiter.admit(check(&limits, &clock)).await.unwrap();
        admitted.slot.finish(Booking {
            tokens,
            ..Booking::default()
        });
    };
    book(1).await;
    server.boot();
    node.until(LimiterState::Shared).await;
    book(20).await;
    node.redis.drained().await;
    let used: u64 = server.ask(&["HGET", &window_keys(&limits)[0], "t"]).await;
    assert_eq!(used, 21);

    server.halt();
    let began = now();
    book(300).await;
    assert!(began.elapsed() < 10 * ADMIT_TIMEOUT, "{:?}", began.elapsed());
    node.until(LimiterState::Fallback).await;
    server.boot();
    node.until(LimiterState::Shared).await;
    node.redis.drained().await;
    let used: u64 = server.ask(&["HGET", &window_keys(&limits)[0], "t"]).await;
    assert_eq!(
        used, 300,
        "the new Redis is empty but for what was used without it"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_used_long_ago_is_booked_into_its_own_time() {
    let server = Server::start();
    let clock = Clock::manual(start());
    let node = Node::join_at(&server, &clock).await;
    let of = |span, limit| window(span, Metric::Tokens, limit);
    let limits = of_tenant(tenant(&clock), [of(Span::Minute, 5), of(Span::Hour, 500)]);
    let admitted = node.limiter.admit(check(&limits, &clock)).await.unwrap();
    server.freeze();
    admitted.slot.finish(Booking {
        tokens: 30,
        ..Booking::default()
    });
    node.until(LimiterState::Fallback).await;
    clock.advance(Duration::from_mins(10));
    server.thaw();
    node.until(LimiterState::Shared).await;
    node.redis.drained().await;
    let used = async |index: usize| {
        server
            .ask::<Option<u64>>(&["HGET", &window_keys(&limits)[index], "t"])
            .await
            .unwrap_or(0)
    };
    // The batch under way when Redis froze may run there as well as again later: at least once, and never into a
    // minute that had not begun.
    assert!(used(1).await >= 30, "{}", used(1).await);
    assert!(
        node.limiter.admit(check(&limits, &clock)).await.is_ok(),
        "the minute is over"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_forgot_the_scripts_is_taught_them_again() {
    let server = Server::start();
    let node = Node::join(&server, 1).await;
    let clock = Clock::system();
    let tokens = window(Span::Hour, Metric::Tokens, 1_000);
    let limits = of_tenant(tenant(&clock), [tokens]);
    let admitted = node.limiter.admit(check(&limits, &clock)).await.unwrap();
    let () = server.ask(&["SCRIPT", "FLUSH"]).await;
    admitted.slot.finish(Booking {
        tokens: 7,
        ..Booking::default()
    });
    node.redis.drained().await;
    let used: u64 = server.ask(&["HGET", &window_keys(&limits)[0], "t"]).await;
    assert_eq!(used, 7);
    let () = server.ask(&["SCRIPT", "FLUSH"]).await;
    assert!(node.limiter.admit(check(&limits, &clock)).await.is_ok());
    assert_eq!(node.limiter.state(), LimiterState::Shared);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_s_account_comes_with_the_admission_and_its_hour_begins_anew() {
    let server = Server::start();
    let node = Node::join(&server, 1).await;
    let clock = Clock::system();
    let tenant_id = tenant(&clock);
    let limits = for_key(tenant_id, key(1), Some(100), Some(100));
    let sticky = StickyKey([9; 16]);
    let ask = |limits| AdmitCheck {
        sticky: Some(sticky),
        ..check(limits, &clock)
    };
    let first = node.limiter.admit(ask(&limits)).await.unwrap();
    assert_eq!(first.sticky, None);
    first.slot.finish(Booking {
        sticky: Some((sticky, account(3))),
        ..Booking::default()
    });
    node.redis.drained().await;
    let entry = sticky.redis_key(tenant_id);
    let _: bool = server.ask(&["EXPIRE", &entry, "60"]).await;
    assert_eq!(
        node.limiter.admit(ask(&limits)).await.unwrap().sticky,
        Some(account(3))
    );
    let ttl: u64 = server.ask(&["TTL", &entry]).await;
    assert!((3_590..=3_600).contains(&ttl), "{ttl}");
    let other = for_key(tenant(&clock), key(1), None, None);
    assert_eq!(node.limiter.admit(ask(&other)).await.unwrap().sticky, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_to_check_asks_nobody() {
    let server = Server::start();
    let node = Node::join(&server, 1).await;
    let clock = Clock::system();
    let limits = for_key(tenant(&clock), key(1), None, None);
    server.freeze();
    let began = now();
    assert!(node.limiter.admit(check(&limits, &clock)).await.is_ok());
    assert!(began.elapsed() < ADMIT_TIMEOUT);
    server.thaw();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_key_in_redis_expires_and_carries_the_tenant_s_tag() {
    let server = Server::start();
    let node = Node::join(&server, 1).await;
    let clock = Clock::system();
    let tenant_id = tenant(&clock);
    let limits = for_key(tenant_id, key(1), Some(100), Some(100));
    let sticky = StickyKey([9; 16]);
    let admitted = node
        .limiter
        .admit(AdmitCheck {
            sticky: Some(sticky),
            ..check(&limits, &clock)
        })
        .await
        .unwrap();
    admitted.slot.finish(Booking {
        sticky: Some((sticky, account(3))),
        ..Booking::default()
    });
    let _held = node.limiter.admit(check(&limits, &clock)).await.unwrap();
    node.redis.drained().await;
    let keys: Vec<String> = server.ask(&["KEYS", "*"]).await;
    assert_eq!(
        keys.len(),
        4,
        "a window, a set of slots, a sticky entry, the probe: {keys:?}"
    );
    for name in keys {
        let ttl: i64 = server.ask(&["TTL", &name]).await;
        assert!(ttl > 0, "{name}: {ttl}");
        let tag = format!("{{{}}}", tenant_id.0.as_simple());
        assert!(name == "tg:probe" || name.contains(&tag), "{name}");
    }
}

#[tokio::test]
async fn an_address_that_is_no_redis_is_refused_at_the_start() {
    let core = CoreRuntime::new(tokio::runtime::Handle::current());
    for url in ["", "http://localhost", "rediss://localhost", "redis://"] {
        let settings = RedisSettings { url: url.into() };
        let refused = RedisLimiter::start(&settings, &core, Clock::system(), Arc::new(AtomicU32::new(1)));
        assert!(matches!(refused, Err(LimiterError::Url(_))), "{url}: {refused:?}");
    }
}
