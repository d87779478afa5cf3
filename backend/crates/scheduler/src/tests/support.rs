//! Accounts made by hand, for tests that need no database.

use crate::candidate::Candidate;
use crate::credential::Credential;
use crate::live::{Live, Stored};
use crate::pick::{NoAccount, Picked, Reason, Wish, pick};
use crate::snapshot::{Pool, Rows, UpstreamAccount};
use crate::state::{Condition, Observed};
use chrono::{DateTime, TimeDelta, Utc};
use rand::SeedableRng;
use rand::rngs::StdRng;
use std::sync::Arc;
use tollgate_contract::accounts::AccountState;
use tollgate_contract::ids::{AccountId, TenantId};
use tollgate_contract::platform::Platform;
use uuid::Uuid;

pub(super) const TENANT: TenantId = TenantId(Uuid::from_u128(7));
/// The mark of every credential here unless a test says otherwise.
pub(super) const MARK: u64 = 1;

pub(super) fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000, 0).expect("a time")
}

pub(super) fn after(seconds: i64) -> DateTime<Utc> {
    noon() + TimeDelta::seconds(seconds)
}

pub(super) fn rng() -> StdRng {
    StdRng::seed_from_u64(42)
}

pub(super) fn id(number: u128) -> AccountId {
    AccountId(Uuid::from_u128(number))
}

/// An account that offers everything, to be changed by the test.
pub(super) fn account(number: u128) -> UpstreamAccount {
    UpstreamAccount {
        id: id(number),
        owner: TENANT,
        public_name: format!("account {number}").into(),
        platform: Platform::ClaudeConsole,
        base_url: "https://upstream.example".parse().expect("a URL"),
        credential: Credential::ApiKey("sk-ant-secret".into()),
        region: None,
        api_version: None,
        project: None,
        extra_headers: Vec::new(),
        first_byte_timeout: None,
        idle_timeout: None,
        priority: 50,
        weight: 100,
        schedulable: true,
        concurrency_cap: None,
        models: std::collections::BTreeSet::new(),
        mapping: std::collections::BTreeMap::new(),
        mark: MARK,
    }
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
    }
}

pub(super) fn live() -> Arc<Live> {
    Arc::new(Live::new(TENANT, id(1), &stored(1, active())))
}

pub(super) fn pool(accounts: Vec<UpstreamAccount>) -> Pool {
    let candidates = accounts.into_iter().map(|account| {
        let live = Arc::new(Live::new(TENANT, account.id, &stored(1, active())));
        Candidate {
            account: Arc::new(account),
            live,
        }
    });
    Pool {
        candidates: candidates.collect(),
        unusable: Vec::new(),
    }
}

pub(super) fn rows(accounts: Vec<UpstreamAccount>, version: i64) -> Rows {
    let accounts = accounts
        .into_iter()
        .map(|account| (Arc::new(account), stored(version, active())));
    Rows {
        accounts: accounts.collect(),
        unusable: Vec::new(),
    }
}

/// What most requests wish.
pub(super) fn wish() -> Wish<'static> {
    Wish {
        platforms: &[Platform::ClaudeConsole],
        named_on: &[],
        model: "claude-sonnet-4-6",
        sticky: None,
        tried: &[],
    }
}

/// Something was observed on an account of a pool, outside of any seat.
pub(super) fn observe(pool: &Pool, number: u128, seen: Observed, now: DateTime<Utc>) {
    let candidate = pool
        .candidates
        .iter()
        .find(|one| one.account.id == id(number))
        .expect("in the pool");
    candidate.live.observe(seen, None, MARK, now);
}

/// The choice at noon.
pub(super) fn choose<'a>(pool: &'a Pool, wish: &Wish<'_>) -> Result<Picked<'a>, NoAccount> {
    pick(pool, wish, noon(), &mut rng())
}

/// The account and the reason; the seat stays taken.
pub(super) fn chosen(pool: &Pool, wish: &Wish<'_>) -> (AccountId, Reason) {
    let picked = choose(pool, wish).expect("an account");
    (picked.candidate.account.id, picked.reason)
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
