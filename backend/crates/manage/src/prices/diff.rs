//! Rows and differences as the API shows them, and rows as it takes them. Never in here: the database.

use std::collections::BTreeMap;
use tollgate_contract::platform::Platform;
use tollgate_contract::prices::{ModelPrice, ModelPriceChange, PriceDiff, PriceFieldChange};
use tollgate_http::Fault;
use tollgate_money::{ListDiff, PriceRow, RateKey, check_row};

use crate::vouchers::wrong;

/// Of each part of a difference so many are listed.
const LISTED_MAX: usize = 500;

/// A row as it is shown.
pub(super) fn shown(row: &PriceRow) -> ModelPrice {
    ModelPrice {
        provider: row.provider.clone(),
        platform: row.platform.clone(),
        model: row.model.clone(),
        aliases: row.aliases.clone(),
        mode: row.mode.clone(),
        prices: row
            .named()
            .map(|(key, text)| (key.to_string(), text.to_owned()))
            .collect(),
        long_context_above: row.long_context_above,
        max_input: row.max_input,
        max_output: row.max_output,
        deprecation_date: row.deprecation_date,
    }
}

/// A row as it came, if it can be sold.
pub(super) fn read(at: usize, form: &ModelPrice) -> Result<PriceRow, Fault> {
    let field = |name: &str| format!("set[{at}].{name}");
    let mut prices = BTreeMap::new();
    for (name, text) in &form.prices {
        let key: RateKey = name.parse().map_err(|()| {
            wrong(
                &field(&format!("prices.{name}")),
                "unknown",
                "is no price that is known, such as input, cache_read, batch_output or web_search",
            )
        })?;
        tollgate_money::Price::read(text, key.meter.per()).map_err(|error| {
            let message = format!("has {error}");
            wrong(&field(&format!("prices.{name}")), "invalid", &message)
        })?;
        prices.insert(key, text.clone());
    }
    if !form.platform.is_empty() && !Platform::ALL.iter().any(|known| known.as_str() == form.platform) {
        return Err(wrong(&field("platform"), "unknown", "is no platform"));
    }
    let row = PriceRow {
        provider: form.provider.clone(),
        platform: form.platform.clone(),
        model: form.model.clone(),
        aliases: form.aliases.clone(),
        mode: form.mode.clone(),
        prices,
        long_context_above: form.long_context_above,
        max_input: form.max_input,
        max_output: form.max_output,
        deprecation_date: form.deprecation_date,
    };
    check_row(&row).map_err(|text| wrong(&format!("set[{at}]"), "invalid", &text))?;
    Ok(row)
}

/// A difference as it is shown.
pub(super) fn told(diff: &ListDiff) -> PriceDiff {
    let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let changed = diff.changed.iter().take(LISTED_MAX).map(|change| {
        let (provider, platform, model, mode) = change.key.clone();
        let fields = change.fields.iter().map(|field| PriceFieldChange {
            field: field.field.clone(),
            old: field.old.clone(),
            new: field.new.clone(),
            percent: field.change.map(percent),
        });
        ModelPriceChange {
            provider,
            platform,
            model,
            mode,
            fields: fields.collect(),
        }
    });
    PriceDiff {
        added: diff.added.iter().take(LISTED_MAX).map(shown).collect(),
        removed: diff.removed.iter().take(LISTED_MAX).map(shown).collect(),
        changed: changed.collect(),
        added_total: count(diff.added.len()),
        removed_total: count(diff.removed.len()),
        changed_total: count(diff.changed.len()),
        same_total: count(diff.same),
    }
}

/// Hundredths of a percent as a decimal.
fn percent(hundredths: i64) -> String {
    let sign = if hundredths < 0 { "-" } else { "" };
    let size = hundredths.unsigned_abs();
    format!("{sign}{}.{:02}", size / 100, size % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_told_in_per_cent() {
        for (hundredths, told) in [(2_500, "25.00"), (-3_333, "-33.33"), (-5, "-0.05"), (0, "0.00")] {
            assert_eq!(percent(hundredths), told);
        }
    }

    #[test]
    fn a_row_that_cant_be_sold_is_named_with_its_field() {
        let good = ModelPrice {
            provider: "openai".to_owned(),
            model: "m".to_owned(),
            mode: "chat".to_owned(),
            prices: BTreeMap::from([
                ("input".to_owned(), "1".to_owned()),
                ("output".to_owned(), "2".to_owned()),
            ]),
            ..ModelPrice::default()
        };
        assert_eq!(shown(&read(0, &good).unwrap()), good);
        let with = |name: &str, text: &str| {
            let mut form = good.clone();
            form.prices.insert(name.to_owned(), text.to_owned());
            read(3, &form).unwrap_err()
        };
        for (name, text) in [("colour", "1"), ("input", "-1"), ("long_input", "3")] {
            let fault = format!("{:?}", with(name, text));
            assert!(fault.contains("set[3]"), "{fault}");
        }
    }
}
