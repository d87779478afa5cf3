//! Factors as decimal text, exactly: what a plan adds, what a dollar costs. Never in here: what is multiplied by them.

use std::fmt;
use std::str::FromStr;

/// Digits kept behind the decimal point.
const DECIMALS: usize = 12;
/// The factor 1, in units of the last digit.
const ONE: u64 = 1_000_000_000_000;
/// No factor is larger: a dollar costs less than this in every currency, and no plan charges a million times the price.
const FACTOR_MAX: u64 = 1_000_000;

/// A factor from 0 to a million, to twelve decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Factor(u64);

/// A text is no factor.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no factor: write a decimal number such as 1.15, from 0 to 1000000, at most 12 decimals")]
pub struct FactorError(String);

impl Factor {
    /// Changes nothing.
    pub const ONE: Self = Self(ONE);
    /// Makes everything free.
    pub const ZERO: Self = Self(0);

    /// Whether it is 0.
    pub fn is_zero(self) -> bool {
        self.0 == 0
    }
}

impl Default for Factor {
    fn default() -> Self {
        Self::ONE
    }
}

impl FromStr for Factor {
    type Err = FactorError;

    fn from_str(text: &str) -> Result<Self, FactorError> {
        let wrong = || FactorError(text.chars().take(40).collect());
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let fraction = if fraction.len() > DECIMALS {
            fraction.trim_end_matches('0')
        } else {
            fraction
        };
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let shape = !whole.is_empty() && digits(whole) && digits(fraction) && !text.ends_with('.');
        if !shape || fraction.len() > DECIMALS {
            return Err(wrong());
        }
        let whole: u64 = whole.parse().map_err(|_| wrong())?;
        let fraction: u64 = format!("{fraction:0<DECIMALS$}").parse().map_err(|_| wrong())?;
        let units = whole
            .checked_mul(ONE)
            .and_then(|units| units.checked_add(fraction));
        let most = FACTOR_MAX.saturating_mul(ONE);
        units.filter(|units| *units <= most).map(Self).ok_or_else(wrong)
    }
}

/// As a decimal number without needless zeros.
impl fmt::Display for Factor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, fraction) = (self.0 / ONE, self.0 % ONE);
        if fraction == 0 {
            return write!(f, "{whole}");
        }
        let digits = format!("{fraction:0>DECIMALS$}");
        write!(f, "{whole}.{}", digits.trim_end_matches('0'))
    }
}

/// A product of factors as a reduced fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    pub(crate) num: u128,
    pub(crate) den: u128,
}

impl Scale {
    /// Changes nothing.
    pub const ONE: Self = Self { num: 1, den: 1 };

    /// The product of two factors.
    pub fn of(one: Factor, other: Factor) -> Self {
        let reduced = |factor: Factor| {
            let (num, den) = (u128::from(factor.0), u128::from(ONE));
            let common = gcd(num, den).max(1);
            (
                num.checked_div(common).unwrap_or(0),
                den.checked_div(common).unwrap_or(1),
            )
        };
        let ((a, b), (c, d)) = (reduced(one), reduced(other));
        // At most 10¹⁸ each above, 10¹² each below.
        Self {
            num: a.saturating_mul(c),
            den: b.saturating_mul(d),
        }
    }
}

/// The greatest common divisor.
pub(crate) fn gcd(mut a: u128, mut b: u128) -> u128 {
    while let Some(rest) = a.checked_rem(b) {
        (a, b) = (b, rest);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_factor_is_read_and_shown_exactly() {
        for text in ["0", "1", "1.15", "0.85", "7.1234", "0.000000000001", "1000000"] {
            assert_eq!(text.parse::<Factor>().unwrap().to_string(), text);
        }
        for text in ["", "-1", "1.", ".5", "1e2", "1000000.1", "0.0000000000001", "١"] {
            assert!(text.parse::<Factor>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_product_is_reduced() {
        let factor = |text: &str| text.parse::<Factor>().unwrap();
        assert_eq!(Scale::of(Factor::ONE, Factor::ONE), Scale::ONE);
        let scale = Scale::of(factor("1.5"), factor("0.4"));
        assert_eq!(scale.num * 5, scale.den * 3);
        assert_eq!(Scale::of(Factor::ZERO, factor("3")).num, 0);
    }
}
