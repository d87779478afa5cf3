//! What must hold after every step, and at the end.

use super::NODES;
use super::house::{House, Process, Running};
use super::vault::Epoch;
use std::collections::BTreeSet;
use std::time::Duration;

impl House {
    /// Nothing is overshot: what is spent and what running requests may still spend fits into every limit, but for what was
    /// billed beyond reservations.
    pub fn check(&self) {
        let alive = self.processes.iter().flatten().chain(&self.zombies);
        let running: Vec<&Running> = alive
            .flat_map(|process| &process.running)
            .chain(&self.cut)
            .collect();
        for key in &self.keys {
            let of_key = running
                .iter()
                .filter(|running| running.wants.iter().any(|want| want.key == *key));
            let reserved: i64 = of_key.map(|running| running.amount).sum();
            let (limit, spent, overrun) = (self.vault.limits[key], self.spent[key], self.overrun[key]);
            assert!(
                spent + reserved <= limit + overrun,
                "{spent} + {reserved} of {limit} (+ {overrun}), {key:?}"
            );
            let leases = self.vault.leases.iter().filter(|((of, _), _)| of == key);
            let granted: i64 = leases.map(|(_, lease)| lease.granted).sum();
            assert_eq!(
                granted, self.vault.granted[key],
                "granted is the sum of the leases"
            );
            assert!(
                granted <= limit + self.vault.beyond[key],
                "{granted} granted of {limit}"
            );
        }
    }

    /// Everything ends: all requests, all messages; the nodes that are down start again. Then all epochs are closed, and
    /// what is granted is what was spent.
    pub fn end(&mut self) {
        while !self.zombies.is_empty() {
            self.end_zombie();
        }
        for node in 0..NODES {
            if self.processes[node].is_none() {
                self.boot(node);
            }
        }
        for _ in 0..3_000 {
            self.now += Duration::from_millis(30);
            for node in 0..NODES {
                self.look(node);
                self.finish(node);
                self.settle(node);
                self.work(node);
                self.deliver();
                self.answer();
                if self.messages.is_empty() && self.answers.is_empty() {
                    // A message that was refused has no answer.
                    self.time_out(node);
                }
            }
            self.check();
            let busy = |process: &Process| !process.waiting.is_empty() || !process.running.is_empty();
            if !self.processes.iter().flatten().any(busy) {
                break;
            }
        }
        for process in self.processes.iter().flatten() {
            assert_eq!(
                process.waiting.len(),
                0,
                "somebody waits for ever, {:?}",
                self.now - self.start
            );
        }
        self.messages.append(&mut self.slow);
        while !self.messages.is_empty() {
            self.deliver();
        }
        let epochs: BTreeSet<Epoch> = self.vault.leases.keys().map(|(_, epoch)| *epoch).collect();
        for epoch in epochs {
            self.settle(epoch.0);
            self.vault.close(epoch);
        }
        self.check();
        assert_eq!(self.vault.granted, self.spent, "all that was not spent came back");
    }
}
