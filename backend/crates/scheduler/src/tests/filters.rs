//! What keeps an account out beside its state, and what an admin reads of it.

use super::support::{
    active, after, asker, choose, chosen, id, noon, pool, stored, why_not, window, wish, with,
};
use crate::candidate::{Out, Rank};
use crate::credential::Credential;
use crate::explain::{Eyes, dry_run};
use crate::load::Full;
use crate::pick::{NoAccount, Wish};
use crate::snapshot::{TokenFacts, UpstreamAccount};
use rand::SeedableRng;
use rand::rngs::StdRng;
use std::sync::Arc;
use std::time::Duration;
use tollgate_contract::accounts::AccountState;
use tollgate_contract::platform::Platform;

const OPUS: Wish<'static> = Wish {
    model: "claude-opus-4-6",
    platforms: &[Platform::ClaudeOfficial],
    ..WISH
};
const WISH: Wish<'static> = wish();

fn official(number: u128, change: impl FnOnce(&mut UpstreamAccount)) -> UpstreamAccount {
    with(number, |one| {
        one.platform = Platform::ClaudeOfficial;
        change(one);
    })
}

#[test]
fn a_plan_without_opus_is_passed_over_for_opus_alone() {
    let pool = pool(vec![
        official(1, |one| (one.opus, one.plan) = (Some(false), Some("pro".into()))),
        official(2, |one| (one.opus, one.priority) = (None, 90)),
        official(3, |one| {
            (one.opus, one.priority) = (Some(false), 1);
            // What is sent decides.
            one.mapping = [("claude-opus-4-6".to_owned(), "claude-sonnet-4-6".to_owned())].into();
        }),
    ]);
    let tried = Wish {
        tried: &[id(3)],
        ..OPUS
    };
    assert_eq!(chosen(&pool, &OPUS).0, id(3));
    assert_eq!(chosen(&pool, &tried).0, id(2));
    let sonnet = Wish {
        model: "claude-sonnet-4-6",
        ..tried
    };
    assert_eq!(chosen(&pool, &sonnet).0, id(1));
    let refusal = choose(
        &pool,
        &Wish {
            tried: &[id(2), id(3)],
            ..OPUS
        },
    );
    let refusal = refusal.expect_err("none");
    assert_eq!(why_not(&refusal)[0], "its plan (pro) has no Opus models");
}

#[test]
fn models_that_no_account_names_are_told_apart_by_whether_they_are_opus() {
    let pool = pool(vec![
        official(1, |one| (one.opus, one.priority) = (Some(false), 1)),
        official(2, |one| one.priority = 2),
    ]);
    let ask = |model| chosen(&pool, &Wish { model, ..OPUS }).0;
    assert_eq!(ask("claude-sonnet-4-6"), id(1));
    assert_eq!(ask("claude-Opus-4-6"), id(2));
    assert_eq!(ask("claude-haiku-4-5"), id(1));
}

#[test]
fn an_account_without_a_token_is_out_unless_one_can_be_issued() {
    let token = |expires_at, renewable| TokenFacts {
        version: 1,
        expires_at,
        issued_at: None,
        renewable,
        rests_until: None,
    };
    let pool = pool(vec![
        with(1, |one| {
            (one.credential, one.token) = (Credential::Unissued, Some(token(None, false)));
        }),
        with(2, |one| one.token = Some(token(Some(after(0)), false))),
        with(3, |one| one.token = Some(token(Some(after(1)), false))),
        with(4, |one| {
            one.token = Some(token(Some(after(-9)), true));
            (one.credential, one.priority) = (Credential::Unissued, 90);
        }),
    ]);
    assert_eq!(chosen(&pool, &wish()).0, id(3), "until it ends");
    let tried = [id(3)];
    let wish = Wish {
        tried: &tried,
        ..wish()
    };
    assert_eq!(chosen(&pool, &wish).0, id(4), "it is renewed");
    let tried = [id(3), id(4)];
    let refusal = choose(
        &pool,
        &Wish {
            tried: &tried,
            ..wish
        },
    )
    .expect_err("none");
    assert_eq!(
        why_not(&refusal),
        [
            "it has no token, and none can be issued without a person",
            "its token has expired and can't be renewed without a person",
            "it was tried already",
            "it was tried already"
        ]
    );
}

