//! One model's prices as they stand in a file or in the database. Never in here: reckoning.

use crate::meter::Meter;
use crate::rates::RateKey;
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// One model's prices as decimal text, in the price list's currency: per million tokens, or per piece where pieces are
/// counted. What a provider does not name is not there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PriceRow {
    /// Whose model: `anthropic`, `openai` …
    pub provider: String,
    /// Where these prices hold on one platform alone, its name; else empty.
    pub platform: String,
    /// The model as the provider calls it, or a pattern with `*`.
    pub model: String,
    /// Other names of the same model.
    pub aliases: Vec<String>,
    /// `chat`, `responses`, `embedding`, `image` …
    pub mode: String,
    /// The prices by name.
    pub prices: BTreeMap<RateKey, String>,
    /// Prompts above so many tokens cost the long prices.
    pub long_context_above: Option<u64>,
    /// The model's window.
    pub max_input: Option<u64>,
    /// Longest output.
    pub max_output: Option<u64>,
    /// When the provider stops serving it.
    pub deprecation_date: Option<NaiveDate>,
}

impl PriceRow {
    /// Sets a price.
    pub fn set(&mut self, key: RateKey, text: String) {
        self.prices.insert(key, text);
    }

    /// Sets a price of short prompts at the standard tier.
    #[must_use]
    pub fn with(mut self, meter: Meter, text: &str) -> Self {
        self.set(RateKey::plain(meter), text.to_owned());
        self
    }

    /// The prices that are named.
    pub fn named(&self) -> impl Iterator<Item = (RateKey, &str)> {
        self.prices.iter().map(|(key, text)| (*key, text.as_str()))
    }

    /// What makes it one row of a list.
    pub fn key(&self) -> (&str, &str, &str, &str) {
        (&self.provider, &self.platform, &self.model, &self.mode)
    }

    /// Everything but its key, by the names of the file's columns.
    pub fn fields(&self) -> BTreeMap<String, String> {
        let mut fields: BTreeMap<String, String> = self
            .named()
            .map(|(key, text)| (key.to_string(), text.to_owned()))
            .collect();
        let mut put = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                fields.insert(name.to_owned(), value);
            }
        };
        put(
            "long_context_above",
            self.long_context_above.map(|count| count.to_string()),
        );
        put("max_input", self.max_input.map(|count| count.to_string()));
        put("max_output", self.max_output.map(|count| count.to_string()));
        put(
            "deprecation_date",
            self.deprecation_date.map(|date| date.to_string()),
        );
        put(
            "aliases",
            (!self.aliases.is_empty()).then(|| self.aliases.join(" ")),
        );
        fields
    }
}
