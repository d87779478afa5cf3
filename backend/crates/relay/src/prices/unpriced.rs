//! Models without a price that were asked for: counted, and kept until somebody is told. Never in here: telling.

use chrono::{DateTime, NaiveDate, Utc};
use parking_lot::Mutex;
use std::collections::HashMap;

/// Names of models come from clients: so many a day are kept, the rest is only counted.
const KEPT_MAX: usize = 20;
/// The longest name that is kept.
const NAME_CHARS_MAX: usize = 100;

/// A model without a price that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnpricedModel {
    /// Whose, by its name in the price book.
    pub provider: &'static str,
    /// As it was asked for, shortened.
    pub model: String,
    /// Whether it was relayed and flagged; else it was refused.
    pub relayed: bool,
    /// The day, in UTC.
    pub day: NaiveDate,
}

/// See [`UnpricedModel`].
#[derive(Debug, Default)]
pub(super) struct Unpriced(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    day: NaiveDate,
    /// Whether somebody was told.
    models: HashMap<(&'static str, String, bool), bool>,
}

impl Unpriced {
    pub(super) fn note(&self, provider: &'static str, model: &str, relayed: bool, at: DateTime<Utc>) {
        let action = if relayed { "relayed" } else { "refused" };
        metrics::counter!("tollgate_prices_unpriced_total", "provider" => provider, "action" => action)
            .increment(1);
        let (day, name) = (
            at.date_naive(),
            model.chars().take(NAME_CHARS_MAX).collect::<String>(),
        );
        let mut kept = self.0.lock();
        if kept.day != day {
            *kept = Kept {
                day,
                models: HashMap::new(),
            };
        }
        let key = (provider, name, relayed);
        if kept.models.contains_key(&key) || kept.models.len() >= KEPT_MAX {
            return;
        }
        tracing::error!(provider, model = key.1, action, "a model has no price");
        kept.models.insert(key, false);
    }

    pub(super) fn take(&self) -> Vec<UnpricedModel> {
        let mut kept = self.0.lock();
        let day = kept.day;
        let untold = kept.models.iter_mut().filter(|(_, told)| !**told);
        let models = untold.map(|((provider, model, relayed), told)| {
            *told = true;
            UnpricedModel {
                provider,
                model: model.clone(),
                relayed: *relayed,
                day,
            }
        });
        models.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_model_is_told_once_a_day_and_only_so_many() {
        let (unpriced, at) = (Unpriced::default(), DateTime::UNIX_EPOCH);
        unpriced.note("openai", "x", false, at);
        unpriced.note("openai", "x", false, at);
        assert_eq!(unpriced.take().len(), 1);
        unpriced.note("openai", "x", false, at);
        assert_eq!(unpriced.take(), []);
        for n in 0..100 {
            unpriced.note("openai", &n.to_string(), true, at);
        }
        assert_eq!(unpriced.take().len(), KEPT_MAX - 1);
        unpriced.note("openai", "x", false, at + chrono::TimeDelta::days(1));
        assert_eq!(unpriced.take().len(), 1);
    }
}
