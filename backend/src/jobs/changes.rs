//! Deletes announced changes once every node has seen them: nodes poll each second, and one that was away for longer
//! starts with empty caches.

use chrono::TimeDelta;
use tollgate_store::{Db, StoreError};

/// Far beyond any pause after which a node would still trust its caches.
const CHANGES_KEPT: TimeDelta = TimeDelta::days(1);

/// Deletes what is due.
pub async fn run(db: &Db) -> Result<u64, StoreError> {
    let mut tx = db.jobs().await?;
    let deleted = sqlx::query!(
        "DELETE FROM changes WHERE created_at < $1",
        db.clock().now() - CHANGES_KEPT
    )
    .execute(tx.conn())
    .await?;
    tx.commit().await?;
    Ok(deleted.rows_affected())
}
