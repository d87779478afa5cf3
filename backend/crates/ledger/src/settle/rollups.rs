//! Corrections, and the rollup of a quarter of an hour by platform, model and status: what a settlement adds up beside the
//! ledger itself.

use super::events::column;
use super::row::to_value;
use super::sums::{Correction, QuarterKey, Sums};
use crate::error::LedgerError;
use chrono::{DateTime, Utc};
use serde_json::json;
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
    let repriced = |row: &Correction| row.repriced.clone();
    let others = rows.iter().map(|row| to_value(&row.other_meters));
    let others = others.collect::<Result<Vec<_>, _>>()?;
    sqlx::query!(
        "INSERT INTO usage_corrections (tenant_id, request_id, batch_no, reason, input_tokens, output_tokens,
                                        cache_write_5m_tokens, cache_write_1h_tokens, cache_read_tokens, charge_nano,
                                        repricing_id, price_version, price_lines, late, other_meters, service_tier,
                                        booked_at)
         SELECT tenant_id, request_id, batch_no,
                CASE WHEN repricing_id IS NULL THEN 'exact after estimate' ELSE 're-priced' END, input, output, write_5m,
                write_1h, read, charge, repricing_id, price_version, price_lines, late, other_meters, service_tier, $10
         FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
                     $8::bigint[], $9::bigint[], $11::uuid[], $12::uuid[], $13::jsonb[], $14::bool[], $15::jsonb[],
                     $16::text[])
              AS row (tenant_id, request_id, batch_no, input, output, write_5m, write_1h, read, charge, repricing_id,
                      price_version, price_lines, late, other_meters, service_tier)
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
        booked_at,
        &column(rows, |row| repriced(row).map(|it| it.repricing_id)) as &[Option<Uuid>],
        &column(rows, |row| repriced(row).map(|it| it.price_version)) as &[Option<Uuid>],
        &column(rows, |row| repriced(row).map_or_else(|| json!([]), |it| it.price_lines)),
        &column(rows, |row| row.repriced.as_ref().is_some_and(|it| it.late)),
        &others,
        &column(rows, |row| row.service_tier.to_owned())
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
