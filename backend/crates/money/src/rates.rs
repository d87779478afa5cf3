//! A model's prices, ready to reckon with: by service tier, by length of the prompt, by meter.
//! Never in here: which model's prices apply.

use crate::meter::{Meter, Tier};
use crate::row::PriceRow;
use crate::{Factor, Price, PriceError};
use std::fmt;
use std::str::FromStr;

/// Names one price of a model: `input`, `cache_read`, `batch_input`, `long_priority_output`, `web_search` …
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RateKey {
    /// Of a prompt above the threshold.
    pub long: bool,
    /// At this service tier.
    pub tier: Tier,
    /// What is counted.
    pub meter: Meter,
}

impl RateKey {
    /// The price of a short prompt at the standard tier.
    pub fn plain(meter: Meter) -> Self {
        Self {
            long: false,
            tier: Tier::Standard,
            meter,
        }
    }
}

impl fmt::Display for RateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.long {
            f.write_str("long_")?;
        }
        if self.tier != Tier::Standard {
            write!(f, "{}_", self.tier.as_str())?;
        }
        f.write_str(self.meter.as_str())
    }
}

impl FromStr for RateKey {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (long, rest) = match text.strip_prefix("long_") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (tier, rest) = Tier::ALL
            .into_iter()
            .skip(1)
            .find_map(|tier| {
                let rest = rest.strip_prefix(tier.as_str())?.strip_prefix('_')?;
                Some((tier, rest))
            })
            .unwrap_or((Tier::Standard, rest));
        let meter = Meter::PRICED.into_iter().find(|meter| meter.as_str() == rest);
        meter.map(|meter| Self { long, tier, meter }).ok_or(())
    }
}

/// One price for each meter; `None`: no price of its own.
type Rates = [Option<Price>; Meter::PRICED.len()];

/// A model's prices, ready to reckon with. Each of the five token meters has a rate: where the provider names none, the
/// dearest input rate that it does name stands in, so that nothing is ever free by omission. Tokens of another kind
/// (sound, pictures, thinking) cost what text does where no price of theirs is named. Of a tier that names a price for
/// input or output, what it does not name is in the same proportion to the standard tier's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelPrices {
    /// By tier: short, long.
    rates: [[Rates; 2]; 4],
    tiers: [bool; 4],
    /// Above so many prompt tokens, the long ones.
    long_above: Option<u64>,
    /// What a unit of the price list's currency is in US dollars.
    pub rate: Factor,
    /// The model's window, if known.
    pub max_input: Option<u64>,
    /// Its longest output, if known.
    pub max_output: Option<u64>,
    /// Whether the provider serves it by OpenAI's Responses alone (`mode` is `responses`).
    pub responses_only: bool,
}

impl ModelPrices {
    /// Reads a row whose prices are US dollars.
    ///
    /// # Errors
    /// If a text is no price, or neither tokens nor pictures nor requests have one: then the model can't be sold.
    pub fn new(row: &PriceRow) -> Result<Self, PriceError> {
        Self::in_currency(row, Factor::ONE)
    }

    /// The same of a row in a currency of which a unit is so many US dollars.
    ///
    /// # Errors
    /// As above.
    pub fn in_currency(row: &PriceRow, rate: Factor) -> Result<Self, PriceError> {
        let named = Named::read(row)?;
        let standard = named.standard()?;
        let standard_long = named.standard_long(&standard);
        let mut rates = [[standard, standard_long]; 4];
        let mut tiers = [true; 4];
        for tier in Tier::ALL.into_iter().skip(1) {
            let names = named.0.iter().any(|(key, _)| key.tier == tier);
            if let (Some(of), Some(named_of)) = (rates.get_mut(tier.index()), tiers.get_mut(tier.index())) {
                *named_of = names;
                if names {
                    *of = named.of_tier(tier, &[standard, standard_long]);
                }
            }
        }
        Ok(Self {
            rates,
            tiers,
            long_above: row.long_context_above,
            rate,
            max_input: row.max_input,
            max_output: row.max_output,
            responses_only: row.mode == "responses",
        })
    }

    /// These prices for the model that others describe: its window and output limit are theirs.
    pub(crate) fn for_the_model_of(&self, other: &Self) -> Self {
        let mut prices = self.clone();
        prices.max_input = other.max_input;
        prices.max_output = other.max_output;
        prices.responses_only = other.responses_only;
        prices
    }

