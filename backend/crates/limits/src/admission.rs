//! One request at the door: what it asks, what it is told, what it leaves behind. Plain data; who decides is in
//! `local.rs` and `redis.rs`.

use crate::concurrency::Slot;
use crate::windows::{LimitSet, Metric, Span, Subject, hash_tag};
use std::fmt;
use std::time::Duration;
use tollgate_contract::ids::{AccountId, TenantId};
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

/// Which limit said no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitKind {
    /// A sliding window.
    Window {
        /// Whose.
        subject: Subject,
        /// How long.
        span: Span,
        /// Of what.
        metric: Metric,
    },
    /// Too many requests at the same time.
    Concurrency {
        /// Whose.
        subject: Subject,
    },
}

/// The request may not pass now. Where several windows refuse, the one that takes longest to free is told, so that who
/// waits `retry_after` is not refused again by another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { limit, used, .. } = self;
        match self.kind {
            LimitKind::Window {
                subject,
                span,
                metric,
            } => {
                write!(
                    f,
                    "this {} may use {limit} {metric} per {span}; {used} are used",
                    subject.noun()
                )?;
            }
            LimitKind::Concurrency { subject } => {
                write!(
                    f,
                    "this {} may have {limit} requests open at the same time; {used} are open",
                    subject.noun()
                )?;
            }
        }
        match self.retry_after_secs() {
            Some(seconds) => write!(f, "; try again in {seconds} s"),
            None => Ok(()),
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
