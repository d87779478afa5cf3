//! The scheduler as the rest of the house sees it.

use crate::daily;
use crate::desk::{Desk, Patience, worth_waiting};
use crate::exchange;
use crate::explain::{self, Eyes};
use crate::live::Change;
use crate::load::SHARE_EVERY;
use crate::pick::{NoAccount, Wish, pick};
use crate::pool::{Own, Pool};
use crate::pools::{Moment, Pools, Slot};
use crate::reports::Reports;
use crate::seat::Seat;
use crate::snapshot;
use crate::state::Observed;
use crate::windows::WindowSeen;
use std::hash::RandomState;
use std::sync::Arc;
use tollgate_contract::accounts::AccountState;
use tollgate_contract::ids::{AccountId, NodeId, TenantId};
use tollgate_contract::schedule::ScheduleAnswer;
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
    desk: Arc<Desk>,
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
        core.spawn(
            "account costs",
            daily::run(db.clone(), pools.clone(), core.shutdown_token()),
        );
        let (marks, desk) = (RandomState::new(), Desk::new(reports.clone()));
        Self(Arc::new(Inner {
            db: db.clone(),
            secrets,
            feed: feed.clone(),
            clock,
            pools,
            reports,
            desk,
            marks,
        }))
    }

    /// The accounts that a tenant may use: from memory unless a change was announced, without a round trip then. May be
    /// awaited on any thread. While the database is away, what was read last is given. Takes 2 s at the most for the
    /// tenant's own and 2 s for each owner of a group that it was granted, however many ask.
    ///
    /// # Errors
    /// `Unavailable` if the accounts were never read and the database is away or too slow.
    pub async fn pool(&self, tenant: TenantId) -> Result<Arc<Pool>, StoreError> {
        let slot = self.0.pools.slot(tenant, self.0.clock.now());
        let own = self.own(&slot, tenant).await?;
        let mut owners: Vec<(TenantId, Arc<Own>)> = Vec::new();
        for grant in &own.grants {
            if owners.iter().any(|(owner, _)| *owner == grant.owner) {
                continue;
            }
            // Through the owner's own place, in the owner's name: all whom it grants its accounts share their live sides.
            let place = self.0.pools.slot(grant.owner, self.0.clock.now());
            match self.own(&place, grant.owner).await {
                Ok(theirs) => owners.push((grant.owner, theirs)),
                Err(error) if own.candidates.is_empty() => return Err(error),
                Err(error) => {
                    tracing::warn!(tenant.id = %tenant, owner.id = %grant.owner, %error, "granted accounts can't be read");
                }
            }
        }
        Ok(slot.joined(own, owners))
    }

    async fn own(&self, slot: &Slot, tenant: TenantId) -> Result<Arc<Own>, StoreError> {
        let inner = &self.0;
        let moment = || Moment {
            now: inner.clock.now(),
            monotonic: inner.clock.monotonic(),
            feed: inner.feed.state(),
        };
        let load = || snapshot::load(&inner.db, &inner.secrets, &inner.marks, tenant);
        slot.own(moment, &inner.reports, load).await
    }

    /// Chooses an account for a request and takes a seat on it. No I/O.
    ///
    /// # Errors
    /// Why there is none.
    pub fn pick(&self, pool: &Pool, wish: &Wish<'_>) -> Result<Seat, NoAccount> {
        let (now, desk) = (self.0.clock.now(), &self.0.desk);
        match pick(pool, wish, now, &mut rand::rng()) {
            Ok(picked) => Ok(Seat::new(picked, wish.tenant, desk)),
            Err(refusal) => {
                // A node that has no share of a cap yet asks the others for one, which takes a moment.
                for one in worth_waiting(pool, wish, now, now + SHARE_EVERY) {
                    desk.nodes().list(&one.live);
                }
                Err(refusal)
            }
        }
    }

    /// As [`pick`](Self::pick), and where all accounts that fit are only full, or recover in time, waits for a seat. May be
    /// awaited on any thread; dropping the future leaves the line. The tenant with the fewest seats per weight comes first,
    /// and of its requests the oldest.
    ///
    /// # Errors
    /// As for [`pick`](Self::pick); also if `patience` is at its end, or as many wait as may.
    pub async fn seat(&self, pool: &Pool, wish: &Wish<'_>, patience: Patience) -> Result<Seat, NoAccount> {
        let refusal = match self.pick(pool, wish) {
            Err(refusal @ NoAccount::AllUnavailable { .. }) => refusal,
            done => return done,
        };
        match self.0.desk.wait(pool, wish, patience).await {
            Some(held) => Ok(Seat::waited(held, refusal.into_considered())),
            None => Err(refusal),
        }
    }

    /// Begins to share the caps of accounts with the other nodes; until then, and for ever where it is not called, this
    /// node takes itself to be alone. The task ends with the core runtime.
    pub fn share_caps(&self, node: NodeId) {
        let (db, desk) = (self.0.db.clone(), self.0.desk.clone());
        let shutdown = db.core().shutdown_token();
        desk.nodes().speaks();
        let task = exchange::run(db.clone(), node, desk, shutdown);
        db.core().spawn("account shares", task);
    }

    /// Takes in what came of a request to an account that was made outside the relay: a test on purpose, or a renewal of
    /// its token. An answer makes any account active that no person switched off. Gives whether the account is known.
    ///
    /// # Errors
    /// As [`Scheduler::pool`], whose tenant is the account's owner.
    pub async fn observe(
        &self,
        owner: TenantId,
        account: AccountId,
        seen: Observed,
    ) -> Result<bool, StoreError> {
        let pool = self.pool(owner).await?;
        let found = pool.candidates.iter().find(|one| one.account.id == account);
        let Some(candidate) = found else {
            return Ok(false);
        };
        let change = candidate.live.observe_test(seen, self.0.clock.now());
        if change != Change::None {
            self.0.reports.changed(&candidate.live, change);
        }
        Ok(true)
    }

    /// Takes in what a vendor told of an account's windows outside the relay: its usage endpoint. Gives whether the
    /// account is known.
    ///
    /// # Errors
    /// As [`Scheduler::pool`], whose tenant is the account's owner.
    pub async fn windows(
        &self,
        owner: TenantId,
        account: AccountId,
        seen: &[WindowSeen],
    ) -> Result<bool, StoreError> {
        let pool = self.pool(owner).await?;
        let found = pool.candidates.iter().find(|one| one.account.id == account);
        let Some(candidate) = found else {
            return Ok(false);
        };
        let change = candidate
            .live
            .notice(seen, candidate.account.mark, self.0.clock.now());
        self.0.reports.noticed(&candidate.live, change);
        Ok(true)
    }

    /// Accounts in memory whose credential is refused, for metrics.
    pub fn accounts_unauthorized(&self) -> usize {
        self.0.pools.in_state(AccountState::Unauthorized)
    }

    /// Where a request would go now, and why. No seat is taken, and all accounts are considered; 200 are listed at the
    /// most. No I/O.
    pub fn dry_run(&self, pool: &Pool, wish: &Wish<'_>, eyes: Eyes) -> ScheduleAnswer {
        explain::dry_run(pool, wish, self.0.clock.now(), &mut rand::rng(), eyes)
    }

    /// Accounts in memory, for metrics.
    pub fn accounts_known(&self) -> usize {
        self.0.pools.size().1
    }
}
