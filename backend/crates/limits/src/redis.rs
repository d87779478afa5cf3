//! Limits in Redis, shared by all nodes: one script call admits a request, one pipelined batch gives slots back and
//! books. When Redis is gone or slow, this node goes on with its share of each limit in process, without a request
//! waiting for Redis, and returns by itself. Durable state never lives here.

mod keeper;
mod script;

use crate::LimiterState;
use crate::admission::{AdmitCheck, Admitted, Booking, Refused};
use crate::concurrency::{Home, Slot};
use crate::local::LocalWindows;
use crate::windows::{LimitSet, Metric};
use deadpool_redis::{Manager, Pool, Runtime};
use keeper::Keeper;
use parking_lot::RwLock;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, RedisError};
use script::{Answer, Scripts};
use secrecy::{ExposeSecret as _, SecretString};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::sync::{Notify, mpsc, oneshot};
use tollgate_store::{Clock, CoreRuntime};
use uuid::Uuid;

/// What a request waits for Redis at most. On one network it answers well under a millisecond.
pub const ADMIT_TIMEOUT: Duration = Duration::from_millis(20);

/// Time-outs in a row until Redis counts as gone: one may be a slow fork or a lost packet.
pub const STRIKES_MAX: u32 = 3;

/// A slot that nobody renews is free again after this: how long a dead node's slots stay taken.
pub const SLOT_TTL: Duration = Duration::from_secs(30);

/// How often a node renews its open slots: two may fail before one is lost.
pub const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(10);

/// Releases and bookings that wait for Redis: over a minute of an outage at a thousand requests a second, some 10 MB.
/// What comes above is counted and dropped; slots then end by `SLOT_TTL`.
const QUEUE_MAX: usize = 65_536;

/// How long connecting, and each command outside the request path, may take.
const BACKGROUND_TIMEOUT: Duration = Duration::from_secs(1);

/// Commands that may wait for the connection's writer. The crate's default of 50 would make a busy node's requests
/// wait for each other.
const PIPELINE_BUFFER: usize = 4_096;

/// How to reach Redis.
#[derive(Clone, Debug)]
pub struct RedisSettings {
    /// `redis://user:password@host:port/db` or `unix:///path/to/socket`.
    pub url: SecretString,
}

/// The settings do not name a Redis.
#[derive(Debug, thiserror::Error)]
pub enum LimiterError {
    /// The URL is not one that the client understands.
    #[error("the Redis URL is not usable: {0}; write redis://host:6379/0 or unix:///path/to/socket")]
    Url(#[source] RedisError),
    /// The connection pool refuses its settings.
    #[error("the Redis connection pool: {0}")]
    Pool(String),
}

/// Limits kept in Redis, with this process as understudy.
#[derive(Clone, Debug)]
pub struct RedisLimiter {
    shared: Arc<Shared>,
}

/// What requests on all workers, slots and the keeper share.
pub(crate) struct Shared {
    /// Set while Redis is in use.
    connection: RwLock<Option<MultiplexedConnection>>,
    /// Time-outs since the last answer.
    strikes: AtomicU32,
    /// Wakes the keeper when the connection was given up.
    fallen: Notify,
    queue: mpsc::Sender<Message>,
    local: LocalWindows,
    live_nodes: Arc<AtomicU32>,
    scripts: Scripts,
    terms: Terms,
}

/// What tests change.
pub(crate) struct Terms {
    /// A test on a busy machine waits longer than a request may.
    pub(crate) admit_timeout: Duration,
    /// A test sets the time; in production Redis tells it.
    pub(crate) test_clock: Option<Clock>,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            admit_timeout: ADMIT_TIMEOUT,
            test_clock: None,
        }
    }
}

/// To the keeper.
enum Message {
    GiveBack(GiveBack),
    /// Tests and an orderly end wait until all before it is done.
    Drained(oneshot::Sender<()>),
    /// Tests renew slots without waiting for the interval.
    #[cfg(test)]
    Heartbeat(oneshot::Sender<()>),
}

