//! The sums by one and by two things against what they are made of: hours and quarters of an hour against slices, days
//! against the days by everything, weeks against the days' sums. What is listed as stale is not looked at, since no report reads it.

mod quarters_and_weeks;

use super::slices::by_index;
use super::spans::{Span, spans, spans_of_days};
use super::{Misfit, VerifyReport};
use crate::error::LedgerError;
use chrono::NaiveDate;
use tollgate_store::JobsTx;
use uuid::Uuid;

/// `exact`: each sum; else each one of a day by one thing, and of all others only that an hour's and a day's come to the
/// whole.
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
    let misfit = if exact {
        all_days(tx, tenant, true).await?
    } else {
        let by_one = all_days(tx, tenant, false).await?;
        if by_one.is_some() {
            by_one
        } else {
            days_as_wholes(tx, tenant).await?
        }
    };
    report.note("usage_day_sums", count, misfit, Some(tenant));
    quarters_and_weeks::verify(tx, tenant, report).await
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
               CROSS JOIN LATERAL usage_by_one(c.key_id, c.user_id, c.account_id, c.platform, c.model, c.client, c.status,
                                               c.cost_centre) AS named
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
           FROM (SELECT * FROM due CROSS JOIN (SELECT dim FROM usage_by_one(NULL, NULL, NULL, NULL, NULL, NULL, NULL,
                                                                                 NULL)) AS each) AS due
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

async fn all_days(tx: &mut JobsTx, tenant: Uuid, pairs: bool) -> Result<Option<Misfit>, LedgerError> {
    for (from, to) in spans_of_days(tx, tenant).await? {
        let misfit = days(tx, tenant, (from, to), pairs).await?;
        if misfit.is_some() {
            return Ok(misfit);
        }
    }
    Ok(None)
}

/// Of the first day and the last one and all between; `pairs`: by two things as well.
async fn days(
    tx: &mut JobsTx,
    tenant: Uuid,
    (from, to): (NaiveDate, NaiveDate),
    pairs: bool,
) -> Result<Option<Misfit>, LedgerError> {
    let row = sqlx::query!(
        r#"WITH due AS (
               SELECT named.dim, named.second_dim, d.local_date, named.value, named.second,
                      concat_ws(' ', sum(d.requests),
                          COALESCE(sum(d.requests) FILTER (WHERE d.status IN ('upstream_error', 'timeout', 'unknown')), 0),
                          COALESCE(sum(d.requests) FILTER (WHERE d.status = 'client_error'), 0),
                          COALESCE(sum(d.requests) FILTER (WHERE d.status = 'cut'), 0), sum(d.input_tokens),
                          sum(d.output_tokens), sum(d.cache_write_5m_tokens), sum(d.cache_write_1h_tokens),
                          sum(d.cache_read_tokens), sum(d.charge_nano), sum(d.duration_ms), sum(d.ttfb_ms),
                          sum(d.ttfb_requests), sum(d.estimated_requests), sum(d.late_requests)) AS figures
               FROM usage_day d
               CROSS JOIN LATERAL usage_by_two(d.key_id, d.user_id, d.account_id, d.platform, d.model, d.client, d.status,
                                               d.cost_centre) AS named
               WHERE d.tenant_id = $1 AND d.local_date BETWEEN $2 AND $3 AND ($4 OR named.second_dim = '')
               GROUP BY 1, 2, 3, 4, 5),
           stored AS (
               SELECT dim, second_dim, local_date, value, second,
                      concat_ws(' ', requests, errors, client_errors, cut, input_tokens, output_tokens,
                                cache_write_5m_tokens, cache_write_1h_tokens, cache_read_tokens, charge_nano, duration_ms,
                                ttfb_ms, ttfb_requests, estimated_requests, late_requests) AS figures
               FROM usage_day_sums
               WHERE tenant_id = $1 AND local_date BETWEEN $2 AND $3 AND ($4 OR second_dim = ''))
           SELECT concat_ws(' ', local_date, dim, value, second_dim, second) AS "row!",
                  COALESCE(due.figures, 'no row') AS "expected!", COALESCE(stored.figures, 'no row') AS "found!"
           FROM due FULL JOIN stored USING (dim, second_dim, local_date, value, second)
           WHERE due.figures IS DISTINCT FROM stored.figures
             AND local_date NOT IN (SELECT x.local_date FROM usage_stale_days x WHERE x.tenant_id = $1)
           ORDER BY local_date, dim, second_dim, value, second LIMIT 1"#,
        tenant,
        from,
        to,
        pairs
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| {
        Misfit::new(
            format!("usage_day_sums {}", row.row.trim_end()),
            row.expected,
            row.found,
        )
    }))
}

/// Each pair's sums of a day, together, are the day.
async fn days_as_wholes(tx: &mut JobsTx, tenant: Uuid) -> Result<Option<Misfit>, LedgerError> {
    let row = sqlx::query!(
        r#"WITH stored AS (
               SELECT dim, second_dim, local_date,
                      concat_ws(' ', sum(requests), sum(errors), sum(client_errors), sum(cut), sum(input_tokens),
                                sum(output_tokens), sum(cache_write_5m_tokens), sum(cache_write_1h_tokens),
                                sum(cache_read_tokens), sum(charge_nano), sum(duration_ms), sum(ttfb_ms),
                                sum(ttfb_requests), sum(estimated_requests), sum(late_requests)) AS figures
               FROM usage_day_sums WHERE tenant_id = $1 GROUP BY 1, 2, 3),
           due AS (
               SELECT pair.dim, pair.second_dim, local_date, figures
               FROM stored CROSS JOIN usage_by_two(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL) AS pair
               WHERE stored.dim = 'status' AND stored.second_dim = '')
           SELECT concat_ws(' ', local_date, dim, second_dim) AS "row!", COALESCE(due.figures, 'no row') AS "expected!",
                  COALESCE(stored.figures, 'no row') AS "found!"
           FROM due FULL JOIN stored USING (dim, second_dim, local_date)
           WHERE due.figures IS DISTINCT FROM stored.figures
             AND local_date NOT IN (SELECT x.local_date FROM usage_stale_days x WHERE x.tenant_id = $1)
           ORDER BY local_date, dim, second_dim LIMIT 1"#,
        tenant
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| {
        Misfit::new(
            format!("usage_day_sums {}", row.row.trim_end()),
            row.expected,
            row.found,
        )
    }))
}
