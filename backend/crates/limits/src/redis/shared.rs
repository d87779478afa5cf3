//! What requests on all workers, slots and the keeper share: whether Redis is in use, and the queue of what is to be
//! written to it. Never in here: speaking to Redis.

use super::script::Scripts;
use super::{ADMIT_TIMEOUT, STRIKE_WEIGHT, STRIKES_MAX, Terms};
use crate::LimiterState;
use crate::admission::Booking;
use crate::local::LocalWindows;
use crate::set::{Chosen, LimitSet};
use parking_lot::RwLock;
use redis::aio::MultiplexedConnection;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::sync::{Notify, mpsc, oneshot};
use uuid::Uuid;

/// What requests on all workers, slots and the keeper share.
pub(crate) struct Shared {
    /// Set while Redis is in use.
    pub(super) connection: RwLock<Option<MultiplexedConnection>>,
    /// Time-outs, each so many strikes; an answer in time takes one back.
    pub(super) strikes: AtomicU32,
    /// Wakes the keeper when the connection was given up.
    pub(super) fallen: Notify,
    pub(super) queue: mpsc::Sender<Message>,
    pub(crate) local: LocalWindows,
    pub(super) live_nodes: Arc<AtomicU32>,
    pub(super) scripts: Scripts,
    pub(super) terms: Terms,
}

/// To the keeper.
pub(super) enum Message {
    GiveBack(GiveBack),
    /// Tests and an orderly end wait until all before it is done.
    Drained(oneshot::Sender<()>),
    /// Tests renew slots without waiting for the interval.
    #[cfg(test)]
    Heartbeat(oneshot::Sender<()>),
}

/// What an ended request leaves to be written.
pub(super) struct GiveBack {
    pub(super) limits: LimitSet,
    pub(super) chosen: Chosen,
    pub(super) slot: Option<Uuid>,
    pub(super) booking: Booking,
    /// Requests admitted without Redis, for its windows to know of.
    pub(super) requests: u64,
    pub(super) at_ms: i64,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}

impl Shared {
    /// Called by slots: notes the end of a request here and queues it for Redis.
    pub(crate) fn give_back(&self, limits: &LimitSet, chosen: Chosen, slot: Option<Uuid>, booking: Booking) {
        let inner = limits.inner();
        if let Some(slot) = slot {
            self.local.close(inner, slot);
        }
        if self.state() == LimiterState::Fallback {
            self.local.book(inner, chosen, &booking);
            // Here the slot counts from now on; while Redis is in use, once it is written there.
            self.local.watchers.tell(inner);
        }
        if slot.is_some() || booking.sticky.is_some() || inner.books(chosen, &booking) {
            self.enqueue(limits, chosen, slot, booking, 0);
        }
    }

    pub(super) fn enqueue(
        &self,
        limits: &LimitSet,
        chosen: Chosen,
        slot: Option<Uuid>,
        booking: Booking,
        requests: u64,
    ) {
        let at_ms = self.time_ms();
        let record = GiveBack {
            limits: limits.clone(),
            chosen,
            slot,
            booking,
            requests,
            at_ms,
        };
        if self.queue.try_send(Message::GiveBack(record)).is_err() {
            metrics::counter!("tollgate_limits_releases_dropped_total").increment(1);
        }
    }

    pub(super) fn state(&self) -> LimiterState {
        match *self.connection.read() {
            Some(_) => LimiterState::Shared,
            None => LimiterState::Fallback,
        }
    }

    pub(super) fn connection(&self) -> Option<MultiplexedConnection> {
        self.connection.read().clone()
    }

    /// An answer in time.
    pub(super) fn in_time(&self) {
        if self.strikes.load(Ordering::Relaxed) > 0 {
            let less = |strikes: u32| strikes.checked_sub(1);
            // None are left: another answer was quicker.
            let _ = self
                .strikes
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
        }
    }

    /// One answer too late.
    pub(super) fn strike(&self) {
        metrics::counter!("tollgate_limits_redis_timeouts_total").increment(1);
        let strikes = self.strikes.fetch_add(STRIKE_WEIGHT, Ordering::Relaxed) + STRIKE_WEIGHT;
        if strikes >= STRIKES_MAX * STRIKE_WEIGHT {
            self.fall(&format!("too many answers took over {ADMIT_TIMEOUT:?}"));
        }
    }

    /// Gives Redis up until the keeper has it back.
    pub(super) fn fall(&self, reason: &str) {
        if self.connection.write().take().is_some() {
            metrics::gauge!("tollgate_limits_fallback").set(1.0);
            metrics::counter!("tollgate_limits_fallbacks_total").increment(1);
            tracing::warn!(
                reason,
                "limits: Redis is given up; this node keeps its share of each limit in process"
            );
            self.fallen.notify_one();
        }
    }

    pub(super) fn rise(&self, connection: MultiplexedConnection) {
        self.strikes.store(0, Ordering::Relaxed);
        *self.connection.write() = Some(connection);
        metrics::gauge!("tollgate_limits_fallback").set(0.0);
        tracing::info!("limits: kept in Redis");
    }

    pub(super) fn time_ms(&self) -> i64 {
        self.terms
            .test_clock
            .as_ref()
            .map_or_else(|| self.local.now_ms(), |clock| clock.now().timestamp_millis())
    }
}
