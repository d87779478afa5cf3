//! Price book and plans as the database has them, for whoever prices: the relay, re-pricing, and what a tenant is told of
//! its prices. Never in here: writing them, and arithmetic.

use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use tollgate_contract::plans::{PlanRuleForm, RulePriceForm};
use tollgate_money::{
    Currency, Factor, Meter, ModelPrices, Nano, PlanBook, PlanRule, PlanVersion, PriceBook, PriceRow,
    RateKey, RulePrice, Tier, Version,
};
use tollgate_store::{JobsTx, StoreError};
use uuid::Uuid;

/// Price book and plans as a node holds them.
#[derive(Clone, Debug)]
pub struct HeldBooks {
    /// All price versions.
    pub book: Arc<PriceBook>,
    /// All plans.
    pub plans: Arc<PlanBook>,
}

type Hold = dyn Fn() -> HeldBooks + Send + Sync;

/// Gives what the node holds now: what the binary gives to whoever tells prices. Cheap to clone.
#[derive(Clone)]
pub struct HeldPrices(Arc<Hold>);

impl std::fmt::Debug for HeldPrices {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HeldPrices")
    }
}

impl HeldPrices {
    /// What this function gives.
    pub fn new(held: impl Fn() -> HeldBooks + Send + Sync + 'static) -> Self {
        Self(Arc::new(held))
    }

    /// As of now.
    pub fn now(&self) -> HeldBooks {
        (self.0)()
    }
}

/// The price book as it is stored.
///
/// # Errors
/// If the database fails.
pub async fn read_price_book(tx: &mut JobsTx) -> Result<PriceBook, StoreError> {
    let versions = sqlx::query!(
        r#"SELECT price_version, effective_from, currency, usd_rate::text AS "usd_rate!", rate_date FROM price_versions"#
    )
    .fetch_all(tx.conn())
    .await?;
    let rows = sqlx::query!(
        r#"SELECT price_version, provider, platform, model, aliases, mode, input::text, output::text,
                  cache_write_5m::text, cache_write_1h::text, cache_read::text, long_context_above, long_input::text,
                  long_output::text, long_cache_write_5m::text, long_cache_read::text, other, max_input, max_output,
                  deprecation_date
           FROM prices"#
    )
    .fetch_all(tx.conn())
    .await?;
    let mut by_version: HashMap<Uuid, Vec<PriceRow>> = HashMap::new();
    for row in rows {
        let count = |value: Option<i64>| value.and_then(|value| u64::try_from(value).ok());
        let long = |meter| RateKey {
            long: true,
            tier: Tier::Standard,
            meter,
        };
        let mut prices: BTreeMap<RateKey, String> = named(&row.other).collect();
        let columns = [
            (RateKey::plain(Meter::Input), row.input),
            (RateKey::plain(Meter::Output), row.output),
            (RateKey::plain(Meter::CacheWrite5m), row.cache_write_5m),
            (RateKey::plain(Meter::CacheWrite1h), row.cache_write_1h),
            (RateKey::plain(Meter::CacheRead), row.cache_read),
            (long(Meter::Input), row.long_input),
            (long(Meter::Output), row.long_output),
            (long(Meter::CacheWrite5m), row.long_cache_write_5m),
            (long(Meter::CacheRead), row.long_cache_read),
        ];
        prices.extend(columns.into_iter().filter_map(|(key, text)| Some((key, text?))));
        by_version.entry(row.price_version).or_default().push(PriceRow {
            provider: row.provider,
            platform: row.platform,
            model: row.model,
            aliases: row.aliases,
            mode: row.mode,
            prices,
            long_context_above: count(row.long_context_above),
            max_input: count(row.max_input),
            max_output: count(row.max_output),
            deprecation_date: row.deprecation_date,
        });
    }
    let versions = versions.into_iter().filter_map(|version| {
        let rows = by_version.remove(&version.price_version).unwrap_or_default();
        let id = version.price_version;
        let Ok(rate) = version.usd_rate.parse::<Factor>() else {
            tracing::error!(price.version = %id, rate = version.usd_rate, "a price version's rate can't be read");
            return None;
        };
        let currency = Currency {
            code: version.currency,
            rate,
            dated: version.rate_date,
        };
        let (version, left_out) = Version::in_currency(id, version.effective_from, currency, &rows);
        for (model, error) in left_out {
            tracing::error!(price.version = %id, model, %error, "a model can't be priced and is refused");
        }
        Some(version)
    });
    Ok(PriceBook::new(versions.collect()))
}

/// Prices by name that have no column of their own. A name of a newer gateway's is passed over.
fn named(other: &Value) -> impl Iterator<Item = (RateKey, String)> {
    let fields = other.as_object().into_iter().flatten();
    fields.filter_map(|(name, text)| Some((name.parse().ok()?, text.as_str()?.to_owned())))
}

/// All plans, and which tenant has which.
///
/// # Errors
/// If the database fails.
pub async fn read_plan_book(tx: &mut JobsTx) -> Result<PlanBook, StoreError> {
    let versions = sqlx::query!(
        r#"SELECT plan_version, plan_id, effective_from, factor::text AS "factor!", minimum_nano,
                  own_factor::text AS "own_factor!", rules
           FROM plan_versions"#
    )
    .fetch_all(tx.conn())
    .await?;
    let tenants = sqlx::query!("SELECT tenant_id, effective_from, plan_id FROM tenant_plans")
        .fetch_all(tx.conn())
        .await?;
    let versions = versions.into_iter().filter_map(|row| {
        let id = row.plan_version;
        let rules: Vec<PlanRuleForm> = serde_json::from_value(row.rules).unwrap_or_else(|error| {
            tracing::error!(plan.version = %id, %error, "a plan's rules can't be read; its list factor holds for all");
            Vec::new()
        });
        let version = PlanVersion {
            id,
            effective_from: row.effective_from,
            factor: row.factor.parse().ok()?,
            minimum: Nano(row.minimum_nano),
            own_factor: row.own_factor.parse().ok()?,
            rules: rules.iter().filter_map(plan_rule).collect(),
        };
        Some((row.plan_id, version))
    });
    let tenants = tenants
        .into_iter()
        .map(|row| (row.tenant_id, row.effective_from, row.plan_id));
    Ok(PlanBook::new(versions.collect(), tenants.collect()))
}

/// A rule as the money crate takes it; `None` where one of its numbers is none.
pub fn plan_rule(form: &PlanRuleForm) -> Option<PlanRule> {
    let price = match &form.price {
        RulePriceForm::Factor { factor } => RulePrice::Factor(factor.parse().ok()?),
        RulePriceForm::Own { prices } => {
            let mut row = PriceRow::default();
            for (name, text) in prices {
                row.set(name.parse().ok()?, text.clone());
            }
            RulePrice::Own(Arc::new(ModelPrices::new(&row).ok()?))
        }
    };
    Some(PlanRule {
        platform: form.platform.map(|platform| platform.as_str().to_owned()),
        provider: form.provider.clone(),
        model: form.model.clone(),
        tag: form.tag.clone(),
        price,
        minimum: form.minimum_nano.map(|nano| Nano(nano.0)),
    })
}
