//! The arithmetic that stands beside an amount: each line is its quantity times its price, times the list's rate and the
//! plan's factor, rounded once; all lines are the amount, and count each token once.

use crate::settle::canonical::Tokens;
use crate::verify::Misfit;
use serde::Deserialize;
use std::borrow::Cow;
use tollgate_money::{Factor, FactorError, Nano, Per, Price, PriceError, Scale};

/// A line as it is stored; see [`crate::PriceLine`]. What it does not know it can't vouch for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    #[serde(borrow)]
    meter: Cow<'a, str>,
    quantity: u64,
    #[serde(borrow)]
    price: Cow<'a, str>,
    amount_nano: Nano,
    #[serde(borrow, default)]
    per: Cow<'a, str>,
    #[serde(borrow, default)]
    rate: Cow<'a, str>,
    #[serde(borrow, default)]
    factor: Cow<'a, str>,
}

/// Why a line says nothing.
enum Unread {
    Per,
    Price(PriceError),
    Factor(FactorError),
}

impl std::fmt::Display for Unread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Per => f.write_str("of how many the price is: nothing or `one`"),
            Self::Price(error) => error.fmt(f),
            Self::Factor(error) => error.fmt(f),
        }
    }
}

impl Line<'_> {
    fn per(&self) -> Option<Per> {
        match self.per.as_ref() {
            "" => Some(Per::Million),
            "one" => Some(Per::One),
            _ => None,
        }
    }

    /// What it comes to; `None` within where that does not fit 64 bits.
    fn due(&self) -> Result<Option<Nano>, Unread> {
        let price = Price::read(&self.price, self.per().ok_or(Unread::Per)?).map_err(Unread::Price)?;
        let factor = |text: &str| {
            if text.is_empty() {
                Ok(Factor::ONE)
            } else {
                text.parse::<Factor>().map_err(Unread::Factor)
            }
        };
        let scale = Scale::of(factor(&self.rate)?, factor(&self.factor)?);
        Ok(price.scaled_amount(self.quantity, scale))
    }
}

/// What the lines of an amount come to.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// Their sum.
    pub amount: i128,
    /// What they count by the million.
    tokens: u128,
    /// Whether there is any.
    pub any: bool,
}

/// Reckons each line anew. `whose` names the row.
pub(super) fn reckon(whose: &str, stored: &str) -> Result<Told, Misfit> {
    let lines: Vec<Line<'_>> = serde_json::from_str(stored).map_err(|error| {
        Misfit::new(
            format!("{whose}, its price lines"),
            "lines that can be read",
            error,
        )
    })?;
    let mut told = Told::default();
    for (number, line) in lines.iter().enumerate() {
        let name = || format!("{whose}, price line {} ({})", number + 1, line.meter);
        let due = line
            .due()
            .map_err(|unread| Misfit::new(name(), "a line that can be reckoned", unread))?;
        if due != Some(line.amount_nano) {
            let due = due.map_or_else(|| "an amount within 64 bits".to_owned(), |due| due.0.to_string());
            return Err(Misfit::new(name(), due, line.amount_nano.0));
        }
        told.any = true;
        told.amount += i128::from(line.amount_nano.0);
        if line.per.is_empty() {
            told.tokens += u128::from(line.quantity);
        }
    }
    Ok(told)
}

impl Told {
    /// They are the amount.
    pub fn comes_to(&self, whose: &str, amount: i128) -> Result<(), Misfit> {
        if self.amount == amount {
            return Ok(());
        }
        let name = format!("{whose}, sum of its price lines");
        Err(Misfit::new(name, amount, self.amount))
    }

    /// They count each token once. An amount without lines was reckoned before there were any.
    pub fn counts(&self, whose: &str, tokens: &Tokens) -> Result<(), Misfit> {
        let due: i128 = tokens.iter().map(|count| i128::from(*count)).sum();
        if !self.any || i128::try_from(self.tokens) == Ok(due) {
            return Ok(());
        }
        let name = format!("{whose}, tokens of its price lines");
        Err(Misfit::new(name, due, self.tokens))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::Charge;
    use tollgate_money::{Meter, Meters, ModelPrices, PriceRow, Terms};

    /// Every kind of line: a rate, a factor, a price of one, a smallest charge.
    fn stored() -> (String, i64) {
        let row = PriceRow::default()
            .with(Meter::Input, "3.000001")
            .with(Meter::Output, "15")
            .with(Meter::WebSearch, "0.0123");
        let prices = ModelPrices::in_currency(&row, "0.1379".parse().unwrap()).unwrap();
        let terms = Terms {
            factor: "1.15".parse().unwrap(),
            minimum: Nano(900_000_000),
            prices: prices.into(),
            as_one: false,
        };
        let mut meters = Meters {
            input: 1_234,
            output: 77,
            ..Meters::default()
        };
        meters.other.web_search = 2;
        let charge = Charge::from(&terms.charge(&meters).unwrap());
        (serde_json::to_string(&charge.lines).unwrap(), charge.total.0)
    }

    #[test]
    fn lines_are_reckoned_with_all_that_they_say() {
        let (text, total) = stored();
        let told = reckon("it", &text).unwrap();
        assert!(told.comes_to("it", total.into()).is_ok());
        assert!(told.counts("it", &[1_234, 77, 0, 0, 0]).is_ok());
        assert!(told.counts("it", &[1_234, 78, 0, 0, 0]).is_err());
        assert!(told.comes_to("it", i128::from(total) + 1).is_err());
        for (from, to) in [
            ("\"3.000001\"", "\"3.01\""),
            ("1234", "1235"),
            ("\"0.1379\"", "\"0.138\""),
            ("\"1.15\"", "\"1.16\""),
            ("\"one\"", "\"two\""),
            ("\"per\":\"one\",", ""),
            ("\"0.0123\"", "\"0.0124\""),
            ("\"factor\"", "\"margin\""),
        ] {
            let changed = text.replacen(from, to, 1);
            assert_ne!(changed, text, "{from} in {text}");
            assert!(reckon("it", &changed).is_err(), "{from}");
        }
    }
}
