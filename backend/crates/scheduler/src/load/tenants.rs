//! Which tenants have requests on an account, in flight and waiting, and what each one's share is while others wait.

use super::{Asker, Full};
use std::collections::HashMap;
use tollgate_contract::ids::TenantId;

/// One tenant's.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct TenantLoad {
    weight: u32,
    pub(super) in_flight: u32,
    pub(super) waiting: u32,
}

/// Of one account. Who has nothing here is not in here.
#[derive(Debug, Default)]
pub(super) struct Tenants(HashMap<TenantId, TenantLoad>);

impl Tenants {
    pub(super) fn of(&mut self, tenant: TenantId, weight: u32) -> &mut TenantLoad {
        let load = self.0.entry(tenant).or_default();
        load.weight = weight.max(1);
        load
    }

    pub(super) fn change(&mut self, tenant: TenantId, change: impl FnOnce(&mut TenantLoad)) {
        let Some(load) = self.0.get_mut(&tenant) else {
            return;
        };
        change(load);
        if (load.in_flight, load.waiting) == (0, 0) {
            self.0.remove(&tenant);
        }
    }

    /// Whether others wait while the asker has its share of so many seats: by weight among all that have or want some,
    /// and one at the least.
    pub(super) fn has_its_share(&self, asker: Asker, seats: u64) -> Option<Full> {
        let others = || self.0.iter().filter(|(tenant, _)| **tenant != asker.tenant);
        if others().all(|(_, load)| load.waiting == 0) {
            return None;
        }
        let weight = u64::from(asker.weight.max(1));
        let all = weight + others().map(|(_, load)| u64::from(load.weight)).sum::<u64>();
        let share = u32::try_from((seats.saturating_mul(weight) / all).max(1)).unwrap_or(u32::MAX);
        let in_flight = self.0.get(&asker.tenant).map_or(0, |load| load.in_flight);
        (in_flight >= share).then_some(Full::FairShare { share, in_flight })
    }
}
