//! What a desk and the database tell each other: what goes back, what is claimed, and what the answer means.

use super::{Desk, Ended, RECENT, hard};
use crate::lease::purse::{Known, PurseKey};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};
use tollgate_contract::ids::BudgetId;

/// How soon the database is asked again for those that wait for running requests, here or elsewhere.
const POLL: Duration = Duration::from_millis(25);
/// How long slices and returns wait after a failure.
const FAILURE_PAUSE: Duration = Duration::from_secs(1);
/// A budget is called back at most this often by a node.
const RECALL_EVERY: Duration = Duration::from_millis(250);
/// Requests that are answered by one exchange.
const CLAIMS_MAX: usize = 64;
/// Purses given back in one exchange, so that no tenant's rows are locked for long.
const RETURNS_MAX: usize = 200;

/// What is to be done next.
#[derive(Clone, Debug)]
pub(in crate::lease) enum Plan {
    /// An exchange with the database.
    Exchange(Exchange),
    /// Nothing before this moment.
    Pause(Instant),
    /// Nothing.
    Idle,
}

/// One exchange. What goes back has left the purses already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::lease) struct Exchange {
    /// Rises with every exchange of the desk.
    pub number: i64,
    /// In order of key.
    pub lines: Vec<Line>,
    /// In order of arrival, those first whose time is up.
    pub claims: Vec<Claim>,
}

/// One purse's part; see the database function `exchange_budgets`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::lease) struct Line {
    pub key: PurseKey,
    pub back: i64,
    pub free: i64,
    pub running: i64,
    pub typical: i64,
    pub wish: bool,
    pub fence: bool,
}

/// What one waiting request needs of each of its purses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::lease) struct Claim {
    pub waiter: u64,
    pub amount: i64,
    /// Places in `lines`.
    pub purses: Vec<usize>,
}

/// The database's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::lease) struct Answer {
    /// As the exchange's.
    pub lines: Vec<AnswerLine>,
    /// Whether each claim was met.
    pub met: Vec<bool>,
}

/// What it says of one purse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::lease) struct AnswerLine {
    /// What the lease stands at now.
    pub granted: i64,
    /// By how much this exchange changed it.
    pub taken: i64,
    pub limit: i64,
    pub remains: i64,
    pub running: i64,
    pub lost: i64,
    pub direct: bool,
}

impl Desk {
    /// What is to be done now. The caller carries it out and tells the outcome before it asks again.
    pub fn plan(&mut self, now: Instant) -> Plan {
        let due = |at: Option<Instant>| at.is_none_or(|at| at <= now);
        let waiting = self.waiting().next().is_some();
        let paused_until = self.failed_at.map(|at| at + FAILURE_PAUSE);
        let asking = waiting && due(self.ask_at);
        let returning = self.return_at.is_some() && due(self.return_at);
        let wishing = !self.wishes.is_empty() && due(paused_until);
        if asking || returning || wishing {
            let exchange = self.exchange(asking, returning, now);
            if !exchange.lines.is_empty() {
                return Plan::Exchange(exchange);
            }
        }
        let wishes = paused_until.filter(|_| !self.wishes.is_empty());
        let next = [self.ask_at.filter(|_| waiting), self.return_at, wishes];
        next.into_iter().flatten().min().map_or(Plan::Idle, Plan::Pause)
    }

    fn exchange(&mut self, asking: bool, returning: bool, now: Instant) -> Exchange {
        let mut wished = std::mem::take(&mut self.wishes);
        let mut typical: BTreeMap<PurseKey, i64> = BTreeMap::new();
        let mut claims: Vec<(u64, i64, Vec<PurseKey>)> = Vec::new();
        if asking {
            // Whose time is up goes first: this is its last word.
            let mut line: Vec<_> = self.waiting().collect();
            line.sort_by_key(|(_, waiter)| waiter.deadline > now);
            for (id, waiter) in line.into_iter().take(CLAIMS_MAX) {
                let keys: Vec<PurseKey> = hard(&waiter.wants).map(|want| want.key).collect();
                for key in &keys {
                    let most = typical.entry(*key).or_default();
                    *most = waiter.amount.max(*most);
                    if !self.has(key, waiter.amount) {
                        wished.insert(*key);
                    }
                }
                claims.push((*id, waiter.amount, keys));
            }
        }
        let mut keys: BTreeSet<PurseKey> = typical.keys().copied().collect();
        keys.extend(wished.iter().copied());
        if returning {
            keys.extend(self.take_idle());
        }
        let mut lines = Vec::with_capacity(keys.len());
        for key in keys {
            let Some(purse) = self.purses.get_mut(&key) else {
                continue;
            };
            let back = if purse.is_direct(now) {
                purse.available().max(0)
            } else {
                0
            };
            // Memory first: from here on nobody takes it.
            purse.granted = purse.granted.saturating_sub(back);
            purse.away = purse.away.saturating_add(back);
            lines.push(Line {
                key,
                back,
                free: purse.available(),
                running: purse.reserved,
                typical: typical.get(&key).copied().unwrap_or(0).max(purse.typical),
                wish: wished.contains(&key) && !purse.is_recalled(now),
                fence: purse.unsure,
            });
        }
        let place = |key: &PurseKey| lines.binary_search_by_key(key, |line| line.key).ok();
        let claims = claims
            .into_iter()
            .map(|(waiter, amount, keys)| Claim {
                waiter,
                amount,
                purses: keys.iter().filter_map(place).collect(),
            })
            .collect();
        self.exchanges += 1;
        Exchange {
            number: self.exchanges,
            lines,
            claims,
        }
    }

