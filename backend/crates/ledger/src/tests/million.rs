//! How fast verify is on many events: run by hand,
//! `TOLLGATE_EVENTS=10000000 cargo test --profile quick -p tollgate-ledger -- --ignored --nocapture speed_of_verify`.
//! The events are settled as any others, so that all that verify looks at is there.

use super::ages::{book, partitions, signer};
use super::support::{House, folder, settle};
use crate::entry::{Entry, LeaseRef, OpenEntry};
use crate::node::NodeEpoch;
use crate::samples::{done_of, entry_of, open_entry};
use crate::seal::seal;
use crate::sums::sum_up;
use crate::verify::{VerifyScope, verify_within};
use chrono::TimeDelta;
use std::sync::Arc;
use std::time::Duration;
use tollgate_contract::ids::{KeyId, TenantId};
use tollgate_store::Clock;
use uuid::Uuid;

/// Events of a batch.
const BATCH: u64 = 1_000;
/// The days over which they are spread.
const DAYS: i64 = 20;
/// More than is summed up in one go.
const LONG: Duration = Duration::from_hours(1);

/// So many requests of the last days, by two hundred keys and ten models.
async fn many(house: &House, node: &NodeEpoch, tenant: TenantId, events: u64) {
    let lease = LeaseRef {
        budget_id: house.budget(tenant).await,
        node_id: node.node_id(),
        epoch: node.epoch(),
    };
    let from = house.clock.now() - TimeDelta::days(DAYS);
    let spread = u64::try_from(DAYS * 86_400_000).expect("positive");
    let one = |number: u64| -> Arc<Entry> {
        let after = i64::try_from(spread * number / events).expect("some days");
        let clock = Clock::manual(from + TimeDelta::milliseconds(after));
        let model = format!("model-{}", number % 10);
        let open = OpenEntry {
            lease,
            key_id: KeyId(Uuid::from_u128(u128::from(number / 10 % 200))),
            model: model.clone(),
            priced_model: Some(model.clone()),
            upstream_model: model,
            ..open_entry(&clock, tenant)
        };
        let done = done_of(open.request_id, number % 100 + 1);
        entry_of(open, done)
    };
    for first in (0..events).step_by(usize::try_from(BATCH).expect("small")) {
        let entries: Vec<Arc<Entry>> = (first..events.min(first + BATCH)).map(one).collect();
        settle(house, node, &entries).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn speed_of_verify() {
    let events = std::env::var("TOLLGATE_EVENTS").ok();
    let events: u64 = events.and_then(|events| events.parse().ok()).unwrap_or(1_000_000);
    let (house, folder) = (House::new().await, folder());
    partitions(&house, 1).await;
    let tenant = house.tenant(i64::MAX / 4).await;
    let node = house.epoch(&folder).await;
    let told = |what: &str, since| {
        let took = house.clock.monotonic().duration_since(since);
        println!("{what}: {took:?}");
    };
    let started = house.clock.monotonic();
    many(&house, &node, tenant, events).await;
    told(&format!("{events} events settled"), started);
    let started = house.clock.monotonic();
    sum_up(&house.db, LONG).await.expect("sums");
    told("summed up", started);
    house.by_hand_if_any("ANALYZE").await;
    for scope in [VerifyScope::Whole, VerifyScope::Quick] {
        let started = house.clock.monotonic();
        let report = verify_within(&house.db, scope).await.expect("read");
        assert!(report.passed(), "{:?}", report.failures);
        told(&format!("{scope:?}"), started);
    }
    let started = house.clock.monotonic();
    seal(&house.db, &signer(&house)).await.expect("sealed");
    told("seal", started);
    book(&house, &node, tenant, house.clock.now(), &[1, 2, 3]).await;
    let started = house.clock.monotonic();
    let report = verify_within(&house.db, VerifyScope::SinceSeal)
        .await
        .expect("read");
    assert!(report.passed(), "{:?}", report.failures);
    told("SinceSeal", started);
}