/// What an ended request leaves to be written.
struct GiveBack {
    limits: LimitSet,
    slot: Option<Uuid>,
    booking: Booking,
    /// Requests admitted without Redis, for its windows to know of.
    requests: u64,
    at_ms: i64,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}

impl RedisLimiter {
    /// Starts the keeper on the core runtime; it connects in the background, and until then requests are admitted in
    /// process. `live_nodes` is how many nodes share the limits meanwhile, this one included.
    pub fn start(
        settings: &RedisSettings,
        core: &CoreRuntime,
        clock: Clock,
        live_nodes: Arc<AtomicU32>,
    ) -> Result<Self, LimiterError> {
        Self::start_with(settings, core, clock, live_nodes, Terms::default())
    }

    pub(crate) fn start_with(
        settings: &RedisSettings,
        core: &CoreRuntime,
        clock: Clock,
        live_nodes: Arc<AtomicU32>,
        terms: Terms,
    ) -> Result<Self, LimiterError> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(BACKGROUND_TIMEOUT))
            .set_response_timeout(Some(BACKGROUND_TIMEOUT))
            .set_pipeline_buffer_size(PIPELINE_BUFFER);
        let manager =
            Manager::new_with_config(settings.url.expose_secret(), config).map_err(LimiterError::Url)?;
        // One connection, checked out once: deadpool pings at each check-out, a round trip that no request shall pay.
        // Its multiplexed clones carry all workers' commands in order, so a slot's release never overtakes its taking.
        let pool = Pool::builder(manager)
            .max_size(1)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(BACKGROUND_TIMEOUT))
            .create_timeout(Some(BACKGROUND_TIMEOUT))
            .recycle_timeout(Some(BACKGROUND_TIMEOUT))
            .build()
            .map_err(|error| LimiterError::Pool(error.to_string()))?;
        let (queue, messages) = mpsc::channel(QUEUE_MAX);
        let shared = Arc::new(Shared {
            connection: RwLock::new(None),
            strikes: AtomicU32::new(0),
            fallen: Notify::new(),
            queue,
            local: LocalWindows::new(clock),
            live_nodes,
            scripts: Scripts::new(),
            terms,
        });
        metrics::gauge!("tollgate_limits_fallback").set(1.0);
        core.spawn(
            "limits-keeper",
            Keeper::new(Arc::clone(&shared), pool, messages).run(core.shutdown_token()),
        );
        Ok(Self { shared })
    }

    /// As [`Limiter::admit`](crate::Limiter::admit).
    pub async fn admit(&self, check: AdmitCheck<'_>) -> Result<Admitted, Refused> {
        if check.limits.is_empty() && check.sticky.is_none() {
            return Ok(Admitted {
                slot: self.slot(check),
                sticky: None,
            });
        }
        let Some(mut connection) = self.shared.connection() else {
            return self.admit_here(check, Told::No);
        };
        // Made before the call: if this future is dropped in the middle, the slot that Redis may have taken goes back.
        let slot = self.slot(check);
        let clock = self.shared.terms.test_clock.as_ref();
        let call = self.shared.scripts.admit(&mut connection, check, clock);
        match tokio::time::timeout(self.shared.terms.admit_timeout, call).await {
            Ok(Ok(Answer::Admitted(sticky))) => {
                self.shared.strikes.store(0, Ordering::Relaxed);
                self.shared.local.open(check.limits.inner(), check.slot);
                Ok(Admitted { slot, sticky })
            }
            Ok(Ok(Answer::Refused(refused))) => {
                self.shared.strikes.store(0, Ordering::Relaxed);
                slot.forget();
                Err(refused)
            }
            Ok(Err(error)) => {
                slot.forget();
                self.shared.fall(&format!("error: {error}"));
                self.admit_here(check, Told::No)
            }
            Err(_) => {
                self.shared.strike();
                let answer = self.admit_here(check, Told::Perhaps);
                // Redis may still run the script later. An admitted request gives the slot back at its end; a refused
                // one has to do it now, by dropping this one.
                if answer.is_ok() {
                    slot.forget();
                }
                answer
            }
        }
    }

    /// Whether Redis is in use.
    pub fn state(&self) -> LimiterState {
        self.shared.state()
    }

    /// Waits until all that was given back before is written: at an orderly end. While Redis is gone, that is when it
    /// is back.
    pub async fn drained(&self) {
        let (done, wait) = oneshot::channel();
        if self.shared.queue.send(Message::Drained(done)).await.is_ok() {
            // An error means that the keeper ended, and with it the queue.
            wait.await.ok();
        }
    }

    fn slot(&self, check: AdmitCheck<'_>) -> Slot {
        Slot::new(check.limits, check.slot, Home::Redis(Arc::clone(&self.shared)))
    }

    /// Decides in process, by this node's share.
    fn admit_here(&self, check: AdmitCheck<'_>, told: Told) -> Result<Admitted, Refused> {
        let nodes = self.shared.live_nodes.load(Ordering::Relaxed);
        let sticky = self.shared.local.admit(check, nodes)?;
        metrics::counter!("tollgate_limits_fallback_admitted_total").increment(1);
        let counts = check
            .limits
            .inner()
            .windows
            .iter()
            .any(|window| window.metric == Metric::Requests);
        if counts && matches!(told, Told::No) {
            self.shared.enqueue(check.limits, None, Booking::default(), 1);
        }
        Ok(Admitted {
            slot: self.slot(check),
            sticky,
        })
    }

    #[cfg(test)]
    pub(crate) async fn heartbeat(&self) {
        let (done, wait) = oneshot::channel();
        self.shared.queue.send(Message::Heartbeat(done)).await.ok();
        wait.await.ok();
    }
}

