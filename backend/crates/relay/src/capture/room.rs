//! The room that copies take while they are made and wait: one bound for all, and a share of it for one organisation,
//! so that its large requests keep nobody else's from being kept.

use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use tollgate_contract::ids::TenantId;

/// Bytes that copies take at once, those of requests under way included.
const BYTES_MAX: usize = 64 * 1024 * 1024;
/// Of them for one organisation.
const BYTES_MAX_EACH: usize = BYTES_MAX / 4;

/// Counts what copies take. Cheap to clone; clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Rooms(Arc<Mutex<Taken>>);

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by_tenant: HashMap<TenantId, usize>,
}

/// Bytes that a copy takes; dropping gives them back.
#[derive(Debug)]
pub(super) struct Room {
    rooms: Rooms,
    tenant: TenantId,
    bytes: usize,
}

impl Rooms {
    /// Room for a copy, if there is some.
    pub(super) fn take(&self, tenant: TenantId, bytes: usize) -> Option<Room> {
        let mut taken = self.0.lock();
        let own = taken.by_tenant.get(&tenant).copied().unwrap_or_default();
        let (all, own) = (taken.all.checked_add(bytes)?, own.checked_add(bytes)?);
        if all > BYTES_MAX || own > BYTES_MAX_EACH {
            return None;
        }
        taken.all = all;
        taken.by_tenant.insert(tenant, own);
        Some(Room {
            rooms: self.clone(),
            tenant,
            bytes,
        })
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let mut taken = self.rooms.0.lock();
        taken.all = taken.all.saturating_sub(self.bytes);
        if let Some(own) = taken.by_tenant.get_mut(&self.tenant) {
            *own = own.saturating_sub(self.bytes);
            if *own == 0 {
                taken.by_tenant.remove(&self.tenant);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn one_organisation_leaves_room_for_others() {
        let rooms = Rooms::default();
        let tenant = |number| TenantId(Uuid::from_u128(number));
        let own = rooms.take(tenant(1), BYTES_MAX_EACH).unwrap();
        assert!(rooms.take(tenant(1), 1).is_none());
        let others: Vec<Room> = (2..5)
            .filter_map(|number| rooms.take(tenant(number), BYTES_MAX_EACH))
            .collect();
        assert_eq!(others.len(), 3);
        assert!(rooms.take(tenant(9), 1).is_none(), "all is taken");
        drop(own);
        assert!(rooms.take(tenant(1), 1).is_some());
        drop(others);
        assert!(rooms.0.lock().by_tenant.is_empty() && rooms.0.lock().all == 0);
    }
}
