//! Nodes that die, come back, or are taken over.

use super::support::{House, folder, request, reserve, small};
use crate::drain::drain;
use crate::entry::OpenEntry;
use crate::error::LedgerError;
use crate::journal::tests::crash;
use crate::journal::{Journal, JournalError, NotAdmitting};
use crate::samples::{done_of, open_entry, progress_of};
use std::time::Duration;
use tollgate_money::Nano;

const PATIENCE: Duration = Duration::from_secs(20);
const CREDIT: i64 = 10_000_000_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_loses_nothing_and_books_nothing_twice() {
    let (house, folder) = (House::new().await, folder());
    let tenant = house.tenant(CREDIT).await;
    let node = house.node(&folder).await;
    for tokens in 1..=50 {
        request(&node, &house.clock, tenant, tokens).await;
    }
    let mut kept = Vec::new();
    for index in 0..4 {
        let reservation = reserve(&node, &house.clock, tenant, 1_000_000)
            .await
            .expect("reserved");
        let open = OpenEntry {
            lease: reservation.lease(),
            ..open_entry(&house.clock, tenant)
        };
        let id = open.request_id;
        node.journal().open(open).await.expect("opened");
        if index < 3 {
            node.journal().progress(id, progress_of(100));
        }
        kept.push(reservation);
    }
    node.journal().epochs().await.expect("a barrier");
    crash(node.journal().clone()).await;

    let node = house.node(&folder).await;
    assert_eq!(node.node().epoch(), 2);
    assert!(node.settle_all(PATIENCE).await);
    assert_eq!(
        house
            .number("SELECT count(*) FROM usage_events WHERE quality = 'exact'")
            .await,
        50
    );
    let estimated = "SELECT count(*) FROM usage_events WHERE quality = 'estimated' AND status = 'cut' AND charge_nano > 0";
    assert_eq!(house.number(estimated).await, 3);
    assert_eq!(
        house
            .number("SELECT count(*) FROM usage_events WHERE status = 'unknown' AND charge_nano = 0")
            .await,
        1
    );
    node.stop(PATIENCE).await.expect("stopped");
    assert_eq!(
        house
            .number("SELECT count(*) FROM node_epochs WHERE closed_at IS NULL")
            .await,
        0
    );
    assert_eq!(
        house
            .number("SELECT requests FROM node_epochs WHERE epoch = 1")
            .await,
        54
    );
    let wallet = house
        .number("SELECT limit_nano - granted_nano FROM budget_periods WHERE limit_nano > 0")
        .await;
    let balance = house
        .number("SELECT balance_nano FROM ledger_accounts WHERE code = 'wallet' AND balance_nano > 0")
        .await;
    assert_eq!(wallet, balance, "all leases came back");
    house.assert_books_agree().await;
}

/// The files as a disk's snapshot has them, while the node lives on.
fn copy(from: &tempfile::TempDir) -> tempfile::TempDir {
    let copy = folder();
    for name in ["node", "journal.db", "journal.db-wal"] {
        std::fs::copy(from.path().join(name), copy.path().join(name)).expect("a file of the journal");
    }
    copy
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drain_fences_the_node_and_its_late_exact_figures_become_corrections() {
    let (house, folder) = (House::new().await, folder());
    let tenant = house.tenant(CREDIT).await;
    let node = house.node(&folder).await;
    request(&node, &house.clock, tenant, 10).await;
    let reservation = reserve(&node, &house.clock, tenant, 1_000_000)
        .await
        .expect("reserved");
    let open = OpenEntry {
        lease: reservation.lease(),
        ..open_entry(&house.clock, tenant)
    };
    let id = open.request_id;
    node.journal().open(open).await.expect("opened");
    node.journal().progress(id, progress_of(100));
    assert!(matches!(
        drain(&house.db, folder.path(), PATIENCE).await,
        Err(LedgerError::Journal(JournalError::Locked(_)))
    ));
    node.journal().epochs().await.expect("a barrier");

    let drained = drain(&house.db, copy(&folder).path(), PATIENCE)
        .await
        .expect("drained");
    assert_eq!(drained.node_id, node.node().node_id());
    assert!(drained.recovered >= 1);
    house.assert_books_agree().await;

    // The node does not know it yet and ends its request; it is not booked from there.
    node.journal()
        .done(done_of(id, 170))
        .await
        .expect("the journal takes it");
    reservation.consume(Nano(170_000));
    let fenced = tokio::time::timeout(PATIENCE, async {
        while node.journal().can_admit() != Err(NotAdmitting::Fenced) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    fenced.await.expect("the node learns that it is fenced");
    assert_eq!(
        house
            .number("SELECT count(*) FROM usage_events WHERE quality = 'exact'")
            .await,
        1
    );
    assert!(matches!(
        node.stop(Duration::from_millis(100)).await,
        Err(LedgerError::Fenced)
    ));

    let node = house.node(&folder).await;
    assert!(node.settle_all(PATIENCE).await);
    node.stop(PATIENCE).await.expect("stopped");
    assert_eq!(
        house.number("SELECT charge_nano FROM usage_corrections").await,
        70_000
    );
    house.assert_books_agree().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn leases_stay_held_while_a_journal_can_t_be_read() {
    let (house, folder) = (House::new().await, folder());
    let tenant = house.tenant(CREDIT).await;
    let node = house.node(&folder).await;
    request(&node, &house.clock, tenant, 10).await;
    assert!(node.settle_all(PATIENCE).await);
    crash(node.journal().clone()).await;
    std::fs::write(folder.path().join("journal.db"), [7; 9000]).expect("overwritten");
    let (journal, replay) =
        Journal::open_folder(folder.path(), small(), house.clock.clone()).expect("the folder");
    assert_eq!(replay.set_aside.len(), 1);
    journal.close().await;
    let node = house.node(&folder).await;
    node.stop(PATIENCE).await.expect("stopped");
    assert_eq!(
        house
            .number("SELECT count(*) FROM budget_leases WHERE closed_at IS NULL AND epoch = 1")
            .await,
        1
    );
    house.assert_books_agree().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_goes_away_for_a_while_costs_no_entry() {
    let (house, folder) = (House::new().await, folder());
    let tenant = house.tenant(1_000_000_000_000).await;
    let node = house.node(&folder).await;
    let mut away = 0;
    for round in 0..6 {
        house.answer(round % 3 != 1).await;
        for tokens in 1..=100 {
            request(&node, &house.clock, tenant, tokens).await;
            if tokens % 10 == 0 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
        away += usize::from(node.journal().depth() > 50);
    }
    assert!(away > 0, "it was really away");
    assert!(node.settle_all(PATIENCE * 3).await);
    node.stop(PATIENCE).await.expect("stopped");
    assert_eq!(house.number("SELECT count(*) FROM usage_events").await, 600);
    house.assert_books_agree().await;
}
