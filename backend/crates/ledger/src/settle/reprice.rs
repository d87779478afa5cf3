//! A re-pricing as a settlement of its own: the same statements in the same order, fed by corrections that an operator
//! asked for instead of a journal. Never in here: prices.

mod load;

use super::accounts::{self, add_account_days, sent_model};
use super::leases::settle_leases;
use super::rollups::{add_quarters, insert_corrections};
use super::slices::{add_days_and_slices, zones};
use super::sums::{BatchSums, Correction, CostChange, Repriced, plus};
use super::transaction::book_costs;
use super::write::{BatchDraft, Context, OPERATOR, TransferDraft, booking_time, lock_heads, write_batches};
use crate::error::LedgerError;
use crate::reprice::{
    PastPricer, REPRICED_MAX, RepricedEvent, Repricing, RepricingError, RepricingLeave, RepricingOrder,
    RepricingPreview,
};
use chrono::SubsecRound;
use load::{Past, load, usage_transfers, wallet};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};
use tollgate_money::Nano;
use tollgate_store::{AuditEntry, Db, SettleTx, record_settled_audits};
use uuid::Uuid;

/// Requests looked at: they are all read.
const LOOKED_AT_MAX: usize = 2_000_000;

/// What a re-pricing does, request by request.
pub(crate) struct Plan {
    looked_at: u64,
    unpriced: u64,
    changes: Vec<Change>,
    old: i64,
    new: i64,
    fingerprint: [u8; 32],
}

struct Change {
    past: Past,
    new: i64,
    price_version: Uuid,
    price_lines: serde_json::Value,
}

impl Plan {
    pub fn preview(&self) -> RepricingPreview {
        let event = |change: &Change| RepricedEvent {
            request_id: change.past.usage.request_id,
            model: change.past.usage.model.clone(),
            old: Nano(change.past.charge),
            new: Nano(change.new),
            late: change.past.late,
        };
        RepricingPreview {
            looked_at: self.looked_at,
            unpriced: self.unpriced,
            events: self.changes.iter().map(event).collect(),
            old: Nano(self.old),
            new: Nano(self.new),
            fingerprint: self.fingerprint,
        }
    }
}

/// Prices every request of the order; keeps those that come to something else.
pub(crate) async fn plan(
    tx: &mut SettleTx,
    order: &RepricingOrder,
    pricer: &PastPricer,
) -> Result<Plan, RepricingError> {
    let mut plan = Plan {
        looked_at: 0,
        unpriced: 0,
        changes: Vec::new(),
        old: 0,
        new: 0,
        fingerprint: [0; 32],
    };
    let mut after = None;
    loop {
        let page = load(tx, order, after).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.usage.request_id);
        for past in page {
            plan.looked_at += 1;
            consider(&mut plan, past, pricer)?;
        }
        if plan.changes.len() > REPRICED_MAX || plan.looked_at > LOOKED_AT_MAX as u64 {
            return Err(RepricingError::TooMany);
        }
    }
    plan.fingerprint = fingerprint(order, &plan.changes);
    Ok(plan)
}

fn consider(plan: &mut Plan, past: Past, pricer: &PastPricer) -> Result<(), LedgerError> {
    let Some(price) = pricer.price(&past.usage) else {
        plan.unpriced += 1;
        return Ok(());
    };
    let new = price.charge.total.0;
    if new == past.charge {
        return Ok(());
    }
    let lines: i128 = price
        .charge
        .lines
        .iter()
        .map(|line| i128::from(line.amount_nano.0))
        .sum();
    if new < 0 || lines != i128::from(new) {
        return Err(LedgerError::Figure(format!(
            "request {} would cost {new}, its lines make {lines}",
            past.usage.request_id
        )));
    }
    plan.old = plus(plan.old, past.charge)?;
    plan.new = plus(plan.new, new)?;
    let price_lines =
        serde_json::to_value(&price.charge.lines).map_err(|error| LedgerError::Figure(error.to_string()))?;
    plan.changes.push(Change {
        past,
        new,
        price_version: price.price_version,
        price_lines,
    });
    Ok(())
}

