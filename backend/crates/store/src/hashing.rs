//! Secrets that are only ever compared: API keys, passwords, refresh tokens. None can be read back from what is stored.

mod signature;
mod voucher;

pub use signature::{is_signed, sign};
pub use voucher::VoucherCode;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use hmac::{Hmac, KeyInit, Mac};
use rand::{Rng, RngExt};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// What every API key begins with; v1's did as well.
const KEY_PREFIX: &str = "cr_";
/// 62^43 is just above 2^256: as hard to guess as v1's 64 hex digits, and shorter.
const KEY_RANDOM_CHARS: usize = 43;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A freshly made API key. It is shown once and never stored.
#[derive(Debug)]
pub struct ApiKeySecret(SecretString);

impl ApiKeySecret {
    /// `cr_`, 43 random characters, and six that are a CRC-32 of what stands before, so that a secret scanner
    /// recognises a leaked key without asking anyone.
    pub fn generate(rng: &mut impl Rng) -> Self {
        let mut text = String::from(KEY_PREFIX);
        for _ in 0..KEY_RANDOM_CHARS {
            let index = rng.random_range(0..ALPHABET.len());
            text.push(char::from(ALPHABET.get(index).copied().unwrap_or(b'0')));
        }
        let checksum = base62(crc32fast::hash(text.as_bytes()));
        text.push_str(&checksum);
        Self(text.into())
    }

    /// The secret itself.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// The first characters, which may be shown: enough to recognise a key by.
    pub fn prefix(&self) -> &str {
        self.expose().get(..7).unwrap_or(KEY_PREFIX)
    }

    /// The last four characters, which may be shown.
    pub fn last_four(&self) -> &str {
        let text = self.expose();
        text.get(text.len().saturating_sub(4)..).unwrap_or_default()
    }
}

/// Six base-62 digits hold any 32-bit number.
fn base62(mut number: u32) -> String {
    let mut digits = [b'0'; 6];
    for digit in digits.iter_mut().rev() {
        *digit = ALPHABET
            .get(number as usize % ALPHABET.len())
            .copied()
            .unwrap_or(b'0');
        number /= 62;
    }
    digits.iter().map(|digit| char::from(*digit)).collect()
}

/// Whether a text may be an API key at all: 10 to 512 visible ASCII characters, as v1 accepted.
pub fn looks_like_key(text: &str) -> bool {
    (10..=512).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Hashes API keys under the server's pepper: without it, a stolen table can't be tried against guesses.
#[derive(Clone)]
pub struct KeyHasher(Arc<Hmac<Sha256>>);

impl std::fmt::Debug for KeyHasher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyHasher")
    }
}

impl KeyHasher {
    /// A hasher under this pepper. Changing the pepper makes all keys unknown.
    pub fn new(pepper: &SecretString) -> Self {
        // HMAC takes a key of any length; the error type is uninhabited in practice, an empty key stands in for it.
        let mac = Hmac::<Sha256>::new_from_slice(pepper.expose_secret().as_bytes())
            .unwrap_or_else(|_| Hmac::<Sha256>::new(&hmac::digest::Key::<Hmac<Sha256>>::default()));
        Self(Arc::new(mac))
    }

    /// HMAC-SHA-256 of a key's secret.
    pub fn hash(&self, secret: &str) -> [u8; 32] {
        let mut mac = (*self.0).clone();
        mac.update(secret.as_bytes());
        mac.finalize().into_bytes().into()
    }
}

/// A random token of 256 bits as 64 hex digits: refresh tokens and the like.
pub fn new_token(rng: &mut impl Rng) -> SecretString {
    let mut bytes = [0_u8; 32];
    rng.fill(&mut bytes);
    hex::encode(bytes).into()
}

/// SHA-256 of a random token; enough where the token itself has 256 random bits.
pub fn hash_token(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// A password can't be hashed or compared.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// The stored hash is none, or the hasher refused.
    #[error("the password hash can't be used: {0}")]
    Hash(argon2::password_hash::Error),
    /// The process is ending.
    #[error("the server is stopping")]
    Stopped,
}

/// argon2id with the crate's defaults (19 MiB, two passes: OWASP's first recommendation), on a blocking thread.
///
/// # Errors
/// `Hash` if the hasher refuses, `Stopped` at shutdown.
pub async fn hash_password(password: SecretString) -> Result<String, PasswordError> {
    let work = move || {
        Argon2::default()
            .hash_password(password.expose_secret().as_bytes())
            .map(|hash| hash.to_string())
            .map_err(PasswordError::Hash)
    };
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| PasswordError::Stopped)?
}

/// Whether a password fits a stored hash. Without a stored hash it works just as long and says no, so that the time
/// taken does not tell which e-mail addresses are known.
///
/// # Errors
/// `Hash` if the stored hash can't be read, `Stopped` at shutdown.
pub async fn verify_password(password: SecretString, stored: Option<String>) -> Result<bool, PasswordError> {
    let work = move || {
        let password = password.expose_secret().as_bytes();
        let Some(stored) = stored else {
            Argon2::default()
                .hash_password(password)
                .map_err(PasswordError::Hash)?;
            return Ok(false);
        };
        let stored = PasswordHash::new(&stored).map_err(|error| PasswordError::Hash(error.into()))?;
        Ok(Argon2::default().verify_password(password, &stored).is_ok())
    };
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| PasswordError::Stopped)?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_carries_its_own_checksum() {
        let key = ApiKeySecret::generate(&mut rand::rng());
        let (body, checksum) = key.expose().split_at(KEY_PREFIX.len() + KEY_RANDOM_CHARS);
        assert_eq!(checksum, base62(crc32fast::hash(body.as_bytes())));
        assert!(looks_like_key(key.expose()));
        assert!(key.expose().ends_with(key.last_four()));
    }

    #[test]
    fn the_pepper_decides_the_hash() {
        let (one, two) = (KeyHasher::new(&"one".into()), KeyHasher::new(&"two".into()));
        assert_eq!(one.hash("cr_key"), one.hash("cr_key"));
        assert_ne!(one.hash("cr_key"), two.hash("cr_key"));
    }

    #[tokio::test]
    async fn only_the_right_password_fits() {
        let stored = hash_password("correct horse".into()).await.expect("hash");
        assert!(stored.starts_with("$argon2id$"));
        assert!(
            verify_password("correct horse".into(), Some(stored.clone()))
                .await
                .expect("verify")
        );
        assert!(
            !verify_password("battery staple".into(), Some(stored))
                .await
                .expect("verify")
        );
        assert!(!verify_password("anything".into(), None).await.expect("verify"));
    }
}
