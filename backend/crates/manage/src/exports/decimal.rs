//! Decimal numbers as text, multiplied exactly: FOCUS wants costs that are the product of what stands beside them.

/// Digits behind the point that are kept apart; more are a fault of ours.
const SCALE_MAX: usize = 18;

/// A decimal number: digits, and how many of them stand behind the point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Decimal {
    digits: i128,
    scale: usize,
}

impl Decimal {
    /// A whole number.
    pub(super) fn whole(count: u64) -> Self {
        Self {
            digits: count.into(),
            scale: 0,
        }
    }

    /// Millionths: a quantity in millions.
    pub(super) fn millionths(count: u64) -> Self {
        Self {
            digits: count.into(),
            scale: 6,
        }
    }

    /// A number without an exponent, such as `3`, `0.0255`, `-1.5`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let fraction = fraction.trim_end_matches('0');
        let bare = whole.strip_prefix('-').unwrap_or(whole);
        let digits_only = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if bare.is_empty() || !digits_only(bare) || !digits_only(fraction) || fraction.len() > SCALE_MAX {
            return None;
        }
        Some(Self {
            digits: format!("{whole}{fraction}").parse().ok()?,
            scale: fraction.len(),
        })
    }

    /// The product; `None` where it has more digits than fit.
    pub(super) fn times(self, other: Self) -> Option<Self> {
        Some(Self {
            digits: self.digits.checked_mul(other.digits)?,
            scale: self.scale.checked_add(other.scale)?,
        })
    }

    /// The product, rounded half to even where it has more digits behind the point than are kept.
    pub(super) fn times_rounded(self, other: Self) -> Option<Self> {
        let product = self.times(other)?;
        let beyond = product.scale.saturating_sub(SCALE_MAX);
        if beyond == 0 {
            return Some(product);
        }
        let unit = 10_i128.checked_pow(u32::try_from(beyond).ok()?)?;
        let (whole, rest) = (
            product.digits.checked_div(unit)?,
            product.digits.checked_rem(unit)?,
        );
        let twice = rest.checked_abs()?.checked_mul(2)?;
        let up = twice > unit || (twice == unit && whole % 2 != 0);
        let away = if product.digits < 0 { -1 } else { 1 };
        Some(Self {
            digits: if up { whole.checked_add(away)? } else { whole },
            scale: SCALE_MAX,
        })
    }

    /// Without zeros that say nothing.
    pub(super) fn text(self) -> String {
        let sign = if self.digits < 0 { "-" } else { "" };
        let digits = format!(
            "{:0>width$}",
            self.digits.unsigned_abs(),
            width = self.scale.saturating_add(1)
        );
        let (whole, fraction) = digits.split_at(digits.len().saturating_sub(self.scale));
        let fraction = fraction.trim_end_matches('0');
        if fraction.is_empty() {
            return format!("{sign}{whole}");
        }
        format!("{sign}{whole}.{fraction}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_keep_every_digit() {
        for (price, count, product) in [
            ("3", 1_200, "0.0036"),
            ("0.0255", 1_234, "0.000031467"),
            ("15.00", 1_000_000, "15"),
            ("0.000001", 1, "0.000000000001"),
            ("7", 0, "0"),
        ] {
            let price = Decimal::parse(price).unwrap();
            assert_eq!(price.times(Decimal::millionths(count)).unwrap().text(), product);
        }
    }

    #[test]
    fn a_long_product_is_rounded_once_half_to_even() {
        for (one, other, product) in [
            ("0.000000001", "0.0000000005", "0"),
            ("0.000000001", "0.0000000015", "0.000000000000000002"),
            ("-0.000000001", "0.0000000016", "-0.000000000000000002"),
            ("3", "0.1379", "0.4137"),
        ] {
            let product_of = |one: &str| Decimal::parse(one).unwrap();
            assert_eq!(
                product_of(one).times_rounded(product_of(other)).unwrap().text(),
                product
            );
        }
    }

    #[test]
    fn what_is_no_plain_decimal_is_refused() {
        for text in [
            "",
            ".5",
            "1e3",
            "+1",
            "--1",
            "1.2.3",
            "a",
            "1.0000000000000000001",
        ] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
        assert_eq!(Decimal::parse("-1.50").unwrap().text(), "-1.5");
        assert_eq!(Decimal::parse("1.5000000000000000000000").unwrap().text(), "1.5");
    }
}
