//! Quarters of an hour by nothing against slices, weeks against the sums of their days: few rows of the one, quick sums of the
//! other, so that every look goes through all of them.

use crate::error::LedgerError;
use crate::verify::{Misfit, VerifyReport};
use tollgate_store::JobsTx;
use uuid::Uuid;

pub(super) async fn verify(
    tx: &mut JobsTx,
    tenant: Uuid,
    report: &mut VerifyReport,
) -> Result<(), LedgerError> {
    let count = sqlx::query!(
        r#"SELECT (SELECT count(*) FROM usage_quarter_sums WHERE tenant_id = $1) AS "quarters!",
                  (SELECT count(*) FROM usage_week_sums WHERE tenant_id = $1) AS "weeks!""#,
        tenant
    )
    .fetch_one(tx.conn())
    .await?;
    let misfit = quarters(tx, tenant).await?;
    report.note("usage_quarter_sums", count.quarters, misfit, Some(tenant));
    let misfit = weeks(tx, tenant).await?;
    report.note("usage_week_sums", count.weeks, misfit, Some(tenant));
    Ok(())
}

async fn quarters(tx: &mut JobsTx, tenant: Uuid) -> Result<Option<Misfit>, LedgerError> {
    let row = sqlx::query!(
        r#"WITH due AS (
               SELECT s.bucket,
                      concat_ws(' ', sum(s.requests),
                          COALESCE(sum(s.requests) FILTER (WHERE c.status IN ('upstream_error', 'timeout', 'unknown')), 0),
                          COALESCE(sum(s.requests) FILTER (WHERE c.status = 'client_error'), 0),
                          COALESCE(sum(s.requests) FILTER (WHERE c.status = 'cut'), 0), sum(s.input_tokens),
                          sum(s.output_tokens), sum(s.cache_write_5m_tokens), sum(s.cache_write_1h_tokens),
                          sum(s.cache_read_tokens), sum(s.charge_nano), sum(s.duration_ms), sum(s.ttfb_ms),
                          sum(s.ttfb_requests), sum(s.estimated_requests), sum(s.late_requests)) AS figures
               FROM usage_slices s JOIN usage_combos c ON c.tenant_id = $1 AND c.combo = s.combo
               WHERE s.tenant_id = $1 GROUP BY 1),
           stored AS (
               SELECT bucket,
                      concat_ws(' ', requests, errors, client_errors, cut, input_tokens, output_tokens,
                                cache_write_5m_tokens, cache_write_1h_tokens, cache_read_tokens, charge_nano, duration_ms,
                                ttfb_ms, ttfb_requests, estimated_requests, late_requests) AS figures
               FROM usage_quarter_sums WHERE tenant_id = $1)
           SELECT bucket AS "row!", COALESCE(due.figures, 'no row') AS "expected!",
                  COALESCE(stored.figures, 'no row') AS "found!"
           FROM due FULL JOIN stored USING (bucket)
           WHERE due.figures IS DISTINCT FROM stored.figures
             AND date_trunc('hour', bucket, 'UTC') NOT IN (
                 SELECT x.hour FROM usage_stale_hours x WHERE x.tenant_id = $1)
           ORDER BY bucket LIMIT 1"#,
        tenant
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| Misfit::new(format!("usage_quarter_sums {}", row.row), row.expected, row.found)))
}

/// Of those that there are: a week without sums is read day by day.
async fn weeks(tx: &mut JobsTx, tenant: Uuid) -> Result<Option<Misfit>, LedgerError> {
    let row = sqlx::query!(
        r#"WITH stale AS (SELECT DISTINCT date_trunc('week', local_date)::date AS week FROM usage_stale_days WHERE tenant_id = $1),
           made AS (
               SELECT DISTINCT week FROM usage_week_sums w
               WHERE tenant_id = $1 AND NOT EXISTS (SELECT FROM stale WHERE stale.week = w.week)),
           due AS (
               SELECT dim, second_dim, made.week, value, second,
                      concat_ws(' ', sum(requests), sum(errors), sum(client_errors), sum(cut), sum(input_tokens),
                                sum(output_tokens), sum(cache_write_5m_tokens), sum(cache_write_1h_tokens),
                                sum(cache_read_tokens), sum(charge_nano), sum(duration_ms), sum(ttfb_ms),
                                sum(ttfb_requests), sum(estimated_requests), sum(late_requests)) AS figures
               FROM usage_day_sums s JOIN made ON made.week = date_trunc('week', s.local_date)::date
               WHERE s.tenant_id = $1 GROUP BY 1, 2, 3, 4, 5),
           stored AS (
               SELECT dim, second_dim, week, value, second,
                      concat_ws(' ', requests, errors, client_errors, cut, input_tokens, output_tokens,
                                cache_write_5m_tokens, cache_write_1h_tokens, cache_read_tokens, charge_nano, duration_ms,
                                ttfb_ms, ttfb_requests, estimated_requests, late_requests) AS figures
               FROM usage_week_sums JOIN made USING (week) WHERE tenant_id = $1)
           SELECT concat_ws(' ', week, dim, value, second_dim, second) AS "row!",
                  COALESCE(due.figures, 'no row') AS "expected!", COALESCE(stored.figures, 'no row') AS "found!"
           FROM due FULL JOIN stored USING (dim, second_dim, week, value, second)
           WHERE due.figures IS DISTINCT FROM stored.figures
           ORDER BY week, dim, second_dim, value, second LIMIT 1"#,
        tenant
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| {
        Misfit::new(
            format!("usage_week_sums {}", row.row.trim_end()),
            row.expected,
            row.found,
        )
    }))
}
