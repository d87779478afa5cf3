//! Data keys: one current per tenant, made with its first secret, stored wrapped, remembered unwrapped.
//!
//! What `data_keys.wrapped` holds: 1 byte 1 (version of this layout), 12 bytes nonce, the rest the encrypted key with
//! its tag; associated data: tenant|data_keys|id|wrapped.

use super::cipher::{Key, MasterKey, NONCE_BYTES, decrypt, encrypt};
use super::{LAYOUT, SecretError, SecretPlace};
use crate::{Clock, TenantTx};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use tollgate_contract::ids::TenantId;
use uuid::Uuid;

/// Unwrapped keys that are remembered; more are forgotten all at once and read again when they are needed.
const REMEMBERED_MAX: usize = 10_000;

#[derive(Debug)]
pub(super) struct DataKeys {
    master: MasterKey,
    clock: Clock,
    remembered: Mutex<HashMap<(TenantId, Uuid), Arc<Key>>>,
}

impl DataKeys {
    pub(super) fn new(master: MasterKey, clock: Clock) -> Self {
        Self {
            master,
            clock,
            remembered: Mutex::default(),
        }
    }

    /// The key under which the tenant's new secrets are sealed; made now if there is none. Two transactions that make
    /// the first one at once make two: each sealed value names its own.
    pub(super) async fn current(&self, tx: &mut TenantTx) -> Result<(Uuid, Arc<Key>), SecretError> {
        let tenant = tx.tenant_id();
        let found = sqlx::query!(
            "SELECT data_key_id, master_key_id, wrapped FROM data_keys
             WHERE tenant_id = $1 AND retired_at IS NULL ORDER BY created_at DESC, data_key_id DESC LIMIT 1",
            tenant.0
        )
        .fetch_optional(tx.conn())
        .await?;
        match found {
            // Not remembered: this transaction may have made it, and may be rolled back.
            Some(row) => {
                let key = self.unwrap(tenant, row.data_key_id, &row.master_key_id, &row.wrapped)?;
                Ok((row.data_key_id, Arc::new(key)))
            }
            None => self.make(tx).await,
        }
    }

    /// The tenant's key of this id.
    pub(super) async fn of(&self, tx: &mut TenantTx, id: Uuid) -> Result<Arc<Key>, SecretError> {
        let tenant = tx.tenant_id();
        if let Some(key) = self.remembered.lock().get(&(tenant, id)) {
            return Ok(key.clone());
        }
        let row = sqlx::query!(
            "SELECT master_key_id, wrapped FROM data_keys WHERE tenant_id = $1 AND data_key_id = $2",
            tenant.0,
            id
        )
        .fetch_optional(tx.conn())
        .await?
        .ok_or(SecretError::NoDataKey(id))?;
        let key = Arc::new(self.unwrap(tenant, id, &row.master_key_id, &row.wrapped)?);
        let mut remembered = self.remembered.lock();
        if remembered.len() >= REMEMBERED_MAX {
            remembered.clear();
        }
        remembered.insert((tenant, id), key.clone());
        Ok(key)
    }

    async fn make(&self, tx: &mut TenantTx) -> Result<(Uuid, Arc<Key>), SecretError> {
        let (tenant, id, key) = (tx.tenant_id(), self.clock.new_id(), Key::generate());
        let wrapped = self.wrap(tenant, id, &key)?;
        sqlx::query!(
            "INSERT INTO data_keys (tenant_id, data_key_id, master_key_id, wrapped, created_at)
             VALUES ($1, $2, $3, $4, $5)",
            tenant.0,
            id,
            self.master.id(),
            wrapped,
            self.clock.now()
        )
        .execute(tx.conn())
        .await?;
        Ok((id, Arc::new(key)))
    }

    fn wrap(&self, tenant: TenantId, id: Uuid, key: &Key) -> Result<Vec<u8>, SecretError> {
        let (nonce, ciphertext) =
            encrypt(&self.master.key, &place(id).associated_data(tenant), key.expose())?;
        let mut wrapped = vec![LAYOUT];
        wrapped.extend_from_slice(&nonce);
        wrapped.extend_from_slice(&ciphertext);
        Ok(wrapped)
    }

    fn unwrap(
        &self,
        tenant: TenantId,
        id: Uuid,
        master_key_id: &str,
        wrapped: &[u8],
    ) -> Result<Key, SecretError> {
        if master_key_id != self.master.id() {
            return Err(SecretError::OtherMasterKey {
                wrapped_by: master_key_id.to_owned(),
                configured: self.master.id().to_owned(),
            });
        }
        let (layout, rest) = wrapped.split_first().ok_or(SecretError::Layout)?;
        let (nonce, ciphertext) = rest
            .split_first_chunk::<NONCE_BYTES>()
            .ok_or(SecretError::Layout)?;
        if *layout != LAYOUT {
            return Err(SecretError::Layout);
        }
        let plain = decrypt(
            &self.master.key,
            &place(id).associated_data(tenant),
            nonce,
            ciphertext,
        )?;
        let plain = secrecy::SecretSlice::from(plain);
        Key::of_bytes(secrecy::ExposeSecret::expose_secret(&plain)).ok_or(SecretError::Layout)
    }
}

fn place(id: Uuid) -> SecretPlace {
    SecretPlace {
        table: "data_keys",
        row: id,
        column: "wrapped",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(master: &str) -> DataKeys {
        DataKeys::new(MasterKey::new(&master.into()), Clock::system())
    }

    #[test]
    fn a_data_key_is_unwrapped_by_its_master_key_for_its_tenant_alone() {
        let (tenant, id, key) = (TenantId(Uuid::from_u128(1)), Uuid::from_u128(2), Key::generate());
        let (ours, theirs) = (keys("ours"), keys("theirs"));
        let wrapped = ours.wrap(tenant, id, &key).expect("wrapped");
        let unwrap =
            |by: &DataKeys, tenant, id, named: &DataKeys| by.unwrap(tenant, id, named.master.id(), &wrapped);
        assert_eq!(
            unwrap(&ours, tenant, id, &ours).expect("unwrapped").expose(),
            key.expose()
        );
        assert!(matches!(
            unwrap(&theirs, tenant, id, &ours),
            Err(SecretError::OtherMasterKey { .. })
        ));
        // Somebody who renames the master key in the row gains nothing.
        assert!(matches!(
            unwrap(&theirs, tenant, id, &theirs),
            Err(SecretError::Forged)
        ));
        assert!(matches!(
            unwrap(&ours, TenantId(id), id, &ours),
            Err(SecretError::Forged)
        ));
        assert!(matches!(
            unwrap(&ours, tenant, tenant.0, &ours),
            Err(SecretError::Forged)
        ));
    }
}
