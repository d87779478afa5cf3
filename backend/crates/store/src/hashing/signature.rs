//! Signatures of calls that come from outside or go there: HMAC-SHA-256 under a secret that both sides know.

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// Whether a signature (64 hex digits) is one of these parts, one after the other, under this secret. Compared in
/// constant time. No secret at all, or an empty one, signs nothing.
pub fn is_signed(secret: &SecretString, parts: &[&[u8]], signature: &str) -> bool {
    let secret = secret.expose_secret().as_bytes();
    if secret.is_empty() {
        return false;
    }
    let (Ok(mut mac), Ok(given)) = (Hmac::<Sha256>::new_from_slice(secret), hex::decode(signature)) else {
        return false;
    };
    for part in parts {
        mac.update(part);
    }
    mac.verify_slice(&given).is_ok()
}

/// Signs these parts, one after the other, as [`is_signed`] looks at them: 64 hex digits.
pub fn sign(secret: &SecretString, parts: &[&[u8]]) -> String {
    // HMAC takes a key of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()) else {
        return String::new();
    };
    for part in parts {
        mac.update(part);
    }
    hex::encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_and_right_signature_passes() {
        // RFC 4231, test case 2.
        let (secret, data) = (SecretString::from("Jefe"), b"what do ya want for nothing?");
        let right = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert!(is_signed(&secret, &[data], right));
        assert_eq!(sign(&secret, &[&data[..3], &data[3..]]), right);
        assert!(is_signed(&secret, &[&data[..7], &data[7..]], right));
        assert!(!is_signed(&secret, &[&data[1..]], right));
        assert!(!is_signed(&SecretString::from("jefe"), &[data], right));
        for wrong in ["", "5b", &right[..62], &format!("{right}00"), "not hex"] {
            assert!(!is_signed(&secret, &[data], wrong), "{wrong}");
        }
    }

    #[test]
    fn an_empty_secret_signs_nothing() {
        // What anyone can reckon for an empty key and an empty text.
        let known = "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad";
        assert!(!is_signed(&SecretString::from(""), &[b""], known));
    }
}
