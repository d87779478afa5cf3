//! Decimal text as providers write amounts and counts, without ever being a float.

/// Digits that an amount may have: 38 fit an `i128`.
const DIGITS_MAX: usize = 36;

/// `text` × 10^`shift` in nano, rounded half to even: dollars with shift 0, cents with −2. Exponents are taken
/// (`1.5e-05`). `None` if it is no number or does not fit 64 bits.
pub(super) fn nano(text: &str, shift: i32) -> Option<i64> {
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (
            mantissa,
            exponent
                .strip_prefix('+')
                .unwrap_or(exponent)
                .parse::<i32>()
                .ok()?,
        ),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let fraction = fraction.trim_end_matches('0');
    let digits = format!("{whole}{fraction}");
    if whole.is_empty() || digits.len() > DIGITS_MAX || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let value: i128 = digits.parse().ok()?;
    let decimals = i32::try_from(fraction.len()).ok()?;
    let power = exponent
        .checked_add(9)?
        .checked_add(shift)?
        .checked_sub(decimals)?;
    let scaled = if power >= 0 {
        value.checked_mul(10_i128.checked_pow(u32::try_from(power).ok()?)?)?
    } else {
        let Some(divisor) = u32::try_from(-power)
            .ok()
            .and_then(|power| 10_i128.checked_pow(power))
        else {
            return Some(0);
        };
        half_even(value, divisor)?
    };
    i64::try_from(if negative { -scaled } else { scaled }).ok()
}

fn half_even(value: i128, divisor: i128) -> Option<i128> {
    let (whole, rest) = (value.checked_div(divisor)?, value.checked_rem(divisor)?);
    let twice = rest.checked_mul(2)?;
    let up = twice > divisor || (twice == divisor && whole & 1 == 1);
    whole.checked_add(i128::from(up))
}

/// A count, as `12` or, from a spreadsheet, `12.0`; never below zero.
pub(super) fn count(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let zeros = !fraction.is_empty() && fraction.bytes().all(|byte| byte == b'0');
    let digits = !whole.is_empty() && whole.bytes().all(|byte| byte.is_ascii_digit());
    (zeros && digits).then(|| whole.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_to_the_nano_dollar() {
        for (text, shift, expected) in [
            ("0.06", 0, Some(60_000_000)),
            ("123.78912", -2, Some(1_237_891_200)),
            ("0.003835980000000000000000000000", 0, Some(3_835_980)),
            ("1.2345e-05", 0, Some(12_345)),
            ("2E+1", 0, Some(20_000_000_000)),
            ("-0.5", 0, Some(-500_000_000)),
            ("0.0000000005", 0, Some(0)),
            ("0.0000000015", 0, Some(2)),
            ("0.00000000051", 0, Some(1)),
            ("1e-60", 0, Some(0)),
            ("9223372036.854775807", 0, Some(i64::MAX)),
            ("9223372036.854775808", 0, None),
            ("1e30", 0, None),
            ("", 0, None),
            (".5", 0, None),
            ("1,5", 0, None),
            ("$5", 0, None),
            ("NaN", 0, None),
        ] {
            assert_eq!(nano(text, shift), expected, "{text}");
        }
        assert_eq!(count("59200.0"), Some(59_200));
        assert_eq!(count("12"), Some(12));
        for wrong in ["", "-1", "1.5", "1.", "x", "99999999999999999999"] {
            assert_eq!(count(wrong), None, "{wrong}");
        }
    }
}
