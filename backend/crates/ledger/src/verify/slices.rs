//! Events and corrections against the slices, and the slices against the days of the tenant's zone. So the days are checked
//! whatever became of the events beneath them.

use super::rollups::shown;
use super::sums;
use super::{Misfit, VerifyReport};
use crate::error::LedgerError;
use crate::rezone::DayEdges;
use crate::seal::figures::Figures;
use chrono::NaiveDate;
use std::collections::BTreeMap;
use tollgate_money::zone;
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
    let mut misfit = slices(tx, tenant, horizon).await?;
    if misfit.is_none() {
        misfit = months(tx, tenant, gone).await?;
    }
    report.note("usage_slices", events, misfit, Some(tenant));
    verify_days(tx, tenant, report).await?;
    sums::verify(tx, tenant, true, report).await
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
    verify_days(tx, tenant, report).await?;
    sums::verify(tx, tenant, false, report).await
}

async fn verify_days(tx: &mut JobsTx, tenant: Uuid, report: &mut VerifyReport) -> Result<(), LedgerError> {
    let count = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM usage_combos WHERE tenant_id = $1"#,
        tenant
    )
    .fetch_one(tx.conn())
    .await?;
    let misfit = combos(tx, tenant).await?;
    report.note("usage_combos", count, misfit, Some(tenant));
    let misfit = days(tx, tenant).await?;
    let days = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM usage_day WHERE tenant_id = $1"#,
        tenant
    )
    .fetch_one(tx.conn())
    .await?;
    report.note("usage_day", days, misfit, Some(tenant));
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

/// Each combination has the id that its parts make: else one would be summed under two.
async fn combos(tx: &mut JobsTx, tenant: Uuid) -> Result<Option<Misfit>, LedgerError> {
    let row = sqlx::query!(
        r#"SELECT combo, reckoned AS "reckoned!"
           FROM usage_combos
           CROSS JOIN LATERAL usage_combo(key_id, user_id, account_id, platform, model, client, status, cost_centre)
               AS reckoned
           WHERE tenant_id = $1 AND combo <> reckoned ORDER BY combo LIMIT 1"#,
        tenant
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| Misfit::new(format!("usage_combos {}", row.combo), row.reckoned, row.combo)))
}

/// Compared by what a slice is of, not by the combination's id: so what that is said to be of is checked as well.
async fn slices(
    tx: &mut JobsTx,
    tenant: Uuid,
    horizon: Option<NaiveDate>,
) -> Result<Option<Misfit>, LedgerError> {
    let row = sqlx::query!(
        r#"WITH line AS (
               SELECT e.request_id, e.key_id, e.user_id, e.account_id, e.platform, e.model, e.client, e.status,
                      e.cost_centre, 1 AS requests, e.input_tokens, e.output_tokens, e.cache_write_5m_tokens,
                      e.cache_write_1h_tokens, e.cache_read_tokens, e.charge_nano, e.duration_ms, e.ttfb_ms,
                      (e.quality = 'estimated')::int AS estimated,
                      (floor(extract(epoch FROM e.booked_at) * 1000) - uuid7_millis(e.request_id) >= 86400000)::int
                          AS late
               FROM usage_events e WHERE e.tenant_id = $1
               UNION ALL
               SELECT e.request_id, e.key_id, e.user_id, e.account_id, e.platform, e.model, e.client, e.status,
                      e.cost_centre, 0, c.input_tokens, c.output_tokens, c.cache_write_5m_tokens,
                      c.cache_write_1h_tokens, c.cache_read_tokens, c.charge_nano, 0, NULL,
                      -(c.reason = 'exact after estimate')::int, 0
               FROM usage_corrections c JOIN usage_events e USING (tenant_id, request_id) WHERE c.tenant_id = $1),
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
               WHERE s.tenant_id = $1 AND ($3::date IS NULL OR bucket >= $3::timestamp AT TIME ZONE 'UTC'))
           SELECT concat_ws(' ', bucket, 'key', key_id, 'user', user_id, 'account', account_id, platform, model, client,
                            status, cost_centre) AS "row!",
                  COALESCE(summed.figures, 'no row') AS "expected!", COALESCE(stored.figures, 'no row') AS "found!"
           FROM summed FULL JOIN stored
             USING (bucket, key_id, user_id, account_id, platform, model, client, status, cost_centre)
           WHERE summed.figures IS DISTINCT FROM stored.figures
           ORDER BY bucket, key_id LIMIT 1"#,
        tenant,
        Uuid::nil(),
        horizon
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| Misfit::new(format!("usage_slices {}", row.row), row.expected, row.found)))
}

/// Days begin where the zone's clocks say so, by our own zone data.
async fn days(tx: &mut JobsTx, tenant: Uuid) -> Result<Option<Misfit>, LedgerError> {
    let range = sqlx::query!(
        "SELECT t.rollup_zone, min(s.bucket) AS first, max(s.bucket) AS last
         FROM tenants t LEFT JOIN usage_slices s USING (tenant_id) WHERE t.tenant_id = $1 GROUP BY t.rollup_zone",
        tenant
    )
    .fetch_optional(tx.conn())
    .await?;
    let edges = range.and_then(|range| {
        let zone = zone(&range.rollup_zone);
        Some(DayEdges::over(range.first?, range.last?, zone))
    });
    let edges = edges.unwrap_or_else(|| DayEdges {
        dates: Vec::new(),
        starts: Vec::new(),
        ends: Vec::new(),
    });
    let row = sqlx::query!(
        r#"WITH day AS (SELECT * FROM unnest($2::date[], $3::timestamptz[], $4::timestamptz[]) AS day (date, starts, ends)),
           summed AS (
               SELECT day.date AS local_date, c.key_id, c.user_id, c.account_id, c.model, c.cost_centre, c.platform,
                      c.client, c.status,
                      concat_ws(' ', sum(requests), sum(input_tokens), sum(output_tokens), sum(cache_write_5m_tokens),
                                sum(cache_write_1h_tokens), sum(cache_read_tokens), sum(charge_nano), sum(duration_ms),
                                sum(ttfb_ms), sum(ttfb_requests), sum(estimated_requests), sum(late_requests), s.combo)
                          AS figures
               FROM usage_slices s
               JOIN day ON s.bucket >= day.starts AND s.bucket < day.ends
               JOIN usage_combos c ON c.tenant_id = s.tenant_id AND c.combo = s.combo
               WHERE s.tenant_id = $1 GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, s.combo),
           stored AS (
               SELECT local_date, key_id, user_id, account_id, model, cost_centre, platform, client, status,
                      concat_ws(' ', requests, input_tokens, output_tokens, cache_write_5m_tokens,
                                cache_write_1h_tokens, cache_read_tokens, charge_nano, duration_ms, ttfb_ms,
                                ttfb_requests, estimated_requests, late_requests, combo) AS figures
               FROM usage_day WHERE tenant_id = $1)
           SELECT concat_ws(' ', local_date, 'key', key_id, 'user', user_id, 'account', account_id, model, cost_centre,
                            platform, client, status) AS "row!",
                  COALESCE(summed.figures, 'no row') AS "expected!", COALESCE(stored.figures, 'no row') AS "found!"
           FROM summed FULL JOIN stored
             USING (local_date, key_id, user_id, account_id, model, cost_centre, platform, client, status)
           WHERE summed.figures IS DISTINCT FROM stored.figures
           ORDER BY local_date, key_id LIMIT 1"#,
        tenant,
        &edges.dates,
        &edges.starts,
        &edges.ends
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| Misfit::new(format!("usage_day {}", row.row), row.expected, row.found)))
}
