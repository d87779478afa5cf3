//! The house of the simulation and all that may happen in it.

use super::vault::{Epoch, Fault, Vault};
use super::{Dice, NODES};
use crate::lease::desk::{Answer, Asked, Desk, Ended, Exchange, Plan, Want};
use crate::lease::purse::PurseKey;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tollgate_contract::ids::BudgetId;
use tollgate_store::Clock;
use uuid::Uuid;

/// Longer than any run: nobody is refused for want of time.
const PATIENCE: Duration = Duration::from_hours(1);

/// A request with a reservation: in memory, and in the journal.
#[derive(Clone, Debug)]
pub(super) struct Running {
    pub wants: Arc<[Want]>,
    pub amount: i64,
    pub epoch: Epoch,
}

/// A process that serves from a node's folder.
pub(super) struct Process {
    pub epoch: Epoch,
    pub desk: Desk,
    pub running: Vec<Running>,
    pub waiting: Vec<(u64, Arc<[Want]>, i64)>,
    /// The exchange whose answer is waited for.
    pub asked: Option<Exchange>,
}

pub(super) struct House {
    pub dice: Dice,
    pub start: Instant,
    pub now: Instant,
    pub keys: Vec<PurseKey>,
    pub vault: Vault,
    /// By node; `None` while it is down.
    pub processes: Vec<Option<Process>>,
    /// Taken over while they live; they do not know it yet.
    pub zombies: Vec<Process>,
    pub epochs: Vec<i64>,
    /// What journals hold: done and not settled.
    pub done: Vec<(Running, i64)>,
    /// Requests that a crash cut: what they cost is known when their journal is replayed.
    pub cut: Vec<Running>,
    pub messages: Vec<(Epoch, Exchange)>,
    pub slow: Vec<(Epoch, Exchange)>,
    pub answers: Vec<(Epoch, i64, Answer)>,
    pub spent: BTreeMap<PurseKey, i64>,
    pub overrun: BTreeMap<PurseKey, i64>,
    pub crashes: bool,
    pub refused: usize,
    pub taken: usize,
}

fn key(place: u128) -> PurseKey {
    PurseKey {
        budget: BudgetId(Uuid::from_u128(place)),
        start: DateTime::<Utc>::UNIX_EPOCH,
    }
}

impl House {
    pub fn new(seed: u64, fault: Fault) -> Self {
        let mut dice = Dice(seed);
        let keys: Vec<PurseKey> = (0..3).map(key).collect();
        // Some plentiful, some short from the start.
        let limits = keys
            .iter()
            .map(|key| (*key, [2_000, 20_000, 400_000][dice.pick(3)]))
            .collect();
        let start = Clock::system().monotonic();
        let crashes = fault != Fault::None || seed % 2 == 1;
        let zeros: BTreeMap<_, _> = keys.iter().map(|key| (*key, 0)).collect();
        Self {
            dice,
            start,
            now: start,
            vault: Vault::new(limits, 3, fault),
            processes: (0..NODES).map(|_| None).collect(),
            zombies: Vec::new(),
            epochs: vec![0; NODES],
            done: Vec::new(),
            cut: Vec::new(),
            messages: Vec::new(),
            slow: Vec::new(),
            answers: Vec::new(),
            spent: zeros.clone(),
            overrun: zeros,
            keys,
            crashes,
            refused: 0,
            taken: 0,
        }
    }

    pub fn boot(&mut self, node: usize) {
        self.epochs[node] += 1;
        let epoch = (node, self.epochs[node]);
        for earlier in 1..epoch.1 {
            self.vault.fenced.insert((node, earlier));
        }
        // Replay, settle, close.
        let (mine, others) = self.cut.drain(..).partition(|running| running.epoch.0 == node);
        self.cut = others;
        let mine: Vec<Running> = mine;
        for running in mine {
            let charge = self.dice.amount(running.amount + 1);
            self.spend(&running, charge);
            self.done.push((running, charge));
        }
        self.settle(node);
        for earlier in 1..epoch.1 {
            if !self.zombies.iter().any(|zombie| zombie.epoch == (node, earlier)) {
                self.vault.close((node, earlier));
            }
        }
        self.processes[node] = Some(Process {
            epoch,
            desk: Desk::default(),
            running: Vec::new(),
            waiting: Vec::new(),
            asked: None,
        });
    }

