use super::*;
use crate::meter::Others;
use crate::{Per, PriceRow, Terms, parse_csv};
use num_bigint::BigInt;
use proptest::prelude::*;
use std::sync::Arc;

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
        ..Meters::default()
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
        ..Bound::default()
    };
    // 1-hour cache writes are the dearest input: twice the long input price.
    assert_eq!(
        bound.worst_case(&long_context()),
        Nano(1_000_000 * 1_000 + 100 * 2_500 + 8)
    );
    let near = Bound {
        remote_context: false,
        ..bound
    };
    assert_eq!(near.worst_case(&long_context()), Nano(10 * 200 + 100 * 500 + 8));
}

fn everything() -> PriceRow {
    let mut row = PriceRow {
        long_context_above: Some(1_000),
        ..PriceRow::default()
    };
    for (key, price) in [
        ("input", "2"),
        ("output", "8"),
        ("cache_read", "0.5"),
        ("audio_input", "32"),
        ("audio_cached", "0.4"),
        ("image_input", "5"),
        ("audio_output", "64"),
        ("image_output", "40"),
        ("reasoning", "9"),
        ("long_input", "4"),
        ("priority_input", "3.5"),
        ("priority_output", "14"),
        ("batch_input", "1"),
        ("batch_output", "4"),
        ("web_search", "0.01"),
        ("file_search", "0.0025"),
        ("image", "0.04"),
        ("request", "0.001"),
    ] {
        row.set(key.parse().unwrap(), price.to_owned());
    }
    row
}

#[test]
fn each_kind_has_its_line_and_each_token_counts_once() {
    let prices = ModelPrices::new(&everything()).unwrap();
    let meters = Meters {
        input: 100,
        output: 100,
        cache_read: 10,
        other: Others {
            audio_input: 30,
            audio_cached: 4,
            image_input: 20,
            audio_output: 40,
            image_output: 10,
            reasoning: 5,
            web_search: 2,
            file_search: 1,
            image: 3,
            ..Others::default()
        },
        ..Meters::default()
    };
    let cost = Cost::of(&prices, &meters).unwrap();
    let lines: Vec<(Meter, u64, i64)> = cost
        .lines
        .iter()
        .map(|line| (line.meter, line.quantity, line.amount.0))
        .collect();
    assert_eq!(
        lines,
        [
            (Meter::Input, 50, 100_000),
            (Meter::AudioInput, 30, 960_000),
            (Meter::ImageInput, 20, 100_000),
            (Meter::CacheRead, 6, 3_000),
            (Meter::AudioCached, 4, 1_600),
            (Meter::Output, 45, 360_000),
            (Meter::AudioOutput, 40, 2_560_000),
            (Meter::ImageOutput, 10, 400_000),
            (Meter::Reasoning, 5, 45_000),
            (Meter::WebSearch, 2, 20_000_000),
            (Meter::FileSearch, 1, 2_500_000),
            (Meter::Image, 3, 120_000_000),
            (Meter::Request, 1, 1_000_000),
        ]
    );
    assert!(!cost.incomplete);
    let executed = Meters {
        other: Others {
            code_execution: 1,
            ..Others::default()
        },
        ..meters
    };
    assert!(
        Cost::of(&prices, &executed).unwrap().incomplete,
        "no price is named for it"
    );
    let flex = Meters {
        tier: Tier::Flex,
        ..meters
    };
    assert!(Cost::of(&prices, &flex).unwrap().incomplete, "nor for this tier");
}

#[test]
fn parts_without_a_price_of_their_own_stay_in_the_whole() {
    let plain = prices("anthropic,m,chat,1,5,,,,,,,,,200000,64000,");
    let meters = Meters {
        input: 100,
        other: Others {
            audio_input: 1_000,
            image_input: 7,
            ..Others::default()
        },
        ..Meters::default()
    };
    let cost = Cost::of(&plain, &meters).unwrap();
    assert_eq!((cost.lines.len(), cost.total), (1, Nano(100_000)));
    // Parts that claim to be more than their whole are no more than it.
    let heard = ModelPrices::new(&everything()).unwrap();
    let cost = Cost::of(&heard, &meters).unwrap();
    assert_eq!(cost.lines[0].quantity, 100);
    assert_eq!(cost.lines[0].meter, Meter::AudioInput);
}

/// The exact rational, by other arithmetic: quantity × price × rate × factor, in nano-USD.
fn exact(line: &CostLine, rate: Factor, factor: Factor) -> (BigInt, BigInt) {
    let decimal = |text: &str| {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits: BigInt = format!("{whole}{fraction}").parse().unwrap();
        (
            digits,
            BigInt::from(10).pow(u32::try_from(fraction.len()).unwrap()),
        )
    };
    let per = match line.meter.per() {
        Per::Million => 1_000_000,
        Per::One => 1,
    };
    let (mut num, mut den) = (BigInt::from(line.quantity) * 1_000_000_000, BigInt::from(per));
    for text in [
        line.price.told(line.meter.per()),
        rate.to_string(),
        factor.to_string(),
    ] {
        let (digits, scale) = decimal(&text);
        num *= digits;
        den *= scale;
    }
    (num, den)
}

fn half_even(num: &BigInt, den: &BigInt) -> BigInt {
    let (whole, rest) = (num / den, num % den);
    let twice: BigInt = rest * 2;
    let odd = &whole % 2 == BigInt::from(1);
    if twice > *den || (twice == *den && odd) {
        whole + 1
    } else {
        whole
    }
}

