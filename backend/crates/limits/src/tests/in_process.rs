use super::{account, check, for_key, key, of_tenant, start, tenant, window};
use crate::local::LocalWindows;
use crate::set::Chosen;
use crate::{
    AdmitCheck, Booking, Family, LimitKind, Limiter, LimiterState, LocalLimiter, Metric, STICKY_TTL, Span,
    StickyKey, Subject, TooManyWindows, WINDOWS_MAX, Window, Windows,
};
use std::time::Duration;
use tollgate_store::{Clock, CoreRuntime};

fn limiter(clock: &Clock) -> Limiter {
    let core = CoreRuntime::new(tokio::runtime::Handle::current());
    Limiter::Local(LocalLimiter::start(&core, clock.clone()))
}

#[tokio::test]
async fn a_key_past_its_minute_is_told_when_to_come_back_and_then_passes() {
    let clock = Clock::manual(start());
    let limiter = limiter(&clock);
    assert_eq!(limiter.state(), LimiterState::InProcess);
    let limits = for_key(tenant(&clock), key(1), Some(2), None);
    for _ in 0..2 {
        drop(limiter.admit(check(&limits, &clock)).await.unwrap());
        clock.advance(Duration::from_secs(20));
    }
    let refused = limiter.admit(check(&limits, &clock)).await.unwrap_err();
    // The first request fell into second 29 of a minute; its bucket leaves 61 s after it began, at 1 min 30.
    assert_eq!(refused.retry_after, Some(Duration::from_millis(20_629)));
    assert_eq!(refused.retry_after_secs(), Some(21));
    assert_eq!(
        (refused.limit, refused.used, refused.code()),
        (2, 2, "request_limit_exceeded")
    );
    assert_eq!(
        refused.to_string(),
        "this key may use 2 requests per minute, and 2 are used"
    );
    clock.advance(Duration::from_millis(20_628));
    assert!(limiter.admit(check(&limits, &clock)).await.is_err());
    clock.advance(Duration::from_millis(1));
    assert!(limiter.admit(check(&limits, &clock)).await.is_ok());
}

#[tokio::test]
async fn a_slot_is_free_again_when_it_is_dropped_left_or_finished() {
    let clock = Clock::manual(start());
    let limiter = limiter(&clock);
    let limits = for_key(tenant(&clock), key(1), None, Some(1));
    let held = limiter.admit(check(&limits, &clock)).await.unwrap();
    let refused = limiter.admit(check(&limits, &clock)).await.unwrap_err();
    assert_eq!(
        refused.kind,
        LimitKind::Concurrency {
            subject: Subject::Key(key(1))
        }
    );
    assert_eq!((refused.used, refused.retry_after), (1, None));
    drop(held);
    let mut left = limiter.admit(check(&limits, &clock)).await.unwrap();
    left.slot.leave();
    let finished = limiter.admit(check(&limits, &clock)).await.unwrap();
    finished.slot.finish(Booking::default());
    let last = limiter.admit(check(&limits, &clock)).await.unwrap();
    drop(left);
    assert!(
        limiter.admit(check(&limits, &clock)).await.is_err(),
        "a slot is given back once"
    );
    drop(last);
}

#[tokio::test]
async fn what_was_left_early_is_still_booked() {
    let clock = Clock::manual(start());
    let limiter = limiter(&clock);
    let window = window(Span::Hour, Metric::Tokens, 100);
    let limits = of_tenant(tenant(&clock), [window]);
    let mut admitted = limiter.admit(check(&limits, &clock)).await.unwrap();
    admitted.slot.leave();
    admitted.slot.finish(Booking {
        tokens: 100,
        ..Booking::default()
    });
    let refused = limiter.admit(check(&limits, &clock)).await.unwrap_err();
    assert_eq!((refused.used, refused.code()), (100, "token_limit_exceeded"));
}

#[tokio::test]
async fn a_conversation_finds_its_account_for_an_hour_after_its_last_use_and_in_its_own_tenant_only() {
    let clock = Clock::manual(start());
    let limiter = limiter(&clock);
    let [mine, other] = [tenant(&clock), tenant(&clock)].map(|id| for_key(id, key(1), None, None));
    let ask = |limits| AdmitCheck {
        sticky: Some(StickyKey([7; 16])),
        ..check(limits, &clock)
    };
    let first = limiter.admit(ask(&mine)).await.unwrap();
    assert_eq!(first.sticky, None);
    first.slot.finish(Booking {
        sticky: Some((StickyKey([7; 16]), account(5))),
        ..Booking::default()
    });
    for _ in 0..3 {
        clock.advance(Duration::from_mins(59));
        assert_eq!(limiter.admit(ask(&mine)).await.unwrap().sticky, Some(account(5)));
    }
    assert_eq!(limiter.admit(ask(&other)).await.unwrap().sticky, None);
    clock.advance(STICKY_TTL);
    assert_eq!(limiter.admit(ask(&mine)).await.unwrap().sticky, None);
}