    /// Books what the node's journal holds.
    pub fn settle(&mut self, node: usize) {
        let (mine, others): (Vec<_>, Vec<_>) = self
            .done
            .drain(..)
            .partition(|(running, _)| running.epoch.0 == node);
        self.done = others;
        for (running, charge) in mine {
            for want in running.wants.iter() {
                self.vault.settle(want.key, running.epoch, charge);
            }
        }
    }

    fn spend(&mut self, running: &Running, charge: i64) {
        for want in running.wants.iter() {
            *self.spent.get_mut(&want.key).expect("known") += charge;
            *self.overrun.get_mut(&want.key).expect("known") += (charge - running.amount).max(0);
        }
    }

    fn ask(&mut self, node: usize) {
        let mut wants = vec![self.keys[0]];
        wants.extend(self.keys[1..].iter().copied().filter(|_| self.dice.roll(2) == 0));
        let wants: Arc<[Want]> = wants
            .into_iter()
            .map(|key| Want {
                key,
                ends: None,
                hard: true,
            })
            .collect();
        let size = [50, 300, 2_500][self.dice.pick(3)];
        let amount = 1 + self.dice.amount(size);
        let now = self.now;
        let Some(process) = self.processes[node].as_mut() else {
            return;
        };
        match process.desk.ask(&wants, amount, now, now + PATIENCE) {
            Asked::Taken => {
                let epoch = process.epoch;
                process.running.push(Running { wants, amount, epoch });
                self.taken += 1;
            }
            Asked::Queued(id, _) => process.waiting.push((id, wants, amount)),
            Asked::Refused(lack) => self.check_refusal(lack.key, amount),
            Asked::Failed => {}
        }
    }

    /// With patience without end, and without crashes, only what can never fit is refused.
    fn check_refusal(&mut self, key: PurseKey, amount: i64) {
        self.refused += 1;
        let left = self.vault.limits[&key] - self.spent[&key];
        assert!(
            self.crashes || amount > left,
            "{amount} was refused, {left} is left of {key:?}"
        );
    }

    pub fn look(&mut self, node: usize) {
        let Some(process) = self.processes[node].as_mut() else {
            return;
        };
        let mut refused = Vec::new();
        let (desk, epoch, running) = (&mut process.desk, process.epoch, &mut process.running);
        let before = running.len();
        process
            .waiting
            .retain(|(id, wants, amount)| match desk.look(*id) {
                None => true,
                Some(Ended::Taken) => {
                    running.push(Running {
                        wants: Arc::clone(wants),
                        amount: *amount,
                        epoch,
                    });
                    false
                }
                Some(Ended::Refused(lack)) => {
                    refused.push((lack.key, *amount));
                    false
                }
                Some(Ended::Failed) => false,
            });
        self.taken += running.len() - before;
        for (key, amount) in refused {
            self.check_refusal(key, amount);
        }
    }

    pub fn finish(&mut self, node: usize) {
        let (now, cheap, dear) = (self.now, self.dice.roll(4) == 0, self.dice.roll(60) == 0);
        let Some(process) = self.processes[node].as_mut() else {
            return;
        };
        if process.running.is_empty() {
            return;
        }
        let ended = process.running.swap_remove(self.dice.pick(process.running.len()));
        if cheap {
            process.desk.give_back(&ended.wants, ended.amount, now);
            return;
        }
        let charge = self.dice.amount(ended.amount + 1) + if dear { ended.amount } else { 0 };
        process.desk.consume(&ended.wants, ended.amount, charge, now);
        self.spend(&ended, charge);
        self.done.push((ended, charge));
    }

    /// The one at work asks, if it waits for no answer.
    pub fn work(&mut self, node: usize) {
        let now = self.now;
        let Some(process) = self.processes[node].as_mut() else {
            return;
        };
        if process.asked.is_none()
            && let Plan::Exchange(exchange) = process.desk.plan(now)
        {
            self.messages.push((process.epoch, exchange.clone()));
            process.asked = Some(exchange);
        }
    }

