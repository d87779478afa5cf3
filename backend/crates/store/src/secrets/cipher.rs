//! The cipher and its keys. Keys are wiped from memory when they are dropped and are never printed.

use super::SecretError;
use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use hmac::{Hmac, Mac};
use rand::RngExt;
use secrecy::{ExposeSecret, SecretBox, SecretString};
use sha2::Sha256;

pub(super) const KEY_BYTES: usize = 32;
pub(super) const NONCE_BYTES: usize = 12;
/// How many hex digits of a master key's id are kept: enough to tell which one is meant.
const ID_DIGITS: usize = 16;

/// A key of the cipher.
pub(super) struct Key(SecretBox<[u8; KEY_BYTES]>);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key")
    }
}

impl Key {
    pub(super) fn generate() -> Self {
        Self(SecretBox::init_with_mut(|bytes: &mut [u8; KEY_BYTES]| {
            rand::rng().fill(bytes);
        }))
    }

    pub(super) fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; KEY_BYTES] = bytes.try_into().ok()?;
        Some(Self(SecretBox::init_with_mut(|key: &mut [u8; KEY_BYTES]| {
            key.copy_from_slice(bytes);
        })))
    }

    pub(super) fn expose(&self) -> &[u8; KEY_BYTES] {
        self.0.expose_secret()
    }

    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new(self.expose().into())
    }
}

/// The key that wraps data keys, made from the text in the settings.
pub struct MasterKey {
    pub(super) key: Key,
    id: String,
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("MasterKey").field(&self.id).finish()
    }
}

impl MasterKey {
    /// The master key of this text, whatever its length; the text must be random (`openssl rand -hex 32`).
    pub fn new(text: &SecretString) -> Self {
        let key = derive(text, b"tollgate master key 1");
        let id = hex::encode(derive(text, b"tollgate master key id 1").expose());
        Self {
            key,
            id: id.get(..ID_DIGITS).unwrap_or_default().to_owned(),
        }
    }

    /// Tells one master key from another without telling anything of it; stored beside what it wrapped.
    pub fn id(&self) -> &str {
        &self.id
    }
}

/// HMAC-SHA-256 of a purpose: independent keys from one text.
fn derive(text: &SecretString, purpose: &[u8]) -> Key {
    // HMAC takes a key of any length; the error type is uninhabited in practice, an empty key stands in for it.
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(text.expose_secret().as_bytes())
        .unwrap_or_else(|_| Hmac::<Sha256>::new(&hmac::digest::Key::<Hmac<Sha256>>::default()));
    mac.update(purpose);
    let bytes = mac.finalize().into_bytes();
    Key(SecretBox::init_with_mut(|key: &mut [u8; KEY_BYTES]| {
        key.copy_from_slice(&bytes);
    }))
}

/// Encrypts under a fresh random nonce: fewer than 2^32 values a key keep a repeated one out of reach.
pub(super) fn encrypt(
    key: &Key,
    associated_data: &str,
    plain: &[u8],
) -> Result<([u8; NONCE_BYTES], Vec<u8>), SecretError> {
    let mut nonce = [0_u8; NONCE_BYTES];
    rand::rng().fill(&mut nonce);
    let payload = Payload {
        msg: plain,
        aad: associated_data.as_bytes(),
    };
    let ciphertext = key
        .cipher()
        .encrypt(&Nonce::from(nonce), payload)
        .map_err(|_| SecretError::TooLong)?;
    Ok((nonce, ciphertext))
}

pub(super) fn decrypt(
    key: &Key,
    associated_data: &str,
    nonce: &[u8; NONCE_BYTES],
    ciphertext: &[u8],
) -> Result<Vec<u8>, SecretError> {
    let payload = Payload {
        msg: ciphertext,
        aad: associated_data.as_bytes(),
    };
    key.cipher()
        .decrypt(&Nonce::from(*nonce), payload)
        .map_err(|_| SecretError::Forged)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_master_key_is_the_same_for_the_same_text_alone() {
        let (one, again, other) = ("a".repeat(64), "a".repeat(64), "b".repeat(64));
        let key = |text: String| MasterKey::new(&text.into());
        let (one, again, other) = (key(one), key(again), key(other));
        assert_eq!((one.id(), one.key.expose()), (again.id(), again.key.expose()));
        assert_ne!(one.id(), other.id());
        assert_ne!(one.key.expose(), other.key.expose());
        assert_eq!(one.id().len(), ID_DIGITS);
        assert!(!hex::encode(one.key.expose()).starts_with(one.id()));
    }
}
