//! Caps per account: what counts, until when, and what a node may use of them.

use super::support::{TENANT, after, asker, noon};
use crate::load::{Asker, Busy, Caps, Full, Load, Minute, NodeShare};
use crate::nodes::Nodes;
use proptest::prelude::*;
use std::sync::Arc;
use tollgate_contract::ids::TenantId;
use uuid::Uuid;

fn capped(caps: Caps) -> Load {
    let load = Load::default();
    load.settle(caps, &Arc::default());
    load
}

fn of(number: u128, weight: u32) -> Asker {
    Asker {
        tenant: TenantId(Uuid::from_u128(number)),
        weight,
        in_turn: false,
    }
}

#[test]
fn a_minute_takes_so_many_requests_and_says_when_the_next_may_go() {
    let load = capped(Caps {
        requests_per_minute: Some(3),
        ..Caps::default()
    });
    for second in [0, 10, 20] {
        load.take(asker(), after(second)).expect("a seat");
    }
    let full = Full::Requests {
        per_minute: 3,
        until: after(61),
    };
    assert_eq!(
        load.take(asker(), after(30)),
        Err(full),
        "ended ones count as well"
    );
    assert_eq!(
        load.full(asker(), after(60)),
        Some(full),
        "the first may be a part of a second younger"
    );
    assert_eq!(load.full(asker(), after(61)), None);
    load.take(asker(), after(61)).expect("a seat");
    assert_eq!(
        load.full(asker(), after(62)).and_then(|full| full.until()),
        Some(after(71))
    );
    assert_eq!(load.busy(after(62)).requests_1m, 3);
    assert_eq!(load.busy(after(200)).requests_1m, 0);
}

#[test]
fn tokens_count_once_they_are_known() {
    let load = capped(Caps {
        tokens_per_minute: Some(1_000),
        ..Caps::default()
    });
    load.take(asker(), noon()).expect("a seat");
    load.used(999, noon());
    assert_eq!(load.full(asker(), noon()), None);
    load.take(asker(), noon()).expect("a seat");
    load.used(5_000, after(1));
    let full = Full::Tokens {
        per_minute: 1_000,
        until: after(62),
    };
    assert_eq!(load.full(asker(), after(2)), Some(full));
    assert_eq!(load.take(asker(), after(2)), Err(full));
    assert_eq!(load.full(asker(), after(62)), None);
}

#[test]
fn a_day_that_cost_enough_is_over_for_the_account() {
    let load = capped(Caps {
        daily_cost_nano: Some(100),
        ..Caps::default()
    });
    load.spent(30);
    load.settled(0, load.booked(), after(3_600));
    load.spent(39);
    // The sum that was read has in it what was booked before the look before, and that alone.
    load.settled(30, load.booked(), after(3_600));
    load.spent(30);
    assert_eq!(load.full(asker(), noon()), None, "99 of 100");
    load.spent(1);
    let full = Full::DailyCost {
        cap_nano: 100,
        until: after(3_600),
    };
    assert_eq!(load.take(asker(), noon()), Err(full));
    assert_eq!(load.full(asker(), after(3_600)), None, "another day");
}

#[test]
fn a_tenant_may_have_all_of_it_until_another_one_waits() {
    let load = capped(Caps {
        concurrency: Some(8),
        ..Caps::default()
    });
    let (greedy, modest) = (of(1, 100), of(2, 300));
    for _ in 0..7 {
        load.take(greedy, noon()).expect("a seat");
    }
    load.join(greedy);
    assert_eq!(load.full(greedy, noon()), None, "its own waiting is no matter");
    load.join(modest);
    let full = Full::FairShare {
        share: 2,
        in_flight: 7,
    };
    assert_eq!(load.full(greedy, noon()), Some(full), "a quarter of eight");
    assert_eq!(load.full(modest, noon()), None);
    load.leave(modest.tenant);
    load.take(greedy, noon()).expect("nobody else wants it any more");
    assert_eq!(
        load.full(modest, noon()),
        Some(Full::Concurrency { cap: 8 }),
        "nothing is taken from who has it"
    );
    load.leave(greedy.tenant);
    for _ in 0..8 {
        load.release(greedy.tenant);
    }
    assert_eq!((load.in_flight(), load.waiting()), (0, 0));
}

#[test]
fn a_node_uses_its_share_and_without_one_what_can_hurt_nobody() {
    let (load, nodes) = (Load::default(), Arc::new(Nodes::default()));
    let caps = Caps {
        concurrency: Some(10),
        ..Caps::default()
    };
    load.settle(caps, &nodes);
    let room = || {
        let taken = std::iter::from_fn(|| load.take(asker(), noon()).ok()).count();
        (0..taken).for_each(|_| load.release(TENANT));
        taken
    };
    assert_eq!(room(), 10, "a node that is alone");
    nodes.speaks();
    assert_eq!(room(), 0, "nothing is used that the others have not heard of");
    load.set_share(NodeShare {
        seats: 4,
        ..NodeShare::NONE
    });
    assert_eq!(room(), 4);
    load.set_share(NodeShare {
        seats: 40,
        ..NodeShare::NONE
    });
    assert_eq!(room(), 10, "a cap that a person lowered holds at once");
    nodes.is_cut_off(3);
    load.set_share(NodeShare::NONE);
    assert_eq!(room(), 3, "an even part while nobody can be asked");
    assert_eq!(load.busy(after(100)), Busy::default());
}

proptest! {
    #[test]
    fn a_minute_never_counts_too_few(steps in proptest::collection::vec((0_i64..40_000, 1_u64..5), 1..60), limit in 1_u64..20) {
        let mut minute = Minute::default();
        let mut all: Vec<(i64, u64)> = Vec::new();
        let mut at = 0;
        for (wait, count) in steps {
            at += wait;
            let now = noon() + chrono::TimeDelta::milliseconds(at);
            minute.add(now, count, count * 10);
            all.push((at, count));
            let within = |millis: i64| -> u64 {
                all.iter().filter(|(then, _)| at - then < millis).map(|(_, count)| count).sum()
            };
            prop_assert!(minute.requests() >= within(60_000));
            prop_assert!(minute.requests() <= within(61_001));
            prop_assert_eq!(minute.tokens(), minute.requests() * 10);
            if let Some(until) = minute.requests_below(limit).filter(|_| minute.requests() >= limit) {
                let mut then = Minute::default();
                for (at, count) in &all {
                    then.add(noon() + chrono::TimeDelta::milliseconds(*at), *count, 0);
                }
                then.roll(until - chrono::TimeDelta::seconds(1));
                prop_assert!(then.requests() >= limit, "not before");
                then.roll(until);
                prop_assert!(then.requests() < limit, "then");
            }
        }
    }
}
