//! Limits in process: maps sharded by tenant, one short lock per request. The default without Redis, and what a node
//! falls back to when Redis is gone. Never waits, never does I/O.

mod shard;

use crate::LimiterState;
use crate::admission::{AdmitCheck, Admitted, Booking, Headroom, LimitKind, LimitUsage, Refused};
use crate::concurrency::{Home, Slot};
use crate::set::{Chosen, LimitSet, Limits};
use crate::turns::{Freed, Watchers};
use crate::windows::{Metric, Subject};
use parking_lot::Mutex;
use shard::{Shard, over};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::time::Duration;
use tollgate_contract::ids::{AccountId, TenantId};
use tollgate_store::{Clock, CoreRuntime};
use uuid::Uuid;

/// Enough that two workers seldom meet; all of a tenant is in one, so that its limits are checked together.
const SHARDS: usize = 64;

/// How often idle entries are thrown out. They cost memory only.
const SWEEP_INTERVAL: Duration = Duration::from_secs(10);

/// Limits kept by this process alone.
#[derive(Clone, Debug)]
pub struct LocalLimiter {
    windows: Arc<LocalWindows>,
}

impl LocalLimiter {
    /// Starts with nothing used; the core runtime sweeps idle entries.
    pub fn start(core: &CoreRuntime, clock: Clock) -> Self {
        let windows = Arc::new(LocalWindows::new(clock));
        let swept = Arc::clone(&windows);
        let shutdown = core.shutdown_token();
        core.spawn("limits-sweep", async move {
            let mut ticks = tokio::time::interval(SWEEP_INTERVAL);
            while shutdown.run_until_cancelled(ticks.tick()).await.is_some() {
                swept.sweep();
            }
        });
        Self { windows }
    }

    /// As [`Limiter::admit`](crate::Limiter::admit), without waiting.
    pub fn admit(&self, check: AdmitCheck<'_>) -> Result<Admitted, Refused> {
        let chosen = check.limits.inner().chosen(check.model);
        let (sticky, headroom) = self.windows.admit(check, chosen, 1)?;
        let home = Home::Local(Arc::clone(&self.windows));
        Ok(Admitted {
            slot: Slot::new(check.limits, chosen, check.slot, home),
            sticky,
            headroom,
        })
    }

    /// As [`Limiter::usage`](crate::Limiter::usage), without waiting.
    pub fn usage(&self, limits: &LimitSet) -> Vec<LimitUsage> {
        self.windows.usage(limits.inner(), 1)
    }

    /// As [`Limiter::watch`](crate::Limiter::watch).
    pub fn watch(&self, tenant_id: TenantId, subject: Subject) -> Freed {
        self.windows.watchers.watch(tenant_id, subject)
    }

    /// As [`Limiter::slots`](crate::Limiter::slots).
    pub fn slots(&self) -> usize {
        self.windows.slots()
    }

    /// Always [`LimiterState::InProcess`].
    pub fn state(&self) -> LimiterState {
        LimiterState::InProcess
    }
}

/// All windows, open slots and sticky entries of this process.
#[derive(Debug)]
pub(crate) struct LocalWindows {
    shards: Vec<Mutex<Shard>>,
    hasher: RandomState,
    clock: Clock,
    pub(crate) watchers: Arc<Watchers>,
}

impl LocalWindows {
    pub(crate) fn new(clock: Clock) -> Self {
        let shards = (0..SHARDS).map(|_| Mutex::default()).collect();
        Self {
            shards,
            hasher: RandomState::new(),
            clock,
            watchers: Arc::default(),
        }
    }

    /// Checks and takes all limits or none, each divided among `nodes`; looks up the sticky account.
    pub(crate) fn admit(
        &self,
        check: AdmitCheck<'_>,
        chosen: Chosen,
        nodes: u32,
    ) -> Result<(Option<AccountId>, Headroom), Refused> {
        let limits = check.limits.inner();
        if check.limits.is_empty() && check.sticky.is_none() {
            return Ok((None, Headroom::default()));
        }
        let now_ms = self.now_ms();
        let mut shard = self.shard(limits.tenant_id).lock();
        if let Some(mut refused) = shard.refusal(limits, chosen, nodes, now_ms) {
            *refused.headroom = shard.headroom(limits, chosen, nodes, now_ms);
            return Err(refused);
        }
        for placed in limits.windows(chosen) {
            if placed.window.metric == Metric::Requests {
                shard.ring(limits.tenant_id, placed, now_ms).add(1);
            }
        }
        shard.open.open(limits, check.slot);
        let headroom = shard.headroom(limits, chosen, nodes, now_ms);
        let sticky = check
            .sticky
            .and_then(|key| shard.sticky(limits.tenant_id, key, now_ms));
        Ok((sticky, headroom))
    }

