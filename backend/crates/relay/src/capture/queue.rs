//! What waits to be redacted and written: organisations in turns, so that none waits behind all bodies of another.

use parking_lot::Mutex;
use std::collections::{HashMap, VecDeque};
use tokio::sync::Notify;
use tollgate_contract::ids::TenantId;

/// What waits of all.
const WAITING_MAX: usize = 256;
/// Of them of one organisation.
const WAITING_MAX_EACH: usize = WAITING_MAX / 4;

/// A queue of things that belong to tenants.
#[derive(Debug)]
pub(super) struct Queue<T> {
    lines: Mutex<Lines<T>>,
    come: Notify,
}

#[derive(Debug)]
struct Lines<T> {
    by_tenant: HashMap<TenantId, VecDeque<T>>,
    /// Whoever has something waiting, in the order of their turns.
    turns: VecDeque<TenantId>,
    length: usize,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self {
            lines: Mutex::new(Lines {
                by_tenant: HashMap::new(),
                turns: VecDeque::new(),
                length: 0,
            }),
            come: Notify::new(),
        }
    }
}

impl<T> Queue<T> {
    /// Puts one in its line; tells whether there was a place.
    pub(super) fn put(&self, tenant: TenantId, one: T) -> bool {
        let mut lines = self.lines.lock();
        let own = lines.by_tenant.get(&tenant).map_or(0, VecDeque::len);
        if lines.length >= WAITING_MAX || own >= WAITING_MAX_EACH {
            return false;
        }
        lines.length = lines.length.saturating_add(1);
        if own == 0 {
            lines.turns.push_back(tenant);
        }
        lines.by_tenant.entry(tenant).or_default().push_back(one);
        drop(lines);
        self.come.notify_one();
        true
    }

    /// The first of whoever has its turn.
    pub(super) fn take(&self) -> Option<T> {
        let mut lines = self.lines.lock();
        let tenant = lines.turns.pop_front()?;
        let line = lines.by_tenant.get_mut(&tenant)?;
        let one = line.pop_front()?;
        if line.is_empty() {
            lines.by_tenant.remove(&tenant);
        } else {
            lines.turns.push_back(tenant);
        }
        lines.length = lines.length.saturating_sub(1);
        Some(one)
    }

    /// As [`take`](Self::take), as soon as there is one. For one caller at a time.
    pub(super) async fn next(&self) -> T {
        loop {
            if let Some(one) = self.take() {
                return one;
            }
            self.come.notified().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn organisations_have_turns_and_a_share_each() {
        let queue = Queue::default();
        let tenant = |number| TenantId(Uuid::from_u128(number));
        let put = |number| queue.put(tenant(number), number);
        assert_eq!((0..1000).filter(|_| put(1)).count(), WAITING_MAX_EACH);
        assert!(put(2) && put(3));
        let taken: Vec<u128> = std::iter::from_fn(|| queue.take()).take(4).collect();
        assert_eq!(taken, [1, 2, 3, 1]);
        assert!(put(1));
        while queue.take().is_some() {}
        let lines = queue.lines.lock();
        assert!(lines.by_tenant.is_empty() && lines.turns.is_empty() && lines.length == 0);
    }

    #[tokio::test]
    async fn whoever_waits_for_the_next_is_woken() {
        let queue = Queue::default();
        let tenant = TenantId(Uuid::from_u128(1));
        let (one, put) = tokio::join!(queue.next(), async { queue.put(tenant, 7) });
        assert_eq!((one, put), (7, true));
    }
}
