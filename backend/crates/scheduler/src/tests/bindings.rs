//! What bindings, pins, grants and `own_only` leave of a pool, and in which order it comes.

use super::support::{
    TENANT, account, after, choose, chosen, grant, group, id, noon, observe, own, pool, why_not, wish, with,
};
use crate::bindings::{Binding, BoundTo};
use crate::pick::{Reason, Wish};
use crate::pool::{Own, Pool};
use crate::state::Observed;
use std::sync::Arc;
use tollgate_contract::ids::{GroupId, TenantId};
use tollgate_contract::platform::{Platform, Service};
use uuid::Uuid;

const OWNER: TenantId = TenantId(Uuid::from_u128(99));
const BEST: GroupId = GroupId(Uuid::from_u128(500));
const REST: GroupId = GroupId(Uuid::from_u128(501));

fn bound(to: BoundTo) -> [Binding; 1] {
    [Binding {
        service: Service::Claude,
        to,
    }]
}

/// The tenant's accounts 1 and 2 and its group of 2; of the owner's 11, 12 and 13 it was granted 11 and 12.
fn shared() -> Pool {
    let tenants = Own {
        groups: [(REST, group(&[(2, None)]))].into(),
        grants: vec![grant(BEST, OWNER, "pool one")],
        ..own(vec![
            with(1, |one| one.priority = 60),
            with(2, |one| one.priority = 70),
        ])
    };
    let foreign = |number| with(number, |one| (one.owner, one.priority) = (OWNER, 1));
    let owners = Own {
        groups: [(BEST, group(&[(11, Some(9)), (12, Some(5)), (99, None)]))].into(),
        ..own(vec![foreign(11), foreign(12), foreign(13)])
    };
    Pool::new(Arc::new(tenants), vec![(OWNER, Arc::new(owners))])
}

#[test]
fn the_tenants_own_accounts_come_before_granted_ones_whatever_their_priority() {
    let pool = shared();
    let mut order = Vec::new();
    let mut tried = Vec::new();
    while let Ok(picked) = choose(
        &pool,
        &Wish {
            tried: &tried,
            ..wish()
        },
    ) {
        let account = &picked.candidate.account;
        order.push((account.id, &*account.public_name, account.owner));
        tried.push(account.id);
    }
    let own = [(id(1), "account 1", TENANT), (id(2), "account 2", TENANT)];
    // By their priorities in the group, not by their own.
    let granted = [(id(12), "pool one", OWNER), (id(11), "pool one", OWNER)];
    assert_eq!(order, [own, granted].concat());
    assert_eq!(pool.len(), 4, "13 was not granted");
}

#[test]
fn what_a_binding_names_is_all_that_is_left_of_its_service() {
    let pool = shared();
    let to = |to| Wish {
        bindings: Box::leak(Box::new(bound(to))),
        ..wish()
    };
    assert_eq!(
        chosen(&pool, &to(BoundTo::Account(id(2)))),
        (id(2), Reason::Bound)
    );
    let members = to(BoundTo::Group(BEST));
    assert_eq!(chosen(&pool, &members), (id(12), Reason::Priority));
    assert_eq!(
        chosen(
            &pool,
            &Wish {
                tried: &[id(12)],
                ..members
            }
        ),
        (id(11), Reason::OnlyCandidate)
    );
    assert_eq!(chosen(&pool, &to(BoundTo::Group(REST))).0, id(2));
    // Neither priority nor stickiness leads out of it, nor does its end.
    let sticky = Wish {
        sticky: Some(id(1)),
        ..to(BoundTo::Group(REST))
    };
    assert_eq!(chosen(&pool, &sticky).0, id(2));
    observe(&pool, 2, Observed::Unauthorized, noon());
    let refusal = choose(&pool, &sticky).expect_err("none");
    assert_eq!(refusal.code(), "all_unavailable");
    let not_bound = "the key is bound to another account or group";
    assert_eq!(
        why_not(&refusal),
        [
            not_bound,
            "out until it is reset: the upstream refuses its credential",
            not_bound
        ],
        "the granted ones are one line"
    );
    // Gone, or another tenant's.
    let nobody = to(BoundTo::Group(GroupId(Uuid::from_u128(777))));
    assert_eq!(
        choose(&pool, &nobody).expect_err("none").code(),
        "none_configured"
    );
    // Of another service it leaves all.
    let other = [Binding {
        service: Service::Gemini,
        to: BoundTo::Account(id(2)),
    }];
    let other = Wish {
        bindings: &other,
        ..wish()
    };
    assert_eq!(chosen(&pool, &other).0, id(1));
}

