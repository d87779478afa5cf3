//! What of a disputed amount is still charged: what later corrections took of the same requests is given back already.
//! Never in here: decisions.

use super::store::Closed;
use tollgate_contract::invoices::Dispute;
use tollgate_store::{StoreError, TenantTx};

/// Nobody books of this tenant until the transaction ends: what is read from here on stays so.
pub(super) async fn lock_chain(tx: &mut TenantTx) -> Result<(), StoreError> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "SELECT last_no FROM ledger_heads WHERE tenant_id = $1 FOR UPDATE",
        tenant.0
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(())
}

/// Nano-dollars of the dispute's amount that no later correction gave back; zero if all of it was.
pub(super) async fn still_charged(
    tx: &mut TenantTx,
    closed: &Closed,
    dispute: &Dispute,
) -> Result<i64, StoreError> {
    let statement = &closed.statement;
    let (Some(first), Some(last)) = (statement.first_batch, statement.last_batch) else {
        return Ok(dispute.amount_nano.0);
    };
    let tenant = tx.tenant_id();
    // Of each request: what stands in the statement, and how much of it later corrections left. What they added beyond is
    // another statement's.
    let gone = sqlx::query_scalar!(
        r#"SELECT COALESCE(sum(GREATEST(stated, 0) - GREATEST(LEAST(stated, stated + later), 0)), 0)::bigint AS "gone!"
           FROM (
               SELECT CASE WHEN e.batch_no BETWEEN $2 AND $3 THEN e.charge_nano ELSE 0 END
                      + COALESCE(sum(c.charge_nano) FILTER (WHERE c.batch_no BETWEEN $2 AND $3), 0) AS stated,
                      sum(c.charge_nano) FILTER (WHERE c.batch_no > $3) AS later
               FROM usage_events e
               JOIN usage_corrections c ON c.tenant_id = e.tenant_id AND c.request_id = e.request_id
               WHERE e.tenant_id = $1 AND e.model = $4 AND e.cost_centre = $5
                 AND (e.request_id < uuid7_floor($6)) = $7 AND ($8::uuid IS NULL OR e.request_id = $8)
                 AND EXISTS (SELECT FROM usage_corrections l WHERE l.tenant_id = $1 AND l.request_id = e.request_id
                             AND l.batch_no > $3)
               GROUP BY e.tenant_id, e.request_id) AS request"#,
        tenant.0,
        first,
        last,
        dispute.model,
        dispute.cost_centre,
        statement.starts_at,
        dispute.late,
        dispute.request_id.map(|id| id.0)
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(dispute.amount_nano.0.saturating_sub(gone).max(0))
}
