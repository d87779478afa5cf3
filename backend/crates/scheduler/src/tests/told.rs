//! What is written of what was observed, against a real database: the timeline, windows, plans; what a restart and the
//! other node make of it, and how soon.

use super::house::{House, state};
use super::support::wish;
use crate::state::Observed;
use crate::windows::WindowSeen;
use crate::{Scheduler, Seat, Wish};
use chrono::{DateTime, TimeDelta, Utc};
use std::time::Duration;
use tollgate_contract::accounts::AccountState;
use tollgate_contract::ids::AccountId;

const OPUS: &str = "claude-opus-4-6";

/// Waits for what the database or the other node is to show.
async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    for _ in 0..2_000 {
        if let Some(found) = look().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("{what} did not come about");
}

async fn seat(house: &House, node: &Scheduler, account: AccountId) -> Seat {
    let wish = Wish {
        sticky: Some(account),
        ..wish()
    };
    node.pick(&*house.pool(node).await, &wish).expect("a seat")
}

async fn closed(house: &House, node: &Scheduler, model: &str) -> bool {
    let pool = house.pool(node).await;
    pool.candidates[0]
        .live
        .windows
        .exhausted(house.db.clock().now(), model)
        .is_some()
}

fn window(name: &str, status: &str, resets_at: DateTime<Utc>) -> WindowSeen {
    WindowSeen {
        name: name.to_owned(),
        used_permille: 1_000,
        resets_at: Some(resets_at),
        status: Some(status.to_owned()),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_transition_has_its_line_in_the_timeline_and_settings_stay() {
    let house = House::new().await;
    let node = house.node();
    let account = house.account("first", "sk-1").await;
    let ends = house.db.clock().now() + TimeDelta::hours(2);
    let what = "its 5-hour window is used up";
    let used_up = Observed::WindowUsedUp {
        what,
        until: Some(ends),
    };
    house.request(&node, account, used_up).await;
    house.await_row(account, "quota_exhausted", 2).await;
    assert!(
        node.observe(house.tenant, account, Observed::Answered)
            .await
            .expect("known")
    );
    house.await_row(account, "active", 3).await;
    let reason = "its grant was revoked: it must be connected anew";
    let revoked = Observed::NeedsPerson { reason };
    assert!(node.observe(house.tenant, account, revoked).await.expect("known"));
    house.await_row(account, "unauthorized", 4).await;
    assert_eq!(node.accounts_unauthorized(), 1);
    let stranger = AccountId(house.db.clock().new_id());
    assert!(
        !node
            .observe(house.tenant, stranger, revoked)
            .await
            .expect("answered")
    );
    let events: Vec<(String, String, Option<DateTime<Utc>>, String)> = house
        .rows("SELECT kind, state, until, text FROM account_events ORDER BY at")
        .await;
    let micros = |at: DateTime<Utc>| at.timestamp_micros();
    assert_eq!(events.len(), 3, "{events:?}");
    let (kind, state, until, text) = &events[0];
    assert_eq!(
        (kind.as_str(), state.as_str(), text.as_str()),
        ("state", "quota_exhausted", "429: its 5-hour window is used up")
    );
    assert_eq!(until.map(micros), Some(micros(ends)));
    assert_eq!(events[1].1, "active");
    assert_eq!(events[1].3, "It takes requests again.");
    assert_eq!(events[2].1, "unauthorized");
    assert_eq!(events[2].3, reason);
    let versions: Vec<(i64, i64)> = house.rows("SELECT version, settings_version FROM accounts").await;
    assert_eq!(versions, [(4, 1)]);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn states_and_windows_survive_a_restart_and_reach_the_other_node() {
    let house = House::new().await;
    let (one, other) = (house.node(), house.node());
    let account = house.account("first", "sk-1").await;
    house.pool(&other).await;
    let ends = house.db.clock().now() + TimeDelta::hours(20);
    let seen = [window("7d_opus", "rejected", ends), window("5h", "allowed", ends)];
    seat(&house, &one, account).await.windows(&seen);
    assert!(closed(&house, &one, OPUS).await, "at once on this node");
    until("the other node's window", async || {
        closed(&house, &other, OPUS).await.then_some(())
    })
    .await;
    assert!(!closed(&house, &other, "claude-sonnet-4-6").await);
    let rows: Vec<(String, i32, String)> = house
        .rows("SELECT name, used_permille, status FROM account_windows ORDER BY name")
        .await;
    assert_eq!(
        rows,
        [
            ("5h".to_owned(), 1_000, "allowed".to_owned()),
            ("7d_opus".to_owned(), 1_000, "rejected".to_owned())
        ]
    );
    let limited = Observed::RateLimited { until: Some(ends) };
    house.request(&one, account, limited).await;
    house.await_row(account, "rate_limited", 2).await;
    // A node of later has read all of it.
    let restarted = house.node();
    assert!(closed(&house, &restarted, OPUS).await);
    assert_eq!(
        state(&*house.pool(&restarted).await, account),
        AccountState::RateLimited
    );
    // A window that is told to be open again, outside of any request.
    let open = [window("7d_opus", "allowed", ends)];
    assert!(other.windows(house.tenant, account, &open).await.expect("known"));
    until("an open window", async || {
        (!closed(&house, &restarted, OPUS).await).then_some(())
    })
    .await;
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_in_no_hurry_is_written_at_the_end_and_a_plan_without_opus_is_learnt() {
    let house = House::new().await;
    let node = house.node();
    let account = house.account("first", "sk-1").await;
    let ends = house.db.clock().now() + TimeDelta::hours(20);
    let share = |used_permille| WindowSeen {
        used_permille,
        ..window("5h", "allowed", ends)
    };
    for used in [100, 200, 300] {
        seat(&house, &node, account).await.windows(&[share(used)]);
    }
    seat(&house, &node, account).await.lacks_opus();
    let opus: (Option<bool>, i64, i64) = until("the plan", async || {
        let rows: Vec<(Option<bool>, i64, i64)> = house
            .rows("SELECT opus, version, settings_version FROM accounts")
            .await;
        rows.into_iter().find(|(opus, ..)| opus.is_some())
    })
    .await;
    assert_eq!(opus, (Some(false), 2, 1));
    // Told again, it is nothing new.
    seat(&house, &node, account).await.lacks_opus();
    seat(&house, &node, account).await.windows(&[share(400)]);
    house.stop().await;
    let rows: Vec<(i32, i64)> = house
        .rows(
            "SELECT used_permille, version FROM account_windows JOIN accounts USING (tenant_id, account_id)",
        )
        .await;
    assert_eq!(rows, [(400, 2)]);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn states_agree_on_two_nodes_soon() {
    let house = House::new().await;
    let (one, other) = (house.node(), house.node());
    let account = house.account("first", "sk-1").await;
    house.pool(&other).await;
    let mut lags = Vec::new();
    for round in 0..10 {
        let (seen, wanted) = if round % 2 == 0 {
            (Observed::Unauthorized, AccountState::Unauthorized)
        } else {
            (Observed::Answered, AccountState::Active)
        };
        let (node, listener) = if round % 4 < 2 {
            (&one, &other)
        } else {
            (&other, &one)
        };
        until("the state before", async || {
            (state(&*house.pool(node).await, account) != wanted).then_some(())
        })
        .await;
        let began = house.db.clock().monotonic();
        node.observe(house.tenant, account, seen).await.expect("known");
        until("the other node's state", async || {
            (state(&*house.pool(listener).await, account) == wanted).then_some(())
        })
        .await;
        lags.push(house.db.clock().monotonic() - began);
    }
    lags.sort();
    println!(
        "from one node to the other: median {:?}, longest {:?}",
        lags[5], lags[9]
    );
    house.close().await;
}
