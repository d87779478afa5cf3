//! A re-pricing as a settlement of its own: the same statements in the same order, fed by corrections that an operator
//! asked for instead of a journal. Never in here: prices.

mod corrections;
mod load;
mod store;

use super::accounts::{self, add_account_days};
use super::costs::book_costs;
use super::leases::settle_leases;
use super::rollups::{add_quarters, insert_corrections};
use super::slices::{add_days_and_slices, zones};
use super::sums::{BatchSums, Correction, plus};
use super::write::{BatchDraft, Context, Head, OPERATOR, booking_time, lock_heads, write_batches};
use crate::entry::Charge;
use crate::error::LedgerError;
use crate::reprice::{
    CostRepricing, PastPricer, REPRICED_MAX, RepricedCost, RepricedEvent, Repricing, RepricingError,
    RepricingLeave, RepricingOrder, RepricingPreview,
};
use chrono::{DateTime, SubsecRound, Utc};
use corrections::{corrections, transfers};
use load::{Past, load};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use store::{earlier, insert};
use tollgate_money::Nano;
use tollgate_store::{AuditEntry, Db, SettleTx, record_settled_audits};
use uuid::Uuid;

/// Requests looked at: they are all read.
const LOOKED_AT_MAX: usize = 2_000_000;

/// What a re-pricing does, request by request.
pub(crate) struct Plan {
    looked_at: u64,
    unpriced: u64,
    credited: u64,
    changes: Vec<Change>,
    charge: Totals,
    cost: Totals,
    fingerprint: [u8; 32],
}

/// Of what changes: nano-USD before and after.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Totals {
    old: i64,
    new: i64,
}

impl Totals {
    fn add(&mut self, old: i64, new: i64) -> Result<(), LedgerError> {
        self.old = plus(self.old, old)?;
        self.new = plus(self.new, new)?;
        Ok(())
    }

    fn told(self) -> RepricedCost {
        RepricedCost {
            old: Nano(self.old),
            new: Nano(self.new),
        }
    }
}

/// A request whose charge or cost changes.
struct Change {
    past: Past,
    charge: i64,
    charge_lines: serde_json::Value,
    /// The cost upstream and its arithmetic, on the platform's own accounts.
    cost: Option<(i64, serde_json::Value)>,
    price_version: Uuid,
}

impl Change {
    /// By how much the charge changes.
    fn charge_change(&self) -> i64 {
        self.charge.saturating_sub(self.past.charge)
    }

    /// By how much the cost changes.
    fn cost_change(&self) -> i64 {
        let (old, new) = self.costs().unwrap_or_default();
        new.saturating_sub(old)
    }

    /// The cost as it is booked and as it shall be.
    fn costs(&self) -> Option<(i64, i64)> {
        let (old, (new, _)) = (self.past.platform?.cost, self.cost.as_ref()?);
        Some((old, *new))
    }
}

impl Plan {
    pub fn preview(&self) -> RepricingPreview {
        let event = |change: &Change| RepricedEvent {
            request_id: change.past.usage.request_id,
            model: change.past.usage.model.clone(),
            old: Nano(change.past.charge),
            new: Nano(change.charge),
            cost: change.costs().map(|(old, new)| Totals { old, new }.told()),
            late: change.past.late,
        };
        RepricingPreview {
            looked_at: self.looked_at,
            unpriced: self.unpriced,
            credited: self.credited,
            events: self.changes.iter().map(event).collect(),
            old: Nano(self.charge.old),
            new: Nano(self.charge.new),
            cost: self.cost.told(),
            fingerprint: self.fingerprint,
        }
    }

    fn count(&self, is: impl Fn(&Change) -> bool) -> i64 {
        let count = self.changes.iter().filter(|change| is(change)).count();
        i64::try_from(count).unwrap_or(i64::MAX)
    }
}

