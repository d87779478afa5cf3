//! Seats under many threads at once, and what they leave behind.

use super::support::{MARK, TENANT, account, after, asker, id, live, noon, pool, rng, wish};
use crate::candidate::Out;
use crate::desk::Desk;
use crate::load::{Caps, Full};
use crate::pick::{NoAccount, Wish, pick};
use crate::reports::Reports;
use crate::seat::Seat;
use crate::state::Observed;
use chrono::TimeDelta;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tollgate_contract::accounts::AccountState;
use tollgate_store::Clock;

#[test]
fn a_cap_is_never_exceeded_and_all_seats_come_back() {
    let live = live();
    let caps = Caps {
        concurrency: Some(3),
        ..Caps::default()
    };
    live.load.settle(caps, &Arc::default());
    let (now_in, most, refused) = (AtomicU32::new(0), AtomicU32::new(0), AtomicU32::new(0));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..5_000 {
                    match live.take(asker(), noon()) {
                        Ok(probe) => {
                            most.fetch_max(now_in.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                            std::thread::yield_now();
                            now_in.fetch_sub(1, Ordering::SeqCst);
                            live.release(TENANT, probe);
                        }
                        Err(out) => {
                            assert_eq!(out, Out::Full(Full::Concurrency { cap: 3 }));
                            refused.fetch_add(1, Ordering::SeqCst);
                            std::thread::yield_now();
                        }
                    }
                }
            });
        }
    });
    assert_eq!(
        most.load(Ordering::SeqCst),
        3,
        "the cap was reached, never passed"
    );
    assert!(refused.load(Ordering::SeqCst) > 0);
    assert_eq!(live.load.in_flight(), 0);
}

fn desk() -> (Clock, Arc<Desk>) {
    let clock = Clock::manual(noon());
    (clock.clone(), Desk::new(Arc::new(Reports::new(clock))))
}

#[test]
fn a_seat_counts_until_it_is_dropped_and_explains_itself() {
    let pool = pool(vec![account(1), account(2)]);
    let (_, desk) = desk();
    let picked = pick(&pool, &wish(), noon(), &mut rng()).expect("an account");
    let seat = Seat::new(picked, TENANT, &desk);
    let taken = seat.account().id;
    let in_flight = || -> u32 { pool.candidates.iter().map(|one| one.live.load.in_flight()).sum() };
    assert_eq!(in_flight(), 1);
    let explanation = seat.explanation();
    assert_eq!(explanation["picked"]["id"], taken.to_string());
    assert_eq!(explanation["reason"], "least_load");
    assert_eq!(explanation["considered"].as_array().expect("a list").len(), 1);
    assert!(!explanation.to_string().contains("sk-ant"), "{explanation}");
    drop(seat);
    assert_eq!(in_flight(), 0);
}

#[test]
fn a_faulty_account_lets_exactly_one_request_through_until_that_has_an_outcome() {
    let pool = pool(vec![account(1)]);
    let (clock, desk) = desk();
    let seat =
        || pick(&pool, &wish(), clock.now(), &mut rng()).map(|picked| Seat::new(picked, TENANT, &desk));
    let failed = Observed::Failed { reason: "500" };
    let burst = [(); 5].map(|()| seat().expect("a seat"));
    for seat in &burst {
        seat.observe(failed);
    }
    let refusal = seat().expect_err("it rests");
    let NoAccount::AllUnavailable { retry_after, .. } = refusal else {
        panic!("{refusal:?}")
    };
    assert_eq!(
        retry_after,
        Some(Duration::from_secs(10)),
        "a burst is one failure"
    );
    clock.advance(Duration::from_secs(10));
    let through: Vec<Seat> = std::thread::scope(|scope| {
        let asking: Vec<_> = (0..8).map(|_| scope.spawn(|| seat().ok())).collect();
        asking
            .into_iter()
            .filter_map(|thread| thread.join().expect("no panic"))
            .collect()
    });
    assert_eq!(through.len(), 1, "one probe");
    assert!(seat().is_err(), "while the probe is out");
    // A probe whose client left says nothing; the next request is the probe.
    drop(through);
    let probe = seat().expect("the next probe");
    assert!(seat().is_err());
    probe.observe(failed);
    drop(probe);
    clock.advance(Duration::from_secs(19));
    assert!(seat().is_err(), "it rests for twice as long");
    clock.advance(Duration::from_secs(1));
    let probe = seat().expect("a probe");
    probe.observe(Observed::Answered);
    let seats = [(); 3].map(|()| seat().expect("it is back"));
    drop(seats);
    assert_eq!(pool.candidates[0].live.condition().state, AccountState::Active);
}

#[test]
fn a_probe_that_is_not_permitted_leaves_the_place_to_the_next() {
    let pool = pool(vec![account(1)]);
    let (clock, desk) = desk();
    let seat =
        || pick(&pool, &wish(), clock.now(), &mut rng()).map(|picked| Seat::new(picked, TENANT, &desk));
    for _ in 0..3 {
        seat()
            .expect("a seat")
            .observe(Observed::Failed { reason: "500" });
    }
    clock.advance(Duration::from_secs(10));
    let probe = seat().expect("a probe");
    probe.observe(Observed::NotPermitted);
    let faulty = &pool.candidates[0].live;
    assert_eq!(faulty.condition().state, AccountState::Faulty);
    // At once, without another rest, and one only: giving back the first seat does not end the second probe.
    let next = seat().expect("the next probe");
    drop(probe);
    assert!(seat().is_err(), "while the second probe is out");
    next.observe(Observed::Answered);
    assert_eq!(faulty.condition().state, AccountState::Active);
    // An account listed as tried is passed over.
    let tried = [id(1)];
    let wish = Wish {
        tried: &tried,
        ..wish()
    };
    let refusal = pick(&pool, &wish, clock.now(), &mut rng()).expect_err("tried");
    assert_eq!(refusal.code(), "all_tried");
}

#[test]
fn what_came_of_an_older_credential_says_nothing_of_the_new_one() {
    let accounts = pool(vec![account(1)]);
    let (clock, desk) = desk();
    let picked = pick(&accounts, &wish(), noon(), &mut rng()).expect("an account");
    let seat = Seat::new(picked, TENANT, &desk);
    let mut row = super::support::stored(2, super::support::active());
    row.mark = 99;
    accounts.candidates[0].live.merge(&row, clock.now());
    seat.observe(Observed::Unauthorized);
    assert_eq!(
        accounts.candidates[0].live.condition().state,
        AccountState::Active
    );
    assert_eq!(seat.account().id, id(1));
}

/// Requests that come together read the clock one after another and take their seats in any order.
#[test]
fn who_read_the_clock_before_the_probe_did_is_no_second_one() {
    for (seen, rest) in [
        (Observed::Failed { reason: "500" }, 10),
        (Observed::RateLimited { until: None }, 5),
    ] {
        let live = live();
        for _ in 0..5 {
            live.observe(seen, None, MARK, noon());
        }
        let at = after(rest + 1);
        assert!(live.take(asker(), at).is_ok(), "one goes");
        let before = at - TimeDelta::milliseconds(3);
        assert!(live.take(asker(), before).is_err(), "{seen:?}");
    }
}
