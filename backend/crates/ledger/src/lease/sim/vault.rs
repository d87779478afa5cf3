//! The database's side of the simulation: `exchange_budgets`, settlement and the close of an epoch, as the migrations and
//! the ledger have them, in memory.

use crate::lease::desk::{Answer, AnswerLine, Exchange};
use crate::lease::purse::PurseKey;
use std::collections::{BTreeMap, BTreeSet};

/// A node and its epoch.
pub(super) type Epoch = (usize, i64);

/// What may be wrong on purpose: the simulation must find each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    None,
    /// A silent node's leases come back by time.
    ReturnByTime,
    /// A fenced epoch may still exchange.
    NoEpochCheck,
    /// An exchange that comes late happens all the same.
    NoOrder,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Lease {
    pub granted: i64,
    pub settled: i64,
    pub closed: bool,
    number: i64,
}

#[derive(Clone, Debug)]
pub(super) struct Vault {
    pub limits: BTreeMap<PurseKey, i64>,
    pub granted: BTreeMap<PurseKey, i64>,
    pub beyond: BTreeMap<PurseKey, i64>,
    pub leases: BTreeMap<(PurseKey, Epoch), Lease>,
    pub fenced: BTreeSet<Epoch>,
    pub silent: BTreeSet<Epoch>,
    pub nodes: i64,
    pub fault: Fault,
}

impl Vault {
    pub fn new(limits: BTreeMap<PurseKey, i64>, nodes: i64, fault: Fault) -> Self {
        let zeros: BTreeMap<_, _> = limits.keys().map(|key| (*key, 0)).collect();
        Self {
            limits,
            granted: zeros.clone(),
            beyond: zeros,
            leases: BTreeMap::new(),
            fenced: BTreeSet::new(),
            silent: BTreeSet::new(),
            nodes,
            fault,
        }
    }

    fn others(&self, key: PurseKey, own: Epoch) -> (i64, i64, i64) {
        let (mut uncovered, mut running, mut lost) = (0, 0, 0);
        for ((of, epoch), lease) in &self.leases {
            if *of != key || *epoch == own || lease.closed {
                continue;
            }
            uncovered += (lease.settled - lease.granted).max(0);
            let held = (lease.granted - lease.settled).max(0);
            if self.silent.contains(epoch) {
                lost += held;
            } else {
                running += held;
            }
        }
        (uncovered, running, lost)
    }

    /// `None` where the database refuses: then nothing has happened.
    pub fn exchange(&mut self, own: Epoch, asked: &Exchange) -> Option<Answer> {
        if self.fenced.contains(&own) && self.fault != Fault::NoEpochCheck {
            return None;
        }
        let lines = &asked.lines;
        let lease = |key| self.leases.get(&(key, own)).copied().unwrap_or_default();
        let late = |key| lease(key).number >= asked.number && self.fault != Fault::NoOrder;
        if lines
            .iter()
            .any(|line| late(line.key) || line.back > lease(line.key).granted)
        {
            return None;
        }
        let others: Vec<_> = lines.iter().map(|line| self.others(line.key, own)).collect();
        let mut takes: Vec<i64> = lines.iter().map(|line| -line.back).collect();
        let mut frees: Vec<i64> = lines.iter().map(|line| line.free).collect();
        let mut runnings: Vec<i64> = lines.iter().map(|line| line.running).collect();
        let mut lefts: Vec<i64> = Vec::new();
        for (line, (uncovered, ..)) in lines.iter().zip(&others) {
            lefts.push(self.limits[&line.key] - self.granted[&line.key] - uncovered + line.back);
        }
        let (mut barred, mut met) = (vec![false; lines.len()], Vec::new());
        for claim in &asked.claims {
            let lack = |i: usize, frees: &[i64]| claim.amount - frees[i];
            let misses = |i: usize| barred[i] || (lack(i, &frees) > 0 && lack(i, &frees) > lefts[i]);
            let fits = !claim.purses.iter().any(|i| misses(*i));
            let hopeless =
                (claim.purses.iter()).any(|i| lack(*i, &frees) > lefts[*i] + others[*i].1 + runnings[*i]);
            for i in claim.purses.iter().copied() {
                let lack = lack(i, &frees).max(0);
                if fits {
                    takes[i] += lack;
                    lefts[i] -= lack;
                    frees[i] += lack - claim.amount;
                    runnings[i] += claim.amount;
                } else if !hopeless && lack > lefts[i] {
                    barred[i] = true;
                }
            }
            met.push(fits);
        }
        let mut answers = Vec::new();
        for (i, line) in lines.iter().enumerate() {
            let direct = line.typical <= 0 || lefts[i] < 64 * line.typical * self.nodes;
            let slice = lefts[i] / 50;
            if line.wish && !direct && takes[i] >= 0 && takes[i] < slice {
                lefts[i] -= slice - takes[i];
                takes[i] = slice;
            }
            *self.granted.get_mut(&line.key).expect("known") += takes[i];
            let lease = self.leases.entry((line.key, own)).or_default();
            lease.granted += takes[i];
            if takes[i] != 0 || line.fence {
                lease.number = asked.number;
            }
            answers.push(AnswerLine {
                granted: lease.granted,
                taken: takes[i],
                limit: self.limits[&line.key],
                remains: lefts[i],
                running: others[i].1,
                lost: others[i].2,
                direct,
            });
        }
        Some(Answer { lines: answers, met })
    }

    /// Books a charge against the lease of the epoch that admitted it.
    pub fn settle(&mut self, key: PurseKey, epoch: Epoch, charge: i64) {
        let lease = self.leases.entry((key, epoch)).or_default();
        lease.settled += charge;
        if lease.closed {
            lease.granted += charge;
            *self.granted.get_mut(&key).expect("known") += charge;
            *self.beyond.get_mut(&key).expect("known") += charge;
        }
    }

    /// The epoch's journal is empty: what it did not spend goes back.
    pub fn close(&mut self, epoch: Epoch) {
        self.fenced.insert(epoch);
        for ((key, of), lease) in &mut self.leases {
            if *of == epoch && !lease.closed {
                *self.granted.get_mut(key).expect("known") += lease.settled - lease.granted;
                *self.beyond.get_mut(key).expect("known") += (lease.settled - lease.granted).max(0);
                (lease.granted, lease.closed) = (lease.settled, true);
            }
        }
    }
}
