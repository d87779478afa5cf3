//! The price book as it is written: the one that comes with the binary, and those that an operator imports. A version is
//! never changed; a later one takes its place from an instant on. Never in here: what a request costs.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tollgate_contract::ids::TenantId;
use tollgate_money::{CsvError, PriceRow, parse_csv};
use tollgate_store::{Db, JobsTx, PLATFORM_TENANT, StoreError, Topic, announce_platform};
use uuid::Uuid;

/// List prices as of the binary's release.
const BUNDLED: &str = include_str!("../../data/model_prices.csv");
/// What the first version says about where it comes from.
const BUNDLED_SOURCE: &str = concat!("tollgate ", env!("CARGO_PKG_VERSION"));
/// Keeps two first versions apart: "prices" in ASCII.
const LOCK: i64 = 0x7072_6963_6573;
/// "Now" in an operator's file may be some moments ago when it is read.
const PAST_MAX: TimeDelta = TimeDelta::minutes(5);

/// Why prices can't be written.
#[derive(Debug, thiserror::Error)]
pub enum PricesError {
    /// The file is no price list.
    #[error("the price list: {0}")]
    Csv(#[from] CsvError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is a version that begins at the same instant.
    #[error("there is a version that holds from {0} on already; `tollgate prices list` shows all")]
    Taken(DateTime<Utc>),
    /// What was booked is booked.
    #[error("{0} is past: what was booked since then keeps its prices; give `now` or an instant to come")]
    Past(DateTime<Utc>),
}

impl From<sqlx::Error> for PricesError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// What was written.
#[derive(Clone, Copy, Debug)]
pub struct Written {
    /// The version's id.
    pub version: Uuid,
    /// How many models it prices.
    pub models: usize,
}

/// Writes the list that comes with the binary as the first version, holding since ever, if there is none. `None`: there
/// is one.
///
/// # Errors
/// If the database fails.
pub async fn ensure(db: &Db) -> Result<Option<Written>, PricesError> {
    let rows = parse_csv(BUNDLED)?;
    let mut tx = db.jobs().await?;
    sqlx::query!("SELECT pg_advisory_xact_lock($1)", LOCK)
        .execute(tx.conn())
        .await?;
    let there = sqlx::query_scalar!(r#"SELECT EXISTS (SELECT FROM price_versions) AS "there!""#)
        .fetch_one(tx.conn())
        .await?;
    if there {
        return Ok(None);
    }
    let written = write(&mut tx, db, &rows, BUNDLED_SOURCE, DateTime::UNIX_EPOCH).await?;
    tx.commit().await?;
    Ok(Some(written))
}

/// Where an imported list comes from.
#[derive(Debug)]
pub struct Import<'a> {
    /// The list, as CSV.
    pub text: &'a str,
    /// The file's name.
    pub source: &'a str,
    /// From when on it holds; `None`: from now on.
    pub effective_from: Option<DateTime<Utc>>,
    /// Who imports it.
    pub author: &'a str,
}

/// Writes a list as a version, audits it and tells all nodes.
///
/// # Errors
/// See [`PricesError`]; nothing is written then.
pub async fn import(db: &Db, import: &Import<'_>) -> Result<Written, PricesError> {
    let rows = parse_csv(import.text)?;
    let now = db.clock().now();
    let from = import.effective_from.unwrap_or(now);
    if from < now - PAST_MAX {
        return Err(PricesError::Past(from));
    }
    let mut tx = db.jobs().await?;
    let written = write(&mut tx, db, &rows, import.source, from).await?;
    let changes = json!({"source": import.source, "effective_from": from, "models": written.models});
    sqlx::query!(
        "INSERT INTO audit_log (tenant_id, audit_id, actor_kind, actor_name, action, target_id, target_name, changes,
                                created_at)
         VALUES ($1, $2, 'operator', $3, 'prices.imported', $4, $5, $6, $7)",
        PLATFORM_TENANT.0,
        db.clock().new_id(),
        import.author,
        written.version,
        import.source,
        changes,
        now
    )
    .execute(tx.conn())
    .await?;
    tx.commit().await?;
    Ok(written)
}

