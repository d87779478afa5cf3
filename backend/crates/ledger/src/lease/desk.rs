//! All purses of one tenant on one node, and the requests that wait for money: pure, so that it can be tried without a
//! database. A request takes from all of its purses at once or from none, so whoever waits holds nothing. Waiting is in
//! order of arrival among those that lack in the same purse: a later one never takes what an earlier one waits for.
//! Never in here: SQL, tasks, and which budgets a request has.

mod exchange;
#[cfg(test)]
mod tests;

pub(super) use exchange::{Answer, AnswerLine, Exchange, Plan};

use super::purse::{Purse, PurseKey};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// How long an answer of the database stands for those that it refuses, and a failure for all: four looks a second,
/// whatever comes in.
const RECENT: Duration = Duration::from_millis(250);
/// How soon idle money of a short budget goes back: long enough for the next request to find it, and for several returns
/// to go in one exchange.
const RETURN_AFTER: Duration = Duration::from_millis(50);
/// Requests of one tenant that wait for money on a node; each holds its body in memory.
const WAITING_MAX: usize = 4_096;
/// How long a purse stays after its period: a request that began in it may still come for it.
const KEPT_AFTER: TimeDelta = TimeDelta::hours(24);

/// One budget of a request, in the period of the request's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Want {
    pub key: PurseKey,
    pub ends: Option<DateTime<Utc>>,
    /// Soft ones are only counted.
    pub hard: bool,
}

/// What a refused request is told of the budget that lacks most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lack {
    pub key: PurseKey,
    pub ends: Option<DateTime<Utc>>,
    pub limit: i64,
    pub left: i64,
    pub running: i64,
    pub lost: i64,
}

/// What became of a request for money.
#[derive(Clone, Debug)]
pub(super) enum Asked {
    /// Reserved.
    Taken,
    /// In the line, to be woken.
    Queued(u64, Arc<Notify>),
    /// Can't fit, by what was heard a moment ago.
    Refused(Lack),
    /// The database did not answer a moment ago, or too many wait.
    Failed,
}

/// How waiting ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    Taken,
    Refused(Lack),
    Failed,
}

#[derive(Debug)]
pub(super) struct Waiter {
    wants: Arc<[Want]>,
    amount: i64,
    deadline: Instant,
    ended: Option<Ended>,
    wake: Arc<Notify>,
}

impl Waiter {
    fn end(&mut self, how: Ended) {
        self.ended = Some(how);
        self.wake.notify_one();
    }
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Desk {
    purses: BTreeMap<PurseKey, Purse>,
    /// In order of arrival. One that has ended stays until its request has seen it.
    waiters: BTreeMap<u64, Waiter>,
    arrivals: u64,
    /// When the database is asked for those that wait; at once if absent.
    ask_at: Option<Instant>,
    /// Short purses with idle money, or with an exchange whose outcome is not known.
    idle: BTreeSet<PurseKey>,
    return_at: Option<Instant>,
    /// Purses whose next slice is due.
    wishes: BTreeSet<PurseKey>,
    failed_at: Option<Instant>,
    exchanges: i64,
}

fn hard(wants: &[Want]) -> impl Iterator<Item = &Want> {
    wants.iter().filter(|want| want.hard)
}

impl Desk {
    /// Reserves an amount from all hard budgets of a request, or puts it in the line.
    pub fn ask(&mut self, wants: &Arc<[Want]>, amount: i64, now: Instant, deadline: Instant) -> Asked {
        if amount == 0 {
            return Asked::Taken;
        }
        for want in hard(wants) {
            let purse = self.purses.entry(want.key).or_default();
            (purse.ends, purse.typical) = (want.ends, amount);
        }
        let barred = self.is_barred(wants);
        if !barred && self.take(wants, amount, now) {
            return Asked::Taken;
        }
        let failed = self
            .failed_at
            .is_some_and(|at| now.saturating_duration_since(at) < RECENT);
        if failed || self.waiters.len() >= WAITING_MAX {
            return Asked::Failed;
        }
        if let Some(lack) = self.hopeless(wants, amount, now) {
            return Asked::Refused(lack);
        }
        if !barred {
            self.ask_at = None;
        }
        self.arrivals += 1;
        let wake = Arc::new(Notify::new());
        let waiter = Waiter {
            wants: Arc::clone(wants),
            amount,
            deadline,
            ended: None,
            wake: Arc::clone(&wake),
        };
        self.waiters.insert(self.arrivals, waiter);
        Asked::Queued(self.arrivals, wake)
    }

