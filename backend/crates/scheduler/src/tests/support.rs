//! Accounts made by hand, for tests that need no database.

use crate::groups::{Grant, Group};
use crate::live::{Live, Stored};
use crate::load::Asker;
use crate::made;
pub(super) use crate::made::{MARK, TENANT, account, id};
use crate::pick::{NoAccount, Picked, Reason, Wish, pick};
use crate::pool::{Own, Pool};
use crate::snapshot::{Rows, UpstreamAccount};
use crate::state::{Condition, Observed};
use crate::windows::{StoredWindow, WindowSeen};
use chrono::{DateTime, TimeDelta, Utc};
use rand::SeedableRng;
use rand::rngs::StdRng;
use std::sync::Arc;
use tollgate_contract::accounts::AccountState;
use tollgate_contract::ids::{AccountId, GroupId, TenantId};
use tollgate_contract::platform::Platform;

pub(super) fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000, 0).expect("a time")
}

pub(super) fn after(seconds: i64) -> DateTime<Utc> {
    noon() + TimeDelta::seconds(seconds)
}

pub(super) fn rng() -> StdRng {
    StdRng::seed_from_u64(42)
}

/// Active since an hour.
pub(super) fn active() -> Condition {
    Condition::new(AccountState::Active, None, "", after(-3600), 0)
}

pub(super) fn stored(version: i64, condition: Condition) -> Stored {
    Stored {
        version,
        condition,
        mark: MARK,
        windows: Vec::new(),
    }
}

pub(super) fn live() -> Arc<Live> {
    Arc::new(Live::new(TENANT, id(1), &stored(1, active())))
}

pub(super) fn pool(accounts: Vec<UpstreamAccount>) -> Pool {
    Pool::new(Arc::new(own(accounts)), Vec::new())
}

/// What a tenant owns.
pub(super) fn own(accounts: Vec<UpstreamAccount>) -> Own {
    let candidates = accounts.into_iter().map(made::candidate);
    Own {
        candidates: candidates.collect(),
        ..Own::default()
    }
}

pub(super) fn rows(accounts: Vec<UpstreamAccount>, version: i64) -> Rows {
    let accounts = accounts
        .into_iter()
        .map(|account| (Arc::new(account), stored(version, active())));
    Rows {
        accounts: accounts.collect(),
        ..Rows::default()
    }
}

/// What most requests wish.
pub(super) const fn wish() -> Wish<'static> {
    Wish {
        tenant: TENANT,
        platforms: &[Platform::ClaudeConsole],
        named_on: &[],
        model: "claude-sonnet-4-6",
        bindings: &[],
        own_only: false,
        pinned: None,
        sticky: None,
        tried: &[],
    }
}

/// Who asks in most tests.
pub(super) fn asker() -> Asker {
    Asker {
        tenant: TENANT,
        weight: 100,
        in_turn: false,
    }
}

/// Something was observed on an account of a pool, outside of any seat.
pub(super) fn observe(pool: &Pool, number: u128, seen: Observed, now: DateTime<Utc>) {
    let candidate = pool.candidate(id(number)).expect("in the pool");
    candidate.live.observe(seen, None, MARK, now);
}

/// The choice at noon.
pub(super) fn choose<'a>(pool: &'a Pool, wish: &Wish<'_>) -> Result<Picked<'a>, NoAccount> {
    pick(pool, wish, noon(), &mut rng())
}

/// The account and the reason; the seat stays taken.
pub(super) fn chosen(pool: &Pool, wish: &Wish<'_>) -> (AccountId, Reason) {
    let picked = choose(pool, wish).expect("an account");
    (picked.candidate.account.id, picked.chosen.reason())
}

/// An account as the test changes it.
pub(super) fn with(number: u128, change: impl FnOnce(&mut UpstreamAccount)) -> UpstreamAccount {
    let mut account = account(number);
    change(&mut account);
    account
}

/// What a refusal says of each account.
pub(super) fn why_not(refusal: &NoAccount) -> Vec<String> {
    let explanation = refusal.explanation();
    assert_eq!(explanation["picked"], serde_json::Value::Null);
    assert_eq!(explanation["reason"], refusal.code());
    let considered = explanation["considered"].as_array().expect("a list");
    considered
        .iter()
        .map(|one| one["out"].as_str().expect("a text").to_owned())
        .collect()
}

/// A group of these accounts, with their priorities in it.
pub(super) fn group(members: &[(u128, Option<u32>)]) -> Group {
    Group(
        members
            .iter()
            .map(|(number, priority)| (id(*number), *priority))
            .collect(),
    )
}

pub(super) fn grant(group: GroupId, owner: TenantId, name: &str) -> Grant {
    Grant {
        group,
        owner,
        public_name: name.into(),
        weight: 100,
    }
}

/// A window that is used up.
pub(super) fn window(name: &str, resets_at: DateTime<Utc>) -> StoredWindow {
    let seen = WindowSeen {
        name: name.to_owned(),
        used_permille: 1000,
        resets_at: Some(resets_at),
        status: None,
    };
    StoredWindow {
        seen,
        observed_at: noon(),
    }
}
