//! The installation's signing key: Ed25519, for what must be believed outside the database (seals, receipts). The seed is
//! kept sealed like any other secret, in the platform's own tenant; public keys stay for ever, so that what an old key
//! signed can still be checked. Never in here: what is signed.
//!
//! What is signed is never the bare message: `tollgate <purpose> 1\n` stands before it, so that a signature for one
//! purpose is none for another. Ed25519 is RFC 8032's, without a pre-hash.

use crate::{Db, PLATFORM_TENANT, SealedSecret, SecretError, SecretPlace, Secrets, StoreError, TenantTx};
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use chrono::{DateTime, Utc};
use parking_lot::Mutex;
use rand::RngExt;
use secrecy::ExposeSecret;
use std::sync::Arc;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Bytes of a seed and of a public key.
const KEY_BYTES: usize = 32;
/// Bytes of a signature.
pub const SIGNATURE_BYTES: usize = 64;
/// For how long a key is used before the database is asked whether it is still the current one.
const REMEMBERED_FOR: Duration = Duration::from_secs(30);

/// Why nothing could be signed.
#[derive(Debug, thiserror::Error)]
pub enum SigningError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key's seed can't be sealed or opened.
    #[error("the signing key can't be used: {0}")]
    Secret(#[from] SecretError),
    /// The stored seed is none, or makes another public key than the one beside it.
    #[error("the signing key {0} is damaged in the database")]
    Damaged(Uuid),
}

impl From<sqlx::Error> for SigningError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// A public key as it is published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    /// By this id signatures name it.
    pub key_id: Uuid,
    /// The key's 32 bytes.
    pub bytes: [u8; KEY_BYTES],
    /// Since when it signs.
    pub created_at: DateTime<Utc>,
    /// Since when it signs no more; what it signed before holds.
    pub retired_at: Option<DateTime<Utc>>,
}

impl PublicKey {
    /// The key as 64 hex digits.
    pub fn hex(&self) -> String {
        hex::encode(self.bytes)
    }
}

/// A signature and the key that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Which key.
    pub key_id: Uuid,
    /// 64 bytes, R and S as RFC 8032 has them.
    pub bytes: [u8; SIGNATURE_BYTES],
}

/// Whether this is the purpose's signature of the message under this key. Needs no database: who checks may be anybody.
pub fn is_signature(public_key: &[u8], purpose: &str, message: &[u8], signature: &[u8]) -> bool {
    UnparsedPublicKey::new(&ED25519, public_key)
        .verify(&signed_bytes(purpose, message), signature)
        .is_ok()
}

fn signed_bytes(purpose: &str, message: &[u8]) -> Vec<u8> {
    let mut bytes = format!("tollgate {purpose} 1\n").into_bytes();
    bytes.extend_from_slice(message);
    bytes
}

/// A key that signs.
struct SigningKey {
    key_id: Uuid,
    pair: Ed25519KeyPair,
}

impl SigningKey {
    fn sign(&self, purpose: &str, message: &[u8]) -> Option<Signature> {
        let made = self.pair.sign(&signed_bytes(purpose, message));
        let bytes = made.as_ref().try_into().ok()?;
        Some(Signature {
            key_id: self.key_id,
            bytes,
        })
    }
}

/// The current key, and since when it is known to be.
type Remembered = (Instant, Arc<SigningKey>);

/// The installation's signing keys. Cheap to clone; clones share the current one.
#[derive(Clone)]
pub struct Signer {
    db: Db,
    secrets: Secrets,
    remembered: Arc<Mutex<Option<Remembered>>>,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signer")
    }
}

impl Signer {
    /// Signs with keys of this database, whose seeds these secrets open.
    pub fn new(db: Db, secrets: Secrets) -> Self {
        Self {
            db,
            secrets,
            remembered: Arc::default(),
        }
    }

    /// Signs a message for a purpose (a few lower-case words) with the current key; the first call makes the first key.
    ///
    /// # Errors
    /// As [`SigningError`] says.
    pub async fn sign(&self, purpose: &str, message: &[u8]) -> Result<Signature, SigningError> {
        let key = self.current().await?;
        key.sign(purpose, message)
            .ok_or(SigningError::Damaged(key.key_id))
    }

