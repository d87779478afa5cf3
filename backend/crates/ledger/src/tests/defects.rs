//! Defects planted behind the ledger's back, one at a time: each is found, and named by its row.

use super::ages::{
    all_of, book, drop_closed, entry_at, estimate_of, months_ago, partitions, prices, reprice, signer,
};
use super::support::{House, folder, request, settle};
use crate::seal::seal;
use std::time::Duration;

/// The defects, a line each.
const DEFECTS: &str = include_str!("defects.txt");
/// One event of the month that is running.
const FIRST: &str =
    "request_id = (SELECT request_id FROM usage_events WHERE charge_nano = 5000 ORDER BY request_id LIMIT 1)";

struct Defect {
    name: &'static str,
    table: &'static str,
    check: &'static str,
    row: &'static str,
    plant: String,
}

fn defects() -> Vec<Defect> {
    let lines = DEFECTS.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let parts: Vec<&str> = line.splitn(5, " | ").collect();
            let [name, table, check, row, plant] = parts[..] else {
                panic!("five parts: {line}");
            };
            Defect {
                name,
                table,
                check,
                row,
                plant: plant.replace("{first}", FIRST),
            }
        })
        .collect()
}

/// Two tenants, requests of three months, on the platform's account and on none, an estimate put right, a re-pricing, two
/// seals, a month that was dropped, and requests since.
async fn eventful_house() -> House {
    let (house, folder) = (House::new().await, folder());
    partitions(&house, 5).await;
    let tenant = house.tenant(1_000_000_000).await;
    let other = house.tenant(1_000_000_000).await;
    house
        .by_hand("UPDATE ledger_transfers SET booked_at = booked_at - interval '1 hour'")
        .await;
    let node = house.epoch(&folder).await;
    for one in [tenant, other] {
        book(&house, &node, one, months_ago(&house, 5), &[1, 2]).await;
        book(&house, &node, one, months_ago(&house, 2), &[3, 4]).await;
    }
    let exact = entry_at(&house, &node, tenant, house.clock.now(), 20, true).await;
    settle(&house, &node, &[estimate_of(&exact, 6)]).await;
    settle(&house, &node, &[exact]).await;
    seal(&house.db, &signer(&house)).await.expect("sealed");
    let mut order = all_of(&house, tenant);
    // Of months that stay: a hash that was made of dropped rows can't be computed again.
    (order.from, order.to) = (months_ago(&house, 4), months_ago(&house, 1));
    reprice(&house, &order, &prices(77, 2)).await.expect("booked");
    seal(&house.db, &signer(&house)).await.expect("sealed");
    drop_closed(&house, 3).await;
    // Events of another node, whose epoch is closed.
    let serving = tempfile::tempdir().expect("a folder");
    let live = house.node(&serving).await;
    for _ in 0..2 {
        request(&live, &house.clock, tenant, 5).await;
    }
    live.stop(Duration::from_secs(20)).await.expect("stopped");
    house.assert_books_agree().await;
    house
}

#[tokio::test(flavor = "multi_thread")]
async fn every_planted_defect_is_found_and_named() {
    let defects = defects();
    assert!(defects.len() >= 30);
    let house = eventful_house().await;
    let mut tables: Vec<&str> = defects.iter().map(|defect| defect.table).collect();
    tables.sort_unstable();
    tables.dedup();
    for table in &tables {
        house
            .by_hand(&format!("CREATE TABLE kept_{table} AS TABLE {table}"))
            .await;
    }
    let mut missed = Vec::new();
    for Defect {
        name,
        table,
        check,
        row,
        plant,
    } in &defects
    {
        house.by_hand(plant).await;
        let report = house.verify().await;
        let found = report
            .failures
            .iter()
            .any(|failure| failure.check == *check && failure.row.contains(row));
        if !found {
            let told: Vec<String> = report.failures.iter().map(ToString::to_string).collect();
            missed.push(format!("{name}: {told:#?}"));
        }
        for failure in &report.failures {
            assert_ne!(failure.expected, failure.found, "{name}: {failure}");
        }
        house.by_hand_if_any(&format!("DELETE FROM {table}")).await;
        house
            .by_hand(&format!("INSERT INTO {table} SELECT * FROM kept_{table}"))
            .await;
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
    house.assert_books_agree().await;
}
