//! Verifications as they are asked for, run by one node at a time, and kept with what they found. Never in here: what is
//! verified, and when nobody asks.

use super::{VerifyReport, VerifyScope, verify_within};
use crate::error::LedgerError;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use sqlx::{ConnectOptions, Connection};
use std::collections::BTreeMap;
use tollgate_store::{AuditEntry, Db, JobsTx, PLATFORM_TENANT, record_platform_audits};
use uuid::Uuid;

/// Held by whoever runs one, on a connection of its own: the database frees it when the node dies. "verify" in ASCII.
const LOCK: i64 = 0x7665_7269_6679;
/// Without anybody's wish, what was booked since the last seal is looked at so often, once there is a seal.
const EVERY: TimeDelta = TimeDelta::hours(24);

/// A verification.
#[derive(Clone, Debug)]
pub struct Verification {
    /// Its id.
    pub verification_id: Uuid,
    /// How much is looked at.
    pub scope: VerifyScope,
    /// Who asked; empty: the day's own turn.
    pub author: String,
    /// When it was asked for.
    pub asked_at: DateTime<Utc>,
    /// Since when it is run; `None`: it waits.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended; `None`: it has not.
    pub finished_at: Option<DateTime<Utc>>,
    /// Tenants looked at.
    pub tenants: i64,
    /// Rows looked at, per check.
    pub checks: BTreeMap<String, u64>,
    /// The first row of each check and tenant that does not fit: `check`, `tenant_id`, `row`, `expected`, `found`.
    pub failures: Vec<Value>,
    /// Why it could not be run to its end.
    pub error: Option<String>,
}

impl VerifyScope {
    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::SinceSeal => "since_seal",
            Self::Quick => "quick",
        }
    }

    /// By its stored name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Whole, Self::SinceSeal, Self::Quick]
            .into_iter()
            .find(|scope| scope.as_str() == name)
    }
}

/// Asks for a verification; a node runs it soon. `false`: one waits or runs already, and nothing more is asked for. `audit`
/// is written in the same transaction.
///
/// # Errors
/// If the database is away.
pub async fn ask_verification(
    db: &Db,
    verification_id: Uuid,
    scope: VerifyScope,
    author: &str,
    audit: AuditEntry,
) -> Result<bool, LedgerError> {
    let mut tx = db.jobs().await?;
    if !insert(&mut tx, verification_id, scope, author, db.clock().now()).await? {
        return Ok(false);
    }
    record_platform_audits(&mut tx, [(PLATFORM_TENANT, audit)]).await?;
    tx.commit().await?;
    Ok(true)
}

