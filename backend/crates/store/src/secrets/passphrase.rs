//! Secrets that leave the house in a file, under a passphrase: argon2id makes a key of it, AES-256-GCM seals. Never in
//! here: what is in the file.

use super::cipher::{KEY_BYTES, Key, NONCE_BYTES, decrypt, encrypt};
use super::{SecretError, TAG_BYTES};
use argon2::{Algorithm, Argon2, Params, Version};
use rand::RngExt;
use secrecy::{ExposeSecret, SecretBox, SecretString};
use std::ops::RangeInclusive;

/// Memory of our own files, in KiB, and passes over it: RFC 9106's second recommended option, with one lane.
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;
/// RFC 9106 recommends 16 bytes.
const SALT_BYTES: usize = 16;
/// Memory that a file may ask for, in KiB: from OWASP's least up to twice our own, since a file is anyone's.
const MEMORY_TAKEN_KIB: RangeInclusive<u32> = 19 * 1024..=128 * 1024;
/// Passes that a file may ask for.
const PASSES_TAKEN: RangeInclusive<u32> = 1..=10;
/// Lengths of a salt that a file may bring, in bytes: RFC 9106's least, and what fits into a line.
const SALT_TAKEN_BYTES: RangeInclusive<usize> = 8..=64;

/// How a passphrase becomes a key: it stands in the file beside what is sealed, and is no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRecipe {
    /// Random, so that equal passphrases make different keys.
    pub salt: Vec<u8>,
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
}

/// Why a passphrase can't become a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PassphraseError {
    /// The file asks for too little or too much memory.
    #[error("must be between {} and {} KiB", MEMORY_TAKEN_KIB.start(), MEMORY_TAKEN_KIB.end())]
    Memory,
    /// The file asks for too many passes.
    #[error("must be between {} and {}", PASSES_TAKEN.start(), PASSES_TAKEN.end())]
    Passes,
    /// The file's salt is too short or too long.
    #[error("must have between {} and {} bytes", SALT_TAKEN_BYTES.start(), SALT_TAKEN_BYTES.end())]
    Salt,
    /// The hasher refused.
    #[error("the passphrase can't be hashed: {0}")]
    Hash(argon2::Error),
    /// The process is ending.
    #[error("the server is stopping")]
    Stopped,
}

impl KeyRecipe {
    /// The recipe of a new file.
    pub fn fresh() -> Self {
        let mut salt = vec![0_u8; SALT_BYTES];
        rand::rng().fill(salt.as_mut_slice());
        Self {
            salt,
            memory_kib: MEMORY_KIB,
            passes: PASSES,
        }
    }

    /// Whether it is strong enough to be worth something, and cheap enough to be followed.
    ///
    /// # Errors
    /// Which part of it is neither.
    pub fn check(&self) -> Result<(), PassphraseError> {
        if !MEMORY_TAKEN_KIB.contains(&self.memory_kib) {
            return Err(PassphraseError::Memory);
        }
        if !PASSES_TAKEN.contains(&self.passes) {
            return Err(PassphraseError::Passes);
        }
        if !SALT_TAKEN_BYTES.contains(&self.salt.len()) {
            return Err(PassphraseError::Salt);
        }
        Ok(())
    }
}

/// The key of a file. `Debug` shows nothing of it.
#[derive(Debug)]
pub struct PassphraseKey(Key);

