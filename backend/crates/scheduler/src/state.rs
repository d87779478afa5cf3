//! The state machine of an account: what an observed answer makes of it, and what a state means for the next request.
//! Pure: the time comes in, nothing is stored.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use std::sync::Arc;
use tollgate_contract::accounts::AccountState;

/// Without a reset header: vendors' shortest windows are minutes.
const RATE_LIMITED_DEFAULT: TimeDelta = TimeDelta::seconds(60);
/// A day is longer than any window of requests or tokens; a header that says more is wrong.
const RATE_LIMITED_MAX: TimeDelta = TimeDelta::hours(24);
/// Overload passes quickly; other accounts take over meanwhile.
const OVERLOADED_DEFAULT: TimeDelta = TimeDelta::seconds(20);
/// Nobody can foretell overload for longer.
const OVERLOADED_MAX: TimeDelta = TimeDelta::hours(1);
/// Without a word from the vendor: a person has to top up, which may happen any time.
const QUOTA_DEFAULT: TimeDelta = TimeDelta::hours(1);
/// The longest quotas are monthly.
const QUOTA_MAX: TimeDelta = TimeDelta::days(31);
/// A reset in the past (the vendor's clock differs) still means that this request was refused.
const COOL_DOWN_MIN: TimeDelta = TimeDelta::seconds(1);
/// A cool-down that ends later by no more than this is the same one: a burst of refusals is one transition.
const EXTENSION_MIN: TimeDelta = TimeDelta::seconds(5);
/// So many failures without an answer between them make an account faulty …
const FAILURES_MAX: u32 = 3;
/// … if they came within this time.
const FAILURE_WINDOW: TimeDelta = TimeDelta::seconds(60);
/// The first rest of a faulty account; each failed probe doubles it …
const BACK_OFF_FIRST: TimeDelta = TimeDelta::seconds(10);
/// … up to this: whoever repaired the upstream does not wait long.
const BACK_OFF_MAX: TimeDelta = TimeDelta::minutes(5);

/// What came of a request, as far as it tells of the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Observed {
    /// The upstream answered as it should, or found the fault in the request itself.
    Answered,
    /// 429; until the reset that the vendor named, if it named one.
    RateLimited {
        /// The end of the vendor's window.
        until: Option<DateTime<Utc>>,
    },
    /// 529, or 503 with a time.
    Overloaded {
        /// When to come back, if it was said.
        until: Option<DateTime<Utc>>,
    },
    /// 401, or a 403 that means the credential: it is refused.
    Unauthorized,
    /// 403: the account may not use this model or feature. It may well use others, so this says nothing of how it is
    /// doing: no state, no streak of failures and no cool-down changes. The caller lists the account as tried. If the
    /// request was the probe of a faulty account, the next request is the probe.
    NotPermitted,
    /// 402, or a 429 that speaks of quota or credit.
    QuotaExhausted {
        /// When the quota is renewed, if it was said.
        until: Option<DateTime<Utc>>,
    },
    /// 5xx, no connection, no answer, or garbage.
    Failed {
        /// What a person shall read, such as `the connection was refused`. Never secrets or addresses.
        reason: &'static str,
    },
}

/// What a state means for the next request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Takes requests.
    Open,
    /// Takes one request, whose outcome decides.
    HalfOpen,
    /// Takes none.
    Out,
}

/// How an account is doing.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Condition {
    pub(crate) state: AccountState,
    /// When a state that ends by itself does so.
    pub(crate) until: Option<DateTime<Utc>>,
    /// Why, for a person.
    pub(crate) reason: Arc<str>,
    /// Since when, to the microsecond, as PostgreSQL keeps it.
    pub(crate) since: DateTime<Utc>,
    /// Failures in a row of a faulty account; they decide how long it rests.
    pub(crate) failures: u32,
    /// The latest failures without an answer since, newest first.
    streak: [Option<DateTime<Utc>>; 2],
}

impl Condition {
    pub(crate) fn new(
        state: AccountState,
        until: Option<DateTime<Utc>>,
        reason: &str,
        since: DateTime<Utc>,
        failures: u32,
    ) -> Self {
        Self {
            state,
            until,
            reason: reason.into(),
            since,
            failures,
            streak: [None; 2],
        }
    }

    /// What it means for a request now.
    pub(crate) fn standing(&self, now: DateTime<Utc>) -> Standing {
        let rests = self.until.is_some_and(|until| now < until);
        match self.state {
            AccountState::Active => Standing::Open,
            AccountState::Unauthorized | AccountState::Disabled => Standing::Out,
            AccountState::RateLimited | AccountState::Overloaded | AccountState::QuotaExhausted => {
                if rests {
                    Standing::Out
                } else {
                    Standing::Open
                }
            }
            AccountState::Faulty => {
                if rests {
                    Standing::Out
                } else {
                    Standing::HalfOpen
                }
            }
        }
    }

