//! What accounts served by day, against events, corrections and the platform's costs. Days of dropped months have nothing
//! beneath them any more and are not looked at.

use super::{Misfit, VerifyReport, dropped};
use crate::error::LedgerError;
use tollgate_store::JobsTx;
use uuid::Uuid;

pub(super) async fn verify(
    tx: &mut JobsTx,
    tenant: Uuid,
    report: &mut VerifyReport,
) -> Result<(), LedgerError> {
    let rows = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM account_days WHERE tenant_id = $1"#,
        tenant
    )
    .fetch_one(tx.conn())
    .await?;
    let horizon = dropped::horizon(&dropped::months(tx, tenant).await?);
    let row = sqlx::query!(
        r#"WITH due AS (
               SELECT day, account_id, customer_tenant_id, platform, model,
                      concat_ws(' ', requests, estimated, unknown, input_tokens, output_tokens, cache_write_5m_tokens,
                                cache_write_1h_tokens, cache_read_tokens, charge_nano, cost_nano) AS figures
               FROM account_days_due WHERE tenant_id = $1),
           stored AS (
               SELECT day, account_id, customer_tenant_id, platform, model,
                      concat_ws(' ', requests, estimated, unknown, input_tokens, output_tokens, cache_write_5m_tokens,
                                cache_write_1h_tokens, cache_read_tokens, charge_nano, cost_nano) AS figures
               FROM account_days WHERE tenant_id = $1 AND ($2::date IS NULL OR day >= $2))
           SELECT concat_ws(' ', day, 'account', account_id, 'customer', customer_tenant_id, platform, model) AS "row!",
                  COALESCE(due.figures, 'no row') AS "expected!", COALESCE(stored.figures, 'no row') AS "found!"
           FROM due FULL JOIN stored USING (day, account_id, customer_tenant_id, platform, model)
           WHERE due.figures IS DISTINCT FROM stored.figures
           ORDER BY day, account_id, customer_tenant_id LIMIT 1"#,
        tenant,
        horizon
    )
    .fetch_optional(tx.conn())
    .await?;
    let misfit = row.map(|row| Misfit::new(format!("account_days {}", row.row), row.expected, row.found));
    report.note("account_days", rows, misfit, Some(tenant));
    Ok(())
}
