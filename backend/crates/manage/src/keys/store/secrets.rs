//! The secrets of keys, as hashes: the newest works as long as its key does, older ones until they end. Each that is there
//! stands in the directory as well, and none that is not.

use chrono::{DateTime, Utc};
use tollgate_contract::ids::KeyId;
use tollgate_store::{ApiKeySecret, KeyHasher, StoreError, TenantTx};
use uuid::Uuid;

/// A secret to be written, without the secret.
#[derive(Debug)]
pub(in crate::keys) struct NewSecret {
    pub(in crate::keys) hash: [u8; 32],
    pub(in crate::keys) prefix: String,
    pub(in crate::keys) last_four: String,
}

impl NewSecret {
    pub(in crate::keys) fn of(secret: &ApiKeySecret, hasher: &KeyHasher) -> Self {
        Self {
            hash: hasher.hash(secret.expose()),
            prefix: secret.prefix().to_owned(),
            last_four: secret.last_four().to_owned(),
        }
    }
}

/// Gives keys, which have none that is newest, their newest secret.
pub(in crate::keys) async fn enter_secrets(
    tx: &mut TenantTx,
    secrets: &[(KeyId, &NewSecret)],
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let tenant = tx.tenant_id();
    let keys: Vec<Uuid> = secrets.iter().map(|(key, _)| key.0).collect();
    let hashes: Vec<Vec<u8>> = secrets.iter().map(|(_, secret)| secret.hash.to_vec()).collect();
    let prefixes: Vec<&str> = secrets.iter().map(|(_, secret)| secret.prefix.as_str()).collect();
    let ends: Vec<&str> = secrets
        .iter()
        .map(|(_, secret)| secret.last_four.as_str())
        .collect();
    sqlx::query!(
        "INSERT INTO api_key_secrets (tenant_id, key_id, secret_hash, prefix, last_four, created_at)
         SELECT $1, n.*, $6 FROM unnest($2::uuid[], $3::bytea[], $4::text[], $5::text[]) AS n",
        tenant.0,
        &keys,
        &hashes,
        &prefixes as &[&str],
        &ends as &[&str],
        at
    )
    .execute(tx.conn())
    .await?;
    tx.enter_keys(&hashes, &keys).await
}

/// Ends what secrets a locked key has: the newest works until then, and no longer where that is now; older ones end now.
pub(in crate::keys) async fn end_secrets(
    tx: &mut TenantTx,
    key: KeyId,
    until: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let tenant = tx.tenant_id();
    let ended = sqlx::query_scalar!(
        "DELETE FROM api_key_secrets WHERE tenant_id = $1 AND key_id = $2 AND (valid_until IS NOT NULL OR $3)
         RETURNING secret_hash",
        tenant.0,
        key.0,
        until <= now
    )
    .fetch_all(tx.conn())
    .await?;
    tx.forget_secrets(&ended).await?;
    sqlx::query!(
        "UPDATE api_key_secrets SET valid_until = $3 WHERE tenant_id = $1 AND key_id = $2",
        tenant.0,
        key.0,
        until
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
