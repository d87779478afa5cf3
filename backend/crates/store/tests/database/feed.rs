//! What is announced is told, whatever breaks in between.

use crate::house::House;
use sqlx::Executor;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tollgate_contract::ids::TenantId;
use tollgate_store::{ChangeFeed, FeedEvent, FeedState, Topic, announce, announce_platform};
use uuid::Uuid;

struct Watched {
    feed: ChangeFeed,
    seen: Arc<Mutex<Vec<FeedEvent>>>,
}

impl Watched {
    async fn new(house: &House) -> Self {
        let feed = ChangeFeed::new(&house.db);
        let seen: Arc<Mutex<Vec<FeedEvent>>> = Arc::default();
        let notes = seen.clone();
        feed.on_event(move |event| notes.lock().expect("free").push(*event));
        feed.start();
        let watched = Self { feed, seen };
        watched
            .until("the feed is heard", |_, state| state == FeedState::Normal)
            .await;
        watched
    }

    async fn until(&self, what: &str, so: impl Fn(&[FeedEvent], FeedState) -> bool) {
        for _ in 0..1000 {
            if so(&self.seen.lock().expect("free"), self.feed.state()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!(
            "not within 10 s: {what}; {:?}, seen {:?}",
            self.feed,
            self.seen.lock().expect("free")
        );
    }

    fn forget(&self) {
        self.seen.lock().expect("free").clear();
    }

    fn of(&self, object: Uuid) -> Vec<i64> {
        versions(&self.seen.lock().expect("free"), object)
    }
}

fn versions(seen: &[FeedEvent], object: Uuid) -> Vec<i64> {
    let version = |event: &FeedEvent| match event {
        FeedEvent::Changed(change) if change.object_id == object => Some(change.version),
        _ => None,
    };
    seen.iter().filter_map(version).collect()
}

async fn change(house: &House, tenant: TenantId, objects: &[(Uuid, i64)]) {
    let mut tx = house.db.tenant(tenant).await.expect("a transaction");
    for (object, version) in objects {
        announce(&mut tx, Topic::Key, *object, *version)
            .await
            .expect("announced");
    }
    tx.commit().await.expect("committed");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_announcement_of_a_transaction_is_told_once_and_at_once() {
    let house = House::new().await;
    let (tenant, watched) = (house.tenant().await, Watched::new(&house).await);
    let (one, two, never) = (Uuid::from_u128(1), Uuid::from_u128(2), Uuid::from_u128(3));
    // A transaction that stays open holds the poll back; what is heard comes through all the same.
    let mut blocker = house.database.owner().await;
    blocker
        .execute("BEGIN; SELECT pg_current_xact_id()")
        .await
        .expect("open");
    let began = house.db.clock().monotonic();
    change(&house, tenant, &[(one, 4), (two, 7)]).await;
    watched
        .until("both are told", |seen, _| versions(seen, two) == [7])
        .await;
    assert!(
        began.elapsed() < Duration::from_millis(500),
        "took {:?}",
        began.elapsed()
    );
    assert_eq!(watched.of(one), [4]);
    let mut tx = house.db.tenant(tenant).await.expect("a transaction");
    announce(&mut tx, Topic::Account, never, 1)
        .await
        .expect("announced");
    drop(tx);
    blocker.execute("COMMIT").await.expect("over");
    let mut tx = house.db.jobs().await.expect("a transaction");
    let nobody = TenantId(Uuid::nil());
    announce_platform(&mut tx, Topic::Prices, nobody, never, 9)
        .await
        .expect("announced");
    tx.commit().await.expect("committed");
    // Two polls later: nothing was told twice, and what was rolled back never.
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert_eq!(
        (watched.of(one), watched.of(two), watched.of(never)),
        (vec![4], vec![7], vec![9])
    );
    house.db.core().stop(Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_listener_is_noticed_and_nothing_is_missed() {
    let house = House::new().await;
    let (tenant, watched) = (house.tenant().await, Watched::new(&house).await);
    watched.forget();
    let mut owner = house.database.owner().await;
    owner
        .execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND query LIKE 'LISTEN%'",
        )
        .await
        .expect("cut");
    change(&house, tenant, &[(Uuid::from_u128(1), 2)]).await;
    watched
        .until("it is told", |seen, _| versions(seen, Uuid::from_u128(1)) == [2])
        .await;
    watched
        .until(
            "watchers are told to forget, and things are normal again",
            |seen, state| seen.contains(&FeedEvent::Reset) && state == FeedState::Normal,
        )
        .await;
    house.db.core().stop(Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_database_is_noticed_and_what_others_changed_meanwhile_is_told() {
    let house = House::new().await;
    let watched = Watched::new(&house).await;
    // Another node's connection that was there before and goes on.
    let mut other = house.database.owner().await;
    watched.forget();
    other
        .execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
        .await
        .expect("cut");
    watched
        .until("things are normal again", |seen, state| {
            seen.contains(&FeedEvent::Reset) && state == FeedState::Normal
        })
        .await;
    watched.forget();
    house.database.close().await;
    watched
        .until("the loss is noticed", |_, state| state == FeedState::DatabaseLost)
        .await;
    assert!(
        !watched.seen.lock().expect("free").contains(&FeedEvent::Reset),
        "what is kept goes on for now"
    );
    house.database.reopen().await;
    watched
        .until("watchers are told to forget", |seen, _| {
            seen.contains(&FeedEvent::Reset)
        })
        .await;
    watched
        .until("things are normal again", |_, state| state == FeedState::Normal)
        .await;
    house.db.core().stop(Duration::from_secs(5)).await;
}
