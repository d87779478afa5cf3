//! Letters that are forgotten: what they say and whom they were for after a month, that there was one after a year and
//! some. Until then a document's page tells whether and when it was sent.

use chrono::TimeDelta;
use tollgate_store::{Db, StoreError};

/// For so long a letter's text, recipient and files are kept once it went out or was given up.
const TEXT_FOR: TimeDelta = TimeDelta::days(30);
/// For so long it is known that there was a letter.
const KNOWN_FOR: TimeDelta = TimeDelta::days(400);
/// Letters that one statement changes: they may have files of megabytes.
const AT_ONCE: i64 = 1_000;

/// Forgets what is old; tells of how many letters.
///
/// # Errors
/// `Unavailable` if the database is.
pub async fn forget_letters(db: &Db) -> Result<u64, StoreError> {
    let mut all = 0_u64;
    loop {
        let some = emptied(db).await?.saturating_add(deleted(db).await?);
        all = all.saturating_add(some);
        if some == 0 {
            return Ok(all);
        }
    }
}

async fn emptied(db: &Db) -> Result<u64, StoreError> {
    let mut tx = db.jobs().await?;
    let done = sqlx::query!(
        "UPDATE mail_outbox SET recipient = '---', subject = '-', body = '', last_error = '',
                file_names = '{}', file_types = '{}', file_bytes = '{}'
         WHERE (tenant_id, mail_id) IN (
             SELECT tenant_id, mail_id FROM mail_outbox
             WHERE created_at < $1 AND status <> 'queued' AND recipient <> '---' LIMIT $2)",
        db.clock().now() - TEXT_FOR,
        AT_ONCE
    )
    .execute(tx.conn())
    .await?;
    tx.commit().await?;
    Ok(done.rows_affected())
}

async fn deleted(db: &Db) -> Result<u64, StoreError> {
    let mut tx = db.jobs().await?;
    let done = sqlx::query!(
        "DELETE FROM mail_outbox WHERE (tenant_id, mail_id) IN (
             SELECT tenant_id, mail_id FROM mail_outbox WHERE created_at < $1 AND status <> 'queued' LIMIT $2)",
        db.clock().now() - KNOWN_FOR,
        AT_ONCE
    )
    .execute(tx.conn())
    .await?;
    tx.commit().await?;
    Ok(done.rows_affected())
}
