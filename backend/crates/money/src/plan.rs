//! Plans: what a tenant pays, by platform, provider, model and the key's tags. Never in here: list prices.

use crate::cost::{Bound, Cost};
use crate::meter::Meters;
use crate::pattern::fits;
use crate::rates::ModelPrices;
use crate::{Factor, Nano, Price, Scale};
use chrono::{DateTime, Utc};
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

/// What a rule makes of a price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RulePrice {
    /// The list price times a factor.
    Factor(Factor),
    /// Prices of the plan's own.
    Own(Arc<ModelPrices>),
}

/// One rule of a plan. What it leaves open fits everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanRule {
    /// Accounts of this platform.
    pub platform: Option<String>,
    /// Models of this provider.
    pub provider: Option<String>,
    /// Models whose name, as asked for, fits this pattern.
    pub model: Option<String>,
    /// Keys that bear this tag.
    pub tag: Option<String>,
    /// What they cost.
    pub price: RulePrice,
    /// The smallest charge of a request, in the place of the plan's own.
    pub minimum: Option<Nano>,
}

/// What of a request decides its price.
#[derive(Clone, Copy, Debug)]
pub struct Sale<'a> {
    /// The platform of the account that serves it.
    pub platform: &'a str,
    /// Its provider in the price book.
    pub provider: &'a str,
    /// The model as asked for.
    pub model: &'a str,
    /// The key's tags.
    pub tags: &'a [String],
    /// Whether the account is the tenant's own.
    pub own_account: bool,
}

impl PlanRule {
    fn fits(&self, sale: &Sale<'_>) -> bool {
        let is =
            |wanted: &Option<String>, found: &str| wanted.as_deref().is_none_or(|wanted| wanted == found);
        is(&self.platform, sale.platform)
            && is(&self.provider, sale.provider)
            && self
                .model
                .as_deref()
                .is_none_or(|pattern| fits(pattern, sale.model))
            && self
                .tag
                .as_ref()
                .is_none_or(|tag| sale.tags.iter().any(|found| found == tag))
    }
}

/// A plan as it is from an instant on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanVersion {
    /// Its id, as stored with each request that was charged by it.
    pub id: Uuid,
    /// From when on.
    pub effective_from: DateTime<Utc>,
    /// What the list price is multiplied by where no rule fits.
    pub factor: Factor,
    /// The smallest charge of a request that counted anything, on the platform's accounts.
    pub minimum: Nano,
    /// What the list price is multiplied by on the tenant's own accounts. Rules do not hold there.
    pub own_factor: Factor,
    /// The first that fits holds.
    pub rules: Vec<PlanRule>,
}

/// What one request is charged by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The prices: the list's, or the plan's own.
    pub prices: Arc<ModelPrices>,
    /// What they are multiplied by.
    pub factor: Factor,
    /// The smallest charge.
    pub minimum: Nano,
    /// Whether list price, rate and factor are one price to who pays it: so on the platform's accounts, since what these
    /// cost is no customer's to know.
    pub as_one: bool,
}

impl Terms {
    /// What a request is charged by, given its list prices. Without a plan: the list price as it is.
    pub fn of(plan: Option<&PlanVersion>, sale: &Sale<'_>, list: Arc<ModelPrices>) -> Self {
        match plan {
            Some(plan) => plan.terms(sale, list),
            None => Self {
                prices: list,
                factor: Factor::ONE,
                minimum: Nano::ZERO,
                as_one: !sale.own_account,
            },
        }
    }

    /// What these figures are charged. Where nothing was counted nothing is charged, the smallest charge neither.
    pub fn charge(&self, meters: &Meters) -> Option<Cost> {
        let cost = if self.as_one {
            Cost::sold(&self.prices, meters, self.factor)?
        } else {
            Cost::times(&self.prices, meters, self.factor)?
        };
        if meters.is_empty() {
            return Some(cost);
        }
        cost.at_least(self.minimum)
    }

