//! Secrets at rest: what must be read back, such as the credentials of upstream accounts. AES-256-GCM under a data key
//! per tenant; data keys are stored wrapped by a master key that stands outside the database.
//!
//! What a sealed value's bytes are (the database's column holds exactly these):
//! ```text
//! 1 byte    1, the version of this layout
//! 16 bytes  id of the data key
//! 12 bytes  nonce, random
//! the rest  ciphertext with its 16-byte tag; associated data: tenant|table|row|column
//! ```
//! So a sealed value that is copied to another tenant, row or column can't be opened there.

mod cipher;
mod data_key;
mod passphrase;

pub use cipher::MasterKey;
pub use passphrase::{KeyRecipe, PassphraseError, PassphraseKey};

use crate::{Clock, StoreError, TenantTx};
use cipher::{Key, NONCE_BYTES, decrypt, encrypt};
use data_key::DataKeys;
use secrecy::SecretString;
use std::sync::Arc;
use tollgate_contract::ids::TenantId;
use uuid::Uuid;

/// Version of the layout.
const LAYOUT: u8 = 1;
const ID_BYTES: usize = 16;
/// Tag of an empty secret; nothing sealed is shorter.
const TAG_BYTES: usize = 16;

/// Why a secret can't be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The bytes are no sealed secret.
    #[error("these bytes are not a sealed secret of a known layout")]
    Layout,
    /// The data key is not the tenant's.
    #[error("the tenant has no data key {0}")]
    NoDataKey(Uuid),
    /// The data key was wrapped by another master key.
    #[error(
        "the data key was wrapped by master key {wrapped_by}, and the one in the settings is {configured}"
    )]
    OtherMasterKey {
        /// Id of the master key that is needed.
        wrapped_by: String,
        /// Id of the one that there is.
        configured: String,
    },
    /// Changed, moved elsewhere, or sealed under another key.
    #[error("the sealed secret does not belong here, or was changed")]
    Forged,
    /// What was opened is not text.
    #[error("the secret is not text")]
    NotText,
    /// The secret is too long to be sealed.
    #[error("the secret is too long")]
    TooLong,
}

impl From<sqlx::Error> for SecretError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Where a sealed secret stands; it can be opened there alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecretPlace {
    /// The table.
    pub table: &'static str,
    /// Id of the row within the tenant.
    pub row: Uuid,
    /// The column.
    pub column: &'static str,
}

impl SecretPlace {
    fn associated_data(self, tenant: TenantId) -> String {
        format!("{}|{}|{}|{}", tenant.0, self.table, self.row, self.column)
    }
}

/// A secret as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedSecret {
    data_key_id: Uuid,
    nonce: [u8; NONCE_BYTES],
    ciphertext: Vec<u8>,
}

impl SealedSecret {
    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    ///
    /// # Errors
    /// `Layout` if it did not write these.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SecretError> {
        let (layout, rest) = bytes.split_first().ok_or(SecretError::Layout)?;
        let (id, rest) = rest.split_first_chunk::<ID_BYTES>().ok_or(SecretError::Layout)?;
        let (nonce, ciphertext) = rest
            .split_first_chunk::<NONCE_BYTES>()
            .ok_or(SecretError::Layout)?;
        if *layout != LAYOUT || ciphertext.len() < TAG_BYTES {
            return Err(SecretError::Layout);
        }
        Ok(Self {
            data_key_id: Uuid::from_bytes(*id),
            nonce: *nonce,
            ciphertext: ciphertext.to_vec(),
        })
    }

    /// The bytes to store.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(1 + ID_BYTES + NONCE_BYTES + self.ciphertext.len());
        bytes.push(LAYOUT);
        bytes.extend_from_slice(self.data_key_id.as_bytes());
        bytes.extend_from_slice(&self.nonce);
        bytes.extend_from_slice(&self.ciphertext);
        bytes
    }
}

/// Seals and opens secrets. Cheap to clone; clones share what they remember of data keys.
#[derive(Clone, Debug)]
pub struct Secrets {
    keys: Arc<DataKeys>,
}

impl Secrets {
    /// Secrets under this master key.
    pub fn new(master: MasterKey, clock: Clock) -> Self {
        Self {
            keys: Arc::new(DataKeys::new(master, clock)),
        }
    }

    /// Seals a secret of the transaction's tenant for a place. The tenant's first one makes its data key, in the same
    /// transaction.
    ///
    /// # Errors
    /// `OtherMasterKey` if the tenant's data key can't be unwrapped, `Store` if the database fails.
    pub async fn seal(
        &self,
        tx: &mut TenantTx,
        place: SecretPlace,
        secret: &[u8],
    ) -> Result<SealedSecret, SecretError> {
        let (id, key) = self.keys.current(tx).await?;
        seal_under(id, &key, tx.tenant_id(), place, secret)
    }