    fn take_idle(&mut self) -> Vec<PurseKey> {
        let page: Vec<PurseKey> = self.idle.iter().take(RETURNS_MAX).copied().collect();
        for key in &page {
            self.idle.remove(key);
        }
        if self.idle.is_empty() {
            self.return_at = None;
        }
        page
    }

    /// The exchange happened. Tells which budgets shall be called back from other nodes.
    pub fn answered(&mut self, exchange: &Exchange, answer: &Answer, now: Instant) -> Vec<BudgetId> {
        self.failed_at = None;
        for (line, told) in exchange.lines.iter().zip(&answer.lines) {
            let Some(purse) = self.purses.get_mut(&line.key) else {
                continue;
            };
            purse.granted = told.granted;
            (purse.away, purse.unsure) = (0, false);
            if line.typical > 0 {
                purse.direct = told.direct;
            }
            if told.taken > 0 {
                purse.slice = told.taken;
            }
            purse.known = Some(Known {
                at: now,
                limit: told.limit,
                remains: told.remains,
                running: told.running,
                lost: told.lost,
            });
        }
        self.pump(now);
        self.judge(exchange, now);
        let again = self.waiting().any(|(id, waiter)| {
            let claim = exchange.claims.iter().position(|claim| claim.waiter == *id);
            waiter.deadline <= now || claim.is_none_or(|claim| answer.met.get(claim) == Some(&true))
        });
        // At once for those that came meanwhile, for one whose money was taken on its way, and for one that was only kept
        // from what there is by somebody who has gone.
        self.ask_at = Some(if again { now } else { now + POLL });
        for line in &exchange.lines {
            self.note_idle(line.key, now);
        }
        self.call_back(exchange, now)
    }

    /// Refuses, in order, those that can't fit whatever ends, and those whose time is up.
    fn judge(&mut self, exchange: &Exchange, now: Instant) {
        for claim in &exchange.claims {
            let Some(waiter) = self.waiters.get(&claim.waiter) else {
                continue;
            };
            if waiter.ended.is_some() {
                continue;
            }
            let (wants, amount, up) = (waiter.wants.clone(), waiter.amount, waiter.deadline <= now);
            let refused = match self.hopeless(&wants, amount, now) {
                None if up => self.lacking(&wants, amount),
                hopeless => hopeless,
            };
            let how = match refused {
                Some(lack) => Ended::Refused(lack),
                None if up && self.take(&wants, amount, now) => Ended::Taken,
                None => continue,
            };
            if let Some(waiter) = self.waiters.get_mut(&claim.waiter) {
                waiter.end(how);
            }
            // What it kept from others is theirs now.
            self.pump(now);
        }
    }

    /// Marks the budgets in which somebody still lacks what other nodes hold.
    fn call_back(&mut self, exchange: &Exchange, now: Instant) -> Vec<BudgetId> {
        let mut lacking = BTreeSet::new();
        for claim in &exchange.claims {
            let Some(waiter) = self.waiters.get(&claim.waiter) else {
                continue;
            };
            if waiter.ended.is_none() {
                let keys = hard(&waiter.wants).map(|want| want.key);
                lacking.extend(keys.filter(|key| !self.has(key, waiter.amount)));
            }
        }
        let mut budgets = Vec::new();
        for key in lacking {
            let Some(purse) = self.purses.get_mut(&key) else {
                continue;
            };
            let elsewhere = purse.known.is_some_and(|known| known.running > 0);
            let lately = purse
                .recall_at
                .is_some_and(|at| now.saturating_duration_since(at) < RECALL_EVERY);
            if elsewhere && !lately {
                purse.recalled(now);
                budgets.push(key.budget);
            }
        }
        budgets
    }

    /// It is not known whether the exchange happened, or it is known that it did not. What went back stays away, and what
    /// may have been granted is not counted, until a later exchange tells: with its number it makes sure that this one
    /// can't happen any more.
    pub fn failed(&mut self, exchange: &Exchange, now: Instant) {
        for line in &exchange.lines {
            if let Some(purse) = self.purses.get_mut(&line.key) {
                purse.unsure = true;
                self.idle.insert(line.key);
            }
        }
        self.return_by(now + FAILURE_PAUSE);
        self.failed_at = Some(now);
        self.ask_at = Some(now + RECENT);
        for waiter in self.waiters.values_mut().filter(|waiter| waiter.ended.is_none()) {
            waiter.end(Ended::Failed);
        }
    }
}
