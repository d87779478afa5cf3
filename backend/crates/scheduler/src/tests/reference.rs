//! The choice against a plain one that looks at everything: the same accounts may be chosen, with the same chances.

use super::support::{TENANT, asker, grant, group, id, noon, observe, own, rng, wish, with};
use crate::bindings::{Binding, BoundTo};
use crate::pick::{Reason, Wish, pick};
use crate::pool::{Own, Pool};
use crate::state::Observed;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;
use tollgate_contract::ids::{AccountId, GroupId, TenantId};
use tollgate_contract::platform::{Platform, Service};
use uuid::Uuid;

const OWNER: TenantId = TenantId(Uuid::from_u128(99));
const GRANTED: GroupId = GroupId(Uuid::from_u128(500));
const OWN_GROUP: GroupId = GroupId(Uuid::from_u128(501));

/// An account as the plain choice sees it.
#[derive(Clone, Debug)]
struct Sketch {
    granted: bool,
    priority: u32,
    /// In the group by which it was granted, or in the tenant's own group; own accounts without one are not in the group.
    in_group: Option<u32>,
    other_platform: bool,
    lists_other_model: bool,
    cap: Option<u32>,
    in_flight: u32,
    cooling: bool,
    tried: bool,
}

fn sketch() -> impl Strategy<Value = Sketch> {
    let of_account = (
        any::<bool>(),
        1_u32..4,
        proptest::option::of(1_u32..4),
        proptest::bool::weighted(0.1),
        proptest::bool::weighted(0.1),
    );
    let of_moment = (
        proptest::option::of(1_u32..4),
        0_u32..4,
        proptest::bool::weighted(0.3),
        proptest::bool::weighted(0.2),
    );
    (of_account, of_moment).prop_map(|(of_account, of_moment)| {
        let (granted, priority, in_group, other_platform, lists_other_model) = of_account;
        let (cap, in_flight, cooling, tried) = of_moment;
        Sketch {
            granted,
            priority,
            in_group,
            other_platform,
            lists_other_model,
            cap,
            in_flight,
            cooling,
            tried,
        }
    })
}

fn pool_of(sketches: &[Sketch]) -> Pool {
    let made = |granted| {
        let chosen = (1..).zip(sketches).filter(move |(_, one)| one.granted == granted);
        let accounts = chosen.map(|(number, sketch)| {
            with(number, |one| {
                (one.priority, one.caps.concurrency) = (sketch.priority, sketch.cap);
                one.owner = if granted { OWNER } else { TENANT };
                if sketch.other_platform {
                    one.platform = Platform::Gemini;
                }
                if sketch.lists_other_model {
                    one.models = ["another".to_owned()].into();
                }
            })
        });
        own(accounts.collect())
    };
    let numbered = || (1_u128..).zip(sketches);
    let of_theirs: Vec<_> = numbered()
        .filter(|(_, one)| one.granted)
        .map(|(number, one)| (number, one.in_group))
        .collect();
    let of_own: Vec<_> = numbered()
        .filter(|(_, one)| !one.granted && one.in_group.is_some())
        .map(|(number, one)| (number, one.in_group))
        .collect();
    let tenants = Own {
        grants: vec![grant(GRANTED, OWNER, "pool")],
        groups: [(OWN_GROUP, group(&of_own))].into(),
        ..made(false)
    };
    let owners = Own {
        groups: [(GRANTED, group(&of_theirs))].into(),
        ..made(true)
    };
    let pool = Pool::new(Arc::new(tenants), vec![(OWNER, Arc::new(owners))]);
    for (number, sketch) in numbered() {
        let live = &pool.candidate(id(number)).expect("in the pool").live;
        for _ in 0..sketch.in_flight.min(sketch.cap.unwrap_or(u32::MAX)) {
            live.take(asker(), noon()).expect("a seat");
        }
        if sketch.cooling {
            observe(&pool, number, Observed::Overloaded { until: None }, noon());
        }
    }
    pool
}

/// The plain choice: the rank of every account that can take the request.
fn plain(sketches: &[Sketch], wish: &Wish<'_>) -> BTreeMap<AccountId, (u8, u32)> {
    let bound = wish.bindings.first().map(|binding| binding.to);
    let rank = |number: u128, one: &Sketch| {
        let account = id(number);
        let is_full = one.cap.is_some_and(|cap| one.in_flight >= cap);
        let is_out = one.other_platform || one.lists_other_model || one.cooling || one.tried || is_full;
        let is_barred = wish.own_only && one.granted || wish.pinned.is_some_and(|pinned| pinned != account);
        if is_out || is_barred {
            return None;
        }
        let granted_priority = one.in_group.filter(|_| one.granted);
        Some(match bound {
            None => (u8::from(one.granted), granted_priority.unwrap_or(one.priority)),
            Some(BoundTo::Account(bound)) if bound == account => {
                (0, granted_priority.unwrap_or(one.priority))
            }
            Some(BoundTo::Group(GRANTED)) if one.granted => (0, one.in_group.unwrap_or(one.priority)),
            Some(BoundTo::Group(OWN_GROUP)) if !one.granted => (0, one.in_group?),
            Some(_) => return None,
        })
    };
    let ranked = (1..).zip(sketches);
    ranked
        .filter_map(|(number, one)| Some((id(number), rank(number, one)?)))
        .collect()
}

