//! Nodes that are not heard of: what they hold is named, comes back with their journals, or is written off.

use super::support::{House, folder, refused, request, reserve};
use crate::entry::OpenEntry;
use crate::journal::tests::crash;
use crate::lease::ReserveError;
use crate::lease::lost::{LostError, fence_lost, holds, write_off};
use crate::ledger::Ledger;
use crate::samples::{open_entry, progress_of};
use std::time::Duration;
use tempfile::TempDir;
use tollgate_contract::ids::TenantId;
use tollgate_money::Nano;

const PATIENCE: Duration = Duration::from_secs(20);
const LIMIT: i64 = 1_000_000;

/// A node that drew 700,000 of the budget's million for a request, and died while that ran; it is long not heard of.
async fn dead_node(house: &House, folder: &TempDir, tenant: TenantId) -> Ledger {
    let node = house.node(folder).await;
    let reservation = reserve(&node, &house.clock, tenant, 700_000)
        .await
        .expect("reserved");
    let open = OpenEntry {
        lease: reservation.lease(),
        budgets: reservation.budgets(),
        worst_case: reservation.amount(),
        ..open_entry(&house.clock, tenant)
    };
    let id = open.request_id;
    node.journal().open(open).await.expect("opened");
    node.journal().progress(id, progress_of(100));
    node.journal().epochs().await.expect("a barrier");
    crash(node.journal().clone()).await;
    std::mem::forget(reservation);
    house
        .by_hand("UPDATE node_epochs SET heartbeat_at = heartbeat_at - interval '5 minutes'")
        .await;
    node
}

