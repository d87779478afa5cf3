//! Who may say that something was paid: whoever signs the call's very bytes, just now, with a secret of the provider's.

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use tollgate_store::is_signed;

/// The header: `t=SECONDS,v1=HEX`, where HEX is the HMAC-SHA-256 of `SECONDS.BODY`. Several `v1=` are taken, one has to
/// fit, so that a provider can sign with its old and its new secret at once.
pub(super) const HEADER: &str = "tollgate-signature";
/// How far the call's time may lie from ours: longer, and one that was overheard could be sent again for longer.
const SKEW_MAX_S: i64 = 300;
/// Signatures looked at.
const SIGNATURES_MAX: usize = 4;

/// Whether a call is genuine. Without a secret none is.
pub(super) fn genuine(secrets: &[SecretString], header: &str, body: &[u8], now: DateTime<Utc>) -> bool {
    let mut time = None;
    let mut signatures = Vec::new();
    for part in header.split(',') {
        match part.trim().split_once('=') {
            Some(("t", value)) if time.is_none() => time = Some(value),
            Some(("v1", value)) if signatures.len() < SIGNATURES_MAX => signatures.push(value),
            _ => {}
        }
    }
    let Some(time) = time else { return false };
    let digits = (1..=12).contains(&time.len()) && time.bytes().all(|byte| byte.is_ascii_digit());
    let Some(said) = time.parse::<i64>().ok().filter(|_| digits) else {
        return false;
    };
    if said.abs_diff(now.timestamp()) > SKEW_MAX_S.unsigned_abs() {
        return false;
    }
    signatures.iter().any(|signature| {
        secrets
            .iter()
            .any(|secret| is_signed(secret, &[time.as_bytes(), b".", body], signature))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// HMAC-SHA-256 of `1764500000.{}` under `secret-of-a-test`, made with OpenSSL.
    const SIGNATURE: &str = "0e384bb44634fa6d74bb011a970122b7bc4925a510426eaa66c3154e434de517";

    fn secrets(named: &[&str]) -> Vec<SecretString> {
        named.iter().map(|secret| SecretString::from(*secret)).collect()
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn a_call_is_taken_for_five_minutes_under_any_of_the_providers_secrets() {
        let header = format!("t=1764500000,v1={SIGNATURE}");
        let both = secrets(&["another", "secret-of-a-test"]);
        for now in [1_764_499_700, 1_764_500_000, 1_764_500_300] {
            assert!(genuine(&both, &header, b"{}", at(now)), "{now}");
        }
        let rotated = format!("t=1764500000,v1={}, v1={SIGNATURE}", "0".repeat(64));
        assert!(genuine(&both, &rotated, b"{}", at(1_764_500_000)));
    }

    #[test]
    fn what_is_altered_old_unsigned_or_signed_with_nothing_is_not() {
        let (good, now) = (secrets(&["secret-of-a-test"]), at(1_764_500_000));
        let header = format!("t=1764500000,v1={SIGNATURE}");
        assert!(!genuine(&good, &header, b"{ }", now), "another body");
        assert!(!genuine(&good, &header, b"{}", at(1_764_500_301)), "too late");
        assert!(!genuine(&good, &header, b"{}", at(1_764_499_699)), "too early");
        let moved = format!("t=1764500001,v1={SIGNATURE}");
        assert!(!genuine(&good, &moved, b"{}", now), "another time");
        for unsigned in [
            "",
            "t=1764500000",
            "t=1764500000,v1=",
            &format!("v1={SIGNATURE}"),
            "t=+1764500000,v1=00",
        ] {
            assert!(!genuine(&good, unsigned, b"{}", now), "{unsigned}");
        }
        assert!(!genuine(&[], &header, b"{}", now), "no secret");
        assert!(!genuine(&secrets(&[""]), &header, b"{}", now), "an empty one");
    }
}
