//! Deletes captured bodies whose days are over.

use tollgate_store::{Db, StoreError};

/// Rows of one transaction: it must not hold locks for long.
const BATCH: i64 = 500;

/// Deletes what is due.
pub async fn run(db: &Db) -> Result<u64, StoreError> {
    let (now, mut touched) = (db.clock().now(), 0);
    loop {
        let mut tx = db.jobs().await?;
        let gone = sqlx::query!(
            "DELETE FROM captures WHERE (tenant_id, request_id) IN
               (SELECT tenant_id, request_id FROM captures WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)",
            now,
            BATCH
        )
        .execute(tx.conn())
        .await?
        .rows_affected();
        tx.commit().await?;
        touched += gone;
        if gone == 0 {
            return Ok(touched);
        }
    }
}
