//! The price book in the database. Prices go as text all the way, so that they stay exact.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use tollgate_contract::ids::PriceVersionId;
use tollgate_contract::ids::TenantId;
use tollgate_contract::prices::PriceVersion;
use tollgate_money::{Currency, Meter, PriceRow, RateKey, Tier};
use tollgate_store::{JobsTx, StoreError, Topic, announce_platform};
use uuid::Uuid;

/// Keeps two writers apart: "prices" in ASCII.
const LOCK: i64 = 0x7072_6963_6573;

/// The prices that have columns of their own.
const COLUMNS: [(bool, Meter, &str); 9] = [
    (false, Meter::Input, "input"),
    (false, Meter::Output, "output"),
    (false, Meter::CacheWrite5m, "cache_write_5m"),
    (false, Meter::CacheWrite1h, "cache_write_1h"),
    (false, Meter::CacheRead, "cache_read"),
    (true, Meter::Input, "long_input"),
    (true, Meter::Output, "long_output"),
    (true, Meter::CacheWrite5m, "long_cache_write_5m"),
    (true, Meter::CacheRead, "long_cache_read"),
];

/// A version as it is written.
#[derive(Debug)]
pub(super) struct NewVersion<'a> {
    pub(super) id: Uuid,
    pub(super) effective_from: DateTime<Utc>,
    pub(super) source: &'a str,
    pub(super) currency: &'a Currency,
    pub(super) author: &'a str,
    pub(super) note: &'a str,
    pub(super) at: DateTime<Utc>,
}

/// Whoever writes waits here for who writes already.
pub(super) async fn lock(tx: &mut JobsTx) -> Result<(), StoreError> {
    sqlx::query!("SELECT pg_advisory_xact_lock($1)", LOCK)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// All versions, the newest first.
pub(super) async fn versions(tx: &mut JobsTx, now: DateTime<Utc>) -> Result<Vec<PriceVersion>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT v.price_version, v.effective_from, v.source, v.note, v.author, v.created_at, v.currency,
                  v.usd_rate::text AS "usd_rate!", v.rate_date,
                  (SELECT count(*) FROM prices p WHERE p.price_version = v.price_version) AS "rows!"
           FROM price_versions v ORDER BY v.effective_from DESC"#
    )
    .fetch_all(tx.conn())
    .await?;
    let mut holding = true;
    let versions = rows.into_iter().map(|row| {
        let holds = holding && row.effective_from <= now;
        holding &= !holds;
        PriceVersion {
            id: PriceVersionId(row.price_version),
            effective_from: row.effective_from,
            source: row.source,
            note: row.note,
            author: row.author,
            created_at: row.created_at,
            currency: row.currency,
            usd_rate: row.usd_rate,
            rate_date: row.rate_date,
            rows: u64::try_from(row.rows).unwrap_or_default(),
            holds,
        }
    });
    Ok(versions.collect())
}

/// The rows of a version, by provider and model.
pub(super) async fn rows(tx: &mut JobsTx, version: Uuid) -> Result<Vec<PriceRow>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT provider, platform, model, aliases, mode, input::text, output::text, cache_write_5m::text,
                  cache_write_1h::text, cache_read::text, long_context_above, long_input::text, long_output::text,
                  long_cache_write_5m::text, long_cache_read::text, other, max_input, max_output, deprecation_date
           FROM prices WHERE price_version = $1 ORDER BY provider, platform, model, mode"#,
        version
    )
    .fetch_all(tx.conn())
    .await?;
    let rows = rows.into_iter().map(|row| {
        let count = |value: Option<i64>| value.and_then(|value| u64::try_from(value).ok());
        let texts = [
            row.input,
            row.output,
            row.cache_write_5m,
            row.cache_write_1h,
            row.cache_read,
            row.long_input,
            row.long_output,
            row.long_cache_write_5m,
            row.long_cache_read,
        ];
        let mut prices: BTreeMap<RateKey, String> = others(&row.other).collect();
        for ((long, meter, _), text) in COLUMNS.into_iter().zip(texts) {
            if let Some(text) = text {
                prices.insert(key(long, meter), text);
            }
        }
        PriceRow {
            provider: row.provider,
            platform: row.platform,
            model: row.model,
            aliases: row.aliases,
            mode: row.mode,
            prices,
            long_context_above: count(row.long_context_above),
            max_input: count(row.max_input),
            max_output: count(row.max_output),
            deprecation_date: row.deprecation_date,
        }
    });
    Ok(rows.collect())
}

