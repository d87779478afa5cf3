//! Checks of payments and of what is told about money.

use super::fault;
use crate::money::{NANO_PER_USD, NanoUsd};
use validator::ValidationError;

/// Longest name of a payment provider.
pub const PROVIDER_MAX: usize = 32;
/// Longest id that a provider gives a payment.
pub const PROVIDER_ID_MAX: usize = 100;
/// Smallest and largest payment: a dollar, a million dollars.
const PAYMENT_NANO: (i64, i64) = (NANO_PER_USD, 1_000_000 * NANO_PER_USD);
/// Nobody is paid less than a cent.
const CENT_NANO: i64 = NANO_PER_USD / 100;
/// Largest amount of a single voucher: a million dollars.
const VOUCHER_MAX_NANO: i64 = 1_000_000 * NANO_PER_USD;
/// Largest threshold of a wallet: a billion dollars.
const THRESHOLD_MAX_NANO: i64 = 1_000_000_000 * NANO_PER_USD;

/// A payment provider's name, as settings and paths have it.
pub fn provider_name(name: &str) -> Result<(), ValidationError> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if name.is_empty() || name.len() > PROVIDER_MAX || !name.bytes().all(fits) {
        return Err(fault(
            "provider",
            format!("takes 1 to {PROVIDER_MAX} lower-case letters, digits and hyphens"),
        ));
    }
    Ok(())
}

/// An amount to compare with.
pub fn not_below_zero(amount: &NanoUsd) -> Result<(), ValidationError> {
    if amount.0 < 0 {
        return Err(fault("out_of_range", "must not be below zero"));
    }
    Ok(())
}

/// What a provider calls a payment.
pub fn provider_id(id: &str) -> Result<(), ValidationError> {
    if id.is_empty() || id.len() > PROVIDER_ID_MAX || !id.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(fault(
            "provider_id",
            format!("takes 1 to {PROVIDER_ID_MAX} visible ASCII characters"),
        ));
    }
    Ok(())
}

/// An amount to be paid: whole cents.
pub fn payment_amount(amount: &NanoUsd) -> Result<(), ValidationError> {
    let (least, most) = PAYMENT_NANO;
    if !(least..=most).contains(&amount.0) {
        return Err(fault(
            "out_of_range",
            format!("must be between {least} and {most} nano-USD"),
        ));
    }
    if amount.0 % CENT_NANO != 0 {
        return Err(fault(
            "too_precise",
            format!("must be whole cents: a multiple of {CENT_NANO} nano-USD"),
        ));
    }
    Ok(())
}

/// What a voucher brings of money; 0: nothing.
pub fn voucher_amount(amount: &NanoUsd) -> Result<(), ValidationError> {
    if (0..=VOUCHER_MAX_NANO).contains(&amount.0) {
        return Ok(());
    }
    Err(fault(
        "out_of_range",
        format!("must be between 0 and {VOUCHER_MAX_NANO} nano-USD"),
    ))
}

/// A balance below which one is told.
pub fn low_balance(amount: &NanoUsd) -> Result<(), ValidationError> {
    if (1..=THRESHOLD_MAX_NANO).contains(&amount.0) {
        return Ok(());
    }
    Err(fault(
        "out_of_range",
        format!("must be between 1 and {THRESHOLD_MAX_NANO} nano-USD; leave it out to be told nothing"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payments_are_whole_cents_within_bounds() {
        let code = |nano| {
            payment_amount(&NanoUsd(nano))
                .err()
                .map_or_else(String::new, |error| error.code.into_owned())
        };
        assert_eq!(code(25_000_000_000), "");
        assert_eq!(code(1_010_000_000), "");
        assert_eq!(code(1_000_000_001), "too_precise");
        for wrong in [0, -1, 999_999_999, i64::MAX, i64::MIN] {
            assert_eq!(code(wrong), "out_of_range", "{wrong}");
        }
    }

    #[test]
    fn providers_are_named_as_in_a_path() {
        for good in ["acme", "stripe-eu", "p2"] {
            assert!(provider_name(good).is_ok(), "{good}");
        }
        for bad in ["", "Acme", "a/b", "a b", "a:b", &"x".repeat(33)] {
            assert!(provider_name(bad).is_err(), "{bad}");
        }
        for bad in ["", "a b", "é", &"x".repeat(101)] {
            assert!(provider_id(bad).is_err(), "{bad}");
        }
    }
}
