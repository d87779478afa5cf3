//! Tests of both twins through the public door. Those with Redis start a private `redis-server` from PATH.

mod alike;
mod in_process;
mod model;
mod server;
mod shared;

use crate::{AdmitCheck, LimitSet};
use chrono::{DateTime, Utc};
use tollgate_contract::ids::{AccountId, KeyId, TenantId};
use tollgate_store::Clock;
use uuid::Uuid;

/// A Sunday morning, so that no span is aligned with a bucket's edge by chance.
fn start() -> DateTime<Utc> {
    "2026-11-01T07:13:29.371Z".parse().unwrap()
}

fn tenant(clock: &Clock) -> TenantId {
    TenantId(clock.new_id())
}

fn key(number: u128) -> KeyId {
    KeyId(Uuid::from_u128(number))
}

fn account(number: u128) -> AccountId {
    AccountId(Uuid::from_u128(number))
}

fn check<'a>(limits: &'a LimitSet, clock: &Clock) -> AdmitCheck<'a> {
    AdmitCheck {
        limits,
        slot: clock.new_id(),
        sticky: None,
    }
}
