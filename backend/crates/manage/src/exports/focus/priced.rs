//! A line of a request's arithmetic as FOCUS tells it: so much of a unit at a unit price in US dollars, by the list and as
//! it was agreed.

use crate::exports::decimal::Decimal;
use crate::exports::error::{ExportError, making};
use crate::exports::lines::Event;
use serde::Deserialize;
use serde_json::json;
use tollgate_contract::money::NanoUsd;

/// A line of arithmetic as settlement stores it.
#[derive(Debug, Deserialize)]
pub(super) struct StoredLine {
    pub(super) meter: String,
    pub(super) quantity: u64,
    price: String,
    pub(super) amount_nano: NanoUsd,
    #[serde(default)]
    per: String,
    #[serde(default)]
    rate: String,
    #[serde(default)]
    factor: String,
}

/// What unit prices make of a quantity.
pub(super) struct Priced {
    pub(super) sku: String,
    pub(super) sku_price: String,
    pub(super) meter: String,
    pub(super) details: String,
    pub(super) list_price: String,
    pub(super) contracted_price: String,
    pub(super) quantity: String,
    pub(super) pricing_unit: &'static str,
    pub(super) consumed: i64,
    pub(super) consumed_unit: &'static str,
    pub(super) list_cost: String,
    pub(super) contracted_cost: String,
}

impl StoredLine {
    /// What is counted by the piece: its name and its unit.
    fn piece(&self) -> Option<(&'static str, &'static str)> {
        Some(match self.meter.as_str() {
            "web_search" => ("Web Searches", "Searches"),
            "file_search" => ("File Searches", "Searches"),
            "code_execution" => ("Code Executions", "Sessions"),
            "image" => ("Images", "Images"),
            _ if self.per == "one" => ("Requests", "Requests"),
            _ => return None,
        })
    }

    /// `cache_read` as `Cache Read Tokens`.
    pub(super) fn named(&self) -> String {
        if let Some((name, _)) = self.piece() {
            return name.to_owned();
        }
        let word = |word: &str| {
            let mut letters = word.chars();
            let first = letters.next().map(|letter| letter.to_ascii_uppercase());
            first.into_iter().chain(letters).collect::<String>()
        };
        let words: Vec<String> = self.meter.split('_').map(word).collect();
        format!("{} Tokens", words.join(" "))
    }

    /// Unit prices keep eighteen digits behind the point; each cost is its unit price times the quantity, exactly.
    pub(super) fn priced(&self, event: &Event) -> Result<Priced, ExportError> {
        let (quantity, pricing_unit, consumed_unit) = match self.piece() {
            Some((_, unit)) => (Decimal::whole(self.quantity), unit, unit),
            None => (Decimal::millionths(self.quantity), "1000000 Tokens", "Tokens"),
        };
        let factor = |text: &str| Decimal::parse(if text.is_empty() { "1" } else { text });
        let reckoned = || {
            let list = Decimal::parse(&self.price)?.times_rounded(factor(&self.rate)?)?;
            let contracted = list.times_rounded(factor(&self.factor)?)?;
            Some((
                list,
                list.times(quantity)?,
                contracted,
                contracted.times(quantity)?,
            ))
        };
        let (list, list_cost, contracted, contracted_cost) = reckoned().ok_or_else(|| {
            making(format!(
                "the price {} of {} can't be told",
                self.price, self.meter
            ))
        })?;
        let sku = format!("{}/{}/{}", event.provider, event.model, self.meter);
        let (tier, standard) = (event.service_tier.as_str(), event.service_tier == "standard");
        let details = json!({"x_Meter": self.meter, "x_Model": event.model, "x_Provider": event.provider, "x_Tier": tier});
        Ok(Priced {
            sku_price: if standard {
                sku.clone()
            } else {
                format!("{sku}/{tier}")
            },
            sku,
            meter: self.named(),
            details: details.to_string(),
            list_price: list.text(),
            contracted_price: contracted.text(),
            quantity: quantity.text(),
            pricing_unit,
            consumed: i64::try_from(self.quantity).unwrap_or(i64::MAX),
            consumed_unit,
            list_cost: list_cost.text(),
            contracted_cost: contracted_cost.text(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exports::lines::samples;

    fn priced(line: serde_json::Value) -> Priced {
        let line: StoredLine = serde_json::from_value(line).unwrap();
        let chunk = samples::chunk();
        line.priced(&chunk.events[0]).unwrap()
    }

    #[test]
    fn the_list_s_currency_and_the_plan_s_factor_are_in_the_unit_prices() {
        let line = json!({"meter": "cache_read", "quantity": 2_500_000, "price": "3", "amount_nano": "1190250000",
                          "rate": "0.138", "factor": "1.15"});
        let told = priced(line);
        assert_eq!(
            (told.meter.as_str(), told.pricing_unit),
            ("Cache Read Tokens", "1000000 Tokens")
        );
        assert_eq!(
            (told.list_price.as_str(), told.list_cost.as_str()),
            ("0.414", "1.035")
        );
        assert_eq!(
            (told.contracted_price.as_str(), told.contracted_cost.as_str()),
            ("0.4761", "1.19025")
        );
    }

    #[test]
    fn what_is_counted_by_the_piece_is_told_by_the_piece() {
        for (meter, name, unit) in [
            ("web_search", "Web Searches", "Searches"),
            ("file_search", "File Searches", "Searches"),
            ("code_execution", "Code Executions", "Sessions"),
            ("image", "Images", "Images"),
            ("request", "Requests", "Requests"),
        ] {
            let told = priced(
                json!({"meter": meter, "quantity": 3, "price": "0.01", "per": "one", "amount_nano": "30000000"}),
            );
            assert_eq!(
                (told.meter.as_str(), told.pricing_unit, told.consumed_unit),
                (name, unit, unit)
            );
            assert_eq!(
                (told.quantity.as_str(), told.list_cost.as_str(), told.consumed),
                ("3", "0.03", 3)
            );
        }
    }
}
