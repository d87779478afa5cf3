//! What was metered and what it comes to: one line per meter, each rounded once, the total their sum.

use crate::{ModelPrices, Nano, Price};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Token figures of one request. Input is what came from no cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meters {
    /// Input tokens that were neither read from nor written to a cache.
    pub input: u64,
    /// Output tokens, thinking included.
    pub output: u64,
    /// Tokens written to a cache of five minutes.
    pub cache_write_5m: u64,
    /// Tokens written to a cache of one hour.
    pub cache_write_1h: u64,
    /// Tokens read from a cache.
    pub cache_read: u64,
}

impl Meters {
    /// All input together: what decides whether a prompt is a long one.
    pub fn prompt(&self) -> u64 {
        self.input
            .saturating_add(self.cache_write_5m)
            .saturating_add(self.cache_write_1h)
            .saturating_add(self.cache_read)
    }

    /// All tokens together.
    pub fn total(&self) -> u64 {
        self.prompt().saturating_add(self.output)
    }

    /// Each meter with its figure, in the order in which they are shown.
    pub fn each(&self) -> [(Meter, u64); 5] {
        [
            (Meter::Input, self.input),
            (Meter::Output, self.output),
            (Meter::CacheWrite5m, self.cache_write_5m),
            (Meter::CacheWrite1h, self.cache_write_1h),
            (Meter::CacheRead, self.cache_read),
        ]
    }
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Meter {
    /// See [`Meters::input`].
    Input,
    /// See [`Meters::output`].
    Output,
    /// See [`Meters::cache_write_5m`].
    CacheWrite5m,
    /// See [`Meters::cache_write_1h`].
    CacheWrite1h,
    /// See [`Meters::cache_read`].
    CacheRead,
}

impl fmt::Display for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Input => "input",
            Self::Output => "output",
            Self::CacheWrite5m => "cache_write_5m",
            Self::CacheWrite1h => "cache_write_1h",
            Self::CacheRead => "cache_read",
        })
    }
}

/// One line of a cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CostLine {
    /// What was counted.
    pub meter: Meter,
    /// How much of it.
    pub quantity: u64,
    /// At which price.
    pub price: Price,
    /// What it comes to, rounded half to even.
    pub amount: Nano,
}

/// What a request costs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// The sum of the lines.
    pub total: Nano,
    /// One line for each meter that counted something.
    pub lines: Vec<CostLine>,
}

impl Cost {
    /// What these figures cost at these prices; `None` where it does not fit 64 bits (nine thousand million dollars).
    pub fn of(prices: &ModelPrices, meters: &Meters) -> Option<Self> {
        let long = prices.is_long(meters.prompt());
        let mut cost = Self::default();
        for (meter, quantity) in meters.each() {
            if quantity == 0 {
                continue;
            }
            let price = prices.price(meter, long);
            let amount = price.amount(quantity)?;
            cost.total = cost.total.checked_add(amount)?;
            cost.lines.push(CostLine {
                meter,
                quantity,
                price,
                amount,
            });
        }
        Some(cost)
    }
}

/// Each line is rounded by half a nano-dollar at most; a worst case leaves room for all of them.
const ROUNDING: Nano = Nano(3);

/// What bounds a request before it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// At most so many input tokens, of whatever kind.
    pub input: u64,
    /// At most so many output tokens.
    pub output: u64,
    /// The input holds what is not in the body (files, web pages, search results): the model's whole window counts.
    pub remote_context: bool,
}