#[test]
fn what_is_idle_is_swept() {
    let clock = Clock::manual(start());
    let windows = LocalWindows::new(clock.clone());
    for number in 0..1_000 {
        let limits = for_key(tenant(&clock), key(number), Some(5), Some(5));
        let check = check(&limits, &clock);
        windows.admit(check, Chosen::ALL, 1).unwrap();
        windows.close(limits.inner(), check.slot);
        windows.book(
            limits.inner(),
            Chosen::ALL,
            &Booking {
                sticky: Some((StickyKey([1; 16]), account(1))),
                ..Booking::default()
            },
        );
    }
    windows.sweep();
    assert_eq!(windows.entries(), (1_000, 1_000));
    clock.advance(Duration::from_secs(62));
    windows.sweep();
    assert_eq!(windows.entries(), (0, 1_000));
    clock.advance(STICKY_TTL);
    windows.sweep();
    assert_eq!(windows.entries(), (0, 0));
    assert!(windows.open_slots().is_empty());
}

#[test]
fn sticky_entries_have_a_ceiling() {
    let clock = Clock::manual(start());
    let windows = LocalWindows::new(clock.clone());
    let limits = for_key(tenant(&clock), key(1), None, None);
    for number in 0..20_000_u128 {
        let sticky = Some((StickyKey(number.to_be_bytes()), account(1)));
        windows.book(
            limits.inner(),
            Chosen::ALL,
            &Booking {
                sticky,
                ..Booking::default()
            },
        );
    }
    assert_eq!(windows.entries(), (0, 16_384));
}

#[test]
fn where_the_same_is_limited_twice_the_smaller_limit_holds() {
    let of = |limit| window(Span::Day, Metric::Tokens, limit);
    let of_opus = |pattern: &str, limit| Window {
        family: Some(Family::new(pattern)),
        ..of(limit)
    };
    let windows = Windows::new([of(9), of_opus("*opus*", 7), of(3), of_opus("*OPUS*", 8), of(5)]).unwrap();
    assert_eq!(windows.all(), [of(3), of_opus("*opus*", 7)]);
    let many = (0..=WINDOWS_MAX).map(|number| of_opus(&format!("*{number}"), 1));
    assert_eq!(Windows::new(many).unwrap_err(), TooManyWindows(WINDOWS_MAX + 1));
}

#[tokio::test]
async fn a_family_s_window_counts_its_own_models_alone_and_says_which_and_money_is_told_in_dollars() {
    let clock = Clock::manual(start());
    let limiter = limiter(&clock);
    let window = Window {
        family: Some(Family::new("*Opus*")),
        ..window(Span::Week, Metric::CostNano, 2_500_000_000)
    };
    let limits = of_tenant(tenant(&clock), [window]);
    let ask = |model| AdmitCheck {
        model,
        ..check(&limits, &clock)
    };
    for model in ["claude-haiku-4-5", "claude-opus-4-1"] {
        let admitted = limiter.admit(ask(model)).await.unwrap();
        admitted.slot.finish(Booking {
            cost_nano: 3_000_000_000,
            ..Booking::default()
        });
    }
    assert!(limiter.admit(ask("claude-haiku-4-5")).await.is_ok());
    let refused = limiter.admit(ask("claude-OPUS-4-1")).await.unwrap_err();
    assert_eq!(refused.code(), "cost_limit_exceeded");
    assert_eq!(
        refused.to_string(),
        "this organisation may use 2.50 USD per week of models that fit `*opus*`, and 3.00 USD are used"
    );
}

#[test]
fn nodes_that_share_a_limit_each_grant_their_part_and_at_least_one() {
    let clock = Clock::manual(start());
    let windows = LocalWindows::new(clock.clone());
    for (limit, nodes, granted) in [(10, 1, 10), (10, 3, 3), (2, 5, 1), (0, 3, 0)] {
        let limits = for_key(tenant(&clock), key(1), Some(limit), None);
        let passed = (0..20)
            .filter(|_| windows.admit(check(&limits, &clock), Chosen::ALL, nodes).is_ok())
            .count();
        assert_eq!(passed, granted, "{limit} among {nodes}");
    }
}