async fn insert(
    tx: &mut JobsTx,
    id: Uuid,
    scope: VerifyScope,
    author: &str,
    now: DateTime<Utc>,
) -> Result<bool, LedgerError> {
    let done = sqlx::query!(
        "INSERT INTO ledger_verifications (verification_id, scope, author, asked_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT DO NOTHING",
        id,
        scope.as_str(),
        author,
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The latest verifications, the newest first; `before` is where a page goes on.
///
/// # Errors
/// If the database is away.
pub async fn verifications(
    tx: &mut JobsTx,
    before: Option<(DateTime<Utc>, Uuid)>,
    limit: i64,
) -> Result<Vec<Verification>, LedgerError> {
    let (at, id) = before.unzip();
    let rows = sqlx::query!(
        "SELECT verification_id, scope, author, asked_at, started_at, finished_at, tenants, checks, failures, error
         FROM ledger_verifications
         WHERE $1::timestamptz IS NULL OR (asked_at, verification_id) < ($1, $2)
         ORDER BY asked_at DESC, verification_id DESC LIMIT $3",
        at,
        id,
        limit
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            let unreadable = |error: serde_json::Error| LedgerError::Figure(error.to_string());
            Ok(Verification {
                verification_id: row.verification_id,
                scope: VerifyScope::named(&row.scope).unwrap_or_default(),
                author: row.author,
                asked_at: row.asked_at,
                started_at: row.started_at,
                finished_at: row.finished_at,
                tenants: row.tenants.unwrap_or_default(),
                checks: serde_json::from_value(row.checks).map_err(unreadable)?,
                failures: serde_json::from_value(row.failures).map_err(unreadable)?,
                error: row.error,
            })
        })
        .collect()
}

/// Runs the verification that waits, if there is one and no other node runs one; the day's own where none was run for a day.
/// Tells whether it ran one. What a node that died had begun is begun anew.
///
/// # Errors
/// If the database is away. What does not fit stands in the verification, and so does why it could not be run.
pub async fn run_verification(db: &Db) -> Result<bool, LedgerError> {
    if !is_due(db).await? {
        return Ok(false);
    }
    // A connection beside the pool, which others need while all is read.
    let mut lock = db.direct_options().connect().await?;
    let held = sqlx::query_scalar!(r#"SELECT pg_try_advisory_lock($1) AS "held!""#, LOCK)
        .fetch_one(&mut lock)
        .await?;
    let ran = held && run_claimed(db).await?;
    lock.close().await?;
    Ok(ran)
}

async fn run_claimed(db: &Db) -> Result<bool, LedgerError> {
    let Some((id, scope)) = claim(db).await? else {
        return Ok(false);
    };
    let outcome = verify_within(db, scope).await;
    match &outcome {
        Ok(report) if report.passed() => {}
        Ok(report) => {
            let first = report.failures.first().map(ToString::to_string);
            tracing::error!(
                failures = report.failures.len(),
                first = first.unwrap_or_default(),
                "the books do not agree"
            );
        }
        Err(error) => tracing::error!(%error, "the books could not be verified"),
    }
    finish(db, id, outcome).await?;
    Ok(true)
}

/// Whether one waits, or the day's own is to be run.
async fn is_due(db: &Db) -> Result<bool, LedgerError> {
    let (mut tx, since) = (db.jobs().await?, db.clock().now() - EVERY);
    let row = sqlx::query!(
        r#"SELECT EXISTS (SELECT FROM ledger_verifications WHERE finished_at IS NULL) AS "waits!",
                  EXISTS (SELECT FROM ledger_seals) AND NOT EXISTS (
                      SELECT FROM ledger_verifications WHERE asked_at > $1) AS "turn!""#,
        since
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(row.waits || row.turn)
}

async fn claim(db: &Db) -> Result<Option<(Uuid, VerifyScope)>, LedgerError> {
    let (mut tx, now) = (db.jobs().await?, db.clock().now());
    let recent = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM ledger_verifications WHERE asked_at > $1 OR finished_at IS NULL) AS "recent!""#,
        now - EVERY
    )
    .fetch_one(tx.conn())
    .await?;
    if !recent {
        insert(&mut tx, db.clock().new_id(), VerifyScope::SinceSeal, "", now).await?;
    }
    let row = sqlx::query!(
        "UPDATE ledger_verifications SET started_at = $1 WHERE finished_at IS NULL RETURNING verification_id, scope",
        now
    )
    .fetch_optional(tx.conn())
    .await?;
    tx.commit().await?;
    Ok(row.map(|row| {
        (
            row.verification_id,
            VerifyScope::named(&row.scope).unwrap_or_default(),
        )
    }))
}

async fn finish(db: &Db, id: Uuid, outcome: Result<VerifyReport, LedgerError>) -> Result<(), LedgerError> {
    let (report, error) = match outcome {
        Ok(report) => (report, None),
        Err(error) => (VerifyReport::default(), Some(error.to_string())),
    };
    let failures = report.failures.iter().map(|failure| {
        json!({
            "check": failure.check, "tenant_id": failure.tenant_id, "row": failure.row, "expected": failure.expected,
            "found": failure.found,
        })
    });
    let mut tx = db.jobs().await?;
    sqlx::query!(
        "UPDATE ledger_verifications SET finished_at = $2, tenants = $3, checks = $4, failures = $5, error = $6
         WHERE verification_id = $1",
        id,
        db.clock().now(),
        i64::try_from(report.tenants).unwrap_or(i64::MAX),
        json!(report.checks),
        Value::Array(failures.collect()),
        error
    )
    .execute(tx.conn())
    .await?;
    tx.commit().await?;
    metrics::gauge!("tollgate_ledger_verify_failures").set(match (&error, report.failures.len()) {
        (Some(_), _) => 1.0,
        #[expect(clippy::cast_precision_loss, reason = "a gauge; at most a hundred")]
        (None, failures) => failures as f64,
    });
    Ok(())
}
