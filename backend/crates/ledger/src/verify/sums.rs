//! The sums by one thing against what they are made of: hours against slices, days against the days by everything. What is
//! listed as stale is not looked at, since no report reads it.

use super::slices::by_index;
use super::spans::{Span, spans};
use super::{Misfit, VerifyReport};
use crate::error::LedgerError;
use tollgate_store::JobsTx;
use uuid::Uuid;

/// `exact`: each sum; else only that every hour's and every day's sums by each thing come to the whole.
pub(super) async fn verify(
    tx: &mut JobsTx,
    tenant: Uuid,
    exact: bool,
    report: &mut VerifyReport,
) -> Result<(), LedgerError> {
    let count = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM usage_hour_sums WHERE tenant_id = $1"#,
        tenant
    )
    .fetch_one(tx.conn())
    .await?;
    let misfit = if exact {
        all_hours(tx, tenant).await?
    } else {
        hours_as_wholes(tx, tenant).await?
    };
    report.note("usage_hour_sums", count, misfit, Some(tenant));
    let count = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM usage_day_sums WHERE tenant_id = $1"#,
        tenant
    )
    .fetch_one(tx.conn())
    .await?;
    let misfit = days(tx, tenant).await?;
    report.note("usage_day_sums", count, misfit, Some(tenant));
    Ok(())
}

async fn all_hours(tx: &mut JobsTx, tenant: Uuid) -> Result<Option<Misfit>, LedgerError> {
    let slices = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM usage_slices WHERE tenant_id = $1"#,
        tenant
    )
    .fetch_one(tx.conn())
    .await?;
    let mut misfit = None;
    by_index(tx, true).await?;
    for span in spans(tx, tenant, slices).await? {
        misfit = hours(tx, tenant, span).await?;
        if misfit.is_some() {
            break;
        }
    }
    by_index(tx, false).await?;
    Ok(misfit)
}

async fn hours(tx: &mut JobsTx, tenant: Uuid, span: Span) -> Result<Option<Misfit>, LedgerError> {
    let row = sqlx::query!(
        r#"WITH s AS (
               SELECT combo, date_trunc('hour', bucket, 'UTC') AS hour, sum(requests) AS requests,
                      sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens,
                      sum(cache_write_5m_tokens) AS cache_write_5m_tokens,
                      sum(cache_write_1h_tokens) AS cache_write_1h_tokens, sum(cache_read_tokens) AS cache_read_tokens,
                      sum(charge_nano) AS charge_nano, sum(duration_ms) AS duration_ms, sum(ttfb_ms) AS ttfb_ms,
                      sum(ttfb_requests) AS ttfb_requests, sum(estimated_requests) AS estimated_requests,
                      sum(late_requests) AS late_requests
               FROM usage_slices WHERE tenant_id = $1 AND bucket >= $2 AND bucket < $3 GROUP BY 1, 2),
           due AS (
               SELECT named.dim, s.hour, named.value,
                      concat_ws(' ', sum(s.requests),
                          COALESCE(sum(s.requests) FILTER (WHERE c.status IN ('upstream_error', 'timeout', 'unknown')), 0),
                          COALESCE(sum(s.requests) FILTER (WHERE c.status = 'client_error'), 0),
                          COALESCE(sum(s.requests) FILTER (WHERE c.status = 'cut'), 0), sum(s.input_tokens),
                          sum(s.output_tokens), sum(s.cache_write_5m_tokens), sum(s.cache_write_1h_tokens),
                          sum(s.cache_read_tokens), sum(s.charge_nano), sum(s.duration_ms), sum(s.ttfb_ms),
                          sum(s.ttfb_requests), sum(s.estimated_requests), sum(s.late_requests)) AS figures
               FROM s JOIN usage_combos c ON c.tenant_id = $1 AND c.combo = s.combo
               CROSS JOIN LATERAL (VALUES ('key', c.key_id::text), ('user', c.user_id::text),
                   ('account', c.account_id::text), ('platform', c.platform), ('model', c.model), ('client', c.client),
                   ('status', c.status), ('cost_centre', c.cost_centre)) AS named (dim, value)
               GROUP BY 1, 2, 3),
           stored AS (
               SELECT dim, hour, value,
                      concat_ws(' ', requests, errors, client_errors, cut, input_tokens, output_tokens,
                                cache_write_5m_tokens, cache_write_1h_tokens, cache_read_tokens, charge_nano, duration_ms,
                                ttfb_ms, ttfb_requests, estimated_requests, late_requests) AS figures
               FROM usage_hour_sums WHERE tenant_id = $1 AND hour >= $2 AND hour < $3)
           SELECT concat_ws(' ', hour, dim, value) AS "row!", COALESCE(due.figures, 'no row') AS "expected!",
                  COALESCE(stored.figures, 'no row') AS "found!"
           FROM due FULL JOIN stored USING (dim, hour, value)
           WHERE due.figures IS DISTINCT FROM stored.figures
             AND hour NOT IN (SELECT x.hour FROM usage_stale_hours x WHERE x.tenant_id = $1)
           ORDER BY hour, dim, value LIMIT 1"#,
        tenant,
        span.from,
        span.until
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| Misfit::new(format!("usage_hour_sums {}", row.row), row.expected, row.found)))
}

