//! What past requests are charged and cost by other prices, and what is told of prices: the one place where the node's
//! price book and plans meet whoever else asks for them.
//! Never in here: which requests, and what is booked.

use chrono::{DateTime, Utc};
use tollgate_ledger::{Charge, HeldPrices, NewPrice, PastPricer, PastPrices, PastUsage};
use tollgate_money::{Figures, Sale};
use tollgate_relay::Prices;
use tollgate_scheduler::Pool;
use tollgate_scheduler::models::{home_of, meant};

/// Pricers by the node's price book and plans.
pub fn past_prices(prices: &Prices) -> PastPrices {
    let prices = prices.clone();
    PastPrices::new(move |at| {
        let prices = prices.clone();
        PastPricer::new(move |usage| price(&prices, at, usage))
    })
}

/// Price book and plans, for whoever tells a tenant what it pays.
pub fn held_prices(prices: &Prices) -> HeldPrices {
    let prices = prices.clone();
    HeldPrices::new(move || prices.books())
}

/// By the list prices of `at`, which are the cost, and the plan of the request's own time.
fn price(prices: &Prices, at: DateTime<Utc>, usage: &PastUsage) -> Option<NewPrice> {
    let figures = Figures {
        sale: Sale {
            platform: &usage.platform,
            provider: &usage.provider,
            model: priced_model(usage),
            tags: &usage.tags,
            own_account: usage.own_account,
        },
        sent: &usage.upstream_model,
        at,
        meters: &usage.meters,
    };
    let charged = prices.charge_past(usage.tenant_id, &figures, usage.at)?;
    let mut charge = Charge::from(&charged.charge);
    charge.plan_version = charged.plan_version;
    Some(NewPrice {
        charge,
        cost: Charge::from(&charged.cost),
        price_version: charged.version,
    })
}

/// The name by which the relay asked list and plan. Where it was not kept yet, the relay's own rule says it again; that no
/// account knew the name as it was written is taken for granted then.
fn priced_model(usage: &PastUsage) -> &str {
    usage
        .priced_model
        .as_deref()
        .unwrap_or_else(|| match home_of(&usage.path) {
            Some(home) => meant(home, &usage.model, &Pool::default()).bare,
            None => &usage.model,
        })
}
