//! Random answers, steps of the clock, restarts and two nodes against a small model of the state machine, written from
//! its rules and not from its code: what holds whatever happens.

use super::support::{MARK, TENANT, active, after, asker, id, noon};
use crate::live::{Change, Live, Stored};
use crate::state::{Condition, Observed, Standing};
use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use std::sync::Arc;
use tollgate_contract::accounts::AccountState;

/// The rules, told another way: each state with its end, refusals in a row, failures with their times.
#[derive(Clone, Debug)]
struct Model {
    state: AccountState,
    until: i64,
    /// Refusals without a word in a row, in this state; of a faulty one its failures.
    row: u32,
    /// Failures that are remembered after recovery, and when that was.
    memory: (u32, i64),
    failed: Vec<(i64, u32)>,
}

/// What the model counts for an observation, in seconds since noon.
#[derive(Clone, Copy, Debug)]
enum Answer {
    Good,
    Cool(AccountState, Option<i64>),
    Person,
    Nothing,
    Fails(u32),
}

impl Model {
    fn new() -> Self {
        Self {
            state: AccountState::Active,
            until: 0,
            row: 0,
            memory: (0, 0),
            failed: Vec::new(),
        }
    }

    fn rests(&self, now: i64) -> bool {
        let cools = !matches!(self.state, AccountState::Active | AccountState::Unauthorized);
        cools && now < self.until || self.state == AccountState::Unauthorized
    }

    fn go(&mut self, state: AccountState, until: i64, row: u32) {
        let memory = self.memory;
        *self = Self {
            state,
            until,
            row,
            memory,
            failed: Vec::new(),
        };
    }

    fn see(&mut self, answer: Answer, now: i64) {
        match answer {
            Answer::Nothing => {}
            Answer::Person => self.go(AccountState::Unauthorized, 0, 0),
            Answer::Good => {
                self.failed.clear();
                if !self.rests(now) && self.state != AccountState::Active {
                    let faulty = self.state == AccountState::Faulty;
                    self.memory = if faulty { (self.row, now) } else { (0, now) };
                    self.go(AccountState::Active, 0, 0);
                }
            }
            Answer::Cool(..) if self.state == AccountState::Unauthorized => {}
            Answer::Cool(state, named) => {
                self.failed.clear();
                let row = if self.state == state { self.row } else { 0 };
                let (first, longest, furthest) = match state {
                    AccountState::QuotaExhausted => (300, 3_600, 31 * 86_400),
                    AccountState::Overloaded => (5, 300, 3_600),
                    _ => (5, 300, 86_400),
                };
                let named = named.filter(|at| *at > now).map(|at| at.min(now + furthest));
                let until = named.unwrap_or(now + longest.min(first << row.min(10)));
                let burst =
                    self.rests(now) && (named.is_none() && self.state == state || until <= self.until + 5);
                if !burst {
                    self.go(state, until, if named.is_some() { 0 } else { row + 1 });
                }
            }
            Answer::Fails(_) if self.rests(now) => {}
            Answer::Fails(_) if self.state == AccountState::Faulty => {
                let row = self.row + 1;
                self.go(AccountState::Faulty, now + 300.min(10 << (row - 3).min(10)), row);
            }
            Answer::Fails(weight) => {
                self.failed.push((now, weight));
                let recent = self.failed.iter().filter(|(at, _)| now - at <= 60);
                if recent.map(|(_, weight)| weight).sum::<u32>() >= 6 {
                    let soon = self.state == AccountState::Active && now - self.memory.1 < 300;
                    let row = if soon && self.memory.0 > 0 {
                        self.memory.0 + 1
                    } else {
                        3
                    };
                    self.go(AccountState::Faulty, now + 300.min(10 << (row - 3).min(10)), row);
                }
            }
        }
    }
}

