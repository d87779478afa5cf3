//! The scheduler as the rest of the house sees it.

use crate::pick::{NoAccount, Wish, pick};
use crate::pools::{Moment, Pools};
use crate::reports::Reports;
use crate::seat::Seat;
use crate::snapshot::{self, Pool};
use std::hash::RandomState;
use std::sync::Arc;
use tollgate_contract::ids::TenantId;
use tollgate_store::{ChangeFeed, Clock, Db, FeedEvent, Secrets, StoreError, Topic};

/// Knows tenants' accounts and how they are doing. Cheap to clone; clones share everything.
#[derive(Clone, Debug)]
pub struct Scheduler(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    db: Db,
    secrets: Secrets,
    feed: ChangeFeed,
    clock: Clock,
    pools: Arc<Pools>,
    reports: Arc<Reports>,
    /// Random for this process, so that a mark tells nothing of what it marks.
    marks: RandomState,
}

impl Scheduler {
    /// Listens to the feed and starts the task that writes what is observed; it ends with the core runtime.
    pub fn new(db: &Db, secrets: Secrets, feed: &ChangeFeed) -> Self {
        let (clock, pools) = (db.clock().clone(), Arc::new(Pools::default()));
        let reports = Arc::new(Reports::new(clock.clone()));
        let watched = pools.clone();
        feed.on_event(move |event| match event {
            FeedEvent::Changed(change) if matches!(change.topic, Topic::Account | Topic::Tenant) => {
                watched.outdate(change.tenant_id);
            }
            FeedEvent::Changed(_) => (),
            FeedEvent::Reset => watched.outdate_all(),
        });
        let core = db.core();
        core.spawn(
            "account states",
            reports.clone().run(db.clone(), core.shutdown_token()),
        );
        let marks = RandomState::new();
        Self(Arc::new(Inner {
            db: db.clone(),
            secrets,
            feed: feed.clone(),
            clock,
            pools,
            reports,
            marks,
        }))
    }

    /// The tenant's accounts: from memory unless a change was announced, without a round trip then. May be awaited on
    /// any thread. While the database is away, what was read last is given. Takes 2 s at the most, however many ask.
    ///
    /// # Errors
    /// `Unavailable` if the accounts were never read and the database is away or too slow.
    pub async fn pool(&self, tenant: TenantId) -> Result<Arc<Pool>, StoreError> {
        let inner = &self.0;
        let moment = || Moment {
            now: inner.clock.now(),
            monotonic: inner.clock.monotonic(),
            feed: inner.feed.state(),
        };
        let load = || snapshot::load(&inner.db, &inner.secrets, &inner.marks, tenant);
        inner
            .pools
            .slot(tenant, inner.clock.now())
            .pool(moment, &inner.reports, load)
            .await
    }

    /// Chooses an account for a request and takes a seat on it. No I/O.
    ///
    /// # Errors
    /// Why there is none.
    pub fn pick(&self, pool: &Pool, wish: &Wish<'_>) -> Result<Seat, NoAccount> {
        let picked = pick(pool, wish, self.0.clock.now(), &mut rand::rng())?;
        Ok(Seat::new(picked, &self.0.reports))
    }

    /// Accounts in memory, for metrics.
    pub fn accounts_known(&self) -> usize {
        self.0.pools.size().1
    }
}
