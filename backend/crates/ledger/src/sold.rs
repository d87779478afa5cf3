//! Lines of arithmetic as a customer of the platform's accounts may see them: list price, rate and plan's factor are one
//! price there. Never in here: amounts, which stay as they were booked.

use crate::entry::PriceLine;
use tollgate_money::{Factor, Per, Price, Scale};

/// The line at one price in US dollars. Lines are booked so; this is for those of before, which name the list price beside
/// the factor. Tells too whether the price makes the amount exactly: of a price that had to be rounded, or that does not fit
/// (it is empty then), it need not.
pub fn as_sold(line: PriceLine) -> (PriceLine, bool) {
    if line.rate.is_empty() && line.factor.is_empty() {
        return (line, true);
    }
    let per = if line.per == "one" { Per::One } else { Per::Million };
    let factor = |text: &str| {
        if text.is_empty() {
            Some(Factor::ONE)
        } else {
            text.parse().ok()
        }
    };
    let price = Price::read(&line.price, per).ok();
    let scale = factor(&line.rate).zip(factor(&line.factor));
    let price = price
        .zip(scale)
        .and_then(|(price, (rate, factor))| price.times(Scale::of(rate, factor)));
    let exact = price.and_then(|price| price.amount(line.quantity)) == Some(line.amount_nano);
    let line = PriceLine {
        price: price.map(|price| price.told(per)).unwrap_or_default(),
        rate: String::new(),
        factor: String::new(),
        ..line
    };
    (line, exact)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tollgate_money::Nano;

    fn line(price: &str, per: &str, rate: &str, factor: &str, amount: i64) -> PriceLine {
        PriceLine {
            meter: "input".to_owned(),
            quantity: 3,
            price: price.to_owned(),
            amount_nano: Nano(amount),
            per: per.to_owned(),
            rate: rate.to_owned(),
            factor: factor.to_owned(),
        }
    }

    #[test]
    fn list_price_rate_and_factor_become_one_price() {
        let told = |line: PriceLine| {
            let (line, exact) = as_sold(line);
            assert_eq!((line.rate.as_str(), line.factor.as_str()), ("", ""));
            (line.price, line.amount_nano.0, exact)
        };
        assert_eq!(told(line("3", "", "", "", 9_000)), ("3".to_owned(), 9_000, true));
        assert_eq!(
            told(line("3", "", "", "1.15", 10_350)),
            ("3.45".to_owned(), 10_350, true)
        );
        assert_eq!(
            told(line("0.01", "one", "1.08", "1.5", 48_600_000)),
            ("0.0162".to_owned(), 48_600_000, true)
        );
        let rounded = told(line("0.000000000001", "", "", "0.1", 0));
        assert_eq!(rounded, ("0".to_owned(), 0, true));
        let off = told(line("0.0005", "", "0.333333333333", "2", 7));
        assert!(!off.2, "{off:?}");
        assert_eq!(told(line("9", "one", "", "1000", 7)), (String::new(), 7, false));
    }
}
