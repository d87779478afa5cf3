//! The chain without its hashes: each batch's sums against its rows, and each link, in two statements.

use super::{Misfit, Rows};
use crate::error::LedgerError;
use crate::seal::figures;
use tollgate_store::JobsTx;
use uuid::Uuid;

pub(super) async fn verify(tx: &mut JobsTx, tenant: Uuid) -> Result<Rows, LedgerError> {
    let mut rows = Rows::default();
    let batches = sqlx::query_scalar!(
        r#"SELECT COALESCE(sum(1 + events::bigint), 0)::bigint AS "count!" FROM ledger_batches WHERE tenant_id = $1"#,
        tenant
    )
    .fetch_one(tx.conn())
    .await?;
    let mut misfit = links(tx, tenant).await?;
    if misfit.is_none() {
        misfit = sums(tx, tenant).await?;
    }
    rows.report.note("ledger_batches", batches, misfit, Some(tenant));
    if let Some(last) = super::seals::last(tx, tenant).await? {
        let mut months = figures::add_since(tx, tenant, (0, last.batch_no)).await?;
        for (month, dropped) in super::dropped::months(tx, tenant).await? {
            months.entry(month).or_default().add(&dropped)?;
        }
        rows.sealed = Some(months);
    }
    Ok(rows)
}

/// Numbers without a gap, each batch after the hash before it, and the head at the end.
async fn links(tx: &mut JobsTx, tenant: Uuid) -> Result<Option<Misfit>, LedgerError> {
    let row = sqlx::query!(
        r#"WITH link AS (
               SELECT batch_no, prev_hash, COALESCE(lag(batch_no) OVER w, 0) + 1 AS due_no,
                      COALESCE(lag(hash) OVER w, decode(repeat('00', 32), 'hex')) AS due_hash
               FROM ledger_batches WHERE tenant_id = $1 WINDOW w AS (ORDER BY batch_no)
               UNION ALL
               SELECT h.last_no + 1, h.last_hash, COALESCE(b.batch_no, 0) + 1,
                      COALESCE(b.hash, decode(repeat('00', 32), 'hex'))
               FROM ledger_heads h
               LEFT JOIN LATERAL (SELECT batch_no, hash FROM ledger_batches b WHERE b.tenant_id = h.tenant_id
                                  ORDER BY batch_no DESC LIMIT 1) AS b ON true
               WHERE h.tenant_id = $1)
           SELECT batch_no AS "batch_no!", due_no AS "due_no!", encode(prev_hash, 'hex') AS "found!",
                  encode(due_hash, 'hex') AS "due!"
           FROM link WHERE batch_no <> due_no OR prev_hash <> due_hash ORDER BY due_no LIMIT 1"#,
        tenant
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| {
        if row.batch_no == row.due_no {
            Misfit::new(format!("hash before batch {}", row.batch_no), row.due, row.found)
        } else {
            Misfit::new(
                format!("batch {}, number", row.batch_no),
                row.due_no,
                row.batch_no,
            )
        }
    }))
}

async fn sums(tx: &mut JobsTx, tenant: Uuid) -> Result<Option<Misfit>, LedgerError> {
    let row = sqlx::query!(
        r#"WITH line AS (
               SELECT batch_no, 1::bigint AS events, charge_nano AS charge, 0::bigint AS moved
               FROM usage_events WHERE tenant_id = $1
               UNION ALL
               SELECT batch_no, 0, charge_nano, 0 FROM usage_corrections WHERE tenant_id = $1
               UNION ALL
               SELECT batch_no, 1, cost_nano, 0 FROM platform_costs WHERE tenant_id = $1
               UNION ALL
               SELECT batch_no, events, charge_nano, 0 FROM dropped_batches WHERE tenant_id = $1
               UNION ALL
               SELECT batch_no, 0, 0, CASE WHEN from_code IN ('wallet', 'upstream_cost') THEN amount_nano
                                           ELSE -amount_nano END
               FROM ledger_transfers WHERE tenant_id = $1 AND batch_no IS NOT NULL),
           summed AS (
               SELECT batch_no, concat_ws(' ', sum(events), sum(charge), sum(moved)) AS figures FROM line GROUP BY 1)
           SELECT batch_no AS "batch_no!",
                  COALESCE(concat_ws(' ', b.events, b.charge_nano, b.charge_nano), 'no batch') AS "expected!",
                  COALESCE(summed.figures, '0 0 0') AS "found!"
           FROM (SELECT * FROM ledger_batches WHERE tenant_id = $1) AS b FULL JOIN summed USING (batch_no)
           WHERE b.tenant_id IS NULL
              OR concat_ws(' ', b.events, b.charge_nano, b.charge_nano) <> COALESCE(summed.figures, '0 0 0')
           ORDER BY batch_no LIMIT 1"#,
        tenant
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| {
        let name = format!(
            "batch {}, its events, their sum and that of its transfers",
            row.batch_no
        );
        Misfit::new(name, row.expected, row.found)
    }))
}
