//! What stored figures cost and are charged, under a book and a plan: the one function behind settlement, re-pricing and
//! explanations. Never in here: where book, plan and figures come from.

use crate::book::PriceBook;
use crate::cost::Cost;
use crate::meter::Meters;
use crate::plan::{PlanVersion, Sale, Terms};
use chrono::{DateTime, Utc};
use std::sync::Arc;
use uuid::Uuid;

/// A request's figures as they are stored.
#[derive(Clone, Copy, Debug)]
pub struct Figures<'a> {
    /// Platform and provider of the account that served it, the model as asked for, the key's tags, whose account it was.
    pub sale: Sale<'a>,
    /// The model as sent: it is priced where the list does not know the one asked for.
    pub sent: &'a str,
    /// The request's own time (its id's), which decides version and plan.
    pub at: DateTime<Utc>,
    /// What was counted, the tier included.
    pub meters: &'a Meters,
}

/// What they come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charged {
    /// At list price: what the upstream asks of the account's owner.
    pub cost: Cost,
    /// By the plan: what the tenant pays.
    pub charge: Cost,
    /// The version of the price book.
    pub version: Uuid,
    /// The version of the plan, if there is one.
    pub plan_version: Option<Uuid>,
    /// The list has no price of the model: the provider's dearest stands in.
    pub unpriced: bool,
}

/// A price book and the plan's version that holds for a tenant at the figures' time.
#[derive(Clone, Copy, Debug)]
pub struct Tariff<'a> {
    /// List prices.
    pub book: &'a PriceBook,
    /// See [`PlanBook::at`](crate::PlanBook::at); `None`: list prices.
    pub plan: Option<&'a PlanVersion>,
}

impl Tariff<'_> {
    /// The cost and the charge of stored figures. Pure: the same figures, book and plan give the same nano-dollars, on every
    /// node and at any later time.
    ///
    /// `None` where the provider has no prices at all at that time, or the amount fits no 64 bits.
    pub fn charge(&self, figures: &Figures<'_>) -> Option<Charged> {
        let Sale {
            platform,
            provider,
            model,
            ..
        } = figures.sale;
        let find = |model: &str| self.book.find_on(platform, provider, model, figures.at);
        let listed = find(model).or_else(|| find(figures.sent));
        let unpriced = listed.is_none();
        let priced = listed.or_else(|| self.book.dearest(provider, figures.at))?;
        let terms = Terms::of(self.plan, &figures.sale, Arc::clone(&priced.prices));
        Some(Charged {
            cost: Cost::of(&priced.prices, figures.meters)?,
            charge: terms.charge(figures.meters)?,
            version: priced.version,
            plan_version: self.plan.map(|plan| plan.id),
            unpriced,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Meter, Nano, PriceRow, Version};

    fn book() -> PriceBook {
        let row = |model: &str, input: &str| {
            let row = PriceRow {
                provider: "anthropic".to_owned(),
                model: model.to_owned(),
                mode: "chat".to_owned(),
                ..PriceRow::default()
            };
            row.with(Meter::Input, input).with(Meter::Output, "5")
        };
        let rows = [row("m", "3"), row("dear", "30")];
        PriceBook::new(vec![
            Version::new(Uuid::from_u128(1), DateTime::UNIX_EPOCH, &rows).0,
        ])
    }

    #[test]
    fn cost_is_the_list_price_and_charge_the_plans() {
        let (book, at) = (book(), DateTime::UNIX_EPOCH);
        let plan = PlanVersion {
            id: Uuid::from_u128(2),
            effective_from: at,
            factor: "1.5".parse().unwrap(),
            minimum: Nano::ZERO,
            own_factor: "0".parse().unwrap(),
            rules: Vec::new(),
        };
        let meters = Meters {
            input: 1_000,
            ..Meters::default()
        };
        let sale = Sale {
            platform: "claude_console",
            provider: "anthropic",
            model: "m",
            tags: &[],
            own_account: false,
        };
        let figures = Figures {
            sale,
            sent: "dear",
            at,
            meters: &meters,
        };
        let tariff = Tariff {
            book: &book,
            plan: Some(&plan),
        };
        let told = |figures: &Figures<'_>| {
            let charged = tariff.charge(figures).unwrap();
            (charged.cost.total.0, charged.charge.total.0, charged.unpriced)
        };
        assert_eq!(told(&figures), (3_000_000, 4_500_000, false));
        let named = |model| Figures {
            sale: Sale { model, ..sale },
            ..figures
        };
        assert_eq!(
            told(&named("ours")),
            (30_000_000, 45_000_000, false),
            "by the name sent"
        );
        let unknown = Figures {
            sent: "nobody",
            ..named("ours")
        };
        assert_eq!(
            told(&unknown),
            (30_000_000, 45_000_000, true),
            "the dearest, never 0"
        );
        let own = Figures {
            sale: Sale {
                own_account: true,
                ..sale
            },
            ..figures
        };
        assert_eq!(told(&own), (3_000_000, 0, false));
        let elsewhere = Figures {
            sale: Sale {
                provider: "openai",
                ..sale
            },
            ..figures
        };
        assert_eq!(tariff.charge(&elsewhere), None);
    }
}
