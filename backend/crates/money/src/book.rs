//! The price book: all versions of all models' prices, found by provider, model and instant.

use crate::cost::Meter;
use crate::{Price, PriceError};
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

/// One model's prices as they stand in a file or in the database, in US dollars per million tokens as decimal text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PriceRow {
    /// Whose model: `anthropic`, `openai` …
    pub provider: String,
    /// The model as the provider calls it.
    pub model: String,
    /// `chat`, `responses` or `embedding`.
    pub mode: String,
    /// Input from no cache.
    pub input: Option<String>,
    /// Output.
    pub output: Option<String>,
    /// Writing to a cache of five minutes.
    pub cache_write_5m: Option<String>,
    /// Writing to a cache of one hour.
    pub cache_write_1h: Option<String>,
    /// Reading from a cache.
    pub cache_read: Option<String>,
    /// Prompts above so many tokens cost the long prices.
    pub long_context_above: Option<u64>,
    /// Input of a long prompt.
    pub long_input: Option<String>,
    /// Output of a long prompt.
    pub long_output: Option<String>,
    /// Cache write (5 m) of a long prompt.
    pub long_cache_write_5m: Option<String>,
    /// Cache read of a long prompt.
    pub long_cache_read: Option<String>,
    /// The model's window.
    pub max_input: Option<u64>,
    /// Longest output.
    pub max_output: Option<u64>,
    /// When the provider stops serving it.
    pub deprecation_date: Option<NaiveDate>,
}

/// One rate for each meter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rates {
    input: Price,
    output: Price,
    cache_write_5m: Price,
    cache_write_1h: Price,
    cache_read: Price,
}

impl Rates {
    fn of(&self, meter: Meter) -> Price {
        match meter {
            Meter::Input => self.input,
            Meter::Output => self.output,
            Meter::CacheWrite5m => self.cache_write_5m,
            Meter::CacheWrite1h => self.cache_write_1h,
            Meter::CacheRead => self.cache_read,
        }
    }

    fn dearest_input(&self) -> Price {
        self.input
            .max(self.cache_write_5m)
            .max(self.cache_write_1h)
            .max(self.cache_read)
    }
}

/// A model's prices, ready to reckon with. Every meter has a rate: where the provider names none, the dearest input rate
/// that it does name stands in, so that nothing is ever free by omission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelPrices {
    base: Rates,
    /// Above so many prompt tokens, these.
    long: Option<(u64, Rates)>,
    /// The model's window, if known.
    pub max_input: Option<u64>,
    /// Its longest output, if known.
    pub max_output: Option<u64>,
    /// Whether the provider serves it by OpenAI's Responses alone (`mode` is `responses`).
    pub responses_only: bool,
}

impl ModelPrices {
    /// Reads a row.
    ///
    /// # Errors
    /// If a text is no price, or neither input nor output has one: then the model can't be sold.
    pub fn new(row: &PriceRow) -> Result<Self, PriceError> {
        let base = rates(
            row.input.as_deref(),
            row.output.as_deref(),
            [&row.cache_write_5m, &row.cache_write_1h, &row.cache_read],
        )?;
        let long = match row.long_context_above {
            None => None,
            Some(above) => {
                let named = |text: &Option<String>| text.as_deref().map(str::parse::<Price>).transpose();
                let input = named(&row.long_input)?.unwrap_or(base.input);
                // Anthropic's prompt caching documentation: a 1-hour write costs twice the base input price.
                let write_1h = base.cache_write_1h.max(input.doubled());
                let long = Rates {
                    input,
                    output: named(&row.long_output)?.unwrap_or(base.output),
                    cache_write_5m: named(&row.long_cache_write_5m)?
                        .unwrap_or(base.cache_write_5m.max(input)),
                    cache_write_1h: if row.cache_write_1h.is_some() {
                        write_1h
                    } else {
                        base.cache_write_1h.max(input)
                    },
                    cache_read: named(&row.long_cache_read)?.unwrap_or(base.cache_read),
                };
                Some((above, long))
            }
        };
        Ok(Self {
            base,
            long,
            max_input: row.max_input,
            max_output: row.max_output,
            responses_only: row.mode == "responses",
        })
    }

    /// Whether a prompt of so many tokens costs the long prices.
    pub fn is_long(&self, prompt: u64) -> bool {
        self.long.as_ref().is_some_and(|(above, _)| prompt > *above)
    }