#[test]
fn a_binding_of_one_service_leaves_the_others_in_their_order() {
    let pool = pool(vec![
        with(1, |one| one.priority = 80),
        with(2, |one| (one.platform, one.priority) = (Platform::OpenAi, 1)),
        with(3, |one| one.priority = 2),
    ]);
    let bindings = bound(BoundTo::Account(id(1)));
    let both = Wish {
        platforms: &[Platform::ClaudeConsole, Platform::OpenAi],
        bindings: &bindings,
        ..wish()
    };
    assert_eq!(chosen(&pool, &both), (id(2), Reason::Priority));
    let tried = Wish {
        tried: &[id(2)],
        ..both
    };
    assert_eq!(chosen(&pool, &tried), (id(1), Reason::Bound));
}

#[test]
fn what_lies_on_one_account_goes_there_or_nowhere() {
    let pool = pool(vec![account(1), account(2), account(3)]);
    let pinned = Wish {
        pinned: Some(id(2)),
        sticky: Some(id(1)),
        ..wish()
    };
    assert_eq!(chosen(&pool, &pinned), (id(2), Reason::Pinned));
    let until = Some(after(30));
    observe(&pool, 2, Observed::RateLimited { until }, noon());
    let refusal = choose(&pool, &pinned).expect_err("none");
    assert_eq!(refusal.code(), "all_unavailable");
    let elsewhere = "what the request names at the vendor's lies on another account";
    assert_eq!(why_not(&refusal)[0], elsewhere);
    assert_eq!(why_not(&refusal)[2], elsewhere);
    // A pin does not lead out of a binding.
    let bindings = bound(BoundTo::Account(id(1)));
    let both = Wish {
        bindings: &bindings,
        pinned: Some(id(3)),
        ..wish()
    };
    assert!(choose(&pool, &both).is_err());
}

#[test]
fn own_only_leaves_granted_accounts_out() {
    let pool = shared();
    let own_only = Wish {
        own_only: true,
        tried: &[id(1), id(2)],
        sticky: Some(id(12)),
        ..wish()
    };
    assert_eq!(choose(&pool, &own_only).expect_err("none").code(), "all_tried");
    let any = Wish {
        own_only: false,
        ..own_only
    };
    assert_eq!(chosen(&pool, &any), (id(12), Reason::Sticky));
    let fitting = |wish: &Wish<'_>| -> Vec<_> { pool.fitting(wish).map(|one| one.account.id).collect() };
    assert_eq!(fitting(&own_only), [id(1), id(2)]);
    assert_eq!(fitting(&any), [id(1), id(2), id(12), id(11)]);
    let pinned = Wish {
        pinned: Some(id(11)),
        ..any
    };
    assert_eq!(fitting(&pinned), [id(11)]);
}

#[test]
fn an_account_of_two_granted_groups_comes_once_and_counts_in_both() {
    let tenants = Own {
        grants: vec![grant(BEST, OWNER, "pool one"), grant(REST, OWNER, "pool two")],
        ..Own::default()
    };
    let owners = Own {
        groups: [
            (BEST, group(&[(11, None)])),
            (REST, group(&[(11, Some(3)), (12, Some(4))])),
        ]
        .into(),
        ..own(vec![account(11), account(12)])
    };
    let pool = Pool::new(Arc::new(tenants), vec![(OWNER, Arc::new(owners))]);
    let names: Vec<_> = pool.accounts().map(|one| (one.id, &*one.public_name)).collect();
    assert_eq!(names, [(id(12), "pool two"), (id(11), "pool one")]);
    let bindings = bound(BoundTo::Group(REST));
    let rest = Wish {
        bindings: &bindings,
        ..wish()
    };
    assert_eq!(chosen(&pool, &rest).0, id(11), "3 comes before 4");
}