impl Bound {
    /// The most that such a request can cost: all input at the dearest rate that can apply to it, all output at the
    /// dearest output rate. No provider takes more input than the model's window. The largest amount where it overflows,
    /// or where the window of a model that reads from elsewhere is not known.
    pub fn worst_case(&self, prices: &ModelPrices) -> Nano {
        let input = match (self.remote_context, prices.max_input) {
            (true, Some(window)) => window,
            (true, None) => return Nano::MAX,
            (false, Some(window)) => self.input.min(window),
            (false, None) => self.input,
        };
        // Output can't lengthen a prompt, and with a prompt that is short for certain the long rates can't apply.
        let may_be_long = prices.is_long(input);
        let dearest = prices.dearest_input(may_be_long).bound(input);
        let output = prices.dearest_output(may_be_long).bound(self.output);
        dearest.saturating_add(output).saturating_add(ROUNDING)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse_csv;
    use proptest::prelude::*;

    const HEAD: &str = "provider,model,mode,input,output,cache_write_5m,cache_write_1h,cache_read,long_context_above,\
                        long_input,long_output,long_cache_write_5m,long_cache_read,max_input,max_output,deprecation_date\n";

    fn prices(line: &str) -> ModelPrices {
        let rows = parse_csv(&format!("{HEAD}{line}\n")).unwrap();
        ModelPrices::new(&rows[0]).unwrap()
    }

    fn long_context() -> ModelPrices {
        prices("anthropic,m,chat,0.1,0.5,0.125,0.2,0.01,100000,0.5,2.5,0.625,0.05,1000000,128000,")
    }

    #[test]
    fn a_cost_is_the_sum_of_its_lines() {
        let haiku = prices("anthropic,m,chat,1,5,1.25,2,0.1,,,,,,200000,64000,");
        let meters = Meters {
            input: 3,
            output: 7,
            cache_write_5m: 11,
            cache_write_1h: 13,
            cache_read: 17,
        };
        let cost = Cost::of(&haiku, &meters).unwrap();
        assert_eq!(cost.total, Nano(3_000 + 35_000 + 13_750 + 26_000 + 1_700));
        assert_eq!(cost.lines.len(), 5);
        assert_eq!(Cost::of(&haiku, &Meters::default()).unwrap(), Cost::default());
        let absurd = Meters {
            input: u64::MAX,
            ..Meters::default()
        };
        assert_eq!(Cost::of(&haiku, &absurd), None);
    }

    #[test]
    fn a_prompt_above_the_threshold_costs_the_long_price_as_a_whole() {
        let short = Meters {
            input: 40_000,
            cache_read: 60_000,
            output: 10,
            ..Meters::default()
        };
        let long = Meters {
            cache_read: 60_001,
            ..short
        };
        assert_eq!(
            Cost::of(&long_context(), &short).unwrap().total,
            Nano(40_000 * 100 + 60_000 * 10 + 10 * 500)
        );
        assert_eq!(
            Cost::of(&long_context(), &long).unwrap().total,
            Nano(40_000 * 500 + 60_001 * 50 + 10 * 2_500)
        );
    }

    #[test]
    fn what_reads_from_elsewhere_is_bounded_by_the_whole_window() {
        let bound = Bound {
            input: 10,
            output: 100,
            remote_context: true,
        };
        // 1-hour cache writes are the dearest input: twice the long input price.
        assert_eq!(
            bound.worst_case(&long_context()),
            Nano(1_000_000 * 1_000 + 100 * 2_500 + 3)
        );
        let near = Bound {
            remote_context: false,
            ..bound
        };
        assert_eq!(near.worst_case(&long_context()), Nano(10 * 200 + 100 * 500 + 3));
    }

    proptest! {
        #[test]
        fn no_cost_is_above_the_worst_case_of_its_bound(
            input in 0..200_000_u64, output in 0..10_000_u64, w5 in 0..200_000_u64, w1 in 0..200_000_u64, read in 0..200_000_u64,
        ) {
            let meters = Meters { input, output, cache_write_5m: w5, cache_write_1h: w1, cache_read: read };
            let bound = Bound { input: meters.prompt(), output, remote_context: false };
            let prices = long_context();
            let cost = Cost::of(&prices, &meters).unwrap();
            prop_assert!(cost.total <= bound.worst_case(&prices));
            prop_assert_eq!(cost.lines.iter().map(|line| line.amount.0).sum::<i64>(), cost.total.0);
        }
    }
}