    /// Whether a prompt of so many tokens costs the long prices.
    pub fn is_long(&self, prompt: u64) -> bool {
        self.long_above.is_some_and(|above| prompt > above)
    }

    /// Whether the list names prices of a tier. Where not, the standard tier's stand in and the figure is an estimate.
    pub fn names_tier(&self, tier: Tier) -> bool {
        self.tiers.get(tier.index()).copied().unwrap_or(false)
    }

    /// The rate of a meter, in the price list's currency; `None` where it has no price of its own.
    pub fn rate_of(&self, key: RateKey) -> Option<Price> {
        let of_tier = self.rates.get(key.tier.index())?;
        let rates = of_tier.get(usize::from(key.long))?;
        rates.get(key.meter.index()?).copied().flatten()
    }

    /// All rates in US dollars times a factor, by name and as they are told. Prices of long prompts and of tiers are there
    /// only where the list has such.
    pub fn told(&self, factor: Factor) -> std::collections::BTreeMap<String, String> {
        let scale = crate::Scale::of(self.rate, factor);
        let lengths: &[bool] = if self.long_above.is_some() {
            &[false, true]
        } else {
            &[false]
        };
        let tiers = Tier::ALL.into_iter().filter(|tier| self.names_tier(*tier));
        let keys = tiers.flat_map(|tier| {
            let of_length = move |long: &bool| {
                let long = *long;
                Meter::PRICED.map(move |meter| RateKey { long, tier, meter })
            };
            lengths.iter().flat_map(of_length)
        });
        let told = keys.filter_map(|key| {
            let price = self.rate_of(key)?.times(scale)?;
            Some((key.to_string(), price.told(key.meter.per())))
        });
        told.collect()
    }

    /// Above how many prompt tokens the long prices hold.
    pub fn long_above(&self) -> Option<u64> {
        self.long_above
    }

    /// The rate of a meter at the standard tier; what has no price of its own costs nothing by itself.
    pub fn price(&self, meter: Meter, long: bool) -> Price {
        let key = RateKey {
            long,
            ..RateKey::plain(meter)
        };
        self.rate_of(key).unwrap_or(Price::ZERO)
    }
}

/// The prices that a row names.
struct Named(Vec<(RateKey, Price)>);

impl Named {
    fn read(row: &PriceRow) -> Result<Self, PriceError> {
        let read = row
            .named()
            .map(|(key, text)| Ok((key, Price::read(text, key.meter.per())?)));
        read.collect::<Result<_, PriceError>>().map(Self)
    }

    fn get(&self, long: bool, tier: Tier, meter: Meter) -> Option<Price> {
        let wanted = RateKey { long, tier, meter };
        self.0
            .iter()
            .find(|(key, _)| *key == wanted)
            .map(|(_, price)| *price)
    }

    fn plain(&self, meter: Meter) -> Option<Price> {
        self.get(false, Tier::Standard, meter)
    }

    fn standard(&self) -> Result<Rates, PriceError> {
        let sold_apart = self.plain(Meter::Image).or(self.plain(Meter::Request)).is_some();
        let (input, output) = (self.plain(Meter::Input), self.plain(Meter::Output));
        // What is sold by the piece has no price for tokens; whoever prices one kind of tokens must price both.
        let by_piece = sold_apart && input.is_none() && output.is_none();
        let needed = |price: Option<Price>, what: &str| match price {
            Some(price) => Ok(price),
            None if by_piece => Ok(Price::ZERO),
            None => format!("no {what} price").parse::<Price>(),
        };
        let input = needed(input, "input")?;
        let output = needed(output, "output")?;
        let caches = [Meter::CacheWrite5m, Meter::CacheWrite1h, Meter::CacheRead];
        let dearest = caches
            .into_iter()
            .filter_map(|meter| self.plain(meter))
            .fold(input, Price::max);
        Ok(Meter::PRICED.map(|meter| match meter {
            Meter::Input => Some(input),
            Meter::Output => Some(output),
            Meter::CacheWrite5m | Meter::CacheWrite1h | Meter::CacheRead => {
                Some(self.plain(meter).unwrap_or(dearest))
            }
            _ => self.plain(meter),
        }))
    }

