//! What is said of an account that is out: codes that programs may act on, and words that follow `It was out:`. Times are
//! UTC; the day is named where it is not today.

use crate::candidate::Out;
use crate::load::Full;
use chrono::{DateTime, Timelike, Utc};
use std::borrow::Cow;
use tollgate_contract::accounts::AccountState;

/// `12:40:07 UTC`, `14:00 UTC` or `2026-09-22 14:00 UTC`.
pub(super) fn time(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let clock = if at.second() == 0 {
        "%H:%M UTC"
    } else {
        "%H:%M:%S UTC"
    };
    if at.date_naive() == now.date_naive() {
        at.format(clock).to_string()
    } else {
        at.format(&format!("%Y-%m-%d {clock}")).to_string()
    }
}

/// A subscription's window as a person calls it. Names as the vendors' headers have them.
fn window(name: &str) -> Cow<'_, str> {
    match name {
        "5h" => "its 5-hour window".into(),
        "7d" => "its weekly window".into(),
        _ => match name.split_once('_') {
            Some(("7d", models)) => format!("its weekly window for {models} models").into(),
            Some((length, models)) => format!("its window of {length} for {models}").into(),
            None => format!("its window of {name}").into(),
        },
    }
}

impl Out {
    /// Stable; see `contract::schedule::ConsideredAccount`.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::OtherPlatform => "other_platform",
            Self::Pinned => "pinned",
            Self::OwnOnly => "own_only",
            Self::NotBound => "not_bound",
            Self::Model | Self::NoOpus(_) => "model",
            Self::Unschedulable => "unschedulable",
            Self::Unusable(_) => "unusable",
            Self::Token(..) => "token",
            Self::Tried => "tried",
            Self::State { .. } => "state",
            Self::Probed => "probed",
            Self::Window { .. } => "window",
            Self::Full(Full::Concurrency { .. }) => "at_cap",
            Self::Full(Full::Requests { .. } | Full::Tokens { .. }) => "rate_cap",
            Self::Full(Full::DailyCost { .. }) => "daily_cap",
            Self::Full(Full::FairShare { .. }) => "fair_share",
            Self::Later { .. } => "later",
            Self::NotChosen => "not_chosen",
        }
    }

    /// Why, for an admin of the account's owner.
    pub(crate) fn text(&self, now: DateTime<Utc>) -> String {
        let fixed = match self {
            Self::OtherPlatform => "it is on a platform that this kind of request can't use",
            Self::Pinned => "what the request names at the vendor's lies on another account",
            Self::OwnOnly => "only the organisation's own accounts may take this request",
            Self::NotBound => "the key is bound to another account or group",
            Self::Model => "it does not offer the model",
            Self::NoOpus(None) => "its subscription has no Opus models",
            Self::NoOpus(Some(plan)) => return format!("its plan ({plan}) has no Opus models"),
            Self::Unschedulable => "it is taken out of scheduling",
            Self::Unusable(why) | Self::Token(why, None) => why,
            Self::Token(why, Some(until)) => {
                return format!("{why}; that is tried again at {}", time(*until, now));
            }
            Self::Tried => "it was tried already",
            Self::State {
                state: AccountState::Disabled,
                ..
            } => "it is disabled",
            Self::State {
                until: Some(until),
                reason,
                ..
            } => return format!("cooling down until {} after {reason}", time(*until, now)),
            Self::State {
                until: None, reason, ..
            } => return format!("out until it is reset: {reason}"),
            Self::Probed => "it has just rested and is being tried by another request",
            Self::Window { name, until } => {
                return format!("{} is used up until {}", window(name), time(*until, now));
            }
            Self::Full(full) => return full.text(now),
            Self::Later { own, first } if own.tier != first.tier => {
                "it comes after the organisation's own accounts"
            }
            Self::Later { own, .. } => {
                return format!("it comes later with its priority of {}", own.priority);
            }
            Self::NotChosen => "of the same priority, passed over by load and weight",
        };
        fixed.to_owned()
    }

    /// Code, text and end for a tenant that was granted the account: whatever is of the request, and of the account only
    /// that it is out, and for how long.
    pub(crate) fn redacted(&self, now: DateTime<Utc>) -> (&'static str, String, Option<DateTime<Utc>>) {
        let (code, text) = match self {
            Self::State {
                until: Some(until), ..
            }
            | Self::Window { until, .. } => {
                let text = format!("cooling down until {}", time(*until, now));
                return ("state", text, Some(*until));
            }
            Self::Probed | Self::Full(_) => ("at_cap", "busy"),
            Self::State { until: None, .. } | Self::Unschedulable | Self::Unusable(_) | Self::Token(..) => {
                ("unusable", "out of service")
            }
            Self::Model | Self::NoOpus(_) => ("model", "it does not offer the model"),
            Self::Later { own, first } if own.tier == first.tier => ("later", "it comes later"),
            _ => return (self.code(), self.text(now), None),
        };
        (code, text.to_owned(), None)
    }
}

impl Full {
    fn text(self, now: DateTime<Utc>) -> String {
        match self {
            Self::Concurrency { cap } => format!("it has {cap} requests in flight, which is its cap"),
            Self::Requests { per_minute, until } => {
                let until = time(until, now);
                format!("its cap of {per_minute} requests a minute is reached until {until}")
            }
            Self::Tokens { per_minute, until } => {
                let until = time(until, now);
                format!("its cap of {per_minute} tokens a minute is reached until {until}")
            }
            Self::DailyCost { until, .. } => {
                format!("its daily cost is reached until {}", time(until, now))
            }
            Self::FairShare { share, in_flight } => {
                format!(
                    "other tenants wait for it, and this one has {in_flight} seats of its share of {share}"
                )
            }
        }
    }
}