/// Prices every request of the order; keeps those that come to something else.
pub(crate) async fn plan(
    tx: &mut SettleTx,
    order: &RepricingOrder,
    pricer: &PastPricer,
) -> Result<Plan, RepricingError> {
    let mut plan = Plan {
        looked_at: 0,
        unpriced: 0,
        credited: 0,
        changes: Vec::new(),
        charge: Totals::default(),
        cost: Totals::default(),
        fingerprint: [0; 32],
    };
    let mut after = None;
    loop {
        let page = load(tx, order, after).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.usage.request_id);
        for past in page {
            plan.looked_at += 1;
            consider(&mut plan, past, pricer)?;
        }
        if plan.changes.len() > REPRICED_MAX || plan.looked_at > LOOKED_AT_MAX as u64 {
            return Err(RepricingError::TooMany);
        }
    }
    plan.fingerprint = fingerprint(order, &plan.changes);
    Ok(plan)
}

fn consider(plan: &mut Plan, past: Past, pricer: &PastPricer) -> Result<(), LedgerError> {
    let Some(price) = pricer.price(&past.usage) else {
        plan.unpriced += 1;
        return Ok(());
    };
    let request = past.usage.request_id;
    let cost = match past.platform {
        Some(_) => Some((price.cost.total.0, lines_of(request, &price.cost)?)),
        None => None,
    };
    let change = Change {
        charge: price.charge.total.0,
        charge_lines: lines_of(request, &price.charge)?,
        cost,
        price_version: price.price_version,
        past,
    };
    if change.charge_change() == 0 && change.cost_change() == 0 {
        return Ok(());
    }
    // The same money is not given back twice, nor asked for again.
    if change.past.credited {
        plan.credited += 1;
        return Ok(());
    }
    // What stays as it is stands in no sum of what changes.
    if change.charge_change() != 0 {
        plan.charge.add(change.past.charge, change.charge)?;
    }
    if let Some((old, new)) = change.costs().filter(|(old, new)| old != new) {
        plan.cost.add(old, new)?;
    }
    plan.changes.push(change);
    Ok(())
}

/// The arithmetic, once it is seen that it makes the amount.
fn lines_of(request: Uuid, priced: &Charge) -> Result<serde_json::Value, LedgerError> {
    let (total, lines) = (priced.total.0, &priced.lines);
    let sum: i128 = lines.iter().map(|line| i128::from(line.amount_nano.0)).sum();
    if total < 0 || sum != i128::from(total) {
        return Err(LedgerError::Figure(format!(
            "request {request} would cost {total}, its lines make {sum}"
        )));
    }
    serde_json::to_value(lines).map_err(|error| LedgerError::Figure(error.to_string()))
}

/// SHA-256 of the order and of every change, in the order of requests.
fn fingerprint(order: &RepricingOrder, changes: &[Change]) -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update(order.tenant_id.0.as_bytes());
    digest.update(order.from.timestamp_micros().to_be_bytes());
    digest.update(order.to.timestamp_micros().to_be_bytes());
    digest.update(order.model.as_deref().unwrap_or_default().as_bytes());
    for change in changes {
        digest.update(change.past.usage.request_id.as_bytes());
        digest.update(change.past.charge.to_be_bytes());
        digest.update(change.charge.to_be_bytes());
        digest.update(change.price_version.as_bytes());
        digest.update([u8::from(change.past.late), u8::from(change.cost.is_some())]);
        let (old, new) = change.costs().unwrap_or_default();
        digest.update(old.to_be_bytes());
        digest.update(new.to_be_bytes());
    }
    digest.finalize().into()
}

/// Where a tenant's books stand: while none of it moves, what was read of requests and their corrections holds.
#[derive(Debug, PartialEq, Eq)]
struct Standing {
    last_no: i64,
    closed_until: Option<DateTime<Utc>>,
    credited: i64,
    /// Those that changed costs alone moved no chain of the tenant's.
    repriced: i64,
}

async fn standing(tx: &mut SettleTx, tenant: Uuid) -> Result<Option<Standing>, LedgerError> {
    let standing = sqlx::query_as!(
        Standing,
        r#"SELECT last_no, closed_until, (SELECT count(*) FROM billing_disputes d
                                          WHERE d.tenant_id = $1 AND d.status = 'accepted') AS "credited!",
                  (SELECT count(*) FROM ledger_repricings r WHERE r.tenant_id = $1) AS "repriced!"
           FROM ledger_heads WHERE tenant_id = $1"#,
        tenant
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(standing)
}

