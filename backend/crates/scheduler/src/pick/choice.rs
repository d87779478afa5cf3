//! The choice itself, step by step. Looks at as few accounts as it can: two are drawn by weight, and only when the draws
//! meet too many that are out, all of a step are looked at. Never in here: what is said of it.

use super::{Reason, Wish};
use crate::bindings::BoundTo;
use crate::candidate::{Candidate, Now, Out, Rank};
use crate::explain::{CONSIDERED_MAX, Considered};
use crate::live::Live;
use crate::pool::Pool;
use crate::ranking::{Ranking, Step};
use chrono::{DateTime, Utc};
use rand::{Rng, RngExt};
use tollgate_contract::ids::AccountId;

/// Steps of no more accounts are looked at as a whole at once: that costs no more than some draws.
const WHOLE_MAX: usize = 16;
/// So many draws for two accounts that can take the request …
const DRAWS_MAX: usize = 8;
/// … and so many that meet one that is out. Then all are looked at: that is right as well, but takes longer.
const MISSES_MAX: usize = 5;
/// So many of those that were out are told of a choice among many: to word them takes longer than to choose.
const LOOKED_MAX: usize = 8;

/// The account that gets the request.
#[derive(Debug)]
pub(crate) struct Choice<'a> {
    pub(crate) candidate: &'a Candidate,
    pub(crate) probe: Option<u64>,
    pub(crate) reason: Reason,
    pub(crate) rank: Rank,
}

/// Accounts that were looked at and were out, the first of them.
#[derive(Debug, Default)]
pub(crate) struct Looked<'a>(Vec<(&'a Candidate, Out)>);

impl<'a> Looked<'a> {
    fn note(&mut self, candidate: &'a Candidate, out: impl FnOnce() -> Option<Out>) {
        let is_noted = || self.0.iter().any(|(one, _)| std::ptr::eq(*one, candidate));
        if !self.is_full()
            && !is_noted()
            && let Some(out) = out()
        {
            self.0.push((candidate, out));
        }
    }

    fn is_full(&self) -> bool {
        self.0.len() >= LOOKED_MAX
    }

    /// Why an account was out when it was looked at.
    pub(crate) fn out(&self, candidate: &Candidate) -> Option<Out> {
        let mut all = self.0.iter();
        let found = all.find(|(one, _)| std::ptr::eq(*one, candidate));
        found.map(|(_, out)| out.clone())
    }

    /// What is said of a choice from a pool that is too large to look at all of it.
    pub(crate) fn considered(self, pool: &Pool, at: DateTime<Utc>, choice: &Choice<'_>) -> Considered {
        let mut considered = Considered::new(at, CONSIDERED_MAX);
        let others = pool.len().saturating_sub(self.0.len() + 1);
        let mut own_seen = usize::from(!choice.candidate.is_granted);
        for (candidate, out) in self.0 {
            own_seen += usize::from(!candidate.is_granted);
            considered.note(candidate, out);
        }
        let own = |one: &&Candidate| !one.is_granted;
        let own_accounts = pool.candidates.partition_point(|one| own(&one)) + pool.own_unusable();
        considered.leave_out(others, own_accounts.saturating_sub(own_seen));
        considered
    }
}

/// A seat was taken.
struct Seated {
    probe: Option<u64>,
}

/// What draws led to.
enum Drawn<'a> {
    /// A seat, and its probe.
    Seat(&'a Candidate, Option<u64>),
    /// Too many were out; the first of two may be drawn.
    Few(Option<&'a Candidate>),
}

/// A choice on its way.
struct Asking<'w, 'p, T> {
    wish: &'w Wish<'w>,
    now: Now,
    looked: Looked<'p>,
    take: T,
}

/// Chooses an account for which `take` gives a seat, and the seat's probe. What it looked at comes with it.
pub(crate) fn choose<'p>(
    pool: &'p Pool,
    wish: &Wish<'_>,
    now: Now,
    rng: &mut impl Rng,
    take: impl FnMut(&Candidate) -> Result<Option<u64>, Out>,
) -> (Option<Choice<'p>>, Looked<'p>) {
    let mut asking = Asking {
        wish,
        now,
        looked: Looked::default(),
        take,
    };
    let choice = asking.choice(pool, rng);
    (choice, asking.looked)
}

