//! The vocabulary of limits: what can be limited (subject, span, metric) and how windows are cut into buckets, which
//! both twins follow. Plain data; no state, no clock, no Redis. What a request asks and is told is in `admission.rs`.

use crate::admission::Booking;
use std::fmt;
use std::sync::Arc;
use tollgate_contract::ids::{KeyId, TenantId, UserId};

/// Buckets that a span is cut into. Sixty keep the error under 2 % and make a minute's buckets whole seconds.
pub const BUCKETS: i64 = 60;

/// Buckets that count at once: those of a full span and the one that is being filled. The oldest is counted whole even
/// when only its last instant still lies in the span, so a window never under-counts.
pub const RING: i64 = BUCKETS + 1;

/// The largest limit and the largest amount booked at once: 2^53 − 1, what Lua's numbers hold exactly.
/// As nano-USD it is nine million dollars.
pub const AMOUNT_MAX: u64 = (1 << 53) - 1;

/// Windows in one set: all five spans and three metrics for key, user and tenant are 45.
pub const WINDOWS_MAX: usize = 64;

/// Concurrency limits in one set: key, user, tenant, and room.
pub const CONCURRENCY_MAX: usize = 8;

/// The length of a sliding window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Span {
    /// 60 seconds.
    Minute,
    /// 60 minutes.
    Hour,
    /// 24 hours.
    Day,
    /// 7 days.
    Week,
    /// 30 days. A sliding window has no calendar; budgets have.
    Month,
}

impl Span {
    /// The width of one bucket in milliseconds.
    pub const fn bucket_ms(self) -> i64 {
        match self {
            Self::Minute => 1_000,
            Self::Hour => 60_000,
            Self::Day => 1_440_000,
            Self::Week => 10_080_000,
            Self::Month => 43_200_000,
        }
    }

    const fn letter(self) -> char {
        match self {
            Self::Minute => 'm',
            Self::Hour => 'h',
            Self::Day => 'd',
            Self::Week => 'w',
            Self::Month => 'M',
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "30 days",
        })
    }
}

/// What a window counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Metric {
    /// Requests, counted when they are admitted. One that is refused by a window is not counted; one that fails later is.
    Requests,
    /// Tokens, booked after the answer. A request is admitted while less than the limit is booked.
    Tokens,
    /// Cost in nano-USD, as tokens.
    CostNano,
}

impl Metric {
    const fn letter(self) -> char {
        match self {
            Self::Requests => 'r',
            Self::Tokens => 't',
            Self::CostNano => 'c',
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Requests => "requests",
            Self::Tokens => "tokens",
            Self::CostNano => "nano-USD",
        })
    }
}

/// Whose use is limited, within one tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// One API key.
    Key(KeyId),
    /// All keys of a user together.
    User(UserId),
    /// All of the tenant.
    Tenant,
}

impl Subject {
    /// A short word for messages.
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Key(_) => "key",
            Self::User(_) => "user",
            Self::Tenant => "organisation",
        }
    }

    fn code(self) -> String {
        match self {
            Self::Key(id) => format!("k{}", id.0.as_simple()),
            Self::User(id) => format!("u{}", id.0.as_simple()),
            Self::Tenant => "t".to_owned(),
        }
    }
}

/// "At most `limit` of `metric` per `span` for `subject`."
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowLimit {
    /// Whose.
    pub subject: Subject,
    /// How long.
    pub span: Span,
    /// Of what.
    pub metric: Metric,
    /// How much. 0 refuses everything.
    pub limit: u64,
}

/// "At most `limit` requests of `subject` at the same time."
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConcurrencyLimit {
    /// Whose.
    pub subject: Subject,
    /// How many.
    pub limit: u32,
}

/// More limits than one request may be checked against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{windows} windows and {concurrency} concurrency limits; at most {WINDOWS_MAX} and {CONCURRENCY_MAX} are possible"
)]
pub struct TooManyLimits {
    /// Windows asked for.
    pub windows: usize,
    /// Concurrency limits asked for.
    pub concurrency: usize,
}

/// All limits that a request is checked against, with what can be prepared once. Build it when a key is loaded and keep
/// it with the key: cloning is cheap.
#[derive(Clone, Debug)]
pub struct LimitSet(Arc<Limits>);

