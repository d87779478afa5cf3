//! Pricing a past period anew: which requests would be charged and cost what (a preview), and then batches of corrections
//! that point at what they correct. Never in here: prices (the caller brings them), and who may.

use crate::entry::Charge;
use crate::error::LedgerError;
use crate::settle::reprice;
use chrono::{DateTime, Utc};
use std::sync::Arc;
use tollgate_contract::ids::TenantId;
use tollgate_money::{Meters, Nano};
use tollgate_store::{AuditEntry, Db};
use uuid::Uuid;

/// Requests that one re-pricing may change: what one transaction and one batch bear. A longer time is priced in parts.
pub const REPRICED_MAX: usize = 100_000;
/// Longest texts that the database takes.
const REASON_MAX: usize = 500;
const AUTHOR_MAX: usize = 200;
const MODEL_MAX: usize = 300;

/// A request as it was metered: what its price is made of.
#[derive(Clone, Debug)]
pub struct PastUsage {
    /// Whose.
    pub tenant_id: TenantId,
    /// The request.
    pub request_id: Uuid,
    /// Its own time.
    pub at: DateTime<Utc>,
    /// The platform of the account that answered.
    pub platform: String,
    /// That platform's provider in the price book.
    pub provider: String,
    /// The model as the client asked for it.
    pub model: String,
    /// The name by which list and plan were asked; `None` where it was not kept yet.
    pub priced_model: Option<String>,
    /// The path of the request, which decides what its model's name means.
    pub path: String,
    /// As it was sent; empty where nothing was.
    pub upstream_model: String,
    /// Whether the account was the tenant's own.
    pub own_account: bool,
    /// The key's tags, as they are today.
    pub tags: Vec<String>,
    /// All tokens, corrections included.
    pub meters: Meters,
}

/// What a past request costs by the prices that are put in.
#[derive(Clone, Debug)]
pub struct NewPrice {
    /// The charge with its arithmetic.
    pub charge: Charge,
    /// What the upstream asks of the account's owner, at list price. It matters on the platform's own accounts alone.
    pub cost: Charge,
    /// The version of the price book that both come from.
    pub price_version: Uuid,
}

type PriceOf = dyn Fn(&PastUsage) -> Option<NewPrice> + Send + Sync;

/// Prices past requests; `None`: there is no price for it, and it stays as it is. Cheap to clone.
#[derive(Clone)]
pub struct PastPricer(Arc<PriceOf>);

impl std::fmt::Debug for PastPricer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PastPricer")
    }
}

impl PastPricer {
    /// Prices by this function, which must tell the same for the same request each time.
    pub fn new(price: impl Fn(&PastUsage) -> Option<NewPrice> + Send + Sync + 'static) -> Self {
        Self(Arc::new(price))
    }

    pub(crate) fn price(&self, usage: &PastUsage) -> Option<NewPrice> {
        (self.0)(usage)
    }
}

/// Pricers by the instant whose prices are put in: what the binary gives to whoever prices anew. Cheap to clone.
#[derive(Clone)]
pub struct PastPrices(Arc<dyn Fn(DateTime<Utc>) -> PastPricer + Send + Sync>);

impl std::fmt::Debug for PastPrices {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PastPrices")
    }
}

impl PastPrices {
    /// Pricers by this function.
    pub fn new(at: impl Fn(DateTime<Utc>) -> PastPricer + Send + Sync + 'static) -> Self {
        Self(Arc::new(at))
    }

    /// Prices by what holds at this instant.
    pub fn at(&self, instant: DateTime<Utc>) -> PastPricer {
        (self.0)(instant)
    }
}

/// Which requests are to be priced anew.
#[derive(Clone, Debug)]
pub struct RepricingOrder {
    /// Whose.
    pub tenant_id: TenantId,
    /// From this time on, the request's own.
    pub from: DateTime<Utc>,
    /// Up to before this time.
    pub to: DateTime<Utc>,
    /// Of this model alone.
    pub model: Option<String>,
}

/// What the upstream costs, before and after, where the account is the platform's. No customer is told of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RepricedCost {
    /// What is booked, corrections included.
    pub old: Nano,
    /// What it would be.
    pub new: Nano,
}

/// A request whose charge or cost would be something else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepricedEvent {
    /// The request.
    pub request_id: Uuid,
    /// Its model.
    pub model: String,
    /// What is booked of its charge, corrections included.
    pub old: Nano,
    /// What it would be.
    pub new: Nano,
    /// `None` on a tenant's own account.
    pub cost: Option<RepricedCost>,
    /// Whether its accounting month is closed: the difference counts in the month in which it is booked.
    pub late: bool,
}

/// What a re-pricing would do.
#[derive(Clone, Debug)]
pub struct RepricingPreview {
    /// Requests of the time and model.
    pub looked_at: u64,
    /// Of them, those without a price: they stay as they are.
    pub unpriced: u64,
    /// Such as would change, but were given back by credit notes: they stay as they are.
    pub credited: u64,
    /// Those that change, by request.
    pub events: Vec<RepricedEvent>,
    /// What is charged for them as it is booked.
    pub old: Nano,
    /// What it would be.
    pub new: Nano,
    /// What they cost upstream, as it is booked and as it would be.
    pub cost: RepricedCost,
    /// Stands for all of it: what is applied is what was looked at.
    pub fingerprint: [u8; 32],
}