#[test]
fn a_window_that_is_used_up_keeps_out_until_it_begins_anew() {
    let pool = pool(vec![
        official(1, |one| one.priority = 1),
        official(2, |one| one.priority = 2),
    ]);
    let close = |number, name, seconds| {
        let mut row = stored(2, active());
        row.windows = vec![window(name, after(seconds))];
        pool.candidate(id(number))
            .expect("in the pool")
            .live
            .merge(&row, noon());
    };
    close(1, "7d_opus", 600);
    let sonnet = Wish {
        model: "claude-sonnet-4-6",
        ..OPUS
    };
    assert_eq!((chosen(&pool, &OPUS).0, chosen(&pool, &sonnet).0), (id(2), id(1)));
    close(2, "5h", 90_000);
    let refusal = choose(&pool, &OPUS).expect_err("none");
    assert_eq!(
        why_not(&refusal),
        [
            "its weekly window for opus models is used up until 14:23:20 UTC",
            "its 5-hour window is used up until 2026-09-22 15:13:20 UTC"
        ]
    );
    let NoAccount::AllUnavailable { retry_after, .. } = refusal else {
        panic!("{refusal:?}")
    };
    assert_eq!(retry_after, Some(Duration::from_mins(10)));
}

/// Code, words for the owner, and words for a tenant that was granted the account.
fn told(out: &Out) -> (&'static str, String, String) {
    (out.code(), out.text(noon()), out.redacted(noon()).1)
}

fn texts(code: &'static str, text: &str, redacted: &str) -> (&'static str, String, String) {
    (code, text.to_owned(), redacted.to_owned())
}

#[test]
fn what_caps_keep_out_has_a_code_and_words() {
    let until = after(0);
    let full = |full| told(&Out::Full(full));
    assert_eq!(
        full(Full::Requests { per_minute: 5, until }),
        texts(
            "rate_cap",
            "its cap of 5 requests a minute is reached until 14:13:20 UTC",
            "busy"
        )
    );
    assert_eq!(
        full(Full::Tokens { per_minute: 5, until }),
        texts(
            "rate_cap",
            "its cap of 5 tokens a minute is reached until 14:13:20 UTC",
            "busy"
        )
    );
    assert_eq!(
        full(Full::DailyCost { cap_nano: 5, until }),
        texts(
            "daily_cap",
            "its daily cost is reached until 14:13:20 UTC",
            "busy"
        )
    );
    assert_eq!(
        full(Full::FairShare {
            share: 2,
            in_flight: 1
        }),
        texts(
            "fair_share",
            "other tenants wait for it, and this one has 1 seats of its share of 2",
            "busy"
        )
    );
}

#[test]
fn what_else_keeps_out_has_a_code_and_words() {
    let (first, own) = (Rank { tier: 0, priority: 5 }, Rank { tier: 0, priority: 9 });
    let granted = Rank { tier: 1, ..first };
    assert_eq!(
        told(&Out::Later { own, first }),
        texts("later", "it comes later with its priority of 9", "it comes later")
    );
    let after_own = "it comes after the organisation's own accounts";
    assert_eq!(
        told(&Out::Later { own: granted, first }),
        texts("later", after_own, after_own)
    );
    assert_eq!(
        told(&Out::Unusable("it is odd")),
        texts("unusable", "it is odd", "out of service")
    );
    let own_only = "only the organisation's own accounts may take this request";
    assert_eq!(told(&Out::OwnOnly), texts("own_only", own_only, own_only));
    assert_eq!(
        told(&Out::NoOpus(None)),
        texts(
            "model",
            "its subscription has no Opus models",
            "it does not offer the model"
        )
    );
    let state = |state, until, reason: &str| {
        told(&Out::State {
            state,
            until,
            reason: reason.into(),
        })
    };
    assert_eq!(
        state(AccountState::Unauthorized, None, "of theirs"),
        texts("state", "out until it is reset: of theirs", "out of service")
    );
    assert_eq!(
        state(AccountState::RateLimited, Some(after(0)), "429: theirs"),
        texts(
            "state",
            "cooling down until 14:13:20 UTC after 429: theirs",
            "cooling down until 14:13:20 UTC"
        )
    );
}

#[test]
fn a_dry_run_takes_no_seat_and_tells_of_all() {
    let accounts = (1..=30).map(|number| with(number, |one| one.caps.concurrency = Some(1)));
    let pool = pool(accounts.collect());
    let live = |number| Arc::clone(&pool.candidate(id(number)).expect("in the pool").live);
    live(1).take(asker(), noon()).expect("a seat");
    let run = || {
        dry_run(
            &pool,
            &wish(),
            noon(),
            &mut StdRng::seed_from_u64(1),
            Eyes::Tenant,
        )
    };
    for _ in 0..40 {
        assert!(run().picked.is_some(), "it takes none");
    }
    let answer = run();
    assert_eq!(
        (answer.considered.len(), answer.reason.as_str()),
        (29, "least_load")
    );
    assert_eq!(answer.considered[0].code, "at_cap");
    assert!(
        answer
            .sentence
            .contains("account 1 was out: it has 1 requests in flight"),
        "{}",
        answer.sentence
    );
    for number in 2..=30 {
        live(number).take(asker(), noon()).expect("a seat");
    }
    let answer = run();
    assert_eq!((answer.picked, answer.reason.as_str()), (None, "all_unavailable"));
    assert_eq!(answer.considered.len(), 30);
}
