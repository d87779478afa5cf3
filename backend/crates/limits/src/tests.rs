//! Tests of both twins through the public door. Those with Redis start a private `redis-server` from PATH.

mod alike;
mod edges;
mod in_process;
mod model;
mod server;
mod shared;
mod speed;

use crate::set::{Chosen, Placed};
use crate::windows::slot_key;
use crate::{AdmitCheck, LimitSet, Metric, Part, Span, Subject, Window, Windows};
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

/// Of all models.
fn window(span: Span, metric: Metric, limit: u64) -> Window {
    Window {
        span,
        metric,
        family: None,
        limit,
    }
}

fn part(subject: Subject, windows: impl IntoIterator<Item = Window>, concurrency: Option<u32>) -> Part {
    Part {
        subject,
        windows: Windows::new(windows).unwrap(),
        concurrency,
    }
}

/// Limits of the tenant alone.
fn of_tenant(tenant: TenantId, windows: impl IntoIterator<Item = Window>) -> LimitSet {
    LimitSet::new(tenant, [None, None, Some(part(Subject::Tenant, windows, None))])
}

/// A key's requests per minute, and at a time.
fn for_key(tenant: TenantId, key: KeyId, per_minute: Option<u64>, at_once: Option<u32>) -> LimitSet {
    let windows = per_minute.map(|limit| window(Span::Minute, Metric::Requests, limit));
    LimitSet::new(
        tenant,
        [Some(part(Subject::Key(key), windows, at_once)), None, None],
    )
}

/// The Redis keys of all windows of a set.
fn window_keys(limits: &LimitSet) -> Vec<String> {
    let limits = limits.inner();
    let key = |placed: Placed<'_>| placed.key(limits.tenant_id);
    limits.windows(Chosen::ALL).map(key).collect()
}

fn slot_keys(limits: &LimitSet) -> Vec<String> {
    let limits = limits.inner();
    let key = |(subject, _)| slot_key(limits.tenant_id, subject);
    limits.slots().map(key).collect()
}

fn check<'a>(limits: &'a LimitSet, clock: &Clock) -> AdmitCheck<'a> {
    AdmitCheck {
        limits,
        model: "claude-opus-4-1",
        slot: clock.new_id(),
        sticky: None,
    }
}
