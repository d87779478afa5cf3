//! The two rollups by everything that a report asks for: days of the tenant's zone, and quarters of an hour.

use super::dims::Dims;
use super::events::column;
use super::sums::{BatchSums, DayKey, SliceKey, Sums};
use crate::error::LedgerError;
use chrono::{DateTime, DurationRound, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use tollgate_money::zone;
use tollgate_store::SettleTx;
use uuid::Uuid;

fn tokens<K>(rows: &[(&K, &Sums)], index: usize) -> Vec<i64> {
    column(rows, |(_, sums)| {
        sums.tokens.get(index).copied().unwrap_or_default()
    })
}

/// The zones in which these tenants' days stand. Their chains must be locked: a zone only changes with its chain held.
pub(super) async fn zones(tx: &mut SettleTx, tenants: &[Uuid]) -> Result<HashMap<Uuid, Tz>, LedgerError> {
    let rows = sqlx::query!(
        "SELECT tenant_id, rollup_zone FROM tenants WHERE tenant_id = ANY($1)",
        tenants
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.tenant_id, zone(&row.rollup_zone)))
        .collect())
}

/// Days, combinations and slices, in the order in which everybody locks them.
pub(super) async fn add_days_and_slices(tx: &mut SettleTx, sums: &BatchSums) -> Result<(), LedgerError> {
    add_days(tx, &sums.days).await?;
    add_combos(tx, &sums.combos).await?;
    add_slices(tx, &sums.slices).await?;
    list_stale(tx, sums).await
}

