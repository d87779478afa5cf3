//! Caps of an account: requests at a time, requests and tokens in a minute, cost in a day.

use super::pool::{Pool, explanation, shown};
use serde_json::{Value, json};
use std::time::Duration;
use tollgate_tests::harness::{Answer, Ask, Gateway, Upstream, Usage, wait_until};
use uuid::Uuid;

/// Nobody waits: what is full refuses at once.
fn impatient() -> Pool {
    Pool::with(vec![("TOLLGATE_SCHEDULER_WAIT_MAX", "0s".to_owned())])
}

/// An account with a cap. A node takes no seat of one before it has told the others, which it does each second: nobody here
/// waits for that, so it is waited for once. Requests until then may be served or not.
fn capped(pool: &Pool, upstream: &Upstream, cap: Value) -> Uuid {
    let account = pool.tenant.account_with(&upstream.url(), cap);
    pool.ask("claude-sonnet-4-6");
    std::thread::sleep(Duration::from_secs(3));
    account
}

fn at_once(pool: &Pool, nodes: &[&Gateway], count: usize) -> Vec<u16> {
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..count)
            .map(|number| {
                let (node, secret) = (nodes[number % nodes.len()], &pool.key.secret);
                scope.spawn(move || Ask::new(secret).send(node.address()).status)
            })
            .collect();
        running
            .into_iter()
            .map(|one| one.join().expect("answered"))
            .collect()
    })
}

/// The most requests that the upstream had at a time, told by when each came and how long it takes.
fn most_at_a_time(upstream: &Upstream, each: Duration) -> usize {
    let seen = upstream.seen();
    let at = |moment| {
        seen.iter()
            .filter(|one| one.at <= moment && moment < one.at + each)
            .count()
    };
    seen.iter().map(|one| at(one.at)).max().unwrap_or(0)
}

#[test]
fn requests_at_a_time_never_exceed_the_cap() {
    let pool = impatient();
    let upstream = Upstream::start();
    let account = capped(&pool, &upstream, json!({"concurrency_cap": 3}));
    upstream.always(Answer::default().after(Duration::from_secs(1)).into());
    let before = upstream.count();
    let statuses = at_once(&pool, &[&pool.house.gateway], 10);
    assert_eq!(
        statuses.iter().filter(|status| **status == 200).count(),
        3,
        "{statuses:?}"
    );
    assert!(
        statuses.iter().all(|status| [200, 529].contains(status)),
        "{statuses:?}"
    );
    assert_eq!(upstream.count() - before, 3);
    assert_eq!(shown(&pool.tenant, "claude_console", account)["state"], "active");
}

/// The cap is over all nodes; a node that needs seats gets those that the other one does not use.
#[test]
fn two_nodes_share_a_cap_and_lend_each_other_what_they_do_not_use() {
    let pool = Pool::with(vec![("TOLLGATE_SCHEDULER_WAIT_MAX", "20s".to_owned())]);
    let other = pool.house.another();
    let upstream = Upstream::start();
    capped(&pool, &upstream, json!({"concurrency_cap": 4}));
    let each = Duration::from_millis(700);
    upstream.always(Answer::default().after(each).into());
    // Both nodes know the account, and each other.
    std::thread::sleep(Duration::from_secs(4));
    let statuses = at_once(&pool, &[&pool.house.gateway, &other], 24);
    assert_eq!(statuses, [200; 24]);
    // The moment an answer ends and its seat is given on is seen a little later here than there.
    let shortly = each.saturating_sub(Duration::from_millis(100));
    let most = most_at_a_time(&upstream, shortly);
    assert!(most <= 4, "{most} at a time");
    let before = upstream.count();
    let statuses = at_once(&pool, &[&other], 16);
    assert_eq!(statuses, [200; 16]);
    let seen = upstream.seen().split_off(before);
    let first = seen[0].at;
    let took = seen.last().expect("some").at - first;
    println!("16 on one of two nodes: the last began after {took:?}");
    assert!(other.stop());
}

#[test]
fn requests_in_a_minute_never_exceed_the_cap_and_the_refusal_says_when() {
    let pool = impatient();
    let upstream = Upstream::start();
    capped(&pool, &upstream, json!({"requests_per_minute": 4}));
    for _ in upstream.count()..4 {
        pool.ask("claude-sonnet-4-6").expect(200);
    }
    let ask = Ask::new(&pool.key.secret);
    let reply = ask.send(pool.house.gateway.address());
    assert!(
        [429, 503, 529].contains(&reply.status),
        "{} {}",
        reply.status,
        reply.text()
    );
    let wait: u64 = reply
        .header("retry-after")
        .expect("a time")
        .parse()
        .expect("seconds");
    assert!((1..=61).contains(&wait), "{wait}");
    assert_eq!(upstream.count(), 4);
}

#[test]
fn tokens_in_a_minute_close_the_account_once_they_are_used() {
    let pool = impatient();
    let upstream = Upstream::start();
    capped(&pool, &upstream, json!({"tokens_per_minute": 1000}));
    let before = upstream.count();
    upstream.next(Answer::costing(Usage::of(600, 500)).into());
    pool.ask("claude-sonnet-4-6").expect(200);
    assert_ne!(pool.ask("claude-sonnet-4-6").status, 200);
    assert_eq!(upstream.count() - before, 1);
}

/// The next account takes over once the first has cost its share of the day.
#[test]
fn a_daily_cost_that_is_used_up_sends_requests_to_the_next_account() {
    let pool = impatient();
    let (dear, next) = (Upstream::start(), Upstream::start());
    let capped = capped(&pool, &dear, json!({"priority": 1, "daily_cost_nano": "1000000"}));
    pool.tenant.account_with(&next.url(), json!({"priority": 2}));
    dear.always(Answer::costing(Usage::of(1000, 1000)).into());
    wait_until("the other one serves", Duration::from_secs(20), || {
        pool.ask("claude-sonnet-4-6").expect(200);
        next.count() > 0
    });
    let before = dear.count();
    assert!(before < 10, "{before}");
    let ask = Ask::new(&pool.key.secret);
    ask.send(pool.house.gateway.address()).expect(200);
    assert_eq!(dear.count(), before);
    let why = explanation(&pool.house, &pool.tenant, &ask.id).to_string();
    assert!(why.contains("daily_cap"), "{why}");
    assert_eq!(shown(&pool.tenant, "claude_console", capped)["state"], "active");
}
