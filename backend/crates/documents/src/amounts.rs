//! Cents, tax and another currency, in whole numbers. Cents appear here for the first time; whatever they leave of
//! nano-dollars is the caller's to book as rounding.

/// Nano-USD in a cent.
pub const CENT_NANO: i64 = 10_000_000;
/// Tax rates are millionths; 19 % is 190,000.
const PPM: i128 = 1_000_000;
/// Exchange rates are billionths.
const RATE: i128 = 1_000_000_000;

/// An amount in cents, half a cent to the even one: rounded up as often as down.
pub fn cents(nano: i64) -> i64 {
    narrow(half_even(nano.into(), CENT_NANO.into()))
}

/// Tax on a net amount of zero or more, half a cent upwards as tax offices do.
pub fn tax_cents(net_cents: i64, rate_ppm: i64) -> i64 {
    let exact = i128::from(net_cents) * i128::from(rate_ppm);
    narrow((exact * 2 + PPM).div_euclid(PPM * 2))
}

/// Cents in a currency's smallest unit at a rate in billionths of units for a dollar, half to even.
pub fn in_currency(cents: i64, rate_nano: i64, decimals: u32) -> i64 {
    let exact = i128::from(cents) * i128::from(rate_nano) * 10_i128.pow(decimals.min(4));
    narrow(half_even(exact, RATE * 100))
}

fn half_even(amount: i128, unit: i128) -> i128 {
    let (whole, rest) = (amount.div_euclid(unit), amount.rem_euclid(unit));
    match (rest * 2).cmp(&unit) {
        std::cmp::Ordering::Less => whole,
        std::cmp::Ordering::Greater => whole + 1,
        std::cmp::Ordering::Equal => whole + whole.rem_euclid(2),
    }
}

/// Beyond 64 bits lies no money that anybody has; the largest amount then shows that something is wrong.
fn narrow(amount: i128) -> i64 {
    i64::try_from(amount).unwrap_or(if amount < 0 { i64::MIN } else { i64::MAX })
}

/// Decimals of a currency's smallest unit by ISO 4217; two for those that are not listed.
pub fn units(currency: &str) -> u32 {
    match currency {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "VND"
        | "VUV" | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        _ => 2,
    }
}

/// An amount in smallest units as text, thousands apart: `1,234.56`.
pub fn text_of(amount: i64, decimals: u32) -> String {
    let places = usize::try_from(decimals).unwrap_or(2);
    let digits = format!("{:0>width$}", amount.unsigned_abs(), width = places + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places);
    let point = if places == 0 { "" } else { "." };
    format!(
        "{}{}{point}{fraction}",
        if amount < 0 { "-" } else { "" },
        grouped(whole)
    )
}

/// Digits with a comma before each three.
pub(crate) fn grouped(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Millionths or billionths as decimal text without trailing zeros: a tax rate of 190,000 is `19` percent.
pub fn percent(scaled: i64, decimals: u32) -> String {
    let text = text_of(scaled, decimals).replace(',', "");
    match text.split_once('.') {
        Some((whole, fraction)) if fraction.trim_end_matches('0').is_empty() => whole.to_owned(),
        Some((whole, fraction)) => format!("{whole}.{}", fraction.trim_end_matches('0')),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cents_are_rounded_to_the_even_one() {
        for (nano, expected) in [
            (0, 0),
            (4_999_999, 0),
            (5_000_000, 0),
            (5_000_001, 1),
            (15_000_000, 2),
            (25_000_000, 2),
            (-5_000_001, -1),
            (-15_000_000, -2),
            (12_345_678_901, 1_235),
        ] {
            assert_eq!(cents(nano), expected, "{nano}");
        }
    }

    #[test]
    fn tax_is_rounded_half_up() {
        assert_eq!(tax_cents(1_235, 190_000), 235);
        assert_eq!(tax_cents(50, 190_000), 10);
        assert_eq!(tax_cents(100, 88_750), 9);
        assert_eq!(tax_cents(1_000, 0), 0);
        assert_eq!(tax_cents(i64::MAX, 1_000_000), i64::MAX);
    }

    #[test]
    fn another_currency_has_its_own_smallest_unit() {
        // 12.35 USD at 0.9213, 151.87 and 0.30712.
        assert_eq!(in_currency(1_235, 921_300_000, 2), 1_138);
        assert_eq!(in_currency(1_235, 151_870_000_000, 0), 1_876);
        assert_eq!(in_currency(1_235, 307_120_000, 3), 3_793);
    }

    #[test]
    fn amounts_read_as_people_write_them() {
        assert_eq!(text_of(123_456, 2), "1,234.56");
        assert_eq!(text_of(-5, 2), "-0.05");
        assert_eq!(text_of(1_876, 0), "1,876");
        assert_eq!(text_of(999_999_999, 2), "9,999,999.99");
        assert_eq!(percent(190_000, 4), "19");
        assert_eq!(percent(88_750, 4), "8.875");
        assert_eq!(percent(7_123_400_000, 9), "7.1234");
    }
}
