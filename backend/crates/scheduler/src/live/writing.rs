//! What of a live side is on its way to the table: each account stands in the queue once, and what is written is how it
//! is at that moment.

use super::{Live, Transition, Work};

impl Live {
    /// Out of the queue: what is to be written, as it is now; `None` if a newer row made it void.
    pub(crate) fn begin_write(&self) -> Option<Work> {
        let mut inner = self.inner.lock();
        inner.queued = false;
        inner.waits = false;
        let transition = inner.unwritten.then(|| Transition {
            condition: inner.condition.clone(),
            revision: inner.revision,
        });
        let work = Work {
            transition,
            windows: self.windows.unwritten(),
            announces: inner.announces,
            lacks_opus: inner.lacks_opus,
        };
        let is_empty = work.transition.is_none() && work.windows.is_empty() && !work.lacks_opus;
        (!is_empty).then_some(work)
    }

    /// It is in the table, under this version of the row; `None`: the table had a later state, or no such account any
    /// more.
    pub(crate) fn written(&self, work: &Work, version: Option<i64>) {
        self.windows.written(&work.windows);
        let mut inner = self.inner.lock();
        if let Some(version) = version {
            inner.state_version = inner.state_version.max(version);
        }
        if let Some(transition) = &work.transition
            && inner.revision == transition.revision
        {
            inner.unwritten = false;
        }
        inner.announces &= !work.announces;
        inner.lacks_opus &= !work.lacks_opus;
    }

    /// It could not be written. Tells whether it must be queued again.
    pub(crate) fn not_written(&self) -> bool {
        self.inner.lock().queue()
    }

    /// Out of those that are written in a while; tells whether it must be queued.
    pub(crate) fn waited(&self) -> bool {
        let mut inner = self.inner.lock();
        inner.waits && inner.queue()
    }

    /// The queue is full: the next transition tries again.
    pub(crate) fn not_queued(&self) {
        let mut inner = self.inner.lock();
        inner.queued = false;
        inner.waits = false;
    }
}
