//! How many nodes are alive: what each may let through of a shared limit while Redis is away.

use chrono::TimeDelta;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tollgate_store::{Db, StoreError};

/// How often they are counted.
const COUNT_EVERY: Duration = Duration::from_secs(5);
/// A node says that it lives every five seconds; one that was silent for three times as long is gone.
const SILENCE_MAX: TimeDelta = TimeDelta::seconds(15);

/// The number of live nodes, this one included; counted from now on until the core runtime ends. While the database is
/// away the last number holds.
pub fn count(db: &Db) -> Arc<AtomicU32> {
    let nodes = Arc::new(AtomicU32::new(1));
    let (counted, db, stop) = (Arc::clone(&nodes), db.clone(), db.core().shutdown_token());
    db.core().clone().spawn("live-nodes", async move {
        loop {
            match stop.run_until_cancelled(live(&db)).await {
                None => return,
                Some(Ok(live)) => counted.store(live.max(1), Ordering::Relaxed),
                Some(Err(error)) => tracing::debug!(%error, "nodes can't be counted now"),
            }
            if stop
                .run_until_cancelled(tokio::time::sleep(COUNT_EVERY))
                .await
                .is_none()
            {
                return;
            }
        }
    });
    nodes
}

async fn live(db: &Db) -> Result<u32, StoreError> {
    let mut tx = db.jobs().await?;
    let nodes = sqlx::query_scalar!(
        r#"SELECT count(DISTINCT node_id) AS "nodes!" FROM node_epochs
           WHERE closed_at IS NULL AND fenced_at IS NULL AND heartbeat_at > $1"#,
        db.clock().now() - SILENCE_MAX
    )
    .fetch_one(tx.conn())
    .await?;
    tx.commit().await?;
    Ok(u32::try_from(nodes).unwrap_or(u32::MAX))
}
