//! What one lock guards: the windows, open slots and sticky entries of some tenants, and the decision by them. No clock:
//! the time is handed in.

use crate::admission::{Headroom, Left, LimitKind, Refused, STICKY_TTL, StickyKey, worst};
use crate::concurrency::OpenSlots;
use crate::ring::Ring;
use crate::set::{Chosen, Limits, Placed};
use crate::windows::{Family, Metric, RING, Span, Subject};
use std::collections::HashMap;
use std::time::Duration;
use tollgate_contract::ids::{AccountId, TenantId};

/// Windows per shard. A window in use takes 50 to 1,200 bytes; at the limit the one that comes first is forgotten.
/// Sixty-four times this is a million keys with a limit each, active within the same minute to month.
const WINDOWS_PER_SHARD_MAX: usize = 16_384;

/// Sticky entries per shard; clients choose their number by naming sessions. Forgetting one costs a cold prompt cache.
const STICKY_PER_SHARD_MAX: usize = 16_384;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct WindowId {
    tenant_id: TenantId,
    subject: Subject,
    pub(super) span: Span,
    metric: Metric,
    /// The family's; 0 of all models.
    family: u64,
}

impl WindowId {
    fn of(tenant_id: TenantId, placed: Placed<'_>) -> Self {
        let window = placed.window;
        Self {
            tenant_id,
            subject: placed.subject,
            span: window.span,
            metric: window.metric,
            family: window.family.as_ref().map_or(0, Family::id),
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Shard {
    pub(super) windows: HashMap<WindowId, Ring>,
    pub(super) open: OpenSlots,
    pub(super) sticky: HashMap<(TenantId, StickyKey), Sticky>,
}

#[derive(Debug)]
pub(super) struct Sticky {
    account_id: AccountId,
    pub(super) expires_ms: i64,
}

impl Shard {
    pub(super) fn refusal(
        &mut self,
        limits: &Limits,
        chosen: Chosen,
        nodes: u32,
        now_ms: i64,
    ) -> Option<Refused> {
        let mut refusals = Vec::new();
        for placed in limits.windows(chosen) {
            let ring = self.ring(limits.tenant_id, placed, now_ms);
            refusals.extend(over(ring, placed, nodes, now_ms));
        }
        if let Some(refused) = worst(refusals) {
            return Some(refused);
        }
        limits.slots().find_map(|(subject, limit)| {
            let used = self.open.count(limits.tenant_id, subject) as u64;
            let full = used >= share(limit.into(), nodes);
            full.then_some(Refused {
                kind: LimitKind::Concurrency { subject },
                limit: limit.into(),
                used,
                retry_after: None,
                headroom: Box::default(),
            })
        })
    }

    pub(super) fn headroom(&mut self, limits: &Limits, chosen: Chosen, nodes: u32, now_ms: i64) -> Headroom {
        let mut headroom = Headroom::default();
        for placed in limits.windows(chosen) {
            let window = placed.window;
            let ring = self.ring(limits.tenant_id, placed, now_ms);
            let left = Left {
                limit: window.limit,
                remaining: share(window.limit, nodes).saturating_sub(ring.total()),
                full_after: millis(ring.full_ms(window.span.bucket_ms(), now_ms)),
            };
            headroom.see(placed, left);
        }
        headroom
    }

    /// The window, brought up to now.
    pub(super) fn ring(&mut self, tenant_id: TenantId, placed: Placed<'_>, now_ms: i64) -> &mut Ring {
        let id = WindowId::of(tenant_id, placed);
        if self.windows.len() >= WINDOWS_PER_SHARD_MAX && !self.windows.contains_key(&id) {
            evict(&mut self.windows);
            metrics::counter!("tollgate_limits_evicted_total", "entry" => "window").increment(1);
        }
        let ring = self.windows.entry(id).or_default();
        ring.roll(id.span.bucket_ms(), now_ms);
        ring
    }

    pub(super) fn sticky(&mut self, tenant_id: TenantId, key: StickyKey, now_ms: i64) -> Option<AccountId> {
        let entry = self
            .sticky
            .get_mut(&(tenant_id, key))
            .filter(|entry| entry.expires_ms > now_ms)?;
        entry.expires_ms = sticky_until(now_ms);
        Some(entry.account_id)
    }

    pub(super) fn stick(&mut self, tenant_id: TenantId, key: StickyKey, account_id: AccountId, now_ms: i64) {
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
    pub(super) fn shrink(&mut self) {
        if self.windows.capacity() > 4 * self.windows.len().max(64) {
            self.windows.shrink_to_fit();
        }
        if self.sticky.capacity() > 4 * self.sticky.len().max(64) {
            self.sticky.shrink_to_fit();
        }
    }
}

/// The refusal of a window that is full.
pub(super) fn over(ring: &Ring, placed: Placed<'_>, nodes: u32, now_ms: i64) -> Option<Refused> {
    let window = placed.window;
    let granted = share(window.limit, nodes);
    if ring.total() < granted {
        return None;
    }
    let wait = ring.wait_ms(ring.total() + 1 - granted, window.span.bucket_ms(), now_ms);
    Some(Refused {
        kind: placed.kind(),
        limit: window.limit,
        used: ring.total(),
        retry_after: wait.map(millis),
        headroom: Box::default(),
    })
}

fn millis(ms: i64) -> Duration {
    Duration::from_millis(u64::try_from(ms).unwrap_or(0))
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
