//! A look at every account: why none can take a request, when the first one recovers, and what a dry run tells. Never on
//! the way of a request that gets an account from a large pool.

use super::choice::{Choice, Looked};
use super::{NoAccount, Wish};
use crate::candidate::{Candidate, Now, Out};
use crate::explain::Considered;
use crate::pool::Pool;
use chrono::{DateTime, Utc};

/// What the look found.
#[derive(Debug)]
pub(crate) struct Survey {
    pub(crate) considered: Considered,
    /// When the first account recovers that is out.
    pub(crate) recovers_at: Option<DateTime<Utc>>,
    configured: bool,
    offering: bool,
    untried: usize,
    at_cap: usize,
}

/// Looks at all accounts but the one that was chosen, and keeps what it finds of the first `most`.
pub(crate) fn survey(
    pool: &Pool,
    wish: &Wish<'_>,
    now: Now,
    choice: Option<&Choice<'_>>,
    looked: &Looked<'_>,
    most: usize,
) -> Survey {
    let mut survey = Survey {
        considered: Considered::new(now.at, most),
        recovers_at: None,
        configured: false,
        offering: false,
        untried: 0,
        at_cap: 0,
    };
    survey.unusable(pool, wish, false);
    // Of many, those that are none for this request are not worth the room of those that are.
    let apart_max = if pool.len() > most { most / 2 } else { most };
    let mut apart = 0;
    for candidate in &pool.candidates {
        if choice.is_some_and(|choice| std::ptr::eq(choice.candidate, candidate)) {
            continue;
        }
        let out = out(candidate, pool, wish, now, choice, looked);
        survey.count(candidate, out.as_ref(), now);
        let Some(out) = out else { continue };
        apart += usize::from(out.is_apart());
        if out.is_apart() && apart > apart_max {
            survey.considered.pass_over(candidate);
        } else {
            survey.considered.note(candidate, out);
        }
    }
    survey.unusable(pool, wish, true);
    survey
}

fn out(
    candidate: &Candidate,
    pool: &Pool,
    wish: &Wish<'_>,
    now: Now,
    choice: Option<&Choice<'_>>,
    looked: &Looked<'_>,
) -> Option<Out> {
    let rank = match candidate.rank(pool, wish) {
        Ok(rank) => rank,
        Err(out) => return Some(out),
    };
    if wish.pinned.is_some_and(|pinned| pinned != candidate.account.id) {
        return Some(Out::Pinned);
    }
    let momentary = looked.out(candidate).or_else(|| candidate.out(wish, now));
    momentary.or_else(|| {
        let first = choice?.rank;
        Some(if rank == first {
            Out::NotChosen
        } else {
            Out::Later { own: rank, first }
        })
    })
}

impl Survey {
    /// Accounts that can't be sent to: the tenant's own, or those that it was granted.
    fn unusable(&mut self, pool: &Pool, wish: &Wish<'_>, is_granted: bool) {
        for unusable in pool.unusable.iter().filter(|one| one.is_granted == is_granted) {
            let out = if wish.on(unusable.platform) == (false, false) {
                Out::OtherPlatform
            } else {
                self.configured = true;
                Out::Unusable(unusable.why)
            };
            self.considered.note_unusable(unusable, out);
        }
    }

    /// `None`: it became free while the others were looked at.
    fn count(&mut self, candidate: &Candidate, out: Option<&Out>, now: Now) {
        let recovers_at = match out {
            None => Some(now.at),
            // Of one that had the request, another request may have use.
            Some(Out::Tried) => candidate.live.recovers_at(now.at),
            Some(out) => out.until(),
        };
        self.recovers_at = [self.recovers_at, recovers_at].into_iter().flatten().min();
        if out.is_some_and(Out::is_apart) {
            return;
        }
        self.configured = true;
        if out.is_some_and(Out::is_of_model) {
            return;
        }
        self.offering = true;
        self.untried += usize::from(!matches!(out, Some(Out::Tried)));
        self.at_cap += usize::from(matches!(out, Some(Out::Full(full)) if full.until().is_none()));
    }

    pub(crate) fn refusal(self, now: DateTime<Utc>) -> NoAccount {
        let considered = self.considered;
        if !self.configured {
            return NoAccount::NoneConfigured { considered };
        }
        if !self.offering {
            return NoAccount::NoneOffersModel { considered };
        }
        if self.untried == 0 {
            return NoAccount::AllTried { considered };
        }
        let wait = |until: DateTime<Utc>| (until - now).to_std().unwrap_or_default();
        NoAccount::AllUnavailable {
            retry_after: self.recovers_at.map(wait),
            all_at_cap: self.at_cap == self.untried,
            considered,
        }
    }
}
