//! The rules that are compared. Ours is the real code; the others are as plain as their names. Of those, only one
//! waits: first come, first served.

use super::world::{Answer, Setup, TENANTS};
use crate::desk::{Desk, Held, worth_waiting};
use crate::load::Caps;
use crate::pick::{NoAccount, Wish, pick};
use crate::pool::Pool;
use crate::reports::Reports;
use crate::seat::Seat;
use crate::state::Observed;
use crate::tests::support::{id, noon, pool, wish, with};
use crate::waiting::Place;
use chrono::{DateTime, TimeDelta, Utc};
use rand::SeedableRng;
use rand::rngs::StdRng;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot::Receiver;
use tollgate_contract::ids::{AccountId, TenantId};
use tollgate_store::Clock;
use uuid::Uuid;

pub(super) const PATIENCE_MS: i64 = 5_000;
const QUEUE_MAX: usize = 200;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Ours,
    RoundRobin,
    LeastLoad,
    /// Least load, and who finds all full waits in one line for all.
    OneLine,
    V1,
}

impl Kind {
    pub(super) const ALL: [Self; 5] = [
        Self::Ours,
        Self::RoundRobin,
        Self::LeastLoad,
        Self::OneLine,
        Self::V1,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::RoundRobin => "round robin",
            Self::LeastLoad => "least load",
            Self::OneLine => "least load, one line",
            Self::V1 => "v1's rule",
        }
    }
}

/// What a rule says of a request.
pub(super) enum Choice {
    Account(usize),
    Waits,
    Refused,
}

pub(super) enum Rule {
    Ours(Box<Ours>),
    Plain(Plain),
}

impl Rule {
    pub(super) fn new(kind: Kind, setups: &[Setup], seed: u64) -> Self {
        match kind {
            Kind::Ours => Self::Ours(Box::new(Ours::new(setups, seed))),
            _ => Self::Plain(Plain::new(kind, setups)),
        }
    }

    pub(super) fn choose(&mut self, request: usize, tenant: usize, tried: &[usize], now: i64) -> Choice {
        match self {
            Self::Ours(ours) => ours.choose(request, tenant, tried),
            Self::Plain(plain) => plain.choose(request, tenant, tried, now),
        }
    }

    /// What came of it; the seat is free again.
    pub(super) fn ended(&mut self, request: usize, account: usize, answer: Answer, now: i64) {
        match self {
            Self::Ours(ours) => ours.ended(request, answer),
            Self::Plain(plain) => plain.ended(account, answer, now),
        }
    }

    /// Requests that waited and have a seat now.
    pub(super) fn granted(&mut self, now: i64) -> Vec<(usize, usize)> {
        match self {
            Self::Ours(ours) => ours.granted(),
            Self::Plain(plain) => plain.granted(now),
        }
    }

    /// Leaves the line; tells whether it was in there.
    pub(super) fn gives_up(&mut self, request: usize) -> bool {
        match self {
            Self::Ours(ours) => ours.waiting.remove(&request).is_some(),
            Self::Plain(plain) => {
                let before = plain.line.len();
                plain.line.retain(|(waiting, ..)| *waiting != request);
                plain.line.len() < before
            }
        }
    }

    pub(super) fn advance(&mut self, by: i64) {
        if let Self::Ours(ours) = self {
            ours.clock.advance(Duration::from_millis(by.unsigned_abs()));
        }
    }

    /// What those who wait do each second: look again.
    pub(super) fn look(&mut self) {
        if let Self::Ours(ours) = self {
            for one in &ours.pool.candidates {
                ours.desk.serve(&one.live);
            }
        }
    }

    pub(super) fn in_flight(&self, account: usize) -> u32 {
        match self {
            Self::Ours(ours) => ours.pool.candidates[account].live.load.in_flight(),
            Self::Plain(plain) => plain.in_flight[account],
        }
    }
}

pub(super) struct Ours {
    clock: Clock,
    desk: Arc<Desk>,
    pool: Pool,
    rng: StdRng,
    seats: HashMap<usize, Seat>,
    waiting: HashMap<usize, (Place, Receiver<Held>, NoAccount)>,
}

fn number(account: AccountId) -> usize {
    usize::try_from(account.0.as_u128()).expect("small") - 1
}

fn name(account: usize) -> AccountId {
    id(account as u128 + 1)
}

impl Ours {
    fn new(setups: &[Setup], seed: u64) -> Self {
        let accounts = setups.iter().enumerate().map(|(number, setup)| {
            with(number as u128 + 1, |one| {
                (one.priority, one.weight) = (setup.priority, setup.weight);
                one.caps = Caps {
                    concurrency: Some(setup.cap),
                    ..Caps::default()
                };
            })
        });
        let clock = Clock::manual(noon());
        Self {
            desk: Desk::new(Arc::new(Reports::new(clock.clone()))),
            clock,
            pool: pool(accounts.collect()),
            rng: StdRng::seed_from_u64(seed ^ 0x0FF),
            seats: HashMap::new(),
            waiting: HashMap::new(),
        }
    }

