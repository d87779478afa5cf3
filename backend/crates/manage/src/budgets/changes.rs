//! Changing a budget while nodes draw from it: a lower limit has to cover what was spent, and what nodes hold has to come
//! back first.

use super::service::{check_budget_paths, editable, locked, recorded, shown, taken, wrong};
use super::store::{self, Editable, Fixed};
use crate::state::ManageState;
use crate::trail::{self, Target, differences};
use serde_json::Value;
use std::time::Duration;
use tollgate_contract::budgets::{Budget, BudgetForm};
use tollgate_contract::ids::BudgetId;
use tollgate_contract::money::NanoUsd;
use tollgate_http::{Caller, Code, Fault};
use tollgate_money::Period;
use tollgate_store::{TenantTx, Topic, announce};

/// How long nodes have to give back what they hold and do not need: they do so within some tens of milliseconds, unless
/// requests run on it.
const RECALL_PATIENCE: Duration = Duration::from_secs(2);
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// What came of an attempt.
enum Attempt {
    Done(Box<Budget>),
    /// Nodes hold this much more than the new limit leaves.
    Held(NanoUsd),
}

pub(super) async fn update(
    state: &ManageState,
    caller: &Caller,
    budget: BudgetId,
    form: BudgetForm,
) -> Result<Budget, Fault> {
    let begun = state.clock().monotonic();
    let mut recalled = false;
    loop {
        let held = match attempt(state, caller, budget, &form).await? {
            Attempt::Done(budget) => return Ok(*budget),
            Attempt::Held(held) => held,
        };
        if state.clock().monotonic().saturating_duration_since(begun) >= RECALL_PATIENCE {
            let text = format!(
                "Nodes hold ${} of it for requests that run, more than the new limit leaves; try again when they have \
                 ended, or leave the limit higher.",
                held.exact_usd()
            );
            let told = format!("is below what is spent and held: ${} is held", held.exact_usd());
            return Err(Fault::new(Code::InUse)
                .detail(text)
                .field("limit_nano", "in_use", told));
        }
        if !recalled {
            let mut tx = caller.tx().await?;
            announce(&mut tx, Topic::Recall, budget.0, 0).await?;
            tx.commit().await?;
            recalled = true;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// One transaction: all of the change or nothing.
async fn attempt(
    state: &ManageState,
    caller: &Caller,
    budget: BudgetId,
    form: &BudgetForm,
) -> Result<Attempt, Fault> {
    let (mut tx, clock) = (caller.tx().await?, state.clock());
    let before = locked(&mut tx, caller, budget).await?;
    if form.version.is_some_and(|edited| edited != before.version) {
        return Err(Fault::new(Code::VersionConflict)
            .detail(format!("It has version {} now; read it again.", before.version)));
    }
    check_unchanged(&before.fixed, form)?;
    let after = editable(form.clone());
    let changes = differences(&recorded(&before.fields), &recorded(&after));
    if !changes.is_empty() {
        let period = before.fixed.rule().period_of(clock.now());
        if let Some(held) = set_limit(&mut tx, budget, period, &before.fields, &after).await? {
            return Ok(Attempt::Held(held));
        }
        let version = store::update(&mut tx, budget, &after, clock.now())
            .await
            .map_err(taken)?;
        if after.active && !before.fields.active {
            check_budget_paths(&mut tx).await?;
        }
        let target = Target {
            id: budget.0,
            name: &after.name,
        };
        let told = Value::Object(changes);
        trail::record(&mut tx, clock, &caller.into(), "budget.updated", target, told).await?;
        announce(&mut tx, Topic::Budget, budget.0, version).await?;
    }
    let shown = shown(state, caller, &mut tx, budget).await?;
    tx.commit().await?;
    Ok(Attempt::Done(Box::new(shown)))
}

/// Whose spending it is, and when it begins anew, stay: what was spent would mean something else.
fn check_unchanged(fixed: &Fixed, form: &BudgetForm) -> Result<(), Fault> {
    let zone = form.time_zone.as_deref();
    let changed = [
        ("scope", form.scope != fixed.scope),
        (
            "models",
            form.models.as_deref().unwrap_or_default() != fixed.models,
        ),
        ("period", form.period != fixed.period),
        ("week_start", form.week_start != fixed.week_start),
        ("start_hour", form.start_hour != fixed.start_hour),
        ("time_zone", zone.is_some_and(|zone| zone != fixed.time_zone)),
    ];
    let named: Vec<&str> = changed
        .iter()
        .filter_map(|(field, changed)| changed.then_some(*field))
        .collect();
    if named.is_empty() {
        return Ok(());
    }
    let text = "stays as it was made; make another budget instead";
    let told = Fault::new(Code::ValidationFailed).detail(format!("`{}` {text}", named.join("`, `")));
    Err(named
        .into_iter()
        .fold(told, |told, field| told.field(field, "not_editable", text)))
}

/// Brings the running period to the new limit. Tells how much too much nodes hold, if they do.
async fn set_limit(
    tx: &mut TenantTx,
    budget: BudgetId,
    period: Period,
    before: &Editable,
    after: &Editable,
) -> Result<Option<NanoUsd>, Fault> {
    let begins_to_bound = after.hard && after.active && !(before.hard && before.active);
    if after.limit_nano == before.limit_nano && !begins_to_bound {
        return Ok(None);
    }
    let used = store::lock_period(tx, budget, period, before.limit_nano).await?;
    let limit = after.limit_nano;
    if limit.0 < used.spent && (limit != before.limit_nano || after.hard) {
        let spent = NanoUsd(used.spent);
        let text = format!(
            "must be at least what is used of it already: {spent} nano-USD (${})",
            spent.exact_usd()
        );
        return Err(wrong("limit_nano", "below_used", &text));
    }
    if after.hard && used.granted > limit.0 {
        return Ok(Some(NanoUsd(used.granted.saturating_sub(used.spent))));
    }
    store::set_period_limit(tx, budget, period, limit).await?;
    Ok(None)
}
