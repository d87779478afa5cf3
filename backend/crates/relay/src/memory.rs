//! One budget of bytes for all bodies held at once, so that a burst of large ones can't take the machine's memory, and a
//! share of it that no tenant goes beyond, so that none locks the others out.
//! Never in here: how large a single body may be.

use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tollgate_contract::ids::TenantId;

/// A tenant may hold this part of the budget.
const TENANT_SHARE: usize = 4;

/// The node's budget. Cheap to clone; clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Bodies(Arc<Budget>);

#[derive(Debug)]
struct Budget {
    used: AtomicUsize,
    limit: usize,
    tenant_limit: usize,
    by_tenant: Mutex<HashMap<TenantId, usize>>,
}

impl Bodies {
    /// A budget of `limit` bytes. A tenant's share has room for one body of the largest size at least.
    pub(crate) fn new(limit: usize, body_max: usize) -> Self {
        Self(Arc::new(Budget {
            used: AtomicUsize::new(0),
            limit,
            tenant_limit: (limit / TENANT_SHARE).max(body_max),
            by_tenant: Mutex::default(),
        }))
    }

    /// A hold on nothing yet.
    pub(crate) fn hold(&self, tenant: TenantId) -> Held {
        Held {
            bodies: self.clone(),
            tenant,
            bytes: 0,
        }
    }

    /// Bytes held now, for metrics.
    pub(crate) fn used(&self) -> usize {
        self.0.used.load(Ordering::Relaxed)
    }

    fn take(&self, tenant: TenantId, bytes: usize) -> bool {
        let budget = &*self.0;
        let mut by_tenant = budget.by_tenant.lock();
        let of_tenant = by_tenant.get(&tenant).copied().unwrap_or(0);
        let used = budget.used.load(Ordering::Relaxed);
        let (Some(of_tenant), Some(used)) = (of_tenant.checked_add(bytes), used.checked_add(bytes)) else {
            return false;
        };
        if of_tenant > budget.tenant_limit || used > budget.limit {
            return false;
        }
        // Only written under the lock.
        budget.used.store(used, Ordering::Relaxed);
        by_tenant.insert(tenant, of_tenant);
        true
    }

    fn give_back(&self, tenant: TenantId, bytes: usize) {
        let budget = &*self.0;
        let mut by_tenant = budget.by_tenant.lock();
        budget.used.fetch_sub(bytes, Ordering::Relaxed);
        if let Some(of_tenant) = by_tenant.get_mut(&tenant) {
            *of_tenant = of_tenant.saturating_sub(bytes);
            if *of_tenant == 0 {
                by_tenant.remove(&tenant);
            }
        }
    }
}

/// What one request holds of the budget; dropping gives it back.
#[derive(Debug)]
pub(crate) struct Held {
    bodies: Bodies,
    tenant: TenantId,
    bytes: usize,
}

impl Held {
    /// Takes so many bytes more; `false`, and nothing taken, where budget or share do not have them.
    pub(crate) fn grow(&mut self, bytes: usize) -> bool {
        let taken = bytes == 0 || self.bodies.take(self.tenant, bytes);
        if taken {
            self.bytes += bytes;
        }
        taken
    }

    /// Holds exactly so many bytes; `false`, and nothing changed, where more are not to be had.
    pub(crate) fn resize(&mut self, bytes: usize) -> bool {
        if bytes >= self.bytes {
            return self.grow(bytes - self.bytes);
        }
        self.bodies.give_back(self.tenant, self.bytes - bytes);
        self.bytes = bytes;
        true
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.bytes > 0 {
            self.bodies.give_back(self.tenant, self.bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn tenant(n: u128) -> TenantId {
        TenantId(Uuid::from_u128(n))
    }

    #[test]
    fn budget_and_share_are_never_exceeded_and_come_back() {
        let bodies = Bodies::new(100, 10);
        let mut held: Vec<Held> = (0..5).map(|n| bodies.hold(tenant(n))).collect();
        assert!(held[0].grow(25) && !held[0].grow(1), "a quarter each");
        for one in &mut held[1..4] {
            assert!(one.grow(25));
        }
        assert!(!held[4].grow(1), "nothing is left");
        assert!(held[0].resize(5) && held[4].grow(20) && !held[4].grow(usize::MAX));
        assert_eq!(bodies.used(), 100);
        drop(held);
        assert_eq!(bodies.used(), 0);
        assert!(bodies.0.by_tenant.lock().is_empty(), "nobody is remembered");
    }

    #[test]
    fn one_body_of_the_largest_size_always_fits_into_a_share() {
        let bodies = Bodies::new(100, 60);
        assert!(bodies.hold(tenant(1)).grow(60));
    }
}
