//! A price per million units, as providers publish it. Never in here: which price applies.

use crate::Nano;
use std::fmt;
use std::str::FromStr;

/// Digits kept behind the decimal point. Providers publish four at the most.
const DECIMALS: usize = 12;
/// A price of one dollar, as stored.
const ONE_USD: i64 = 1_000_000_000_000;
/// From (10⁻¹² USD a million) × quantity to nano-USD.
const DIVISOR: i128 = 1_000_000_000;

/// US dollars per million tokens, to twelve decimals; at most some nine million dollars.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Price(i64);

/// A text is no price.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no price: write US dollars per million tokens such as 3 or 0.255, not negative, at most 12 decimals"
)]
pub struct PriceError(String);

impl Price {
    /// What so many units cost, rounded half to even once. `None` where it does not fit 64 bits.
    pub fn amount(self, quantity: u64) -> Option<Nano> {
        let exact = i128::from(self.0).checked_mul(i128::from(quantity))?;
        let (whole, rest) = (exact.checked_div(DIVISOR)?, exact.checked_rem(DIVISOR)?);
        let twice = rest.checked_mul(2)?;
        let up = twice > DIVISOR || (twice == DIVISOR && whole & 1 == 1);
        let rounded = whole.checked_add(i128::from(up))?;
        i64::try_from(rounded).ok().map(Nano)
    }

    /// What so many units may cost at most: the exact amount rounded up, or the largest amount there is.
    pub fn bound(self, quantity: u64) -> Nano {
        let exact = i128::from(self.0).saturating_mul(i128::from(quantity));
        let up = exact.saturating_add(DIVISOR.saturating_sub(1));
        let nano = up.checked_div(DIVISOR).unwrap_or(i128::MAX);
        Nano(i64::try_from(nano).unwrap_or(i64::MAX))
    }

    /// Twice the price, or the largest one.
    pub(crate) fn doubled(self) -> Self {
        Self(self.0.saturating_mul(2))
    }
}

impl FromStr for Price {
    type Err = PriceError;

    fn from_str(text: &str) -> Result<Self, PriceError> {
        let wrong = || PriceError(text.chars().take(40).collect());
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let fraction = if fraction.len() > DECIMALS {
            fraction.trim_end_matches('0')
        } else {
            fraction
        };
        if whole.is_empty()
            || !digits(whole)
            || !digits(fraction)
            || fraction.len() > DECIMALS
            || text.ends_with('.')
        {
            return Err(wrong());
        }
        let whole: i64 = whole.parse().map_err(|_| wrong())?;
        let fraction: i64 = format!("{fraction:0<DECIMALS$}").parse().map_err(|_| wrong())?;
        let price = whole
            .checked_mul(ONE_USD)
            .and_then(|whole| whole.checked_add(fraction));
        price.map(Self).ok_or_else(wrong)
    }
}

/// Dollars per million, without needless zeros: `3`, `0.0255`.
impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, fraction) = (self.0 / ONE_USD, self.0 % ONE_USD);
        if fraction == 0 {
            return write!(f, "{whole}");
        }
        let digits = format!("{fraction:0>DECIMALS$}");
        write!(f, "{whole}.{}", digits.trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn price(text: &str) -> Price {
        text.parse().unwrap()
    }

    #[test]
    fn a_price_is_read_and_shown_exactly() {
        for text in ["0", "3", "0.0255", "12.5", "0.000000000001", "1000000"] {
            assert_eq!(price(text).to_string(), text);
        }
        assert_eq!(price("3.50").to_string(), "3.5");
        assert_eq!(price("1.0000000000000000").to_string(), "1");
        for text in [
            "",
            ".",
            "-1",
            "+1",
            "1e3",
            "1.",
            ".5",
            "0.0000000000001",
            "99999999999",
            "NaN",
            "１",
        ] {
            assert!(text.parse::<Price>().is_err(), "{text}");
        }
    }

    #[test]
    fn an_amount_is_rounded_half_to_even() {
        // 0.0005 USD a million is half a nano-dollar a token.
        assert_eq!(price("0.0005").amount(1), Some(Nano(0)));
        assert_eq!(price("0.0005").amount(3), Some(Nano(2)));
        assert_eq!(price("0.0005").amount(5), Some(Nano(2)));
        assert_eq!(price("0.00050001").amount(1), Some(Nano(1)));
        assert_eq!(price("3").amount(1_000_000), Some(Nano(3_000_000_000)));
        assert_eq!(price("9000000").amount(u64::MAX), None);
        assert_eq!(price("9000000").bound(u64::MAX), Nano::MAX);
    }

    proptest! {
        #[test]
        fn an_amount_is_off_by_half_a_nano_at_most_and_never_above_its_bound(units in 0..i64::MAX, quantity in 0..1_000_000_000_u64) {
            let price = Price(units);
            if let Some(Nano(amount)) = price.amount(quantity) {
                let exact = i128::from(units) * i128::from(quantity);
                let off = (i128::from(amount) * DIVISOR - exact).abs();
                prop_assert!(off * 2 <= DIVISOR);
                prop_assert!(price.bound(quantity).0 >= amount);
            }
        }

        #[test]
        fn what_is_shown_is_read_back(units in 0..i64::MAX) {
            prop_assert_eq!(Price(units).to_string().parse::<Price>(), Ok(Price(units)));
        }
    }
}