    /// The rate of a meter.
    pub fn price(&self, meter: Meter, long: bool) -> Price {
        match &self.long {
            Some((_, rates)) if long => rates.of(meter),
            _ => self.base.of(meter),
        }
    }

    /// The dearest rate of any input.
    pub(crate) fn dearest_input(&self, may_be_long: bool) -> Price {
        self.dearest(may_be_long, Rates::dearest_input)
    }

    /// The dearest rate of output.
    pub(crate) fn dearest_output(&self, may_be_long: bool) -> Price {
        self.dearest(may_be_long, |rates| rates.output)
    }

    fn dearest(&self, may_be_long: bool, rate: impl Fn(&Rates) -> Price) -> Price {
        let base = rate(&self.base);
        match &self.long {
            Some((_, long)) if may_be_long => base.max(rate(long)),
            _ => base,
        }
    }
}

fn rates(
    input: Option<&str>,
    output: Option<&str>,
    caches: [&Option<String>; 3],
) -> Result<Rates, PriceError> {
    let missing = |what: &str| format!("no {what} price").parse::<Price>();
    let input: Price = input.map_or_else(|| missing("input"), str::parse)?;
    let output: Price = output.map_or_else(|| missing("output"), str::parse)?;
    let mut named = [None; 3];
    for (slot, text) in named.iter_mut().zip(caches) {
        *slot = text.as_deref().map(str::parse::<Price>).transpose()?;
    }
    let dearest = named.iter().flatten().copied().fold(input, Price::max);
    let [write_5m, write_1h, read] = named.map(|price| price.unwrap_or(dearest));
    Ok(Rates {
        input,
        output,
        cache_write_5m: write_5m,
        cache_write_1h: write_1h,
        cache_read: read,
    })
}

/// All prices that hold from an instant on.
#[derive(Clone, Debug)]
pub struct Version {
    /// Its id, as stored with each request that was priced by it.
    pub id: Uuid,
    /// From when on.
    pub effective_from: DateTime<Utc>,
    models: HashMap<String, HashMap<String, Arc<ModelPrices>>>,
}

impl Version {
    /// Reads a version's rows. A model that is there in several modes has the prices of the first that is `chat`, else of
    /// any. Rows that can't be sold (no input or output price) are left out; what they were is told.
    pub fn new(
        id: Uuid,
        effective_from: DateTime<Utc>,
        rows: &[PriceRow],
    ) -> (Self, Vec<(String, PriceError)>) {
        let (mut models, mut left_out) = (
            HashMap::<String, HashMap<String, Arc<ModelPrices>>>::new(),
            Vec::new(),
        );
        let (chat, other): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row.mode == "chat");
        for row in chat.into_iter().chain(other) {
            match ModelPrices::new(row) {
                Ok(prices) => {
                    let of_provider = models.entry(row.provider.clone()).or_default();
                    of_provider
                        .entry(row.model.clone())
                        .or_insert_with(|| Arc::new(prices));
                }
                Err(error) => left_out.push((format!("{}/{}", row.provider, row.model), error)),
            }
        }
        (
            Self {
                id,
                effective_from,
                models,
            },
            left_out,
        )
    }

    /// The provider's models, in no order.
    pub fn models(&self, provider: &str) -> impl Iterator<Item = &str> {
        self.models
            .get(provider)
            .into_iter()
            .flat_map(HashMap::keys)
            .map(String::as_str)
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

    /// A model's prices at an instant. A model that the version of that instant does not name has none, whatever earlier
    /// versions said.
    pub fn find(&self, provider: &str, model: &str, at: DateTime<Utc>) -> Option<Priced> {
        let version = self.version_at(at)?;
        let prices = version.models.get(provider)?.get(model)?;
        Some(Priced {
            version: version.id,
            prices: Arc::clone(prices),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse_csv;

    fn row(model: &str, input: &str) -> PriceRow {
        PriceRow {
            provider: "anthropic".to_owned(),
            model: model.to_owned(),
            mode: "chat".to_owned(),
            input: Some(input.to_owned()),
            output: Some("5".to_owned()),
            ..PriceRow::default()
        }
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
        for (meter, _) in crate::Meters::default().each() {
            assert_ne!(prices.price(meter, false).to_string(), "0", "{meter}");
        }
    }

    #[test]
    fn a_model_without_input_or_output_price_is_left_out_and_named() {
        let (version, left_out) = Version::new(
            Uuid::nil(),
            at(0),
            &[PriceRow {
                output: None,
                ..row("m", "1")
            }],
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
}
