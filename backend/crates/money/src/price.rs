//! A price per million units, as providers publish it. Never in here: which price applies.

use crate::factor::gcd;
use crate::meter::Per;
use crate::{Nano, Scale};
use std::fmt;
use std::str::FromStr;

/// Digits kept behind the decimal point. Providers publish four at the most.
const DECIMALS: usize = 12;
/// A price of one dollar, as stored.
const ONE_USD: i64 = 1_000_000_000_000;
/// From (10⁻¹² USD a million) × quantity to nano-USD.
const DIVISOR: u128 = 1_000_000_000;
/// Tokens are priced by the million.
const MILLION: i64 = 1_000_000;

/// US dollars (or another currency's unit, where a price list names one) per million tokens, to twelve decimals; at most
/// some nine million. Prices of single things are held as those of a million of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Price(i64);

/// A text is no price.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no price: write US dollars per million tokens such as 3 or 0.255, not negative, at most 12 decimals"
)]
pub struct PriceError(String);

impl Price {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// What so many units cost, rounded half to even once. `None` where it does not fit 64 bits.
    pub fn amount(self, quantity: u64) -> Option<Nano> {
        self.scaled_amount(quantity, Scale::ONE)
    }

    /// The same times a product of factors: still one exact fraction, rounded half to even once.
    pub fn scaled_amount(self, quantity: u64, scale: Scale) -> Option<Nano> {
        let (num, den) = self.fraction(quantity, scale)?;
        let (whole, rest) = (num.checked_div(den)?, num.checked_rem(den)?);
        let half = rest.cmp(&den.checked_sub(rest)?);
        let up = half.is_gt() || (half.is_eq() && whole & 1 == 1);
        let rounded = whole.checked_add(u128::from(up))?;
        i64::try_from(rounded).ok().map(Nano)
    }

    /// What so many units may cost at most: the exact amount rounded up, or the largest amount there is.
    pub fn bound(self, quantity: u64) -> Nano {
        self.scaled_bound(quantity, Scale::ONE)
    }

    /// The same times a product of factors.
    pub fn scaled_bound(self, quantity: u64, scale: Scale) -> Nano {
        let up = self
            .fraction(quantity, scale)
            .map(|(num, den)| num.div_ceil(den.max(1)));
        Nano(up.and_then(|nano| i64::try_from(nano).ok()).unwrap_or(i64::MAX))
    }

    /// Nano-USD as a fraction in lower terms; `None` where that does not fit 128 bits, which no real price comes near.
    fn fraction(self, quantity: u64, scale: Scale) -> Option<(u128, u128)> {
        let units = u128::try_from(self.0).ok()?.checked_mul(u128::from(quantity))?;
        let den = DIVISOR.checked_mul(scale.den)?;
        let common = gcd(units, den).max(1);
        let (units, den) = (units.checked_div(common)?, den.checked_div(common)?);
        let common = gcd(scale.num, den).max(1);
        let num = units.checked_mul(scale.num.checked_div(common)?)?;
        Some((num, den.checked_div(common)?))
    }

    /// This price times a product of factors, rounded half to even to the last digit that a price has; for showing, since
    /// amounts are reckoned from the factors themselves.
    pub fn times(self, scale: Scale) -> Option<Self> {
        let num = u128::try_from(self.0).ok()?.checked_mul(scale.num)?;
        let den = scale.den;
        let (whole, rest) = (num.checked_div(den)?, num.checked_rem(den)?);
        let half = rest.cmp(&den.checked_sub(rest)?);
        let up = half.is_gt() || (half.is_eq() && whole & 1 == 1);
        i64::try_from(whole.checked_add(u128::from(up))?).ok().map(Self)
    }

    /// Twice the price, or the largest one.
    pub(crate) fn doubled(self) -> Self {
        Self(self.0.saturating_mul(2))
    }

    /// This price in the proportion of two others, rounded up; itself where there is no proportion.
    pub(crate) fn in_proportion(self, to: Self, from: Self) -> Self {
        let positive = |price: Self| u128::try_from(price.0).ok().filter(|units| *units > 0);
        let (Some(units), Some(to), Some(from)) = (positive(self), u128::try_from(to.0).ok(), positive(from))
        else {
            return self;
        };
        let scaled = units.checked_mul(to).map(|units| units.div_ceil(from));
        Self(
            scaled
                .and_then(|units| i64::try_from(units).ok())
                .unwrap_or(i64::MAX),
        )
    }

