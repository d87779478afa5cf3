//! The vocabulary of limits: what can be limited (subject, span, metric, family of models) and how windows are cut into
//! buckets, which both twins follow. Plain data; no state, no clock, no Redis. What a request asks and is told is in
//! `admission.rs`, what all of its limits are in `set.rs`.

use sha2::{Digest as _, Sha256};
use std::fmt;
use std::sync::Arc;
use tollgate_contract::ids::{KeyId, TenantId, UserId};
use tollgate_contract::keys::WindowMetric;
use tollgate_contract::rules::{WindowSpan, fits_pattern};

/// Buckets that a span is cut into. Sixty keep the error under 2 % and make a minute's buckets whole seconds.
pub const BUCKETS: i64 = 60;

/// Buckets that count at once: those of a full span and the one that is being filled. The oldest is counted whole even
/// when only its last instant still lies in the span, so a window never under-counts.
pub const RING: i64 = BUCKETS + 1;

/// The largest limit and the largest amount booked at once: 2^53 − 1, what Lua's numbers hold exactly.
/// As nano-USD it is nine million dollars.
pub const AMOUNT_MAX: u64 = (1 << 53) - 1;

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

    /// The contract's word for it.
    pub const fn rule(self) -> WindowSpan {
        match self {
            Self::Minute => WindowSpan::Minute,
            Self::Hour => WindowSpan::Hour,
            Self::Day => WindowSpan::Day,
            Self::Week => WindowSpan::Week,
            Self::Month => WindowSpan::Month,
        }
    }

    pub(crate) const fn letter(self) -> char {
        match self {
            Self::Minute => 'm',
            Self::Hour => 'h',
            Self::Day => 'd',
            Self::Week => 'w',
            Self::Month => 'M',
        }
    }
}

impl From<WindowSpan> for Span {
    fn from(span: WindowSpan) -> Self {
        match span {
            WindowSpan::Minute => Self::Minute,
            WindowSpan::Hour => Self::Hour,
            WindowSpan::Day => Self::Day,
            WindowSpan::Week => Self::Week,
            WindowSpan::Month => Self::Month,
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
    /// The contract's word for it.
    pub const fn rule(self) -> WindowMetric {
        match self {
            Self::Requests => WindowMetric::Requests,
            Self::Tokens => WindowMetric::Tokens,
            Self::CostNano => WindowMetric::CostNano,
        }
    }

    pub(crate) const fn letter(self) -> char {
        match self {
            Self::Requests => 'r',
            Self::Tokens => 't',
            Self::CostNano => 'c',
        }
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

    /// The management API's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Key(_) => "key",
            Self::User(_) => "user",
            Self::Tenant => "tenant",
        }
    }

    pub(crate) fn code(self) -> String {
        match self {
            Self::Key(id) => format!("k{}", id.0.as_simple()),
            Self::User(id) => format!("u{}", id.0.as_simple()),
            Self::Tenant => "t".to_owned(),
        }
    }
}

/// Models whose name fits a pattern, such as `*opus*`. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Family {
    /// In lower case: patterns that differ in nothing else are one family.
    pattern: Arc<str>,
    /// The beginning of the pattern's hash: its name in keys. Two patterns of one tenant that shared it would share a
    /// window; at 64 bits nobody meets that by chance, and who seeks it limits only themselves.
    id: u64,
}

impl Family {
    /// The models that fit this pattern (`*` stands for any text, case does not matter).
    pub fn new(pattern: &str) -> Self {
        let pattern = pattern.to_ascii_lowercase();
        let digest: [u8; 32] = Sha256::digest(pattern.as_bytes()).into();
        let id = digest
            .iter()
            .take(8)
            .fold(0, |id, byte| id << 8 | u64::from(*byte));
        Self {
            pattern: pattern.into(),
            id,
        }
    }

    /// Whether a model belongs to it.
    pub fn fits(&self, model: &str) -> bool {
        fits_pattern(&self.pattern, model)
    }

    /// The pattern, in lower case.
    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    pub(crate) fn id(&self) -> u64 {
        self.id
    }
}

/// The part of a Redis key that keeps all of a tenant's entries in one cluster slot, so that one script can touch them.
pub(crate) fn hash_tag(tenant_id: TenantId) -> String {
    format!("tg:{{{}}}", tenant_id.0.as_simple())
}

/// The Redis key of a subject's set of open slots.
pub(crate) fn slot_key(tenant_id: TenantId, subject: Subject) -> String {
    format!("{}:c:{}", hash_tag(tenant_id), subject.code())
}
