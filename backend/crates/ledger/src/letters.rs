//! Dead letters as an operator works them off: looked at, booked after all, or given up with a reason. Never in here: how
//! an entry becomes one (settlement), and who may.

use crate::entry::Entry;
use crate::error::LedgerError;
use crate::settle::{EventRow, rebook};
use chrono::{DateTime, Utc};
use serde_json::Value;
use tollgate_contract::ids::TenantId;
use tollgate_store::{AuditEntry, Db, JobsTx, record_platform_audits};
use uuid::Uuid;

/// Longest reason that the database takes.
const REASON_MAX: usize = 500;
/// Longest name of whoever worked it off.
const AUTHOR_MAX: usize = 200;

/// Which letter: a request may have one of each kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LetterId {
    /// Whose request it is.
    pub tenant_id: TenantId,
    /// The request.
    pub request_id: Uuid,
    /// `poison`: can't be booked; `conflict`: differs from what is booked under its id.
    pub kind: String,
}

/// A dead letter.
#[derive(Clone, Debug)]
pub struct DeadLetter {
    /// Which.
    pub id: LetterId,
    /// Why it could not be booked.
    pub error: String,
    /// The entry as it was, or `{"hex": …}` where it can't be read.
    pub entry: Value,
    /// Whose journal held it.
    pub node_id: Uuid,
    /// In which epoch.
    pub epoch: i64,
    /// Since when it lies here.
    pub created_at: DateTime<Utc>,
    /// Since when it is worked off.
    pub resolved_at: Option<DateTime<Utc>>,
    /// By whom.
    pub resolved_by: Option<String>,
    /// `booked` or `given_up`.
    pub resolution: Option<String>,
    /// Why it was given up.
    pub reason: Option<String>,
}

/// Why a letter stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum LetterError {
    /// The database, or the entry's own figures.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// There is none of this id.
    #[error("there is no such dead letter")]
    Unknown,
    /// It is worked off.
    #[error("this dead letter is resolved already")]
    Resolved,
    /// Its bytes can't be read: it can only be given up.
    #[error("its entry can't be read: {0}")]
    Unreadable(String),
    /// It still can't be booked, or still differs.
    #[error("it can't be booked: {0}")]
    StillDead(String),
    /// A text is empty or too long; names the field.
    #[error("{0} must have 1 to {1} characters")]
    Text(&'static str, usize),
}

impl From<sqlx::Error> for LetterError {
    fn from(error: sqlx::Error) -> Self {
        Self::Ledger(error.into())
    }
}

impl From<tollgate_store::StoreError> for LetterError {
    fn from(error: tollgate_store::StoreError) -> Self {
        Self::Ledger(error.into())
    }
}

/// Letters, the newest first, those that are open or all; `before` is where a page goes on.
///
/// # Errors
/// If the database is away.
pub async fn dead_letters(
    tx: &mut JobsTx,
    open_only: bool,
    before: Option<(DateTime<Utc>, Uuid)>,
    limit: i64,
) -> Result<Vec<DeadLetter>, LedgerError> {
    let (before_at, before_id) = before.unzip();
    let rows = sqlx::query!(
        "SELECT tenant_id, request_id, kind, entry, error, node_id, epoch, created_at, resolved_at, resolved_by, resolution,
                reason
         FROM settle_dead_letters
         WHERE (NOT $1 OR resolved_at IS NULL)
           AND ($2::timestamptz IS NULL OR (created_at, request_id) < ($2, $3))
         ORDER BY created_at DESC, request_id DESC LIMIT $4",
        open_only,
        before_at,
        before_id,
        limit
    )
    .fetch_all(tx.conn())
    .await?;
    let letters = rows.into_iter().map(|row| DeadLetter {
        id: LetterId {
            tenant_id: TenantId(row.tenant_id),
            request_id: row.request_id,
            kind: row.kind,
        },
        error: row.error,
        entry: row.entry,
        node_id: row.node_id,
        epoch: row.epoch,
        created_at: row.created_at,
        resolved_at: row.resolved_at,
        resolved_by: row.resolved_by,
        resolution: row.resolution,
        reason: row.reason,
    });
    Ok(letters.collect())
}

/// Books a letter's entry after all, through settlement: as if it came from its journal now. What is booked under its id
/// just so counts as done as well. `audit` is written in the same transaction.
///
/// # Errors
/// As [`LetterError`] says; then nothing has changed.
pub async fn retry_letter(
    db: &Db,
    id: &LetterId,
    author: &str,
    audit: AuditEntry,
) -> Result<(), LetterError> {
    if !fits(author, AUTHOR_MAX) {
        return Err(LetterError::Text("author", AUTHOR_MAX));
    }
    let mut tx = db.jobs().await?;
    let row = sqlx::query!(
        "SELECT entry, resolved_at FROM settle_dead_letters WHERE tenant_id = $1 AND request_id = $2 AND kind = $3",
        id.tenant_id.0,
        id.request_id,
        id.kind
    )
    .fetch_optional(tx.conn())
    .await?
    .ok_or(LetterError::Unknown)?;
    drop(tx);
    if row.resolved_at.is_some() {
        return Err(LetterError::Resolved);
    }
    let entry: Entry =
        serde_json::from_value(row.entry).map_err(|error| LetterError::Unreadable(error.to_string()))?;
    let told = (entry.open.tenant_id, entry.open.request_id.0);
    if told != (id.tenant_id, id.request_id) {
        return Err(LetterError::StillDead("it is another request's entry".to_owned()));
    }
    let row = EventRow::new(&std::sync::Arc::new(entry))
        .map_err(|error| LetterError::StillDead(error.to_string()))?;
    rebook(db, row, id, author, audit).await
}

/// Gives a letter up: nothing is booked of it, and `verify` counts it as dealt with. `audit` is written in the same
/// transaction.
///
/// # Errors
/// As [`LetterError`] says; then nothing has changed.
pub async fn resolve_letter(
    db: &Db,
    id: &LetterId,
    reason: &str,
    author: &str,
    audit: AuditEntry,
) -> Result<(), LetterError> {
    for (field, text, max) in [("reason", reason, REASON_MAX), ("author", author, AUTHOR_MAX)] {
        if !fits(text, max) {
            return Err(LetterError::Text(field, max));
        }
    }
    let mut tx = db.jobs().await?;
    let done = sqlx::query!(
        "UPDATE settle_dead_letters SET resolved_at = $4, resolved_by = $5, resolution = 'given_up', reason = $6
         WHERE tenant_id = $1 AND request_id = $2 AND kind = $3 AND resolved_at IS NULL",
        id.tenant_id.0,
        id.request_id,
        id.kind,
        db.clock().now(),
        author,
        reason
    )
    .execute(tx.conn())
    .await?;
    if done.rows_affected() != 1 {
        let there = sqlx::query_scalar!(
            r#"SELECT EXISTS (SELECT FROM settle_dead_letters
                              WHERE tenant_id = $1 AND request_id = $2 AND kind = $3) AS "there!""#,
            id.tenant_id.0,
            id.request_id,
            id.kind
        )
        .fetch_one(tx.conn())
        .await?;
        return Err(if there {
            LetterError::Resolved
        } else {
            LetterError::Unknown
        });
    }
    record_platform_audits(&mut tx, [(id.tenant_id, audit)]).await?;
    tx.commit().await?;
    Ok(())
}

fn fits(text: &str, max: usize) -> bool {
    (1..=max).contains(&text.chars().count()) && !text.contains('\0')
}
