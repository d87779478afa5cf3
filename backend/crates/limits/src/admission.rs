//! One request at the door: what it asks, what it is told, what it leaves behind. Plain data; who decides is in
//! `local.rs` and `redis.rs`.

use crate::concurrency::Slot;
use crate::set::{LimitSet, Placed};
use crate::windows::{Family, Metric, Span, Subject, hash_tag};
use chrono::{DateTime, TimeDelta, Utc};
use std::fmt;
use std::time::Duration;
use tollgate_contract::ids::{AccountId, TenantId};
use tollgate_contract::keys::LimitUse;
use tollgate_contract::money::NanoUsd;
use uuid::Uuid;

/// How long a sticky entry lives after its last use.
pub const STICKY_TTL: Duration = Duration::from_hours(1);

/// Which conversation a request belongs to: the first 16 bytes of a SHA-256 over whatever tells it (and over the
/// platform, if an account of one cannot serve another). Always looked up within the tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StickyKey(pub [u8; 16]);

impl StickyKey {
    pub(crate) fn redis_key(self, tenant_id: TenantId) -> String {
        format!("{}:s:{:032x}", hash_tag(tenant_id), u128::from_be_bytes(self.0))
    }
}

/// One request at the door.
#[derive(Clone, Copy, Debug)]
pub struct AdmitCheck<'a> {
    /// What it is checked against.
    pub limits: &'a LimitSet,
    /// The model it asks for: windows of a family count those that fit it alone.
    pub model: &'a str,
    /// The name of its concurrency slot: unique, such as the request id.
    pub slot: Uuid,
    /// Its conversation, if it has one: then the account that served it last is looked up in the same round trip.
    pub sticky: Option<StickyKey>,
}

/// The request may pass.
#[derive(Debug)]
pub struct Admitted {
    /// Gives the concurrency slot back when dropped; consume it with [`Slot::finish`] to book what was used.
    pub slot: Slot,
    /// The account that served this conversation last.
    pub sticky: Option<AccountId>,
    /// What is left for the next one.
    pub headroom: Headroom,
}

/// What is left in the tightest window of each metric, this request counted. Absent where nothing is limited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Headroom {
    /// Of requests.
    pub requests: Option<Left>,
    /// Of tokens.
    pub tokens: Option<Left>,
}

/// What is left in a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// How much the window allows. While nodes share limits without Redis, the whole of it.
    pub limit: u64,
    /// How much of it is left; of this node's share while nodes share limits without Redis.
    pub remaining: u64,
    /// When all of it will be left, if nothing more is used.
    pub full_after: Duration,
}

impl Headroom {
    /// Takes one more window into account: the least is left in the tightest, and of two alike that one which takes
    /// longer to fill up.
    pub(crate) fn see(&mut self, placed: Placed<'_>, left: Left) {
        let place = match placed.window.metric {
            Metric::Requests => &mut self.requests,
            Metric::Tokens => &mut self.tokens,
            Metric::CostNano => return,
        };
        let tighter = |old: &Left| {
            left.remaining < old.remaining
                || left.remaining == old.remaining && left.full_after > old.full_after
        };
        if place.as_ref().is_none_or(tighter) {
            *place = Some(left);
        }
    }
}

/// A limit and how much of it is used now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitUsage {
    /// Which.
    pub kind: LimitKind,
    /// How much it allows.
    pub limit: u64,
    /// How much is used.
    pub used: u64,
    /// After how long there is room for one more; absent where there is, or where time alone does not help.
    pub frees_after: Option<Duration>,
}

impl LimitUsage {
    /// As the management API and a key's holder see it.
    pub fn shown(&self, now: DateTime<Utc>) -> LimitUse {
        let (subject, window) = match &self.kind {
            LimitKind::Window {
                subject,
                span,
                metric,
                family,
            } => (subject, Some((span, metric, family))),
            LimitKind::Concurrency { subject } => (subject, None),
        };
        let frees_after = self.frees_after.and_then(|wait| TimeDelta::from_std(wait).ok());
        LimitUse {
            subject: subject.word().to_owned(),
            span: window.map(|(span, ..)| span.rule()),
            metric: window.map(|(_, metric, _)| metric.rule()),
            models: window.and_then(|(.., family)| Some(family.as_ref()?.pattern().to_owned())),
            limit: self.limit,
            used: self.used,
            frees_at: frees_after.and_then(|wait| now.checked_add_signed(wait)),
        }
    }
}

