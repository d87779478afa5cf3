//! Which account is chosen, which are not, and what is said of it.

use super::support::{
    TENANT, account, after, asker, choose, chosen, id, noon, observe, pool, rng, why_not, wish, with,
};
use crate::pick::{NoAccount, Reason, Wish, pick};
use crate::snapshot::Unusable;
use crate::state::Observed;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::time::Duration;
use tollgate_contract::platform::Platform;

#[test]
fn the_lowest_priority_number_goes_first_until_it_is_full() {
    let pool = pool(vec![
        with(1, |one| (one.priority, one.caps.concurrency) = (20, None)),
        with(2, |one| (one.priority, one.caps.concurrency) = (10, Some(2))),
    ]);
    let order: Vec<_> = (0..4).map(|_| chosen(&pool, &wish())).collect();
    let (first, second) = ((id(2), Reason::Priority), (id(1), Reason::OnlyCandidate));
    assert_eq!(order, [first, first, second, second]);
}

#[test]
fn the_sticky_account_goes_before_priority_as_long_as_it_can() {
    let pool = pool(vec![
        with(1, |one| one.priority = 1),
        with(2, |one| one.priority = 90),
    ]);
    let sticky = Wish {
        sticky: Some(id(2)),
        ..wish()
    };
    assert_eq!(chosen(&pool, &sticky), (id(2), Reason::Sticky));
    observe(&pool, 2, Observed::RateLimited { until: None }, noon());
    assert_eq!(chosen(&pool, &sticky), (id(1), Reason::OnlyCandidate));
    let gone = Wish {
        sticky: Some(id(99)),
        ..wish()
    };
    assert_eq!(chosen(&pool, &gone).0, id(1));
}

#[test]
fn accounts_without_load_get_shares_by_weight() {
    let pool = pool(vec![
        with(1, |one| one.weight = 300),
        with(2, |one| one.weight = 100),
    ]);
    let mut rng = rng();
    let heavy = (0..4000).filter(|_| {
        let picked = pick(&pool, &wish(), noon(), &mut rng).expect("an account");
        assert_eq!(picked.chosen.reason(), Reason::LeastLoad);
        picked.candidate.live.release(TENANT, picked.probe);
        picked.candidate.account.id == id(1)
    });
    let heavy = heavy.count();
    assert!((2850..=3150).contains(&heavy), "{heavy} of 4000 instead of 3000");
}

#[test]
fn under_load_requests_in_flight_are_shared_by_weight() {
    let weights = [50, 100, 250, 600];
    let pool = pool(
        (1..)
            .zip(weights)
            .map(|(number, weight)| with(number, |one| one.weight = weight))
            .collect(),
    );
    let mut rng = rng();
    for _ in 0..1000 {
        pick(&pool, &wish(), noon(), &mut rng).expect("an account");
    }
    for (candidate, weight) in pool.candidates.iter().zip(weights) {
        let (got, due) = (candidate.live.load.in_flight(), weight);
        assert!(
            got.abs_diff(due) <= due / 5 + 5,
            "{got} in flight at a weight of {weight}"
        );
    }
}

#[test]
fn without_accounts_of_the_platform_none_is_configured() {
    let refusal = choose(&pool(Vec::new()), &wish()).expect_err("none");
    assert_eq!(refusal.code(), "none_configured");
    let refusal = choose(
        &pool(vec![account(1)]),
        &Wish {
            platforms: &[],
            ..wish()
        },
    )
    .expect_err("none");
    assert_eq!(refusal.code(), "none_configured");
    let mut broken = pool(Vec::new());
    let why = "its credential can't be decrypted";
    broken.unusable.push(Unusable {
        id: id(1),
        name: "broken".into(),
        platform: Platform::ClaudeConsole,
        why,
        is_granted: false,
    });
    let refusal = choose(&broken, &wish()).expect_err("none");
    assert_eq!(why_not(&refusal), [why]);
}

#[test]
fn accounts_that_had_the_request_do_not_get_it_again() {
    let pool = pool(vec![account(1), account(2)]);
    assert_eq!(
        chosen(
            &pool,
            &Wish {
                tried: &[id(1)],
                ..wish()
            }
        )
        .0,
        id(2)
    );
    let sticky = Wish {
        sticky: Some(id(1)),
        tried: &[id(1)],
        ..wish()
    };
    assert_eq!(chosen(&pool, &sticky).0, id(2));
    let refusal = choose(
        &pool,
        &Wish {
            tried: &[id(1), id(2)],
            ..wish()
        },
    )
    .expect_err("none");
    assert_eq!(refusal.code(), "all_tried");
    // What was not tried but is out makes the difference: it may come back.
    observe(&pool, 2, Observed::Overloaded { until: None }, noon());
    let refusal = choose(
        &pool,
        &Wish {
            tried: &[id(1)],
            ..wish()
        },
    )
    .expect_err("none");
    let NoAccount::AllUnavailable {
        retry_after,
        all_at_cap,
        ..
    } = refusal
    else {
        panic!("{refusal:?}")
    };
    assert_eq!((retry_after, all_at_cap), (Some(Duration::from_secs(5)), false));
}

