//! Writing the price book: the list that comes with the binary, imports and edits. A version is never changed; a later one
//! takes its place from an instant on. Also the doors for the command line.

use super::store::{self, NewVersion};
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use tollgate_contract::prices::PriceVersion;
use tollgate_money::{Currency, ListDiff, ListError, PriceRow, diff, parse_csv, parse_litellm};
use tollgate_store::{Db, JobsTx, PLATFORM_TENANT, StoreError};
use uuid::Uuid;

/// "Now" in an operator's file may be some moments ago when it is read.
const PAST_MAX: TimeDelta = TimeDelta::minutes(5);

/// Why prices can't be written.
#[derive(Debug, thiserror::Error)]
pub enum PricesError {
    /// The file is no price list.
    #[error("the price list: {0}")]
    List(#[from] ListError),
    /// The list has no row that can be sold.
    #[error("the price list has no model that could be priced")]
    Empty,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is a version that begins then or later.
    #[error("there is a version that holds from {0} on already: a new one must begin later than the newest")]
    Taken(DateTime<Utc>),
    /// What was booked is booked.
    #[error("{0} is past: what was booked since then keeps its prices; give `now` or an instant to come")]
    Past(DateTime<Utc>),
    /// Another version came in between.
    #[error("the newest version is another one by now; look at the difference again")]
    Moved,
}

impl From<sqlx::Error> for PricesError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// How a list is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListFormat {
    /// As `model_prices.csv` is.
    Csv,
    /// As LiteLLM's public list is.
    Litellm,
}

impl ListFormat {
    /// Reads a list; also what was passed over, by reason.
    pub(super) fn read(self, text: &str) -> Result<(Vec<PriceRow>, BTreeMap<String, u64>), PricesError> {
        let (rows, left_out) = match self {
            Self::Csv => (parse_csv(text)?, BTreeMap::new()),
            Self::Litellm => {
                let list = parse_litellm(text)?;
                let counted = list.left_out.into_iter();
                let counted = counted.map(|(why, count)| (why, u64::try_from(count).unwrap_or(u64::MAX)));
                (list.rows, counted.collect())
            }
        };
        if rows.is_empty() {
            return Err(PricesError::Empty);
        }
        Ok((rows, left_out))
    }
}

/// Where an imported list comes from.
#[derive(Debug)]
pub struct Import<'a> {
    /// How it is written.
    pub format: ListFormat,
    /// The list.
    pub text: &'a str,
    /// The file's name.
    pub source: &'a str,
    /// From when on it holds; `None`: from now on.
    pub effective_from: Option<DateTime<Utc>>,
    /// What its prices are in.
    pub currency: Currency,
    /// Who imports it.
    pub author: &'a str,
    /// What it is for.
    pub note: &'a str,
    /// The newest version as the author knows it; `None`: whichever it is.
    pub base: Option<Uuid>,
}

/// What was written, or would be.
#[derive(Debug)]
pub struct Written {
    /// The version's id; `None`: only looked at.
    pub version: Option<Uuid>,
    /// The newest version before it.
    pub base: Option<Uuid>,
    /// How many models it prices.
    pub models: usize,
    /// How it differs from the newest version before it.
    pub diff: ListDiff,
    /// What was passed over, by reason.
    pub left_out: BTreeMap<String, u64>,
}

/// A version as it is listed.
pub type VersionLine = PriceVersion;

