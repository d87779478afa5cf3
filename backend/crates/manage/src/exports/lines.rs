//! Usage in chunks by keyset: each is read in a transaction of its own, so that no snapshot is held for hours, and ends
//! with whole requests. What belongs to an export is decided by batch numbers, so that rows booked meanwhile neither show
//! nor shift anything.

use super::names::Names;
use super::wanted::Wanted;
use chrono::{DateTime, NaiveDate, Utc};
use std::sync::Arc;
use tollgate_contract::exports::ExportFormat;
use tollgate_store::{Db, StoreError, TenantTx};
use uuid::Uuid;

/// Requests of a chunk: some megabytes, and some ten milliseconds of the database.
pub(super) const CHUNK: usize = 8_000;

/// A relayed request.
#[derive(Debug)]
pub(super) struct Event {
    pub(super) request_id: Uuid,
    pub(super) batch_no: i64,
    pub(super) started_at: DateTime<Utc>,
    pub(super) booked_at: DateTime<Utc>,
    pub(super) local_date: NaiveDate,
    pub(super) key_id: Uuid,
    pub(super) user_id: Option<Uuid>,
    pub(super) account_id: Option<Uuid>,
    pub(super) account_name: String,
    pub(super) platform: String,
    pub(super) provider: String,
    pub(super) model: String,
    pub(super) upstream_model: String,
    pub(super) client: String,
    pub(super) status: String,
    pub(super) http_status: i16,
    pub(super) quality: String,
    pub(super) streamed: bool,
    pub(super) cost_centre: String,
    pub(super) input: i64,
    pub(super) output: i64,
    pub(super) cache_write_5m: i64,
    pub(super) cache_write_1h: i64,
    pub(super) cache_read: i64,
    /// What was counted beside these, as JSON: numbers by name.
    pub(super) other_meters: String,
    pub(super) service_tier: String,
    pub(super) unpriced: bool,
    pub(super) charge: i64,
    pub(super) price_version: Uuid,
    /// The arithmetic as JSON, where the format wants it.
    pub(super) price_lines: Option<String>,
    pub(super) ttfb_ms: Option<i32>,
    pub(super) duration_ms: i32,
    pub(super) error_code: String,
}

/// A later correction: differences.
#[derive(Debug)]
pub(super) struct Correction {
    pub(super) request_id: Uuid,
    pub(super) batch_no: i64,
    pub(super) booked_at: DateTime<Utc>,
    pub(super) reason: String,
    pub(super) input: i64,
    pub(super) output: i64,
    pub(super) cache_write_5m: i64,
    pub(super) cache_write_1h: i64,
    pub(super) cache_read: i64,
    pub(super) other_meters: String,
    /// The exact figures'.
    pub(super) service_tier: String,
    pub(super) charge: i64,
}

/// Some requests in their order with all of their corrections, and what their keys and people are called.
#[derive(Debug)]
pub(super) struct Chunk {
    pub(super) events: Vec<Event>,
    /// By request, then by batch.
    pub(super) corrections: Vec<Correction>,
    pub(super) names: Arc<Names>,
    /// Of a statement's file: requests that were booked before this batch are there for their corrections alone.
    pub(super) first_batch: i64,
    /// Where the next one begins; `None` after the last.
    pub(super) next: Option<Uuid>,
}

/// Has the statements of this transaction planned for their values, and by indexes.
pub(super) async fn planned_for_values(tx: &mut TenantTx) -> Result<(), StoreError> {
    sqlx::query!("SELECT set_config('plan_cache_mode', 'force_custom_plan', true)")
        .fetch_one(tx.conn())
        .await?;
    Ok(())
}

/// Reads the chunk that begins with this id.
pub(super) async fn read(
    db: &Db,
    wanted: &Wanted,
    from: Uuid,
    size: usize,
    names: &mut Arc<Names>,
) -> Result<Chunk, StoreError> {
    let mut tx = db.tenant(wanted.tenant).await?;
    planned_for_values(&mut tx).await?;
    crate::dynamic::by_index(&mut tx).await?;
    let events = events(&mut tx, wanted, from, size).await?;
    let corrections = corrections(&mut tx, wanted, &events).await?;
    Names::learn(names, &mut tx, &events).await?;
    let next = events
        .last()
        .filter(|_| events.len() >= size)
        .map(|last| Uuid::from_u128(last.request_id.as_u128().saturating_add(1)));
    Ok(Chunk {
        events,
        corrections,
        names: Arc::clone(names),
        first_batch: wanted.first_batch,
        next,
    })
}