    /// A message arrives; some stay in the net, to arrive again.
    pub fn deliver(&mut self) {
        if self.messages.is_empty() {
            return;
        }
        let place = self.dice.pick(self.messages.len());
        let repeated = self.dice.roll(5) == 0;
        let (epoch, exchange) = if repeated {
            self.messages[place].clone()
        } else {
            self.messages.swap_remove(place)
        };
        if let Some(answer) = self.vault.exchange(epoch, &exchange) {
            self.answers.push((epoch, exchange.number, answer));
        }
    }

    pub fn answer(&mut self) {
        if self.answers.is_empty() {
            return;
        }
        let (epoch, number, answer) = self.answers.swap_remove(self.dice.pick(self.answers.len()));
        let now = self.now;
        let alive = self.processes.iter_mut().flatten().chain(&mut self.zombies);
        let Some(process) = alive.into_iter().find(|process| process.epoch == epoch) else {
            return;
        };
        if process.asked.as_ref().is_some_and(|asked| asked.number == number)
            && let Some(asked) = process.asked.take()
        {
            let recalls = process.desk.answered(&asked, &answer, now);
            for other in self.processes.iter_mut().flatten() {
                for budget in &recalls {
                    other.desk.recalled(*budget, now);
                }
            }
        }
    }

    /// Whoever asked gives up waiting for the answer. The message may arrive all the same, and late.
    pub fn time_out(&mut self, node: usize) {
        let now = self.now;
        if let Some(process) = self.processes[node].as_mut()
            && let Some(asked) = process.asked.take()
        {
            process.desk.failed(&asked, now);
            let epoch = process.epoch;
            let (slow, quick) = self
                .messages
                .drain(..)
                .partition(|(of, exchange)| *of == epoch && exchange.number == asked.number);
            self.messages = quick;
            let slow: Vec<_> = slow;
            self.slow.extend(slow);
        }
    }

    /// A message arrives of which nobody hoped so any more.
    fn deliver_slow(&mut self) {
        if !self.slow.is_empty() {
            let place = self.dice.pick(self.slow.len());
            let late = self.slow.swap_remove(place);
            self.messages.push(late);
        }
    }

    fn crash(&mut self, node: usize) {
        if let Some(process) = self.processes[node].take() {
            self.cut.extend(process.running);
            self.vault.silent.insert(process.epoch);
        }
        if self.vault.fault == Fault::ReturnByTime && self.dice.roll(2) == 0 {
            self.vault.close((node, self.epochs[node]));
        }
    }

    /// Another process takes the folder over while this one lives on: it goes on until it hears of it.
    fn take_over(&mut self, node: usize) {
        if let Some(process) = self.processes[node].take() {
            self.zombies.push(process);
            self.boot(node);
        }
    }

    /// A zombie asks once more; then it is killed, and what it ran is found in its journal.
    pub fn end_zombie(&mut self) {
        let Some(mut zombie) = self.zombies.pop() else {
            return;
        };
        let now = self.now;
        if let Plan::Exchange(exchange) = zombie.desk.plan(now) {
            self.messages.push((zombie.epoch, exchange));
        }
        for running in zombie.running {
            self.spend(&running, 0);
            self.done.push((running, 0));
        }
        self.settle(zombie.epoch.0);
        self.vault.close(zombie.epoch);
    }

    pub fn step(&mut self) {
        let node = self.dice.pick(NODES);
        let quick = self.dice.roll(12) > 0;
        self.now += Duration::from_millis(self.dice.roll(if quick { 12 } else { 1_200 }));
        match self.dice.roll(100) {
            0..25 => self.ask(node),
            25..42 => self.finish(node),
            42..58 => self.work(node),
            58..74 => self.deliver(),
            74..88 => self.answer(),
            88..91 => self.settle(node),
            91..95 => self.time_out(node),
            95 if self.crashes => self.crash(node),
            96 if self.crashes => self.take_over(node),
            97 => self.end_zombie(),
            98 => self.deliver_slow(),
            _ if self.processes[node].is_none() => self.boot(node),
            _ => {}
        }
        self.look(node);
        self.check();
    }
}
