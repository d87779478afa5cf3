//! An account's caps over all nodes, and which of them is reached.

use chrono::{DateTime, Utc};
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering};

/// Most that may go to an account, over all nodes. `None`: no cap; a cap is never 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Caps {
    /// Requests at the same time.
    pub concurrency: Option<u32>,
    /// Requests begun in any minute.
    pub requests_per_minute: Option<u32>,
    /// Tokens in any minute, by what answers turned out to use: what is in flight when the cap is reached comes on top.
    pub tokens_per_minute: Option<u64>,
    /// Nano-USD in a day of the owner's zone, by what is settled, and what this node booked since.
    pub daily_cost_nano: Option<i64>,
}

/// Why an account takes no more requests though nothing is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Full {
    /// It has as many requests in flight as it may have; on several nodes, this node has its share of them.
    Concurrency {
        /// Over all nodes.
        cap: u32,
    },
    /// The last minute had as many requests as it may have.
    Requests {
        /// Over all nodes.
        per_minute: u32,
        /// When the next may go.
        until: DateTime<Utc>,
    },
    /// The last minute had as many tokens as it may have.
    Tokens {
        /// Over all nodes.
        per_minute: u64,
        /// When the next may go.
        until: DateTime<Utc>,
    },
    /// The day has cost what it may cost.
    DailyCost {
        /// In nano-USD.
        cap_nano: i64,
        /// When the day ends in its owner's zone.
        until: DateTime<Utc>,
    },
    /// Other tenants wait for it, and this one has its share.
    FairShare {
        /// Seats that the tenant may have while others wait.
        share: u32,
        /// Seats that it has.
        in_flight: u32,
    },
}

impl Full {
    /// When it takes requests again, if that is a matter of time.
    pub(crate) fn until(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Concurrency { .. } | Self::FairShare { .. } => None,
            Self::Requests { until, .. } | Self::Tokens { until, .. } | Self::DailyCost { until, .. } => {
                Some(*until)
            }
        }
    }
}

/// The caps as they are now: a snapshot changes them while requests look. 0: none.
#[derive(Debug, Default)]
pub(super) struct KeptCaps {
    concurrency: AtomicU32,
    requests: AtomicU32,
    tokens: AtomicU64,
    cost: AtomicI64,
}

impl KeptCaps {
    pub(super) fn set(&self, caps: Caps) {
        self.concurrency
            .store(caps.concurrency.unwrap_or_default(), Ordering::Relaxed);
        self.requests
            .store(caps.requests_per_minute.unwrap_or_default(), Ordering::Relaxed);
        self.tokens
            .store(caps.tokens_per_minute.unwrap_or_default(), Ordering::Relaxed);
        self.cost
            .store(caps.daily_cost_nano.unwrap_or_default(), Ordering::Relaxed);
    }

    pub(super) fn get(&self) -> Caps {
        Caps {
            concurrency: Some(self.concurrency.load(Ordering::Relaxed)).filter(|cap| *cap > 0),
            requests_per_minute: Some(self.requests.load(Ordering::Relaxed)).filter(|cap| *cap > 0),
            tokens_per_minute: Some(self.tokens.load(Ordering::Relaxed)).filter(|cap| *cap > 0),
            daily_cost_nano: Some(self.cost.load(Ordering::Relaxed)).filter(|cap| *cap > 0),
        }
    }
}
