//! The corrections of a re-pricing, and the transfers that correct those in which its requests were booked.

use super::load::{COST, USAGE, booked_in, wallet};
use super::{Change, Plan};
use crate::error::LedgerError;
use crate::settle::accounts::sent_model;
use crate::settle::sums::{Correction, CostChange, Repriced, RepricedCost, plus};
use crate::settle::write::TransferDraft;
use serde_json::json;
use std::collections::{BTreeMap, HashMap};
use tollgate_store::{PLATFORM_TENANT, SettleTx};
use uuid::Uuid;

/// One for each change, of the charge as of the cost.
pub(super) async fn corrections(
    tx: &mut SettleTx,
    plan: &Plan,
    repricing_id: Uuid,
    tenant: Uuid,
) -> Result<Vec<Correction>, LedgerError> {
    let wallet = wallet(tx, tenant).await?;
    let batches = plan.changes.iter().filter_map(|change| change.past.platform);
    let mut batches: Vec<i64> = batches.map(|platform| platform.batch_no).collect();
    batches.sort_unstable();
    batches.dedup();
    let booked = booked_in(tx, PLATFORM_TENANT.0, &batches, COST).await?;
    let correction = |change: &Change| {
        let past = &change.past;
        Correction {
            tenant_id: tenant,
            request_id: past.usage.request_id,
            tokens: [0; 5],
            other_meters: BTreeMap::new(),
            service_tier: past.usage.meters.tier.as_str(),
            charge: change.charge_change(),
            quarter: past.quarter.clone(),
            dims: past.dims.clone(),
            leases: past.leases(tenant, wallet),
            sent_model: sent_model(&past.usage.upstream_model, &past.usage.model).to_owned(),
            cost: cost_change(change, repricing_id, &booked),
            repriced: Some(Repriced {
                repricing_id,
                price_version: change.price_version,
                price_lines: change.charge_lines.clone(),
                late: past.late,
            }),
        }
    };
    Ok(plan.changes.iter().map(correction).collect())
}

fn cost_change(change: &Change, repricing_id: Uuid, booked: &HashMap<i64, Uuid>) -> Option<CostChange> {
    let (past, platform) = (&change.past, change.past.platform?);
    let cost = change.cost_change();
    let lines = change.cost.as_ref().filter(|_| cost != 0);
    Some(CostChange {
        account_id: platform.account_id,
        cost,
        lines: lines.map_or_else(|| json!([]), |(_, lines)| lines.clone()),
        charge: change.charge_change(),
        platform: past.usage.platform.clone(),
        model: past.usage.model.clone(),
        price_version: change.price_version,
        repriced: Some(RepricedCost {
            repricing_id,
            corrects: booked.get(&platform.batch_no).copied(),
        }),
    })
}

/// One transfer for each that is corrected: that of the batch in which the requests were booked.
pub(super) async fn transfers(
    tx: &mut SettleTx,
    plan: &Plan,
    tenant: Uuid,
) -> Result<Vec<TransferDraft>, LedgerError> {
    let mut by_batch: BTreeMap<i64, i64> = BTreeMap::new();
    for change in plan.changes.iter().filter(|change| change.charge_change() != 0) {
        let sum = by_batch.entry(change.past.batch_no).or_default();
        *sum = plus(*sum, change.charge_change())?;
    }
    let numbers: Vec<i64> = by_batch.keys().copied().collect();
    let corrected = booked_in(tx, tenant, &numbers, USAGE).await?;
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