fn bound_to() -> impl Strategy<Value = Option<BoundTo>> {
    let to = prop_oneof![
        (1_u128..40).prop_map(|number| BoundTo::Account(id(number))),
        Just(BoundTo::Group(GRANTED)),
        Just(BoundTo::Group(OWN_GROUP)),
    ];
    proptest::option::weighted(0.4, to)
}

proptest! {
    #[test]
    fn whoever_is_chosen_the_plain_choice_could_have_chosen(
        sketches in proptest::collection::vec(sketch(), 0..60),
        sticky in proptest::option::of(1_u128..40),
        pinned in proptest::option::weighted(0.1, 1_u128..40),
        own_only in proptest::bool::weighted(0.2),
        bound in bound_to(),
    ) {
        let pool = pool_of(&sketches);
        let tried: Vec<_> = (1..).zip(&sketches).filter(|(_, one)| one.tried).map(|(number, _)| id(number)).collect();
        let bindings: Vec<_> = bound.into_iter().map(|to| Binding { service: Service::Claude, to }).collect();
        let wish = Wish { sticky: sticky.map(id), pinned: pinned.map(id), own_only, bindings: &bindings, tried: &tried, ..wish() };
        let can = plain(&sketches, &wish);
        match pick(&pool, &wish, noon(), &mut rng()) {
            Ok(picked) => {
                let taken = picked.candidate.account.id;
                prop_assert!(can.contains_key(&taken), "{:?} was out", taken);
                let first = can.values().min().copied();
                let of_first = can.values().filter(|rank| Some(**rank) == first).count();
                match picked.chosen.reason() {
                    Reason::Pinned => prop_assert_eq!(Some(taken), wish.pinned),
                    Reason::Sticky => prop_assert_eq!(Some(taken), wish.sticky),
                    Reason::Bound => prop_assert_eq!(bound, Some(BoundTo::Account(taken))),
                    Reason::OnlyCandidate => prop_assert_eq!(can.len(), 1),
                    Reason::Priority => prop_assert!(of_first == 1 && can.len() > 1),
                    Reason::LeastLoad => prop_assert!(of_first > 1),
                    Reason::Waited => prop_assert!(false, "nobody waited"),
                }
                if wish.pinned.is_none() && wish.sticky.is_some_and(|sticky| can.contains_key(&sticky)) {
                    prop_assert_eq!(Some(taken), wish.sticky);
                } else {
                    prop_assert_eq!(can.get(&taken).copied(), first);
                }
            }
            Err(_) => prop_assert!(can.is_empty(), "{:?} could have taken it", can),
        }
    }
}

/// Of two drawn by weight the one with the lesser load for its weight: the exact chances, by all pairs.
fn chances(open: &[(AccountId, u32, u32)]) -> BTreeMap<AccountId, f64> {
    let sum: u32 = open.iter().map(|(_, weight, _)| weight).sum();
    let mut chances = BTreeMap::new();
    for (first, weight, load) in open {
        for (second, other_weight, other_load) in open.iter().filter(|(second, ..)| second != first) {
            let share = |weight: u32, of: u32| f64::from(weight) / f64::from(of);
            let pair = share(*weight, sum) * share(*other_weight, sum - weight);
            let is_less = other_load * weight < load * other_weight;
            *chances.entry(if is_less { *second } else { *first }).or_default() += pair;
        }
    }
    chances
}

#[test]
fn draws_among_many_have_the_chances_of_a_look_at_all() {
    let weights = [50, 100, 250, 400];
    let number_of = |number: u128| usize::try_from(number).expect("small");
    let pool = super::support::pool(
        (1..=40)
            .map(|number| with(number, |one| one.weight = weights[number_of(number) % 4]))
            .collect(),
    );
    let mut open = Vec::new();
    for number in 1..=40 {
        let live = &pool.candidate(id(number)).expect("in the pool").live;
        let in_flight = u32::try_from(number % 7).expect("small");
        for _ in 0..in_flight {
            live.take(asker(), noon()).expect("a seat");
        }
        if number % 3 == 0 {
            observe(&pool, number, Observed::Overloaded { until: None }, noon());
        } else {
            let weight = weights[number_of(number) % 4];
            open.push((id(number), weight, in_flight));
        }
    }
    let mut rng = rng();
    let mut counts: BTreeMap<AccountId, u32> = BTreeMap::new();
    let all = 40_000;
    for _ in 0..all {
        let picked = pick(&pool, &wish(), noon(), &mut rng).expect("an account");
        picked.candidate.live.release(TENANT, picked.probe);
        *counts.entry(picked.candidate.account.id).or_default() += 1;
    }
    for (account, chance) in chances(&open) {
        let (due, got) = (
            chance * f64::from(all),
            f64::from(counts.remove(&account).unwrap_or(0)),
        );
        let spread = (due * (1.0 - chance)).sqrt();
        assert!(
            (got - due).abs() <= 5.0 * spread + 1.0,
            "{account}: {got} instead of {due}"
        );
    }
    assert!(counts.is_empty(), "{counts:?} were out");
}