async fn hours_as_wholes(tx: &mut JobsTx, tenant: Uuid) -> Result<Option<Misfit>, LedgerError> {
    let row = sqlx::query!(
        r#"WITH due AS (
               SELECT date_trunc('hour', bucket, 'UTC') AS hour,
                      concat_ws(' ', sum(requests), sum(input_tokens), sum(output_tokens), sum(cache_write_5m_tokens),
                                sum(cache_write_1h_tokens), sum(cache_read_tokens), sum(charge_nano), sum(duration_ms),
                                sum(ttfb_ms), sum(ttfb_requests), sum(estimated_requests), sum(late_requests)) AS figures
               FROM usage_slices WHERE tenant_id = $1 GROUP BY 1),
           stored AS (
               SELECT dim, hour,
                      concat_ws(' ', sum(requests), sum(input_tokens), sum(output_tokens), sum(cache_write_5m_tokens),
                                sum(cache_write_1h_tokens), sum(cache_read_tokens), sum(charge_nano), sum(duration_ms),
                                sum(ttfb_ms), sum(ttfb_requests), sum(estimated_requests), sum(late_requests)) AS figures
               FROM usage_hour_sums WHERE tenant_id = $1 GROUP BY 1, 2)
           SELECT concat_ws(' ', hour, dim) AS "row!", COALESCE(due.figures, 'no row') AS "expected!",
                  COALESCE(stored.figures, 'no row') AS "found!"
           FROM (SELECT * FROM due CROSS JOIN unnest(ARRAY['key', 'user', 'account', 'platform', 'model', 'client', 'status',
                                                           'cost_centre']) AS dim) AS due
           FULL JOIN stored USING (dim, hour)
           WHERE due.figures IS DISTINCT FROM stored.figures
             AND hour NOT IN (SELECT x.hour FROM usage_stale_hours x WHERE x.tenant_id = $1)
           ORDER BY hour, dim LIMIT 1"#,
        tenant
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| Misfit::new(format!("usage_hour_sums {}", row.row), row.expected, row.found)))
}

async fn days(tx: &mut JobsTx, tenant: Uuid) -> Result<Option<Misfit>, LedgerError> {
    let row = sqlx::query!(
        r#"WITH due AS (
               SELECT named.dim, d.local_date, named.value,
                      concat_ws(' ', sum(d.requests),
                          COALESCE(sum(d.requests) FILTER (WHERE d.status IN ('upstream_error', 'timeout', 'unknown')), 0),
                          COALESCE(sum(d.requests) FILTER (WHERE d.status = 'client_error'), 0),
                          COALESCE(sum(d.requests) FILTER (WHERE d.status = 'cut'), 0), sum(d.input_tokens),
                          sum(d.output_tokens), sum(d.cache_write_5m_tokens), sum(d.cache_write_1h_tokens),
                          sum(d.cache_read_tokens), sum(d.charge_nano), sum(d.duration_ms), sum(d.ttfb_ms),
                          sum(d.ttfb_requests), sum(d.estimated_requests), sum(d.late_requests)) AS figures
               FROM usage_day d
               CROSS JOIN LATERAL (VALUES ('key', d.key_id::text), ('user', d.user_id::text),
                   ('account', d.account_id::text), ('platform', d.platform), ('model', d.model), ('client', d.client),
                   ('status', d.status), ('cost_centre', d.cost_centre)) AS named (dim, value)
               WHERE d.tenant_id = $1 GROUP BY 1, 2, 3),
           stored AS (
               SELECT dim, local_date, value,
                      concat_ws(' ', requests, errors, client_errors, cut, input_tokens, output_tokens,
                                cache_write_5m_tokens, cache_write_1h_tokens, cache_read_tokens, charge_nano, duration_ms,
                                ttfb_ms, ttfb_requests, estimated_requests, late_requests) AS figures
               FROM usage_day_sums WHERE tenant_id = $1)
           SELECT concat_ws(' ', local_date, dim, value) AS "row!", COALESCE(due.figures, 'no row') AS "expected!",
                  COALESCE(stored.figures, 'no row') AS "found!"
           FROM due FULL JOIN stored USING (dim, local_date, value)
           WHERE due.figures IS DISTINCT FROM stored.figures
             AND local_date NOT IN (SELECT x.local_date FROM usage_stale_days x WHERE x.tenant_id = $1)
           ORDER BY local_date, dim, value LIMIT 1"#,
        tenant
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| Misfit::new(format!("usage_day_sums {}", row.row), row.expected, row.found)))
}
