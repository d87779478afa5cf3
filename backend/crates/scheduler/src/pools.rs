//! What is in memory: of each tenant what it owns, read once however many ask at the same time, kept until a change is
//! announced, and served on when the database is away; and the pool that was made of it and of what others granted, kept
//! for as long as these are the newest. Bounded: tenants that are quiet make room for others.

use crate::candidate::Candidate;
use crate::live::{Change, Live};
use crate::pool::{Own, Pool};
use crate::reports::Reports;
use crate::snapshot::Rows;
use arc_swap::ArcSwapOption;
use chrono::{DateTime, Utc};
use parking_lot::{Mutex, RwLock};
use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::MutexGuard;
use tollgate_contract::accounts::AccountState;
use tollgate_contract::ids::{AccountId, TenantId};
use tollgate_store::{FeedState, StoreError};

/// Tenants whose accounts are in memory; some kilobytes each.
const TENANTS_MAX: usize = 10_000;
/// So many quiet tenants make room at once, so that the look for them is rare.
const EVICTED_AT_ONCE: usize = TENANTS_MAX / 20;
/// Without announcements, what is in memory counts for so long.
const UNANNOUNCED_MAX: Duration = Duration::from_secs(2);
/// Reading a newer pool may take so long while there is an older one.
const RELOAD_MAX: Duration = Duration::from_secs(1);
/// No request waits longer, whether for another's reading or its own, and however many wait: then the older pool is
/// served, and without one the request is refused.
const WAIT_MAX: Duration = Duration::from_secs(2);
/// After a failed attempt to read a newer pool; meanwhile the older one is served.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);

/// All pools of this node.
#[derive(Debug, Default)]
pub(crate) struct Pools(RwLock<HashMap<TenantId, Arc<Slot>>>);

/// How things stand at one moment of a look-up. It is asked for anew after each wait: what counted when the request came
/// may not count any more.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    pub(crate) now: DateTime<Utc>,
    pub(crate) monotonic: Instant,
    pub(crate) feed: FeedState,
}

/// A tenant's place.
#[derive(Debug)]
pub(crate) struct Slot {
    tenant: TenantId,
    /// Grows with each announcement; a pool that was begun to be read before one is not the newest.
    generation: AtomicU64,
    kept: ArcSwapOption<Kept>,
    /// The pool that was made last.
    joined: ArcSwapOption<Pool>,
    /// The accounts' live sides, which outlast pools; whoever holds them is the one that reads.
    lives: tokio::sync::Mutex<HashMap<AccountId, Arc<Live>>>,
    /// When reading failed last, if nothing was read since.
    failed_at: Mutex<Option<Instant>>,
    /// In seconds.
    used_at: AtomicI64,
}

#[derive(Debug)]
struct Kept {
    own: Arc<Own>,
    generation: u64,
    begun_at: Instant,
}

impl Pools {
    pub(crate) fn slot(&self, tenant: TenantId, now: DateTime<Utc>) -> Arc<Slot> {
        let seconds = now.timestamp();
        if let Some(slot) = self.0.read().get(&tenant) {
            slot.used_at.store(seconds, Ordering::Relaxed);
            return slot.clone();
        }
        let mut slots = self.0.write();
        if slots.len() >= TENANTS_MAX && !slots.contains_key(&tenant) {
            make_room(&mut slots);
        }
        let slot = slots.entry(tenant).or_insert_with(|| Arc::new(Slot::new(tenant)));
        slot.used_at.store(seconds, Ordering::Relaxed);
        slot.clone()
    }

    /// A change of the tenant was announced.
    pub(crate) fn outdate(&self, tenant: TenantId) {
        if let Some(slot) = self.0.read().get(&tenant) {
            slot.generation.fetch_add(1, Ordering::AcqRel);
        }
    }

    /// Announcements may have been missed.
    pub(crate) fn outdate_all(&self) {
        for slot in self.0.read().values() {
            slot.generation.fetch_add(1, Ordering::AcqRel);
        }
    }

    /// The live sides of accounts in memory that are of this kind.
    pub(crate) fn lives(&self, is_meant: impl Fn(&Live) -> bool) -> Vec<Arc<Live>> {
        let slots = self.0.read();
        let pools = slots.values().filter_map(|slot| slot.kept.load_full());
        let lives = pools.flat_map(|kept| {
            let meant = kept.own.candidates.iter().map(|one| &one.live);
            meant.filter(|live| is_meant(live)).cloned().collect::<Vec<_>>()
        });
        let mut lives: Vec<Arc<Live>> = lives.collect();
        lives.sort_unstable_by_key(|live| live.account);
        lives.dedup_by_key(|live| live.account);
        lives
    }

