//! Verify finds what was changed behind the ledger's back, and names the row.

use super::support::{House, folder, request};
use crate::verify::{VerifyFailure, verify};
use sqlx::{Connection, Executor, PgConnection};
use std::time::Duration;

/// A house with a day's trade in it.
async fn trading_house() -> House {
    let (house, folder) = (House::new().await, folder());
    let (one, two) = (
        house.tenant(10_000_000_000).await,
        house.tenant(10_000_000_000).await,
    );
    house
        .new_budget(one, 10_000_000_000, &[("period", "'month'")])
        .await;
    house.new_budget(two, 1, &[("hard", "false")]).await;
    let node = house.node(&folder).await;
    for tokens in 1..=20 {
        request(&node, &house.clock, one, tokens).await;
        request(&node, &house.clock, two, tokens).await;
    }
    node.stop(Duration::from_secs(20)).await.expect("stopped");
    house.assert_books_agree().await;
    house
}

async fn failures_after(sql: &str) -> Vec<VerifyFailure> {
    let house = trading_house().await;
    house.by_hand(sql).await;
    let report = house.verify().await;
    assert!(!report.passed(), "not found: {sql}");
    for failure in &report.failures {
        assert_ne!(failure.expected, failure.found, "{failure}");
    }
    report.failures
}

fn checks(failures: &[VerifyFailure]) -> Vec<&'static str> {
    failures.iter().map(|failure| failure.check).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_balance_is_found() {
    let failures = failures_after(
        "UPDATE ledger_accounts SET balance_nano = balance_nano + 1
         WHERE (tenant_id, code) = (SELECT tenant_id, code FROM ledger_accounts WHERE code = 'wallet' ORDER BY 1 LIMIT 1)",
    )
    .await;
    assert_eq!(checks(&failures), ["ledger_accounts", "double_entry", "wallet"]);
    assert!(failures[0].row.contains("wallet"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_rollup_row_is_found() {
    let failures = failures_after("DELETE FROM usage_day WHERE key_id IS NOT NULL").await;
    assert_eq!(checks(&failures), ["usage_day", "usage_day"]);
    assert_eq!(failures[0].found, "no row");
    for sql in [
        "UPDATE usage_slices SET ttfb_ms = ttfb_ms + 1",
        "UPDATE usage_combos SET client = 'codex'",
        "DELETE FROM usage_combos",
    ] {
        let failures = failures_after(sql).await;
        assert_eq!(failures[0].check, "usage_slices", "{sql}");
    }
    // Where all sides are moved, only the id itself says it.
    let moved = ["usage_combos", "usage_slices", "usage_day"]
        .map(|table| format!("UPDATE {table} SET combo = md5(combo::text)::uuid"))
        .join(";");
    assert!(checks(&failures_after(&moved).await).contains(&"usage_combos"));
    let failures = failures_after("UPDATE usage_15m SET output_tokens = output_tokens + 1").await;
    assert_eq!(checks(&failures), ["usage_15m", "usage_15m"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_event_is_found() {
    let sql = "DELETE FROM usage_events WHERE request_id = (SELECT request_id FROM usage_events ORDER BY 1 LIMIT 1)";
    let failures = failures_after(sql).await;
    let found = checks(&failures);
    for check in [
        "usage_15m",
        "usage_slices",
        "ledger_batches",
        "budget_leases",
        "requests",
    ] {
        assert!(found.contains(&check), "{check} in {found:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_hash_or_chain_is_found() {
    let first = "(SELECT tenant_id, batch_no FROM ledger_batches ORDER BY 1, 2 LIMIT 1)";
    let broken = [
        format!("UPDATE ledger_batches SET hash = sha256('x') WHERE (tenant_id, batch_no) = {first}"),
        format!("UPDATE ledger_batches SET prev_hash = sha256('x') WHERE (tenant_id, batch_no) = {first}"),
        format!("DELETE FROM ledger_batches WHERE (tenant_id, batch_no) = {first}"),
        "UPDATE ledger_heads SET last_hash = sha256('x') WHERE last_no > 0".to_owned(),
        // What only the hash covers.
        "UPDATE usage_events SET price_version = key_id".to_owned(),
        "UPDATE usage_events SET quality = 'estimated'".to_owned(),
    ];
    for sql in broken {
        let failures = failures_after(&sql).await;
        assert!(
            checks(&failures).contains(&"ledger_batches"),
            "{sql}: {}",
            failures[0]
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_wallet_limit_lease_or_request_count_is_found() {
    for (sql, check) in [
        ("UPDATE budget_periods SET limit_nano = limit_nano + 1", "wallet"),
        (
            "UPDATE budget_periods SET granted_nano = granted_nano + 1",
            "wallet",
        ),
        (
            "UPDATE budget_leases SET overrun_nano = overrun_nano + 1",
            "budget_leases",
        ),
        (
            "UPDATE budget_leases SET settled_nano = settled_nano + 1
             WHERE budget_id IN (SELECT budget_id FROM budgets WHERE NOT hard)",
            "budget_leases",
        ),
        (
            "UPDATE usage_events SET budgets = '[]' WHERE budgets <> '[]' AND charge_nano = 7000",
            "budget_leases",
        ),
        (
            "UPDATE budget_periods SET granted_nano = granted_nano + 1
             WHERE budget_id IN (SELECT budget_id FROM budgets WHERE kind = 'budget')",
            "budget_periods",
        ),
        (
            "UPDATE budget_periods SET limit_high_nano = 1
             WHERE budget_id IN (SELECT budget_id FROM budgets WHERE kind = 'budget' AND hard)",
            "budget_periods",
        ),
        ("UPDATE node_epochs SET requests = requests + 1", "requests"),
        ("DELETE FROM node_epochs", "requests"),
        (
            "UPDATE ledger_transfers SET amount_nano = amount_nano + 1 WHERE kind = 'top_up'",
            "ledger_accounts",
        ),
        ("UPDATE usage_events SET price_lines = '[]'", "ledger_batches"),
    ] {
        let failures = failures_after(sql).await;
        assert!(checks(&failures).contains(&check), "{sql}: {failures:?}");
    }
}

/// A change of a table waits for what reads it, and what reads it next for that change.
#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_is_about_to_change_holds_verify_up_but_does_not_stop_it() {
    let house = trading_house().await;
    let mut changes = PgConnection::connect(house.owner_url()).await.expect("the owner");
    changes
        .execute("BEGIN; LOCK TABLE budgets IN ACCESS EXCLUSIVE MODE")
        .await
        .expect("locked");
    let done = async {
        // Longer than a verification waits for a lock.
        tokio::time::sleep(Duration::from_secs(7)).await;
        changes.execute("COMMIT").await.expect("changed");
    };
    let (report, ()) = tokio::join!(verify(&house.db), done);
    let report = report.expect("begun anew");
    assert!(report.passed() && report.tenants > 1, "{:?}", report.failures);
}
