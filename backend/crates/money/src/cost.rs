//! What a request comes to: one line per meter, each rounded once half to even (the rule's name is
//! [`ROUNDING_RULE`]), the total their sum; and what it may come to at worst.

use crate::meter::{Meter, Meters, Tier};
use crate::rates::{ModelPrices, RateKey};
use crate::{Factor, Nano, Price, Scale};

/// The name of the rule by which amounts are rounded: each line once, half to even.
pub const ROUNDING_RULE: &str = "half_even_per_line";

/// One line of a cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CostLine {
    /// What was counted.
    pub meter: Meter,
    /// How much of it.
    pub quantity: u64,
    /// At which price, in the price list's currency; where list price and factor are one, in US dollars.
    pub price: Price,
    /// What it comes to in US dollars, rounded half to even.
    pub amount: Nano,
}

/// What a request costs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// The sum of the lines.
    pub total: Nano,
    /// One line for each meter that counted something.
    pub lines: Vec<CostLine>,
    /// What a unit of the price list's currency is in US dollars.
    pub rate: Factor,
    /// What a plan multiplies it by.
    pub factor: Factor,
    /// Something was counted that the list has no price for: a tool's calls, which are not in the total then; tokens of
    /// sound or pictures, which are there at the price of text; or another tier, at the standard one's price.
    pub incomplete: bool,
}

impl Cost {
    /// What these figures cost at these prices; `None` where it does not fit 64 bits (nine thousand million dollars).
    pub fn of(prices: &ModelPrices, meters: &Meters) -> Option<Self> {
        Self::times(prices, meters, Factor::ONE)
    }

    /// The same times a factor.
    pub fn times(prices: &ModelPrices, meters: &Meters, factor: Factor) -> Option<Self> {
        let scale = Scale::of(prices.rate, factor);
        let as_listed = |price: Price, quantity| Some((price, price.scaled_amount(quantity, scale)?));
        let cost = Self::by_lines(prices, meters, as_listed)?;
        Some(Self {
            rate: prices.rate,
            factor,
            ..cost
        })
    }

    /// The same at one price, which is list price, rate and factor in one: US dollars, rounded half to even to the last
    /// digit that a price has. Nothing of the lines tells what the price is made of.
    pub fn sold(prices: &ModelPrices, meters: &Meters, factor: Factor) -> Option<Self> {
        let scale = Scale::of(prices.rate, factor);
        Self::by_lines(prices, meters, |price, quantity| {
            let price = price.times(scale)?;
            Some((price, price.amount(quantity)?))
        })
    }

    /// A line for each meter that counted something, at the price and amount that `told` makes of list price and quantity.
    fn by_lines(
        prices: &ModelPrices,
        meters: &Meters,
        told: impl Fn(Price, u64) -> Option<(Price, Nano)>,
    ) -> Option<Self> {
        let (tier, long) = (meters.tier, prices.is_long(meters.prompt()));
        let mut cost = Self {
            incomplete: !prices.names_tier(tier) || lacks_price(prices, meters, long),
            ..Self::default()
        };
        for (meter, quantity) in split(prices, meters, long) {
            if quantity == 0 {
                continue;
            }
            let Some(price) = prices.rate_of(RateKey { long, tier, meter }) else {
                // A request without a fee of its own is nothing that lacks a price.
                cost.incomplete |= meter != Meter::Request;
                continue;
            };
            let (price, amount) = told(price, quantity)?;
            cost.add(CostLine {
                meter,
                quantity,
                price,
                amount,
            })?;
        }
        Some(cost)
    }

    /// Lifts it to a smallest charge by a line of its own.
    pub(crate) fn at_least(mut self, minimum: Nano) -> Option<Self> {
        let missing = Nano(minimum.0.checked_sub(self.total.0)?);
        if missing.0 > 0 {
            self.add(CostLine {
                meter: Meter::Minimum,
                quantity: 1,
                price: Price::of_one(missing)?,
                amount: missing,
            })?;
        }
        Some(self)
    }

    fn add(&mut self, line: CostLine) -> Option<()> {
        self.total = self.total.checked_add(line.amount)?;
        self.lines.push(line);
        Some(())
    }
}

/// The meters as they are priced: each token once. Of-which figures that have no price of their own stay within the figure
/// that they are of; parts are never more than their whole.
fn split(prices: &ModelPrices, meters: &Meters, long: bool) -> [(Meter, u64); 16] {
    let other = &meters.other;
    let part = |rest: &mut u64, meter: Meter, count: u64| {
        let key = RateKey {
            long,
            tier: meters.tier,
            meter,
        };
        let apart = if prices.rate_of(key).is_some() {
            count.min(*rest)
        } else {
            0
        };
        *rest = rest.saturating_sub(apart);
        apart
    };
    let (mut input, mut cache_read, mut output) = (meters.input, meters.cache_read, meters.output);
    let audio_input = part(&mut input, Meter::AudioInput, other.audio_input);
    let image_input = part(&mut input, Meter::ImageInput, other.image_input);
    let audio_cached = part(&mut cache_read, Meter::AudioCached, other.audio_cached);
    let audio_output = part(&mut output, Meter::AudioOutput, other.audio_output);
    let image_output = part(&mut output, Meter::ImageOutput, other.image_output);
    let reasoning = part(&mut output, Meter::Reasoning, other.reasoning);
    [
        (Meter::Input, input),
        (Meter::AudioInput, audio_input),
        (Meter::ImageInput, image_input),
        (Meter::CacheWrite5m, meters.cache_write_5m),
        (Meter::CacheWrite1h, meters.cache_write_1h),
        (Meter::CacheRead, cache_read),
        (Meter::AudioCached, audio_cached),
        (Meter::Output, output),
        (Meter::AudioOutput, audio_output),
        (Meter::ImageOutput, image_output),
        (Meter::Reasoning, reasoning),
        (Meter::WebSearch, other.web_search),
        (Meter::FileSearch, other.file_search),
        (Meter::CodeExecution, other.code_execution),
        (Meter::Image, other.image),
        (Meter::Request, u64::from(!meters.is_empty())),
    ]
}

