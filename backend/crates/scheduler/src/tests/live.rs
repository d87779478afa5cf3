//! How what is seen on this node and what is stored meet.

use super::support::{MARK, active, after, live, stored};
use crate::live::{Change, Live, Work};
use crate::state::{Condition, Observed};
use tollgate_contract::accounts::AccountState;

const LIMITED: Observed = Observed::RateLimited { until: None };

fn see(live: &Live, seen: Observed, second: i64) -> Change {
    live.observe(seen, None, MARK, after(second))
}

fn state(live: &Live) -> AccountState {
    live.condition().state
}

fn written(work: &Work) -> AccountState {
    let transition = work.transition.as_ref().expect("a transition");
    transition.condition.state
}

fn row(version: i64, state: AccountState, since: i64) -> crate::live::Stored {
    let until = (state == AccountState::RateLimited).then(|| after(since + 60));
    stored(version, Condition::new(state, until, "", after(since), 0))
}

#[test]
fn a_newer_row_replaces_what_was_seen_before_it() {
    let live = live();
    see(&live, LIMITED, 0);
    // The same row again, read before ours was written, changes nothing.
    live.merge(&stored(1, active()), after(1));
    assert_eq!(state(&live), AccountState::RateLimited);
    // A person's reset after that does, written or not.
    live.merge(&row(2, AccountState::Active, 5), after(6));
    assert_eq!(state(&live), AccountState::Active);
    assert!(live.begin_write().is_none(), "it is no longer to be written");
}

#[test]
fn what_is_seen_later_than_the_row_stays_until_it_is_written() {
    let live = live();
    assert_eq!(see(&live, LIMITED, 10), Change::ToQueue);
    // Somebody changed the settings: a newer version, an older state.
    live.merge(&row(2, AccountState::Active, 5), after(11));
    assert_eq!(state(&live), AccountState::RateLimited);
    let transition = live.begin_write().expect("to be written");
    live.written(&transition, Some(3));
    live.merge(&row(3, AccountState::RateLimited, 10), after(12));
    assert_eq!(state(&live), AccountState::RateLimited);
    // From another node.
    live.merge(&row(4, AccountState::Active, 11), after(12));
    assert_eq!(state(&live), AccountState::Active);
    // A read that began before that and ended after it.
    live.merge(&row(3, AccountState::RateLimited, 10), after(13));
    assert_eq!(state(&live), AccountState::Active);
}

#[test]
fn disabling_wins_over_anything_seen() {
    let live = live();
    see(&live, LIMITED, 10);
    live.merge(&row(2, AccountState::Disabled, 5), after(11));
    assert_eq!(state(&live), AccountState::Disabled);
    assert_eq!(see(&live, Observed::Unauthorized, 12), Change::None);
}

#[test]
fn another_credential_ends_what_the_old_one_caused() {
    let live = live();
    see(&live, Observed::Unauthorized, 0);
    let transition = live.begin_write().expect("to be written");
    live.written(&transition, Some(2));
    let mut other = row(3, AccountState::Unauthorized, 0);
    live.merge(&other, after(1));
    assert_eq!(
        state(&live),
        AccountState::Unauthorized,
        "only its settings changed"
    );
    other.version = 4;
    other.mark = MARK + 1;
    assert_eq!(live.merge(&other, after(2)), Change::ToQueue);
    assert_eq!(state(&live), AccountState::Active);
    // A read of before does not bring the old credential back.
    live.merge(&row(3, AccountState::Unauthorized, 0), after(3));
    assert_eq!(
        live.observe(Observed::Unauthorized, None, MARK + 1, after(4)),
        Change::Queued
    );
    assert_eq!(state(&live), AccountState::Unauthorized);
}

#[test]
fn an_account_stands_in_the_queue_once_and_its_latest_state_is_written() {
    let live = live();
    assert_eq!(see(&live, LIMITED, 0), Change::ToQueue);
    assert_eq!(
        see(&live, Observed::QuotaExhausted { until: None }, 1),
        Change::Queued
    );
    let transition = live.begin_write().expect("to be written");
    assert_eq!(written(&transition), AccountState::QuotaExhausted);
    // What comes while it is being written is written after it.
    assert_eq!(see(&live, Observed::Unauthorized, 2), Change::ToQueue);
    live.written(&transition, Some(2));
    assert!(!live.is_idle());
    let transition = live.begin_write().expect("to be written");
    assert_eq!(written(&transition), AccountState::Unauthorized);
    // The database is away: it goes back, unless it stands there again already.
    assert!(live.not_written());
    assert!(!live.not_written());
    let transition = live.begin_write().expect("to be written");
    live.written(&transition, Some(3));
    assert!(live.begin_write().is_none());
    assert!(live.is_idle());
}
