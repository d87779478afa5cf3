//! Checks of what stands on documents.

use super::{bounded, email, fault, filled_line, one_line, shows_nothing};
use crate::money::NanoUsd;
use validator::ValidationError;

/// Longest name in law.
const LEGAL_NAME_MAX: usize = 200;
/// Longest address, with its line breaks.
const ADDRESS_MAX: usize = 1000;
/// Longest reason or answer.
const REASON_MAX: usize = 1000;
/// Longest tax number.
const TAX_ID_MAX: usize = 50;
/// Longest name at a document's head.
const BRAND_MAX: usize = 100;
/// Longest reference of a bank or source of a rate.
const REFERENCE_MAX: usize = 200;
/// Base64 of 64 KiB.
const LOGO_TEXT_MAX: usize = 87_384;
/// Largest payment: ten billion dollars would not fit the ledger.
const CENTS_MAX: i64 = 900_000_000_000;

/// A text of several lines.
fn lines(text: &str, max: usize) -> Result<(), ValidationError> {
    bounded(text, max)?;
    text.lines().try_for_each(|line| one_line(line, max))
}

/// A name in law.
pub fn legal_name(value: &str) -> Result<(), ValidationError> {
    filled_line(value, LEGAL_NAME_MAX)
}

/// An address or bank details, a line each.
pub fn address(value: &str) -> Result<(), ValidationError> {
    lines(value, ADDRESS_MAX)
}

/// A tax number.
pub fn tax_id(value: &str) -> Result<(), ValidationError> {
    one_line(value, TAX_ID_MAX)
}

/// The customer's own order.
pub fn purchase_order(value: &str) -> Result<(), ValidationError> {
    one_line(value, BRAND_MAX)
}

/// A person who gets documents.
pub fn contact_name(value: &str) -> Result<(), ValidationError> {
    one_line(value, LEGAL_NAME_MAX)
}

/// The name at a document's head.
pub fn brand_name(value: &str) -> Result<(), ValidationError> {
    one_line(value, BRAND_MAX)
}

/// Why, in some sentences.
pub fn dispute_reason(value: &str) -> Result<(), ValidationError> {
    if value.chars().all(shows_nothing) {
        return Err(fault("required", "must not be empty"));
    }
    lines(value, REASON_MAX)
}

/// What somebody else calls it.
pub fn reference(value: &str) -> Result<(), ValidationError> {
    filled_line(value, REFERENCE_MAX)
}

/// An e-mail address, or nothing.
pub fn optional_email(value: &str) -> Result<(), ValidationError> {
    if value.is_empty() {
        return Ok(());
    }
    email(value)
}

/// An ISO 4217 code.
pub fn currency(value: &str) -> Result<(), ValidationError> {
    if value.len() == 3 && value.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Ok(());
    }
    Err(fault("currency", "must be an ISO 4217 code such as EUR"))
}

/// The same, of another currency than the ledger's.
pub fn foreign_currency(value: &str) -> Result<(), ValidationError> {
    currency(value)?;
    if value == "USD" {
        return Err(fault("currency", "must not be USD: the ledger is in dollars"));
    }
    Ok(())
}

/// `#rrggbb` in lower case.
pub fn colour(value: &str) -> Result<(), ValidationError> {
    let hex = value.strip_prefix('#').unwrap_or_default();
    let fits = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if hex.len() == 6 && hex.bytes().all(fits) {
        return Ok(());
    }
    Err(fault("colour", "must look like #1f2937"))
}

/// A PNG in base64; what is in it, the server looks at.
pub fn logo(value: &str) -> Result<(), ValidationError> {
    if value.len() <= LOGO_TEXT_MAX {
        return Ok(());
    }
    Err(fault("too_long", "takes a PNG of at most 64 KiB"))
}

