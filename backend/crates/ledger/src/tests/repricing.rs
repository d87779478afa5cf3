//! A past period priced anew.

use super::ages::{
    all_of, assert_sums_agree, audit, book, close_months, entry_at, estimate_of, months_ago, partitions,
    prices, reprice,
};
use super::support::{House, folder, settle};
use crate::reprice::{PastPricer, RepricingError, RepricingLeave, apply_repricing, preview_repricing};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tollgate_money::Nano;

/// Of two batches, one of a closed month.
async fn assert_points_at_usage(house: &House) {
    // Each transfer of usage has its correction, in one batch.
    let pointing = house
        .number(
            "SELECT count(*) FROM ledger_transfers c JOIN ledger_transfers t
               ON t.tenant_id = c.tenant_id AND t.transfer_id = c.corrects_transfer_id AND t.kind = 'usage'
                  AND t.amount_nano = c.amount_nano
             WHERE c.kind = 'correction'",
        )
        .await;
    assert_eq!(pointing, 2);
    assert_eq!(
        house
            .number("SELECT count(DISTINCT batch_no) FROM usage_corrections")
            .await,
        1
    );
    let late = house
        .number("SELECT count(*) FROM usage_corrections WHERE late")
        .await;
    assert_eq!(late, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_previewed_is_booked_once_and_points_at_what_it_corrects() {
    let (house, folder) = (House::new().await, folder());
    partitions(&house, 3).await;
    let tenant = house.tenant(1_000_000_000).await;
    close_months(&house, tenant).await;
    house
        .new_budget(tenant, 1_000_000_000, &[("period", "'month'")])
        .await;
    let node = house.epoch(&folder).await;
    book(&house, &node, tenant, months_ago(&house, 3), &[10, 20]).await;
    book(&house, &node, tenant, house.clock.now(), &[30]).await;
    let (order, pricer) = (all_of(&house, tenant), prices(77, 2));
    let seen = preview_repricing(&house.db, &order, &pricer)
        .await
        .expect("a preview");
    assert_eq!((seen.looked_at, seen.events.len(), seen.late()), (3, 3, 2));
    assert_eq!((seen.old, seen.new), (Nano(60_000), Nano(120_000)));
    assert_sums_agree(&house, tenant).await;
    let leave = RepricingLeave {
        repricing_id: house.clock.new_id(),
        fingerprint: seen.fingerprint,
        reason: "the list was wrong".to_owned(),
        author: "test".to_owned(),
    };
    let apply = async |leave: &RepricingLeave| {
        apply_repricing(
            &house.db,
            &order,
            leave,
            &pricer,
            audit(&house, "ledger.repriced"),
        )
        .await
    };
    let booked = apply(&leave).await.expect("booked");
    assert_eq!(
        (booked.events, booked.late_events, booked.replayed),
        (3, 2, false)
    );
    let again = apply(&leave).await.expect("the same again");
    assert_eq!((again.replayed, again.batch_no), (true, booked.batch_no));
    let other = RepricingLeave {
        fingerprint: [1; 32],
        ..leave.clone()
    };
    assert!(matches!(apply(&other).await, Err(RepricingError::IdReused)));
    assert_points_at_usage(&house).await;
    assert_eq!(house.number("SELECT count(*) FROM audit_log").await, 1);
    let balance = house
        .number("SELECT balance_nano FROM ledger_accounts WHERE code = 'wallet' AND balance_nano <> 0")
        .await;
    assert_eq!(balance, 1_000_000_000 - 120_000);
    assert_sums_agree(&house, tenant).await;
    house.assert_books_agree().await;
    // And down again, below what it was.
    let down = reprice(&house, &order, &prices(78, 0)).await.expect("booked");
    assert_eq!((down.old, down.new), (Nano(120_000), Nano(0)));
    assert_sums_agree(&house, tenant).await;
    house.assert_books_agree().await;
    let nothing = reprice(&house, &order, &prices(78, 0)).await;
    assert!(matches!(nothing, Err(RepricingError::Nothing)), "{nothing:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_booked_since_the_preview_is_refused() {
    let (house, folder) = (House::new().await, folder());
    let tenant = house.tenant(1_000_000_000).await;
    let node = house.epoch(&folder).await;
    book(&house, &node, tenant, house.clock.now(), &[10]).await;
    let (order, pricer) = (all_of(&house, tenant), prices(77, 3));
    let seen = preview_repricing(&house.db, &order, &pricer)
        .await
        .expect("a preview");
    book(&house, &node, tenant, house.clock.now(), &[20]).await;
    let leave = RepricingLeave {
        repricing_id: house.clock.new_id(),
        fingerprint: seen.fingerprint,
        reason: "r".to_owned(),
        author: "a".to_owned(),
    };
    let applied = apply_repricing(
        &house.db,
        &order,
        &leave,
        &pricer,
        audit(&house, "ledger.repriced"),
    )
    .await;
    assert!(matches!(applied, Err(RepricingError::Changed)), "{applied:?}");
    assert_eq!(house.number("SELECT count(*) FROM usage_corrections").await, 0);
    house.assert_books_agree().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_and_an_exact_figure_after_a_re_pricing_are_what_they_were() {
    let (house, folder) = (House::new().await, folder());
    let tenant = house.tenant(1_000_000_000).await;
    let node = house.epoch(&folder).await;
    let now = house.clock.now();
    let exact = entry_at(&house, &node, tenant, now, 10, true).await;
    let late = entry_at(&house, &node, tenant, now, 20, true).await;
    let estimate = estimate_of(&late, 5);
    settle(&house, &node, &[exact.clone(), estimate]).await;
    reprice(&house, &all_of(&house, tenant), &prices(77, 2))
        .await
        .expect("booked");
    let replayed = settle(&house, &node, &[exact]).await;
    assert_eq!((replayed.replayed, replayed.conflicts), (1, 0));
    let corrected = settle(&house, &node, &[late]).await;
    assert_eq!((corrected.corrected, corrected.conflicts), (1, 0));
    assert_sums_agree(&house, tenant).await;
    house.assert_books_agree().await;
}

/// Prices that, once armed, wait until somebody has booked.
fn waiting_for_a_booking(armed: &Arc<AtomicBool>, planning: Sender<()>, booked: Receiver<()>) -> PastPricer {
    let (armed, plain) = (Arc::clone(armed), prices(77, 3));
    let (planning, booked) = (Mutex::new(planning), Mutex::new(booked));
    PastPricer::new(move |usage| {
        if armed.swap(false, Ordering::SeqCst) {
            planning.lock().unwrap().send(()).expect("a test that listens");
            // Nobody can book while the chain is locked: then this goes on by itself.
            let wait = || booked.lock().unwrap().recv_timeout(Duration::from_secs(20));
            let _ = tokio::task::block_in_place(wait);
        }
        plain.price(usage)
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn settlement_goes_on_while_past_requests_are_read() {
    let (house, folder) = (House::new().await, folder());
    let tenant = house.tenant(1_000_000_000).await;
    let node = house.epoch(&folder).await;
    book(&house, &node, tenant, house.clock.now(), &[10]).await;
    let armed = Arc::new(AtomicBool::new(false));
    let ((planning, planned), (booked, wait)) = (channel(), channel());
    let order = all_of(&house, tenant);
    let pricer = waiting_for_a_booking(&armed, planning, wait);
    let seen = preview_repricing(&house.db, &order, &pricer)
        .await
        .expect("a preview");
    let leave = RepricingLeave {
        repricing_id: house.clock.new_id(),
        fingerprint: seen.fingerprint,
        reason: "r".to_owned(),
        author: "a".to_owned(),
    };
    armed.store(true, Ordering::SeqCst);
    let (db, line) = (house.db.clone(), audit(&house, "ledger.repriced"));
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(async move { apply_repricing(&db, &order, &leave, &pricer, line).await });
    tokio::task::block_in_place(|| planned.recv()).expect("it plans");
    book(&house, &node, tenant, house.clock.now(), &[20]).await;
    // Where the booking had to wait nobody listens any more.
    let _ = booked.send(());
    let applied = tasks.join_all().await.remove(0);
    assert!(matches!(applied, Err(RepricingError::Changed)), "{applied:?}");
    assert_eq!(house.number("SELECT count(*) FROM usage_events").await, 2);
    house.assert_books_agree().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_credit_note_gave_back_is_left_out_and_shown() {
    let (house, folder) = (House::new().await, folder());
    let tenant = house.tenant(1_000_000_000).await;
    let node = house.epoch(&folder).await;
    book(&house, &node, tenant, house.clock.now(), &[10, 20, 30]).await;
    let credited = format!(
        "WITH month AS (
           INSERT INTO billing_periods
           SELECT '{tenant}', '2020-01-01', now() - interval '1 year', now(), 'UTC', now(), 'test', NULL, NULL, 0, 0, 0, '',
                  sha256('')
           RETURNING month)
         INSERT INTO billing_disputes
         SELECT e.tenant_id, gen_random_uuid(), m.month, e.model, e.cost_centre, false, e.request_id, 10000, 'r', 'accepted', '',
                gen_random_uuid(), 'a', now(), 'b', now()
         FROM month m, usage_events e WHERE e.output_tokens = 10"
    );
    house.by_hand(&credited).await;
    let order = all_of(&house, tenant);
    let seen = preview_repricing(&house.db, &order, &prices(77, 0))
        .await
        .expect("a preview");
    assert_eq!((seen.looked_at, seen.credited, seen.events.len()), (3, 1, 2));
    assert_eq!((seen.old, seen.new), (Nano(50_000), Nano(0)));
    // The line in which the others stand is given back as well.
    let line = "UPDATE billing_periods SET first_batch = 1, last_batch = 1, starts_at = '2020-01-01'";
    house.by_hand(line).await;
    house
        .by_hand("UPDATE billing_disputes SET request_id = NULL")
        .await;
    let seen = preview_repricing(&house.db, &order, &prices(77, 0))
        .await
        .expect("a preview");
    assert_eq!((seen.credited, seen.events.len()), (3, 0));
}
