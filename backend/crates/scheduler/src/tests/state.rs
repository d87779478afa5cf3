//! What each observation makes of an account, and when it is over.

use super::support::{active, after, noon};
use crate::state::{Condition, Observed, Standing};
use chrono::{DateTime, Utc};
use proptest::prelude::*;
use tollgate_contract::accounts::AccountState;

const FAILED: Observed = Observed::Failed {
    reason: "the connection was refused",
};

fn seen(observed: Observed) -> Condition {
    let mut condition = active();
    assert!(
        condition.observe(observed, false, noon()),
        "{observed:?} changes the state"
    );
    condition
}

fn faulty() -> Condition {
    let mut condition = active();
    assert!(!condition.observe(FAILED, false, noon()));
    assert!(!condition.observe(FAILED, false, noon()));
    assert!(condition.observe(FAILED, false, noon()));
    condition
}

#[test]
fn each_observation_leads_to_its_state_for_its_time() {
    let named = Some(after(7));
    for (observed, state, until) in [
        (
            Observed::RateLimited { until: None },
            AccountState::RateLimited,
            Some(after(60)),
        ),
        (
            Observed::RateLimited { until: named },
            AccountState::RateLimited,
            named,
        ),
        (
            Observed::Overloaded { until: None },
            AccountState::Overloaded,
            Some(after(20)),
        ),
        (
            Observed::Overloaded { until: named },
            AccountState::Overloaded,
            named,
        ),
        (
            Observed::QuotaExhausted { until: None },
            AccountState::QuotaExhausted,
            Some(after(3600)),
        ),
        (
            Observed::QuotaExhausted { until: named },
            AccountState::QuotaExhausted,
            named,
        ),
        (Observed::Unauthorized, AccountState::Unauthorized, None),
    ] {
        let condition = seen(observed);
        assert_eq!((condition.state, condition.until), (state, until), "{observed:?}");
        assert_eq!(condition.since, noon());
        assert_ne!(&*condition.reason, "");
        assert_eq!(condition.standing(after(1)), Standing::Out);
    }
}

#[test]
fn a_reset_beyond_reason_is_cut_and_one_in_the_past_still_counts() {
    let limited = |until| seen(Observed::RateLimited { until: Some(until) }).until;
    assert_eq!(limited(after(40 * 86_400)), Some(after(86_400)));
    assert_eq!(limited(after(-30)), Some(after(1)));
    let quota = seen(Observed::QuotaExhausted {
        until: Some(after(400 * 86_400)),
    });
    assert_eq!(quota.until, Some(after(31 * 86_400)));
    let overloaded = seen(Observed::Overloaded {
        until: Some(after(86_400)),
    });
    assert_eq!(overloaded.until, Some(after(3600)));
}

#[test]
fn a_cool_down_ends_by_itself_and_the_next_answer_says_so() {
    let mut condition = seen(Observed::RateLimited { until: None });
    assert!(
        !condition.observe(Observed::Answered, false, after(59)),
        "an answer to a request of before"
    );
    assert_eq!(condition.standing(after(59)), Standing::Out);
    assert_eq!(condition.recovers_at(after(59)), Some(after(60)));
    assert_eq!(condition.standing(after(60)), Standing::Open);
    assert_eq!(condition.recovers_at(after(60)), None);
    assert!(condition.observe(Observed::Answered, false, after(61)));
    assert_eq!(
        (condition.state, condition.until, &*condition.reason),
        (AccountState::Active, None, "")
    );
    assert!(
        !condition.observe(Observed::Answered, false, after(62)),
        "only transitions are told"
    );
}

#[test]
fn a_refused_permission_says_nothing_of_the_account() {
    let streak = || {
        let mut condition = active();
        assert!(!condition.observe(FAILED, false, noon()));
        assert!(!condition.observe(FAILED, false, noon()));
        condition
    };
    for before in [
        active(),
        streak(),
        faulty(),
        seen(Observed::RateLimited { until: None }),
        seen(Observed::QuotaExhausted { until: None }),
        seen(Observed::Unauthorized),
    ] {
        for (probe, at) in [(false, noon()), (true, after(20)), (false, after(7200))] {
            let mut condition = before.clone();
            assert!(!condition.observe(Observed::NotPermitted, probe, at));
            assert_eq!(condition, before, "at {at}");
        }
    }
    // The streak goes on: two failures before it and one after it are three in a row.
    let mut condition = streak();
    condition.observe(Observed::NotPermitted, false, noon());
    assert!(condition.observe(FAILED, false, noon()));
}

#[test]
fn a_burst_of_refusals_is_one_transition_and_of_two_cool_downs_the_longer_holds() {
    let mut condition = seen(Observed::RateLimited {
        until: Some(after(60)),
    });
    let later = |seconds| Observed::RateLimited {
        until: Some(after(seconds)),
    };
    assert!(!condition.observe(later(61), false, after(1)));
    assert!(!condition.observe(later(30), false, after(1)));
    assert!(!condition.observe(Observed::Overloaded { until: None }, false, after(1)));
    assert_eq!(condition.until, Some(after(60)));
    assert!(condition.observe(later(120), false, after(2)));
    assert!(condition.observe(Observed::QuotaExhausted { until: None }, false, after(3)));
    assert_eq!(condition.state, AccountState::QuotaExhausted);
}

