//! The state machine of an account: what an observed answer makes of it, and what a state means for the next request.
//! Pure: the time comes in, nothing is stored.

mod bounds;
mod observed;

pub use observed::Observed;

use bounds::{Rest, faulty_rest};
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use std::sync::Arc;
use tollgate_contract::accounts::AccountState;

/// A cool-down that ends later by no more than this is the same one: a burst of refusals is one transition.
const EXTENSION_MIN: TimeDelta = TimeDelta::seconds(5);
/// Failures that weigh this much together, without an answer between them, make an account faulty: three of most kinds,
/// two where nothing could be sent …
const FAILURES_WEIGHT: u32 = 6;
/// … if they came within this time.
const FAILURE_WINDOW: TimeDelta = TimeDelta::seconds(60);
/// Failures of an account that has just become faulty: its first rest is the shortest.
const FAILURES_FIRST: u32 = 3;
/// An account that becomes faulty again within this time goes on with its rests where it left off; once it was well for
/// so long, that is forgotten.
const FORGOTTEN_AFTER: TimeDelta = TimeDelta::minutes(5);

/// What a state means for the next request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Takes requests.
    Open,
    /// Its cool-down is over, but nothing was answered since: takes a few requests a second, until one is answered.
    Trickle,
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
    /// What rests without a word from the vendor go by: of a faulty account its failures in a row, of a cooling one its
    /// refusals in a row, of an active one the failures that it had before it recovered.
    pub(crate) failures: u32,
    /// The latest failures without an answer since and their weights, newest first.
    streak: [Option<(DateTime<Utc>, u32)>; 2],
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
            _ if rests => Standing::Out,
            AccountState::RateLimited | AccountState::Overloaded | AccountState::QuotaExhausted => {
                Standing::Trickle
            }
            AccountState::Faulty => Standing::HalfOpen,
        }
    }

    /// Whether it came of the same transition, whatever failures came after it.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let told = |one: &Self| (one.state, one.until, one.since, one.failures);
        told(self) == told(other)
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
        let cool = AccountState::RateLimited;
        match seen {
            Observed::Answered => self.answered(now),
            Observed::RateLimited { until } => {
                let reason = "429: its rate limit is reached";
                self.cool_down(cool, Rest::Throttle, until, reason, now)
            }
            Observed::Overloaded { until } => {
                let reason = "529: the upstream is overloaded";
                self.cool_down(AccountState::Overloaded, Rest::Overload, until, reason, now)
            }
            Observed::WindowUsedUp { what, until } => {
                let reason = format!("429: {what}");
                self.cool_down(AccountState::QuotaExhausted, Rest::Quota, until, &reason, now)
            }
            Observed::QuotaExhausted { until } => {
                let reason = "its quota or credit is used up";
                self.cool_down(AccountState::QuotaExhausted, Rest::Quota, until, reason, now)
            }
            Observed::Unauthorized => self.refused("the upstream refuses its credential", now),
            Observed::NeedsPerson { reason } => self.refused(reason, now),
            Observed::NotPermitted | Observed::ModelLimited { .. } => false,
            Observed::Failed { reason } => self.failed(reason, probe, now),
        }
    }

    /// Takes in what came of a test that was made on purpose just now, whatever the state: an answer to it is more than
    /// all that was seen before. Only what a person switched off stays so.
    pub(crate) fn observe_test(&mut self, seen: Observed, now: DateTime<Utc>) -> bool {
        match (seen, self.state) {
            (Observed::Answered, AccountState::Disabled) => false,
            (Observed::Answered, AccountState::Active) => self.answered(now),
            (Observed::Answered, _) => {
                self.recover(now);
                true
            }
            _ => self.observe(seen, true, now),
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
        let remembered = if self.state == AccountState::Faulty {
            self.failures
        } else {
            0
        };
        self.recover(now);
        self.failures = remembered;
        true
    }

    /// Of two cool-downs the one that ends later holds.
    fn cool_down(
        &mut self,
        state: AccountState,
        rest: Rest,
        named: Option<DateTime<Utc>>,
        reason: &str,
        now: DateTime<Utc>,
    ) -> bool {
        if self.needs_a_person() {
            return false;
        }
        self.streak = [None; 2];
        let before = if self.state == state { self.failures } else { 0 };
        let span = rest.span(named, before, now);
        if let Some(current) = self.recovers_at(now) {
            // Without a word, a burst of refusals is one refusal.
            let same_again = !span.is_named && self.state == state;
            if same_again || span.until <= current + EXTENSION_MIN {
                return false;
            }
        }
        self.enter(state, Some(span.until), &format!("{reason}{}", span.note), now);
        self.failures = if span.is_named {
            0
        } else {
            before.saturating_add(1)
        };
        true
    }

    fn refused(&mut self, reason: &str, now: DateTime<Utc>) -> bool {
        if self.needs_a_person() {
            return false;
        }
        self.enter(AccountState::Unauthorized, None, reason, now);
        true
    }

    /// While an account rests, requests of before may go on failing: that is nothing new. One whose cool-down is over
    /// is open for failures as well: it becomes faulty like any other.
    fn failed(&mut self, reason: &'static str, probe: bool, now: DateTime<Utc>) -> bool {
        let failures = match self.standing(now) {
            Standing::HalfOpen if probe => self.failures.saturating_add(1).max(FAILURES_FIRST),
            Standing::HalfOpen | Standing::Out => return false,
            Standing::Open | Standing::Trickle => {
                let weight = Observed::weight(reason);
                let recent = |(at, _): &(DateTime<Utc>, u32)| now - *at <= FAILURE_WINDOW;
                let before = self.streak.into_iter().flatten().filter(recent);
                if before.map(|(_, weight)| weight).sum::<u32>() + weight < FAILURES_WEIGHT {
                    let [last, _] = self.streak;
                    self.streak = [Some((now, weight)), last];
                    return false;
                }
                match self.remembered(now) {
                    0 => FAILURES_FIRST,
                    before => before.saturating_add(1).max(FAILURES_FIRST),
                }
            }
        };
        let last = Observed::words(reason);
        let text = format!("{failures} failures in a row, the last: {last}");
        let until = now + faulty_rest(failures.saturating_sub(FAILURES_FIRST));
        self.enter(AccountState::Faulty, Some(until), &text, now);
        self.failures = failures;
        true
    }

    /// Failures of before it recovered, if that is not long ago.
    fn remembered(&self, now: DateTime<Utc>) -> u32 {
        let is_recent = self.state == AccountState::Active && now - self.since < FORGOTTEN_AFTER;
        if is_recent { self.failures } else { 0 }
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
