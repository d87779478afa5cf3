//! What the upstream costs, priced anew: in the platform's own books alone.

use super::ages::{
    all_of, assert_sums_agree, book, costing, entry_at, estimate_of, months_ago, partitions, reprice,
};
use super::support::{House, folder, settle, with_done};
use crate::entry::{DoneEntry, PriceLine};
use crate::reprice::{RepricedCost, RepricingError, preview_repricing};
use tollgate_money::Nano;

/// Costs are the sum of their rows, of their days and of their ledger account.
async fn assert_costs(house: &House, due: i64) {
    for sql in [
        "SELECT sum(cost_nano)::bigint FROM platform_costs",
        "SELECT sum(cost_nano)::bigint FROM account_days",
        "SELECT balance_nano FROM ledger_accounts WHERE code = 'upstream_payable'",
        "SELECT -balance_nano FROM ledger_accounts WHERE code = 'upstream_cost'",
    ] {
        assert_eq!(house.number(sql).await, due, "{sql}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cost_that_changes_alone_is_booked_in_the_platforms_books_and_nowhere_else() {
    let (house, folder) = (House::new().await, folder());
    partitions(&house, 3).await;
    let tenant = house.tenant(1_000_000_000).await;
    let node = house.epoch(&folder).await;
    // Each first and third is on the platform's account.
    book(&house, &node, tenant, months_ago(&house, 2), &[10, 20, 30]).await;
    book(&house, &node, tenant, house.clock.now(), &[40]).await;
    let (order, dearer) = (all_of(&house, tenant), costing(77, 1, 700));
    let seen = preview_repricing(&house.db, &order, &dearer)
        .await
        .expect("a preview");
    assert_eq!((seen.looked_at, seen.charges(), seen.costs()), (4, 0, 3));
    assert_eq!((seen.old, seen.new), (Nano(0), Nano(0)));
    let cost = RepricedCost {
        old: Nano(1_500),
        new: Nano(2_100),
    };
    assert_eq!(seen.cost, cost);
    let booked = reprice(&house, &order, &dearer).await.expect("booked");
    assert_eq!((booked.events, booked.batch_no), (0, None));
    let of = booked.cost.expect("costs");
    assert_eq!((of.events, of.cost), (3, cost));
    assert_costs(&house, 2_100).await;
    assert_eq!(house.number("SELECT count(*) FROM usage_corrections").await, 0);
    assert_eq!(
        house
            .number("SELECT count(*) FROM ledger_batches WHERE charge_nano = 0")
            .await,
        0,
        "no empty batch in the customer's chain"
    );
    // Each transfer of costs has its correction, in the one batch of the platform's chain.
    let pointing = house
        .number(&format!(
            "SELECT sum(c.amount_nano)::bigint FROM ledger_transfers c JOIN ledger_transfers t
               ON t.tenant_id = c.tenant_id AND t.transfer_id = c.corrects_transfer_id AND t.kind = 'upstream_cost'
             WHERE c.kind = 'correction' AND c.from_code = 'upstream_cost' AND c.batch_no = {}",
            of.batch_no
        ))
        .await;
    assert_eq!(pointing, 600);
    assert_sums_agree(&house, tenant).await;
    house.assert_books_agree().await;
    let nothing = reprice(&house, &order, &dearer).await;
    assert!(matches!(nothing, Err(RepricingError::Nothing)), "{nothing:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn charges_and_costs_change_together_up_and_down() {
    let (house, folder) = (House::new().await, folder());
    let tenant = house.tenant(1_000_000_000).await;
    let node = house.epoch(&folder).await;
    book(&house, &node, tenant, house.clock.now(), &[10, 20, 30]).await;
    let order = all_of(&house, tenant);
    let up = reprice(&house, &order, &costing(77, 3, 900))
        .await
        .expect("booked");
    assert_eq!((up.events, up.old, up.new), (3, Nano(60_000), Nano(180_000)));
    assert_eq!(up.cost.map(|of| of.events), Some(2));
    assert_costs(&house, 1_800).await;
    let down = reprice(&house, &order, &costing(78, 2, 100))
        .await
        .expect("booked");
    let cost = RepricedCost {
        old: Nano(1_800),
        new: Nano(200),
    };
    assert_eq!(down.cost.map(|of| of.cost), Some(cost));
    assert_costs(&house, 200).await;
    // Of the charge alone: the platform notes it, its cost stays.
    let charge = reprice(&house, &order, &costing(79, 1, 100))
        .await
        .expect("booked");
    assert_eq!((charge.events, charge.cost), (3, None));
    assert_costs(&house, 200).await;
    assert_eq!(
        house
            .number("SELECT sum(charge_nano)::bigint FROM platform_costs")
            .await,
        40_000
    );
    assert_sums_agree(&house, tenant).await;
    house.assert_books_agree().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exact_cost_after_a_re_pricing_keeps_what_the_re_pricing_changed() {
    let (house, folder) = (House::new().await, folder());
    let tenant = house.tenant(1_000_000_000).await;
    let node = house.epoch(&folder).await;
    let late = entry_at(&house, &node, tenant, house.clock.now(), 20, true).await;
    let exact = with_done(
        &late,
        DoneEntry {
            cost: Nano(900),
            cost_lines: vec![PriceLine {
                price: "0.0000009".to_owned(),
                amount_nano: Nano(900),
                ..late.done.cost_lines[0].clone()
            }],
            ..late.done.clone()
        },
    );
    settle(&house, &node, &[estimate_of(&late, 5)]).await;
    let order = all_of(&house, tenant);
    reprice(&house, &order, &costing(77, 1, 700))
        .await
        .expect("booked");
    assert_costs(&house, 700).await;
    let corrected = settle(&house, &node, &[exact]).await;
    assert_eq!((corrected.corrected, corrected.conflicts), (1, 0));
    assert_costs(&house, 1_100).await;
    assert_sums_agree(&house, tenant).await;
    house.assert_books_agree().await;
    // A re-pricing goes by all of it.
    let again = reprice(&house, &order, &costing(78, 1, 700))
        .await
        .expect("booked");
    let cost = RepricedCost {
        old: Nano(1_100),
        new: Nano(700),
    };
    assert_eq!(again.cost.map(|of| of.cost), Some(cost));
    house.assert_books_agree().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cost_that_is_moved_to_no_re_pricing_is_found() {
    let (house, folder) = (House::new().await, folder());
    let tenant = house.tenant(1_000_000_000).await;
    let node = house.epoch(&folder).await;
    book(&house, &node, tenant, house.clock.now(), &[10]).await;
    reprice(&house, &all_of(&house, tenant), &costing(77, 1, 700))
        .await
        .expect("booked");
    house
        .by_hand("UPDATE platform_costs SET repricing_id = NULL WHERE correction")
        .await;
    let report = house.verify().await;
    let failures: Vec<_> = report.failures.iter().map(ToString::to_string).collect();
    assert!(
        failures.iter().any(|failure| failure.contains(", hash")),
        "{failures:?}"
    );
}