/// The hours and days whose sums by one thing lack what was just added. The tenants' chains must be locked: whoever makes
/// these sums holds the chain as well, so an hour that is listed already is not being made at this moment.
async fn list_stale(tx: &mut SettleTx, sums: &BatchSums) -> Result<(), LedgerError> {
    let hours: BTreeSet<(Uuid, DateTime<Utc>)> = (sums.slices.keys())
        .filter_map(|(tenant, bucket, _)| Some((*tenant, bucket.duration_trunc(TimeDelta::hours(1)).ok()?)))
        .collect();
    let days: BTreeSet<(Uuid, NaiveDate)> = sums.days.keys().map(|key| (key.0, key.1)).collect();
    let hours: Vec<_> = hours.into_iter().collect();
    let days: Vec<_> = days.into_iter().collect();
    sqlx::query!(
        "WITH hours AS (
             INSERT INTO usage_stale_hours SELECT * FROM unnest($1::uuid[], $2::timestamptz[]) ON CONFLICT DO NOTHING)
         INSERT INTO usage_stale_days SELECT * FROM unnest($3::uuid[], $4::date[]) ON CONFLICT DO NOTHING",
        &column(&hours, |(tenant, _)| *tenant),
        &column(&hours, |(_, hour)| *hour),
        &column(&days, |(tenant, _)| *tenant),
        &column(&days, |(_, day)| *day)
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

async fn add_days(tx: &mut SettleTx, sums: &BTreeMap<DayKey, Sums>) -> Result<(), LedgerError> {
    let rows: Vec<_> = sums.iter().collect();
    sqlx::query!(
        "INSERT INTO usage_day (tenant_id, local_date, key_id, user_id, account_id, model, cost_centre, platform, client,
                                status, requests, input_tokens, output_tokens, cache_write_5m_tokens,
                                cache_write_1h_tokens, cache_read_tokens, charge_nano, last_request_id, duration_ms,
                                ttfb_ms, ttfb_requests, estimated_requests, late_requests, combo)
         SELECT * FROM unnest($1::uuid[], $2::date[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::text[],
                              $8::text[], $9::text[], $10::text[], $11::bigint[], $12::bigint[], $13::bigint[],
                              $14::bigint[], $15::bigint[], $16::bigint[], $17::bigint[], $18::uuid[], $19::bigint[],
                              $20::bigint[], $21::bigint[], $22::bigint[], $23::bigint[], $24::uuid[])
              AS row (tenant_id, local_date, key_id, user_id, account_id, model, cost_centre, platform, client, status,
                      requests, input, output, write_5m, write_1h, read, charge, last_request, duration_ms, ttfb_ms,
                      ttfb_requests, estimated, late, combo)
         ORDER BY tenant_id, local_date, combo
         ON CONFLICT (tenant_id, local_date, combo) DO UPDATE
         SET requests = usage_day.requests + excluded.requests,
             input_tokens = usage_day.input_tokens + excluded.input_tokens,
             output_tokens = usage_day.output_tokens + excluded.output_tokens,
             cache_write_5m_tokens = usage_day.cache_write_5m_tokens + excluded.cache_write_5m_tokens,
             cache_write_1h_tokens = usage_day.cache_write_1h_tokens + excluded.cache_write_1h_tokens,
             cache_read_tokens = usage_day.cache_read_tokens + excluded.cache_read_tokens,
             charge_nano = usage_day.charge_nano + excluded.charge_nano,
             last_request_id = GREATEST(usage_day.last_request_id, excluded.last_request_id),
             duration_ms = usage_day.duration_ms + excluded.duration_ms,
             ttfb_ms = usage_day.ttfb_ms + excluded.ttfb_ms,
             ttfb_requests = usage_day.ttfb_requests + excluded.ttfb_requests,
             estimated_requests = usage_day.estimated_requests + excluded.estimated_requests,
             late_requests = usage_day.late_requests + excluded.late_requests",
        &column(&rows, |(key, _)| key.0),
        &column(&rows, |(key, _)| key.1),
        &column(&rows, |(key, _)| key.2.key_id),
        &column(&rows, |(key, _)| key.2.user_id),
        &column(&rows, |(key, _)| key.2.account_id),
        &column(&rows, |(key, _)| key.2.model.clone()),
        &column(&rows, |(key, _)| key.2.cost_centre.clone()),
        &column(&rows, |(key, _)| key.2.platform.clone()),
        &column(&rows, |(key, _)| key.2.client.to_owned()),
        &column(&rows, |(key, _)| key.2.status.to_owned()),
        &column(&rows, |(_, sums)| sums.requests),
        &tokens(&rows, 0),
        &tokens(&rows, 1),
        &tokens(&rows, 2),
        &tokens(&rows, 3),
        &tokens(&rows, 4),
        &column(&rows, |(_, sums)| sums.charge),
        &column(&rows, |(_, sums)| sums.last_request),
        &column(&rows, |(_, sums)| sums.duration_ms),
        &column(&rows, |(_, sums)| sums.ttfb_ms),
        &column(&rows, |(_, sums)| sums.ttfb_requests),
        &column(&rows, |(_, sums)| sums.estimated),
        &column(&rows, |(_, sums)| sums.late),
        &column(&rows, |(key, _)| key.3)
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

async fn add_combos(tx: &mut SettleTx, combos: &BTreeMap<(Uuid, Uuid), Dims>) -> Result<(), LedgerError> {
    let rows: Vec<_> = combos.iter().collect();
    sqlx::query!(
        "INSERT INTO usage_combos (tenant_id, combo, key_id, user_id, account_id, platform, model, client, status,
                                   cost_centre)
         SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::text[],
                              $8::text[], $9::text[], $10::text[]) AS row (tenant_id, combo)
         ORDER BY tenant_id, combo
         ON CONFLICT DO NOTHING",
        &column(&rows, |(key, _)| key.0),
        &column(&rows, |(key, _)| key.1),
        &column(&rows, |(_, dims)| dims.key_id),
        &column(&rows, |(_, dims)| dims.user_id),
        &column(&rows, |(_, dims)| dims.account_id),
        &column(&rows, |(_, dims)| dims.platform.clone()),
        &column(&rows, |(_, dims)| dims.model.clone()),
        &column(&rows, |(_, dims)| dims.client.to_owned()),
        &column(&rows, |(_, dims)| dims.status.to_owned()),
        &column(&rows, |(_, dims)| dims.cost_centre.clone())
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

async fn add_slices(tx: &mut SettleTx, sums: &BTreeMap<SliceKey, Sums>) -> Result<(), LedgerError> {
    let rows: Vec<_> = sums.iter().collect();
    sqlx::query!(
        "INSERT INTO usage_slices AS old (tenant_id, bucket, combo, requests, input_tokens, output_tokens,
                                          cache_write_5m_tokens, cache_write_1h_tokens, cache_read_tokens, charge_nano,
                                          duration_ms, ttfb_ms, ttfb_requests, estimated_requests, late_requests,
                                          last_request_id)
         SELECT * FROM unnest($1::uuid[], $2::timestamptz[], $3::uuid[], $4::bigint[], $5::bigint[], $6::bigint[],
                              $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[],
                              $13::bigint[], $14::bigint[], $15::bigint[], $16::uuid[])
              AS row (tenant_id, bucket, combo)
         ORDER BY tenant_id, bucket, combo
         ON CONFLICT (tenant_id, bucket, combo) DO UPDATE
         SET requests = old.requests + excluded.requests,
             input_tokens = old.input_tokens + excluded.input_tokens,
             output_tokens = old.output_tokens + excluded.output_tokens,
             cache_write_5m_tokens = old.cache_write_5m_tokens + excluded.cache_write_5m_tokens,
             cache_write_1h_tokens = old.cache_write_1h_tokens + excluded.cache_write_1h_tokens,
             cache_read_tokens = old.cache_read_tokens + excluded.cache_read_tokens,
             charge_nano = old.charge_nano + excluded.charge_nano,
             duration_ms = old.duration_ms + excluded.duration_ms,
             ttfb_ms = old.ttfb_ms + excluded.ttfb_ms,
             ttfb_requests = old.ttfb_requests + excluded.ttfb_requests,
             estimated_requests = old.estimated_requests + excluded.estimated_requests,
             late_requests = old.late_requests + excluded.late_requests,
             last_request_id = GREATEST(old.last_request_id, excluded.last_request_id)",
        &column(&rows, |(key, _)| key.0),
        &column(&rows, |(key, _)| key.1),
        &column(&rows, |(key, _)| key.2),
        &column(&rows, |(_, sums)| sums.requests),
        &tokens(&rows, 0),
        &tokens(&rows, 1),
        &tokens(&rows, 2),
        &tokens(&rows, 3),
        &tokens(&rows, 4),
        &column(&rows, |(_, sums)| sums.charge),
        &column(&rows, |(_, sums)| sums.duration_ms),
        &column(&rows, |(_, sums)| sums.ttfb_ms),
        &column(&rows, |(_, sums)| sums.ttfb_requests),
        &column(&rows, |(_, sums)| sums.estimated),
        &column(&rows, |(_, sums)| sums.late),
        &column(&rows, |(_, sums)| sums.last_request)
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