impl PassphraseKey {
    /// Makes the key of a passphrase, on a blocking thread: it takes some tenths of a second.
    ///
    /// # Errors
    /// What is wrong with the recipe, `Hash` if the hasher refuses, `Stopped` at shutdown.
    pub async fn derive(passphrase: SecretString, recipe: KeyRecipe) -> Result<Self, PassphraseError> {
        recipe.check()?;
        let work = move || {
            let params = Params::new(recipe.memory_kib, recipe.passes, 1, Some(KEY_BYTES))
                .map_err(PassphraseError::Hash)?;
            let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
            let mut hashed = Ok(());
            let bytes = SecretBox::<[u8; KEY_BYTES]>::init_with_mut(|key| {
                let passphrase = passphrase.expose_secret().as_bytes();
                hashed = hasher.hash_password_into(passphrase, &recipe.salt, key);
            });
            hashed.map_err(PassphraseError::Hash)?;
            Key::of_bytes(bytes.expose_secret())
                .map(Self)
                .ok_or(PassphraseError::Stopped)
        };
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|_| PassphraseError::Stopped)?
    }

    /// Seals a text: a fresh nonce and the ciphertext. `place` says what it belongs to; it can be opened there alone.
    ///
    /// # Errors
    /// `TooLong`.
    pub fn seal(&self, place: &str, secret: &[u8]) -> Result<Vec<u8>, SecretError> {
        let (nonce, ciphertext) = encrypt(&self.0, place, secret)?;
        let mut sealed = nonce.to_vec();
        sealed.extend(ciphertext);
        Ok(sealed)
    }

    /// Opens what [`seal`](Self::seal) made.
    ///
    /// # Errors
    /// `Layout` if it is too short, `Forged` if the key is another one, or it was changed or moved.
    pub fn open(&self, place: &str, sealed: &[u8]) -> Result<SecretString, SecretError> {
        let (nonce, ciphertext) = sealed
            .split_first_chunk::<NONCE_BYTES>()
            .filter(|(_, rest)| rest.len() >= TAG_BYTES)
            .ok_or(SecretError::Layout)?;
        let plain = decrypt(&self.0, place, nonce, ciphertext)?;
        String::from_utf8(plain)
            .map(SecretString::from)
            .map_err(|_| SecretError::NotText)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cheap() -> KeyRecipe {
        KeyRecipe {
            memory_kib: *MEMORY_TAKEN_KIB.start(),
            passes: 1,
            ..KeyRecipe::fresh()
        }
    }

    async fn key(passphrase: &str, recipe: &KeyRecipe) -> PassphraseKey {
        PassphraseKey::derive(passphrase.into(), recipe.clone())
            .await
            .expect("a key")
    }

    #[tokio::test]
    async fn only_the_same_passphrase_salt_and_place_open_a_secret() {
        let recipe = cheap();
        let sealed = key("correct horse", &recipe)
            .await
            .seal("here", b"sk-secret")
            .expect("sealed");
        assert!(!sealed.windows(6).any(|window| window == b"secret"));
        let again = key("correct horse", &recipe).await;
        let opened = again.open("here", &sealed).expect("opened");
        assert_eq!(opened.expose_secret(), "sk-secret");
        let other_salt = KeyRecipe {
            salt: KeyRecipe::fresh().salt,
            ..recipe.clone()
        };
        for (other, place) in [
            (key("battery staple", &recipe).await, "here"),
            (key("correct horse", &other_salt).await, "here"),
            (again, "there"),
        ] {
            assert!(matches!(other.open(place, &sealed), Err(SecretError::Forged)));
            assert!(matches!(
                other.open(place, &sealed[..20]),
                Err(SecretError::Layout)
            ));
        }
    }

    #[tokio::test]
    async fn a_file_can_not_ask_for_more_than_a_server_gives() {
        let asks = |memory_kib, passes, salt| KeyRecipe {
            salt: vec![7; salt],
            memory_kib,
            passes,
        };
        for (recipe, error) in [
            (asks(8, 1, 16), PassphraseError::Memory),
            (asks(u32::MAX, 1, 16), PassphraseError::Memory),
            (asks(MEMORY_KIB, 0, 16), PassphraseError::Passes),
            (asks(MEMORY_KIB, u32::MAX, 16), PassphraseError::Passes),
            (asks(MEMORY_KIB, 1, 7), PassphraseError::Salt),
            (asks(MEMORY_KIB, 1, 65), PassphraseError::Salt),
        ] {
            let made = PassphraseKey::derive("correct horse".into(), recipe).await;
            assert_eq!(made.err(), Some(error));
        }
        assert_eq!(KeyRecipe::fresh().check(), Ok(()));
    }
}
