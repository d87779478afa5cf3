//! The insert that decides what is new: only rows that it returns feed anything else.

use super::row::{EventRow, to_value};
use crate::error::LedgerError;
use chrono::{DateTime, Utc};
use std::collections::{HashMap, HashSet};
use tollgate_store::SettleTx;
use uuid::Uuid;

/// One column of the rows.
pub(crate) fn column<R, T>(rows: &[R], value: impl Fn(&R) -> T) -> Vec<T> {
    rows.iter().map(value).collect()
}

fn others(rows: &[EventRow]) -> Result<Vec<serde_json::Value>, LedgerError> {
    rows.iter().map(|row| to_value(&row.other_meters)).collect()
}

/// Inserts what isn't there yet, under each tenant's next batch number; tells which rows were new.
pub(super) async fn insert_events(
    tx: &mut SettleTx,
    rows: &[EventRow],
    batch_no: &HashMap<Uuid, i64>,
    booked_at: DateTime<Utc>,
) -> Result<HashSet<(Uuid, Uuid)>, LedgerError> {
    let tokens = |index: usize| column(rows, |row| row.tokens.get(index).copied().unwrap_or_default());
    let inserted = sqlx::query!(
        r#"INSERT INTO usage_events (tenant_id, request_id, key_id, user_id, account_id, account_name, platform, provider,
               model, upstream_model, path, streamed, status, http_status, quality, input_tokens, output_tokens,
               cache_write_5m_tokens, cache_write_1h_tokens, cache_read_tokens, charge_nano, reserved_nano, price_version,
               price_lines, cost_centre, local_date, client_request_id, client, attempts, error_code, explanation,
               started_at, ttfb_ms, duration_ms, node_id, epoch, batch_no, budgets, other_meters, service_tier, unpriced,
               plan_version, priced_model, booked_at)
           SELECT *, $39::timestamptz FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[],
               $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::bool[], $13::text[], $14::smallint[],
               $15::text[], $16::bigint[], $17::bigint[], $18::bigint[], $19::bigint[], $20::bigint[], $21::bigint[],
               $22::bigint[], $23::uuid[], $24::jsonb[], $25::text[], $26::date[], $27::text[], $28::text[],
               $29::smallint[], $30::text[], $31::jsonb[], $32::timestamptz[], $33::int[], $34::int[], $35::uuid[],
               $36::bigint[], $37::bigint[], $38::jsonb[], $40::jsonb[], $41::text[], $42::bool[], $43::uuid[],
               $44::text[]) AS row (tenant_id, request_id)
           ORDER BY tenant_id, request_id
           ON CONFLICT (tenant_id, request_id) DO NOTHING
           RETURNING tenant_id, request_id"#,
        &column(rows, |row| row.tenant_id),
        &column(rows, |row| row.request_id),
        &column(rows, |row| row.key_id),
        &column(rows, |row| row.user_id) as &[Option<Uuid>],
        &column(rows, |row| row.account_id) as &[Option<Uuid>],
        &column(rows, |row| row.account_name.clone()),
        &column(rows, |row| row.platform.clone()),
        &column(rows, |row| row.provider.clone()),
        &column(rows, |row| row.model.clone()),
        &column(rows, |row| row.upstream_model.clone()),
        &column(rows, |row| row.path.clone()),
        &column(rows, |row| row.streamed),
        &column(rows, |row| row.status.as_str().to_owned()),
        &column(rows, |row| row.http_status),
        &column(rows, |row| row.quality.as_str().to_owned()),
        &tokens(0),
        &tokens(1),
        &tokens(2),
        &tokens(3),
        &tokens(4),
        &column(rows, |row| row.charge),
        &column(rows, |row| row.reserved),
        &column(rows, |row| row.price_version),
        &column(rows, |row| row.price_lines.clone()),
        &column(rows, |row| row.cost_centre.clone()),
        &column(rows, |row| row.local_date),
        &column(rows, |row| row.client_request_id.clone()),
        &column(rows, |row| row.client.clone()),
        &column(rows, |row| row.attempts),
        &column(rows, |row| row.error_code.clone()),
        &column(rows, |row| row.explanation.clone()),
        &column(rows, |row| row.started_at),
        &column(rows, |row| row.ttfb_ms) as &[Option<i32>],
        &column(rows, |row| row.duration_ms),
        &column(rows, |row| row.node_id),
        &column(rows, |row| row.epoch),
        &column(rows, |row| batch_no.get(&row.tenant_id).copied().unwrap_or_default()),
        &column(rows, |row| row.budgets_told.clone()),
        booked_at,
        &others(rows)?,
        &column(rows, |row| row.service_tier.to_owned()),
        &column(rows, |row| row.unpriced),
        &column(rows, |row| row.plan_version) as &[Option<Uuid>],
        &column(rows, |row| row.priced_model.clone()) as &[Option<String>]
    )
    .fetch_all(tx.conn())
    .await?;
    let new = inserted.into_iter().map(|row| (row.tenant_id, row.request_id));
    Ok(new.collect())
}
