//! Deletes refresh tokens that have expired, and sessions some time after they have.

use chrono::TimeDelta;
use tollgate_store::{Db, StoreError};

/// Ended sessions are listed on people's pages for this long.
const SESSIONS_KEPT: TimeDelta = TimeDelta::days(30);

/// Deletes what is due.
pub async fn run(db: &Db) -> Result<u64, StoreError> {
    let now = db.clock().now();
    let mut tx = db.jobs().await?;
    let tokens = sqlx::query!("DELETE FROM refresh_directory WHERE expires_at < $1", now)
        .execute(tx.conn())
        .await?;
    let sessions = sqlx::query!(
        "DELETE FROM sign_in_sessions WHERE expires_at < $1",
        now - SESSIONS_KEPT
    )
    .execute(tx.conn())
    .await?;
    tx.commit().await?;
    Ok(tokens.rows_affected() + sessions.rows_affected())
}
