//! A receipt line's price with all that its amount is made of: what the price is of, the currency's rate, the plan's factor.

use crate::entry::PriceLine;
use crate::sold::as_sold;
use serde_json::Value;
use std::fmt;
use tollgate_contract::receipts::ReceiptLine;
use tollgate_money::{Factor, Per, Price, Scale};

/// The lines as they are booked; of the platform's accounts those of before list price and factor were one price are told
/// at one as well.
pub(super) fn lines(stored: Value, own_account: bool) -> Result<Vec<ReceiptLine>, serde_json::Error> {
    if own_account {
        return serde_json::from_value(stored);
    }
    let stored: Vec<PriceLine> = serde_json::from_value(stored)?;
    let sold = stored.into_iter().map(|line| {
        let (line, exact) = as_sold(line);
        let mut told: ReceiptLine = serde_json::from_value(serde_json::to_value(line)?)?;
        if !exact {
            told.more.insert("price_is".to_owned(), Value::from("rounded"));
        }
        Ok(told)
    });
    sold.collect()
}

/// What a quantity is multiplied by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinePrice<'a> {
    price: &'a str,
    per: Per,
    /// Of the list's currency, in US dollars; empty: its prices are US dollars.
    rate: &'a str,
    /// Of the plan; empty: none.
    factor: &'a str,
}

impl<'a> LinePrice<'a> {
    /// `None` for a line that says more than is known here.
    pub fn of(line: &'a ReceiptLine) -> Option<Self> {
        let mut shown = Self {
            price: &line.price,
            per: Per::Million,
            rate: "",
            factor: "",
        };
        for (name, value) in &line.more {
            match (name.as_str(), value.as_str()?) {
                ("per", "one") => shown.per = Per::One,
                ("per", "million" | "") => {}
                ("rate", rate) => shown.rate = rate,
                ("factor", factor) => shown.factor = factor,
                _ => return None,
            }
        }
        Some(shown)
    }

    /// Price and product of the factors; `None` where one of them is no number.
    pub fn exact(&self) -> Option<(Price, Scale)> {
        let factor = |text: &str| {
            if text.is_empty() {
                Some(Factor::ONE)
            } else {
                text.parse::<Factor>().ok()
            }
        };
        let price = Price::read(self.price, self.per).ok()?;
        Some((price, Scale::of(factor(self.rate)?, factor(self.factor)?)))
    }
}

/// `3 per million × rate 1.08 × factor 1.2`.
impl fmt::Display for LinePrice<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let per = match self.per {
            Per::Million => "per million",
            Per::One => "each",
        };
        let currency = if self.rate.is_empty() { " USD" } else { "" };
        write!(f, "{}{currency} {per}", self.price)?;
        for (name, factor) in [("rate", self.rate), ("factor", self.factor)] {
            if !factor.is_empty() {
                write!(f, " × {name} {factor}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use tollgate_money::Nano;

    fn line(more: serde_json::Value) -> ReceiptLine {
        let mut line = json!({"meter": "input", "quantity": 4678, "price": "3", "amount_nano": "0"});
        line.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        serde_json::from_value(line).unwrap()
    }

    #[test]
    fn what_is_printed_comes_out() {
        let plain = line(json!({"factor": "1.2"}));
        let shown = LinePrice::of(&plain).unwrap();
        assert_eq!(shown.to_string(), "3 USD per million × factor 1.2");
        let (price, scale) = shown.exact().unwrap();
        assert_eq!(price.scaled_amount(4678, scale), Some(Nano(16_840_800)));
        let each = line(json!({"per": "one", "rate": "1.08", "factor": "0.5"}));
        let shown = LinePrice::of(&each).unwrap();
        assert_eq!(shown.to_string(), "3 each × rate 1.08 × factor 0.5");
        let (price, scale) = shown.exact().unwrap();
        assert_eq!(price.scaled_amount(2, scale), Some(Nano(3_240_000_000)));
        assert_eq!(LinePrice::of(&line(json!({"discount": "1"}))), None);
    }
}