/// Prices of all kinds; some are left out.
fn any_prices() -> impl Strategy<Value = (PriceRow, String)> {
    let price = || prop::option::weighted(0.7, (0_u64..200_000_000, 0_u32..7));
    let all = Tier::ALL.len() * 2 * Meter::PRICED.len();
    let rate = prop_oneof![
        Just("1".to_owned()),
        (1_u64..99_999_999).prop_map(|n| format!("{}.{:06}", n / 1_000_000, n % 1_000_000))
    ];
    (
        prop::collection::vec(price(), all),
        prop::option::of(0_u64..3_000),
        prop::option::of(500_u64..9_000),
        rate,
    )
        .prop_map(|(texts, above, max_input, rate)| {
            let mut row = PriceRow {
                long_context_above: above,
                max_input,
                ..PriceRow::default()
            };
            let mut texts = texts.into_iter();
            for tier in Tier::ALL {
                for long in [false, true] {
                    for meter in Meter::PRICED {
                        let Some(Some((digits, decimals))) = texts.next() else {
                            continue;
                        };
                        let scale = 10_u64.pow(decimals);
                        let width = usize::try_from(decimals).unwrap();
                        let text = if meter.per() == Per::One {
                            format!("0.{digits:012}")
                        } else if decimals == 0 {
                            (digits % 1_000).to_string()
                        } else {
                            format!("{}.{:0width$}", digits / scale % 1_000, digits % scale)
                        };
                        row.set(RateKey { long, tier, meter }, text);
                    }
                }
            }
            for meter in [Meter::Input, Meter::Output] {
                row.prices
                    .entry(RateKey::plain(meter))
                    .or_insert_with(|| "1.5".to_owned());
            }
            (row, rate)
        })
}

fn any_meters() -> impl Strategy<Value = Meters> {
    let count = || prop_oneof![Just(0_u64), 0_u64..3_000];
    let tier = prop::sample::select(&Tier::ALL[..]);
    (
        prop::array::uniform5(count()),
        prop::array::uniform10(count()),
        tier,
    )
        .prop_map(|(basic, other, tier)| {
            let [input, output, cache_write_5m, cache_write_1h, cache_read] = basic;
            let [
                audio_input,
                audio_cached,
                image_input,
                audio_output,
                image_output,
                reasoning,
                web_search,
                file_search,
                code_execution,
                image,
            ] = other;
            Meters {
                input,
                output,
                cache_write_5m,
                cache_write_1h,
                cache_read,
                other: Others {
                    audio_input,
                    audio_cached,
                    image_input,
                    audio_output,
                    image_output,
                    reasoning,
                    web_search,
                    file_search,
                    code_execution,
                    image,
                },
                tier,
            }
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn each_line_is_the_exact_rational_rounded_half_to_even_once(
        (row, rate) in any_prices(), meters in any_meters(), factor in 0_u64..5_000_000,
    ) {
        let (rate, factor): (Factor, Factor) = (rate.parse().unwrap(), format!("{}.{:06}", factor / 1_000_000, factor % 1_000_000).parse().unwrap());
        let prices = ModelPrices::in_currency(&row, rate).unwrap();
        let cost = Cost::times(&prices, &meters, factor).unwrap();
        let mut sum = BigInt::from(0);
        for line in &cost.lines {
            let (num, den) = exact(line, rate, factor);
            let rounded = half_even(&num, &den);
            prop_assert_eq!(&rounded, &BigInt::from(line.amount.0), "{:?}", line);
            sum += rounded;
        }
        prop_assert_eq!(sum, BigInt::from(cost.total.0));
        // Each token is on one line.
        let sold = Cost::sold(&prices, &meters, factor).unwrap_or_default();
        let fits = cost.lines.iter().all(|line| line.price.times(Scale::of(rate, factor)).is_some());
        prop_assert_eq!(fits, sold.lines.len() == cost.lines.len());
        prop_assert_eq!((sold.rate, sold.factor), (Factor::ONE, Factor::ONE));
        for (line, listed) in sold.lines.iter().zip(&cost.lines) {
            let (num, den) = exact(line, Factor::ONE, Factor::ONE);
            prop_assert_eq!(half_even(&num, &den), BigInt::from(line.amount.0), "the price told makes the amount: {:?}", line);
            prop_assert_eq!(Some(line.price), listed.price.times(Scale::of(rate, factor)));
        }
        let tokens: u64 = cost.lines.iter().filter(|line| line.meter.per() == Per::Million).map(|line| line.quantity).sum();
        prop_assert_eq!(tokens, meters.total());
    }

    #[test]
    fn no_cost_is_above_the_worst_case_of_its_bound(
        (row, rate) in any_prices(), meters in any_meters(), factor in 0_u64..5_000, remote in any::<bool>(), slack in 0_u64..3,
    ) {
        let (rate, factor): (Factor, Factor) = (rate.parse().unwrap(), format!("{}.{:03}", factor / 1_000, factor % 1_000).parse().unwrap());
        let prices = ModelPrices::in_currency(&row, rate).unwrap();
        // No provider takes more than the model's window.
        prop_assume!(prices.max_input.is_none_or(|window| meters.prompt() <= window));
        let other = &meters.other;
        let bound = Bound {
            input: meters.prompt() + slack,
            output: meters.output + slack,
            remote_context: remote,
            media: other.audio_input + other.audio_cached + other.image_input > 0,
            tier: meters.tier,
            calls: other.web_search + other.file_search + other.code_execution + slack,
            pictures: other.image,
        };
        for as_one in [false, true] {
            let terms = Terms { prices: Arc::new(prices.clone()), factor, minimum: Nano::ZERO, as_one };
            // A price that does not fit is never sold.
            let Some(cost) = terms.charge(&meters) else {
                prop_assert!(as_one && terms.worst_case(&bound) == Nano::MAX);
                continue;
            };
            prop_assert!(cost.total <= terms.worst_case(&bound), "{:?}", cost);
        }
    }
}
