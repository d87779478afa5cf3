//! Months that are dropped, and columns that are blanked.

use super::ages::{
    all_of, assert_sums_agree, book, drop_closed, months_ago, partitions, prices, reprice, signer,
};
use super::support::{House, folder};
use crate::retention::{Fate, drop_months, redact};
use crate::seal::seal;
use crate::verify::{VerifyScope, verify_within};

/// Two tenants with requests of four months.
async fn aged_house(folder: &tempfile::TempDir) -> (House, Vec<tollgate_contract::ids::TenantId>) {
    let house = House::new().await;
    partitions(&house, 6).await;
    let tenants = vec![
        house.tenant(1_000_000_000).await,
        house.tenant(1_000_000_000).await,
    ];
    house
        .new_budget(tenants[0], 1_000_000_000, &[("period", "'month'")])
        .await;
    let node = house.epoch(folder).await;
    for tenant in &tenants {
        for months in [5, 4, 3, 0] {
            book(&house, &node, *tenant, months_ago(&house, months), &[1, 2, 3]).await;
        }
    }
    // One batch with requests of two months.
    reprice(&house, &all_of(&house, tenants[0]), &prices(77, 3))
        .await
        .expect("booked");
    (house, tenants)
}

#[tokio::test(flavor = "multi_thread")]
async fn dropped_months_leave_everything_above_them_as_it_was() {
    let folder = folder();
    let (house, tenants) = aged_house(&folder).await;
    let open = drop_months(&house.db, 3).await.expect("looked");
    assert!(
        matches!(open.last(), Some((_, Fate::Open(_)))),
        "the month in which they were booked still runs: {open:?}"
    );
    let unsealed = drop_closed(&house, 3).await;
    // The months of before have no events and no seal to wait for.
    assert!(
        matches!(unsealed.last(), Some((_, Fate::Unsealed(_)))),
        "{unsealed:?}"
    );
    assert_eq!(house.number("SELECT count(*) FROM usage_events").await, 24);
    seal(&house.db, &signer(&house)).await.expect("sealed");
    let fates = drop_closed(&house, 3).await;
    let dropped: i64 = fates
        .iter()
        .map(|(_, fate)| {
            if let Fate::Dropped(events) = fate {
                *events
            } else {
                0
            }
        })
        .sum();
    assert_eq!(dropped, 12, "{fates:?}");
    assert_eq!(house.number("SELECT count(*) FROM usage_events").await, 12);
    for tenant in &tenants {
        assert_sums_agree(&house, *tenant).await;
    }
    house.assert_books_agree().await;
    for scope in [VerifyScope::SinceSeal, VerifyScope::Quick] {
        let report = verify_within(&house.db, scope).await.expect("read");
        assert!(report.passed(), "{scope:?}: {:?}", report.failures);
    }
    // The house goes on, and the next seal and drop as well.
    reprice(&house, &all_of(&house, tenants[1]), &prices(78, 4))
        .await
        .expect("booked");
    seal(&house.db, &signer(&house)).await.expect("sealed");
    // Closed is the month of the requests, not the one in which they were re-priced: its statement needs them.
    let open = drop_months(&house.db, 2).await.expect("looked");
    assert!(
        matches!(open.last(), Some((_, Fate::Open(whose))) if *whose == tenants[1].0),
        "{open:?}"
    );
    let fates = drop_closed(&house, 2).await;
    assert!(matches!(fates.last(), Some((_, Fate::Dropped(6)))), "{fates:?}");
    for tenant in &tenants {
        assert_sums_agree(&house, *tenant).await;
    }
    house.assert_books_agree().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollup_of_a_dropped_month_is_still_held_to_its_sum() {
    let folder = folder();
    let (house, _) = aged_house(&folder).await;
    seal(&house.db, &signer(&house)).await.expect("sealed");
    drop_closed(&house, 3).await;
    let oldest = "bucket = (SELECT min(bucket) FROM usage_15m)";
    house
        .by_hand(&format!(
            "UPDATE usage_15m SET charge_nano = charge_nano + 1 WHERE {oldest}"
        ))
        .await;
    let report = house.verify().await;
    let failure = &report.failures[0];
    assert!(failure.row.starts_with("usage_15m, sum of "), "{failure}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_s_own_retention_blanks_what_no_hash_covers() {
    let folder = folder();
    let (house, tenants) = aged_house(&folder).await;
    house
        .by_hand(&format!(
            "UPDATE tenants SET personal_days = 60 WHERE tenant_id = '{}'",
            tenants[0]
        ))
        .await;
    assert_eq!(redact(&house.db).await.expect("blanked"), 9);
    assert_eq!(redact(&house.db).await.expect("nothing is left"), 0);
    let blank = "client = '' AND client_request_id = '' AND explanation = '{}'";
    let of = |tenant| format!("SELECT count(*) FROM usage_events WHERE tenant_id = '{tenant}' AND {blank}");
    assert_eq!(house.number(&of(tenants[0])).await, 9);
    assert_eq!(house.number(&of(tenants[1])).await, 0);
    house.assert_books_agree().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_before_the_first_that_was_closed_keeps_nothing_from_being_dropped() {
    let house = House::new().await;
    let tenant = house.tenant(1_000_000_000).await;
    let closed = async |month: &str| {
        let sql = format!("SELECT month_is_closed('{tenant}', '{month}')::int::bigint");
        house.number(&sql).await == 1
    };
    assert!(!closed("1990-01-01").await, "none is closed yet");
    house
        .by_hand(&format!(
            "INSERT INTO billing_periods
             SELECT '{tenant}', '2020-02-01', now() - interval '1 year', now(), 'UTC', now(), 'test', NULL, NULL, 0, 0, 0, '',
                    sha256('')"
        ))
        .await;
    // Where the zone was changed, a request's day may lie before the organisation's first month.
    assert!(closed("2020-01-01").await && closed("2020-02-01").await);
    assert!(!closed("2020-03-01").await);
}
