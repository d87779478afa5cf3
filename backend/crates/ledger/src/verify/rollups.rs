//! Events and corrections against the two rollups.

use super::{Misfit, VerifyReport};
use crate::error::LedgerError;
use tollgate_store::JobsTx;
use uuid::Uuid;

pub(super) async fn verify(
    tx: &mut JobsTx,
    tenant: Uuid,
    report: &mut VerifyReport,
) -> Result<(), LedgerError> {
    let events = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM usage_events WHERE tenant_id = $1"#,
        tenant
    )
    .fetch_one(tx.conn())
    .await?;
    let misfit = quarters(tx, tenant).await?;
    report.note("usage_15m", events, misfit, Some(tenant));
    let misfit = days(tx, tenant).await?;
    report.note("usage_day", events, misfit, Some(tenant));
    Ok(())
}

/// The bucket comes from the id's first 48 bits, its milliseconds: in whole numbers, and in no zone.
async fn quarters(tx: &mut JobsTx, tenant: Uuid) -> Result<Option<Misfit>, LedgerError> {
    let row = sqlx::query!(
        r#"WITH line AS (
               SELECT e.request_id, e.platform, e.model, e.status, 1 AS requests, e.input_tokens, e.output_tokens,
                      e.cache_write_5m_tokens, e.cache_write_1h_tokens, e.cache_read_tokens, e.charge_nano, e.duration_ms
               FROM usage_events e WHERE e.tenant_id = $1
               UNION ALL
               SELECT e.request_id, e.platform, e.model, e.status, 0, c.input_tokens, c.output_tokens,
                      c.cache_write_5m_tokens, c.cache_write_1h_tokens, c.cache_read_tokens, c.charge_nano, 0
               FROM usage_corrections c JOIN usage_events e USING (tenant_id, request_id) WHERE c.tenant_id = $1),
           summed AS (
               SELECT to_timestamp(('x' || replace(left(request_id::text, 13), '-', ''))::bit(48)::bigint
                                   / 1000 / 900 * 900) AS bucket, platform, model, status,
                      concat_ws(' ', sum(requests), sum(input_tokens), sum(output_tokens), sum(cache_write_5m_tokens),
                                sum(cache_write_1h_tokens), sum(cache_read_tokens), sum(charge_nano), sum(duration_ms))
                          AS figures
               FROM line GROUP BY 1, 2, 3, 4),
           stored AS (
               SELECT bucket, platform, model, status,
                      concat_ws(' ', requests, input_tokens, output_tokens, cache_write_5m_tokens,
                                cache_write_1h_tokens, cache_read_tokens, charge_nano, duration_ms) AS figures
               FROM usage_15m WHERE tenant_id = $1)
           SELECT concat_ws(' ', bucket, platform, model, status) AS "row!",
                  COALESCE(summed.figures, 'no row') AS "expected!", COALESCE(stored.figures, 'no row') AS "found!"
           FROM summed FULL JOIN stored USING (bucket, platform, model, status)
           WHERE summed.figures IS DISTINCT FROM stored.figures
           ORDER BY bucket, platform, model, status LIMIT 1"#,
        tenant
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| Misfit::new(format!("usage_15m {}", row.row), row.expected, row.found)))
}

async fn days(tx: &mut JobsTx, tenant: Uuid) -> Result<Option<Misfit>, LedgerError> {
    let row = sqlx::query!(
        r#"WITH line AS (
               SELECT e.local_date, e.key_id, e.user_id, e.account_id, e.model, e.cost_centre, 1 AS requests,
                      e.input_tokens, e.output_tokens, e.cache_write_5m_tokens, e.cache_write_1h_tokens,
                      e.cache_read_tokens, e.charge_nano
               FROM usage_events e WHERE e.tenant_id = $1
               UNION ALL
               SELECT e.local_date, e.key_id, e.user_id, e.account_id, e.model, e.cost_centre, 0,
                      c.input_tokens, c.output_tokens, c.cache_write_5m_tokens, c.cache_write_1h_tokens,
                      c.cache_read_tokens, c.charge_nano
               FROM usage_corrections c JOIN usage_events e USING (tenant_id, request_id) WHERE c.tenant_id = $1),
           summed AS (
               SELECT local_date, key_id, COALESCE(user_id, '00000000-0000-0000-0000-000000000000') AS user_id,
                      COALESCE(account_id, '00000000-0000-0000-0000-000000000000') AS account_id, model, cost_centre,
                      concat_ws(' ', sum(requests), sum(input_tokens), sum(output_tokens), sum(cache_write_5m_tokens),
                                sum(cache_write_1h_tokens), sum(cache_read_tokens), sum(charge_nano)) AS figures
               FROM line GROUP BY 1, 2, 3, 4, 5, 6),
           stored AS (
               SELECT local_date, key_id, user_id, account_id, model, cost_centre,
                      concat_ws(' ', requests, input_tokens, output_tokens, cache_write_5m_tokens,
                                cache_write_1h_tokens, cache_read_tokens, charge_nano) AS figures
               FROM usage_day WHERE tenant_id = $1)
           SELECT concat_ws(' ', local_date, 'key', key_id, 'user', user_id, 'account', account_id, model, cost_centre)
                      AS "row!",
                  COALESCE(summed.figures, 'no row') AS "expected!", COALESCE(stored.figures, 'no row') AS "found!"
           FROM summed FULL JOIN stored USING (local_date, key_id, user_id, account_id, model, cost_centre)
           WHERE summed.figures IS DISTINCT FROM stored.figures
           ORDER BY local_date, key_id LIMIT 1"#,
        tenant
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| Misfit::new(format!("usage_day {}", row.row), row.expected, row.found)))
}