#[test]
fn a_refusal_tells_when_the_first_account_is_back() {
    let pool = pool(vec![
        account(1),
        account(2),
        with(3, |one| one.schedulable = false),
        account(4),
    ]);
    observe(
        &pool,
        1,
        Observed::RateLimited {
            until: Some(after(90)),
        },
        noon(),
    );
    observe(
        &pool,
        2,
        Observed::RateLimited {
            until: Some(after(45)),
        },
        noon(),
    );
    observe(
        &pool,
        3,
        Observed::RateLimited {
            until: Some(after(5)),
        },
        noon(),
    );
    observe(&pool, 4, Observed::Unauthorized, noon());
    let refusal = choose(&pool, &wish()).expect_err("none");
    let NoAccount::AllUnavailable {
        retry_after,
        all_at_cap,
        ..
    } = &refusal
    else {
        panic!("{refusal:?}")
    };
    assert_eq!(
        (*retry_after, *all_at_cap),
        (Some(Duration::from_secs(45)), false)
    );
    assert_eq!(
        why_not(&refusal),
        [
            "cooling down until 14:14:50 UTC after 429: its rate limit is reached",
            "cooling down until 14:14:05 UTC after 429: its rate limit is reached",
            "it is taken out of scheduling",
            "out until it is reset: the upstream refuses its credential",
        ]
    );
}

#[test]
fn a_refusal_tells_whether_all_are_merely_full() {
    let pool = pool(vec![
        with(1, |one| one.caps.concurrency = Some(1)),
        with(2, |one| one.caps.concurrency = Some(1)),
    ]);
    for _ in 0..2 {
        chosen(&pool, &wish());
    }
    let refusal = choose(&pool, &wish()).expect_err("none");
    let NoAccount::AllUnavailable {
        retry_after,
        all_at_cap,
        ..
    } = &refusal
    else {
        panic!("{refusal:?}")
    };
    assert_eq!((*retry_after, *all_at_cap), (None, true));
    let full = "it has 1 requests in flight, which is its cap";
    assert_eq!(why_not(&refusal), [full, full]);
    observe(&pool, 2, Observed::Unauthorized, noon());
    let refusal = choose(&pool, &wish()).expect_err("none");
    assert!(
        matches!(
            refusal,
            NoAccount::AllUnavailable {
                all_at_cap: false,
                ..
            }
        ),
        "{refusal:?}"
    );
}

#[test]
fn an_explanation_names_at_most_twenty_accounts() {
    let pool = pool((1..=50).map(account).collect());
    for number in 1..=50 {
        observe(&pool, number, Observed::Unauthorized, noon());
    }
    let refusal = choose(&pool, &wish()).expect_err("none");
    assert_eq!(why_not(&refusal).len(), 20);
}

/// For each account: priority, cap, requests in flight, whether it is cooling down, whether it was tried.
type Sketch = (u32, Option<u32>, u32, bool, bool);

fn sketches() -> impl Strategy<Value = Vec<Sketch>> {
    let one = (
        1_u32..4,
        proptest::option::of(1_u32..4),
        0_u32..4,
        any::<bool>(),
        any::<bool>(),
    );
    proptest::collection::vec(one, 0..8)
}

proptest! {
    #[test]
    fn whoever_is_chosen_could_be_and_comes_first(sketches in sketches(), sticky in 0_u128..9) {
        let accounts = (1..).zip(&sketches).map(|(number, (priority, cap, ..))| {
            with(number, |one| (one.priority, one.caps.concurrency) = (*priority, *cap))
        });
        let pool = pool(accounts.collect());
        let mut can = BTreeMap::new();
        let mut tried = Vec::new();
        for ((number, (priority, cap, in_flight, cooling, was_tried)), candidate) in (1..).zip(&sketches).zip(&pool.candidates) {
            let in_flight = (*in_flight).min(cap.unwrap_or(u32::MAX));
            for _ in 0..in_flight {
                candidate.live.take(asker(), noon()).expect("a seat");
            }
            if *cooling {
                observe(&pool, number, Observed::Overloaded { until: None }, noon());
            }
            if *was_tried {
                tried.push(id(number));
            }
            if !cooling && !was_tried && cap.is_none_or(|cap| in_flight < cap) {
                can.insert(id(number), *priority);
            }
        }
        let wish = Wish { sticky: Some(id(sticky)), tried: &tried, ..wish() };
        match choose(&pool, &wish) {
            Ok(picked) => {
                let priority = can.get(&picked.candidate.account.id);
                prop_assert!(priority.is_some(), "it was out");
                if can.contains_key(&id(sticky)) {
                    prop_assert_eq!(picked.candidate.account.id, id(sticky));
                } else {
                    prop_assert_eq!(priority, can.values().min());
                }
            }
            Err(_) => prop_assert!(can.is_empty(), "{:?} could have taken it", can),
        }
    }
}