    pub fn waiting(&self) -> impl Iterator<Item = (&u64, &Waiter)> {
        self.waiters.iter().filter(|(_, waiter)| waiter.ended.is_none())
    }

    /// Whether somebody waits for what these would be taken from.
    fn is_barred(&self, wants: &[Want]) -> bool {
        !self.waiters.is_empty()
            && self.waiting().any(|(_, waiter)| {
                hard(&waiter.wants).any(|lacking| {
                    !self.has(&lacking.key, waiter.amount) && hard(wants).any(|want| want.key == lacking.key)
                })
            })
    }

    fn has(&self, key: &PurseKey, amount: i64) -> bool {
        self.purses.get(key).is_some_and(|purse| purse.has(amount))
    }

    /// From all or from none.
    fn take(&mut self, wants: &[Want], amount: i64, now: Instant) -> bool {
        if !hard(wants).all(|want| self.has(&want.key, amount)) {
            return false;
        }
        for want in hard(wants) {
            let Some(purse) = self.purses.get_mut(&want.key) else {
                continue;
            };
            purse.reserved = purse.reserved.saturating_add(amount);
            if purse.is_low(now) {
                self.wishes.insert(want.key);
            }
        }
        true
    }

    /// The budget that lacks most of those that can't fit the amount, by what was heard a moment ago.
    fn hopeless(&self, wants: &[Want], amount: i64, now: Instant) -> Option<Lack> {
        let lacks = hard(wants).filter_map(|want| {
            let purse = self.purses.get(&want.key)?;
            let recent = purse
                .known
                .is_some_and(|known| now.saturating_duration_since(known.at) < RECENT);
            (recent && !purse.has(amount) && !purse.may_fit(amount)).then(|| lack(want, purse))
        });
        lacks.min_by_key(|lack| lack.left)
    }

    /// The budget that lacks most of those that would lack the amount if the database were asked now.
    fn lacking(&self, wants: &[Want], amount: i64) -> Option<Lack> {
        let lacks = hard(wants).filter_map(|want| {
            let purse = self.purses.get(&want.key)?;
            (purse.left() < amount).then(|| lack(want, purse))
        });
        lacks.min_by_key(|lack| lack.left)
    }

    /// How a request's waiting ended, once.
    pub fn look(&mut self, waiter: u64) -> Option<Ended> {
        let ended = self.waiters.get(&waiter)?.ended?;
        self.waiters.remove(&waiter);
        Some(ended)
    }

    /// A request waits no more, whether or not it has been given money meanwhile.
    pub fn leave(&mut self, waiter: u64, now: Instant) {
        let Some(gone) = self.waiters.remove(&waiter) else {
            return;
        };
        if gone.ended == Some(Ended::Taken) {
            self.give_back(&gone.wants, gone.amount, now);
        } else {
            self.pump(now);
        }
    }

    /// A reservation comes back unused.
    pub fn give_back(&mut self, wants: &[Want], amount: i64, now: Instant) {
        for want in hard(wants) {
            if let Some(purse) = self.purses.get_mut(&want.key) {
                purse.reserved = purse.reserved.saturating_sub(amount);
            }
        }
        self.freed(wants, now);
    }

    /// A reservation is turned into a charge, whatever it comes to; soft budgets count it as well.
    pub fn consume(&mut self, wants: &[Want], reserved: i64, actual: i64, now: Instant) {
        for want in wants {
            let purse = self.purses.entry(want.key).or_default();
            purse.ends = want.ends;
            purse.spent = purse.spent.saturating_add(actual);
            if want.hard {
                purse.reserved = purse.reserved.saturating_sub(reserved);
            }
        }
        self.freed(wants, now);
    }

