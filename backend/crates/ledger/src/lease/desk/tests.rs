//! A desk by hand, moment by moment.

use super::exchange::Line;
use super::*;
use tollgate_contract::ids::BudgetId;
use tollgate_store::Clock;
use uuid::Uuid;

fn wants(budgets: &[u128]) -> Arc<[Want]> {
    let want = |id: &u128| Want {
        key: key(*id),
        ends: None,
        hard: true,
    };
    budgets.iter().map(want).collect()
}

fn key(id: u128) -> PurseKey {
    PurseKey {
        budget: BudgetId(Uuid::from_u128(id)),
        start: DateTime::UNIX_EPOCH,
    }
}

fn now() -> Instant {
    Clock::system().monotonic()
}

#[track_caller]
fn exchange(desk: &mut Desk, now: Instant) -> Exchange {
    match desk.plan(now) {
        Plan::Exchange(exchange) => exchange,
        other => panic!("no exchange: {other:?}"),
    }
}

/// An answer in which the first purse stands at `granted`, with `remains` for everybody.
fn answer(exchange: &Exchange, granted: i64, remains: i64, running: i64, direct: bool) -> Answer {
    let line = |_: &Line| AnswerLine {
        granted,
        taken: 0,
        limit: 1_000,
        remains,
        running,
        lost: 0,
        direct,
    };
    Answer {
        lines: exchange.lines.iter().map(line).collect(),
        met: exchange.claims.iter().map(|_| granted > 0).collect(),
    }
}

/// A desk that was given 100 of a short budget for a request that ended unused.
fn with_idle(now: Instant) -> (Desk, Arc<[Want]>) {
    let (mut desk, wants) = (Desk::default(), wants(&[1]));
    let asked = desk.ask(&wants, 100, now, now + Duration::from_secs(5));
    let Asked::Queued(id, _) = asked else {
        panic!("{asked:?}")
    };
    let drawing = exchange(&mut desk, now);
    assert_eq!((drawing.claims.len(), drawing.lines[0].back), (1, 0));
    assert_eq!(
        desk.answered(&drawing, &answer(&drawing, 100, 50, 0, true), now),
        []
    );
    assert_eq!(desk.look(id), Some(Ended::Taken));
    desk.give_back(&wants, 100, now);
    (desk, wants)
}

#[test]
fn what_goes_back_leaves_memory_first_and_a_lost_answer_is_fenced() {
    let now = now();
    let (mut desk, wants) = with_idle(now);
    assert!(matches!(desk.plan(now), Plan::Pause(at) if at == now + RETURN_AFTER));
    let later = now + RETURN_AFTER;
    let returning = exchange(&mut desk, later);
    assert_eq!((returning.lines[0].back, returning.lines[0].fence), (100, false));
    let purse = desk.purse(&key(1));
    assert_eq!(
        (purse.available(), purse.left()),
        (0, 150),
        "out of hand, but not gone"
    );
    assert!(
        matches!(desk.ask(&wants, 120, later, later), Asked::Queued(..)),
        "it may fit once the answer is here"
    );
    desk.failed(&returning, later);
    assert!(
        matches!(desk.ask(&wants, 1, later, later), Asked::Failed),
        "the database is away"
    );
    let later = later + Duration::from_secs(1);
    let again = exchange(&mut desk, later);
    assert!(again.number > returning.number);
    assert_eq!(
        (again.lines[0].back, again.lines[0].fence),
        (0, true),
        "it asks, and keeps the lost one out"
    );
    desk.answered(&again, &answer(&again, 100, 50, 0, true), later);
    assert_eq!(
        desk.purse(&key(1)).available(),
        100,
        "the lost one had not happened"
    );
}

#[test]
fn a_refusal_stands_for_a_moment_for_those_that_can_t_fit_and_for_nobody_else() {
    let now = now();
    let (mut desk, wants) = with_idle(now);
    let at_once = |desk: &mut Desk, nano: i64| desk.ask(&wants, nano, now, now);
    let Asked::Refused(lack) = at_once(&mut desk, 151) else {
        panic!("100 in hand and 50 undrawn are not enough")
    };
    assert_eq!((lack.left, lack.limit), (150, 1_000));
    assert!(
        matches!(at_once(&mut desk, 100), Asked::Taken),
        "from what is in hand"
    );
    assert!(
        matches!(at_once(&mut desk, 150), Asked::Queued(..)),
        "it may wait for the 100"
    );
    let later = now + RECENT;
    assert!(
        matches!(desk.ask(&wants, 151, later, later), Asked::Queued(..)),
        "what was heard then is old"
    );
}

#[test]
fn what_is_called_back_goes_at_once_and_no_slice_is_wished_for_a_while() {
    let now = now();
    let (mut desk, wants) = (Desk::default(), wants(&[1]));
    assert!(matches!(desk.ask(&wants, 10, now, now), Asked::Queued(..)));
    let drawing = exchange(&mut desk, now);
    assert!(drawing.lines[0].wish);
    desk.answered(&drawing, &answer(&drawing, 500, 9_000, 0, false), now);
    assert!(matches!(desk.plan(now), Plan::Idle), "a slice is kept");
    desk.recalled(key(2).budget, now);
    assert!(matches!(desk.plan(now), Plan::Idle), "another budget");
    desk.recalled(key(1).budget, now);
    let returning = exchange(&mut desk, now);
    assert_eq!((returning.lines[0].back, returning.lines[0].wish), (490, false));
    desk.answered(&returning, &answer(&returning, 10, 9_490, 0, false), now);
    assert!(matches!(desk.ask(&wants, 10, now, now), Asked::Queued(..)));
    assert!(!exchange(&mut desk, now).lines[0].wish);
}

#[test]
fn a_later_one_never_takes_what_an_earlier_one_waits_for_but_others_pass() {
    let now = now();
    let (mut desk, deadline) = (Desk::default(), now + Duration::from_secs(5));
    let (both, first, second) = (wants(&[1, 2]), wants(&[1]), wants(&[2]));
    assert!(matches!(desk.ask(&both, 100, now, deadline), Asked::Queued(1, _)));
    let drawing = exchange(&mut desk, now);
    // 60 of each are here; more is held elsewhere of the first, and all of the second.
    let mut told = answer(&drawing, 60, 0, 500, false);
    told.lines[1].granted = 100;
    told.met = vec![false];
    assert_eq!(
        desk.answered(&drawing, &told, now),
        [key(1).budget],
        "the first is called back"
    );
    assert!(
        matches!(desk.ask(&first, 50, now, deadline), Asked::Queued(..)),
        "it is kept for the first"
    );
    assert!(
        matches!(desk.ask(&second, 50, now, deadline), Asked::Taken),
        "nobody lacks in the second"
    );
    desk.leave(1, now);
    assert_eq!(desk.look(2), Some(Ended::Taken), "the next one's turn");
}

#[test]
fn purses_of_past_periods_leave_once_what_they_hold_is_back() {
    let now = now();
    let (mut desk, _) = with_idle(now);
    let time = DateTime::UNIX_EPOCH + TimeDelta::days(400);
    desk.sweep(time, now);
    assert_eq!(desk.len(), (1, 0), "a purse without end stays");
    if let Some(purse) = desk.purses.get_mut(&key(1)) {
        purse.ends = Some(time - TimeDelta::days(2));
    }
    desk.sweep(time, now);
    let returning = exchange(&mut desk, now);
    assert_eq!(returning.lines[0].back, 100);
    desk.answered(&returning, &answer(&returning, 0, 150, 0, true), now);
    desk.sweep(time, now);
    assert_eq!(desk.len(), (0, 0));
}
