//! What an export must come to, by two ways that know nothing of how its rows were read: one sum over the same rows by the
//! database, and the ledger's own transfers for the batches that the rows belong to.

use super::error::{ExportError, mismatch};
use super::lines::planned_for_values;
use super::wanted::{After, Wanted};
use serde_json::json;
use tollgate_store::TenantTx;

/// Sums over lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Totals {
    pub(super) requests: i64,
    pub(super) lines: i64,
    pub(super) input: i64,
    pub(super) output: i64,
    pub(super) cache_write_5m: i64,
    pub(super) cache_write_1h: i64,
    pub(super) cache_read: i64,
    pub(super) charge: i64,
}

impl Totals {
    /// Adds a line's figures.
    pub(super) fn add(&mut self, requests: i64, tokens: [i64; 5], charge: i64) -> Result<(), ExportError> {
        let sum = |to: &mut i64, more: i64| {
            *to = to
                .checked_add(more)
                .ok_or_else(|| ExportError::Mismatch("a sum is larger than can be told".to_owned()))?;
            Ok::<(), ExportError>(())
        };
        let [input, output, cache_write_5m, cache_write_1h, cache_read] = tokens;
        sum(&mut self.requests, requests)?;
        sum(&mut self.lines, 1)?;
        sum(&mut self.input, input)?;
        sum(&mut self.output, output)?;
        sum(&mut self.cache_write_5m, cache_write_5m)?;
        sum(&mut self.cache_write_1h, cache_write_1h)?;
        sum(&mut self.cache_read, cache_read)?;
        sum(&mut self.charge, charge)
    }

    /// Adds other sums.
    pub(super) fn join(&mut self, other: &Self) -> Result<(), ExportError> {
        let lines = self.lines.saturating_add(other.lines);
        let tokens = [
            other.input,
            other.output,
            other.cache_write_5m,
            other.cache_write_1h,
            other.cache_read,
        ];
        self.add(other.requests, tokens, other.charge)?;
        self.lines = lines;
        Ok(())
    }

    /// All tokens.
    pub(super) fn tokens(&self) -> i64 {
        [
            self.output,
            self.cache_write_5m,
            self.cache_write_1h,
            self.cache_read,
        ]
        .into_iter()
        .fold(self.input, i64::saturating_add)
    }

    /// Refuses figures that are not these.
    pub(super) fn must_be(&self, wanted: &Wanted, written: &Self) -> Result<(), ExportError> {
        if self == written {
            return Ok(());
        }
        Err(mismatch(
            wanted.tenant,
            format!("the rows come to {written:?}, and the books to {self:?}"),
        ))
    }
}

/// The sums of all lines behind one.
pub(super) async fn sums(tx: &mut TenantTx, wanted: &Wanted, after: After) -> Result<Totals, ExportError> {
    planned_for_values(tx).await?;
    let from = wanted.first_id().max(after.request_id);
    let row = sqlx::query!(
        r#"SELECT COALESCE(sum(requests), 0)::bigint AS "requests!", count(*) AS "lines!",
                  COALESCE(sum(input), 0)::bigint AS "input!", COALESCE(sum(output), 0)::bigint AS "output!",
                  COALESCE(sum(cache_write_5m), 0)::bigint AS "cache_write_5m!",
                  COALESCE(sum(cache_write_1h), 0)::bigint AS "cache_write_1h!",
                  COALESCE(sum(cache_read), 0)::bigint AS "cache_read!", COALESCE(sum(charge), 0)::bigint AS "charge!"
           FROM exported_lines($1, $2, $3, $4) WHERE request_id > $5 OR batch_no > $6"#,
        from,
        wanted.end_id(),
        wanted.through,
        wanted.filter,
        after.request_id,
        after.batch_no
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(Totals {
        requests: row.requests,
        lines: row.lines,
        input: row.input,
        output: row.output,
        cache_write_5m: row.cache_write_5m,
        cache_write_1h: row.cache_write_1h,
        cache_read: row.cache_read,
        charge: row.charge,
    })
}

/// Compares what was booked in each batch of the range with what the ledger moved for it, whatever the filters are: rows
/// that are not in the ledger, or not all of them, must not leave the house as if they were. Batches that lost events to
/// retention are the seals' matter.
pub(super) async fn tie(tx: &mut TenantTx, wanted: &Wanted) -> Result<(), ExportError> {
    planned_for_values(tx).await?;
    let tenant = tx.tenant_id();
    // A bound value, which the database folds into the function: of an expression it would ask every row anew.
    let all = json!({ "first_batch": wanted.first_batch });
    let bounds = sqlx::query!(
        "SELECT min(batch_no) AS low, max(batch_no) AS high FROM exported_lines($1, $2, $3, $4)",
        wanted.first_id(),
        wanted.end_id(),
        wanted.through,
        all
    )
    .fetch_one(tx.conn())
    .await?;
    let (Some(low), Some(high)) = (bounds.low, bounds.high) else {
        return Ok(());
    };
    let first = sqlx::query!(
        r#"WITH booked AS (
             SELECT batch_no, count(*) FILTER (WHERE fresh) AS events, sum(charge)::bigint AS charge FROM (
               SELECT batch_no, true AS fresh, charge_nano AS charge FROM usage_events
               WHERE tenant_id = $1 AND batch_no BETWEEN $2 AND $3
               UNION ALL
               SELECT batch_no, false, charge_nano FROM usage_corrections
               WHERE tenant_id = $1 AND batch_no BETWEEN $2 AND $3) AS rows
             GROUP BY batch_no),
           moved AS (
             SELECT batch_no, sum(CASE WHEN from_code = 'wallet' THEN amount_nano ELSE -amount_nano END)::bigint AS charge
             FROM ledger_transfers
             WHERE tenant_id = $1 AND batch_no BETWEEN $2 AND $3 AND kind IN ('usage', 'correction')
             GROUP BY batch_no),
           kept AS (
             SELECT t.created_at >= to_timestamp(min(substring(c.relname FROM '\d{4}_\d{2}$')), 'YYYY_MM') AS whole
             FROM tenants t, pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
             WHERE t.tenant_id = $1 AND i.inhparent = 'usage_events'::regclass GROUP BY t.created_at)
           SELECT b.batch_no, b.events AS told_events, COALESCE(k.events, 0) AS "events!",
                  COALESCE(m.charge, 0) AS "moved!", COALESCE(k.charge, 0) AS "charge!"
           FROM ledger_batches b
           LEFT JOIN booked k ON k.batch_no = b.batch_no LEFT JOIN moved m ON m.batch_no = b.batch_no
           WHERE b.tenant_id = $1 AND b.batch_no BETWEEN $2 AND $3
             AND (COALESCE(k.charge, 0) <> COALESCE(m.charge, 0) OR COALESCE(k.events, 0) <> b.events)
             AND (COALESCE(k.events, 0) = b.events OR COALESCE((SELECT whole FROM kept), true))
           ORDER BY b.batch_no LIMIT 1"#,
        tenant.0,
        low,
        high
    )
    .fetch_optional(tx.conn())
    .await?;
    let Some(row) = first else { return Ok(()) };
    Err(mismatch(
        tenant,
        format!(
            "batch {} has {} of {} events, whose charge is {} where the ledger moved {}",
            row.batch_no, row.events, row.told_events, row.charge, row.moved
        ),
    ))
}
