//! What tests of seals, re-pricing and retention share: a signer, entries of other times, and prices.

use super::support::{House, settle};
use crate::entry::{Charge, DoneEntry, Entry, LeaseRef, OpenEntry, PriceLine, Quality};
use crate::node::NodeEpoch;
use crate::periods::{close, open_period};
use crate::reprice::{
    NewPrice, PastPricer, Repricing, RepricingError, RepricingLeave, RepricingOrder, apply_repricing,
    preview_repricing,
};
use crate::retention::{Fate, drop_months};
use crate::samples::{account, done_of, entry_of, open_entry};
use chrono::{DateTime, Datelike, Months, NaiveDate, TimeDelta, Utc};
use serde_json::json;
use std::sync::Arc;
use tollgate_contract::ids::TenantId;
use tollgate_money::Nano;
use tollgate_store::{Actor, AuditEntry, Clock, MasterKey, PLATFORM_TENANT, Secrets, Signer};
use uuid::Uuid;

pub(super) fn signer(house: &House) -> Signer {
    let key = MasterKey::new(&"a master key of the tests".into());
    Signer::new(house.db.clone(), Secrets::new(key, house.clock.clone()))
}

/// The middle of the month so many months ago.
pub(super) fn months_ago(house: &House, months: u32) -> DateTime<Utc> {
    let today = house.clock.now().date_naive();
    let first = NaiveDate::from_ymd_opt(today.year(), today.month(), 1).expect("a day");
    let first = first.checked_sub_months(Months::new(months)).expect("a month");
    first.and_hms_opt(9, 7, 0).expect("a time").and_utc() + TimeDelta::days(14)
}

/// Partitions as far back as that.
pub(super) async fn partitions(house: &House, months: u32) {
    let first = months_ago(house, months).date_naive();
    house
        .by_hand(&format!("SELECT ensure_partitions('{first}', {months})"))
        .await;
}

/// Closes the months up to the one before the last, of a tenant that is four months old.
pub(super) async fn close_months(house: &House, tenant: TenantId) {
    let first = months_ago(house, 4).to_rfc3339();
    house
        .by_hand(&format!(
            "UPDATE tenants SET created_at = '{first}' WHERE tenant_id = '{tenant}'"
        ))
        .await;
    loop {
        let mut tx = house.db.tenant(tenant).await.expect("a transaction");
        let period = open_period(&mut tx).await.expect("read").expect("a period");
        if period.ends_at > months_ago(house, 1) {
            break;
        }
        let made = close(&mut tx, &house.clock, period.month, "test").await;
        made.unwrap_or_else(|error| panic!("{}: {error}", period.month));
        tx.commit().await.expect("committed");
    }
}

/// Closes what was booked up to now, and drops the months that are old enough.
pub(super) async fn drop_closed(house: &House, keep: u32) -> Vec<(NaiveDate, Fate)> {
    let closed = "UPDATE ledger_heads SET closed_until = now()";
    house.by_hand(closed).await;
    drop_months(&house.db, keep).await.expect("dropped or kept")
}

/// A finished request of some time, on the platform's account or on none.
pub(super) async fn entry_at(
    house: &House,
    node: &NodeEpoch,
    tenant: TenantId,
    at: DateTime<Utc>,
    tokens: u64,
    on_platform: bool,
) -> Arc<Entry> {
    let open = OpenEntry {
        lease: LeaseRef {
            budget_id: house.budget(tenant).await,
            node_id: node.node_id(),
            epoch: node.epoch(),
        },
        ..open_entry(&Clock::manual(at), tenant)
    };
    let done = done_of(open.request_id, tokens);
    let done = if on_platform {
        DoneEntry {
            account: Some(account(PLATFORM_TENANT, "pool")),
            cost: Nano(500),
            cost_lines: vec![PriceLine {
                meter: "request".to_owned(),
                quantity: 1,
                price: "0.0000005".to_owned(),
                amount_nano: Nano(500),
                per: "one".to_owned(),
                rate: String::new(),
                factor: String::new(),
            }],
            ..done
        }
    } else {
        done
    };
    entry_of(open, done)
}

/// The same request, of which only a part was known.
pub(super) fn estimate_of(entry: &Entry, tokens: u64) -> Arc<Entry> {
    let done = DoneEntry {
        quality: Quality::Estimated,
        usage: done_of(entry.open.request_id, tokens).usage,
        charge: done_of(entry.open.request_id, tokens).charge,
        ..entry.done.clone()
    };
    super::support::with_done(entry, done)
}

