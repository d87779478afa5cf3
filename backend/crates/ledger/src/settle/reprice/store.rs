//! Re-pricings as they are kept: the customer's row, and the platform's where costs changed.

use crate::error::LedgerError;
use crate::reprice::{
    CostRepricing, RepricedCost, Repricing, RepricingError, RepricingLeave, RepricingOrder,
};
use tollgate_money::Nano;
use tollgate_store::{PLATFORM_TENANT, SettleTx};
use uuid::Uuid;

/// The same id again.
pub(super) async fn earlier(
    tx: &mut SettleTx,
    tenant: Uuid,
    leave: &RepricingLeave,
) -> Result<Option<Repricing>, RepricingError> {
    let row = sqlx::query!(
        r#"SELECT r.fingerprint, r.events, r.late_events, r.old_nano, r.new_nano, r.batch_no, r.booked_at,
                  p.events AS "cost_events?", p.old_nano AS "old_cost?", p.new_nano AS "new_cost?",
                  p.batch_no AS "cost_batch_no?"
           FROM ledger_repricings r
           LEFT JOIN platform_repricings p ON p.tenant_id = $3 AND p.repricing_id = r.repricing_id
           WHERE r.tenant_id = $1 AND r.repricing_id = $2"#,
        tenant,
        leave.repricing_id,
        PLATFORM_TENANT.0
    )
    .fetch_optional(tx.conn())
    .await?;
    let Some(row) = row else { return Ok(None) };
    if row.fingerprint != leave.fingerprint {
        return Err(RepricingError::IdReused);
    }
    let cost = row.cost_batch_no.map(|batch_no| CostRepricing {
        events: row.cost_events.unwrap_or_default(),
        cost: RepricedCost {
            old: Nano(row.old_cost.unwrap_or_default()),
            new: Nano(row.new_cost.unwrap_or_default()),
        },
        batch_no,
    });
    Ok(Some(Repricing {
        repricing_id: leave.repricing_id,
        events: row.events,
        late_events: row.late_events,
        old: Nano(row.old_nano),
        new: Nano(row.new_nano),
        batch_no: row.batch_no,
        cost,
        booked_at: row.booked_at,
        replayed: true,
    }))
}

pub(super) async fn insert(
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
    let Some(of) = &repricing.cost else {
        return Ok(());
    };
    sqlx::query!(
        "INSERT INTO platform_repricings (tenant_id, repricing_id, customer_tenant_id, events, old_nano, new_nano, batch_no,
                                          booked_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        PLATFORM_TENANT.0,
        leave.repricing_id,
        order.tenant_id.0,
        of.events,
        of.cost.old.0,
        of.cost.new.0,
        of.batch_no,
        repricing.booked_at
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
