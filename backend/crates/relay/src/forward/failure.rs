//! A try that failed before the client had a byte: what it means for the account, and what the client is told if no other
//! account can answer. Never in here: trying again.

use crate::platforms::{Blame, Learnt};
use crate::refusal::{Refusal, Retry};
use crate::upstream::ReadFault;
use chrono::{DateTime, Utc};
use std::time::Duration;
use tollgate_net::{ProxyFailure, SendError};
use tollgate_scheduler::{Observed, RenewFault, Seat};
use tollgate_wire::error::ErrorKind;

/// A try that failed before the client had a byte.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) refusal: Refusal,
    pub(crate) timed_out: bool,
    /// The upstream may have done work that it did not tell us about.
    pub(crate) unknown_cost: bool,
    /// What it says of the account; `None` where it is our own shortage: then no other account is asked either, and what
    /// was produced is booked.
    pub(super) observed: Option<Observed>,
    pub(super) http_status: Option<u16>,
    /// Nothing was sent, since there was no token to send with.
    pub(super) is_unsent: bool,
    /// What it says of the account beside its state.
    pub(super) learnt: Learnt,
}

impl Failure {
    /// Tells the account; `asked` is the model that was asked for. `None` where it says nothing of it.
    pub(super) fn report(&self, seat: &Seat, asked: &str) -> Option<()> {
        seat.observe(self.observed?);
        self.learnt.report(seat, asked);
        Some(())
    }

    /// Whether the failure is ours, after the upstream had answered.
    pub(crate) fn is_ours(&self) -> bool {
        self.observed.is_none()
    }
}

impl Failure {
    pub(super) fn unusable(code: &'static str, http_status: Option<u16>) -> Self {
        let message = "The upstream's answer could not be used.";
        Self {
            refusal: Refusal::for_now(ErrorKind::BadGateway, code, message, Retry::Open),
            timed_out: false,
            unknown_cost: true,
            observed: Some(Observed::Failed {
                reason: "unusable answer",
            }),
            http_status,
            is_unsent: false,
            learnt: Learnt::Nothing,
        }
    }

    /// A good answer that can't be read because of what the client made the model write: the account is not at fault, no
    /// other one would do better, and the vendor bills it.
    pub(super) fn provoked(http_status: u16) -> Self {
        Self {
            observed: None,
            ..Self::unusable("answer_unreadable", Some(http_status))
        }
    }

    /// There is no token to send with. The renewer has judged the account already.
    pub(super) fn of_token(fault: &RenewFault) -> Self {
        let message = "The upstream account has no token to send with; an administrator of the organisation must look at it.";
        Self {
            refusal: Refusal::for_now(ErrorKind::BadGateway, fault.code(), message, Retry::Open),
            timed_out: false,
            unknown_cost: false,
            observed: Some(Observed::NotPermitted),
            http_status: None,
            is_unsent: true,
            learnt: Learnt::Nothing,
        }
    }

    pub(super) fn of_send(error: &SendError) -> Self {
        let timed_out = match error {
            SendError::HeaderTimeout(_) | SendError::ConnectTimeout(_) => true,
            SendError::Proxy(error) => matches!(error.failure, ProxyFailure::Timeout { .. }),
            _ => false,
        };
        let (kind, message) = if timed_out {
            (ErrorKind::GatewayTimeout, "The upstream did not answer in time.")
        } else {
            (
                ErrorKind::BadGateway,
                "The upstream could not be reached, or closed the connection before it answered.",
            )
        };
        Self {
            refusal: Refusal::for_now(kind, error.code(), message, Retry::Open),
            timed_out,
            unknown_cost: error.may_have_been_sent(),
            observed: Some(Observed::Failed { reason: error.code() }),
            http_status: None,
            is_unsent: false,
            learnt: Learnt::Nothing,
        }
    }

    pub(super) fn of_read(fault: &ReadFault, http_status: Option<u16>) -> Self {
        tracing::info!(%fault, "an upstream's answer ended early");
        let (kind, code) = (fault.kind(), fault.code());
        let ours = matches!(fault, ReadFault::NoRoom);
        let retry = if ours {
            Retry::After(Duration::from_secs(1))
        } else {
            Retry::Open
        };
        Self {
            refusal: Refusal::for_now(kind, code, fault.message(), retry),
            timed_out: matches!(fault, ReadFault::Timeout(_)),
            unknown_cost: true,
            observed: (!ours).then_some(Observed::Failed { reason: code }),
            http_status,
            is_unsent: false,
            learnt: Learnt::Nothing,
        }
    }

    pub(super) fn of_verdict(blame: Blame, http_status: Option<u16>, now: DateTime<Utc>) -> Self {
        let (kind, message, retry) = words(blame, now);
        Self {
            refusal: Refusal::for_now(kind, blame.code, message, retry),
            timed_out: false,
            unknown_cost: false,
            observed: Some(blame.observed),
            http_status,
            is_unsent: false,
            learnt: blame.learnt,
        }
    }
}

/// What a client is told if no other account can answer.
fn words(blame: Blame, now: DateTime<Utc>) -> (ErrorKind, &'static str, Retry) {
    let within =
        |until: Option<DateTime<Utc>>| Retry::within(until.and_then(|until| (until - now).to_std().ok()));
    match blame.observed {
        Observed::RateLimited { until } => (
            ErrorKind::RateLimit,
            "The upstream's rate limit is reached.",
            within(until),
        ),
        Observed::ModelLimited { until } => (
            ErrorKind::RateLimit,
            "The upstream's limit of this model is reached.",
            within(until),
        ),
        Observed::WindowUsedUp { until, .. } => (
            ErrorKind::RateLimit,
            "What the upstream account may use in this window is used up.",
            within(until),
        ),
        Observed::Overloaded { until } => (
            ErrorKind::Overloaded,
            "The upstream is overloaded.",
            within(until),
        ),
        Observed::Unauthorized | Observed::NeedsPerson { .. } => (
            ErrorKind::BadGateway,
            "The upstream refuses its account's credential; an administrator of the organisation must renew it.",
            Retry::Never,
        ),
        Observed::QuotaExhausted { .. } => (
            ErrorKind::Unavailable,
            "The upstream account's quota is used up; an administrator of the organisation must look at it.",
            Retry::Never,
        ),
        Observed::NotPermitted if blame.code == "upstream_forbidden" => (
            ErrorKind::BadGateway,
            "The upstream does not permit its account this request; an administrator must look at it.",
            Retry::Never,
        ),
        Observed::Failed { .. } | Observed::NotPermitted | Observed::Answered => {
            (ErrorKind::BadGateway, "The upstream failed.", Retry::Open)
        }
    }
}
