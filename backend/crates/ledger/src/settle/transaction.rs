//! One settlement: a single transaction from the fence to the commit. Locks are taken in one order by everybody: epoch,
//! chains of the customers by tenant, events, rollups, balances, budget periods, leases; and at the very end the
//! platform's own chain, which all nodes share, so that it is held for the shortest time.

use super::accounts::{self, add_account_days};
use super::compare::compare;
use super::costs::book_costs;
use super::dead::{Letter, bury_within};
use super::events::{column, insert_events};
use super::leases::settle_leases;
use super::rollups::{add_quarters, insert_corrections};
use super::row::EventRow;
use super::slices::{add_days_and_slices, zones};
use super::sums::{BatchSums, TenantSums, plus};
use super::write::{
    BatchDraft, Context, Head, OPERATOR, TransferDraft, booking_time, lock_heads, write_batches,
};
use crate::error::{LedgerError, Remedy, remedy};
use crate::letters::{LetterError, LetterId};
use crate::node::NodeEpoch;
use chrono::{DateTime, SubsecRound, Utc};
use std::collections::HashMap;
use tollgate_store::{AuditEntry, Clock, Db, SettleTx, record_settled_audits};
use uuid::Uuid;

/// What a settlement did with its rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Settled {
    /// New events.
    pub booked: usize,
    /// Booked before, just so.
    pub replayed: usize,
    /// Estimates put right.
    pub corrected: usize,
    /// Differ from what is booked; in the dead letters now.
    pub conflicts: usize,
}

/// Books rows, each of another request.
///
/// # Errors
/// `Fenced`, or what the database says: then nothing is booked.
pub(crate) async fn settle(db: &Db, node: &NodeEpoch, rows: &[EventRow]) -> Result<Settled, LedgerError> {
    let mut tx = db.settle().await?;
    node.hold(&mut tx).await?;
    let by = (node.node_id().0, node.epoch());
    let (result, conflicts, booked_at) = settle_within(&mut tx, db.clock(), by, rows).await?;
    bury_conflicts(&mut tx, booked_at, &conflicts).await?;
    tx.commit().await?;
    Ok(result)
}

/// Books a dead letter's row for an operator, and marks the letter as worked off.
///
/// # Errors
/// `StillDead` if it differs from what is booked; then, as after any other, nothing has changed.
pub(crate) async fn rebook(
    db: &Db,
    row: EventRow,
    id: &LetterId,
    author: &str,
    audit: AuditEntry,
) -> Result<(), LetterError> {
    let mut tx = db.settle().await?;
    let settled = settle_within(&mut tx, db.clock(), OPERATOR, &[row]).await;
    let (_, conflicts, booked_at) = settled.map_err(|error| match remedy(&error) {
        Remedy::Split => LetterError::StillDead(error.to_string()),
        _ => error.into(),
    })?;
    if let Some((_, difference)) = conflicts.into_iter().next() {
        return Err(LetterError::StillDead(difference));
    }
    let done = sqlx::query!(
        "UPDATE settle_dead_letters SET resolved_at = $4, resolved_by = $5, resolution = 'booked'
         WHERE tenant_id = $1 AND request_id = $2 AND kind = $3 AND resolved_at IS NULL",
        id.tenant_id.0,
        id.request_id,
        id.kind,
        booked_at,
        author
    )
    .execute(tx.conn())
    .await?;
    if done.rows_affected() != 1 {
        return Err(LetterError::Resolved);
    }
    record_settled_audits(&mut tx, [(id.tenant_id, audit)]).await?;
    tx.commit().await?;
    Ok(())
}

/// Rows that differ from what is booked under their ids, each with the difference.
type Conflicts = Vec<(EventRow, String)>;

