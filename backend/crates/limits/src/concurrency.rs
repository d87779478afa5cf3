//! Concurrency slots: the table of those open on this node and the guard that gives one back. The table is what the
//! heartbeat renews in Redis, and what the node counts by when Redis is gone.

use crate::admission::Booking;
use crate::local::LocalWindows;
use crate::redis::Shared;
use crate::set::{Chosen, LimitSet, Limits};
use crate::windows::Subject;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use tollgate_contract::ids::TenantId;
use uuid::Uuid;

/// The slots open on this node, of the tenants of one shard.
#[derive(Debug, Default)]
pub(crate) struct OpenSlots(HashMap<(TenantId, Subject), HashSet<Uuid>>);

impl OpenSlots {
    pub(crate) fn count(&self, tenant_id: TenantId, subject: Subject) -> usize {
        self.0.get(&(tenant_id, subject)).map_or(0, HashSet::len)
    }

    pub(crate) fn open(&mut self, limits: &Limits, slot: Uuid) {
        for (subject, _) in limits.slots() {
            self.0
                .entry((limits.tenant_id, subject))
                .or_default()
                .insert(slot);
        }
    }

    pub(crate) fn close(&mut self, limits: &Limits, slot: Uuid) {
        for (subject, _) in limits.slots() {
            let place = (limits.tenant_id, subject);
            if let Some(slots) = self.0.get_mut(&place) {
                slots.remove(&slot);
                if slots.is_empty() {
                    self.0.remove(&place);
                }
            }
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.0.values().map(HashSet::len).sum()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (TenantId, Subject, &HashSet<Uuid>)> {
        self.0
            .iter()
            .map(|((tenant_id, subject), slots)| (*tenant_id, *subject, slots))
    }
}

/// An admitted request's hold on its limits. Dropping it gives the concurrency slot back and books nothing;
/// [`finish`](Self::finish) does both. Neither waits: what belongs into Redis goes through a queue whose owner runs on
/// the core runtime. A request that was counted when it was admitted stays counted.
#[derive(Debug)]
#[must_use = "dropping the slot gives it back"]
pub struct Slot {
    limits: LimitSet,
    /// The windows that the request falls under.
    chosen: Chosen,
    id: Uuid,
    home: Home,
    /// Still holds its concurrency.
    held: bool,
}

/// Who keeps the books for a slot.
#[derive(Clone, Debug)]
pub(crate) enum Home {
    Local(Arc<LocalWindows>),
    Redis(Arc<Shared>),
}

impl Slot {
    pub(crate) fn new(limits: &LimitSet, chosen: Chosen, id: Uuid, home: Home) -> Self {
        Self {
            limits: limits.clone(),
            chosen,
            id,
            home,
            held: limits.inner().has_slots(),
        }
    }

    /// Gives the concurrency back now, while there is still something to book: the client left, the upstream is read on.
    pub fn leave(&mut self) {
        if std::mem::take(&mut self.held) {
            match &self.home {
                Home::Local(local) => {
                    local.close(self.limits.inner(), self.id);
                    local.watchers.tell(self.limits.inner());
                }
                Home::Redis(shared) => {
                    shared.give_back(&self.limits, self.chosen, Some(self.id), Booking::default());
                }
            }
        }
    }

    /// Books what was used and gives the slot back.
    pub fn finish(mut self, booking: Booking) {
        let held = std::mem::take(&mut self.held);
        match &self.home {
            Home::Local(local) => {
                if held {
                    local.close(self.limits.inner(), self.id);
                    local.watchers.tell(self.limits.inner());
                }
                local.book(self.limits.inner(), self.chosen, &booking);
            }
            Home::Redis(shared) => {
                shared.give_back(&self.limits, self.chosen, held.then_some(self.id), booking);
            }
        }
    }

    /// For a request that was refused after all: there is nothing to give back.
    pub(crate) fn forget(mut self) {
        self.held = false;
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.leave();
    }
}