fn answers() -> impl Strategy<Value = (Answer, i64)> {
    let named = proptest::option::weighted(0.5, -100_i64..4_000_000);
    let cooled = prop_oneof![
        3 => Just(AccountState::RateLimited),
        2 => Just(AccountState::Overloaded),
        1 => Just(AccountState::QuotaExhausted),
    ];
    let answer = prop_oneof![
        6 => Just(Answer::Good),
        5 => (cooled, named).prop_map(|(state, named)| Answer::Cool(state, named)),
        1 => Just(Answer::Person),
        2 => Just(Answer::Nothing),
        8 => prop_oneof![Just(2_u32), Just(3)].prop_map(Answer::Fails),
    ];
    (
        answer,
        prop_oneof![4 => 0_i64..8, 2 => 0_i64..400, 1 => 0_i64..5_000],
    )
}

/// The observation that means this; ends are named relative to the step's time.
fn observed(answer: Answer, now: i64) -> (Observed, Answer) {
    match answer {
        Answer::Good => (Observed::Answered, answer),
        Answer::Person => (Observed::Unauthorized, answer),
        Answer::Nothing => (Observed::NotPermitted, answer),
        Answer::Fails(3) => (Observed::Failed { reason: "dns" }, answer),
        Answer::Fails(_) => (Observed::Failed { reason: "garbage" }, answer),
        Answer::Cool(state, named) => {
            let at = named.map(|seconds| now + seconds);
            let until = at.map(after);
            let seen = match state {
                AccountState::RateLimited => Observed::RateLimited { until },
                AccountState::Overloaded => Observed::Overloaded { until },
                _ => Observed::QuotaExhausted { until },
            };
            (seen, Answer::Cool(state, at))
        }
    }
}

/// A row of the table, with the rule by which states are written to it.
struct Row {
    version: i64,
    condition: Condition,
}

impl Row {
    fn write(&mut self, live: &Live) {
        let Some(work) = live.begin_write() else { return };
        let condition = &work
            .transition
            .as_ref()
            .expect("only states are seen here")
            .condition;
        let is_later = condition.since > self.condition.since;
        let version = is_later.then(|| {
            self.version += 1;
            // What PostgreSQL keeps: the streak of failures is not stored.
            self.condition = Condition::new(
                condition.state,
                condition.until,
                &condition.reason,
                condition.since,
                condition.failures,
            );
            self.version
        });
        live.written(&work, version);
    }

    fn stored(&self) -> Stored {
        super::support::stored(self.version, self.condition.clone())
    }

    fn node(&self) -> Arc<Live> {
        Arc::new(Live::new(TENANT, id(1), &self.stored()))
    }
}