fn key(long: bool, meter: Meter) -> RateKey {
    RateKey {
        long,
        tier: Tier::Standard,
        meter,
    }
}

fn others(other: &Value) -> impl Iterator<Item = (RateKey, String)> {
    let fields = other.as_object().into_iter().flatten();
    fields.filter_map(|(name, text)| Some((name.parse().ok()?, text.as_str()?.to_owned())))
}

/// Writes a version and tells all nodes.
pub(super) async fn insert(
    tx: &mut JobsTx,
    version: &NewVersion<'_>,
    rows: &[PriceRow],
) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO price_versions (price_version, effective_from, source, created_at, currency, usd_rate, rate_date,
                                     author, note)
         VALUES ($1, $2, $3, $4, $5, $6::text::numeric, $7, $8, $9)",
        version.id,
        version.effective_from,
        version.source,
        version.at,
        version.currency.code,
        version.currency.rate.to_string(),
        version.currency.dated,
        version.author,
        version.note
    )
    .execute(tx.conn())
    .await?;
    let list = Value::Array(rows.iter().map(fields).collect());
    sqlx::query!(
        "INSERT INTO prices (price_version, provider, platform, model, aliases, mode, input, output, cache_write_5m,
                             cache_write_1h, cache_read, long_context_above, long_input, long_output,
                             long_cache_write_5m, long_cache_read, other, max_input, max_output, deprecation_date)
         SELECT $1, row.* FROM jsonb_to_recordset($2::jsonb) AS row (
           provider text, platform text, model text, aliases text[], mode text, input numeric, output numeric,
           cache_write_5m numeric, cache_write_1h numeric, cache_read numeric, long_context_above bigint,
           long_input numeric, long_output numeric, long_cache_write_5m numeric, long_cache_read numeric, other jsonb,
           max_input bigint, max_output bigint, deprecation_date date)",
        version.id,
        list
    )
    .execute(tx.conn())
    .await?;
    announce_platform(tx, Topic::Prices, TenantId(Uuid::nil()), version.id, 0).await
}

/// A row as the statement above takes it.
fn fields(row: &PriceRow) -> Value {
    let (mut columns, mut other) = (Map::new(), Map::new());
    for (key, text) in row.named() {
        let text = Value::String(text.to_owned());
        let column = COLUMNS
            .iter()
            .find(|(long, meter, _)| self::key(*long, *meter) == key);
        match column {
            Some((_, _, name)) => columns.insert((*name).to_owned(), text),
            None => other.insert(key.to_string(), text),
        };
    }
    let mut about = json!({
        "provider": row.provider, "platform": row.platform, "model": row.model, "aliases": row.aliases,
        "mode": row.mode, "long_context_above": row.long_context_above, "max_input": row.max_input,
        "max_output": row.max_output, "deprecation_date": row.deprecation_date, "other": other,
    });
    if let Value::Object(about) = &mut about {
        about.append(&mut columns);
    }
    about
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_stay_text_and_those_without_a_column_go_beside() {
        let mut row = PriceRow::default().with(Meter::Input, "0.10");
        row.set("batch_input".parse().unwrap(), "0.05".to_owned());
        row.max_output = Some(7);
        let written = fields(&row);
        assert_eq!(written["input"], json!("0.10"));
        assert_eq!(written["other"], json!({"batch_input": "0.05"}));
        assert!(written["max_output"].is_number(), "{written}");
    }
}
