//! Rate-limit windows, concurrency slots and sticky entries: in process, or in Redis with the in-process twin as its
//! understudy. Budgets and anything else of money that must not be lost live in PostgreSQL, never here: all of this may
//! be forgotten without harm to the books.

mod admission;
mod concurrency;
mod local;
mod redis;
mod ring;
mod windows;

pub use admission::{AdmitCheck, Admitted, Booking, LimitKind, Refused, STICKY_TTL, StickyKey};
pub use concurrency::Slot;
pub use local::LocalLimiter;
pub use redis::{LimiterError, RedisLimiter, RedisSettings};
pub use windows::{
    AMOUNT_MAX, CONCURRENCY_MAX, ConcurrencyLimit, LimitSet, Metric, Span, Subject, TooManyLimits,
    WINDOWS_MAX, WindowLimit,
};

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
        let answer = match self {
            Self::Local(limiter) => limiter.admit(check),
            Self::Redis(limiter) => limiter.admit(check).await,
        };
        if let Err(refused) = &answer {
            metrics::counter!("tollgate_limits_refused_total", "limit" => refused.code()).increment(1);
        }
        answer
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