/// Whether Redis has heard of a request that is decided in process.
enum Told {
    No,
    Perhaps,
}

impl Shared {
    /// Called by slots: notes the end of a request here and queues it for Redis.
    pub(crate) fn give_back(&self, limits: &LimitSet, slot: Option<Uuid>, booking: Booking) {
        if let Some(slot) = slot {
            self.local.close(limits.inner(), slot);
        }
        if self.state() == LimiterState::Fallback {
            self.local.book(limits.inner(), &booking);
        }
        let inner = limits.inner();
        let books = (0..inner.windows.len()).any(|index| inner.amount(index, 0, &booking) > 0);
        if slot.is_some() || books || booking.sticky.is_some() {
            self.enqueue(limits, slot, booking, 0);
        }
    }

    fn enqueue(&self, limits: &LimitSet, slot: Option<Uuid>, booking: Booking, requests: u64) {
        let at_ms = self.time_ms();
        let record = GiveBack {
            limits: limits.clone(),
            slot,
            booking,
            requests,
            at_ms,
        };
        if self.queue.try_send(Message::GiveBack(record)).is_err() {
            metrics::counter!("tollgate_limits_releases_dropped_total").increment(1);
        }
    }

    fn state(&self) -> LimiterState {
        match *self.connection.read() {
            Some(_) => LimiterState::Shared,
            None => LimiterState::Fallback,
        }
    }

    fn connection(&self) -> Option<MultiplexedConnection> {
        self.connection.read().clone()
    }

    /// One answer too late.
    fn strike(&self) {
        metrics::counter!("tollgate_limits_redis_timeouts_total").increment(1);
        if self.strikes.fetch_add(1, Ordering::Relaxed) + 1 >= STRIKES_MAX {
            self.fall(&format!(
                "{STRIKES_MAX} answers in a row took over {ADMIT_TIMEOUT:?}"
            ));
        }
    }

    /// Gives Redis up until the keeper has it back.
    fn fall(&self, reason: &str) {
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

    fn rise(&self, connection: MultiplexedConnection) {
        self.strikes.store(0, Ordering::Relaxed);
        *self.connection.write() = Some(connection);
        metrics::gauge!("tollgate_limits_fallback").set(0.0);
        tracing::info!("limits: kept in Redis");
    }

    fn time_ms(&self) -> i64 {
        self.terms
            .test_clock
            .as_ref()
            .map_or_else(|| self.local.now_ms(), |clock| clock.now().timestamp_millis())
    }
}
