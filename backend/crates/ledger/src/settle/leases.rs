//! What a settlement books against leases: of the wallet and of every budget, hard or soft. Never in here: granting.

use super::events::column;
use super::sums::LeaseKey;
use crate::error::LedgerError;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use tollgate_store::SettleTx;
use uuid::Uuid;

/// A lease's key, and what is settled and overrun.
type Row<'a> = (&'a LeaseKey, &'a (i64, i64));

/// Settles against leases. What belongs to an epoch other than the settling one may meet a closed lease, whose grant then
/// moves along, and the period's with it: those periods are locked first, as an exchange does. What comes after a lease
/// was written off counts as overrun, all of it.
pub(super) async fn settle_leases(
    tx: &mut SettleTx,
    leases: &BTreeMap<LeaseKey, (i64, i64)>,
    own: (Uuid, i64),
    booked_at: DateTime<Utc>,
) -> Result<(), LedgerError> {
    let rows: Vec<Row<'_>> = leases.iter().filter(|(_, amounts)| **amounts != (0, 0)).collect();
    if rows.is_empty() {
        return Ok(());
    }
    if has_more_than_wallets(&rows) {
        open_periods(tx, &rows).await?;
    }
    let late: Vec<Row<'_>> = rows
        .iter()
        .copied()
        .filter(|(key, _)| (key.3, key.4) != own)
        .collect();
    if !late.is_empty() {
        lock_periods(tx, &late).await?;
    }
    let closed = add(tx, &rows, booked_at).await?;
    if !closed.is_empty() {
        move_periods(tx, leases, &closed).await?;
    }
    Ok(())
}

/// Every event is settled against its tenant's wallet: a second budget of a tenant is another one. The rows are in order.
fn has_more_than_wallets(rows: &[Row<'_>]) -> bool {
    let mut pairs = rows.iter().zip(rows.iter().skip(1));
    pairs.any(|((one, _), (next, _))| one.0 == next.0 && one.1 != next.1)
}

/// A soft budget's period begins with its first event. The wallet's is always there.
async fn open_periods(tx: &mut SettleTx, rows: &[Row<'_>]) -> Result<(), LedgerError> {
    sqlx::query!(
        "INSERT INTO budget_periods (tenant_id, budget_id, period_start, limit_nano, limit_high_nano)
         SELECT DISTINCT b.tenant_id, b.budget_id, k.start, b.limit_nano, b.limit_nano
         FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) AS k (tenant, budget, start)
         JOIN budgets b ON b.tenant_id = k.tenant AND b.budget_id = k.budget AND b.kind = 'budget'
         WHERE NOT EXISTS (SELECT 1 FROM budget_periods p
                           WHERE p.tenant_id = k.tenant AND p.budget_id = k.budget AND p.period_start = k.start)
         ORDER BY 1, 2, 3 ON CONFLICT DO NOTHING",
        &column(rows, |(key, _)| key.0),
        &column(rows, |(key, _)| key.1),
        &column(rows, |(key, _)| key.2)
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

async fn lock_periods(tx: &mut SettleTx, rows: &[Row<'_>]) -> Result<(), LedgerError> {
    sqlx::query!(
        "SELECT p.granted_nano FROM budget_periods p
         WHERE (p.tenant_id, p.budget_id, p.period_start) IN (
             SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[]))
         ORDER BY p.tenant_id, p.budget_id, p.period_start FOR NO KEY UPDATE",
        &column(rows, |(key, _)| key.0),
        &column(rows, |(key, _)| key.1),
        &column(rows, |(key, _)| key.2)
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(())
}

/// Adds up; tells which leases were closed before.
async fn add(
    tx: &mut SettleTx,
    rows: &[Row<'_>],
    booked_at: DateTime<Utc>,
) -> Result<Vec<LeaseKey>, LedgerError> {
    let settled = sqlx::query!(
        r#"INSERT INTO budget_leases AS l (tenant_id, budget_id, period_start, node_id, epoch, settled_nano, overrun_nano,
                                           updated_at)
           SELECT tenant_id, budget_id, start, node_id, epoch, settled, overrun, $8
           FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::uuid[], $5::bigint[], $6::bigint[], $7::bigint[])
                AS row (tenant_id, budget_id, start, node_id, epoch, settled, overrun)
           ORDER BY tenant_id, budget_id, start, node_id, epoch
           ON CONFLICT (tenant_id, budget_id, period_start, node_id, epoch) DO UPDATE
           SET settled_nano = l.settled_nano + excluded.settled_nano,
               overrun_nano = l.overrun_nano + CASE WHEN l.written_off_at IS NULL THEN excluded.overrun_nano
                                                    ELSE GREATEST(excluded.settled_nano, excluded.overrun_nano) END,
               late_nano = l.late_nano + CASE WHEN l.written_off_at IS NULL THEN 0
                                              ELSE GREATEST(excluded.settled_nano - excluded.overrun_nano, 0) END,
               granted_nano = CASE WHEN l.closed_at IS NULL THEN l.granted_nano
                                   ELSE l.granted_nano + excluded.settled_nano END,
               updated_at = excluded.updated_at
           RETURNING tenant_id, budget_id, period_start, node_id, epoch, closed_at IS NOT NULL AS "closed!""#,
        &column(rows, |(key, _)| key.0),
        &column(rows, |(key, _)| key.1),
        &column(rows, |(key, _)| key.2),
        &column(rows, |(key, _)| key.3),
        &column(rows, |(key, _)| key.4),
        &column(rows, |(_, amounts)| amounts.0),
        &column(rows, |(_, amounts)| amounts.1),
        booked_at
    )
    .fetch_all(tx.conn())
    .await?;
    let closed = settled.into_iter().filter(|lease| lease.closed);
    Ok(closed
        .map(|lease| {
            (
                lease.tenant_id,
                lease.budget_id,
                lease.period_start,
                lease.node_id,
                lease.epoch,
            )
        })
        .collect())
}

async fn move_periods(
    tx: &mut SettleTx,
    leases: &BTreeMap<LeaseKey, (i64, i64)>,
    closed: &[LeaseKey],
) -> Result<(), LedgerError> {
    sqlx::query!(
        "UPDATE budget_periods p
         SET granted_nano = p.granted_nano + k.change, beyond_nano = p.beyond_nano + k.beyond
         FROM (SELECT tenant, budget, start, sum(change)::bigint AS change, sum(GREATEST(change, 0))::bigint AS beyond
               FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::bigint[]) AS row (tenant, budget, start, change)
               GROUP BY 1, 2, 3) AS k
         WHERE p.tenant_id = k.tenant AND p.budget_id = k.budget AND p.period_start = k.start",
        &column(closed, |key| key.0),
        &column(closed, |key| key.1),
        &column(closed, |key| key.2),
        &column(closed, |key| leases.get(key).map_or(0, |amounts| amounts.0))
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