/// Whether tokens of sound or pictures were counted that have no price of their own: vendors price them apart.
fn lacks_price(prices: &ModelPrices, meters: &Meters, long: bool) -> bool {
    const APART: [Meter; 5] = [
        Meter::AudioInput,
        Meter::AudioCached,
        Meter::ImageInput,
        Meter::AudioOutput,
        Meter::ImageOutput,
    ];
    let tier = meters.tier;
    let counted = meters.other.each().into_iter().filter(|(_, count)| *count > 0);
    counted
        .filter(|(meter, _)| APART.contains(meter))
        .any(|(meter, _)| prices.rate_of(RateKey { long, tier, meter }).is_none())
}

/// Each of at most sixteen lines is rounded by half a nano-dollar at most; a worst case leaves room for all of them.
pub(crate) const ROUNDING: Nano = Nano(8);

/// What bounds a request before it is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bound {
    /// At most so many input tokens, of whatever kind.
    pub input: u64,
    /// At most so many output tokens.
    pub output: u64,
    /// The input holds what is not in the body (files, web pages, search results): the model's whole window counts.
    pub remote_context: bool,
    /// The body holds pictures or sound, whose tokens may have prices of their own.
    pub media: bool,
    /// The service tier that is asked for; the vendor may answer at the standard one all the same.
    pub tier: Tier,
    /// At most so many calls of the vendor's own tools, whichever is the dearest.
    pub calls: u64,
    /// At most so many pictures are made.
    pub pictures: u64,
}

impl Bound {
    /// For telling the dearer of two models.
    pub const A_MILLION_EACH: Self = Self {
        input: 1_000_000,
        output: 1_000_000,
        remote_context: false,
        media: false,
        tier: Tier::Standard,
        calls: 0,
        pictures: 1,
    };

    /// The most that such a request can cost: all input at the dearest rate that can apply to it, all output at the
    /// dearest output rate, each call at the dearest tool's price. No provider takes more input than the model's window.
    /// The largest amount where it overflows, or where the window of a model that reads from elsewhere is not known.
    pub fn worst_case(&self, prices: &ModelPrices) -> Nano {
        self.worst_case_by(prices, |price, quantity| {
            price.scaled_bound(quantity, Scale::of(prices.rate, Factor::ONE))
        })
    }

    /// The same with what a quantity may come to at most at a list price.
    pub(crate) fn worst_case_by(&self, prices: &ModelPrices, most: impl Fn(Price, u64) -> Nano) -> Nano {
        let input = match (self.remote_context, prices.max_input) {
            (true, Some(window)) => window,
            (true, None) => return Nano::MAX,
            (false, Some(window)) => self.input.min(window),
            (false, None) => self.input,
        };
        // Output can't lengthen a prompt, and with a prompt that is short for certain the long rates can't apply.
        let may_be_long = prices.is_long(input);
        let dearest = |meters: &[Meter], quantity: u64| {
            let price = self.dearest(prices, meters, may_be_long);
            most(price, quantity)
        };
        let inputs: &[Meter] = if self.media || self.remote_context {
            &INPUTS
        } else {
            INPUTS.get(..TEXT_INPUTS).unwrap_or(&INPUTS)
        };
        [
            dearest(inputs, input),
            dearest(&OUTPUTS, self.output),
            dearest(&TOOLS, self.calls),
            dearest(&[Meter::Image], self.pictures),
            dearest(&[Meter::Request], 1),
            ROUNDING,
        ]
        .into_iter()
        .fold(Nano::ZERO, Nano::saturating_add)
    }

    fn dearest(&self, prices: &ModelPrices, meters: &[Meter], may_be_long: bool) -> Price {
        let tiers = [Tier::Standard, self.tier];
        let lengths = [false, may_be_long];
        let keys = tiers.into_iter().flat_map(|tier| {
            let of_meter = move |meter: Meter| lengths.map(|long| RateKey { long, tier, meter });
            meters.iter().copied().flat_map(of_meter)
        });
        keys.filter_map(|key| prices.rate_of(key))
            .max()
            .unwrap_or(Price::ZERO)
    }
}

/// What input may be, text first.
const INPUTS: [Meter; 7] = [
    Meter::Input,
    Meter::CacheWrite5m,
    Meter::CacheWrite1h,
    Meter::CacheRead,
    Meter::AudioInput,
    Meter::AudioCached,
    Meter::ImageInput,
];
/// How many of them are text.
const TEXT_INPUTS: usize = 4;
/// What output may be. A model that can speak or draw may do so unasked.
const OUTPUTS: [Meter; 4] = [
    Meter::Output,
    Meter::AudioOutput,
    Meter::ImageOutput,
    Meter::Reasoning,
];
/// Tools that are priced by the call.
const TOOLS: [Meter; 3] = [Meter::WebSearch, Meter::FileSearch, Meter::CodeExecution];

#[cfg(test)]
mod tests;