/// Books requests of some time, all in one batch.
pub(super) async fn book(
    house: &House,
    node: &NodeEpoch,
    tenant: TenantId,
    at: DateTime<Utc>,
    tokens: &[u64],
) {
    let mut entries = Vec::new();
    for (number, tokens) in tokens.iter().enumerate() {
        entries.push(entry_at(house, node, tenant, at, *tokens, number.is_multiple_of(2)).await);
    }
    settle(house, node, &entries).await;
}

/// So many micro-dollars a thousand tokens of output; upstream, ten nano-dollars of it beside the 500 of every request.
pub(super) fn prices(version: u128, per_million: u64) -> PastPricer {
    costing(version, per_million, 500 + per_million * 10)
}

/// The same with a cost of so many nano-dollars a request.
pub(super) fn costing(version: u128, per_million: u64, cost: u64) -> PastPricer {
    PastPricer::new(move |usage| {
        Some(NewPrice {
            charge: priced("output", usage.meters.output, per_million * 1000)?,
            cost: priced("requests", 1, cost)?,
            price_version: Uuid::from_u128(version),
        })
    })
}

/// So many of them at so many nano-dollars each.
fn priced(meter: &str, quantity: u64, each: u64) -> Option<Charge> {
    let amount = Nano(i64::try_from(quantity * each).ok()?);
    let line = PriceLine {
        meter: meter.to_owned(),
        quantity,
        price: format!("{}.{:03}", each / 1000, each % 1000),
        amount_nano: amount,
        per: String::new(),
        rate: String::new(),
        factor: String::new(),
    };
    Some(Charge {
        total: amount,
        lines: vec![line],
        ..Charge::default()
    })
}

pub(super) fn audit(house: &House, action: &'static str) -> AuditEntry {
    AuditEntry {
        id: house.clock.new_id(),
        at: house.clock.now(),
        actor: Actor::Operator("test".to_owned()),
        action,
        target_id: None,
        target_name: String::new(),
        changes: json!({}),
        request_id: None,
        address: String::new(),
    }
}

/// All of a tenant's time.
pub(super) fn all_of(house: &House, tenant: TenantId) -> RepricingOrder {
    RepricingOrder {
        tenant_id: tenant,
        from: DateTime::UNIX_EPOCH,
        to: house.clock.now() + TimeDelta::days(1),
        model: None,
    }
}

/// Looks and applies.
pub(super) async fn reprice(
    house: &House,
    order: &RepricingOrder,
    pricer: &PastPricer,
) -> Result<Repricing, RepricingError> {
    let seen = preview_repricing(&house.db, order, pricer).await?;
    let leave = RepricingLeave {
        repricing_id: house.clock.new_id(),
        fingerprint: seen.fingerprint,
        reason: "the list was wrong".to_owned(),
        author: "test".to_owned(),
    };
    apply_repricing(&house.db, order, &leave, pricer, audit(house, "ledger.repriced")).await
}

/// Sums of events with corrections and of what was dropped, of both rollups, and the revenue: all the same.
pub(super) async fn assert_sums_agree(house: &House, tenant: TenantId) {
    let sum = async |sql: &str| house.number(&sql.replace("$1", &format!("'{tenant}'"))).await;
    let lines = sum("SELECT (COALESCE((SELECT sum(charge_nano) FROM usage_events WHERE tenant_id = $1), 0)
                     + COALESCE((SELECT sum(charge_nano) FROM usage_corrections WHERE tenant_id = $1), 0)
                     + COALESCE((SELECT sum(charge_nano) FROM dropped_months WHERE tenant_id = $1), 0))::bigint")
        .await;
    for other in [
        "SELECT COALESCE(sum(charge_nano), 0)::bigint FROM usage_15m WHERE tenant_id = $1",
        "SELECT COALESCE(sum(charge_nano), 0)::bigint FROM usage_day WHERE tenant_id = $1",
        "SELECT balance_nano FROM ledger_accounts WHERE tenant_id = $1 AND code = 'revenue'",
        "SELECT COALESCE(sum(settled_nano), 0)::bigint FROM budget_leases WHERE tenant_id = $1",
    ] {
        assert_eq!(sum(other).await, lines, "{other}");
    }
}
