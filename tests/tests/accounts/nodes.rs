//! Two nodes on one PostgreSQL: one renewal per expiry, a node that dies in the middle of one, and states that agree.

use super::pool::{Pool, Way, merge};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tollgate_tests::harness::vendors::Trouble;
use tollgate_tests::harness::{Ask, Desk, Gateway, Key, Request, Script, Upstream, wait_until};

/// What one node shows when a request of this key is only thought of.
fn dry_run(pool: &Pool, node: &Gateway, more: &Value) -> Value {
    let mut body = json!({"model": "claude-sonnet-4-6"});
    merge(&mut body, more);
    let api = pool.tenant.api.clone().moved(node.address());
    api.post("/schedule/explain", &body).expect(200).json()
}

fn status(node: &Gateway, key: &Key) -> u16 {
    Ask::new(&key.secret).send(node.address()).status
}

#[test]
fn two_nodes_renew_a_token_once_and_both_use_it() {
    let pool = Pool::new();
    let other = pool.house.another();
    let id = pool.account(Way::Claude);
    for node in [&pool.house.gateway, &other] {
        wait_until("the node knows the account", Duration::from_secs(5), || {
            pool.ask_at(node, Way::Claude.model()).status == 200
        });
    }
    for round in 2..4 {
        let query = "UPDATE accounts SET token_issued_at = now() - interval '55 minutes',
                     token_expires_at = now() + interval '5 minutes' WHERE account_id = $1";
        pool.house.sql().execute(query, &[&id]).expect("aged");
        pool.vendors
            .await_count(Desk::ClaudeToken, round, Duration::from_secs(40));
        // Long enough for the other node's look to come round.
        std::thread::sleep(Duration::from_secs(12));
        assert_eq!(
            pool.vendors.count(Desk::ClaudeToken),
            round,
            "one renewal per expiry"
        );
        let before = pool.vendors.upstream.count();
        for node in [&pool.house.gateway, &other] {
            pool.ask_at(node, Way::Claude.model()).expect(200);
        }
        let newest = pool.vendors.last_token();
        for seen in &pool.vendors.upstream.seen()[before..] {
            assert_eq!(seen.bearer(), Some(newest.as_str()), "both use the new one");
        }
    }
    assert!(other.stop());
}

#[test]
fn requests_on_two_nodes_that_meet_an_ended_token_wait_for_one_renewal() {
    let pool = Pool::new();
    let other = pool.house.another();
    pool.vendors.lives(32);
    pool.account(Way::OpenAi);
    pool.vendors.lives(3600);
    std::thread::sleep(Duration::from_secs(3));
    pool.vendors
        .next(Desk::OpenAiToken, Trouble::Slow(Duration::from_secs(2)));
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..20)
            .map(|number| {
                let node = if number % 2 == 0 {
                    &pool.house.gateway
                } else {
                    &other
                };
                let pool = &pool;
                scope.spawn(move || pool.ask_at(node, Way::OpenAi.model()).status)
            })
            .collect();
        running
            .into_iter()
            .map(|one| one.join().expect("answered"))
            .collect()
    });
    assert_eq!(statuses, [200; 20]);
    assert_eq!(
        pool.vendors.count(Desk::OpenAiToken),
        2,
        "exchanged once, renewed once"
    );
    assert!(other.stop());
}

/// The vendor issues nothing to whoever is gone before it answers, so that the old refresh token is still good.
#[test]
fn when_a_node_dies_while_it_renews_the_other_one_takes_over() {
    let pool = Pool::new();
    let other = pool.house.another();
    pool.vendors.lives(32);
    pool.account(Way::Claude);
    pool.vendors.lives(3600);
    std::thread::sleep(Duration::from_secs(3));
    pool.vendors
        .next(Desk::ClaudeToken, Trouble::Slow(Duration::from_secs(15)));
    let ask = Ask::new(&pool.key.secret);
    let _connection = ask.begin(other.address());
    pool.vendors
        .await_count(Desk::ClaudeToken, 2, Duration::from_secs(10));
    other.kill();
    let killed = Instant::now();
    wait_until("the other node serves", Duration::from_secs(70), || {
        pool.ask(Way::Claude.model()).status == 200
    });
    println!(
        "served {:.1} s after the node was killed",
        killed.elapsed().as_secs_f64()
    );
    assert_eq!(
        pool.vendors.count(Desk::ClaudeToken),
        3,
        "asked by the dead node, then by the other"
    );
    // The dead node's journal is settled by its own next start.
    other.boot();
    assert!(other.stop());
}

/// A 429 at one node closes the account at the other; a reset opens it at both. The lag is printed.
#[test]
fn states_agree_between_nodes() {
    let pool = Pool::new();
    let other = pool.house.another();
    let upstream = Upstream::start();
    let account = pool.tenant.account(&upstream.url());
    for node in [&pool.house.gateway, &other] {
        wait_until("the node knows the account", Duration::from_secs(5), || {
            status(node, &pool.key) == 200
        });
    }
    let mut lags = Vec::new();
    for _ in 0..5 {
        upstream.next(Script::rate_limited(600));
        let refused = status(&pool.house.gateway, &pool.key);
        assert_ne!(refused, 200);
        let since = Instant::now();
        wait_until("the other node knows", Duration::from_secs(5), || {
            dry_run(&pool, &other, &json!({}))["picked"].is_null()
        });
        lags.push(since.elapsed());
        let path = format!("/accounts/claude_console/{account}/reset");
        assert!((200..300).contains(&pool.tenant.api.post(&path, &json!({})).status));
        let since = Instant::now();
        wait_until("both nodes know", Duration::from_secs(5), || {
            [&pool.house.gateway, &other]
                .iter()
                .all(|node| dry_run(&pool, node, &json!({}))["picked"].is_object())
        });
        lags.push(since.elapsed());
    }
    lags.sort();
    println!("states agreed after {lags:?}");
    assert!(other.stop());
}

/// What was learnt outlives the process.
#[test]
fn states_and_windows_survive_a_restart() {
    let pool = Pool::new();
    let upstream = Upstream::start();
    let account = pool.tenant.account(&upstream.url());
    upstream.always(Script::rate_limited(600));
    assert_ne!(status(&pool.house.gateway, &pool.key), 200);
    let before = pool.await_state("claude_console", account, "rate_limited");
    assert!(pool.house.gateway.stop());
    pool.house.gateway.boot();
    let count = upstream.count();
    assert_ne!(status(&pool.house.gateway, &pool.key), 200);
    assert_eq!(upstream.count(), count, "it was not asked");
    let api = pool.tenant.api.clone().moved(pool.house.gateway.address());
    let after = api
        .get(&format!("/accounts/claude_console/{account}"))
        .expect(200)
        .json();
    assert_eq!(after["state_until"], before["state_until"]);
    let health = pool.house.gateway.send(&Request::get("/health"));
    assert_eq!(health.status, 200);
}
