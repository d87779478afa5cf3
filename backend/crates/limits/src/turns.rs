//! Who waits for a free slot is told when one of this node's comes free. Never in here: who may take it.

use crate::set::Limits;
use crate::windows::Subject;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::Notify;
use tollgate_contract::ids::TenantId;

type Place = (TenantId, Subject);

/// Those who wait, by the subject for whose slot.
#[derive(Debug, Default)]
pub(crate) struct Watchers(Mutex<HashMap<Place, Arc<Notify>>>);

impl Watchers {
    /// Begins to watch.
    pub(crate) fn watch(self: &Arc<Self>, tenant_id: TenantId, subject: Subject) -> Freed {
        let place = (tenant_id, subject);
        let notify = Arc::clone(self.0.lock().entry(place).or_default());
        Freed {
            watchers: Arc::clone(self),
            place,
            notify,
        }
    }

    /// A slot of each of these limits is free.
    pub(crate) fn tell(&self, limits: &Limits) {
        let watched = self.0.lock();
        if watched.is_empty() {
            return;
        }
        for (subject, _) in limits.slots() {
            if let Some(notify) = watched.get(&(limits.tenant_id, subject)) {
                notify.notify_one();
            }
        }
    }
}

/// Tells whenever a slot is free again.
#[derive(Debug)]
pub struct Freed {
    watchers: Arc<Watchers>,
    place: Place,
    notify: Arc<Notify>,
}

impl Freed {
    /// Ends when a slot came free since this was last asked, also between two calls. Whoever is told looks whether it is
    /// still free: slots are not handed over.
    pub async fn wait(&self) {
        self.notify.notified().await;
    }
}

impl Drop for Freed {
    fn drop(&mut self) {
        let mut watched = self.watchers.0.lock();
        // The map's own and ours.
        if Arc::strong_count(&self.notify) <= 2 {
            watched.remove(&self.place);
        }
    }
}