    /// The most that may be charged for a request of this bound.
    pub fn worst_case(&self, bound: &Bound) -> Nano {
        let scale = Scale::of(self.prices.rate, self.factor);
        let most = |price: Price, quantity: u64| match price.times(scale) {
            _ if quantity == 0 => Nano::ZERO,
            _ if !self.as_one => price.scaled_bound(quantity, scale),
            Some(price) => price.bound(quantity),
            // A price of more than nine million dollars a million can't be told, and nothing is sold at it.
            None => Nano::MAX,
        };
        bound.worst_case_by(&self.prices, most).max(self.minimum)
    }
}

impl PlanVersion {
    /// What a request is charged by, given its list prices.
    fn terms(&self, sale: &Sale<'_>, list: Arc<ModelPrices>) -> Terms {
        if sale.own_account {
            return Terms {
                factor: self.own_factor,
                ..Terms::of(None, sale, list)
            };
        }
        let Some(rule) = self.rules.iter().find(|rule| rule.fits(sale)) else {
            return Terms {
                prices: list,
                factor: self.factor,
                minimum: self.minimum,
                as_one: true,
            };
        };
        let minimum = rule.minimum.unwrap_or(self.minimum);
        match &rule.price {
            RulePrice::Factor(factor) => Terms {
                prices: list,
                factor: *factor,
                minimum,
                as_one: true,
            },
            // What the model is stays what the list says; only what it costs is the plan's.
            RulePrice::Own(own) => Terms {
                prices: Arc::new(own.for_the_model_of(&list)),
                factor: Factor::ONE,
                minimum,
                as_one: true,
            },
        }
    }
}

/// From when on a tenant has which plan.
type Since = (DateTime<Utc>, Option<Uuid>);

/// All plans with all their versions, and which tenant has which plan from when on. Immutable, as the price book is.
#[derive(Clone, Debug, Default)]
pub struct PlanBook {
    /// By plan, the newest first.
    plans: HashMap<Uuid, Vec<Arc<PlanVersion>>>,
    /// By tenant, the newest first; `None`: no plan from then on.
    tenants: HashMap<Uuid, Vec<Since>>,
}

impl PlanBook {
    /// A book of these versions (each with its plan) and tenants (each with its plan and from when on).
    pub fn new(
        versions: Vec<(Uuid, PlanVersion)>,
        tenants: Vec<(Uuid, DateTime<Utc>, Option<Uuid>)>,
    ) -> Self {
        let mut book = Self::default();
        for (plan, version) in versions {
            book.plans.entry(plan).or_default().push(Arc::new(version));
        }
        for versions in book.plans.values_mut() {
            versions.sort_by_key(|version| std::cmp::Reverse(version.effective_from));
        }
        for (tenant, from, plan) in tenants {
            book.tenants.entry(tenant).or_default().push((from, plan));
        }
        for plans in book.tenants.values_mut() {
            plans.sort_by_key(|(from, _)| std::cmp::Reverse(*from));
        }
        book
    }

    /// The version of a tenant's plan that holds at an instant; `None`: list prices.
    pub fn at(&self, tenant: Uuid, at: DateTime<Utc>) -> Option<Arc<PlanVersion>> {
        let plans = self.tenants.get(&tenant)?;
        let (_, plan) = plans.iter().find(|(from, _)| *from <= at)?;
        let versions = self.plans.get(plan.as_ref()?)?;
        let version = versions.iter().find(|version| version.effective_from <= at)?;
        Some(Arc::clone(version))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Meter, PriceRow};

    fn list() -> Arc<ModelPrices> {
        let row = PriceRow::default()
            .with(Meter::Input, "3")
            .with(Meter::Output, "15");
        Arc::new(ModelPrices::new(&row).unwrap())
    }

    fn at(day: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + chrono::TimeDelta::days(day)
    }