    fn standard_long(&self, base: &Rates) -> Rates {
        let of = |meter: Meter| {
            let at = meter.index().and_then(|index| base.get(index));
            at.copied().flatten().unwrap_or(Price::ZERO)
        };
        let long = |meter| self.get(true, Tier::Standard, meter);
        let input = long(Meter::Input).unwrap_or_else(|| of(Meter::Input));
        Meter::PRICED.map(|meter| match meter {
            Meter::Input => Some(input),
            Meter::CacheWrite5m => Some(long(meter).unwrap_or_else(|| of(meter).max(input))),
            // Anthropic's prompt caching documentation: a 1-hour write costs twice the base input price.
            Meter::CacheWrite1h => Some(long(meter).unwrap_or_else(|| {
                let least = if self.plain(meter).is_some() {
                    input.doubled()
                } else {
                    input
                };
                of(meter).max(least)
            })),
            _ if meter.is_basic() => Some(long(meter).unwrap_or_else(|| of(meter))),
            _ => long(meter).or_else(|| self.plain(meter)),
        })
    }

    fn of_tier(&self, tier: Tier, standard: &[Rates; 2]) -> [Rates; 2] {
        let proportion = |meter: Meter| {
            let side = if meter.is_output() {
                Meter::Output
            } else {
                Meter::Input
            };
            Some((self.get(false, tier, side)?, self.plain(side)?))
        };
        let mut at = [false, true].into_iter();
        standard.map(|rates| {
            let long = at.next().unwrap_or(false);
            let mut each = rates.into_iter();
            Meter::PRICED.map(|meter| {
                let standard = each.next().flatten();
                let scaled = || {
                    let standard = standard?;
                    match proportion(meter) {
                        Some((to, from)) if meter.per() == crate::Per::Million => {
                            Some(standard.in_proportion(to, from))
                        }
                        _ => Some(standard),
                    }
                };
                self.get(long, tier, meter).or_else(scaled)
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(prices: &[(&str, &str)]) -> PriceRow {
        let mut row = PriceRow {
            long_context_above: Some(200_000),
            ..PriceRow::default()
        };
        for (key, text) in prices {
            row.set(key.parse().unwrap(), (*text).to_owned());
        }
        row
    }

    fn told(prices: &ModelPrices, key: &str) -> Option<String> {
        let key: RateKey = key.parse().unwrap();
        prices.rate_of(key).map(|price| price.told(key.meter.per()))
    }

    #[test]
    fn names_of_prices_are_read_and_shown() {
        for text in [
            "input",
            "long_cache_read",
            "batch_output",
            "long_priority_cache_write_1h",
            "flex_audio_input",
            "web_search",
            "request",
        ] {
            assert_eq!(text.parse::<RateKey>().unwrap().to_string(), text);
        }
        for text in ["", "long_", "minimum", "slow_input", "batch_long_input"] {
            assert!(text.parse::<RateKey>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_a_tier_does_not_name_is_in_proportion() {
        let prices = ModelPrices::new(&row(&[
            ("input", "3"),
            ("output", "15"),
            ("cache_read", "0.3"),
            ("cache_write_5m", "3.75"),
            ("long_input", "6"),
            ("audio_output", "60"),
            ("web_search", "0.01"),
            ("batch_input", "1.5"),
            ("batch_output", "7.5"),
            ("priority_input", "6"),
            ("priority_cache_read", "0.5"),
        ]))
        .unwrap();
        for (key, expected) in [
            ("batch_cache_read", "0.15"),
            ("batch_cache_write_5m", "1.875"),
            ("long_batch_input", "3"),
            ("batch_audio_output", "30"),
            ("batch_web_search", "0.01"),
            ("priority_cache_read", "0.5"),
            ("priority_cache_write_5m", "7.5"),
            // No price of output is named there, so there is no proportion.
            ("priority_output", "15"),
            ("flex_input", "3"),
        ] {
            assert_eq!(told(&prices, key).as_deref(), Some(expected), "{key}");
        }
        assert_eq!(told(&prices, "audio_input"), None);
        assert!(prices.names_tier(Tier::Batch) && !prices.names_tier(Tier::Flex));
    }

    #[test]
    fn what_is_sold_by_the_piece_needs_no_price_for_tokens() {
        let prices = ModelPrices::new(&row(&[("image", "0.04")])).unwrap();
        assert_eq!(told(&prices, "input").as_deref(), Some("0"));
        assert!(ModelPrices::new(&row(&[("image", "0.04"), ("input", "1")])).is_err());
        assert!(ModelPrices::new(&row(&[("web_search", "0.04")])).is_err());
    }
}