    /// How much of each limit is used, each divided among `nodes`.
    pub(crate) fn usage(&self, limits: &Limits, nodes: u32) -> Vec<LimitUsage> {
        let now_ms = self.now_ms();
        let mut shard = self.shard(limits.tenant_id).lock();
        let mut all = Vec::new();
        for placed in limits.windows(Chosen::ALL) {
            let (kind, limit) = (placed.kind(), placed.window.limit);
            let ring = shard.ring(limits.tenant_id, placed, now_ms);
            let refusal = over(ring, placed, nodes, now_ms);
            all.push(LimitUsage {
                kind,
                limit,
                used: ring.total(),
                frees_after: refusal.and_then(|refused| refused.retry_after),
            });
        }
        for (subject, limit) in limits.slots() {
            all.push(LimitUsage {
                kind: LimitKind::Concurrency { subject },
                limit: limit.into(),
                used: shard.open.count(limits.tenant_id, subject) as u64,
                frees_after: None,
            });
        }
        all
    }

    /// Adds what a finished request used, and keeps its conversation on its account.
    pub(crate) fn book(&self, limits: &Limits, chosen: Chosen, booking: &Booking) {
        let now_ms = self.now_ms();
        let mut shard = self.shard(limits.tenant_id).lock();
        for placed in limits.windows(chosen) {
            let amount = placed.amount(0, booking);
            if amount > 0 {
                shard.ring(limits.tenant_id, placed, now_ms).add(amount);
            }
        }
        if let Some((key, account_id)) = booking.sticky {
            shard.stick(limits.tenant_id, key, account_id, now_ms);
        }
    }

    /// Notes a slot that was taken elsewhere (in Redis), so that this node knows what it has open.
    pub(crate) fn open(&self, limits: &Limits, slot: Uuid) {
        self.shard(limits.tenant_id).lock().open.open(limits, slot);
    }

    /// Notes that a slot is given back. Who waits for one is told by whoever gives it back where it counts.
    pub(crate) fn close(&self, limits: &Limits, slot: Uuid) {
        self.shard(limits.tenant_id).lock().open.close(limits, slot);
    }

    pub(crate) fn slots(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().open.len()).sum()
    }

    /// All slots open on this node.
    pub(crate) fn open_slots(&self) -> Vec<(TenantId, Subject, Vec<Uuid>)> {
        let mut all = Vec::new();
        for shard in &self.shards {
            let shard = shard.lock();
            all.extend(
                shard
                    .open
                    .iter()
                    .map(|(tenant, subject, slots)| (tenant, subject, slots.iter().copied().collect())),
            );
        }
        all
    }

    /// Throws out windows that hold nothing any more and sticky entries past their life.
    pub(crate) fn sweep(&self) {
        let now_ms = self.now_ms();
        for shard in &self.shards {
            let mut shard = shard.lock();
            shard.windows.retain(|id, ring| {
                ring.roll(id.span.bucket_ms(), now_ms);
                ring.total() > 0
            });
            shard.sticky.retain(|_, entry| entry.expires_ms > now_ms);
            shard.shrink();
        }
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.clock.now().timestamp_millis()
    }

    fn shard(&self, tenant_id: TenantId) -> &Mutex<Shard> {
        let hash = usize::try_from(self.hasher.hash_one(tenant_id) % SHARDS as u64).unwrap_or(0);
        &self.shards[hash]
    }

    #[cfg(test)]
    pub(crate) fn entries(&self) -> (usize, usize) {
        self.shards
            .iter()
            .map(|shard| shard.lock())
            .fold((0, 0), |(windows, sticky), shard| {
                (windows + shard.windows.len(), sticky + shard.sticky.len())
            })
    }
}