    /// Opens a secret of the transaction's tenant that was sealed for this place. Asks the database only for a data key
    /// that is not remembered.
    ///
    /// # Errors
    /// `Forged` if it was sealed for another place or changed, `NoDataKey` or `OtherMasterKey` if its key can't be had.
    pub async fn open(
        &self,
        tx: &mut TenantTx,
        place: SecretPlace,
        sealed: &SealedSecret,
    ) -> Result<SecretString, SecretError> {
        let key = self.keys.of(tx, sealed.data_key_id).await?;
        open_under(&key, tx.tenant_id(), place, sealed)
    }
}

fn seal_under(
    id: Uuid,
    key: &Key,
    tenant: TenantId,
    place: SecretPlace,
    secret: &[u8],
) -> Result<SealedSecret, SecretError> {
    let (nonce, ciphertext) = encrypt(key, &place.associated_data(tenant), secret)?;
    Ok(SealedSecret {
        data_key_id: id,
        nonce,
        ciphertext,
    })
}

fn open_under(
    key: &Key,
    tenant: TenantId,
    place: SecretPlace,
    sealed: &SealedSecret,
) -> Result<SecretString, SecretError> {
    let plain = decrypt(
        key,
        &place.associated_data(tenant),
        &sealed.nonce,
        &sealed.ciphertext,
    )?;
    // The bytes themselves become the text: no second copy stays behind.
    String::from_utf8(plain)
        .map(SecretString::from)
        .map_err(|_| SecretError::NotText)
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    const PLACE: SecretPlace = SecretPlace {
        table: "accounts",
        row: Uuid::from_u128(7),
        column: "credential",
    };
    const TENANT: TenantId = TenantId(Uuid::from_u128(1));

    fn sealed(key: &Key) -> SealedSecret {
        seal_under(Uuid::from_u128(9), key, TENANT, PLACE, b"sk-ant-secret").expect("sealed")
    }

    #[test]
    fn a_sealed_secret_survives_storage_and_can_be_opened_in_its_place() {
        let key = Key::generate();
        let bytes = sealed(&key).to_bytes();
        assert!(!bytes.windows(6).any(|window| window == b"secret"));
        let stored = SealedSecret::from_bytes(&bytes).expect("read");
        let opened = open_under(&key, TENANT, PLACE, &stored).expect("opened");
        assert_eq!(opened.expose_secret(), "sk-ant-secret");
    }

    #[test]
    fn a_sealed_secret_moved_elsewhere_can_not_be_opened() {
        let key = Key::generate();
        let sealed = sealed(&key);
        let elsewhere = [
            (TenantId(Uuid::from_u128(2)), PLACE),
            (
                TENANT,
                SecretPlace {
                    table: "webhooks",
                    ..PLACE
                },
            ),
            (
                TENANT,
                SecretPlace {
                    row: Uuid::from_u128(8),
                    ..PLACE
                },
            ),
            (
                TENANT,
                SecretPlace {
                    column: "proxy",
                    ..PLACE
                },
            ),
        ];
        for (tenant, place) in elsewhere {
            let opened = open_under(&key, tenant, place, &sealed);
            assert!(matches!(opened, Err(SecretError::Forged)), "{tenant:?} {place:?}");
        }
        assert!(matches!(
            open_under(&Key::generate(), TENANT, PLACE, &sealed),
            Err(SecretError::Forged)
        ));
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let key = Key::generate();
        let bytes = sealed(&key).to_bytes();
        for index in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[index] ^= 1;
            let opened =
                SealedSecret::from_bytes(&changed).and_then(|it| open_under(&key, TENANT, PLACE, &it));
            // The data key's id leads to another key or to none; that is looked at in the database.
            assert_eq!(opened.is_ok(), (1..=ID_BYTES).contains(&index), "byte {index}");
        }
    }

    #[test]
    fn the_same_secret_looks_different_each_time() {
        let key = Key::generate();
        assert_ne!(sealed(&key).to_bytes(), sealed(&key).to_bytes());
    }

    #[test]
    fn what_is_no_sealed_secret_is_refused() {
        let bytes = sealed(&Key::generate()).to_bytes();
        for wrong in [
            &b""[..],
            b"\x01",
            b"sk-ant-secret-in-clear-text-that-is-long-enough",
            &bytes[..40],
        ] {
            assert!(matches!(
                SealedSecret::from_bytes(wrong),
                Err(SecretError::Layout)
            ));
        }
    }

    #[test]
    fn nothing_secret_is_printed() {
        let secrets = Secrets::new(
            MasterKey::new(&"a master key of the settings".into()),
            Clock::system(),
        );
        let printed = format!("{secrets:?} {:?}", Key::generate());
        assert!(!printed.contains("settings"), "{printed}");
        assert!(!printed.contains('['), "{printed}");
    }
}
