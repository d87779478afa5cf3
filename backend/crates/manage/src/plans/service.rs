//! The rules of plans: only the operator, never in the past, each number a number.

use super::store;
use crate::permissions::Action;
use crate::prices::operator;
use crate::state::ManageState;
use crate::trail::{self, Target};
use crate::vouchers::wrong;
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use serde_json::{Value, json};
use tollgate_contract::ids::PlanId;
use tollgate_contract::plans::{
    AssignPlan, CreatePlan, Plan, PlanAssignment, PlanAssignments, PlanTerms, Plans, RulePriceForm,
};
use tollgate_http::{Caller, Code, Fault};
use tollgate_money::{Factor, ModelPrices, PriceRow, RateKey};
use tollgate_store::{JobsTx, StoreError};
use uuid::Uuid;

/// "Now" may be some moments ago when it is read.
const PAST_MAX: TimeDelta = TimeDelta::minutes(5);

pub(super) async fn list(state: &ManageState, caller: &Caller) -> Result<Plans, Fault> {
    operator(caller, Action::PricesRead)?;
    let mut tx = state.db().jobs().await?;
    let items = store::plans(&mut tx, state.clock().now()).await?;
    Ok(Plans { items })
}

pub(super) async fn assignments(state: &ManageState, caller: &Caller) -> Result<PlanAssignments, Fault> {
    operator(caller, Action::PricesRead)?;
    let items = store::assignments(&mut state.db().jobs().await?).await?;
    Ok(PlanAssignments { items })
}

pub(super) async fn create(state: &ManageState, caller: &Caller, form: CreatePlan) -> Result<Plan, Fault> {
    operator(caller, Action::PlansWrite)?;
    check(&form.terms, "terms.")?;
    let (clock, name) = (state.clock(), form.name.trim());
    let from = beginning(
        form.terms.effective_from,
        clock.now(),
        None,
        "terms.effective_from",
    )?;
    let plan = PlanId(clock.new_id());
    let mut tx = state.db().jobs().await?;
    store::lock(&mut tx).await?;
    let by = (caller.email.as_str(), clock.now());
    store::insert_plan(&mut tx, plan, (name, &form.description), by)
        .await
        .map_err(|error| match error {
            StoreError::Duplicate(_) => Fault::new(Code::NameTaken).detail("Another plan has this name."),
            error => error.into(),
        })?;
    store::insert_version(&mut tx, plan, clock.new_id(), &form.terms, from, by).await?;
    let told = json!({ "effective_from": from, "terms": form.terms });
    finish(state, caller, tx, ("plan.created", plan.0, name), told).await?;
    found(state, plan).await
}

pub(super) async fn change(
    state: &ManageState,
    caller: &Caller,
    plan: PlanId,
    terms: PlanTerms,
) -> Result<Plan, Fault> {
    operator(caller, Action::PlansWrite)?;
    check(&terms, "")?;
    let clock = state.clock();
    let mut tx = state.db().jobs().await?;
    store::lock(&mut tx).await?;
    let newest = store::newest(&mut tx, plan).await?;
    let newest = newest.ok_or_else(|| Fault::new(Code::NotFound))?;
    let from = beginning(terms.effective_from, clock.now(), Some(newest), "effective_from")?;
    let by = (caller.email.as_str(), clock.now());
    store::insert_version(&mut tx, plan, clock.new_id(), &terms, from, by).await?;
    let told = json!({ "effective_from": from, "terms": terms });
    finish(state, caller, tx, ("plan.changed", plan.0, "plan"), told).await?;
    found(state, plan).await
}

