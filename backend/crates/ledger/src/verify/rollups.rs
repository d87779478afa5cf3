//! Events and corrections against the rollup by platform, model and status; [`super::slices`] checks the others. Of months
//! that were dropped, the sums of the rollups count.

use super::seals::LastSeal;
use super::{Misfit, VerifyReport, dropped};
use crate::error::LedgerError;
use crate::seal::figures::{self, Figures};
use chrono::NaiveDate;
use std::collections::BTreeMap;
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
    let gone = dropped::months(tx, tenant).await?;
    // What lies before has no rows any more.
    let horizon = dropped::horizon(&gone);
    let mut misfit = quarters(tx, tenant, horizon).await?;
    if misfit.is_none() {
        misfit = months(tx, tenant, &gone).await?;
    }
    report.note("usage_15m", events, misfit, Some(tenant));
    super::slices::verify(tx, tenant, events, (horizon, &gone), report).await
}

/// Only by sums: each month of `usage_15m` against what the last seal has of it and what was booked since.
pub(super) async fn verify_months(
    tx: &mut JobsTx,
    tenant: Uuid,
    from: Option<&LastSeal>,
    report: &mut VerifyReport,
) -> Result<(), LedgerError> {
    let Some(seal) = from else { return Ok(()) };
    let mut due = figures::sealed(tx, tenant).await?;
    let mut events = 0;
    for (month, since) in figures::add_since(tx, tenant, (seal.batch_no, i64::MAX)).await? {
        events += since.events;
        due.entry(month).or_default().add(&since)?;
    }
    let misfit = months(tx, tenant, &due).await?;
    report.note("usage_15m", events, misfit, Some(tenant));
    super::slices::verify_months(tx, tenant, events, &due, report).await
}

/// The bucket comes from the id's first 48 bits, its milliseconds: in whole numbers, and in no zone.
async fn quarters(
    tx: &mut JobsTx,
    tenant: Uuid,
    horizon: Option<NaiveDate>,
) -> Result<Option<Misfit>, LedgerError> {
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
               FROM usage_15m
               WHERE tenant_id = $1 AND ($2::date IS NULL OR bucket >= $2::date::timestamp AT TIME ZONE 'UTC'))
           SELECT concat_ws(' ', bucket, platform, model, status) AS "row!",
                  COALESCE(summed.figures, 'no row') AS "expected!", COALESCE(stored.figures, 'no row') AS "found!"
           FROM summed FULL JOIN stored USING (bucket, platform, model, status)
           WHERE summed.figures IS DISTINCT FROM stored.figures
           ORDER BY bucket, platform, model, status LIMIT 1"#,
        tenant,
        horizon
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| Misfit::new(format!("usage_15m {}", row.row), row.expected, row.found)))
}

/// What rollups have in common with figures, as text.
pub(super) fn shown(figures: &Figures) -> String {
    let [input, output, write_5m, write_1h, read] = figures.tokens;
    let (events, charge, duration) = (figures.events, figures.charge_nano, figures.duration_ms);
    format!("{events} {input} {output} {write_5m} {write_1h} {read} {charge} {duration}")
}

/// The sums of `usage_15m` in these months.
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
               FROM usage_15m WHERE tenant_id = $1 AND bucket >= month::timestamp AT TIME ZONE 'UTC'
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
            let name = format!("usage_15m, sum of {}", row.month.format("%Y-%m"));
            return Ok(Some(Misfit::new(name, expected, row.figures)));
        }
    }
    Ok(None)
}
