//! Links to exports, by which a browser loads a file before anybody has signed in.

use crate::{Db, StoreError};
use chrono::{DateTime, Utc};
use tollgate_contract::ids::{ExportId, TenantId};

/// What a link leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExportLinkTarget {
    /// Whose export.
    pub tenant: TenantId,
    /// Which.
    pub export: ExportId,
    /// SHA-256 of the address that the link was made for; none for a webhook's.
    pub recipient_hash: Option<[u8; 32]>,
}

impl Db {
    /// Finds the export behind a link's token by its hash, unless the link has expired.
    ///
    /// # Errors
    /// `Unavailable` if the database is.
    pub async fn resolve_export_link(
        &self,
        link_hash: &[u8; 32],
        at: DateTime<Utc>,
    ) -> Result<Option<ExportLinkTarget>, StoreError> {
        let (pool, hash) = (self.resolver.clone(), link_hash.to_vec());
        let found = self
            .core()
            .run(async move {
                sqlx::query!(
                    r#"SELECT tenant_id AS "tenant_id!", export_id AS "export_id!", recipient_hash
                       FROM resolve_export_link($1, $2)"#,
                    hash,
                    at
                )
                .fetch_optional(&pool)
                .await
            })
            .await??;
        Ok(found.map(|row| ExportLinkTarget {
            tenant: TenantId(row.tenant_id),
            export: ExportId(row.export_id),
            recipient_hash: row.recipient_hash.and_then(|hash| hash.try_into().ok()),
        }))
    }
}