/// Books it. Requests are read and priced before the chain is locked, since all that is booked of the tenant waits for that;
/// under the lock it is only asked whether anything moved meanwhile.
pub(crate) async fn apply(
    db: &Db,
    order: &RepricingOrder,
    leave: &RepricingLeave,
    pricer: &PastPricer,
    audit: AuditEntry,
) -> Result<Repricing, RepricingError> {
    let tenant = order.tenant_id.0;
    let mut tx = db.settle().await?;
    if let Some(earlier) = earlier(&mut tx, tenant, leave).await? {
        return Ok(earlier);
    }
    let before = standing(&mut tx, tenant).await?;
    let plan = plan(&mut tx, order, pricer).await?;
    let mut heads = lock_heads(&mut tx, &[tenant]).await?;
    if let Some(earlier) = earlier(&mut tx, tenant, leave).await? {
        return Ok(earlier);
    }
    if plan.changes.is_empty() {
        return Err(RepricingError::Nothing);
    }
    if plan.fingerprint != leave.fingerprint || standing(&mut tx, tenant).await? != before {
        return Err(RepricingError::Changed);
    }
    let context = Context {
        node: OPERATOR,
        clock: db.clock(),
        booked_at: booking_time(db.clock().now().trunc_subsecs(6), heads.values()),
    };
    let mut corrections = corrections(&mut tx, &plan, leave.repricing_id, tenant).await?;
    // Those that change nothing but the cost are the platform's business alone.
    corrections.sort_by_key(|correction| correction.charge == 0);
    let charged = corrections.partition_point(|correction| correction.charge != 0);
    let charged = corrections.get(..charged).unwrap_or_default();
    let batch_no = book_charges(&mut tx, &context, &plan, charged, &mut heads).await?;
    let cost_batch_no = book_costs(&mut tx, &context, &[], &corrections, &mut heads).await?;
    let costs = plan.count(|change| change.cost_change() != 0);
    let repricing = Repricing {
        repricing_id: leave.repricing_id,
        events: plan.count(|change| change.charge_change() != 0),
        late_events: plan.count(|change| change.past.late && change.charge_change() != 0),
        old: Nano(plan.charge.old),
        new: Nano(plan.charge.new),
        batch_no,
        cost: cost_batch_no.filter(|_| costs > 0).map(|batch_no| CostRepricing {
            events: costs,
            cost: plan.cost.told(),
            batch_no,
        }),
        booked_at: context.booked_at,
        replayed: false,
    };
    insert(&mut tx, order, leave, &repricing).await?;
    record_settled_audits(&mut tx, [(order.tenant_id, audit)]).await?;
    tx.commit().await?;
    metrics::counter!("tollgate_ledger_repricings_total").increment(1);
    Ok(repricing)
}

/// The customer's side; tells its batch, if there is anything to book.
async fn book_charges(
    tx: &mut SettleTx,
    context: &Context<'_>,
    plan: &Plan,
    corrections: &[Correction],
    heads: &mut HashMap<Uuid, Head>,
) -> Result<Option<i64>, LedgerError> {
    let Some(tenant) = corrections.first().map(|correction| correction.tenant_id) else {
        return Ok(None);
    };
    let batch_no = heads
        .get(&tenant)
        .map_or(0, |head| head.last_no.saturating_add(1));
    let mut sums = BatchSums::new(context.booked_at, zones(tx, &[tenant]).await?);
    for correction in corrections {
        sums.add_correction(correction)?;
    }
    let numbers = HashMap::from([(tenant, batch_no)]);
    insert_corrections(tx, corrections, &numbers, context.booked_at).await?;
    add_quarters(tx, &sums.quarters).await?;
    add_days_and_slices(tx, &sums).await?;
    add_account_days(tx, &accounts::own(&[], corrections)?).await?;
    let digests = sums.tenants.remove(&tenant).unwrap_or_default().digests;
    let draft = BatchDraft {
        tenant_id: tenant,
        events: 0,
        charge: plus(plan.charge.new, plan.charge.old.saturating_neg())?,
        digests,
        transfers: transfers(tx, plan, tenant).await?,
    };
    write_batches(tx, context, vec![draft], heads).await?;
    settle_leases(tx, &sums.leases, OPERATOR, context.booked_at).await?;
    Ok(Some(batch_no))
}
