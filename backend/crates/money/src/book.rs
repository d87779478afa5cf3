//! The price book: all versions of all models' prices, found by platform, provider, model and instant.

use crate::cost::Bound;
use crate::pattern::{fits, is_pattern};
use crate::rates::ModelPrices;
use crate::row::PriceRow;
use crate::{Factor, PriceError};
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

/// In which currency a version's prices are, and what a unit of it is in US dollars.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Currency {
    /// ISO 4217: `USD`, `EUR`, `CNY` …
    pub code: String,
    /// US dollars a unit.
    pub rate: Factor,
    /// The day of that rate.
    pub dated: Option<NaiveDate>,
}

impl Default for Currency {
    fn default() -> Self {
        Self {
            code: "USD".to_owned(),
            rate: Factor::ONE,
            dated: None,
        }
    }
}

/// The models of one provider, or of one platform.
#[derive(Clone, Debug, Default)]
struct Shelf {
    exact: HashMap<String, Arc<ModelPrices>>,
    aliases: HashMap<String, Arc<ModelPrices>>,
    /// The longest first; of the same length in the order of their names.
    patterns: Vec<(String, Arc<ModelPrices>)>,
}

impl Shelf {
    fn put(&mut self, row: &PriceRow, prices: Arc<ModelPrices>) {
        for alias in &row.aliases {
            let slot = self.aliases.entry(alias.clone());
            slot.or_insert_with(|| Arc::clone(&prices));
        }
        if !is_pattern(&row.model) {
            self.exact.entry(row.model.clone()).or_insert(prices);
        } else if !self.patterns.iter().any(|(known, _)| *known == row.model) {
            self.patterns.push((row.model.clone(), prices));
            self.patterns
                .sort_by(|(a, _), (b, _)| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        }
    }

    /// By its own name, else by another of its names, else by the longest pattern that it fits.
    fn find(&self, model: &str) -> Option<&Arc<ModelPrices>> {
        let named = self.exact.get(model).or_else(|| self.aliases.get(model));
        named.or_else(|| {
            let fitting = self.patterns.iter().find(|(pattern, _)| fits(pattern, model));
            fitting.map(|(_, prices)| prices)
        })
    }
}

/// All prices that hold from an instant on.
#[derive(Clone, Debug)]
pub struct Version {
    /// Its id, as stored with each request that was priced by it.
    pub id: Uuid,
    /// From when on.
    pub effective_from: DateTime<Utc>,
    /// What its prices are in.
    pub currency: Currency,
    providers: HashMap<String, Shelf>,
    platforms: HashMap<String, Shelf>,
}

impl Version {
    /// Reads a version's rows, whose prices are US dollars. See [`Version::in_currency`].
    pub fn new(
        id: Uuid,
        effective_from: DateTime<Utc>,
        rows: &[PriceRow],
    ) -> (Self, Vec<(String, PriceError)>) {
        Self::in_currency(id, effective_from, Currency::default(), rows)
    }

    /// Reads a version's rows. A model that is there in several modes has the prices of the first that is `chat`, else of
    /// any. Rows that can't be sold (no input or output price) are left out; what they were is told.
    pub fn in_currency(
        id: Uuid,
        effective_from: DateTime<Utc>,
        currency: Currency,
        rows: &[PriceRow],
    ) -> (Self, Vec<(String, PriceError)>) {
        let mut version = Self {
            id,
            effective_from,
            currency,
            providers: HashMap::new(),
            platforms: HashMap::new(),
        };
        let mut left_out = Vec::new();
        let (chat, other): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row.mode == "chat");
        for row in chat.into_iter().chain(other) {
            match ModelPrices::in_currency(row, version.currency.rate) {
                Ok(prices) => {
                    let shelf = if row.platform.is_empty() {
                        version.providers.entry(row.provider.clone())
                    } else {
                        version.platforms.entry(row.platform.clone())
                    };
                    shelf.or_default().put(row, Arc::new(prices));
                }
                Err(error) => left_out.push((format!("{}/{}", row.provider, row.model), error)),
            }
        }
        (version, left_out)
    }

