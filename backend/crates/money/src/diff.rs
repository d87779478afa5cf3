//! How two price lists differ, model by model and price by price. Never in here: which lists.

use crate::Price;
use crate::rates::RateKey;
use crate::row::PriceRow;
use std::collections::{BTreeMap, BTreeSet};

/// What names a row: provider, platform (or empty), model, mode.
pub type RowKey = (String, String, String, String);

/// One field that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldChange {
    /// Its column's name.
    pub field: String,
    /// As it was; `None`: not named.
    pub old: Option<String>,
    /// As it comes.
    pub new: Option<String>,
    /// By how many hundredths of a percent a price changes, towards zero; `None` where it is no price, or was 0 or not
    /// there.
    pub change: Option<i64>,
}

/// A model of which something differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowChange {
    /// Which.
    pub key: RowKey,
    /// What, by the field's name.
    pub fields: Vec<FieldChange>,
}

/// The difference of two lists, each part by key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListDiff {
    /// Rows that only the new list has.
    pub added: Vec<PriceRow>,
    /// Rows that only the old list has.
    pub removed: Vec<PriceRow>,
    /// Rows of both, where something differs.
    pub changed: Vec<RowChange>,
    /// How many rows are the same in both.
    pub same: usize,
}

/// Compares two lists.
pub fn diff(old: &[PriceRow], new: &[PriceRow]) -> ListDiff {
    let keyed = |rows: &[PriceRow]| -> BTreeMap<RowKey, PriceRow> {
        rows.iter().map(|row| (key(row), row.clone())).collect()
    };
    let (mut before, after) = (keyed(old), keyed(new));
    let mut diff = ListDiff::default();
    for (key, row) in after {
        let Some(known) = before.remove(&key) else {
            diff.added.push(row);
            continue;
        };
        let fields = changes(&known, &row);
        if fields.is_empty() {
            diff.same = diff.same.saturating_add(1);
        } else {
            diff.changed.push(RowChange { key, fields });
        }
    }
    diff.removed = before.into_values().collect();
    diff
}

fn key(row: &PriceRow) -> RowKey {
    let (provider, platform, model, mode) = row.key();
    (
        provider.to_owned(),
        platform.to_owned(),
        model.to_owned(),
        mode.to_owned(),
    )
}

fn changes(old: &PriceRow, new: &PriceRow) -> Vec<FieldChange> {
    let (old, new) = (normal(old), normal(new));
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let changed = names.into_iter().filter(|name| old.get(*name) != new.get(*name));
    let told = changed.map(|name| {
        let (old, new) = (old.get(name), new.get(name));
        FieldChange {
            field: name.clone(),
            old: old.cloned(),
            new: new.cloned(),
            change: percent(name, old, new),
        }
    });
    told.collect()
}

/// The fields with prices as they are shown, so that `3` and `3.0` are the same.
fn normal(row: &PriceRow) -> BTreeMap<String, String> {
    let mut fields = row.fields();
    for (name, text) in &mut fields {
        if let Ok(key) = name.parse::<RateKey>()
            && let Ok(price) = Price::read(text, key.meter.per())
        {
            *text = price.told(key.meter.per());
        }
    }
    fields
}

fn percent(name: &str, old: Option<&String>, new: Option<&String>) -> Option<i64> {
    let per = name.parse::<RateKey>().ok()?.meter.per();
    let read = |text: &String| Price::read(text, per).ok();
    read(old?)?.change_to(read(new?)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Meter;

    fn row(model: &str, input: &str, output: &str) -> PriceRow {
        let row = PriceRow {
            provider: "openai".to_owned(),
            model: model.to_owned(),
            mode: "chat".to_owned(),
            ..PriceRow::default()
        };
        row.with(Meter::Input, input).with(Meter::Output, output)
    }

    #[test]
    fn what_is_added_removed_and_changed_is_told_with_percent() {
        let old = [row("a", "3.0", "15"), row("b", "1", "2"), row("c", "1", "2")];
        let searching = row("b", "1.25", "1").with(Meter::WebSearch, "0.01");
        let new = [row("a", "3", "15.00"), searching, row("d", "1", "2")];
        let diff = diff(&old, &new);
        assert_eq!(diff.same, 1, "3.0 is 3");
        assert_eq!(diff.added[0].model, "d");
        assert_eq!(diff.removed[0].model, "c");
        let told: Vec<_> = diff.changed[0]
            .fields
            .iter()
            .map(|f| (f.field.as_str(), f.old.as_deref(), f.new.as_deref(), f.change))
            .collect();
        assert_eq!(
            told,
            [
                ("input", Some("1"), Some("1.25"), Some(2_500)),
                ("output", Some("2"), Some("1"), Some(-5_000)),
                ("web_search", None, Some("0.01"), None),
            ]
        );
    }
}