    /// The price of a million things of which one costs so much.
    pub fn of_one(amount: Nano) -> Option<Self> {
        // 10⁻⁹ USD each are 10⁻³ USD a million, 10⁹ of our units.
        amount.0.checked_mul(1_000_000_000).map(Self)
    }

    /// Reads a price as it is told: of a million tokens, or of one thing.
    ///
    /// # Errors
    /// If the text is no price, or too large a one.
    pub fn read(text: &str, per: Per) -> Result<Self, PriceError> {
        match per {
            Per::Million => text.parse(),
            // A million of them: the point moves by six places.
            Per::One => Self::of_decimals(text, DECIMALS + 6),
        }
    }

    /// Of a text with so many digits behind the point at the most, the last of which is the smallest price there is.
    fn of_decimals(text: &str, decimals: usize) -> Result<Self, PriceError> {
        let wrong = || PriceError(text.chars().take(40).collect());
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let fraction = if fraction.len() > decimals {
            fraction.trim_end_matches('0')
        } else {
            fraction
        };
        if whole.is_empty()
            || !digits(whole)
            || !digits(fraction)
            || fraction.len() > decimals
            || text.ends_with('.')
        {
            return Err(wrong());
        }
        let units: i64 = format!("{whole}{fraction:0<decimals$}")
            .parse()
            .map_err(|_| wrong())?;
        Ok(Self(units))
    }

    /// The price as it is told, exactly.
    pub fn told(self, per: Per) -> String {
        match per {
            Per::Million => self.to_string(),
            Per::One => {
                let one = i128::from(ONE_USD).saturating_mul(i128::from(MILLION));
                let units = i128::from(self.0);
                let (whole, fraction) = (
                    units.checked_div(one).unwrap_or(0),
                    units.checked_rem(one).unwrap_or(0),
                );
                let digits = format!("{fraction:018}");
                let digits = digits.trim_end_matches('0');
                if digits.is_empty() {
                    whole.to_string()
                } else {
                    format!("{whole}.{digits}")
                }
            }
        }
    }

    /// By how many hundredths of a percent another price differs from this one, towards zero; `None` from nothing.
    pub fn change_to(self, other: Self) -> Option<i64> {
        let change = i128::from(other.0).checked_sub(i128::from(self.0))?;
        let change = change.checked_mul(10_000)?.checked_div(i128::from(self.0))?;
        i64::try_from(change).ok()
    }
}

impl FromStr for Price {
    type Err = PriceError;

    fn from_str(text: &str) -> Result<Self, PriceError> {
        Self::of_decimals(text, DECIMALS)
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

    #[test]
    fn a_price_of_one_thing_is_told_as_such() {
        let search = Price::read("0.01", Per::One).unwrap();
        assert_eq!(
            (search.told(Per::One), search.to_string()),
            ("0.01".to_owned(), "10000".to_owned())
        );
        assert_eq!(search.amount(3), Some(Nano(30_000_000)));
        assert_eq!(price("0.000001").told(Per::One), "0.000000000001");
        assert_eq!(Price::of_one(Nano(1_500)).unwrap().told(Per::One), "0.0000015");
        assert!(Price::read("10", Per::One).is_err());
        assert_eq!(price("2").change_to(price("3")), Some(5_000));
        assert_eq!(price("3").change_to(price("2")), Some(-3_333));
        assert_eq!(price("0").change_to(price("2")), None);
    }

    proptest! {
        #[test]
        fn an_amount_is_off_by_half_a_nano_at_most_and_never_above_its_bound(units in 0..i64::MAX, quantity in 0..1_000_000_000_u64) {
            let price = Price(units);
            if let Some(Nano(amount)) = price.amount(quantity) {
                let (exact, divisor) = (i128::from(units) * i128::from(quantity), i128::try_from(DIVISOR).unwrap());
                let off = (i128::from(amount) * divisor - exact).abs();
                prop_assert!(off * 2 <= divisor);
                prop_assert!(price.bound(quantity).0 >= amount);
            }
        }

        #[test]
        fn what_is_shown_is_read_back(units in 0..i64::MAX) {
            prop_assert_eq!(Price(units).to_string().parse::<Price>(), Ok(Price(units)));
        }
    }
}
