//! Lists, plans and figures by the dice: every kind of price, every tier, every currency, and models without a price.

use super::Dice;
use chrono::{DateTime, TimeDelta, Utc};
use std::sync::Arc;
use tollgate_money::{
    Charged, Currency, Figures, Meter, Meters, ModelPrices, Nano, Others, Per, PlanRule, PlanVersion,
    PriceBook, PriceRow, RateKey, RulePrice, Sale, Tariff, Tier, Version,
};
use uuid::Uuid;

/// Platform, provider and model of what is asked for. No list knows the last one.
pub(super) const MODELS: [(&str, &str, &str); 5] = [
    ("claude_console", "anthropic", "claude-sonnet-4-5"),
    ("claude_console", "anthropic", "claude-opus-4-1"),
    ("openai", "openai", "gpt-5"),
    ("openai", "openai", "gpt-image-1"),
    ("openai", "openai", "nobody-knows"),
];

/// A list and a plan, as they hold for somebody.
#[derive(Clone, Debug)]
pub(super) struct Market {
    pub book: PriceBook,
    pub plan: Option<PlanVersion>,
}

impl Market {
    /// One of three versions of a list, from these instants on.
    pub fn new(dice: &mut Dice, from: &[DateTime<Utc>]) -> Self {
        let versions = from.iter().map(|from| version(dice, *from)).collect();
        let plan = (dice.roll(3) > 0).then(|| plan(dice));
        Self {
            book: PriceBook::new(versions),
            plan,
        }
    }

    /// What figures cost and are charged.
    pub fn charge(&self, sale: Sale<'_>, sent: &str, at: DateTime<Utc>, meters: &Meters) -> Charged {
        let tariff = Tariff {
            book: &self.book,
            plan: self.plan.as_ref(),
        };
        let figures = Figures {
            sale,
            sent,
            at,
            meters,
        };
        tariff.charge(&figures).expect("every provider has prices")
    }
}

fn id(dice: &mut Dice) -> Uuid {
    Uuid::from_u128(u128::from(dice.roll(u64::MAX)) << 20 | 1)
}

fn version(dice: &mut Dice, from: DateTime<Utc>) -> Version {
    let currency = match dice.roll(3) {
        0 => Currency {
            code: "CNY".to_owned(),
            rate: format!("0.{:06}", 100_000 + dice.roll(99_999))
                .parse()
                .expect("a rate"),
            dated: Some(from.date_naive()),
        },
        1 => Currency {
            code: "EUR".to_owned(),
            rate: format!("1.{:04}", dice.roll(9_999)).parse().expect("a rate"),
            dated: Some(from.date_naive()),
        },
        _ => Currency::default(),
    };
    let rows = [
        ("anthropic", "claude-sonnet-4-5", "chat"),
        ("anthropic", "claude-opus-*", "chat"),
        ("openai", "gpt-5", "chat"),
        ("openai", "gpt-image-1", "image"),
    ]
    .map(|(provider, model, mode)| row(dice, provider, model, mode));
    let (version, left_out) = Version::in_currency(id(dice), from, currency, &rows);
    assert!(left_out.is_empty(), "{left_out:?}");
    version
}

fn price(dice: &mut Dice, meter: Meter) -> String {
    match meter.per() {
        Per::One => format!("0.{:09}", dice.roll(9_999_999)),
        Per::Million => format!("{}.{:06}", dice.roll(90), dice.roll(999_999)),
    }
}

fn row(dice: &mut Dice, provider: &str, model: &str, mode: &str) -> PriceRow {
    let mut row = PriceRow {
        provider: provider.to_owned(),
        model: model.to_owned(),
        mode: mode.to_owned(),
        long_context_above: (dice.roll(2) == 0).then(|| dice.roll(6_000)),
        ..PriceRow::default()
    };
    for tier in Tier::ALL {
        for long in [false, true] {
            for meter in Meter::PRICED {
                let plain = tier.is_standard() && !long && matches!(meter, Meter::Input | Meter::Output);
                if plain || dice.roll(2) == 0 {
                    let text = price(dice, meter);
                    row.set(RateKey { long, tier, meter }, text);
                }
            }
        }
    }
    row
}

fn plan(dice: &mut Dice) -> PlanVersion {
    let factor = |dice: &mut Dice| {
        format!("{}.{:04}", dice.roll(3), dice.roll(9_999))
            .parse()
            .expect("a factor")
    };
    let rule = |model: &str, price: RulePrice, minimum: Option<Nano>| PlanRule {
        platform: None,
        provider: None,
        model: Some(model.to_owned()),
        tag: None,
        price,
        minimum,
    };
    let own = ModelPrices::new(&row(dice, "openai", "gpt-5", "chat")).expect("prices");
    let minimum = Nano(dice.amount(50_000_000));
    let rules = vec![
        rule("gpt-5", RulePrice::Own(Arc::new(own)), Some(minimum)),
        rule("claude-opus-*", RulePrice::Factor(factor(dice)), None),
    ];
    PlanVersion {
        id: id(dice),
        effective_from: DateTime::UNIX_EPOCH,
        factor: factor(dice),
        minimum: Nano(dice.amount(3_000_000)),
        own_factor: factor(dice),
        rules,
    }
}

/// Three instants from which lists hold, the first before everything.
pub(super) fn starts(first: DateTime<Utc>) -> [DateTime<Utc>; 3] {
    [
        DateTime::UNIX_EPOCH,
        first + TimeDelta::days(37),
        first + TimeDelta::days(111),
    ]
}

pub(super) fn meters(dice: &mut Dice) -> Meters {
    let mut count = |below: u64| if dice.roll(3) == 0 { 0 } else { dice.roll(below) };
    Meters {
        input: count(6_000),
        output: count(3_000),
        cache_write_5m: count(2_000),
        cache_write_1h: count(2_000),
        cache_read: count(4_000),
        other: Others {
            audio_input: count(2_000),
            audio_cached: count(1_000),
            image_input: count(2_000),
            audio_output: count(1_000),
            image_output: count(1_000),
            reasoning: count(1_000),
            web_search: count(4),
            file_search: count(3),
            code_execution: count(2),
            image: count(3),
        },
        tier: Tier::ALL[dice.pick(4)],
    }
}

/// What was known of these figures before their end.
pub(super) fn part_of(whole: &Meters) -> Meters {
    let other = &whole.other;
    Meters {
        output: whole.output / 2,
        other: Others {
            audio_output: other.audio_output / 2,
            image_output: other.image_output / 2,
            reasoning: other.reasoning / 2,
            web_search: other.web_search / 2,
            image: 0,
            ..*other
        },
        ..*whole
    }
}
