//! Tokens on one node: renewed before they end, once for all who wait, with rotated refresh tokens; and what happens when a
//! grant is gone, when a vendor can't answer, and when a token is refused before its time.

use super::pool::{Pool, Way, events, shown};
use serde_json::json;
use std::time::Duration;
use tollgate_tests::harness::vendors::Trouble;
use tollgate_tests::harness::{Desk, SOON, wait_until};
use uuid::Uuid;

/// Tokens of this life, in seconds, are renewed by the first request that comes two seconds later: what ends within half a
/// minute is not sent any more.
const SHORT: i64 = 32;

/// As if the account's token had been issued long ago and ended in five minutes.
fn near_its_end(pool: &Pool, account: Uuid) {
    let query = "UPDATE accounts SET token_issued_at = now() - interval '55 minutes',
                 token_expires_at = now() + interval '5 minutes' WHERE account_id = $1";
    pool.house.sql().execute(query, &[&account]).expect("aged");
}

#[test]
fn a_token_is_renewed_before_anybody_waits_for_it() {
    for (way, desk) in [
        (Way::Claude, Desk::ClaudeToken),
        (Way::Google, Desk::GoogleToken),
        (Way::OpenAi, Desk::OpenAiToken),
    ] {
        let pool = Pool::new();
        pool.vendors.rotates(way != Way::Google);
        let id = pool.account(way);
        near_its_end(&pool, id);
        pool.vendors.await_count(desk, 2, Duration::from_secs(40));
        let renewed = pool.vendors.last_token();
        wait_until("the new token is shown", SOON, || {
            let token = shown(&pool.tenant, way.platform(), id)["token"].clone();
            token["error"] == ""
                && events(&pool.tenant, way.platform(), id)
                    .iter()
                    .any(|event| event["kind"] == "refresh")
        });
        pool.ask(way.model()).expect(200);
        assert_eq!(
            pool.vendors.upstream.only().bearer(),
            Some(renewed.as_str()),
            "{way:?}"
        );
        assert_eq!(
            pool.vendors.count(desk),
            2,
            "{way:?}: exchanged once, renewed once"
        );
        // What was rotated was kept: the next renewal is made with it.
        near_its_end(&pool, id);
        pool.vendors.await_count(desk, 3, Duration::from_secs(40));
        wait_until("it answered", SOON, || {
            pool.vendors
                .calls(desk)
                .iter()
                .all(|call| call.status == Some(200))
        });
    }
}

#[test]
fn many_requests_that_meet_an_ended_token_wait_for_one_renewal() {
    let pool = Pool::new();
    pool.vendors.lives(SHORT);
    pool.account(Way::Claude);
    pool.vendors.lives(3600);
    std::thread::sleep(Duration::from_secs(3));
    pool.vendors
        .next(Desk::ClaudeToken, Trouble::Slow(Duration::from_secs(2)));
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..20)
            .map(|_| scope.spawn(|| pool.ask(Way::Claude.model()).status))
            .collect();
        running
            .into_iter()
            .map(|one| one.join().expect("answered"))
            .collect()
    });
    assert_eq!(statuses, [200; 20]);
    assert_eq!(
        pool.vendors.count(Desk::ClaudeToken),
        2,
        "exchanged once, renewed once"
    );
    let newest = pool.vendors.last_token();
    for seen in pool.vendors.upstream.seen() {
        assert_eq!(seen.bearer(), Some(newest.as_str()));
    }
}

#[test]
fn a_client_that_leaves_does_not_lose_what_was_issued_meanwhile() {
    let pool = Pool::new();
    pool.vendors.lives(SHORT);
    let id = pool.account(Way::Claude);
    pool.vendors.lives(3600);
    std::thread::sleep(Duration::from_secs(3));
    pool.vendors
        .next(Desk::ClaudeToken, Trouble::Slow(Duration::from_secs(1)));
    let ask = tollgate_tests::harness::Ask::new(&pool.key.secret);
    let connection = ask.begin(pool.house.gateway.address());
    pool.vendors.await_count(Desk::ClaudeToken, 2, SOON);
    connection.reset();
    // Had the token been lost, the refresh token that it came with would be as well: nothing could be renewed again.
    wait_until("the renewal is stored", SOON, || {
        events(&pool.tenant, "claude_official", id)
            .iter()
            .any(|event| event["kind"] == "refresh")
    });
    pool.ask(Way::Claude.model()).expect(200);
    assert_eq!(pool.vendors.count(Desk::ClaudeToken), 2);
}