/// Decimal text in units of ten to the minus `decimals`; `None` where it is none, is signed, or has more digits.
pub fn scaled(text: &str, decimals: u32) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let places = usize::try_from(decimals).ok()?;
    if whole.is_empty() || !digits(whole) || !digits(fraction) || fraction.len() > places {
        return None;
    }
    if fraction.is_empty() && text.contains('.') {
        return None;
    }
    format!("{whole}{fraction:0<places$}").parse().ok()
}

/// Percent from 0 to 100.
pub fn tax_rate(value: &str) -> Result<(), ValidationError> {
    match scaled(value, 4) {
        Some(0..=1_000_000) => Ok(()),
        _ => Err(fault(
            "out_of_range",
            "must be percent from 0 to 100, such as 19 or 8.875",
        )),
    }
}

/// Units of a currency for a dollar.
pub fn exchange_rate(value: &str) -> Result<(), ValidationError> {
    match scaled(value, 9) {
        Some(1..=1_000_000_000_000_000) => Ok(()),
        _ => Err(fault(
            "out_of_range",
            "must be a number above 0 and up to 1000000, with at most nine decimals",
        )),
    }
}

/// Days until an invoice is due.
pub fn payment_days(value: u32) -> Result<(), ValidationError> {
    if value <= 180 {
        return Ok(());
    }
    Err(fault("out_of_range", "must be between 0 and 180"))
}

/// An amount that was paid.
pub fn cents(value: i64) -> Result<(), ValidationError> {
    if (1..=CENTS_MAX).contains(&value) {
        return Ok(());
    }
    Err(fault(
        "out_of_range",
        format!("must be between 1 and {CENTS_MAX} cents"),
    ))
}

/// An amount that is given back.
pub fn credited(amount: NanoUsd) -> Result<(), ValidationError> {
    if amount.0 > 0 {
        return Ok(());
    }
    Err(fault("out_of_range", "must be more than 0"))
}

/// `2026-11`.
pub fn month(value: &str) -> Result<(), ValidationError> {
    if first_day(value).is_some() {
        return Ok(());
    }
    Err(fault("month", "must be a month such as 2026-11"))
}

/// The first day of `2026-11`; years in which ids and partitions make sense.
pub fn first_day(value: &str) -> Option<chrono::NaiveDate> {
    let (year, month) = value.split_once('-')?;
    if year.len() != 4 || month.len() != 2 || !value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
    {
        return None;
    }
    let year: i32 = year.parse().ok().filter(|year| (2000..=2200).contains(year))?;
    chrono::NaiveDate::from_ymd_opt(year, month.parse().ok()?, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_text_is_read_without_a_float() {
        assert_eq!(scaled("19", 4), Some(190_000));
        assert_eq!(scaled("8.875", 4), Some(88_750));
        assert_eq!(scaled("7.1234", 9), Some(7_123_400_000));
        for wrong in ["", ".5", "5.", "1.23456", "-1", "+1", "1e3", "1,5", " 1", "１"] {
            assert_eq!(scaled(wrong, 4), None, "{wrong}");
        }
    }

    #[test]
    fn what_stands_on_documents_is_bounded() {
        assert!(legal_name("Muster GmbH").is_ok() && legal_name(" ").is_err());
        assert!(address("a\nb").is_ok() && address("a\0").is_err() && address(&"x".repeat(1001)).is_err());
        assert!(legal_name("a\nb").is_err());
        assert!(currency("EUR").is_ok() && currency("eur").is_err() && currency("EURO").is_err());
        assert!(foreign_currency("USD").is_err());
        assert!(colour("#1f2937").is_ok() && colour("#1F2937").is_err() && colour("red").is_err());
        assert!(tax_rate("100").is_ok() && tax_rate("100.0001").is_err());
        assert!(exchange_rate("0").is_err() && exchange_rate("7.123456789").is_ok());
        assert!(month("2026-11").is_ok());
        for wrong in [
            "2026-13",
            "2026-1",
            "26-01",
            "2026-11-01",
            "",
            "1999-01",
            "2026-+1",
        ] {
            assert!(month(wrong).is_err(), "{wrong}");
        }
    }
}