async fn write(
    tx: &mut JobsTx,
    db: &Db,
    rows: &[PriceRow],
    source: &str,
    effective_from: DateTime<Utc>,
) -> Result<Written, PricesError> {
    let version = db.clock().new_id();
    sqlx::query!(
        "INSERT INTO price_versions (price_version, effective_from, source, created_at) VALUES ($1, $2, $3, $4)",
        version,
        effective_from,
        source,
        db.clock().now()
    )
    .execute(tx.conn())
    .await
    .map_err(|error| match StoreError::from(error) {
        StoreError::Duplicate(_) => PricesError::Taken(effective_from),
        error => error.into(),
    })?;
    // Prices go as text all the way, so that they stay exact.
    let list = Value::Array(rows.iter().map(fields).collect());
    sqlx::query!(
        "INSERT INTO prices (price_version, provider, model, mode, input, output, cache_write_5m, cache_write_1h,
                             cache_read, long_context_above, long_input, long_output, long_cache_write_5m,
                             long_cache_read, max_input, max_output, deprecation_date)
         SELECT $1, row.* FROM jsonb_to_recordset($2::jsonb) AS row (
           provider text, model text, mode text, input numeric, output numeric, cache_write_5m numeric,
           cache_write_1h numeric, cache_read numeric, long_context_above bigint, long_input numeric,
           long_output numeric, long_cache_write_5m numeric, long_cache_read numeric, max_input bigint,
           max_output bigint, deprecation_date date)",
        version,
        list
    )
    .execute(tx.conn())
    .await?;
    announce_platform(tx, Topic::Prices, TenantId(Uuid::nil()), version, 0).await?;
    let models: BTreeSet<_> = rows.iter().map(|row| (&row.provider, &row.model)).collect();
    Ok(Written {
        version,
        models: models.len(),
    })
}

fn fields(row: &PriceRow) -> Value {
    json!({
        "provider": row.provider, "model": row.model, "mode": row.mode,
        "input": row.input, "output": row.output,
        "cache_write_5m": row.cache_write_5m, "cache_write_1h": row.cache_write_1h, "cache_read": row.cache_read,
        "long_context_above": row.long_context_above, "long_input": row.long_input, "long_output": row.long_output,
        "long_cache_write_5m": row.long_cache_write_5m, "long_cache_read": row.long_cache_read,
        "max_input": row.max_input, "max_output": row.max_output, "deprecation_date": row.deprecation_date
    })
}

/// A version as it is listed.
#[derive(Debug)]
pub struct VersionLine {
    /// Its id.
    pub version: Uuid,
    /// From when on it holds.
    pub effective_from: DateTime<Utc>,
    /// Where it comes from.
    pub source: String,
    /// How many rows it has.
    pub rows: i64,
    /// Whether it holds now.
    pub holds: bool,
}

/// All versions, the newest first.
///
/// # Errors
/// If the database fails.
pub async fn list(db: &Db) -> Result<Vec<VersionLine>, StoreError> {
    let mut tx = db.jobs().await?;
    let lines = sqlx::query_as!(
        VersionLine,
        r#"SELECT v.price_version AS version, v.effective_from, v.source,
                  (SELECT count(*) FROM prices p WHERE p.price_version = v.price_version) AS "rows!",
                  v.effective_from = (SELECT max(effective_from) FROM price_versions WHERE effective_from <= $1) IS TRUE
                    AS "holds!"
           FROM price_versions v ORDER BY v.effective_from DESC"#,
        db.clock().now()
    )
    .fetch_all(tx.conn())
    .await?;
    tx.commit().await?;
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundled_list_is_a_price_list_and_prices_stay_text() {
        let rows = parse_csv(BUNDLED).expect("a price list");
        assert!(rows.len() > 400);
        let opus = rows
            .iter()
            .find(|row| row.model == "claude-opus-4-6")
            .expect("the demo's model");
        let written = fields(opus);
        assert_eq!(written["input"], json!(opus.input));
        assert!(
            written["input"].is_string() && written["max_output"].is_number(),
            "{written}"
        );
    }
}
