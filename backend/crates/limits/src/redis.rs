//! Limits in Redis, shared by all nodes: one script call admits a request, one pipelined batch gives slots back and
//! books. When Redis is gone or slow, this node goes on with its share of each limit in process, without a request
//! waiting for Redis, and returns by itself. Durable state never lives here.

mod keeper;
mod script;
mod shared;

pub(crate) use shared::Shared;

use crate::LimiterState;
use crate::admission::{AdmitCheck, Admitted, Booking, Headroom, LimitUsage, Refused};
use crate::concurrency::{Home, Slot};
use crate::local::LocalWindows;
use crate::set::{Chosen, LimitSet};
use crate::turns::Freed;
use crate::windows::Subject;
use deadpool_redis::{Manager, Pool, Runtime};
use keeper::Keeper;
use parking_lot::RwLock;
use redis::{AsyncConnectionConfig, RedisError};
use script::{Answer, Scripts};
use secrecy::{ExposeSecret as _, SecretString};
use shared::Message;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::sync::{Notify, mpsc, oneshot};
use tollgate_contract::ids::{AccountId, TenantId};
use tollgate_store::{Clock, CoreRuntime};

/// What a request waits for Redis at most. On one network it answers well under a millisecond.
pub const ADMIT_TIMEOUT: Duration = Duration::from_millis(20);

/// Time-outs in a row until Redis counts as gone: one may be a slow fork or a lost packet.
pub const STRIKES_MAX: u32 = 3;

/// Answers in time that make up for one time-out: a Redis that is late more often than once in so many and one is given
/// up as well, so that it does not cost every other request its wait.
const STRIKE_WEIGHT: u32 = 4;

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
        let chosen = check.limits.inner().chosen(check.model);
        if check.limits.is_empty() && check.sticky.is_none() {
            return Ok(self.admitted(check, chosen, (None, Headroom::default())));
        }
        let Some(mut connection) = self.shared.connection() else {
            return self.admit_here(check, chosen, Told::No);
        };
        // Made before the call: if this future is dropped in the middle, the slot that Redis may have taken goes back.
        let slot = self.slot(check, chosen);
        let clock = self.shared.terms.test_clock.as_ref();
        let call = self.shared.scripts.admit(&mut connection, check, chosen, clock);
        match tokio::time::timeout(self.shared.terms.admit_timeout, call).await {
            Ok(Ok(Answer::Admitted(sticky, headroom))) => {
                self.shared.in_time();
                self.shared.local.open(check.limits.inner(), check.slot);
                Ok(Admitted {
                    slot,
                    sticky,
                    headroom,
                })
            }
            Ok(Ok(Answer::Refused(refused))) => {
                self.shared.in_time();
                slot.forget();
                Err(refused)
            }
            Ok(Err(error)) => {
                slot.forget();
                self.shared.fall(&format!("error: {error}"));
                self.admit_here(check, chosen, Told::No)
            }
            Err(_) => {
                self.shared.strike();
                let answer = self.admit_here(check, chosen, Told::Perhaps);
                // Redis may still run the script later. An admitted request gives the slot back at its end; a refused
                // one has to do it now, by dropping this one.
                if answer.is_ok() {
                    slot.forget();
                }
                answer
            }
        }
    }

    /// As [`Limiter::usage`](crate::Limiter::usage). Where Redis does not answer as fast as it must for requests, this
    /// node's own figures.
    pub async fn usage(&self, limits: &LimitSet) -> Vec<LimitUsage> {
        let nodes = self.shared.live_nodes.load(Ordering::Relaxed);
        let here = || self.shared.local.usage(limits.inner(), nodes);
        let Some(mut connection) = self.shared.connection().filter(|_| !limits.is_empty()) else {
            return here();
        };
        let clock = self.shared.terms.test_clock.as_ref();
        let call = self.shared.scripts.usage(&mut connection, limits.inner(), clock);
        match tokio::time::timeout(BACKGROUND_TIMEOUT, call).await {
            Ok(Ok(usage)) => usage,
            Ok(Err(error)) => {
                tracing::warn!(%error, "limits: Redis does not tell what is used");
                here()
            }
            Err(_) => here(),
        }
    }

    /// As [`Limiter::watch`](crate::Limiter::watch).
    pub fn watch(&self, tenant_id: TenantId, subject: Subject) -> Freed {
        self.shared.local.watchers.watch(tenant_id, subject)
    }

    /// As [`Limiter::slots`](crate::Limiter::slots).
    pub fn slots(&self) -> usize {
        self.shared.local.slots()
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

    fn slot(&self, check: AdmitCheck<'_>, chosen: Chosen) -> Slot {
        let home = Home::Redis(Arc::clone(&self.shared));
        Slot::new(check.limits, chosen, check.slot, home)
    }

    fn admitted(
        &self,
        check: AdmitCheck<'_>,
        chosen: Chosen,
        (sticky, headroom): (Option<AccountId>, Headroom),
    ) -> Admitted {
        Admitted {
            slot: self.slot(check, chosen),
            sticky,
            headroom,
        }
    }

    /// Decides in process, by this node's share.
    fn admit_here(&self, check: AdmitCheck<'_>, chosen: Chosen, told: Told) -> Result<Admitted, Refused> {
        let nodes = self.shared.live_nodes.load(Ordering::Relaxed);
        let passed = self.shared.local.admit(check, chosen, nodes)?;
        metrics::counter!("tollgate_limits_fallback_admitted_total").increment(1);
        if matches!(told, Told::No) && check.limits.inner().counts_requests(chosen) {
            let nothing = Booking::default();
            self.shared.enqueue(check.limits, chosen, None, nothing, 1);
        }
        Ok(self.admitted(check, chosen, passed))
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