    fn choose(&mut self, request: usize, tenant: usize, tried: &[usize]) -> Choice {
        let tried: Vec<AccountId> = tried.iter().map(|account| name(*account)).collect();
        let wish = Wish {
            tenant: TenantId(Uuid::from_u128(tenant as u128 + 1_000)),
            tried: &tried,
            ..wish()
        };
        let now = self.clock.now();
        let refusal = match pick(&self.pool, &wish, now, &mut self.rng) {
            Ok(picked) => {
                let account = number(picked.candidate.account.id);
                self.seats
                    .insert(request, Seat::new(picked, wish.tenant, &self.desk));
                return Choice::Account(account);
            }
            Err(refusal) => refusal,
        };
        let wanted = worth_waiting(&self.pool, &wish, now, now + TimeDelta::milliseconds(PATIENCE_MS));
        let Some(asker) = wanted.first().map(|one| one.asker(&wish)) else {
            return Choice::Refused;
        };
        match self.desk.waiting.join(asker, wanted, QUEUE_MAX) {
            Some((place, receiver)) => {
                self.waiting.insert(request, (place, receiver, refusal));
                Choice::Waits
            }
            None => Choice::Refused,
        }
    }

    fn ended(&mut self, request: usize, answer: Answer) {
        let seat = self.seats.remove(&request).expect("a seat");
        let time = |millis: i64| -> DateTime<Utc> { noon() + TimeDelta::milliseconds(millis) };
        seat.observe(match answer {
            Answer::Served => Observed::Answered,
            Answer::RateLimited(reset) => Observed::RateLimited {
                until: reset.map(time),
            },
            Answer::Overloaded => Observed::Overloaded { until: None },
            Answer::Failed => Observed::Failed {
                reason: "the connection was refused",
            },
        });
    }

    fn granted(&mut self) -> Vec<(usize, usize)> {
        if self.waiting.len() == self.desk.waiting.count() {
            return Vec::new();
        }
        let mut granted = Vec::new();
        for (request, (_, receiver, _)) in &mut self.waiting {
            if let Ok(held) = receiver.try_recv() {
                granted.push((*request, number(held.account.id), held));
            }
        }
        granted.sort_unstable_by_key(|(request, ..)| *request);
        let seated = granted.into_iter().map(|(request, account, held)| {
            let (_, _, refusal) = self.waiting.remove(&request).expect("it waited");
            self.seats
                .insert(request, Seat::waited(held, refusal.into_considered()));
            (request, account)
        });
        seated.collect()
    }
}

/// The simpler rules: caps are kept, nobody waits.
pub(super) struct Plain {
    kind: Kind,
    setups: Vec<Setup>,
    in_flight: Vec<u32>,
    next: usize,
    /// v1: until when an account is left alone, when it was used last, and which one a tenant's session sticks to.
    parked: Vec<i64>,
    used_at: Vec<u64>,
    uses: u64,
    sticky: Vec<Option<usize>>,
    /// Requests that wait, with their tenant and the accounts that they tried.
    line: VecDeque<(usize, usize, Vec<usize>)>,
}

impl Plain {
    fn new(kind: Kind, setups: &[Setup]) -> Self {
        Self {
            kind,
            setups: setups.to_vec(),
            in_flight: vec![0; setups.len()],
            next: 0,
            parked: vec![0; setups.len()],
            used_at: vec![0; setups.len()],
            uses: 0,
            sticky: vec![None; TENANTS],
            line: VecDeque::new(),
        }
    }

    fn choose(&mut self, request: usize, tenant: usize, tried: &[usize], now: i64) -> Choice {
        if self.kind == Kind::OneLine {
            self.line.push_back((request, tenant, tried.to_vec()));
            return Choice::Waits;
        }
        self.take(tenant, tried, now)
            .map_or(Choice::Refused, Choice::Account)
    }

    /// The first in line goes first.
    fn granted(&mut self, now: i64) -> Vec<(usize, usize)> {
        let mut granted = Vec::new();
        while let Some((request, tenant, tried)) = self.line.pop_front() {
            let Some(account) = self.take(tenant, &tried, now) else {
                self.line.push_front((request, tenant, tried));
                break;
            };
            granted.push((request, account));
        }
        granted
    }

    fn take(&mut self, tenant: usize, tried: &[usize], now: i64) -> Option<usize> {
        let can = |account: usize| {
            self.in_flight[account] < self.setups[account].cap
                && !tried.contains(&account)
                && (self.kind != Kind::V1 || self.parked[account] <= now)
        };
        let all = self.setups.len();
        let chosen = match self.kind {
            Kind::RoundRobin => (0..all)
                .map(|step| (self.next + step) % all)
                .find(|one| can(*one)),
            Kind::LeastLoad | Kind::OneLine | Kind::Ours => {
                let load = |one: &usize| self.in_flight[*one];
                (0..all).filter(|one| can(*one)).min_by_key(load)
            }
            Kind::V1 => self.sticky[tenant].filter(|one| can(*one)).or_else(|| {
                let order = |one: &usize| (self.setups[*one].priority, self.used_at[*one]);
                (0..all).filter(|one| can(*one)).min_by_key(order)
            }),
        };
        let chosen = chosen?;
        self.next = (chosen + 1) % all;
        self.in_flight[chosen] += 1;
        self.uses += 1;
        self.used_at[chosen] = self.uses;
        self.sticky[tenant] = Some(chosen);
        Some(chosen)
    }

    /// v1 parks an account by its answer's status: 429 until the reset, else for an hour; 529 for ten minutes; what failed
    /// for five (`upstreamErrorHelper.js` and `claudeAccountService.js` of claude-relay-service).
    fn ended(&mut self, account: usize, answer: Answer, now: i64) {
        self.in_flight[account] -= 1;
        let until = match answer {
            Answer::Served => return,
            Answer::RateLimited(reset) => reset.unwrap_or(now + 3_600_000),
            Answer::Overloaded => now + 600_000,
            Answer::Failed => now + 300_000,
        };
        self.parked[account] = self.parked[account].max(until);
    }
}
