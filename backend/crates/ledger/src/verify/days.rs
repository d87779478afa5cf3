//! The slices against the days of the tenant's zone, and the combinations that both are of: checked whatever became of the
//! events beneath the slices.

use super::{Misfit, VerifyReport};
use crate::error::LedgerError;
use crate::rezone::DayEdges;
use tollgate_money::zone;
use tollgate_store::JobsTx;
use uuid::Uuid;

pub(super) async fn verify(
    tx: &mut JobsTx,
    tenant: Uuid,
    report: &mut VerifyReport,
) -> Result<(), LedgerError> {
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
        r#"WITH day AS (
               SELECT bucket, date
               FROM (SELECT DISTINCT bucket FROM usage_slices WHERE tenant_id = $1) AS met
               JOIN unnest($2::date[], $3::timestamptz[], $4::timestamptz[]) AS day (date, starts, ends)
                 ON bucket >= starts AND bucket < ends),
           sums AS (
               SELECT date AS local_date, combo, sum(requests) AS requests, sum(input_tokens) AS input_tokens,
                      sum(output_tokens) AS output_tokens, sum(cache_write_5m_tokens) AS cache_write_5m_tokens,
                      sum(cache_write_1h_tokens) AS cache_write_1h_tokens, sum(cache_read_tokens) AS cache_read_tokens,
                      sum(charge_nano) AS charge_nano, sum(duration_ms) AS duration_ms, sum(ttfb_ms) AS ttfb_ms,
                      sum(ttfb_requests) AS ttfb_requests, sum(estimated_requests) AS estimated_requests,
                      sum(late_requests) AS late_requests
               FROM usage_slices JOIN day USING (bucket) WHERE tenant_id = $1 GROUP BY 1, 2),
           summed AS (
               SELECT local_date, key_id, user_id, account_id, model, cost_centre, platform, client, status,
                      concat_ws(' ', requests, input_tokens, output_tokens, cache_write_5m_tokens,
                                cache_write_1h_tokens, cache_read_tokens, charge_nano, duration_ms, ttfb_ms,
                                ttfb_requests, estimated_requests, late_requests, combo) AS figures
               FROM sums JOIN usage_combos USING (combo) WHERE tenant_id = $1),
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