    fn freed(&mut self, wants: &[Want], now: Instant) {
        self.pump(now);
        for want in hard(wants) {
            self.note_idle(want.key, now);
        }
    }

    /// Remembers what a short budget could use elsewhere.
    fn note_idle(&mut self, key: PurseKey, now: Instant) {
        let idle = self
            .purses
            .get(&key)
            .is_some_and(|purse| purse.is_direct(now) && purse.available() > 0);
        if idle && self.idle.insert(key) {
            self.return_by(now + RETURN_AFTER);
        }
    }

    fn return_by(&mut self, at: Instant) {
        self.return_at = Some(self.return_at.map_or(at, |earlier| earlier.min(at)));
    }

    /// Gives those that wait what there is, in their order.
    fn pump(&mut self, now: Instant) {
        if self.waiters.is_empty() {
            return;
        }
        let waiting: Vec<u64> = self.waiting().map(|(id, _)| *id).collect();
        let mut barred: Vec<PurseKey> = Vec::new();
        for id in waiting {
            let Some(waiter) = self.waiters.get(&id) else {
                continue;
            };
            let (wants, amount) = (Arc::clone(&waiter.wants), waiter.amount);
            let free = !hard(&wants).any(|want| barred.contains(&want.key));
            if free && self.take(&wants, amount, now) {
                if let Some(waiter) = self.waiters.get_mut(&id) {
                    waiter.end(Ended::Taken);
                }
            } else {
                barred.extend(
                    hard(&wants)
                        .map(|want| want.key)
                        .filter(|key| !self.has(key, amount)),
                );
            }
        }
    }

    /// Somebody needs what is idle here of this budget.
    pub fn recalled(&mut self, budget: tollgate_contract::ids::BudgetId, now: Instant) {
        let from = PurseKey {
            budget,
            start: DateTime::<Utc>::MIN_UTC,
        };
        let concerned = self.purses.range_mut(from..);
        let mut idle = Vec::new();
        for (key, purse) in concerned.take_while(|(key, _)| key.budget == budget) {
            purse.recalled(now);
            if purse.available() > 0 {
                idle.push(*key);
            }
        }
        if !idle.is_empty() {
            self.idle.extend(idle);
            self.return_at = Some(now);
        }
    }

    /// What was heard of the database counts no more: after a credit, or a change of a budget.
    pub fn forget(&mut self) {
        for purse in self.purses.values_mut() {
            purse.known = None;
        }
        (self.failed_at, self.ask_at) = (None, None);
    }

    /// Parts with purses of periods that are long over, once what they hold has gone back.
    pub fn sweep(&mut self, time: DateTime<Utc>, now: Instant) {
        let over = |purse: &Purse| purse.ends.is_some_and(|ends| ends < time - KEPT_AFTER);
        let mut idle = Vec::new();
        self.purses.retain(|key, purse| {
            if !over(purse) || purse.reserved > 0 || purse.unsure {
                return true;
            }
            purse.direct = true;
            if purse.available() > 0 {
                idle.push(*key);
            }
            purse.available() > 0
        });
        if !idle.is_empty() {
            self.idle.extend(idle);
            self.return_by(now);
        }
    }

    /// Whether there is something to be done for which nobody is at work.
    pub fn needs_work(&self) -> bool {
        self.return_at.is_some() || !self.wishes.is_empty() || self.waiting().next().is_some()
    }

    #[cfg(test)]
    pub fn purse(&self, key: &PurseKey) -> Purse {
        self.purses.get(key).cloned().unwrap_or_default()
    }

    #[cfg(test)]
    pub fn len(&self) -> (usize, usize) {
        (self.purses.len(), self.waiters.len())
    }
}

fn lack(want: &Want, purse: &Purse) -> Lack {
    let known = purse.known;
    Lack {
        key: want.key,
        ends: want.ends,
        limit: known.map_or(0, |known| known.limit),
        left: purse.left().max(0),
        running: known
            .map_or(0, |known| known.running)
            .saturating_add(purse.reserved),
        lost: known.map_or(0, |known| known.lost),
    }
}
