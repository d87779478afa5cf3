//! Requests that wait: whose turn it is, that nobody is forgotten, and that nobody is woken in vain.

use super::support::{asker, id, noon, observe, pool, rng, wish, with};
use crate::desk::{Desk, Held, Patience};
use crate::load::Asker;
use crate::pick::{Wish, pick};
use crate::pool::Pool;
use crate::reports::Reports;
use crate::seat::Seat;
use crate::state::Observed;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::sync::oneshot::Receiver;
use tollgate_contract::ids::TenantId;
use tollgate_store::Clock;
use uuid::Uuid;

const PATIENT: Patience = Patience {
    wait_max: Duration::from_mins(1),
    queue_max: 200,
};

struct House {
    desk: Arc<Desk>,
    pool: Arc<Pool>,
}

fn tenant(number: u128) -> TenantId {
    TenantId(Uuid::from_u128(1_000 + number))
}

impl House {
    fn new(caps: &[u32], clock: Clock) -> Self {
        let accounts = (1..)
            .zip(caps)
            .map(|(number, cap)| with(number, |one| one.caps.concurrency = Some(*cap)));
        Self {
            desk: Desk::new(Arc::new(Reports::new(clock))),
            pool: Arc::new(pool(accounts.collect())),
        }
    }

    fn wish(number: u128) -> Wish<'static> {
        Wish {
            tenant: tenant(number),
            ..wish()
        }
    }

    fn seat(&self, number: u128) -> Option<Seat> {
        let wish = Self::wish(number);
        let picked = pick(&self.pool, &wish, self.desk.reports.clock().now(), &mut rng()).ok()?;
        Some(Seat::new(picked, wish.tenant, &self.desk))
    }

    /// Stands in line, without looking again by and by: a seat that is forgotten is never found.
    fn join(&self, number: u128, weight: u32) -> (crate::waiting::Place, Receiver<Held>) {
        let asker = Asker {
            tenant: tenant(number),
            weight,
            in_turn: false,
        };
        let wanted = self.pool.candidates.clone();
        let joined = self
            .desk
            .waiting
            .join(asker, wanted, PATIENT.queue_max)
            .expect("room");
        for one in &self.pool.candidates {
            self.desk.serve(&one.live);
        }
        joined
    }

    fn in_flight(&self) -> u32 {
        self.pool
            .candidates
            .iter()
            .map(|one| one.live.load.in_flight())
            .sum()
    }

    fn is_quiet(&self) {
        assert_eq!((self.in_flight(), self.desk.waiting.count()), (0, 0));
        assert!(
            self.pool
                .candidates
                .iter()
                .all(|one| one.live.load.waiting() == 0)
        );
    }
}

#[test]
fn a_freed_seat_goes_to_the_tenant_with_the_fewest_and_of_its_requests_to_the_oldest() {
    let house = House::new(&[2, 2], Clock::manual(noon()));
    let mut seats: Vec<Seat> = (0..3).filter_map(|_| house.seat(1)).collect();
    seats.extend(house.seat(2));
    assert!(house.seat(3).is_none());
    let mut waiting: Vec<_> = [1, 1, 2, 3, 3].map(|number| house.join(number, 100)).into();
    let got = |waiting: &mut Vec<(crate::waiting::Place, Receiver<Held>)>| -> Vec<usize> {
        let got = waiting
            .iter_mut()
            .enumerate()
            .filter_map(|(number, (_, receiver))| {
                let held = receiver.try_recv().ok()?;
                std::mem::forget(held);
                Some(number)
            });
        got.collect()
    };
    assert!(got(&mut waiting).is_empty());
    drop(seats.pop());
    // Tenant 2 has none now, and asked before tenant 3, which has none either.
    assert_eq!(got(&mut waiting), [2]);
    drop(seats.pop());
    assert_eq!(got(&mut waiting), [3], "one has two, two has one, three has none");
    // Now each has one, and tenant 1 asked first.
    drop(seats.pop());
    assert_eq!(got(&mut waiting), [0]);
}

#[test]
fn weights_say_how_many_seats_are_as_good_as_one() {
    let house = House::new(&[4], Clock::manual(noon()));
    let mut light: Vec<Seat> = (0..2).filter_map(|_| house.seat(1)).collect();
    let heavy: Vec<Seat> = (0..2).filter_map(|_| house.seat(2)).collect();
    let (_place, mut first) = house.join(1, 100);
    let (_other, mut second) = house.join(2, 300);
    drop(light.pop());
    assert!(
        first.try_recv().is_err(),
        "one seat at 100 is more than two at 300"
    );
    assert!(second.try_recv().is_ok());
    drop(heavy);
    assert!(first.try_recv().is_ok());
}

