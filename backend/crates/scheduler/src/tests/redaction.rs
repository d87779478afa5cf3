//! What a tenant reads of accounts that are the platform's, and what the platform reads of them.

use super::support::{TENANT, account, after, asker, grant, group, id, noon, observe, own, wish, with};
use crate::desk::Desk;
use crate::explain::{Eyes, dry_run};
use crate::pick::{Wish, pick};
use crate::pool::{Own, Pool};
use crate::reports::Reports;
use crate::seat::Seat;
use crate::snapshot::Unusable;
use crate::state::Observed;
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use std::sync::Arc;
use tollgate_contract::ids::{GroupId, TenantId};
use tollgate_contract::platform::Platform;
use tollgate_store::Clock;
use uuid::Uuid;

const OWNER: TenantId = TenantId(Uuid::from_u128(99));
const POOL: GroupId = GroupId(Uuid::from_u128(500));

/// The tenant's accounts 1 and 2, and 11 to 16 by way of a grant.
fn shared() -> Pool {
    let tenants = Own {
        grants: vec![grant(POOL, OWNER, "the pool")],
        ..own(vec![account(1), account(2)])
    };
    let foreign = (11..=16).map(|number| {
        with(number, |one| {
            one.public_name = format!("hidden {number}").into();
            one.mapping = [("claude-sonnet-4-6".to_owned(), "hidden-model".to_owned())].into();
            one.plan = Some("hidden-plan".into());
            one.caps.concurrency = Some(1);
            one.priority = 77;
        })
    });
    let members: Vec<_> = (11..=16).map(|number| (number, None)).collect();
    let members: Vec<_> = members.into_iter().chain([(17, None)]).collect();
    let broken = Unusable {
        id: id(17),
        name: "hidden 17".into(),
        platform: Platform::ClaudeConsole,
        why: "its hidden credential can't be decrypted",
        is_granted: false,
    };
    let owners = Own {
        groups: [(POOL, group(&members))].into(),
        unusable: vec![broken],
        ..own(foreign.collect())
    };
    Pool::new(Arc::new(tenants), vec![(OWNER, Arc::new(owners))])
}

fn all_out() -> Pool {
    let pool = shared();
    let limited = |seconds| Observed::RateLimited {
        until: Some(after(seconds)),
    };
    observe(&pool, 1, Observed::Unauthorized, noon());
    observe(&pool, 2, limited(50), noon());
    observe(&pool, 11, limited(90), noon());
    observe(&pool, 12, limited(70), noon());
    observe(
        &pool,
        13,
        Observed::QuotaExhausted {
            until: Some(after(80)),
        },
        noon(),
    );
    observe(&pool, 14, Observed::Unauthorized, noon());
    for number in [15, 16] {
        let live = &pool.candidate(id(number)).expect("in the pool").live;
        live.take(asker(), noon()).expect("a seat");
    }
    pool
}

fn says_nothing_hidden(explanation: &Value) {
    let text = explanation.to_string();
    for hidden in ["hidden", "77", "vendor", "quota"] {
        assert!(!text.contains(hidden), "{hidden} in {text}");
    }
    for number in 11..=17 {
        assert!(!text.contains(&id(number).to_string()), "{number} in {text}");
    }
}

#[test]
fn of_the_platforms_accounts_a_tenant_reads_one_line_a_reason() {
    let refusal = pick(&all_out(), &wish(), noon(), &mut StdRng::seed_from_u64(1)).expect_err("all are out");
    let explanation = refusal.explanation();
    says_nothing_hidden(&explanation);
    let lines: Vec<_> = explanation["considered"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|line| {
            (
                line["id"].clone(),
                line["name"].clone(),
                line["code"].clone(),
                line["out"].clone(),
            )
        })
        .collect();
    let own = |number| json!(id(number));
    assert_eq!(
        lines,
        [
            (
                own(1),
                json!("account 1"),
                json!("state"),
                json!("out until it is reset: the upstream refuses its credential")
            ),
            (
                own(2),
                json!("account 2"),
                json!("state"),
                json!("cooling down until 14:14:10 UTC after 429: its rate limit is reached")
            ),
            (
                Value::Null,
                json!("the pool"),
                json!("state"),
                json!("cooling down until 14:14:30 UTC")
            ),
            (
                Value::Null,
                json!("the pool"),
                json!("unusable"),
                json!("out of service")
            ),
            (Value::Null, json!("the pool"), json!("at_cap"), json!("busy")),
        ]
    );
    assert_eq!(
        explanation["sentence"],
        "Went nowhere: no account can take the request at the moment. account 1 was out: out until it is reset: the \
         upstream refuses its credential. account 2 was out: cooling down until 14:14:10 UTC after 429: its rate limit \
         is reached. the pool was out: cooling down until 14:14:30 UTC. So were 2 others. The first is back at \
         14:14:10 UTC."
    );
    assert_eq!(explanation["others"], 0);
}

