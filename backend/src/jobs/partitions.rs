//! Keeps the partitions of usage events and platform costs three months ahead. Without one, nothing could be booked.

use tollgate_store::{Db, StoreError};

/// Three months without this job do no harm.
const MONTHS_AHEAD: i32 = 3;

/// Makes what is missing; what is there stays.
pub async fn run(db: &Db) -> Result<u64, StoreError> {
    let mut tx = db.jobs().await?;
    let made = sqlx::query_scalar!("SELECT ensure_partitions($1, $2)", db.clock().now(), MONTHS_AHEAD)
        .fetch_one(tx.conn())
        .await?;
    tx.commit().await?;
    Ok(made.and_then(|made| u64::try_from(made).ok()).unwrap_or_default())
}