    fn rule(price: &str) -> PlanRule {
        PlanRule {
            platform: None,
            provider: None,
            model: None,
            tag: None,
            price: RulePrice::Factor(price.parse().unwrap()),
            minimum: None,
        }
    }

    fn version(rules: Vec<PlanRule>) -> PlanVersion {
        PlanVersion {
            id: Uuid::from_u128(1),
            effective_from: at(0),
            factor: "1.1".parse().unwrap(),
            minimum: Nano(500),
            own_factor: "0.05".parse().unwrap(),
            rules,
        }
    }

    const SALE: Sale<'static> = Sale {
        platform: "claude_console",
        provider: "anthropic",
        model: "claude-opus-4-6",
        tags: &[],
        own_account: false,
    };

    #[test]
    fn the_first_rule_that_fits_holds() {
        let by_tag = PlanRule {
            tag: Some("lab".to_owned()),
            ..rule("2")
        };
        let by_model = PlanRule {
            model: Some("claude-opus-*".to_owned()),
            ..rule("3")
        };
        let other = PlanRule {
            platform: Some("bedrock".to_owned()),
            ..rule("9")
        };
        let plan = version(vec![other, by_tag, by_model]);
        let factor = |sale: &Sale<'_>| plan.terms(sale, list()).factor.to_string();
        assert_eq!(factor(&SALE), "3");
        let tags = ["lab".to_owned()];
        assert_eq!(factor(&Sale { tags: &tags, ..SALE }), "2");
        assert_eq!(
            factor(&Sale {
                model: "claude-haiku",
                ..SALE
            }),
            "1.1"
        );
        let own = Sale {
            own_account: true,
            ..SALE
        };
        assert_eq!(plan.terms(&own, list()).factor.to_string(), "0.05");
        assert_eq!(plan.terms(&own, list()).minimum, Nano::ZERO);
        assert!(!plan.terms(&own, list()).as_one && plan.terms(&SALE, list()).as_one);
    }

    #[test]
    fn the_smallest_charge_is_a_line_of_its_own_and_nothing_costs_nothing() {
        let terms = version(Vec::new()).terms(&SALE, list());
        let one = Meters {
            input: 100,
            ..Meters::default()
        };
        let cost = terms.charge(&one).unwrap();
        assert_eq!(cost.total, Nano(330_000), "100 × 3 × 1.1");
        assert_eq!(
            (cost.lines[0].price.to_string().as_str(), cost.factor),
            ("3.3", Factor::ONE),
            "one price, of which nothing tells the list's"
        );
        let dear = Terms {
            minimum: Nano(400_001),
            ..terms.clone()
        };
        let cost = dear.charge(&one).unwrap();
        assert_eq!((cost.total, cost.lines.len()), (Nano(400_001), 2));
        assert_eq!(cost.lines[1].meter, Meter::Minimum);
        assert_eq!(dear.charge(&Meters::default()).unwrap().total, Nano::ZERO);
        assert!(dear.worst_case(&Bound::default()) >= Nano(400_001));
    }

    #[test]
    fn the_plan_and_its_version_are_those_of_the_instant() {
        let (plan, other, tenant) = (Uuid::from_u128(7), Uuid::from_u128(8), Uuid::from_u128(9));
        let version = |id, day| PlanVersion {
            id: Uuid::from_u128(id),
            effective_from: at(day),
            ..version(Vec::new())
        };
        let book = PlanBook::new(
            vec![
                (plan, version(1, 0)),
                (plan, version(2, 20)),
                (other, version(3, 0)),
            ],
            vec![
                (tenant, at(10), Some(plan)),
                (tenant, at(30), Some(other)),
                (tenant, at(40), None),
            ],
        );
        let id = |day| book.at(tenant, at(day)).map(|version| version.id.as_u128());
        assert_eq!(
            [5, 10, 20, 30, 40].map(id),
            [None, Some(1), Some(2), Some(3), None]
        );
        assert_eq!(book.at(Uuid::nil(), at(99)), None);
    }
}
