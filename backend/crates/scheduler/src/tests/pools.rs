//! What is kept in memory: read once, never stale after an announcement, served on when the database is away.

use super::support::{MARK, TENANT, account, asker, id, noon, rows};
use crate::pool::Own;
use crate::pools::{Moment, Pools};
use crate::reports::Reports;
use crate::snapshot::Rows;
use crate::state::Observed;
use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tollgate_contract::accounts::AccountState;
use tollgate_contract::ids::TenantId;
use tollgate_store::{Clock, FeedState, StoreError};
use uuid::Uuid;

struct House {
    pools: Pools,
    reports: Reports,
    clock: Clock,
    reads: AtomicU32,
}

fn away() -> StoreError {
    StoreError::Stopped
}

impl House {
    fn new() -> Self {
        let clock = Clock::system();
        Self {
            pools: Pools::default(),
            reports: Reports::new(clock.clone()),
            clock,
            reads: AtomicU32::new(0),
        }
    }

    fn moment(&self) -> Moment {
        Moment {
            now: noon(),
            monotonic: self.clock.monotonic(),
            feed: FeedState::Normal,
        }
    }

    fn later(&self, by: Duration) -> Moment {
        Moment {
            monotonic: self.clock.monotonic() + by,
            ..self.moment()
        }
    }