/// Tells as well when it was booked: under the chains' locks, so that a period which closes meanwhile is not booked into.
async fn settle_within(
    tx: &mut SettleTx,
    clock: &Clock,
    node: (Uuid, i64),
    rows: &[EventRow],
) -> Result<(Settled, Conflicts, DateTime<Utc>), LedgerError> {
    let tenants = tenants_of(rows);
    let mut heads = lock_heads(tx, &tenants).await?;
    let context = &Context {
        node,
        clock,
        booked_at: booking_time(clock.now().trunc_subsecs(6), heads.values()),
    };
    let next = next_numbers(&heads);
    let fresh = insert_events(tx, rows, &next, context.booked_at).await?;
    let (fresh, known): (Vec<&EventRow>, Vec<&EventRow>) = rows
        .iter()
        .partition(|row| fresh.contains(&(row.tenant_id, row.request_id)));
    let compared = compare(tx, known.into_iter().cloned().collect()).await?;
    let result = Settled {
        booked: fresh.len(),
        replayed: compared.replayed,
        corrected: compared.corrections.len(),
        conflicts: compared.conflicts.len(),
    };
    let mut sums = BatchSums::new(context.booked_at, zones(tx, &tenants).await?);
    for row in &fresh {
        sums.add_event(row)?;
    }
    for correction in &compared.corrections {
        sums.add_correction(correction)?;
    }
    if !sums.tenants.is_empty() {
        insert_corrections(tx, &compared.corrections, &next, context.booked_at).await?;
        add_quarters(tx, &sums.quarters).await?;
        add_days_and_slices(tx, &sums).await?;
        add_account_days(tx, &accounts::own(&fresh, &compared.corrections)?).await?;
        let drafts = usage_drafts(std::mem::take(&mut sums.tenants))?;
        write_batches(tx, context, drafts, &mut heads).await?;
        settle_leases(tx, &sums.leases, context.node, context.booked_at).await?;
    }
    book_costs(tx, context, &fresh, &compared.corrections, &mut heads).await?;
    Ok((result, compared.conflicts, context.booked_at))
}

/// Each once, by id.
fn tenants_of(rows: &[EventRow]) -> Vec<Uuid> {
    let mut tenants = column(rows, |row| row.tenant_id);
    tenants.sort_unstable();
    tenants.dedup();
    tenants
}

fn next_numbers(heads: &HashMap<Uuid, Head>) -> HashMap<Uuid, i64> {
    heads
        .iter()
        .map(|(tenant, head)| (*tenant, head.last_no.saturating_add(1)))
        .collect()
}

/// Per tenant and pair of ledger accounts one transfer.
fn usage_drafts(
    tenants: std::collections::BTreeMap<Uuid, TenantSums>,
) -> Result<Vec<BatchDraft>, LedgerError> {
    let transfer = |kind, from_code, to_code, amount, reason| TransferDraft {
        kind,
        from_code,
        to_code,
        amount,
        reason,
        corrects: None,
    };
    tenants
        .into_iter()
        .map(|(tenant_id, sums)| {
            let charge = plus(
                plus(sums.usage, sums.corrected_up)?,
                sums.corrected_down.saturating_neg(),
            )?;
            let reason = "exact figures after estimates";
            let transfers = vec![
                transfer("usage", "wallet", "revenue", sums.usage, "usage"),
                transfer("correction", "wallet", "revenue", sums.corrected_up, reason),
                transfer("correction", "revenue", "wallet", sums.corrected_down, reason),
            ];
            Ok(BatchDraft {
                tenant_id,
                events: sums.events,
                charge,
                digests: sums.digests,
                transfers,
            })
        })
        .collect()
}

async fn bury_conflicts(
    tx: &mut SettleTx,
    booked_at: DateTime<Utc>,
    conflicts: &Conflicts,
) -> Result<(), LedgerError> {
    let letter = |(row, difference): &(EventRow, String)| {
        tracing::error!(
            request.id = %row.request_id, tenant.id = %row.tenant_id, difference,
            "an entry differs from what is booked under its id"
        );
        Letter::of_entry(&row.entry, "conflict", difference.clone())
    };
    let letters: Vec<_> = conflicts.iter().map(letter).collect();
    bury_within(tx, &letters, booked_at).await
}
