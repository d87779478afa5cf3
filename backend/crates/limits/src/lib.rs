//! Rate-limit windows, concurrency slots and sticky entries: in process, or in Redis with the in-process twin as its
//! understudy. Budgets and anything else of money that must not be lost live in PostgreSQL, never here: all of this may
//! be forgotten without harm to the books.

mod admission;
mod concurrency;
mod local;
mod redis;
mod ring;
mod set;
mod turns;
mod windows;

pub use admission::{
    AdmitCheck, Admitted, Booking, Headroom, Left, LimitKind, LimitUsage, Refused, STICKY_TTL, StickyKey,
};
pub use concurrency::Slot;
pub use local::LocalLimiter;
pub use redis::{LimiterError, RedisLimiter, RedisSettings};
pub use set::{LimitSet, Part, TooManyWindows, WINDOWS_MAX, Window, Windows};
pub use turns::Freed;
pub use windows::{AMOUNT_MAX, Family, Metric, Span, Subject};

use tollgate_contract::ids::TenantId;

/// Admits requests within their limits. Both kinds give the same answers; a property test holds them to one model.
#[derive(Clone, Debug)]
pub enum Limiter {
    /// In this process: one node, or none of the limits shared.
    Local(LocalLimiter),
    /// In Redis, shared by all nodes.
    Redis(RedisLimiter),
}

/// Where limits are kept at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimiterState {
    /// In this process, as configured.
    InProcess,
    /// In Redis, which answers in time.
    Shared,
    /// Redis is configured, but gone or slow: this node keeps its share of each limit in process until Redis is back.
    Fallback,
}

impl Limiter {
    /// Admits a request, or says which limit refuses it. Safe to cancel: a slot taken meanwhile is given back.
    pub async fn admit(&self, check: AdmitCheck<'_>) -> Result<Admitted, Refused> {
        match self {
            Self::Local(limiter) => limiter.admit(check),
            Self::Redis(limiter) => limiter.admit(check).await,
        }
    }

    /// How much of each limit is used now, in the order of the set: for pages. One round trip.
    pub async fn usage(&self, limits: &LimitSet) -> Vec<LimitUsage> {
        match self {
            Self::Local(limiter) => limiter.usage(limits),
            Self::Redis(limiter) => limiter.usage(limits).await,
        }
    }

    /// Tells from now on whenever a slot of this subject that was open on this node is free again.
    pub fn watch(&self, tenant_id: TenantId, subject: Subject) -> Freed {
        match self {
            Self::Local(limiter) => limiter.watch(tenant_id, subject),
            Self::Redis(limiter) => limiter.watch(tenant_id, subject),
        }
    }

    /// Concurrency slots that this node holds now, each counted once for each limit that it is held of: for metrics.
    pub fn slots(&self) -> usize {
        match self {
            Self::Local(limiter) => limiter.slots(),
            Self::Redis(limiter) => limiter.slots(),
        }
    }

    /// For health pages and metrics.
    pub fn state(&self) -> LimiterState {
        match self {
            Self::Local(_) => LimiterState::InProcess,
            Self::Redis(limiter) => limiter.state(),
        }
    }
}

#[cfg(test)]
mod tests;