    async fn pool_at(
        &self,
        moment: Moment,
        answer: Result<Rows, StoreError>,
    ) -> Result<Arc<Own>, StoreError> {
        let load = || async {
            self.reads.fetch_add(1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            answer
        };
        self.pools
            .slot(TENANT, noon())
            .own(|| moment, &self.reports, load)
            .await
    }

    /// A request of now, while the database does not answer at all.
    async fn pool_of_frozen(&self) -> Result<Arc<Own>, StoreError> {
        let load = || {
            self.reads.fetch_add(1, Ordering::SeqCst);
            std::future::pending()
        };
        let slot = self.pools.slot(TENANT, noon());
        slot.own(|| self.moment(), &self.reports, load).await
    }

    /// Eight of these at once, and how long they took in all.
    async fn burst_at_frozen(&self) -> (Vec<Result<Arc<Own>, StoreError>>, Duration) {
        let (began, one) = (self.clock.monotonic(), || self.pool_of_frozen());
        let burst = async { tokio::join!(one(), one(), one(), one(), one(), one(), one(), one()) };
        let pools = tokio::time::timeout(Duration::from_secs(20), burst).await;
        (
            <[_; 8]>::from(pools.expect("an end")).into(),
            self.clock.monotonic() - began,
        )
    }

    async fn pool(&self, accounts: u128) -> Arc<Own> {
        let answer = rows((1..=accounts).map(account).collect(), 1);
        self.pool_at(self.moment(), Ok(answer)).await.expect("a pool")
    }

    fn reads(&self) -> u32 {
        self.reads.load(Ordering::SeqCst)
    }
}

#[tokio::test]
async fn a_burst_reads_once_and_a_warm_tenant_not_at_all() {
    let house = House::new();
    let pools = tokio::join!(house.pool(1), house.pool(1), house.pool(1), house.pool(1));
    assert_eq!(house.reads(), 1);
    assert!(Arc::ptr_eq(&pools.0, &pools.3));
    house.pool(1).await;
    assert_eq!(house.reads(), 1);
    assert_eq!(house.pools.size(), (1, 1));
}

#[tokio::test]
async fn an_announcement_has_the_next_request_read_anew() {
    let house = House::new();
    house.pool(1).await;
    house.pools.outdate(TenantId(Uuid::from_u128(1234)));
    assert_eq!(house.pool(2).await.len(), 1, "another tenant's");
    house.pools.outdate(TENANT);
    assert_eq!(house.pool(2).await.len(), 2);
    house.pools.outdate_all();
    assert_eq!(house.pool(3).await.len(), 3);
    assert_eq!(house.reads(), 3);
}

#[tokio::test]
async fn an_announcement_while_reading_leaves_nothing_stale() {
    let house = House::new();
    let load = || async {
        // Read before the change, announced before the read is over.
        let read = rows(vec![account(1)], 1);
        house.pools.outdate(TENANT);
        Ok(read)
    };
    house
        .pools
        .slot(TENANT, noon())
        .own(|| house.moment(), &house.reports, load)
        .await
        .expect("a pool");
    assert_eq!(house.pool(2).await.len(), 2, "the next request reads anew");
    assert_eq!(house.reads(), 1);
}

#[tokio::test]
async fn live_sides_outlast_pools() {
    let house = House::new();
    let before = house.pool(2).await;
    before.candidates[0].live.take(asker(), noon()).expect("a seat");
    let second = &before.candidates[1].live;
    second.observe(Observed::Unauthorized, None, MARK, noon());
    house.pools.outdate(TENANT);
    let after = house.pool(2).await;
    assert!(!Arc::ptr_eq(&before, &after));
    assert_eq!(after.candidates[0].live.load.in_flight(), 1);
    assert_eq!(
        after.candidates[1].live.condition().state,
        AccountState::Unauthorized
    );
}

#[tokio::test]
async fn without_the_database_the_last_pool_is_served_and_read_anew_later() {
    let house = House::new();
    let cold = house.pool_at(house.moment(), Err(away())).await;
    assert!(cold.is_err(), "there is nothing to serve");
    house.pool(1).await;
    house.pools.outdate(TENANT);
    let stale = house
        .pool_at(house.moment(), Err(away()))
        .await
        .expect("the last one");
    assert_eq!((stale.len(), house.reads()), (1, 3));
    // Not with each request.
    house.pool(2).await;
    assert_eq!(house.reads(), 3);
    let answer = Ok(rows(vec![account(1), account(2)], 1));
    let fresh = house
        .pool_at(house.later(Duration::from_secs(2)), answer)
        .await
        .expect("a pool");
    assert_eq!((fresh.len(), house.reads()), (2, 4));
}

#[tokio::test]
async fn a_database_that_hangs_holds_a_burst_up_for_one_wait_in_all() {
    let house = House::new();
    house.pool(1).await;
    house.pools.outdate(TENANT);
    let (pools, took) = house.burst_at_frozen().await;
    for pool in pools {
        assert_eq!(pool.expect("the last one").len(), 1);
    }
    assert!(took < Duration::from_secs(2), "they waited in turn: {took:?}");
    assert_eq!(house.reads(), 2, "one of them tried");
    // The next ones don't wait at all, until one tries again.
    let (_, took) = house.burst_at_frozen().await;
    assert!(took < Duration::from_millis(500), "{took:?}");
    assert_eq!(house.reads(), 2);
    let answer = Ok(rows(vec![account(1), account(2)], 1));
    let fresh = house
        .pool_at(house.later(Duration::from_secs(2)), answer)
        .await
        .expect("a pool");
    assert_eq!(fresh.len(), 2);
}

#[tokio::test]
async fn a_database_that_hangs_from_the_start_refuses_a_burst_after_one_wait() {
    let house = House::new();
    let (pools, took) = house.burst_at_frozen().await;
    for pool in pools {
        let error = pool.expect_err("nothing to serve");
        assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
    }
    assert!(took < Duration::from_secs(3), "they waited in turn: {took:?}");
    house.pool(1).await;
}

#[tokio::test]
async fn whoever_waited_goes_by_how_things_stand_then() {
    let house = House::new();
    house.pool(1).await;
    house.pools.outdate(TENANT);
    let feed = Cell::new(FeedState::Normal);
    let moment = || Moment {
        feed: feed.get(),
        ..house.moment()
    };
    let slot = house.pools.slot(TENANT, noon());
    let first = slot.own(moment, &house.reports, || async {
        tokio::task::yield_now().await;
        // What is read is outdated at once, and the database is given up while another request waits.
        house.pools.outdate(TENANT);
        feed.set(FeedState::DatabaseLost);
        Ok(rows(vec![account(1), account(2)], 1))
    });
    let second = slot.own(moment, &house.reports, || async {
        panic!("the database is not even asked");
    });
    let (first, second) = tokio::join!(first, second);
    assert_eq!(first.expect("a pool").len(), 2);
    assert_eq!(second.expect("the last one").len(), 2);
}

#[tokio::test]
async fn what_is_in_memory_counts_for_less_when_announcements_are_not_heard() {
    let house = House::new();
    let lost = |moment, feed| Moment { feed, ..moment };
    house.pool(1).await;
    let answer = || Ok(rows(vec![account(1), account(2)], 1));
    let soon = lost(house.later(Duration::from_secs(1)), FeedState::ListenerLost);
    assert_eq!(house.pool_at(soon, answer()).await.expect("a pool").len(), 1);
    let later = lost(house.later(Duration::from_secs(3)), FeedState::ListenerLost);
    assert_eq!(house.pool_at(later, answer()).await.expect("a pool").len(), 2);
    house.pools.outdate_all();
    let gone = lost(house.later(Duration::from_secs(90)), FeedState::DatabaseLost);
    assert_eq!(house.pool_at(gone, Err(away())).await.expect("a pool").len(), 2);
    assert_eq!(house.reads(), 2, "the database is not even asked");
}

#[tokio::test]
async fn tenants_in_memory_are_bounded_and_those_at_work_stay() {
    let house = House::new();
    let busy = house.pool(1).await;
    busy.candidates[0].live.take(asker(), noon()).expect("a seat");
    for number in 1..=10_200_u128 {
        house.pools.slot(TenantId(Uuid::from_u128(1000 + number)), noon());
    }
    let (tenants, _) = house.pools.size();
    assert!(tenants <= 10_000, "{tenants} tenants");
    let again = house.pool(1).await;
    assert_eq!(again.candidates[0].live.load.in_flight(), 1);
    assert_eq!(again.candidates[0].account.id, id(1));
}