    /// The provider's models by their own names, in no order; patterns are none.
    pub fn models(&self, provider: &str) -> impl Iterator<Item = &str> {
        self.providers
            .get(provider)
            .into_iter()
            .flat_map(|shelf| shelf.exact.keys())
            .map(String::as_str)
    }

    /// The names and patterns under which a model may be found on a platform, each once.
    pub fn names(&self, platform: &str, provider: &str) -> std::collections::BTreeSet<&str> {
        let shelves = [self.platforms.get(platform), self.providers.get(provider)];
        let names = shelves.into_iter().flatten().flat_map(|shelf| {
            let patterns = shelf.patterns.iter().map(|(pattern, _)| pattern);
            shelf.exact.keys().chain(patterns)
        });
        names.map(String::as_str).collect()
    }

    fn find(&self, platform: &str, provider: &str, model: &str) -> Option<&Arc<ModelPrices>> {
        let of_platform = self.platforms.get(platform).and_then(|shelf| shelf.find(model));
        of_platform.or_else(|| self.providers.get(provider).and_then(|shelf| shelf.find(model)))
    }

    /// The dearest of a provider's prices: for a model that has none of its own.
    fn dearest(&self, provider: &str) -> Option<&Arc<ModelPrices>> {
        let shelf = self.providers.get(provider)?;
        let all = shelf
            .exact
            .values()
            .chain(shelf.patterns.iter().map(|(_, prices)| prices));
        all.max_by_key(|prices| Bound::A_MILLION_EACH.worst_case(prices))
    }
}

/// A model's prices at an instant, with the version that they are from.
#[derive(Clone, Debug)]
pub struct Priced {
    /// The version.
    pub version: Uuid,
    /// The prices.
    pub prices: Arc<ModelPrices>,
}

/// All versions. Immutable: a new version makes a new book.
#[derive(Clone, Debug, Default)]
pub struct PriceBook {
    /// The newest first.
    versions: Vec<Version>,
}

impl PriceBook {
    /// A book of these versions.
    pub fn new(mut versions: Vec<Version>) -> Self {
        versions.sort_by_key(|version| std::cmp::Reverse(version.effective_from));
        Self { versions }
    }

    /// The version that holds at an instant.
    pub fn version_at(&self, at: DateTime<Utc>) -> Option<&Version> {
        self.versions.iter().find(|version| version.effective_from <= at)
    }

    /// The versions that come after an instant, the next first.
    pub fn to_come(&self, at: DateTime<Utc>) -> impl Iterator<Item = &Version> {
        let later = self.versions.iter().rev();
        later.filter(move |version| version.effective_from > at)
    }

    /// A model's prices at an instant, whatever the platform. A model that the version of that instant does not name has
    /// none, whatever earlier versions said.
    pub fn find(&self, provider: &str, model: &str, at: DateTime<Utc>) -> Option<Priced> {
        self.find_on("", provider, model, at)
    }

    /// The same on a platform: where the version names prices of that platform for the model, those; else its provider's.
    /// Of several that fit, a model's own name comes first, then another of its names, then the longest pattern.
    pub fn find_on(&self, platform: &str, provider: &str, model: &str, at: DateTime<Utc>) -> Option<Priced> {
        let version = self.version_at(at)?;
        let prices = version.find(platform, provider, model)?;
        Some(Priced {
            version: version.id,
            prices: Arc::clone(prices),
        })
    }