/// SHA-256 of the order and of every change, in the order of requests.
fn fingerprint(order: &RepricingOrder, changes: &[Change]) -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update(order.tenant_id.0.as_bytes());
    digest.update(order.from.timestamp_micros().to_be_bytes());
    digest.update(order.to.timestamp_micros().to_be_bytes());
    digest.update(order.model.as_deref().unwrap_or_default().as_bytes());
    for change in changes {
        digest.update(change.past.usage.request_id.as_bytes());
        digest.update(change.past.charge.to_be_bytes());
        digest.update(change.new.to_be_bytes());
        digest.update(change.price_version.as_bytes());
        digest.update([u8::from(change.past.late)]);
    }
    digest.finalize().into()
}

/// Books it. The chain's lock comes first: nobody books of this tenant between the look and the commit.
pub(crate) async fn apply(
    db: &Db,
    order: &RepricingOrder,
    leave: &RepricingLeave,
    pricer: &PastPricer,
    audit: AuditEntry,
) -> Result<Repricing, RepricingError> {
    let tenant = order.tenant_id.0;
    let mut tx = db.settle().await?;
    let mut heads = lock_heads(&mut tx, &[tenant]).await?;
    if let Some(earlier) = earlier(&mut tx, tenant, leave).await? {
        return Ok(earlier);
    }
    let plan = plan(&mut tx, order, pricer).await?;
    if plan.changes.is_empty() {
        return Err(RepricingError::Nothing);
    }
    if plan.fingerprint != leave.fingerprint {
        return Err(RepricingError::Changed);
    }
    let context = Context {
        node: OPERATOR,
        clock: db.clock(),
        booked_at: booking_time(db.clock().now().trunc_subsecs(6), heads.values()),
    };
    let batch_no = heads
        .get(&tenant)
        .map_or(0, |head| head.last_no.saturating_add(1));
    let corrections = corrections(&mut tx, &plan, leave.repricing_id, tenant).await?;
    let mut sums = BatchSums::new(context.booked_at, zones(&mut tx, &[tenant]).await?);
    for correction in &corrections {
        sums.add_correction(correction)?;
    }
    let numbers = HashMap::from([(tenant, batch_no)]);
    insert_corrections(&mut tx, &corrections, &numbers, context.booked_at).await?;
    add_quarters(&mut tx, &sums.quarters).await?;
    add_days_and_slices(&mut tx, &sums).await?;
    add_account_days(&mut tx, &accounts::own(&[], &corrections)?).await?;
    let digests = sums.tenants.remove(&tenant).unwrap_or_default().digests;
    let draft = BatchDraft {
        tenant_id: tenant,
        events: 0,
        charge: plus(plan.new, plan.old.saturating_neg())?,
        digests,
        transfers: transfers(&mut tx, &plan, tenant).await?,
    };
    write_batches(&mut tx, &context, vec![draft], &mut heads).await?;
    settle_leases(&mut tx, &sums.leases, OPERATOR, context.booked_at).await?;
    book_costs(&mut tx, &context, &[], &corrections, &mut heads).await?;
    let late = plan.changes.iter().filter(|change| change.past.late).count();
    let repricing = Repricing {
        repricing_id: leave.repricing_id,
        events: i64::try_from(plan.changes.len()).unwrap_or(i64::MAX),
        late_events: i64::try_from(late).unwrap_or(i64::MAX),
        old: Nano(plan.old),
        new: Nano(plan.new),
        batch_no,
        booked_at: context.booked_at,
        replayed: false,
    };
    insert(&mut tx, order, leave, &repricing).await?;
    record_settled_audits(&mut tx, [(order.tenant_id, audit)]).await?;
    tx.commit().await?;
    metrics::counter!("tollgate_ledger_repricings_total").increment(1);
    Ok(repricing)
}

