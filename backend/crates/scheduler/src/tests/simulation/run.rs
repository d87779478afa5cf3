//! One run of one rule: events in virtual time, in the order in which they happen.

use super::report::Outcome;
use super::rules::{Choice, Kind, PATIENCE_MS, Rule};
use super::world::{ACCOUNTS, Answer, Plan, TENANTS, World};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Accounts that one request may try, as the relay does.
const TRIES_MAX: usize = 3;
const LOOK_EVERY: i64 = 1_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Look,
    Arrives(usize),
    /// The vendor's answer to a request.
    Answers(usize),
    /// It has waited for as long as it may: which of its waits.
    GivesUp(usize, usize),
}

struct Request {
    tenant: usize,
    at: i64,
    tried: Vec<usize>,
    waits: usize,
    answer: Answer,
}

struct Run {
    rule: Rule,
    world: World,
    now: i64,
    events: BinaryHeap<Reverse<(i64, Event)>>,
    requests: Vec<Request>,
    outcome: Outcome,
    outage_end: i64,
    /// Answers of the accounts that were out, each in its tenth of a minute.
    comeback: Vec<u32>,
}

pub(super) fn run(plan: &Plan, kind: Kind, seed: u64) -> Outcome {
    let world = World::new(plan, seed);
    let requests: Vec<Request> = plan
        .arrivals(seed)
        .into_iter()
        .map(|(at, tenant)| Request {
            tenant,
            at,
            tried: Vec::new(),
            waits: 0,
            answer: Answer::Served,
        })
        .collect();
    let arrivals = requests
        .iter()
        .enumerate()
        .map(|(number, one)| (one.at, Event::Arrives(number)));
    let looks = (0..plan.ends / LOOK_EVERY).map(|second| (second * LOOK_EVERY, Event::Look));
    let events = arrivals.chain(looks).map(Reverse).collect();
    let quiet = (0..TENANTS).map(|tenant| !plan.bursts_of(tenant)).collect();
    let mut run = Run {
        rule: Rule::new(kind, &world.setups, seed),
        world,
        now: 0,
        events,
        requests,
        outcome: Outcome::new(kind, quiet),
        outage_end: plan.outage.1,
        comeback: vec![0; usize::try_from(plan.ends / 6_000).unwrap_or_default() + 10],
    };
    while let Some(Reverse((at, event))) = run.events.pop() {
        run.rule.advance(at - run.now);
        run.now = at;
        run.happens(event);
        for (request, account) in run.rule.granted(run.now) {
            run.starts(request, account);
        }
    }
    run.outcome.recovered_s = recovery(&run.comeback, plan.outage);
    run.outcome
}

impl Run {
    fn happens(&mut self, event: Event) {
        match event {
            Event::Look => self.rule.look(),
            Event::Arrives(request) => {
                self.outcome.asked[self.requests[request].tenant] += 1;
                self.schedules(request);
            }
            Event::Answers(request) => self.answers(request),
            Event::GivesUp(request, wait) => {
                if self.requests[request].waits == wait {
                    self.rule.gives_up(request);
                }
            }
        }
    }

    fn schedules(&mut self, request: usize) {
        let one = &self.requests[request];
        match self.rule.choose(request, one.tenant, &one.tried, self.now) {
            Choice::Account(account) => self.starts(request, account),
            Choice::Waits => {
                let one = &mut self.requests[request];
                one.waits += 1;
                let gives_up = Event::GivesUp(request, one.waits);
                self.events.push(Reverse((self.now + PATIENCE_MS, gives_up)));
            }
            Choice::Refused => (),
        }
    }

    fn starts(&mut self, request: usize, account: usize) {
        let over = self
            .rule
            .in_flight(account)
            .saturating_sub(self.world.setups[account].cap);
        self.outcome.most_over_cap = self.outcome.most_over_cap.max(over);
        let (answer, after) = self.world.ask(account, self.now);
        let one = &mut self.requests[request];
        one.tried.push(account);
        one.answer = answer;
        if one.tried.len() == 1 {
            self.outcome.longest_wait_ms = self.outcome.longest_wait_ms.max(self.now - one.at);
        }
        if answer == Answer::Served {
            self.outcome.waits.push((self.now - one.at, one.tenant));
        }
        self.events
            .push(Reverse((self.now + after, Event::Answers(request))));
    }

    fn answers(&mut self, request: usize) {
        let one = &self.requests[request];
        let (answer, account, tries) = (
            one.answer,
            one.tried.last().copied().unwrap_or_default(),
            one.tried.len(),
        );
        self.rule.ended(request, account, answer, self.now);
        if answer == Answer::Served {
            self.outcome.answered[self.requests[request].tenant] += 1;
            if self.world.is_out_in_the_outage(account) {
                let tenth = usize::try_from(self.now / 6_000).unwrap_or_default();
                if let Some(count) = self.comeback.get_mut(tenth) {
                    *count += 1;
                }
            }
        } else if tries < TRIES_MAX {
            self.outcome.failovers += 1;
            self.schedules(request);
        }
        debug_assert!(account < ACCOUNTS && self.outage_end > 0);
    }
}

/// Seconds from the end of the outage until the accounts that were out answer four fifths of what they answered before,
/// over half a minute.
fn recovery(comeback: &[u32], outage: (i64, i64)) -> Option<f64> {
    let tenth = |at: i64| usize::try_from(at / 6_000).unwrap_or_default();
    let over = |from: usize| -> f64 {
        comeback
            .iter()
            .skip(from)
            .take(5)
            .map(|count| f64::from(*count))
            .sum()
    };
    // The quieter half of the minute before: bursts are over by then.
    let before = over(tenth(outage.0) - 5);
    let end = tenth(outage.1);
    let found = (end..comeback.len().saturating_sub(15)).find(|from| over(*from) >= before * 0.8);
    found.map(|from| (from - end) as f64 * 6.0)
}