    /// The dearest prices of a provider at an instant: what a model without a price is charged at where it is relayed all
    /// the same.
    pub fn dearest(&self, provider: &str, at: DateTime<Utc>) -> Option<Priced> {
        let version = self.version_at(at)?;
        let prices = version.dearest(provider)?;
        Some(Priced {
            version: version.id,
            prices: Arc::clone(prices),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Meter, parse_csv};

    fn row(model: &str, input: &str) -> PriceRow {
        let row = PriceRow {
            provider: "anthropic".to_owned(),
            model: model.to_owned(),
            mode: "chat".to_owned(),
            ..PriceRow::default()
        };
        row.with(Meter::Input, input).with(Meter::Output, "5")
    }

    fn at(day: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + chrono::TimeDelta::days(day)
    }

    #[test]
    fn the_version_of_the_instant_decides() {
        let version = |n, day, input| Version::new(Uuid::from_u128(n), at(day), &[row("m", input)]).0;
        let book = PriceBook::new(vec![
            version(1, 10, "1"),
            version(3, 30, "3"),
            version(2, 20, "2"),
        ]);
        let input_at = |day| {
            book.find("anthropic", "m", at(day))
                .map(|found| found.prices.price(Meter::Input, false).to_string())
        };
        assert_eq!(input_at(9), None);
        assert_eq!(input_at(10).as_deref(), Some("1"));
        assert_eq!(input_at(29).as_deref(), Some("2"));
        assert_eq!(input_at(99).as_deref(), Some("3"));
        assert!(book.find("openai", "m", at(99)).is_none());
    }

    #[test]
    fn a_meter_without_a_price_of_its_own_is_never_free() {
        let prices = ModelPrices::new(&row("m", "3")).unwrap();
        for meter in [
            Meter::Input,
            Meter::Output,
            Meter::CacheWrite5m,
            Meter::CacheWrite1h,
            Meter::CacheRead,
        ] {
            assert_ne!(prices.price(meter, false).to_string(), "0", "{meter}");
        }
    }

    #[test]
    fn a_model_without_input_or_output_price_is_left_out_and_named() {
        let (version, left_out) = Version::new(
            Uuid::nil(),
            at(0),
            &[PriceRow {
                model: "m".to_owned(),
                provider: "anthropic".to_owned(),
                ..PriceRow::default()
            }
            .with(Meter::Input, "1")],
        );
        assert_eq!(version.models("anthropic").count(), 0);
        assert_eq!(left_out[0].0, "anthropic/m");
    }

    #[test]
    fn the_book_that_comes_with_the_product_can_be_read() {
        let rows = parse_csv(include_str!("../../../../data/model_prices.csv")).unwrap();
        let (version, left_out) = Version::new(Uuid::nil(), at(0), &rows);
        assert_eq!(left_out, []);
        assert_eq!(version.models("anthropic").count(), 22);
    }

    #[test]
    fn a_name_comes_before_a_pattern_and_the_longest_pattern_first() {
        let on = |platform: &str, model: &str, input: &str| PriceRow {
            platform: platform.to_owned(),
            ..row(model, input)
        };
        let aliased = PriceRow {
            aliases: vec!["claude-opus-latest".to_owned()],
            ..row("claude-opus-9", "4")
        };
        let rows = [
            row("*", "1"),
            row("claude-*", "2"),
            row("claude-opus-*", "3"),
            aliased,
            on("claude_official", "claude-opus-*", "9"),
        ];
        let book = PriceBook::new(vec![Version::new(Uuid::nil(), at(0), &rows).0]);
        let input = |platform: &str, model: &str| {
            let found = book.find_on(platform, "anthropic", model, at(1)).unwrap();
            found.prices.price(Meter::Input, false).to_string()
        };
        assert_eq!(input("claude_console", "gpt"), "1");
        assert_eq!(input("claude_console", "claude-haiku"), "2");
        assert_eq!(input("claude_console", "claude-opus-4"), "3");
        assert_eq!(input("claude_console", "claude-opus-9"), "4");
        assert_eq!(input("claude_console", "claude-opus-latest"), "4");
        assert_eq!(
            input("claude_official", "claude-opus-9"),
            "9",
            "the platform's own come first"
        );
        assert_eq!(input("claude_official", "claude-haiku"), "2");
        let dearest = book.dearest("anthropic", at(1)).unwrap();
        assert_eq!(dearest.prices.price(Meter::Input, false).to_string(), "4");
        assert!(book.dearest("openai", at(1)).is_none());
    }
}