#[test]
fn a_revoked_grant_takes_the_account_out_and_the_vendor_is_left_alone() {
    let pool = Pool::new();
    pool.vendors.lives(SHORT);
    let id = pool.account(Way::OpenAi);
    pool.vendors.revoke();
    std::thread::sleep(Duration::from_secs(3));
    let refused = pool.ask(Way::OpenAi.model());
    assert!(
        [502, 503, 529].contains(&refused.status),
        "{} {}",
        refused.status,
        refused.text()
    );
    let account = pool.await_state("openai", id, "unauthorized");
    assert!(
        account["token"]["error"]
            .as_str()
            .is_some_and(|why| !why.is_empty()),
        "{account}"
    );
    let happened = events(&pool.tenant, "openai", id);
    assert!(
        happened
            .iter()
            .any(|event| event["kind"] == "state" && event["state"] == "unauthorized"),
        "{happened:?}"
    );
    assert!(
        pool.house.gateway.log().contains("must be connected anew"),
        "an operator is told"
    );
    let count = pool.vendors.count(Desk::OpenAiToken);
    for _ in 0..5 {
        assert!(pool.ask(Way::OpenAi.model()).status >= 500);
    }
    // Longer than the look for tokens that end soon takes to come round.
    std::thread::sleep(Duration::from_secs(12));
    assert_eq!(pool.vendors.count(Desk::OpenAiToken), count, "no hammering");
    assert_eq!(
        pool.vendors.upstream.count(),
        0,
        "nothing was sent with an ended token"
    );
}

#[test]
fn a_vendor_that_cannot_answer_is_asked_again_after_the_time_it_named() {
    let pool = Pool::new();
    pool.vendors.lives(SHORT);
    let id = pool.account(Way::Claude);
    pool.vendors.lives(3600);
    std::thread::sleep(Duration::from_secs(3));
    pool.vendors.next(Desk::ClaudeToken, Trouble::Later(529, 8));
    for _ in 0..4 {
        assert!(pool.ask(Way::Claude.model()).status >= 500);
    }
    assert_eq!(
        pool.vendors.count(Desk::ClaudeToken),
        2,
        "asked once, then rested"
    );
    let account = shown(&pool.tenant, "claude_official", id);
    assert_eq!(account["state"], "active", "the grant may be good");
    assert!(account["token"]["retry_at"].is_string(), "{account}");
    wait_until("it is served again", Duration::from_secs(40), || {
        pool.ask(Way::Claude.model()).status == 200
    });
    assert_eq!(pool.vendors.count(Desk::ClaudeToken), 3);
}

#[test]
fn a_token_that_is_refused_before_its_time_is_renewed_once_and_the_request_goes_on() {
    let pool = Pool::new();
    let id = pool.account(Way::Claude);
    pool.ask(Way::Claude.model()).expect(200);
    // One that was issued within the last minute would not be better the next time.
    let query = "UPDATE accounts SET token_issued_at = now() - interval '5 minutes' WHERE account_id = $1";
    pool.house.sql().execute(query, &[&id]).expect("aged");
    pool.vendors.forget_tokens();
    pool.ask(Way::Claude.model()).expect(200);
    assert_eq!(pool.vendors.count(Desk::ClaudeToken), 2);
    assert_eq!(shown(&pool.tenant, "claude_official", id)["state"], "active");
    let seen = pool.vendors.upstream.seen();
    assert_eq!(
        seen.last().and_then(|seen| seen.bearer().map(str::to_owned)),
        Some(pool.vendors.last_token())
    );
    assert_eq!(seen.len(), 3, "served, refused, served");
}

#[test]
fn a_person_renews_now_and_a_set_up_token_says_that_it_cannot() {
    let pool = Pool::new();
    let id = pool.account(Way::Claude);
    let before = shown(&pool.tenant, "claude_official", id);
    let path = format!("/accounts/claude_official/{id}/refresh");
    let reply = pool.tenant.api.post(&path, &json!({}));
    assert!((200..300).contains(&reply.status), "{}", reply.text());
    assert_eq!(pool.vendors.count(Desk::ClaudeToken), 2);
    let after = shown(&pool.tenant, "claude_official", id);
    assert_eq!(after["version"], before["version"], "tokens are no settings");
    assert_ne!(after["token"]["issued_at"], before["token"]["issued_at"]);
    let setup = pool.account(Way::SetupToken);
    let path = format!("/accounts/claude_official/{setup}/refresh");
    let reply = pool.tenant.api.post(&path, &json!({}));
    assert!((400..500).contains(&reply.status), "{}", reply.text());
}