pub(super) async fn assign(
    state: &ManageState,
    caller: &Caller,
    form: AssignPlan,
) -> Result<PlanAssignment, Fault> {
    operator(caller, Action::PlansWrite)?;
    let clock = state.clock();
    let mut tx = state.db().jobs().await?;
    store::lock(&mut tx).await?;
    let tenant = store::tenant(&mut tx, &form.tenant_slug).await?;
    let tenant = tenant.ok_or_else(|| wrong("tenant_slug", "unknown", "is no organisation's short name"))?;
    if let Some(plan) = form.plan_id
        && store::newest(&mut tx, plan).await?.is_none()
    {
        return Err(wrong("plan_id", "unknown", "is no plan"));
    }
    let newest = store::newest_assignment(&mut tx, tenant).await?;
    let from = beginning(form.effective_from, clock.now(), newest, "effective_from")?;
    let by = (caller.email.as_str(), clock.now());
    store::insert_assignment(&mut tx, (tenant, form.plan_id), from, by).await?;
    let told = json!({ "effective_from": from, "plan_id": form.plan_id });
    let shown = store::assignments(&mut tx).await?;
    finish(
        state,
        caller,
        tx,
        ("plan.assigned", tenant.0, &form.tenant_slug),
        told,
    )
    .await?;
    let mut shown = shown.into_iter();
    shown
        .find(|shown| shown.tenant_id == tenant && shown.effective_from == from)
        .ok_or_else(|| Fault::internal("an assignment is not there"))
}

/// The trail is the platform's own and goes first: a line too many does less harm than a plan that nobody sees the author
/// of.
async fn finish(
    state: &ManageState,
    caller: &Caller,
    tx: JobsTx,
    (action, id, name): (&'static str, Uuid, &str),
    told: Value,
) -> Result<(), Fault> {
    let mut own = caller.tx().await?;
    let target = Target { id, name };
    trail::record(&mut own, state.clock(), &caller.into(), action, target, told).await?;
    own.commit().await?;
    tx.commit().await?;
    Ok(())
}

async fn found(state: &ManageState, plan: PlanId) -> Result<Plan, Fault> {
    let mut tx = state.db().jobs().await?;
    let mut plans = store::plans(&mut tx, state.clock().now()).await?.into_iter();
    plans
        .find(|known| known.id == plan)
        .ok_or_else(|| Fault::internal("a plan is not there"))
}

/// From when on something holds: not in the past, and after what is written already.
fn beginning(
    wanted: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
    newest: Option<DateTime<Utc>>,
    field: &str,
) -> Result<DateTime<Utc>, Fault> {
    let from = wanted.unwrap_or(now).trunc_subsecs(6);
    if from < now - PAST_MAX {
        return Err(wrong(
            field,
            "in_the_past",
            "is past: what was charged since then stays as it was",
        ));
    }
    if newest.is_some_and(|newest| newest >= from) {
        return Err(wrong(
            field,
            "taken",
            "must be later than what is written already",
        ));
    }
    Ok(from)
}

/// Whether each number is one.
fn check(terms: &PlanTerms, within: &str) -> Result<(), Fault> {
    let factor = |field: String, text: &str| {
        text.parse::<Factor>()
            .map(drop)
            .map_err(|error| wrong(&field, "invalid", &format!("is wrong: {error}")))
    };
    factor(format!("{within}factor"), &terms.factor)?;
    factor(format!("{within}own_factor"), &terms.own_factor)?;
    let not_negative = |field: String, amount: i64| {
        if amount < 0 {
            return Err(wrong(&field, "out_of_range", "must not be below 0"));
        }
        Ok(())
    };
    not_negative(format!("{within}minimum_nano"), terms.minimum_nano.0)?;
    for (at, rule) in terms.rules.iter().enumerate() {
        let field = |name: &str| format!("{within}rules[{at}].{name}");
        if let Some(minimum) = rule.minimum_nano {
            not_negative(field("minimum_nano"), minimum.0)?;
        }
        match &rule.price {
            RulePriceForm::Factor { factor: text } => factor(field("price.factor"), text)?,
            RulePriceForm::Own { prices } => {
                let mut row = PriceRow {
                    long_context_above: Some(0),
                    ..PriceRow::default()
                };
                for (name, text) in prices {
                    let named = |what: &str| wrong(&field(&format!("price.prices.{name}")), "invalid", what);
                    let key: RateKey = name.parse().map_err(|()| named("is no price that is known"))?;
                    if key.long {
                        return Err(named(
                            "can't be a plan's own: its prices hold for prompts of any length",
                        ));
                    }
                    row.set(key, text.clone());
                }
                ModelPrices::new(&row).map_err(|error| {
                    wrong(&field("price.prices"), "invalid", &format!("is wrong: {error}"))
                })?;
            }
        }
    }
    Ok(())
}