    /// All public keys, the newest first.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn public_keys(&self) -> Result<Vec<PublicKey>, SigningError> {
        public_keys(&self.db).await
    }

    /// Retires the current key and makes another; tells the new one's id. Other nodes follow within half a minute.
    ///
    /// # Errors
    /// As [`SigningError`] says; then the old key goes on.
    pub async fn rotate(&self) -> Result<Uuid, SigningError> {
        let mut tx = self.db.tenant(PLATFORM_TENANT).await?;
        sqlx::query!(
            "UPDATE signing_keys SET retired_at = $2 WHERE tenant_id = $1 AND retired_at IS NULL",
            PLATFORM_TENANT.0,
            self.db.clock().now()
        )
        .execute(tx.conn())
        .await?;
        self.make(&mut tx).await?;
        let (key_id, _) = find(&mut tx).await?.ok_or(SigningError::Damaged(Uuid::nil()))?;
        tx.commit().await?;
        *self.remembered.lock() = None;
        Ok(key_id)
    }

    async fn current(&self) -> Result<Arc<SigningKey>, SigningError> {
        let now = self.db.clock().monotonic();
        if let Some((since, key)) = &*self.remembered.lock()
            && now.saturating_duration_since(*since) < REMEMBERED_FOR
        {
            return Ok(key.clone());
        }
        let mut tx = self.db.tenant(PLATFORM_TENANT).await?;
        let found = if let Some(found) = find(&mut tx).await? {
            found
        } else {
            self.make(&mut tx).await?;
            // Another node's, where it was quicker.
            find(&mut tx).await?.ok_or(SigningError::Damaged(Uuid::nil()))?
        };
        let key = Arc::new(self.open(&mut tx, found).await?);
        tx.commit().await?;
        *self.remembered.lock() = Some((now, key.clone()));
        Ok(key)
    }

    /// Makes a key, unless there is a current one.
    async fn make(&self, tx: &mut TenantTx) -> Result<(), SigningError> {
        let key_id = self.db.clock().new_id();
        let mut seed = [0_u8; KEY_BYTES];
        rand::rng().fill(&mut seed);
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_| SigningError::Damaged(key_id))?;
        // Sealed secrets are text.
        let text = secrecy::SecretString::from(hex::encode(seed));
        let sealed = self
            .secrets
            .seal(tx, place(key_id), text.expose_secret().as_bytes())
            .await?;
        sqlx::query!(
            "INSERT INTO signing_keys (tenant_id, key_id, public_key, sealed_seed, created_at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT DO NOTHING",
            PLATFORM_TENANT.0,
            key_id,
            pair.public_key().as_ref(),
            sealed.to_bytes(),
            self.db.clock().now()
        )
        .execute(tx.conn())
        .await?;
        Ok(())
    }

    async fn open(
        &self,
        tx: &mut TenantTx,
        (key_id, found): (Uuid, Found),
    ) -> Result<SigningKey, SigningError> {
        let sealed = SealedSecret::from_bytes(&found.sealed_seed)?;
        let text = self.secrets.open(tx, place(key_id), &sealed).await?;
        let seed = hex::decode(text.expose_secret()).map_err(|_| SigningError::Damaged(key_id))?;
        let pair = Ed25519KeyPair::from_seed_and_public_key(&seed, &found.public_key)
            .map_err(|_| SigningError::Damaged(key_id))?;
        Ok(SigningKey { key_id, pair })
    }
}

/// All public keys, the newest first; to be shown to anybody.
///
/// # Errors
/// If the database is away.
pub async fn public_keys(db: &Db) -> Result<Vec<PublicKey>, SigningError> {
    let mut tx = db.tenant(PLATFORM_TENANT).await?;
    let rows = sqlx::query!(
        "SELECT key_id, public_key, created_at, retired_at FROM signing_keys WHERE tenant_id = $1
         ORDER BY created_at DESC, key_id DESC",
        PLATFORM_TENANT.0
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            let bytes = row
                .public_key
                .try_into()
                .map_err(|_| SigningError::Damaged(row.key_id))?;
            Ok(PublicKey {
                key_id: row.key_id,
                bytes,
                created_at: row.created_at,
                retired_at: row.retired_at,
            })
        })
        .collect()
}

struct Found {
    public_key: Vec<u8>,
    sealed_seed: Vec<u8>,
}

async fn find(tx: &mut TenantTx) -> Result<Option<(Uuid, Found)>, SigningError> {
    let row = sqlx::query!(
        "SELECT key_id, public_key, sealed_seed FROM signing_keys WHERE tenant_id = $1 AND retired_at IS NULL",
        PLATFORM_TENANT.0
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| {
        let found = Found {
            public_key: row.public_key,
            sealed_seed: row.sealed_seed,
        };
        (row.key_id, found)
    }))
}

fn place(key_id: Uuid) -> SecretPlace {
    SecretPlace {
        table: "signing_keys",
        row: key_id,
        column: "sealed_seed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_holds_for_its_message_and_purpose_alone() {
        let pair = Ed25519KeyPair::from_seed_unchecked(&[7; KEY_BYTES]).expect("a pair");
        let public = pair.public_key().as_ref().to_vec();
        let key = SigningKey {
            key_id: Uuid::from_u128(1),
            pair,
        };
        let signed = key.sign("seal", b"hello").expect("signed").bytes;
        assert!(is_signature(&public, "seal", b"hello", &signed));
        assert!(!is_signature(&public, "receipt", b"hello", &signed));
        assert!(!is_signature(&public, "seal", b"hellp", &signed));
        assert!(!is_signature(&[7; KEY_BYTES], "seal", b"hello", &signed));
        for at in 0..SIGNATURE_BYTES {
            let mut other = signed;
            other[at] ^= 1;
            assert!(!is_signature(&public, "seal", b"hello", &other), "byte {at}");
        }
    }

    #[test]
    fn it_is_the_ed25519_of_everybody() {
        // RFC 8032, 7.1, test 1: the empty message under a known seed.
        let seed =
            hex::decode("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60").expect("hex");
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).expect("a pair");
        assert_eq!(
            hex::encode(pair.public_key().as_ref()),
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
        );
    }
}