#[tokio::test]
async fn who_is_quick_is_not_before_who_waits() {
    let house = House::new(&[1], Clock::system());
    let seat = house.seat(1).expect("a seat");
    let (desk, pool) = (house.desk.clone(), house.pool.clone());
    let waiting = async { desk.wait(&pool, &House::wish(2), PATIENT).await };
    let quick = async {
        while house.desk.waiting.count() == 0 {
            tokio::task::yield_now().await;
        }
        drop(seat);
        assert!(house.seat(1).is_none(), "it was handed over");
    };
    let (held, ()) = tokio::join!(waiting, quick);
    assert_eq!(held.expect("a seat").account.id, id(1));
    house.is_quiet();
}

#[tokio::test]
async fn who_leaves_is_forgotten_at_once() {
    let house = House::new(&[1], Clock::manual(noon()));
    let seat = house.seat(1).expect("a seat");
    let wish = House::wish(2);
    let mut first = Box::pin(house.desk.wait(&house.pool, &wish, PATIENT));
    assert!(futures_poll(&mut first).await);
    assert_eq!(house.desk.waiting.count(), 1);
    drop(first);
    assert_eq!(house.desk.waiting.count(), 0);
    // A seat that is on its way to somebody who leaves comes back.
    let (place, receiver) = house.join(2, 100);
    drop(seat);
    assert_eq!(house.in_flight(), 1);
    drop((place, receiver));
    house.is_quiet();
}

/// Polls once; tells whether it is pending.
async fn futures_poll<F: Future + Unpin>(future: &mut F) -> bool {
    std::future::poll_fn(|context| {
        std::task::Poll::Ready(std::pin::Pin::new(&mut *future).poll(context).is_pending())
    })
    .await
}

#[tokio::test]
async fn too_many_do_not_wait_and_nobody_waits_for_ever() {
    let house = House::new(&[1], Clock::system());
    let seat = house.seat(1).expect("a seat");
    let _one = house.join(2, 100);
    let full = Patience {
        queue_max: 1,
        ..PATIENT
    };
    assert!(
        house
            .desk
            .wait(&house.pool, &House::wish(2), full)
            .await
            .is_none()
    );
    let short = Patience {
        wait_max: Duration::from_millis(30),
        ..PATIENT
    };
    assert!(
        house
            .desk
            .wait(&house.pool, &House::wish(3), short)
            .await
            .is_none()
    );
    assert_eq!(house.desk.waiting.count(), 1);
    // Where nothing recovers in time there is nothing to wait for.
    drop(seat);
    observe(&house.pool, 1, Observed::Unauthorized, noon());
    assert!(
        house
            .desk
            .wait(&house.pool, &House::wish(3), PATIENT)
            .await
            .is_none()
    );
}

#[tokio::test]
async fn an_account_that_recovers_in_time_is_waited_for() {
    let clock = Clock::system();
    let house = House::new(&[1], clock.clone());
    let until = Some(clock.now() + chrono::TimeDelta::seconds(1));
    observe(&house.pool, 1, Observed::Overloaded { until }, clock.now());
    assert!(house.seat(1).is_none());
    let held = house.desk.wait(&house.pool, &House::wish(1), PATIENT).await;
    assert!(held.is_some());
    assert!(Some(clock.now()) >= until);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_seat_and_no_waiter_is_ever_forgotten() {
    let house = Arc::new(House::new(&[2, 1, 3], Clock::manual(noon())));
    let (most, served) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..600_u32 {
        let (house, most, served) = (house.clone(), most.clone(), served.clone());
        tasks.spawn(async move {
            let tenant = u128::from(number % 7);
            for turn in 0..5 {
                let seat = if let Some(seat) = house.seat(tenant) {
                    Some((Some(seat), None))
                } else {
                    let asker = Asker {
                        tenant: self::tenant(tenant),
                        ..asker()
                    };
                    let (place, receiver) = {
                        let wanted = house.pool.candidates.clone();
                        house.desk.waiting.join(asker, wanted, 1_000).expect("room")
                    };
                    for one in &house.pool.candidates {
                        house.desk.serve(&one.live);
                    }
                    if (number + turn) % 5 == 0 {
                        // Its client leaves.
                        tokio::task::yield_now().await;
                        drop((place, receiver));
                        None
                    } else {
                        Some((None, Some(receiver.await.expect("a seat"))))
                    }
                };
                if seat.is_some() {
                    most.fetch_max(house.in_flight(), Ordering::SeqCst);
                    served.fetch_add(1, Ordering::SeqCst);
                }
                tokio::task::yield_now().await;
                drop(seat);
            }
        });
    }
    let all = async { while tasks.join_next().await.is_some() {} };
    let ended = tokio::time::timeout(Duration::from_mins(1), all).await;
    assert!(
        ended.is_ok(),
        "{} wait and {} are in flight",
        house.desk.waiting.count(),
        house.in_flight()
    );
    assert_eq!(most.load(Ordering::SeqCst), 6, "all seats were used, and no more");
    assert!(served.load(Ordering::SeqCst) >= 2_400);
    house.is_quiet();
}
