//! What past requests cost by other prices: the one place where price book, plans and the ledger's re-pricing meet.
//! Never in here: which requests, and what is booked.

use chrono::{DateTime, Utc};
use tollgate_ledger::{Charge, NewPrice, PastPricer, PastPrices, PastUsage};
use tollgate_money::{Figures, Sale};
use tollgate_relay::Prices;

/// Pricers by the node's price book and plans.
pub fn past_prices(prices: &Prices) -> PastPrices {
    let prices = prices.clone();
    PastPrices::new(move |at| {
        let prices = prices.clone();
        PastPricer::new(move |usage| price(&prices, at, usage))
    })
}

/// By the list prices of `at` and the plan of the request's own time.
fn price(prices: &Prices, at: DateTime<Utc>, usage: &PastUsage) -> Option<NewPrice> {
    let figures = Figures {
        sale: Sale {
            platform: &usage.platform,
            provider: &usage.provider,
            model: &usage.model,
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
        price_version: charged.version,
    })
}