/// What a finished request used, and which account served it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Booking {
    /// Tokens, all kinds together.
    pub tokens: u64,
    /// What it cost, in nano-USD.
    pub cost_nano: u64,
    /// Keep the conversation on this account.
    pub sticky: Option<(StickyKey, AccountId)>,
}

/// Which limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LimitKind {
    /// A sliding window.
    Window {
        /// Whose.
        subject: Subject,
        /// How long.
        span: Span,
        /// Of what.
        metric: Metric,
        /// Of which models; of all if absent.
        family: Option<Family>,
    },
    /// Too many requests at the same time.
    Concurrency {
        /// Whose.
        subject: Subject,
    },
}

/// The request may not pass now. Where several windows refuse, the one that takes longest to free is told, so that who
/// waits `retry_after` is not refused again by another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Which limit.
    pub kind: LimitKind,
    /// How much it allows. While nodes share limits without Redis, the whole of it, though this node grants its share.
    pub limit: u64,
    /// How much is used.
    pub used: u64,
    /// When enough buckets will have left the window for one more request, to the millisecond. `None` when time alone
    /// does not help: another request has to end first, or the limit is 0.
    pub retry_after: Option<Duration>,
    /// What is left in the windows.
    pub headroom: Box<Headroom>,
}

impl Refused {
    /// `retry_after` in whole seconds, rounded up: what the header carries.
    pub fn retry_after_secs(&self) -> Option<u64> {
        self.retry_after
            .map(|wait| wait.as_secs() + u64::from(wait.subsec_nanos() > 0))
    }

    /// A stable code for error bodies and metrics.
    pub fn code(&self) -> &'static str {
        match self.kind {
            LimitKind::Window {
                metric: Metric::Requests,
                ..
            } => "request_limit_exceeded",
            LimitKind::Window {
                metric: Metric::Tokens,
                ..
            } => "token_limit_exceeded",
            LimitKind::Window {
                metric: Metric::CostNano,
                ..
            } => "cost_limit_exceeded",
            LimitKind::Concurrency { .. } => "concurrency_limit_exceeded",
        }
    }
}

impl fmt::Display for Refused {
    /// Which limit, how much it allows, how much is used: half a sentence, without the wait.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { limit, used, .. } = self;
        match &self.kind {
            LimitKind::Window {
                subject,
                span,
                metric,
                family,
            } => {
                let (noun, limit, used) = (subject.noun(), amount(*metric, *limit), amount(*metric, *used));
                let what = match metric {
                    Metric::Requests => " requests",
                    Metric::Tokens => " tokens",
                    Metric::CostNano => "",
                };
                write!(f, "this {noun} may use {limit}{what} per {span}")?;
                if let Some(family) = family {
                    write!(f, " of models that fit `{}`", family.pattern())?;
                }
                write!(f, ", and {used} are used")
            }
            LimitKind::Concurrency { subject } => {
                write!(
                    f,
                    "this {} may have {limit} requests at the same time, and {used} are running",
                    subject.noun()
                )
            }
        }
    }
}

/// Money as people write it, other amounts as they are.
fn amount(metric: Metric, amount: u64) -> String {
    match metric {
        Metric::Requests | Metric::Tokens => amount.to_string(),
        Metric::CostNano => {
            let nano = i64::try_from(amount).unwrap_or(i64::MAX);
            format!("{} USD", NanoUsd(nano).exact_usd())
        }
    }
}

impl std::error::Error for Refused {}

/// Of all refusals, the one to tell: of windows the longest wait (never ends is longest; the first of equals), else the
/// first concurrency limit.
pub(crate) fn worst(refusals: impl IntoIterator<Item = Refused>) -> Option<Refused> {
    refusals.into_iter().reduce(|worst, next| {
        let windows =
            matches!(worst.kind, LimitKind::Window { .. }) && matches!(next.kind, LimitKind::Window { .. });
        let longer = match (worst.retry_after, next.retry_after) {
            (Some(a), Some(b)) => b > a,
            (Some(_), None) => true,
            (None, _) => false,
        };
        if windows && longer { next } else { worst }
    })
}
