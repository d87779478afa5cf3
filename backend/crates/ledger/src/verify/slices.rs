//! Events and corrections against the slices.

use super::rollups::shown;
use super::spans::{Span, spans};
use super::{Misfit, VerifyReport};
use crate::error::LedgerError;
use crate::seal::figures::Figures;
use chrono::NaiveDate;
use std::collections::BTreeMap;
use tollgate_store::JobsTx;
use uuid::Uuid;

/// What was dropped has no events any more: only the sums of its slices can be compared.
pub(super) async fn verify(
    tx: &mut JobsTx,
    tenant: Uuid,
    events: i64,
    (horizon, gone): (Option<NaiveDate>, &BTreeMap<NaiveDate, Figures>),
    report: &mut VerifyReport,
) -> Result<(), LedgerError> {
    let mut misfit = None;
    by_index(tx, true).await?;
    for span in spans(tx, tenant, events).await? {
        misfit = slices(tx, tenant, horizon, span).await?;
        if misfit.is_some() {
            break;
        }
    }
    by_index(tx, false).await?;
    if misfit.is_none() {
        misfit = months(tx, tenant, gone).await?;
    }
    report.note("usage_slices", events, misfit, Some(tenant));
    Ok(())
}

/// Only by sums: each month of the slices against its figures.
pub(super) async fn verify_months(
    tx: &mut JobsTx,
    tenant: Uuid,
    events: i64,
    due: &BTreeMap<NaiveDate, Figures>,
    report: &mut VerifyReport,
) -> Result<(), LedgerError> {
    let misfit = months(tx, tenant, due).await?;
    report.note("usage_slices", events, misfit, Some(tenant));
    Ok(())
}

/// The sums of the slices in these months.
async fn months(
    tx: &mut JobsTx,
    tenant: Uuid,
    due: &BTreeMap<NaiveDate, Figures>,
) -> Result<Option<Misfit>, LedgerError> {
    let months: Vec<NaiveDate> = due.keys().copied().collect();
    let rows = sqlx::query!(
        r#"SELECT month AS "month!", s.figures AS "figures!"
           FROM unnest($2::date[]) AS month
           CROSS JOIN LATERAL (
               SELECT concat_ws(' ', COALESCE(sum(requests), 0), COALESCE(sum(input_tokens), 0),
                                COALESCE(sum(output_tokens), 0), COALESCE(sum(cache_write_5m_tokens), 0),
                                COALESCE(sum(cache_write_1h_tokens), 0), COALESCE(sum(cache_read_tokens), 0),
                                COALESCE(sum(charge_nano), 0), COALESCE(sum(duration_ms), 0)) AS figures
               FROM usage_slices WHERE tenant_id = $1 AND bucket >= month::timestamp AT TIME ZONE 'UTC'
                 AND bucket < (month + interval '1 month') AT TIME ZONE 'UTC') AS s
           ORDER BY month"#,
        tenant,
        &months
    )
    .fetch_all(tx.conn())
    .await?;
    for row in rows {
        let figures = due.get(&row.month).copied().unwrap_or_default();
        let expected = shown(&figures);
        if row.figures != expected {
            let name = format!("usage_slices, sum of {}", row.month.format("%Y-%m"));
            return Ok(Some(Misfit::new(name, expected, row.figures)));
        }
    }
    Ok(None)
}

/// Has statements go by indexes, or as the database plans by itself: it takes a span of a large tenant for more than it is,
/// and would read the whole table for each.
pub(super) async fn by_index(tx: &mut JobsTx, by: bool) -> Result<(), LedgerError> {
    sqlx::query!(
        "SELECT set_config('enable_seqscan', $1, true)",
        if by { "off" } else { "on" }
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(())
}

/// Compared by what a slice is of, not by the combination's id: so what that is said to be of is checked as well.
async fn slices(
    tx: &mut JobsTx,
    tenant: Uuid,
    horizon: Option<NaiveDate>,
    span: Span,
) -> Result<Option<Misfit>, LedgerError> {
    let row = sqlx::query!(
        r#"WITH line AS (
               SELECT e.request_id, e.key_id, e.user_id, e.account_id, e.platform, e.model, e.client, e.status,
                      e.cost_centre, 1 AS requests, e.input_tokens, e.output_tokens, e.cache_write_5m_tokens,
                      e.cache_write_1h_tokens, e.cache_read_tokens, e.charge_nano, e.duration_ms, e.ttfb_ms,
                      (e.quality = 'estimated')::int AS estimated,
                      (floor(extract(epoch FROM e.booked_at) * 1000) - uuid7_millis(e.request_id) >= 86400000)::int
                          AS late
               FROM usage_events e
               WHERE e.tenant_id = $1 AND e.request_id >= uuid7_floor($4) AND e.request_id < uuid7_floor($5)
               UNION ALL
               SELECT e.request_id, e.key_id, e.user_id, e.account_id, e.platform, e.model, e.client, e.status,
                      e.cost_centre, 0, c.input_tokens, c.output_tokens, c.cache_write_5m_tokens,
                      c.cache_write_1h_tokens, c.cache_read_tokens, c.charge_nano, 0, NULL,
                      -(c.reason = 'exact after estimate')::int, 0
               FROM usage_corrections c JOIN usage_events e USING (tenant_id, request_id)
               WHERE c.tenant_id = $1 AND c.request_id >= uuid7_floor($4) AND c.request_id < uuid7_floor($5)),
           summed AS (
               SELECT to_timestamp(uuid7_millis(request_id) / 1000 / 900 * 900) AS bucket, key_id,
                      COALESCE(user_id, $2) AS user_id, COALESCE(account_id, $2) AS account_id, platform, model,
                      client_family(client) AS client, status, cost_centre,
                      concat_ws(' ', sum(requests), sum(input_tokens), sum(output_tokens), sum(cache_write_5m_tokens),
                                sum(cache_write_1h_tokens), sum(cache_read_tokens), sum(charge_nano), sum(duration_ms),
                                COALESCE(sum(ttfb_ms), 0), count(ttfb_ms), sum(estimated), sum(late)) AS figures
               FROM line GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9),
           stored AS (
               SELECT bucket, key_id, user_id, account_id, platform, model, client, status, cost_centre,
                      concat_ws(' ', requests, input_tokens, output_tokens, cache_write_5m_tokens,
                                cache_write_1h_tokens, cache_read_tokens, charge_nano, duration_ms, ttfb_ms,
                                ttfb_requests, estimated_requests, late_requests) AS figures
               FROM usage_slices s LEFT JOIN usage_combos c USING (tenant_id, combo)
               WHERE s.tenant_id = $1 AND bucket >= $4 AND bucket < $5 AND ($3::date IS NULL OR bucket >= $3::timestamp AT TIME ZONE 'UTC'))
           SELECT concat_ws(' ', bucket, 'key', key_id, 'user', user_id, 'account', account_id, platform, model, client,
                            status, cost_centre) AS "row!",
                  COALESCE(summed.figures, 'no row') AS "expected!", COALESCE(stored.figures, 'no row') AS "found!"
           FROM summed FULL JOIN stored
             USING (bucket, key_id, user_id, account_id, platform, model, client, status, cost_centre)
           WHERE summed.figures IS DISTINCT FROM stored.figures
           ORDER BY bucket, key_id LIMIT 1"#,
        tenant,
        Uuid::nil(),
        horizon,
        span.from,
        span.until
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| Misfit::new(format!("usage_slices {}", row.row), row.expected, row.found)))
}