/// Writes a list as the first version, holding since ever, if there is none. `None`: there is one.
///
/// # Errors
/// If the database fails.
pub async fn ensure_prices(db: &Db, text: &str, source: &str) -> Result<Option<Written>, PricesError> {
    let rows = parse_csv(text)?;
    let mut tx = db.jobs().await?;
    store::lock(&mut tx).await?;
    let there = sqlx::query_scalar!(r#"SELECT EXISTS (SELECT FROM price_versions) AS "there!""#)
        .fetch_one(tx.conn())
        .await?;
    if there {
        return Ok(None);
    }
    let version = NewVersion {
        id: db.clock().new_id(),
        effective_from: DateTime::UNIX_EPOCH,
        source,
        currency: &Currency::default(),
        author: "",
        note: "",
        at: db.clock().now(),
    };
    store::insert(&mut tx, &version, &rows).await?;
    let written = Written {
        version: Some(version.id),
        base: None,
        models: models(&rows),
        diff: ListDiff::default(),
        left_out: BTreeMap::new(),
    };
    tx.commit().await?;
    Ok(Some(written))
}

/// Writes a list as a version, audits it and tells all nodes.
///
/// # Errors
/// See [`PricesError`]; nothing is written then.
pub async fn import_prices(db: &Db, import: &Import<'_>) -> Result<Written, PricesError> {
    let (rows, left_out) = import.format.read(import.text)?;
    let change = Change {
        rows,
        left_out,
        source: import.source,
        effective_from: import.effective_from,
        currency: import.currency.clone(),
        author: import.author,
        note: import.note,
        base: import.base,
    };
    let mut tx = db.jobs().await?;
    let written = apply(db, &mut tx, change, true).await?;
    audit(db, &mut tx, import, &written).await?;
    tx.commit().await?;
    Ok(written)
}

/// What a list would change.
///
/// # Errors
/// As [`import_prices`]; nothing is written in any case.
pub async fn look_at_prices(db: &Db, import: &Import<'_>) -> Result<Written, PricesError> {
    let (rows, left_out) = import.format.read(import.text)?;
    let change = Change {
        rows,
        left_out,
        source: import.source,
        effective_from: import.effective_from,
        currency: import.currency.clone(),
        author: import.author,
        note: import.note,
        base: import.base,
    };
    let mut tx = db.jobs().await?;
    apply(db, &mut tx, change, false).await
}

/// All versions, the newest first.
///
/// # Errors
/// If the database fails.
pub async fn list_prices(db: &Db) -> Result<Vec<VersionLine>, StoreError> {
    let mut tx = db.jobs().await?;
    let versions = store::versions(&mut tx, db.clock().now()).await?;
    tx.commit().await?;
    Ok(versions)
}

/// A version that is wanted.
pub(super) struct Change<'a> {
    pub(super) rows: Vec<PriceRow>,
    pub(super) left_out: BTreeMap<String, u64>,
    pub(super) source: &'a str,
    pub(super) effective_from: Option<DateTime<Utc>>,
    pub(super) currency: Currency,
    pub(super) author: &'a str,
    pub(super) note: &'a str,
    pub(super) base: Option<Uuid>,
}

/// Looks whether a version can be written, and writes it if it shall be.
pub(super) async fn apply(
    db: &Db,
    tx: &mut JobsTx,
    change: Change<'_>,
    write: bool,
) -> Result<Written, PricesError> {
    let now = db.clock().now();
    let from = change.effective_from.unwrap_or(now).trunc_subsecs(6);
    if from < now - PAST_MAX {
        return Err(PricesError::Past(from));
    }
    store::lock(tx).await?;
    let newest = store::versions(tx, now).await?.into_iter().next();
    let base = newest.as_ref().map(|version| version.id.0);
    if change.base.is_some() && change.base != base {
        return Err(PricesError::Moved);
    }
    if let Some(newest) = newest.filter(|newest| newest.effective_from >= from) {
        return Err(PricesError::Taken(newest.effective_from));
    }
    let before = match base {
        Some(base) => store::rows(tx, base).await?,
        None => Vec::new(),
    };
    let mut version = None;
    if write {
        let id = db.clock().new_id();
        let new = NewVersion {
            id,
            effective_from: from,
            source: change.source,
            currency: &change.currency,
            author: change.author,
            note: change.note,
            at: now,
        };
        store::insert(tx, &new, &change.rows).await?;
        version = Some(id);
    }
    Ok(Written {
        version,
        base,
        models: models(&change.rows),
        diff: diff(&before, &change.rows),
        left_out: change.left_out,
    })
}

fn models(rows: &[PriceRow]) -> usize {
    let models: BTreeSet<_> = rows.iter().map(|row| (&row.provider, &row.model)).collect();
    models.len()
}

/// The trail of an import from the command line.
async fn audit(db: &Db, tx: &mut JobsTx, import: &Import<'_>, written: &Written) -> Result<(), StoreError> {
    let changes = json!({
        "source": import.source, "effective_from": import.effective_from, "models": written.models,
        "added": written.diff.added.len(), "removed": written.diff.removed.len(),
        "changed": written.diff.changed.len(),
    });
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
        db.clock().now()
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