    /// Tenants and accounts in memory.
    pub(crate) fn size(&self) -> (usize, usize) {
        let slots = self.0.read();
        let accounts = slots
            .values()
            .filter_map(|slot| slot.kept.load().as_ref().map(|kept| kept.own.len()))
            .sum();
        (slots.len(), accounts)
    }

    /// Accounts in memory that are in this state.
    pub(crate) fn in_state(&self, state: AccountState) -> usize {
        let slots = self.0.read();
        let count = |slot: &Arc<Slot>| {
            let kept = slot.kept.load();
            let own = kept.as_ref().map(|kept| kept.own.candidates.as_slice());
            let states = own.unwrap_or_default().iter();
            states.filter(|one| one.live.condition().state == state).count()
        };
        slots.values().map(count).sum()
    }
}

/// Tenants longest without a request go first; those with requests in flight or states unwritten stay, even if that is
/// one more than there should be: what is in flight has bounds of its own.
fn make_room(slots: &mut HashMap<TenantId, Arc<Slot>>) {
    let mut idle: Vec<(i64, TenantId)> = slots
        .values()
        .filter(|slot| slot.is_idle())
        .map(|slot| (slot.used_at.load(Ordering::Relaxed), slot.tenant))
        .collect();
    idle.sort_unstable();
    for (_, tenant) in idle.into_iter().take(EVICTED_AT_ONCE) {
        slots.remove(&tenant);
    }
}

fn too_slow() -> StoreError {
    let error = std::io::Error::new(std::io::ErrorKind::TimedOut, "accounts were not read in time");
    StoreError::Unavailable(error.into())
}

impl Slot {
    fn new(tenant: TenantId) -> Self {
        Self {
            tenant,
            generation: AtomicU64::new(0),
            kept: ArcSwapOption::empty(),
            joined: ArcSwapOption::empty(),
            lives: tokio::sync::Mutex::default(),
            failed_at: Mutex::default(),
            used_at: AtomicI64::new(0),
        }
    }

    /// The pool of these. Whoever owns a granted group announces its changes to itself alone: they show here.
    pub(crate) fn joined(&self, own: Arc<Own>, owners: Vec<(TenantId, Arc<Own>)>) -> Arc<Pool> {
        let joined = self.joined.load_full();
        if let Some(pool) = joined.filter(|pool| pool.is_of(&own, &owners)) {
            return pool;
        }
        let pool = Arc::new(Pool::new(own, owners));
        self.joined.store(Some(pool.clone()));
        pool
    }

    /// What the tenant owns: from memory if nothing was announced since it was read, else read anew. An older one is better than
    /// none when the database is away.
    ///
    /// # Errors
    /// What `load` gives, if there is no older pool; `Unavailable` if that does not come within [`WAIT_MAX`].
    pub(crate) async fn own<F>(
        &self,
        moment: impl Fn() -> Moment,
        reports: &Reports,
        load: impl FnOnce() -> F,
    ) -> Result<Arc<Own>, StoreError>
    where
        F: Future<Output = Result<Rows, StoreError>>,
    {
        if let Some(kept) = self.kept.load_full().filter(|kept| self.counts(kept, moment())) {
            return Ok(kept.own.clone());
        }
        let reading = self.read(moment, reports, load);
        match tokio::time::timeout(WAIT_MAX, reading).await {
            Ok(read) => read,
            Err(_) => self.last_or(too_slow),
        }
    }

