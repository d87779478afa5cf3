//! Drops months of usage that are older than the platform keeps, and blanks what tenants keep for a shorter time.

use super::as_store;
use tollgate_ledger::{Fate, drop_months, redact};
use tollgate_store::{Db, StoreError};

/// For how long usage is kept.
#[derive(Clone, Copy, Debug)]
pub struct UsageCare {
    /// Whole months; 0: for ever.
    pub usage_months: u32,
}

impl UsageCare {
    /// Does what is due; tells how many events it touched.
    pub async fn run(self, db: &Db) -> Result<u64, StoreError> {
        let mut touched = redact(db).await.map_err(as_store)?;
        if self.usage_months == 0 {
            return Ok(touched);
        }
        for (month, fate) in drop_months(db, self.usage_months).await.map_err(as_store)? {
            let month = month.format("%Y-%m");
            match fate {
                Fate::Dropped(events) => touched += u64::try_from(events).unwrap_or(0),
                Fate::Open(tenant) => {
                    tracing::warn!(%month, tenant.id = %tenant, "usage is kept: the tenant's month is not closed");
                }
                Fate::Unsealed(tenant) => {
                    tracing::warn!(%month, tenant.id = %tenant, "usage is kept: no seal says what there is of it");
                }
            }
        }
        Ok(touched)
    }
}
