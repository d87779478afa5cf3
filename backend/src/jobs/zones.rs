//! Makes the days of tenants anew whose zone has changed, and the sums by one thing of what is over.

use super::as_store;
use std::time::Duration;
use tollgate_ledger::rezone;
use tollgate_store::{Db, StoreError};

/// How long one run makes sums: others want to run as well, and the next one goes on.
const SUMS_LIMIT: Duration = Duration::from_secs(20);

/// Makes days anew; tells how many tenants it was.
pub async fn run(db: &Db) -> Result<u64, StoreError> {
    rezone(db).await.map_err(as_store)
}

/// Makes sums; tells of how many hours and days.
pub async fn sum_up(db: &Db) -> Result<u64, StoreError> {
    tollgate_ledger::sum_up(db, SUMS_LIMIT).await.map_err(as_store)
}
