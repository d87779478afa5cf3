//! What each observation makes of an account, and when it is over.

use super::support::{active, after, noon};
use crate::state::{Condition, Observed, Standing};
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
            Some(after(5)),
        ),
        (
            Observed::RateLimited { until: named },
            AccountState::RateLimited,
            named,
        ),
        (
            Observed::Overloaded { until: None },
            AccountState::Overloaded,
            Some(after(5)),
        ),
        (
            Observed::Overloaded { until: named },
            AccountState::Overloaded,
            named,
        ),
        (
            Observed::QuotaExhausted { until: None },
            AccountState::QuotaExhausted,
            Some(after(300)),
        ),
        (
            Observed::QuotaExhausted { until: named },
            AccountState::QuotaExhausted,
            named,
        ),
        (
            Observed::WindowUsedUp {
                what: "its 5-hour window is used up",
                until: named,
            },
            AccountState::QuotaExhausted,
            named,
        ),
        (Observed::Unauthorized, AccountState::Unauthorized, None),
        (
            Observed::NeedsPerson {
                reason: "its organisation is disabled",
            },
            AccountState::Unauthorized,
            None,
        ),
    ] {
        let condition = seen(observed);
        assert_eq!((condition.state, condition.until), (state, until), "{observed:?}");
        assert_eq!(condition.since, noon());
        assert_ne!(&*condition.reason, "");
        assert_eq!(condition.standing(after(1)), Standing::Out);
    }
}

#[test]
fn an_end_that_can_not_be_is_bounded_and_said() {
    let limited = |seconds| {
        let condition = seen(Observed::RateLimited {
            until: Some(after(seconds)),
        });
        (condition.until, condition.reason)
    };
    let plain = "429: its rate limit is reached";
    let (until, reason) = limited(40 * 86_400);
    assert_eq!(until, Some(after(86_400)));
    assert_eq!(
        &*reason,
        format!("{plain} (the end it named is too far away to be true)")
    );
    let (until, reason) = limited(-30);
    assert_eq!(until, Some(after(5)), "as if none was named");
    assert_eq!(
        &*reason,
        format!("{plain} (the end it named is in the past: the clocks may differ)")
    );
    let (until, reason) = limited(-1);
    assert_eq!((until, &*reason), (Some(after(5)), plain), "it came late");
    let (until, reason) = limited(3);
    assert_eq!((until, &*reason), (Some(after(3)), plain), "seconds are seconds");
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
fn rests_without_a_word_begin_short_grow_and_are_reset_by_an_answer() {
    let refused = Observed::RateLimited { until: None };
    let mut condition = active();
    let mut now = noon();
    let mut rests = Vec::new();
    for _ in 0..8 {
        assert!(condition.observe(refused, false, now));
        assert!(!condition.observe(refused, false, now), "a burst is one refusal");
        let until = condition.until.expect("an end");
        rests.push((until - now).num_seconds());
        now = until;
    }
    assert_eq!(rests, [5, 10, 20, 40, 80, 160, 300, 300]);
    // After a restart it goes on where it was.
    let stored = Condition::new(
        condition.state,
        condition.until,
        &condition.reason,
        condition.since,
        condition.failures,
    );
    let mut restarted = stored.clone();
    assert!(restarted.observe(refused, false, now));
    assert_eq!(
        restarted.until.map(|until| (until - now).num_seconds()),
        Some(300)
    );
    assert!(condition.observe(Observed::Answered, false, now));
    assert!(condition.observe(refused, false, now));
    assert_eq!(condition.until.map(|until| (until - now).num_seconds()), Some(5));
    // A named end says that the vendor knows: no growth after it.
    let mut condition = seen(Observed::RateLimited {
        until: Some(after(60)),
    });
    assert!(condition.observe(refused, false, after(60)));
    assert_eq!(condition.until, Some(after(65)));
    // Credit: from five minutes to an hour.
    let mut condition = active();
    let (mut now, mut rests) = (noon(), Vec::new());
    for _ in 0..5 {
        assert!(condition.observe(Observed::QuotaExhausted { until: None }, false, now));
        let until = condition.until.expect("an end");
        rests.push((until - now).num_minutes());
        now = until;
    }
    assert_eq!(rests, [5, 10, 20, 40, 60]);
}

#[test]
fn a_cool_down_ends_by_itself_and_the_next_answer_says_so() {
    let mut condition = seen(Observed::RateLimited {
        until: Some(after(60)),
    });
    assert!(
        !condition.observe(Observed::Answered, false, after(59)),
        "an answer to a request of before"
    );
    assert_eq!(condition.standing(after(59)), Standing::Out);
    assert_eq!(condition.recovers_at(after(59)), Some(after(60)));
    assert_eq!(condition.standing(after(60)), Standing::Trickle);
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
            assert!(!condition.observe(Observed::ModelLimited { until: None }, probe, at));
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
    assert_eq!(condition.state, AccountState::Active);
    // Failing again soon after, it goes on where it was; after five good minutes that is forgotten.
    let fails = |condition: &Condition, at| {
        let mut condition = condition.clone();
        for _ in 0..2 {
            assert!(!condition.observe(FAILED, false, at));
        }
        assert!(condition.observe(FAILED, false, at));
        (condition.until.expect("a time") - at).num_seconds()
    };
    let second = chrono::TimeDelta::seconds(1);
    assert_eq!(fails(&condition, now + second * 299), 300);
    assert_eq!(fails(&condition, now + second * 300), 10);
}

#[test]
fn where_nothing_could_be_sent_two_failures_are_enough_and_a_proxy_is_named() {
    let refused = Observed::Failed {
        reason: "connect_refused",
    };
    let mut condition = active();
    assert!(!condition.observe(refused, false, noon()));
    assert!(condition.observe(refused, false, after(1)));
    assert_eq!(condition.state, AccountState::Faulty);
    let mut condition = active();
    let proxy = Observed::Failed { reason: "proxy_auth" };
    condition.observe(proxy, false, noon());
    assert!(condition.observe(proxy, false, noon()));
    assert!(
        condition.reason.ends_with("its proxy failed (auth)"),
        "{}",
        condition.reason
    );
    // One of them and one other failure are not enough yet; a third of any kind is.
    let mut condition = active();
    assert!(!condition.observe(refused, false, noon()));
    assert!(!condition.observe(FAILED, false, noon()));
    assert!(condition.observe(FAILED, false, noon()));
}

#[test]
fn a_test_on_purpose_says_more_than_what_was_seen_before() {
    for before in [
        faulty(),
        seen(Observed::Unauthorized),
        seen(Observed::QuotaExhausted { until: None }),
    ] {
        let mut condition = before.clone();
        assert!(condition.observe_test(Observed::Answered, after(1)));
        assert_eq!(condition.state, AccountState::Active);
        assert!(
            !condition.observe_test(Observed::Answered, after(2)),
            "nothing new"
        );
    }
    let mut condition = faulty();
    let until = condition.until.expect("a time");
    assert!(
        condition.observe_test(FAILED, until),
        "a failed test is a failed probe"
    );
    assert_eq!(condition.failures, 4);
    let mut off = Condition::new(AccountState::Disabled, None, "", noon(), 0);
    assert!(!off.observe_test(Observed::Answered, after(1)));
}

#[test]
fn a_later_transition_has_a_later_time_even_if_the_clock_goes_back() {
    let mut condition = seen(Observed::RateLimited { until: None });
    let first = condition.since;
    assert!(condition.observe(Observed::Unauthorized, false, after(-100)));
    assert!(condition.since > first);
}