async fn reserved_in_the_end(house: &House, node: &Ledger, tenant: TenantId, nano: i64) {
    let reserved = async {
        loop {
            match reserve(node, &house.clock, tenant, nano).await {
                Ok(reservation) => return drop(reservation),
                Err(ReserveError::Refused(_)) => tokio::time::sleep(Duration::from_millis(20)).await,
                Err(error) => panic!("{error}"),
            }
        }
    };
    tokio::time::timeout(PATIENCE, reserved)
        .await
        .expect("it came back");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_dead_node_holds_is_named_and_comes_back_with_its_journal() {
    let (house, its, other) = (House::new().await, folder(), folder());
    let tenant = house.tenant(1_000_000_000).await;
    house.new_budget(tenant, LIMIT, &[]).await;
    let dead = dead_node(&house, &its, tenant).await;
    let node = house.node(&other).await;
    let refusal = refused(reserve(&node, &house.clock, tenant, 300_001).await);
    assert_eq!(
        (refusal.left, refusal.running, refusal.lost),
        (Nano(300_000), Nano(0), Nano(700_000))
    );
    let held = holds(&house.db).await.expect("read");
    let of_budget = held
        .iter()
        .find(|hold| hold.budget == "Team")
        .expect("the budget's");
    assert_eq!(
        (of_budget.held, of_budget.node_id),
        (Nano(700_000), dead.node().node_id())
    );
    let back = house.node(&its).await;
    // 100 tokens were spent by what is known of the request that was cut.
    reserved_in_the_end(&house, &node, tenant, LIMIT - 100_000).await;
    refused(reserve(&node, &house.clock, tenant, LIMIT - 99_999).await);
    assert_eq!(holds(&house.db).await.expect("read"), []);
    for node in [node, back] {
        node.stop(PATIENCE).await.expect("stopped");
    }
    house.assert_books_agree().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_off_gives_back_what_is_held_and_what_the_journal_tells_later_counts_as_overrun() {
    let (house, its, other) = (House::new().await, folder(), folder());
    let tenant = house.tenant(1_000_000_000).await;
    house.new_budget(tenant, LIMIT, &[]).await;
    let dead = dead_node(&house, &its, tenant).await;
    let lease = (dead.node().node_id(), dead.node().epoch());
    let node = house.node(&other).await;
    refused(reserve(&node, &house.clock, tenant, LIMIT).await);

    let alive = (node.node().node_id(), node.node().epoch());
    assert!(matches!(
        write_off(&house.db, lease, None, "its disk is gone", "op").await,
        Err(LostError::NotFenced(..))
    ));
    assert!(matches!(
        fence_lost(&house.db, alive.0, alive.1).await,
        Err(LostError::Alive(..))
    ));
    assert!(matches!(
        fence_lost(&house.db, lease.0, 9).await,
        Err(LostError::Unknown(..))
    ));
    fence_lost(&house.db, lease.0, lease.1).await.expect("fenced");
    assert!(matches!(
        write_off(&house.db, lease, Some(tenant), "", "op").await,
        Err(LostError::Text("reason", _))
    ));
    let written = write_off(&house.db, lease, Some(tenant), "its disk is gone", "op")
        .await
        .expect("written off");
    assert_eq!(written.leases, 2, "the budget's and the wallet's");
    let again = write_off(&house.db, lease, None, "its disk is gone", "op")
        .await
        .expect("nothing more");
    assert_eq!((again.leases, again.returned), (0, Nano(0)));
    assert_eq!(
        house
            .number("SELECT count(*) FROM audit_log WHERE action = 'budget.written_off' AND changes->>'reason' <> ''")
            .await,
        2
    );
    reserved_in_the_end(&house, &node, tenant, LIMIT).await;
    house.assert_books_agree().await;

    let back = house.node(&its).await;
    assert!(back.settle_all(PATIENCE).await);
    for node in [node, back] {
        node.stop(PATIENCE).await.expect("stopped");
    }
    assert_eq!(
        house
            .number("SELECT sum(overrun_nano)::bigint FROM budget_leases WHERE written_off_at IS NOT NULL")
            .await,
        200_000,
        "of the wallet and of the budget"
    );
    house.assert_books_agree().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_epoch_that_is_fenced_draws_nothing() {
    let (house, folder) = (House::new().await, folder());
    let tenant = house.tenant(1_000_000).await;
    let node = house.node(&folder).await;
    house.by_hand("UPDATE node_epochs SET fenced_at = now()").await;
    assert!(matches!(
        reserve(&node, &house.clock, tenant, 1).await,
        Err(ReserveError::Unavailable)
    ));
    assert_eq!(house.number("SELECT count(*) FROM budget_leases").await, 0);
    assert!(node.node().is_fenced(), "and it knows");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exchange_that_comes_late_is_refused() {
    let (house, folder) = (House::new().await, folder());
    let tenant = house.tenant(1_000_000_000_000).await;
    let node = house.node(&folder).await;
    request(&node, &house.clock, tenant, 1).await;
    let (wallet, lease) = (house.budget(tenant).await, node.node());
    let exchange = |number: i64, back: i64| {
        format!(
            "SELECT granted FROM exchange_budgets('{tenant}', '{}', {}, {number}, now(), now(), ARRAY['{wallet}'::uuid],
                 ARRAY['1970-01-01Z'::timestamptz], ARRAY[{back}::bigint], ARRAY[0::bigint], ARRAY[0::bigint],
                 ARRAY[0::bigint], ARRAY[false], ARRAY[true], '{{}}', '{{}}', '{{}}')",
            lease.node_id(),
            lease.epoch()
        )
    };
    let granted = house.number("SELECT granted_nano FROM budget_leases").await;
    assert_eq!(house.number(&exchange(100, 10)).await, granted - 10);
    for late in [99, 100] {
        let refused = house.try_number(&exchange(late, 10)).await.expect_err("late");
        assert!(refused.to_string().contains("comes after 100"), "{refused}");
    }
    let refused = house
        .try_number(&exchange(101, granted))
        .await
        .expect_err("more than there is");
    assert!(refused.to_string().contains("more is given back"), "{refused}");
    assert_eq!(
        house.number("SELECT granted_nano FROM budget_leases").await,
        granted - 10
    );
}