#[derive(Debug)]
pub(crate) struct Limits {
    pub(crate) tenant_id: TenantId,
    pub(crate) windows: Vec<WindowLimit>,
    pub(crate) concurrency: Vec<ConcurrencyLimit>,
    /// Redis keys, in the order of `windows` and `concurrency`.
    pub(crate) window_keys: Vec<String>,
    pub(crate) slot_keys: Vec<String>,
}

impl LimitSet {
    /// A set of one tenant's limits. Where the same thing is limited twice, the smaller limit holds.
    pub fn new(
        tenant_id: TenantId,
        windows: impl IntoIterator<Item = WindowLimit>,
        concurrency: impl IntoIterator<Item = ConcurrencyLimit>,
    ) -> Result<Self, TooManyLimits> {
        let mut kept: Vec<WindowLimit> = Vec::new();
        for mut new in windows {
            new.limit = new.limit.min(AMOUNT_MAX);
            let same = |old: &&mut WindowLimit| {
                (old.subject, old.span, old.metric) == (new.subject, new.span, new.metric)
            };
            match kept.iter_mut().find(same) {
                Some(old) => old.limit = old.limit.min(new.limit),
                None => kept.push(new),
            }
        }
        let mut slots: Vec<ConcurrencyLimit> = Vec::new();
        for new in concurrency {
            match slots.iter_mut().find(|old| old.subject == new.subject) {
                Some(old) => old.limit = old.limit.min(new.limit),
                None => slots.push(new),
            }
        }
        if kept.len() > WINDOWS_MAX || slots.len() > CONCURRENCY_MAX {
            return Err(TooManyLimits {
                windows: kept.len(),
                concurrency: slots.len(),
            });
        }
        Ok(Self::prepared(tenant_id, kept, slots))
    }

    /// A key's own limits: requests per minute and requests at the same time; `None` is no limit.
    pub fn for_key(
        tenant_id: TenantId,
        key_id: KeyId,
        requests_per_minute: Option<u32>,
        concurrency: Option<u32>,
    ) -> Self {
        let subject = Subject::Key(key_id);
        let window = requests_per_minute.map(|limit| WindowLimit {
            subject,
            span: Span::Minute,
            metric: Metric::Requests,
            limit: limit.into(),
        });
        let slots = concurrency.map(|limit| ConcurrencyLimit { subject, limit });
        Self::prepared(
            tenant_id,
            window.into_iter().collect(),
            slots.into_iter().collect(),
        )
    }

    fn prepared(tenant_id: TenantId, windows: Vec<WindowLimit>, concurrency: Vec<ConcurrencyLimit>) -> Self {
        let tag = hash_tag(tenant_id);
        let window_key = |limit: &WindowLimit| {
            let (subject, span, metric) = (limit.subject.code(), limit.span.letter(), limit.metric.letter());
            format!("{tag}:w:{subject}:{span}{metric}")
        };
        let slot_key = |limit: &ConcurrencyLimit| format!("{tag}:c:{}", limit.subject.code());
        Self(Arc::new(Limits {
            tenant_id,
            window_keys: windows.iter().map(window_key).collect(),
            slot_keys: concurrency.iter().map(slot_key).collect(),
            windows,
            concurrency,
        }))
    }

    /// Whether nothing is limited.
    pub fn is_empty(&self) -> bool {
        self.0.windows.is_empty() && self.0.concurrency.is_empty()
    }

    pub(crate) fn inner(&self) -> &Limits {
        &self.0
    }
}

impl Limits {
    /// What a finished request adds to the window at `index`.
    pub(crate) fn amount(&self, index: usize, requests: u64, booking: &Booking) -> u64 {
        let amount = match self.windows.get(index).map(|window| window.metric) {
            Some(Metric::Requests) => requests,
            Some(Metric::Tokens) => booking.tokens,
            Some(Metric::CostNano) => booking.cost_nano,
            None => 0,
        };
        amount.min(AMOUNT_MAX)
    }
}

/// The part of a Redis key that keeps all of a tenant's entries in one cluster slot, so that one script can touch them.
pub(crate) fn hash_tag(tenant_id: TenantId) -> String {
    format!("tg:{{{}}}", tenant_id.0.as_simple())
}