#[test]
fn a_request_that_goes_to_the_platforms_account_names_the_pool_alone() {
    let pool = shared();
    let wish = Wish {
        tried: &[id(1), id(2)],
        ..wish()
    };
    let desk = Desk::new(Arc::new(Reports::new(Clock::manual(noon()))));
    let picked = pick(&pool, &wish, noon(), &mut StdRng::seed_from_u64(1)).expect("a seat");
    let explanation = Seat::new(picked, TENANT, &desk).explanation();
    says_nothing_hidden(&explanation);
    assert_eq!(explanation["picked"], json!({ "id": null, "name": "the pool" }));
    let sentence = explanation["sentence"].as_str().expect("a text");
    assert!(
        sentence.starts_with("Went to the pool: of those that come first, it has the lesser load"),
        "{sentence}"
    );
    let answer = dry_run(&pool, &wish, noon(), &mut StdRng::seed_from_u64(1), Eyes::Tenant);
    says_nothing_hidden(&serde_json::to_value(&answer).expect("JSON"));
    assert_eq!(answer.picked.expect("one").model, "claude-sonnet-4-6");
}

#[test]
fn the_platform_reads_all_of_it() {
    let run = |eyes| dry_run(&all_out(), &wish(), noon(), &mut StdRng::seed_from_u64(1), eyes);
    let (all, told) = (run(Eyes::Platform), run(Eyes::Tenant));
    assert_eq!((all.considered.len(), told.considered.len()), (9, 5));
    assert_eq!(all.considered[2].id, Some(id(11)));
    assert_eq!(
        all.considered[2].text,
        "cooling down until 14:14:50 UTC after 429: its rate limit is reached"
    );
    assert_eq!(all.recovers_at, Some(after(50)));
    let tried = Wish {
        tried: &[id(1), id(2)],
        ..wish()
    };
    let free = dry_run(
        &shared(),
        &tried,
        noon(),
        &mut StdRng::seed_from_u64(1),
        Eyes::Platform,
    );
    let picked = free.picked.expect("one");
    assert_eq!(
        (picked.id.is_some(), picked.model.as_str()),
        (true, "hidden-model")
    );
}

#[test]
fn the_sentence_says_what_an_admin_wants_to_know() {
    let pool = shared();
    observe(
        &pool,
        1,
        Observed::RateLimited {
            until: Some(after(60)),
        },
        noon(),
    );
    let sticky = Wish {
        sticky: Some(id(2)),
        ..wish()
    };
    let desk = Desk::new(Arc::new(Reports::new(Clock::manual(noon()))));
    let picked = pick(&pool, &sticky, noon(), &mut StdRng::seed_from_u64(1)).expect("a seat");
    let explanation = Seat::new(picked, TENANT, &desk).explanation();
    assert_eq!(
        explanation["sentence"],
        "Went to account 2: it served this conversation before. account 1 was out: cooling down until 14:14:20 UTC \
         after 429: its rate limit is reached. the pool was out: out of service."
    );
    assert_eq!(
        explanation["considered"][1]["out"],
        "it comes after the organisation's own accounts"
    );
}

#[test]
fn of_many_accounts_an_explanation_says_how_many_were_not_looked_at() {
    let pool = super::support::pool((1..=500).map(account).collect());
    for number in 1..=100 {
        observe(&pool, number, Observed::Unauthorized, noon());
    }
    let desk = Desk::new(Arc::new(Reports::new(Clock::manual(noon()))));
    let mut rng = StdRng::seed_from_u64(3);
    for _ in 0..50 {
        let picked = pick(&pool, &wish(), noon(), &mut rng).expect("a seat");
        let explanation = Seat::new(picked, TENANT, &desk).explanation();
        let considered = explanation["considered"].as_array().expect("a list").len();
        assert!(considered <= 20);
        assert_eq!(explanation["others"], 499 - considered);
    }
}
