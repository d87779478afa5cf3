//! How fast it is: run by hand, `cargo test --profile quick -p tollgate-ledger -- --ignored --nocapture speed`.

use super::support::{House, ask, folder, reserve, settle};
use crate::journal::{Journal, JournalSettings};
use crate::samples::{done_of, open_entry};
use tollgate_contract::ids::TenantId;
use tollgate_money::Nano;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn speed_of_settlement() {
    let (house, folder) = (House::new().await, folder());
    let node = house.epoch(&folder).await;
    let mut tenants = Vec::new();
    for _ in 0..20 {
        let tenant = house.tenant(1_000_000_000_000).await;
        tenants.push((tenant, house.budget(tenant).await));
    }
    for batch in [200_usize, 1000] {
        let mut entries = Vec::new();
        for round in 0..1500_u64 {
            for (tenant, budget) in &tenants {
                entries.extend(house.entries_of(&node, *tenant, *budget, &[round % 100 + 1]));
            }
        }
        let started = house.clock.monotonic();
        for part in entries.chunks(batch) {
            settle(&house, &node, part).await;
        }
        let took = house.clock.monotonic().duration_since(started);
        let rate = entries.len() as u128 * 1000 / took.as_millis().max(1);
        println!(
            "batches of {batch}: {} events in {took:?}, {rate}/s",
            entries.len()
        );
    }
    let started = house.clock.monotonic();
    house.assert_books_agree().await;
    println!("verify: {:?}", house.clock.monotonic().duration_since(started));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn speed_of_the_journal() {
    let folder = folder();
    let clock = tollgate_store::Clock::system();
    let (journal, _) =
        Journal::open_folder(folder.path(), JournalSettings::default(), clock.clone()).expect("the folder");
    journal.serve(1).await.expect("an epoch");
    let started = clock.monotonic();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..64 {
        let (journal, clock) = (journal.clone(), clock.clone());
        tasks.spawn(async move {
            for tokens in 0..1000 {
                let open = open_entry(&clock, TenantId(clock.new_id()));
                let id = open.request_id;
                journal.open(open).await.expect("opened");
                journal.done(done_of(id, tokens)).await.expect("done");
                journal.settled(vec![id]);
            }
        });
    }
    tasks.join_all().await;
    let took = clock.monotonic().duration_since(started);
    println!(
        "64 tasks: 64000 requests opened and done in {took:?}, {}/s",
        64_000_000 / took.as_millis().max(1)
    );
    journal.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn speed_of_reservations() {
    let (house, folder) = (House::new().await, folder());
    let tenant = house.tenant(1_000_000_000_000_000).await;
    for _ in 1..8 {
        house
            .new_budget(tenant, 1_000_000_000_000_000, &[("period", "'month'")])
            .await;
    }
    let node = house.node(&folder).await;
    drop(
        reserve(&node, &house.clock, tenant, 1_000_000)
            .await
            .expect("draws slices"),
    );
    let count = 200_000;
    let ask = ask(&house.clock, tenant, 1_000_000);
    let began = house.clock.monotonic();
    for _ in 0..count {
        let reservation = node.budgets().reserve(&ask).await.expect("in hand");
        reservation.consume(Nano(10));
    }
    let each = house.clock.monotonic().duration_since(began) / count;
    println!("reserved from eight budgets and consumed: {each:?} each");
}