    /// When it takes requests again, if that is a matter of time.
    pub(crate) fn recovers_at(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self.state {
            AccountState::Active | AccountState::Unauthorized | AccountState::Disabled => None,
            _ => self.until.filter(|until| now < *until),
        }
    }

    /// Takes in what came of a request; `probe`: of the one request that a faulty account was given. Tells whether the
    /// state is another one now, which is to be written and announced.
    pub(crate) fn observe(&mut self, seen: Observed, probe: bool, now: DateTime<Utc>) -> bool {
        match seen {
            Observed::Answered => self.answered(now),
            Observed::RateLimited { until } => {
                let until = bounded(until, RATE_LIMITED_DEFAULT, RATE_LIMITED_MAX, now);
                self.cool_down(
                    AccountState::RateLimited,
                    until,
                    "429: its rate limit is reached",
                    now,
                )
            }
            Observed::Overloaded { until } => {
                let until = bounded(until, OVERLOADED_DEFAULT, OVERLOADED_MAX, now);
                self.cool_down(
                    AccountState::Overloaded,
                    until,
                    "529: the upstream is overloaded",
                    now,
                )
            }
            Observed::QuotaExhausted { until } => {
                let until = bounded(until, QUOTA_DEFAULT, QUOTA_MAX, now);
                self.cool_down(
                    AccountState::QuotaExhausted,
                    until,
                    "its quota or credit is used up",
                    now,
                )
            }
            Observed::Unauthorized => {
                if self.needs_a_person() {
                    return false;
                }
                self.enter(
                    AccountState::Unauthorized,
                    None,
                    "the upstream refuses its credential",
                    now,
                );
                true
            }
            Observed::NotPermitted => false,
            Observed::Failed { reason } => self.failed(reason, probe, now),
        }
    }

    /// Makes it active: after an answer, and when its credential is another one now.
    pub(crate) fn recover(&mut self, now: DateTime<Utc>) {
        self.enter(AccountState::Active, None, "", now);
    }

    /// An answer to a request of before a cool-down says nothing about its end.
    fn answered(&mut self, now: DateTime<Utc>) -> bool {
        self.streak = [None; 2];
        if self.state == AccountState::Active || self.standing(now) == Standing::Out {
            return false;
        }
        self.recover(now);
        true
    }

    /// Of two cool-downs the one that ends later holds.
    fn cool_down(
        &mut self,
        state: AccountState,
        until: DateTime<Utc>,
        reason: &str,
        now: DateTime<Utc>,
    ) -> bool {
        if self.needs_a_person() {
            return false;
        }
        self.streak = [None; 2];
        if self
            .recovers_at(now)
            .is_some_and(|current| until <= current + EXTENSION_MIN)
        {
            return false;
        }
        self.enter(state, Some(until), reason, now);
        true
    }

    /// While an account rests, requests of before may go on failing: that is nothing new.
    fn failed(&mut self, reason: &str, probe: bool, now: DateTime<Utc>) -> bool {
        let failures = match self.standing(now) {
            Standing::HalfOpen if probe => self.failures.saturating_add(1).max(FAILURES_MAX),
            Standing::HalfOpen | Standing::Out => return false,
            Standing::Open => {
                let [last, before] = self.streak;
                if before.is_none_or(|before| now - before > FAILURE_WINDOW) {
                    self.streak = [Some(now), last];
                    return false;
                }
                FAILURES_MAX
            }
        };
        let text = format!("{failures} failures in a row, the last: {reason}");
        self.enter(AccountState::Faulty, Some(now + back_off(failures)), &text, now);
        self.failures = failures;
        true
    }

    fn needs_a_person(&self) -> bool {
        matches!(self.state, AccountState::Unauthorized | AccountState::Disabled)
    }

    fn enter(&mut self, state: AccountState, until: Option<DateTime<Utc>>, reason: &str, now: DateTime<Utc>) {
        // A transition is always later than the one before, however coarse or wayward the clock.
        let since = now.trunc_subsecs(6).max(self.since + TimeDelta::microseconds(1));
        *self = Self::new(state, until.map(|until| until.trunc_subsecs(6)), reason, since, 0);
    }
}

fn bounded(
    named: Option<DateTime<Utc>>,
    default: TimeDelta,
    max: TimeDelta,
    now: DateTime<Utc>,
) -> DateTime<Utc> {
    named
        .unwrap_or(now + default)
        .clamp(now + COOL_DOWN_MIN, now + max)
}

/// 10 s, 20 s, 40 s … 5 min.
fn back_off(failures: u32) -> TimeDelta {
    // More doublings than this are beyond the longest rest anyway.
    let doublings = failures.saturating_sub(FAILURES_MAX).min(8);
    (BACK_OFF_FIRST * (1 << doublings)).min(BACK_OFF_MAX)
}
