//! One budget of bytes for all bodies held at once, so that a burst of large ones can't take the machine's memory.
//! Never in here: how large a single body may be.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The node's budget. Cheap to clone; clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Bodies {
    used: Arc<AtomicUsize>,
    limit: usize,
}

impl Bodies {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            used: Arc::default(),
            limit,
        }
    }

    /// A hold on nothing yet.
    pub(crate) fn hold(&self) -> Held {
        Held {
            bodies: self.clone(),
            bytes: 0,
        }
    }

    /// Bytes held now, for metrics.
    pub(crate) fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }
}

/// What one request holds of the budget; dropping gives it back.
#[derive(Debug)]
pub(crate) struct Held {
    bodies: Bodies,
    bytes: usize,
}

impl Held {
    /// Takes so many bytes more; `false`, and nothing taken, where the budget does not have them.
    pub(crate) fn grow(&mut self, bytes: usize) -> bool {
        let limit = self.bodies.limit;
        let take = |used: usize| used.checked_add(bytes).filter(|sum| *sum <= limit);
        let taken = self
            .bodies
            .used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take)
            .is_ok();
        if taken {
            self.bytes += bytes;
        }
        taken
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.bodies.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_budget_is_never_exceeded_and_comes_back() {
        let bodies = Bodies::new(100);
        let (mut one, mut two) = (bodies.hold(), bodies.hold());
        assert!(one.grow(60) && !two.grow(41) && two.grow(40));
        assert_eq!(bodies.used(), 100);
        assert!(!one.grow(usize::MAX));
        drop(one);
        assert_eq!(bodies.used(), 40);
        assert!(two.grow(60));
    }
}
