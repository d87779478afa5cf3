//! Corrections and the two rollups: what a settlement adds up beside the ledger itself.

use super::events::column;
use super::sums::{Correction, DayKey, QuarterKey, Sums};
use crate::error::LedgerError;
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, HashMap};
use tollgate_store::SettleTx;
use uuid::Uuid;

fn tokens<K>(rows: &[(&K, &Sums)], index: usize) -> Vec<i64> {
    column(rows, |(_, sums)| {
        sums.tokens.get(index).copied().unwrap_or_default()
    })
}

pub(super) async fn insert_corrections(
    tx: &mut SettleTx,
    rows: &[Correction],
    batch_no: &HashMap<Uuid, i64>,
    booked_at: DateTime<Utc>,
) -> Result<(), LedgerError> {
    if rows.is_empty() {
        return Ok(());
    }
    let tokens = |index: usize| column(rows, |row| row.tokens.get(index).copied().unwrap_or_default());
    sqlx::query!(
        "INSERT INTO usage_corrections (tenant_id, request_id, batch_no, reason, input_tokens, output_tokens,
                                        cache_write_5m_tokens, cache_write_1h_tokens, cache_read_tokens, charge_nano,
                                        booked_at)
         SELECT tenant_id, request_id, batch_no, 'exact after estimate', input, output, write_5m, write_1h, read, charge,
                $10
         FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
                     $8::bigint[], $9::bigint[])
              AS row (tenant_id, request_id, batch_no, input, output, write_5m, write_1h, read, charge)
         ORDER BY tenant_id, request_id",
        &column(rows, |row| row.tenant_id),
        &column(rows, |row| row.request_id),
        &column(rows, |row| batch_no.get(&row.tenant_id).copied().unwrap_or_default()),
        &tokens(0),
        &tokens(1),
        &tokens(2),
        &tokens(3),
        &tokens(4),
        &column(rows, |row| row.charge),
        booked_at
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub(super) async fn add_quarters(
    tx: &mut SettleTx,
    sums: &BTreeMap<QuarterKey, Sums>,
) -> Result<(), LedgerError> {
    let rows: Vec<_> = sums.iter().collect();
    sqlx::query!(
        "INSERT INTO usage_15m (tenant_id, bucket, platform, model, status, requests, input_tokens, output_tokens,
                                cache_write_5m_tokens, cache_write_1h_tokens, cache_read_tokens, charge_nano, duration_ms)
         SELECT * FROM unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[],
                              $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[])
              AS row (tenant_id, bucket, platform, model, status)
         ORDER BY tenant_id, bucket, platform, model, status
         ON CONFLICT (tenant_id, bucket, platform, model, status) DO UPDATE
         SET requests = usage_15m.requests + excluded.requests,
             input_tokens = usage_15m.input_tokens + excluded.input_tokens,
             output_tokens = usage_15m.output_tokens + excluded.output_tokens,
             cache_write_5m_tokens = usage_15m.cache_write_5m_tokens + excluded.cache_write_5m_tokens,
             cache_write_1h_tokens = usage_15m.cache_write_1h_tokens + excluded.cache_write_1h_tokens,
             cache_read_tokens = usage_15m.cache_read_tokens + excluded.cache_read_tokens,
             charge_nano = usage_15m.charge_nano + excluded.charge_nano,
             duration_ms = usage_15m.duration_ms + excluded.duration_ms",
        &column(&rows, |(key, _)| key.0),
        &column(&rows, |(key, _)| key.1),
        &column(&rows, |(key, _)| key.2.clone()),
        &column(&rows, |(key, _)| key.3.clone()),
        &column(&rows, |(key, _)| key.4.to_owned()),
        &column(&rows, |(_, sums)| sums.requests),
        &tokens(&rows, 0),
        &tokens(&rows, 1),
        &tokens(&rows, 2),
        &tokens(&rows, 3),
        &tokens(&rows, 4),
        &column(&rows, |(_, sums)| sums.charge),
        &column(&rows, |(_, sums)| sums.duration_ms)
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub(super) async fn add_days(tx: &mut SettleTx, sums: &BTreeMap<DayKey, Sums>) -> Result<(), LedgerError> {
    let rows: Vec<_> = sums.iter().collect();
    sqlx::query!(
        "INSERT INTO usage_day (tenant_id, local_date, key_id, user_id, account_id, model, cost_centre, requests,
                                input_tokens, output_tokens, cache_write_5m_tokens, cache_write_1h_tokens,
                                cache_read_tokens, charge_nano, last_request_id)
         SELECT * FROM unnest($1::uuid[], $2::date[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::text[],
                              $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[],
                              $14::bigint[], $15::uuid[])
              AS row (tenant_id, local_date, key_id, user_id, account_id, model, cost_centre)
         ORDER BY tenant_id, local_date, key_id, user_id, account_id, model, cost_centre
         ON CONFLICT (tenant_id, local_date, key_id, user_id, account_id, model, cost_centre) DO UPDATE
         SET requests = usage_day.requests + excluded.requests,
             input_tokens = usage_day.input_tokens + excluded.input_tokens,
             output_tokens = usage_day.output_tokens + excluded.output_tokens,
             cache_write_5m_tokens = usage_day.cache_write_5m_tokens + excluded.cache_write_5m_tokens,
             cache_write_1h_tokens = usage_day.cache_write_1h_tokens + excluded.cache_write_1h_tokens,
             cache_read_tokens = usage_day.cache_read_tokens + excluded.cache_read_tokens,
             charge_nano = usage_day.charge_nano + excluded.charge_nano,
             last_request_id = GREATEST(usage_day.last_request_id, excluded.last_request_id)",
        &column(&rows, |(key, _)| key.0),
        &column(&rows, |(key, _)| key.1),
        &column(&rows, |(key, _)| key.2),
        &column(&rows, |(key, _)| key.3),
        &column(&rows, |(key, _)| key.4),
        &column(&rows, |(key, _)| key.5.clone()),
        &column(&rows, |(key, _)| key.6.clone()),
        &column(&rows, |(_, sums)| sums.requests),
        &tokens(&rows, 0),
        &tokens(&rows, 1),
        &tokens(&rows, 2),
        &tokens(&rows, 3),
        &tokens(&rows, 4),
        &column(&rows, |(_, sums)| sums.charge),
        &column(&rows, |(_, sums)| sums.last_request)
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