impl RepricingPreview {
    /// How many requests would be charged something else.
    pub fn charges(&self) -> u64 {
        self.count(|event| event.old != event.new)
    }

    /// Of these, those of closed months.
    pub fn late(&self) -> u64 {
        self.count(|event| event.late && event.old != event.new)
    }

    /// How many requests would cost something else upstream.
    pub fn costs(&self) -> u64 {
        self.count(|event| event.cost.is_some_and(|cost| cost.old != cost.new))
    }

    fn count(&self, is: fn(&RepricedEvent) -> bool) -> u64 {
        self.events.iter().filter(|event| is(event)).count() as u64
    }
}

/// Leave to apply a re-pricing.
#[derive(Clone, Debug)]
pub struct RepricingLeave {
    /// The same id again is the same re-pricing, not another one.
    pub repricing_id: Uuid,
    /// The preview's; what has changed since is refused.
    pub fingerprint: [u8; 32],
    /// Why, in a few words.
    pub reason: String,
    /// Who says so.
    pub author: String,
}

/// A re-pricing as it is booked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repricing {
    /// Its id.
    pub repricing_id: Uuid,
    /// Requests whose charge it changed.
    pub events: i64,
    /// Of them, those of closed months.
    pub late_events: i64,
    /// What was charged for them before.
    pub old: Nano,
    /// And after.
    pub new: Nano,
    /// The batch of the tenant's chain that holds the corrections; `None` where only costs changed.
    pub batch_no: Option<i64>,
    /// What it changed in the platform's own books; `None` if nothing.
    pub cost: Option<CostRepricing>,
    /// When.
    pub booked_at: DateTime<Utc>,
    /// Whether an earlier call booked it.
    pub replayed: bool,
}

/// The platform's side of a re-pricing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CostRepricing {
    /// Requests whose cost it changed.
    pub events: i64,
    /// What was booked of them before, and after.
    pub cost: RepricedCost,
    /// The batch of the platform's chain.
    pub batch_no: i64,
}

/// Why nothing was priced anew.
#[derive(Debug, thiserror::Error)]
pub enum RepricingError {
    /// The database.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The time has no length.
    #[error("`to` must come after `from`")]
    Range,
    /// A text is empty or too long; names the field.
    #[error("{0} must have 1 to {1} characters")]
    Text(&'static str, usize),
    /// More than one re-pricing bears.
    #[error("more than {REPRICED_MAX} requests would change; price a shorter time or one model")]
    TooMany,
    /// No request costs anything else by these prices.
    #[error("no request of this time would be charged or cost anything else")]
    Nothing,
    /// Something was booked, or prices changed, since the preview.
    #[error("what would change is not what was previewed; look at it again")]
    Changed,
    /// The id was used for another one.
    #[error("the id was used for another re-pricing")]
    IdReused,
}

impl From<sqlx::Error> for RepricingError {
    fn from(error: sqlx::Error) -> Self {
        Self::Ledger(error.into())
    }
}

impl From<tollgate_store::StoreError> for RepricingError {
    fn from(error: tollgate_store::StoreError) -> Self {
        Self::Ledger(error.into())
    }
}

fn check_order(order: &RepricingOrder) -> Result<(), RepricingError> {
    if order.to <= order.from {
        return Err(RepricingError::Range);
    }
    match &order.model {
        Some(model) if !fits(model, MODEL_MAX) => Err(RepricingError::Text("model", MODEL_MAX)),
        _ => Ok(()),
    }
}

fn fits(text: &str, max: usize) -> bool {
    (1..=max).contains(&text.chars().count()) && !text.contains('\0')
}

/// Tells what a re-pricing would do; books nothing.
///
/// # Errors
/// As [`RepricingError`] says.
pub async fn preview_repricing(
    db: &Db,
    order: &RepricingOrder,
    pricer: &PastPricer,
) -> Result<RepricingPreview, RepricingError> {
    check_order(order)?;
    let mut tx = db.settle().await?;
    let plan = reprice::plan(&mut tx, order, pricer).await?;
    Ok(plan.preview())
}

/// Books a re-pricing that was previewed: a correction for each request, a transfer for each one that is corrected, in one
/// batch of the tenant's chain, with rollups, balances and budgets; and what the upstream costs in one of the platform's
/// chain in the same manner. `audit` is written in the same transaction.
///
/// # Errors
/// As [`RepricingError`] says; then nothing is booked.
pub async fn apply_repricing(
    db: &Db,
    order: &RepricingOrder,
    leave: &RepricingLeave,
    pricer: &PastPricer,
    audit: AuditEntry,
) -> Result<Repricing, RepricingError> {
    check_order(order)?;
    for (field, text, max) in [
        ("reason", &leave.reason, REASON_MAX),
        ("author", &leave.author, AUTHOR_MAX),
    ] {
        if !fits(text, max) {
            return Err(RepricingError::Text(field, max));
        }
    }
    reprice::apply(db, order, leave, pricer, audit).await
}
