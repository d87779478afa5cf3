//! Deletes what accounts leave behind: old lines of their timelines, windows that are over, ways to a vendor's consent
//! that nobody finished, and vendors' objects that have expired there.

use chrono::TimeDelta;
use tollgate_store::{Db, StoreError};

/// Lines of an account's timeline are kept for this long.
const EVENTS_KEPT: TimeDelta = TimeDelta::days(90);
/// A window says nothing any more once it has begun anew without anybody having told of it since.
const WINDOWS_KEPT: TimeDelta = TimeDelta::days(1);
/// Rows that one statement deletes: it must not hold locks for long.
const BATCH: i64 = 5_000;

/// Deletes what is due.
pub async fn run(db: &Db) -> Result<u64, StoreError> {
    Ok(events(db).await? + windows(db).await? + flows(db).await? + objects(db).await?)
}

async fn events(db: &Db) -> Result<u64, StoreError> {
    let before = db.clock().now() - EVENTS_KEPT;
    let mut deleted = 0;
    loop {
        let mut tx = db.jobs().await?;
        let batch = sqlx::query!(
            "DELETE FROM account_events WHERE (tenant_id, account_id, event_id) IN
                 (SELECT tenant_id, account_id, event_id FROM account_events WHERE at < $1 ORDER BY at LIMIT $2)",
            before,
            BATCH
        )
        .execute(tx.conn())
        .await?;
        tx.commit().await?;
        deleted += batch.rows_affected();
        if batch.rows_affected() < BATCH.unsigned_abs() {
            return Ok(deleted);
        }
    }
}

/// At most some dozens an account.
async fn windows(db: &Db) -> Result<u64, StoreError> {
    let mut tx = db.jobs().await?;
    let deleted = sqlx::query!(
        "DELETE FROM account_windows w USING accounts a
         WHERE a.tenant_id = w.tenant_id AND a.account_id = w.account_id
           AND (a.deleted_at IS NOT NULL OR w.resets_at < $1)",
        db.clock().now() - WINDOWS_KEPT
    )
    .execute(tx.conn())
    .await?;
    tx.commit().await?;
    Ok(deleted.rows_affected())
}

/// People begin these by hand: there are few.
async fn flows(db: &Db) -> Result<u64, StoreError> {
    let mut tx = db.jobs().await?;
    let deleted = sqlx::query!("DELETE FROM oauth_flows WHERE expires_at < $1", db.clock().now())
        .execute(tx.conn())
        .await?;
    tx.commit().await?;
    Ok(deleted.rows_affected())
}

async fn objects(db: &Db) -> Result<u64, StoreError> {
    let now = db.clock().now();
    let mut deleted = 0;
    loop {
        let mut tx = db.jobs().await?;
        let batch = sqlx::query!(
            "DELETE FROM provider_objects WHERE (tenant_id, object_id) IN
                 (SELECT tenant_id, object_id FROM provider_objects WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)",
            now,
            BATCH
        )
        .execute(tx.conn())
        .await?;
        tx.commit().await?;
        deleted += batch.rows_affected();
        if batch.rows_affected() < BATCH.unsigned_abs() {
            return Ok(deleted);
        }
    }
}