async fn events(
    tx: &mut TenantTx,
    wanted: &Wanted,
    from: Uuid,
    size: usize,
) -> Result<Vec<Event>, StoreError> {
    let rows = sqlx::query_as!(
        Event,
        r#"SELECT request_id AS "request_id!", batch_no AS "batch_no!", started_at AS "started_at!",
                  booked_at AS "booked_at!", local_date AS "local_date!", key_id AS "key_id!", user_id, account_id,
                  account_name AS "account_name!", platform AS "platform!", provider AS "provider!", model AS "model!",
                  CASE WHEN account_id IS NULL THEN '' ELSE upstream_model END AS "upstream_model!", client AS "client!", status AS "status!",
                  http_status AS "http_status!", quality AS "quality!", streamed AS "streamed!",
                  cost_centre AS "cost_centre!", input_tokens AS "input!", output_tokens AS "output!",
                  cache_write_5m_tokens AS "cache_write_5m!", cache_write_1h_tokens AS "cache_write_1h!",
                  cache_read_tokens AS "cache_read!", other_meters::text AS "other_meters!",
                  service_tier AS "service_tier!", unpriced AS "unpriced!", charge_nano AS "charge!",
                  price_version AS "price_version!",
                  CASE WHEN $6 THEN price_lines::text END AS price_lines, ttfb_ms, duration_ms AS "duration_ms!",
                  error_code AS "error_code!"
           FROM exported_events($1, $2, $3, $4) e
           WHERE $7::bigint = 0 OR batch_no >= $7 OR EXISTS (
               SELECT FROM usage_corrections c WHERE c.tenant_id = e.tenant_id AND c.request_id = e.request_id
                 AND c.batch_no BETWEEN $7 AND $3)
           ORDER BY request_id LIMIT $5"#,
        from,
        wanted.end_id(),
        wanted.through,
        wanted.filter,
        i64::try_from(size).unwrap_or(i64::MAX),
        wanted.format == ExportFormat::Focus,
        wanted.first_batch
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// Corrections are rare: whether there are any in the range is asked first.
async fn corrections(
    tx: &mut TenantTx,
    wanted: &Wanted,
    events: &[Event],
) -> Result<Vec<Correction>, StoreError> {
    let (Some(first), Some(last)) = (events.first(), events.last()) else {
        return Ok(Vec::new());
    };
    let tenant = tx.tenant_id();
    let any = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM usage_corrections
               WHERE tenant_id = $1 AND request_id >= $2 AND request_id <= $3) AS "any!""#,
        tenant.0,
        first.request_id,
        last.request_id
    )
    .fetch_one(tx.conn())
    .await?;
    if !any {
        return Ok(Vec::new());
    }
    let ids: Vec<Uuid> = events.iter().map(|event| event.request_id).collect();
    let rows = sqlx::query_as!(
        Correction,
        r#"SELECT request_id, batch_no, booked_at, reason, input_tokens AS input, output_tokens AS output,
                  cache_write_5m_tokens AS cache_write_5m, cache_write_1h_tokens AS cache_write_1h,
                  cache_read_tokens AS cache_read, other_meters::text AS "other_meters!", service_tier,
                  charge_nano AS charge
           FROM usage_corrections
           WHERE tenant_id = $1 AND request_id = ANY($2) AND batch_no BETWEEN $4 AND $3 ORDER BY request_id, batch_no"#,
        tenant.0,
        &ids,
        wanted.through,
        wanted.first_batch
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

#[cfg(test)]
pub(super) mod samples {
    //! Two requests, of which the first was corrected twice.

    use super::*;

    fn event(number: u128) -> Event {
        Event {
            request_id: Uuid::from_u128(number),
            batch_no: 1,
            started_at: DateTime::UNIX_EPOCH,
            booked_at: DateTime::UNIX_EPOCH,
            local_date: NaiveDate::default(),
            key_id: Uuid::nil(),
            user_id: None,
            account_id: None,
            account_name: String::new(),
            platform: "claude_console".to_owned(),
            provider: "anthropic".to_owned(),
            model: "m".to_owned(),
            upstream_model: String::new(),
            client: String::new(),
            status: "ok".to_owned(),
            http_status: 200,
            quality: "exact".to_owned(),
            streamed: false,
            cost_centre: String::new(),
            input: 0,
            output: 5,
            cache_write_5m: 0,
            cache_write_1h: 0,
            cache_read: 0,
            other_meters: "{}".to_owned(),
            service_tier: "standard".to_owned(),
            unpriced: false,
            charge: 1_000,
            price_version: Uuid::nil(),
            price_lines: None,
            ttfb_ms: None,
            duration_ms: 1,
            error_code: String::new(),
        }
    }

    fn correction(batch_no: i64, charge: i64) -> Correction {
        Correction {
            request_id: Uuid::from_u128(1),
            batch_no,
            booked_at: DateTime::UNIX_EPOCH,
            reason: "exact figures".to_owned(),
            input: 0,
            output: 0,
            cache_write_5m: 0,
            cache_write_1h: 0,
            cache_read: 0,
            other_meters: "{}".to_owned(),
            service_tier: "standard".to_owned(),
            charge,
        }
    }

    pub(in super::super) fn chunk() -> Chunk {
        Chunk {
            events: vec![event(1), event(2)],
            corrections: vec![correction(2, -300), correction(3, 50)],
            names: Arc::default(),
            first_batch: 0,
            next: None,
        }
    }
}
