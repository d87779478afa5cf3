//! Limits in process: maps sharded by tenant, one short lock per request. The default without Redis, and what a node
//! falls back to when Redis is gone. Never waits, never does I/O.

use crate::LimiterState;
use crate::admission::{AdmitCheck, Admitted, Booking, LimitKind, Refused, STICKY_TTL, StickyKey, worst};
use crate::concurrency::{Home, OpenSlots, Slot};
use crate::ring::Ring;
use crate::windows::{Limits, Metric, RING, Span, Subject};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::time::Duration;
use tollgate_contract::ids::{AccountId, TenantId};
use tollgate_store::{Clock, CoreRuntime};
use uuid::Uuid;

/// Enough that two workers seldom meet; all of a tenant is in one, so that its limits are checked together.
const SHARDS: usize = 64;

/// Windows per shard. A window in use takes 50 to 1,200 bytes; at the limit the one that comes first is forgotten.
/// Sixty-four times this is a million keys with a limit each, active within the same minute to month.
const WINDOWS_PER_SHARD_MAX: usize = 16_384;

/// Sticky entries per shard; clients choose their number by naming sessions. Forgetting one costs a cold prompt cache.
const STICKY_PER_SHARD_MAX: usize = 16_384;

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
        let sticky = self.windows.admit(check, 1)?;
        Ok(Admitted {
            slot: Slot::new(check.limits, check.slot, Home::Local(Arc::clone(&self.windows))),
            sticky,
        })
    }

    /// Always [`LimiterState::InProcess`].
    pub fn state(&self) -> LimiterState {
        LimiterState::InProcess
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct WindowId {
    tenant_id: TenantId,
    subject: Subject,
    span: Span,
    metric: Metric,
}

#[derive(Debug, Default)]
struct Shard {
    windows: HashMap<WindowId, Ring>,
    open: OpenSlots,
    sticky: HashMap<(TenantId, StickyKey), Sticky>,
}

#[derive(Debug)]
struct Sticky {
    account_id: AccountId,
    expires_ms: i64,
}

/// All windows, open slots and sticky entries of this process.
#[derive(Debug)]
pub(crate) struct LocalWindows {
    shards: Vec<Mutex<Shard>>,
    hasher: RandomState,
    clock: Clock,
}

impl LocalWindows {
    pub(crate) fn new(clock: Clock) -> Self {
        let shards = (0..SHARDS).map(|_| Mutex::default()).collect();
        Self {
            shards,
            hasher: RandomState::new(),
            clock,
        }
    }

    /// Checks and takes all limits or none, each divided among `nodes`; looks up the sticky account.
    pub(crate) fn admit(&self, check: AdmitCheck<'_>, nodes: u32) -> Result<Option<AccountId>, Refused> {
        let limits = check.limits.inner();
        if check.limits.is_empty() && check.sticky.is_none() {
            return Ok(None);
        }
        let now_ms = self.now_ms();
        let mut shard = self.shard(limits.tenant_id).lock();
        if let Some(refused) = shard.refusal(limits, nodes, now_ms) {
            return Err(refused);
        }
        for window in limits
            .windows
            .iter()
            .filter(|window| window.metric == Metric::Requests)
        {
            shard
                .ring(
                    limits.tenant_id,
                    window.subject,
                    window.span,
                    window.metric,
                    now_ms,
                )
                .add(1);
        }
        shard.open.open(limits, check.slot);
        Ok(check
            .sticky
            .and_then(|key| shard.sticky(limits.tenant_id, key, now_ms)))
    }

    /// Adds what a finished request used, and keeps its conversation on its account.
    pub(crate) fn book(&self, limits: &Limits, booking: &Booking) {
        let now_ms = self.now_ms();
        let mut shard = self.shard(limits.tenant_id).lock();
        for (index, window) in limits.windows.iter().enumerate() {
            let amount = limits.amount(index, 0, booking);
            if amount > 0 {
                shard
                    .ring(
                        limits.tenant_id,
                        window.subject,
                        window.span,
                        window.metric,
                        now_ms,
                    )
                    .add(amount);
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

    pub(crate) fn close(&self, limits: &Limits, slot: Uuid) {
        self.shard(limits.tenant_id).lock().open.close(limits, slot);
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

impl Shard {
    fn refusal(&mut self, limits: &Limits, nodes: u32, now_ms: i64) -> Option<Refused> {
        let mut refusals = Vec::new();
        for window in &limits.windows {
            let ring = self.ring(
                limits.tenant_id,
                window.subject,
                window.span,
                window.metric,
                now_ms,
            );
            let granted = share(window.limit, nodes);
            if ring.total() < granted {
                continue;
            }
            let wait = ring.wait_ms(ring.total() + 1 - granted, window.span.bucket_ms(), now_ms);
            refusals.push(Refused {
                kind: LimitKind::Window {
                    subject: window.subject,
                    span: window.span,
                    metric: window.metric,
                },
                limit: window.limit,
                used: ring.total(),
                retry_after: wait
                    .and_then(|ms| u64::try_from(ms).ok())
                    .map(Duration::from_millis),
            });
        }
        if let Some(refused) = worst(refusals) {
            return Some(refused);
        }
        limits.concurrency.iter().find_map(|limit| {
            let used = self.open.count(limits.tenant_id, limit.subject) as u64;
            let full = used >= share(limit.limit.into(), nodes);
            full.then_some(Refused {
                kind: LimitKind::Concurrency {
                    subject: limit.subject,
                },
                limit: limit.limit.into(),
                used,
                retry_after: None,
            })
        })
    }

    /// The window, brought up to now.
    fn ring(
        &mut self,
        tenant_id: TenantId,
        subject: Subject,
        span: Span,
        metric: Metric,
        now_ms: i64,
    ) -> &mut Ring {
        let id = WindowId {
            tenant_id,
            subject,
            span,
            metric,
        };
        if self.windows.len() >= WINDOWS_PER_SHARD_MAX && !self.windows.contains_key(&id) {
            evict(&mut self.windows);
            metrics::counter!("tollgate_limits_evicted_total", "entry" => "window").increment(1);
        }
        let ring = self.windows.entry(id).or_default();
        ring.roll(span.bucket_ms(), now_ms);
        ring
    }

    fn sticky(&mut self, tenant_id: TenantId, key: StickyKey, now_ms: i64) -> Option<AccountId> {
        let entry = self
            .sticky
            .get_mut(&(tenant_id, key))
            .filter(|entry| entry.expires_ms > now_ms)?;
        entry.expires_ms = sticky_until(now_ms);
        Some(entry.account_id)
    }

    fn stick(&mut self, tenant_id: TenantId, key: StickyKey, account_id: AccountId, now_ms: i64) {
        if self.sticky.len() >= STICKY_PER_SHARD_MAX && !self.sticky.contains_key(&(tenant_id, key)) {
            evict(&mut self.sticky);
            metrics::counter!("tollgate_limits_evicted_total", "entry" => "sticky").increment(1);
        }
        self.sticky.insert(
            (tenant_id, key),
            Sticky {
                account_id,
                expires_ms: sticky_until(now_ms),
            },
        );
    }

    /// Gives memory back after a crowd has left.
    fn shrink(&mut self) {
        if self.windows.capacity() > 4 * self.windows.len().max(64) {
            self.windows.shrink_to_fit();
        }
        if self.sticky.capacity() > 4 * self.sticky.len().max(64) {
            self.sticky.shrink_to_fit();
        }
    }
}

/// A node's share of a limit: at least one, so that no key is shut out; above the limit by less than the node count.
fn share(limit: u64, nodes: u32) -> u64 {
    match limit {
        0 => 0,
        _ => (limit / u64::from(nodes.max(1))).max(1),
    }
}

fn sticky_until(now_ms: i64) -> i64 {
    now_ms.saturating_add(i64::try_from(STICKY_TTL.as_millis()).unwrap_or(i64::MAX))
}

/// Forgets whichever entry comes first: the order of a hash map is as good as random.
fn evict<K: Clone + Eq + std::hash::Hash, V>(map: &mut HashMap<K, V>) {
    if let Some(key) = map.keys().next().cloned() {
        map.remove(&key);
    }
}

// The bound on a window's memory above rests on this.
const _: () = assert!(RING <= 64);