#[test]
fn a_refused_credential_stays_refused_whatever_else_is_seen() {
    let mut condition = seen(Observed::Unauthorized);
    let others = [
        Observed::Answered,
        Observed::RateLimited { until: None },
        Observed::Overloaded { until: None },
        Observed::QuotaExhausted { until: None },
        Observed::Unauthorized,
        FAILED,
    ];
    for (second, observed) in (1..).zip(others) {
        assert!(!condition.observe(observed, false, after(second)), "{observed:?}");
    }
    assert_eq!(condition.standing(after(1_000_000)), Standing::Out);
    assert_eq!(condition.recovers_at(after(1)), None);
}

#[test]
fn three_failures_within_a_minute_make_an_account_faulty() {
    let condition = faulty();
    assert_eq!(
        (condition.state, condition.until, condition.failures),
        (AccountState::Faulty, Some(after(10)), 3)
    );
    assert_eq!(
        &*condition.reason,
        "3 failures in a row, the last: the connection was refused"
    );
    assert_eq!(condition.standing(after(9)), Standing::Out);
    assert_eq!(condition.standing(after(10)), Standing::HalfOpen);
}

#[test]
fn failures_that_are_far_apart_or_have_an_answer_between_them_do_not() {
    let mut condition = active();
    for second in [0, 31, 62, 93, 124] {
        assert!(!condition.observe(FAILED, false, after(second)), "at {second} s");
    }
    for second in 0..10 {
        let observed = if second % 3 == 2 {
            Observed::Answered
        } else {
            FAILED
        };
        assert!(!condition.observe(observed, false, after(200 + second)));
    }
    assert_eq!(condition.state, AccountState::Active);
    // The window slides: these three are within a minute, though the first of all is not.
    let mut condition = active();
    for second in [0, 40, 50] {
        condition.observe(FAILED, false, after(second));
    }
    assert_eq!(condition.state, AccountState::Faulty, "{condition:?}");
}

#[test]
fn each_failed_probe_doubles_the_rest_up_to_five_minutes() {
    let mut condition = faulty();
    let mut rests = Vec::new();
    for _ in 0..7 {
        let now = condition.until.expect("a time");
        assert!(
            !condition.observe(FAILED, false, now),
            "a request of before says nothing"
        );
        assert!(condition.observe(FAILED, true, now));
        rests.push((condition.until.expect("a time") - now).num_seconds());
    }
    assert_eq!(rests, [20, 40, 80, 160, 300, 300, 300]);
    let now = condition.until.expect("a time");
    assert!(condition.observe(Observed::Answered, true, now));
    assert_eq!((condition.state, condition.failures), (AccountState::Active, 0));
}

#[test]
fn a_later_transition_has_a_later_time_even_if_the_clock_goes_back() {
    let mut condition = seen(Observed::RateLimited { until: None });
    let first = condition.since;
    assert!(condition.observe(Observed::Unauthorized, false, after(-100)));
    assert!(condition.since > first);
}

fn observations() -> impl Strategy<Value = (Observed, bool, i64)> {
    let until = proptest::option::of(-100_i64..10_000_000).prop_map(|seconds| seconds.map(after));
    let observed = prop_oneof![
        4 => Just(Observed::Answered),
        2 => until.clone().prop_map(|until| Observed::RateLimited { until }),
        2 => until.clone().prop_map(|until| Observed::Overloaded { until }),
        1 => until.prop_map(|until| Observed::QuotaExhausted { until }),
        1 => Just(Observed::Unauthorized),
        8 => Just(FAILED),
    ];
    (observed, any::<bool>(), 0_i64..400)
}

fn check(before: &Condition, condition: &Condition, changed: bool, now: DateTime<Utc>) {
    assert_eq!(
        changed,
        before.since < condition.since,
        "a change and a later time go together"
    );
    if changed {
        assert!((before.state, before.until) != (condition.state, condition.until));
    }
    let by_time = !matches!(condition.state, AccountState::Active | AccountState::Unauthorized);
    assert_eq!(condition.until.is_some(), by_time);
    if let Some(until) = condition.until {
        assert!((until - condition.since).num_days() <= 31);
        assert!(condition.standing(until) != Standing::Out, "it ends by itself");
    }
    let too_early = before.standing(now) == Standing::Out && condition.state == AccountState::Active;
    assert!(!too_early, "{before:?} became active before its time");
}

proptest! {
    #[test]
    fn whatever_is_observed_an_account_is_never_lost_and_never_back_too_early(
        steps in proptest::collection::vec(observations(), 1..60),
    ) {
        let (mut condition, mut now) = (active(), noon());
        for (observed, probe, seconds) in steps {
            now += chrono::TimeDelta::seconds(seconds);
            let before = condition.clone();
            let changed = condition.observe(observed, probe, now);
            check(&before, &condition, changed, now);
        }
    }
}
