//! The feed of changes as the rest of the house sees it: who is told, in which state it is, how far it lags behind.

use super::{Change, task};
use crate::Db;
use parking_lot::RwLock;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

/// What watchers are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeedEvent {
    /// Something changed. May be told twice.
    Changed(Change),
    /// Something may have been missed: forget all that is kept.
    Reset,
}

/// How much what is kept in memory can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeedState {
    /// Changes are heard within 100 ms.
    Normal,
    /// The database answers, but announcements are not heard, only polled: revalidate at each look-up, keep nothing for
    /// more than 2 s.
    ListenerLost,
    /// The database does not answer: nothing can be revalidated, and nobody can change anything through it either.
    DatabaseLost,
}

impl FeedState {
    fn of(number: u8) -> Self {
        match number {
            0 => Self::Normal,
            1 => Self::ListenerLost,
            _ => Self::DatabaseLost,
        }
    }

    fn number(self) -> u8 {
        match self {
            Self::Normal => 0,
            Self::ListenerLost => 1,
            Self::DatabaseLost => 2,
        }
    }
}

type Watcher = Box<dyn Fn(&FeedEvent) + Send + Sync>;

/// The feed of changes. Cheap to clone; clones are the same feed.
#[derive(Clone)]
pub struct ChangeFeed(Arc<Inner>);

struct Inner {
    db: Db,
    watchers: RwLock<Vec<Watcher>>,
    state: AtomicU8,
    lag_ms: AtomicU64,
    /// Of the latest change of a key, in microseconds; `u64::MAX` before there was one.
    revocation_us: AtomicU64,
    started: AtomicBool,
}

impl std::fmt::Debug for ChangeFeed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChangeFeed")
            .field("state", &self.state())
            .field("lag_ms", &self.lag_ms())
            .finish_non_exhaustive()
    }
}

impl ChangeFeed {
    /// Makes it; nothing is heard before it is started.
    pub fn new(db: &Db) -> Self {
        Self(Arc::new(Inner {
            db: db.clone(),
            watchers: RwLock::default(),
            state: AtomicU8::new(FeedState::ListenerLost.number()),
            lag_ms: AtomicU64::new(0),
            revocation_us: AtomicU64::new(u64::MAX),
            started: AtomicBool::new(false),
        }))
    }

    /// Has somebody told of each event, from the feed's own task: it must be quick and must not add watchers.
    pub fn on_event(&self, watcher: impl Fn(&FeedEvent) + Send + Sync + 'static) {
        self.0.watchers.write().push(Box::new(watcher));
    }

    /// Starts to listen and to poll, on the core runtime, until that ends. A second call does nothing.
    pub fn start(&self) {
        if self.0.started.swap(true, Ordering::AcqRel) {
            return;
        }
        task::spawn(self.clone());
    }

    /// How much what is kept in memory can be trusted now. Not `Normal` before the first heartbeat was heard.
    pub fn state(&self) -> FeedState {
        FeedState::of(self.0.state.load(Ordering::Acquire))
    }

    /// Milliseconds from the latest announcement of the feed's own until it was heard.
    pub fn lag_ms(&self) -> u64 {
        self.0.lag_ms.load(Ordering::Relaxed)
    }

    /// How long after it was announced the latest change of a key held on this node; `None` before there was one.
    pub fn revocation_lag(&self) -> Option<Duration> {
        match self.0.revocation_us.load(Ordering::Relaxed) {
            u64::MAX => None,
            lag => Some(Duration::from_micros(lag)),
        }
    }

    pub(super) fn db(&self) -> &Db {
        &self.0.db
    }

    pub(super) fn tell(&self, event: &FeedEvent) {
        for watcher in self.0.watchers.read().iter() {
            watcher(event);
        }
    }

    pub(super) fn measured(&self, lag: Duration) {
        let lag_ms = u64::try_from(lag.as_millis()).unwrap_or(u64::MAX);
        self.0.lag_ms.store(lag_ms, Ordering::Relaxed);
        metrics::histogram!("tollgate_change_feed_lag_seconds").record(lag.as_secs_f64());
    }

    /// A change of a key holds from now on, so long after it was announced.
    pub(super) fn key_changed(&self, lag: Duration) {
        let lag_us = u64::try_from(lag.as_micros()).unwrap_or(u64::MAX - 1);
        self.0.revocation_us.store(lag_us, Ordering::Relaxed);
        metrics::histogram!("tollgate_revocation_lag_seconds").record(lag.as_secs_f64());
        metrics::gauge!("tollgate_revocation_lag_last_seconds").set(lag.as_secs_f64());
    }

    /// Enters a state. Before things are normal again, watchers forget what they kept: they may have missed something.
    pub(super) fn enter(&self, state: FeedState) {
        let before = self.state();
        if before == state {
            return;
        }
        if state == FeedState::Normal {
            metrics::counter!("tollgate_change_feed_resets_total").increment(1);
            self.tell(&FeedEvent::Reset);
        }
        self.0.state.store(state.number(), Ordering::Release);
        metrics::gauge!("tollgate_change_feed_state").set(f64::from(state.number()));
        match state {
            FeedState::Normal => tracing::debug!("changes are heard"),
            FeedState::ListenerLost => tracing::warn!("announced changes are not heard, only polled"),
            FeedState::DatabaseLost => tracing::warn!("changes can neither be heard nor polled"),
        }
    }
}
