//! Makes the days of tenants anew whose zone has changed.

use tollgate_ledger::{LedgerError, rezone};
use tollgate_store::{Db, StoreError};

/// Does it; tells how many tenants it was.
pub async fn run(db: &Db) -> Result<u64, StoreError> {
    rezone(db).await.map_err(|error| match error {
        LedgerError::Store(error) => error,
        other => StoreError::Refused(sqlx::Error::Protocol(other.to_string())),
    })
}