impl<'p, T: FnMut(&Candidate) -> Result<Option<u64>, Out>> Asking<'_, 'p, T> {
    fn choice(&mut self, pool: &'p Pool, rng: &mut impl Rng) -> Option<Choice<'p>> {
        if let Some(id) = self.wish.pinned {
            return self.named(pool, id, Reason::Pinned);
        }
        if let Some(id) = self.wish.sticky
            && let Some(choice) = self.named(pool, id, Reason::Sticky)
        {
            return Some(choice);
        }
        let ranking = pool.ranking(self.wish);
        for (number, step) in ranking.steps().iter().enumerate() {
            let drawn = if step.len() > WHOLE_MAX {
                self.drawn(pool, &ranking, step, rng)
            } else {
                Drawn::Few(None)
            };
            let found = match drawn {
                Drawn::Few(first) => self.of_whole(pool, &ranking, step, first, rng),
                Drawn::Seat(candidate, probe) => Some((candidate, probe, false)),
            };
            if let Some((candidate, probe, is_alone)) = found {
                let later = ranking.steps().get(number + 1..).unwrap_or_default();
                let reason = if is_alone {
                    self.alone(pool, &ranking, later, candidate)
                } else {
                    Reason::LeastLoad
                };
                let rank = step.rank;
                return Some(Choice {
                    candidate,
                    probe,
                    reason,
                    rank,
                });
            }
        }
        None
    }

    /// This account, if it fits and can take the request.
    fn named(&mut self, pool: &'p Pool, id: AccountId, reason: Reason) -> Option<Choice<'p>> {
        let candidate = pool.candidate(id)?;
        let rank = candidate.rank(pool, self.wish).ok()?;
        let Seated { probe } = self.seat(candidate)?;
        Some(Choice {
            candidate,
            probe,
            reason,
            rank,
        })
    }

    /// Of two accounts drawn by weight the one with the lesser load.
    fn drawn(&mut self, pool: &'p Pool, ranking: &Ranking, step: &Step, rng: &mut impl Rng) -> Drawn<'p> {
        let (mut first, mut misses) = (None, 0);
        for _ in 0..DRAWS_MAX {
            let Some(drawn) = ranking.draw(pool, step, rng) else {
                break;
            };
            if first.is_some_and(|first: &Candidate| std::ptr::eq(first, drawn)) {
                continue;
            }
            if !drawn.is_open(self.wish, self.now) {
                self.note(drawn);
                misses += 1;
                if misses == MISSES_MAX {
                    break;
                }
                continue;
            }
            let Some(one) = first else {
                first = Some(drawn);
                continue;
            };
            let (less, more) = if drawn.is_less_loaded_than(one) {
                (drawn, one)
            } else {
                (one, drawn)
            };
            if let Some(Seated { probe }) = self.seat(less) {
                return Drawn::Seat(less, probe);
            }
            first = Some(more);
        }
        Drawn::Few(first)
    }

    /// The same among all accounts of a step that can take the request, one of which may be drawn already. With it comes
    /// whether it was the only one.
    fn of_whole(
        &mut self,
        pool: &'p Pool,
        ranking: &Ranking,
        step: &Step,
        mut first: Option<&'p Candidate>,
        rng: &mut impl Rng,
    ) -> Option<(&'p Candidate, Option<u64>, bool)> {
        let mut open: Vec<&'p Candidate> = Vec::with_capacity(step.len().min(WHOLE_MAX));
        for (live, place) in ranking.members(step) {
            // Nearly all there is to do for each of many that are out.
            if live.blocked_until() > self.now.micros && self.looked.is_full() {
                continue;
            }
            let candidate = pool.candidates.get(place)?;
            if candidate.is_open(self.wish, self.now) {
                open.push(candidate);
            } else {
                self.note(candidate);
            }
        }
        while !open.is_empty() {
            let is_alone = open.len() == 1;
            let at = less_loaded(&open, first.take(), rng)?;
            let candidate = open.swap_remove(at);
            if let Some(Seated { probe }) = self.seat(candidate) {
                return Some((candidate, probe, is_alone));
            }
        }
        None
    }

    /// A seat, if it can be had, and its probe.
    fn seat(&mut self, candidate: &'p Candidate) -> Option<Seated> {
        if !candidate.is_open(self.wish, self.now) {
            self.note(candidate);
            return None;
        }
        match (self.take)(candidate) {
            Ok(probe) => Some(Seated { probe }),
            Err(out) => {
                self.looked.note(candidate, || Some(out));
                None
            }
        }
    }

    fn note(&mut self, candidate: &'p Candidate) {
        let (wish, now) = (self.wish, self.now);
        self.looked.note(candidate, || candidate.out(wish, now));
    }

    /// Why an account gets the request that is the only one of its step.
    fn alone(&self, pool: &Pool, ranking: &Ranking, later: &[Step], candidate: &Candidate) -> Reason {
        let service = candidate.account.platform.service();
        if matches!(self.wish.bound(service), Some(BoundTo::Account(_))) {
            return Reason::Bound;
        }
        let mut others = later.iter().flat_map(|step| ranking.members(step));
        let is_open = |live: &Live, candidate: Option<&Candidate>| {
            live.blocked_until() <= self.now.micros
                && candidate.is_some_and(|one| one.is_open(self.wish, self.now))
        };
        if others.any(|(live, place)| is_open(live, pool.candidates.get(place))) {
            Reason::Priority
        } else {
            Reason::OnlyCandidate
        }
    }
}

/// Of two accounts drawn by weight the place of the one with the lesser load; if they are equal, of the first that was
/// drawn, so that accounts without load get shares by weight as well. The first may be drawn already.
fn less_loaded(open: &[&Candidate], drawn: Option<&Candidate>, rng: &mut impl Rng) -> Option<usize> {
    if open.len() == 1 {
        return Some(0);
    }
    let first = drawn.and_then(|drawn| open.iter().position(|one| std::ptr::eq(*one, drawn)));
    let first = match first {
        Some(first) => first,
        None => draw(open, None, rng)?,
    };
    let second = draw(open, Some(first), rng)?;
    let is_less = open.get(second)?.is_less_loaded_than(open.get(first)?);
    Some(if is_less { second } else { first })
}

/// A place, drawn by weight.
fn draw(open: &[&Candidate], without: Option<usize>, rng: &mut impl Rng) -> Option<usize> {
    let weights = || {
        let all = open.iter().map(|one| one.weight()).enumerate();
        all.filter(|(place, _)| Some(*place) != without)
    };
    let sum: u64 = weights().map(|(_, weight)| weight).sum();
    let mut left = rng.random_range(0..sum.max(1));
    for (place, weight) in weights() {
        if left < weight {
            return Some(place);
        }
        left -= weight;
    }
    None
}