    /// Reads anew, unless that is done or in vain by the time that it is this request's turn.
    async fn read<F>(
        &self,
        moment: impl Fn() -> Moment,
        reports: &Reports,
        load: impl FnOnce() -> F,
    ) -> Result<Arc<Own>, StoreError>
    where
        F: Future<Output = Result<Rows, StoreError>>,
    {
        let Some(mut lives) = self.turn(moment()).await else {
            return self.last_or(|| StoreError::Stopped);
        };
        // Whoever waited finds the work done, unless something was announced meanwhile, or finds that it failed just
        // now: each of many would else wait for a failure of its own, one after the other.
        let began = moment();
        let kept = self.kept.load_full();
        if let Some(kept) = &kept
            && (self.counts(kept, began) || self.failed_lately(began))
        {
            return Ok(kept.own.clone());
        }
        let generation = self.generation.load(Ordering::Acquire);
        let limit = if kept.is_some() { RELOAD_MAX } else { WAIT_MAX };
        match tokio::time::timeout(limit, load()).await {
            Ok(Ok(rows)) => {
                let own = Arc::new(self.adopt(&mut lives, rows, reports, moment().now));
                let kept = Kept {
                    own: own.clone(),
                    generation,
                    begun_at: began.monotonic,
                };
                self.kept.store(Some(Arc::new(kept)));
                *self.failed_at.lock() = None;
                Ok(own)
            }
            Ok(Err(error)) => self.failed(moment(), error),
            Err(_) => self.failed(moment(), too_slow()),
        }
    }

    /// After an attempt to read that failed at this moment: the older pool, and nobody tries again for a while.
    fn failed(&self, moment: Moment, error: StoreError) -> Result<Arc<Own>, StoreError> {
        let Some(kept) = self.kept.load_full() else {
            return Err(error);
        };
        let first = self.failed_at.lock().replace(moment.monotonic).is_none();
        if first {
            tracing::warn!(tenant.id = %self.tenant, %error, "accounts can't be read anew: those of before are used");
        }
        Ok(kept.own.clone())
    }

    /// What was read last, be it outdated.
    fn last_or(&self, error: impl FnOnce() -> StoreError) -> Result<Arc<Own>, StoreError> {
        self.kept
            .load_full()
            .map(|kept| kept.own.clone())
            .ok_or_else(error)
    }

    fn failed_lately(&self, moment: Moment) -> bool {
        let failed_at = *self.failed_at.lock();
        failed_at.is_some_and(|at| moment.monotonic.saturating_duration_since(at) < RETRY_INTERVAL)
    }

    /// Whether a pool is as new as can be known.
    fn counts(&self, kept: &Kept, moment: Moment) -> bool {
        match moment.feed {
            FeedState::DatabaseLost => true,
            FeedState::ListenerLost => {
                self.is_current(kept)
                    && moment.monotonic.saturating_duration_since(kept.begun_at) <= UNANNOUNCED_MAX
            }
            FeedState::Normal => self.is_current(kept),
        }
    }

    fn is_current(&self, kept: &Kept) -> bool {
        kept.generation == self.generation.load(Ordering::Acquire)
    }

    /// The turn to read. After a failure, while the older pool is served, only one tries, once in a while; the others
    /// go on without.
    async fn turn(&self, moment: Moment) -> Option<MutexGuard<'_, HashMap<AccountId, Arc<Live>>>> {
        if self.failed_lately(moment) {
            return None;
        }
        let has_failed = self.failed_at.lock().is_some();
        if has_failed {
            self.lives.try_lock().ok()
        } else {
            Some(self.lives.lock().await)
        }
    }

    /// Joins what was read with the accounts' live sides.
    fn adopt(
        &self,
        lives: &mut HashMap<AccountId, Arc<Live>>,
        rows: Rows,
        reports: &Reports,
        now: DateTime<Utc>,
    ) -> Own {
        let mut before = std::mem::take(lives);
        let mut candidates = Vec::with_capacity(rows.accounts.len());
        for (account, stored) in rows.accounts {
            let live = match before.remove(&account.id) {
                Some(live) => {
                    let change = live.merge(&stored, now);
                    if change != Change::None {
                        reports.changed(&live, change);
                    }
                    live
                }
                None => Arc::new(Live::new(self.tenant, account.id, &stored)),
            };
            live.load.settle(account.caps, reports.nodes());
            lives.insert(account.id, live.clone());
            candidates.push(Candidate::new(account, live));
        }
        // What can't be sent to now may be repaired; requests of before may still be in flight on it.
        for unusable in &rows.unusable {
            if let Some(live) = before.remove(&unusable.id) {
                lives.insert(unusable.id, live);
            }
        }
        Own {
            candidates,
            unusable: rows.unusable,
            groups: rows.groups,
            grants: rows.grants,
        }
    }

    /// Nobody uses it, and it holds nothing that a later read would not find.
    fn is_idle(self: &Arc<Self>) -> bool {
        Arc::strong_count(self) == 1
            && self
                .lives
                .try_lock()
                .is_ok_and(|lives| lives.values().all(|live| live.is_idle()))
    }
}