async fn corrections(
    tx: &mut SettleTx,
    plan: &Plan,
    repricing_id: Uuid,
    tenant: Uuid,
) -> Result<Vec<Correction>, LedgerError> {
    let wallet = wallet(tx, tenant).await?;
    let correction = |change: &Change| {
        let past = &change.past;
        let charge = change.new.saturating_sub(past.charge);
        Correction {
            tenant_id: tenant,
            request_id: past.usage.request_id,
            tokens: [0; 5],
            other_meters: BTreeMap::new(),
            service_tier: past.usage.meters.tier.as_str(),
            charge,
            quarter: past.quarter.clone(),
            dims: past.dims.clone(),
            leases: past.leases(tenant, wallet),
            sent_model: sent_model(&past.usage.upstream_model, &past.usage.model).to_owned(),
            cost: past.platform_account.map(|account_id| CostChange {
                account_id,
                cost: 0,
                lines: json!([]),
                charge,
                platform: past.usage.platform.clone(),
                model: past.usage.model.clone(),
                price_version: change.price_version,
            }),
            repriced: Some(Repriced {
                repricing_id,
                price_version: change.price_version,
                price_lines: change.price_lines.clone(),
                late: past.late,
            }),
        }
    };
    Ok(plan.changes.iter().map(correction).collect())
}

/// One transfer for each that is corrected: that of the batch in which the requests were booked.
async fn transfers(tx: &mut SettleTx, plan: &Plan, tenant: Uuid) -> Result<Vec<TransferDraft>, LedgerError> {
    let mut by_batch: BTreeMap<i64, i64> = BTreeMap::new();
    for change in &plan.changes {
        let sum = by_batch.entry(change.past.batch_no).or_default();
        *sum = plus(*sum, change.new.saturating_sub(change.past.charge))?;
    }
    let numbers: Vec<i64> = by_batch.keys().copied().collect();
    let corrected = usage_transfers(tx, tenant, &numbers).await?;
    // Batches that had nothing to transfer have no transfer to point at: they are one sum.
    let mut sums: BTreeMap<Option<Uuid>, i64> = BTreeMap::new();
    for (batch_no, sum) in by_batch {
        let total = sums.entry(corrected.get(&batch_no).copied()).or_default();
        *total = plus(*total, sum)?;
    }
    let draft = |(corrects, sum): (Option<Uuid>, i64)| {
        let (from_code, to_code) = if sum >= 0 {
            ("wallet", "revenue")
        } else {
            ("revenue", "wallet")
        };
        TransferDraft {
            kind: "correction",
            from_code,
            to_code,
            amount: sum.saturating_abs(),
            reason: "re-priced",
            corrects,
        }
    };
    Ok(sums.into_iter().map(draft).collect())
}

/// The same id again.
async fn earlier(
    tx: &mut SettleTx,
    tenant: Uuid,
    leave: &RepricingLeave,
) -> Result<Option<Repricing>, RepricingError> {
    let row = sqlx::query!(
        "SELECT fingerprint, events, late_events, old_nano, new_nano, batch_no, booked_at FROM ledger_repricings
         WHERE tenant_id = $1 AND repricing_id = $2",
        tenant,
        leave.repricing_id
    )
    .fetch_optional(tx.conn())
    .await?;
    let Some(row) = row else { return Ok(None) };
    if row.fingerprint != leave.fingerprint {
        return Err(RepricingError::IdReused);
    }
    Ok(Some(Repricing {
        repricing_id: leave.repricing_id,
        events: row.events,
        late_events: row.late_events,
        old: Nano(row.old_nano),
        new: Nano(row.new_nano),
        batch_no: row.batch_no,
        booked_at: row.booked_at,
        replayed: true,
    }))
}

async fn insert(
    tx: &mut SettleTx,
    order: &RepricingOrder,
    leave: &RepricingLeave,
    repricing: &Repricing,
) -> Result<(), LedgerError> {
    sqlx::query!(
        "INSERT INTO ledger_repricings (tenant_id, repricing_id, from_time, to_time, model, reason, author, fingerprint,
                                        events, old_nano, new_nano, late_events, batch_no, booked_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        order.tenant_id.0,
        leave.repricing_id,
        order.from,
        order.to,
        order.model.as_deref().unwrap_or_default(),
        leave.reason,
        leave.author,
        leave.fingerprint.as_slice(),
        repricing.events,
        repricing.old.0,
        repricing.new.0,
        repricing.late_events,
        repricing.batch_no,
        repricing.booked_at
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