/// `blocked_until` says what the state does.
fn in_step(live: &Live, now: DateTime<Utc>) {
    let condition = live.condition();
    let blocked = live.blocked_until();
    match condition.standing(now) {
        Standing::Open => assert_eq!(blocked, 0, "{condition:?}"),
        Standing::Trickle | Standing::HalfOpen => {
            assert!(
                blocked != 0 && blocked <= now.timestamp_micros() + 1_000_000,
                "{condition:?}"
            );
        }
        Standing::Out => assert!(blocked > now.timestamp_micros(), "{condition:?}"),
    }
    if condition.state == AccountState::Unauthorized {
        assert_eq!(blocked, i64::MAX);
    }
    if condition.state == AccountState::Active {
        assert_eq!(live.out(now), None);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    /// One node, which restarts now and then: it does what the model does.
    #[test]
    fn the_state_machine_does_what_its_rules_say(
        steps in proptest::collection::vec((answers(), 0_u8..12), 1..80),
    ) {
        let mut row = Row { version: 1, condition: active() };
        let (mut live, mut model, mut now) = (row.node(), Model::new(), 0_i64);
        for ((answer, wait), restarts) in steps {
            now += wait;
            let (seen, answer) = observed(answer, now);
            // A request is only sent where one may be; what else is seen is of requests of before.
            let probe = live.take(asker(), after(now)).ok();
            let is_late = probe.is_none() && live.condition().standing(after(now)) != Standing::Out;
            prop_assert!(!is_late, "a place is free: {:?}", live.condition());
            let before = live.condition();
            let change = live.observe(seen, probe.flatten(), MARK, after(now));
            if let Some(probe) = probe {
                live.release(TENANT, probe);
            }
            model.see(answer, now);
            let condition = live.condition();
            prop_assert_eq!(condition.state, model.state, "{:?} at {}", seen, now);
            let until = condition.until.map_or(0, |until| (until - noon()).num_seconds());
            prop_assert_eq!(until, model.until, "{:?} at {}", seen, now);
            prop_assert_eq!(change == Change::None, before.since == condition.since);
            in_step(&live, after(now));
            row.write(&live);
            prop_assert_eq!(row.condition.since, condition.since, "all that was seen is written");
            if restarts == 0 {
                live = row.node();
                model.failed.clear();
            }
            // Free places come back: the next request of a quarter of a second later may go.
            now += 1;
        }
    }

    /// Two nodes that see different answers, write when they get to it and read when they hear: in the end both have what
    /// the table has.
    #[test]
    fn two_nodes_agree_in_the_end(
        steps in proptest::collection::vec((answers(), any::<bool>(), 0_u8..8), 1..80),
    ) {
        let mut row = Row { version: 1, condition: active() };
        let nodes = [row.node(), row.node()];
        let mut now = 0_i64;
        for ((answer, wait), which, does) in steps {
            now += wait;
            let (seen, _) = observed(answer, now);
            let node = &nodes[usize::from(which)];
            let seat = node.take(asker(), after(now)).ok();
            node.observe(seen, seat.flatten(), MARK, after(now));
            if let Some(probe) = seat {
                node.release(TENANT, probe);
            }
            in_step(node, after(now));
            if does & 1 == 1 {
                row.write(node);
            }
            if does & 2 == 2 {
                node.merge(&row.stored(), after(now));
            }
            if does & 4 == 4 {
                nodes[usize::from(!which)].merge(&row.stored(), after(now));
            }
        }
        for node in &nodes {
            row.write(node);
        }
        for node in &nodes {
            node.merge(&row.stored(), after(now));
            let (condition, stored) = (node.condition(), &row.condition);
            prop_assert_eq!(
                (condition.state, condition.until, condition.since),
                (stored.state, stored.until, stored.since)
            );
            in_step(node, after(now));
            prop_assert!(node.begin_write().is_none());
        }
    }
}

#[test]
fn accounts_that_recover_together_are_tried_and_not_stormed() {
    let row = Row {
        version: 1,
        condition: active(),
    };
    let live = row.node();
    let until = Some(after(60));
    live.observe(Observed::RateLimited { until }, None, MARK, noon());
    let at = |milliseconds| after(60) + TimeDelta::milliseconds(milliseconds);
    let through = |from: i64, to: i64| {
        (from..to)
            .filter(|milliseconds| live.take(asker(), at(*milliseconds)).is_ok())
            .count()
    };
    assert_eq!(through(-1_000, 0), 0);
    assert_eq!(through(0, 1_000), 4, "four a second");
    let next = live.recovers_at(at(999)).expect("a moment");
    assert_eq!(
        (next, live.blocked_until()),
        (at(1_000), at(1_000).timestamp_micros())
    );
    live.observe(Observed::Answered, None, MARK, at(1_000));
    assert_eq!(through(1_000, 1_100), 100, "one answer opens it");
}

#[test]
fn a_probe_that_takes_long_keeps_nobody_out_for_long() {
    let row = Row {
        version: 1,
        condition: active(),
    };
    let live = row.node();
    for _ in 0..3 {
        live.observe(Observed::Failed { reason: "500" }, None, MARK, noon());
    }
    let first = live.take(asker(), after(10)).expect("a probe");
    assert!(live.take(asker(), after(39)).is_err());
    assert_eq!(live.recovers_at(after(39)), Some(after(40)), "others look again");
    let second = live.take(asker(), after(40)).expect("another probe");
    assert_ne!(first, second);
    // The first one's outcome is no probe's any more: a failure of it says nothing.
    live.observe(Observed::Failed { reason: "500" }, first, MARK, after(41));
    assert_eq!(live.condition().failures, 3);
    live.observe(Observed::Failed { reason: "500" }, second, MARK, after(42));
    assert_eq!(live.condition().failures, 4);
}
