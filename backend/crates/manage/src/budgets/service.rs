//! The rules of budgets: who sees and makes which.

use super::paths::check_paths;
use super::store::{self, Editable, Fixed};
use super::view::{self, Wanted};
use crate::permissions::{Action, Sight, allows, require};
use crate::state::ManageState;
use crate::trail::{self, Target};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde_json::{Value, json};
use tollgate_contract::budgets::{Budget, BudgetForm, BudgetQuery, BudgetScope, Budgets};
use tollgate_contract::check;
use tollgate_contract::ids::{BudgetId, KeyId, UserId};
use tollgate_http::{Caller, Code, Fault};
use tollgate_store::{StoreError, TenantTx, Topic, announce};

/// Whoever may see money sees all budgets, others those of their own and of their keys.
fn sight(caller: &Caller) -> Sight {
    if allows(caller.role, Action::BillingRead) {
        Sight::All
    } else {
        Sight::Own(caller.user_id)
    }
}

pub(super) async fn list(
    state: &ManageState,
    caller: &Caller,
    query: &BudgetQuery,
) -> Result<Budgets, Fault> {
    let (mut tx, now, sight) = (caller.tx().await?, state.clock().now(), sight(caller));
    if let Some(key) = query.key_id {
        let owner = store::key_owner(&mut tx, key).await?;
        if !owner.is_some_and(|owner| sight.covers(owner)) {
            return Err(Fault::new(Code::NotFound));
        }
    }
    let wanted = Wanted {
        budget: None,
        key: query.key_id,
        with_keys: query.with_keys,
    };
    let items = view::read(&mut tx, wanted, sight, now).await?;
    Ok(Budgets { items, at: now })
}

/// The budgets under which a key's requests fall, as far as the caller may see them.
pub(crate) async fn of_key(
    tx: &mut TenantTx,
    caller: &Caller,
    key: KeyId,
    now: DateTime<Utc>,
) -> Result<Vec<Budget>, StoreError> {
    let wanted = Wanted {
        key: Some(key),
        ..Wanted::default()
    };
    view::read(tx, wanted, sight(caller), now).await
}

pub(super) async fn get(state: &ManageState, caller: &Caller, budget: BudgetId) -> Result<Budget, Fault> {
    shown(state, caller, &mut caller.tx().await?, budget).await
}

pub(super) async fn shown(
    state: &ManageState,
    caller: &Caller,
    tx: &mut TenantTx,
    budget: BudgetId,
) -> Result<Budget, Fault> {
    let wanted = Wanted {
        budget: Some(budget),
        ..Wanted::default()
    };
    let found = view::read(tx, wanted, sight(caller), state.clock().now()).await?;
    found.into_iter().next().ok_or_else(|| Fault::new(Code::NotFound))
}

/// A budget that the caller may change. One that they may see but not change is refused as such, others as not there.
pub(super) async fn locked(
    tx: &mut TenantTx,
    caller: &Caller,
    budget: BudgetId,
) -> Result<store::Locked, Fault> {
    let locked = store::lock(tx, budget)
        .await?
        .ok_or_else(|| Fault::new(Code::NotFound))?;
    if !sees(sight(caller), &locked.fixed.scope, locked.key_owner) {
        return Err(Fault::new(Code::NotFound));
    }
    require(caller, Action::BudgetsWrite)?;
    Ok(locked)
}

fn sees(sight: Sight, scope: &BudgetScope, key_owner: Option<UserId>) -> bool {
    match scope {
        BudgetScope::User { user_id } => sight.covers(Some(*user_id)),
        BudgetScope::Key { .. } => sight.covers(key_owner),
        BudgetScope::Tenant | BudgetScope::CostCentre { .. } => sight == Sight::All,
    }
}

pub(super) async fn create(state: &ManageState, caller: &Caller, form: BudgetForm) -> Result<Budget, Fault> {
    require(caller, Action::BudgetsWrite)?;
    if form.version.is_some() {
        let text = "belongs to a change; nothing is stored yet";
        return Err(wrong("version", "not_applicable", text));
    }
    let clock = state.clock();
    let fixed = Fixed {
        time_zone: known_zone(form.time_zone.as_deref(), &caller.time_zone)?,
        scope: form.scope.clone(),
        models: form.models.clone().unwrap_or_default(),
        period: form.period,
        week_start: form.week_start,
        start_hour: form.start_hour,
    };
    let fields = editable(form);
    let mut tx = caller.tx().await?;
    check_subject(&mut tx, &fixed.scope).await?;
    let id = BudgetId(clock.new_id());
    store::insert(&mut tx, id, &fixed, &fields, clock.now())
        .await
        .map_err(taken)?;
    check_budget_paths(&mut tx).await?;
    let target = Target {
        id: id.0,
        name: &fields.name,
    };
    let mut told = recorded(&fields);
    if let (Value::Object(told), Value::Object(fixed)) = (&mut told, json!(fixed)) {
        told.extend(fixed);
    }
    trail::record(&mut tx, clock, &caller.into(), "budget.created", target, told).await?;
    announce(&mut tx, Topic::Budget, id.0, 1).await?;
    let budget = shown(state, caller, &mut tx, id).await?;
    tx.commit().await?;
    Ok(budget)
}

pub(super) async fn delete(state: &ManageState, caller: &Caller, budget: BudgetId) -> Result<(), Fault> {
    let (mut tx, clock) = (caller.tx().await?, state.clock());
    let before = locked(&mut tx, caller, budget).await?;
    let version = store::mark_deleted(&mut tx, budget, clock.now()).await?;
    let target = Target {
        id: budget.0,
        name: &before.fields.name,
    };
    trail::record(
        &mut tx,
        clock,
        &caller.into(),
        "budget.deleted",
        target,
        json!({}),
    )
    .await?;
    announce(&mut tx, Topic::Budget, budget.0, version).await?;
    tx.commit().await?;
    Ok(())
}

/// What of a form can be edited.
pub(super) fn editable(form: BudgetForm) -> Editable {
    Editable {
        name: form.name,
        limit_nano: form.limit_nano,
        hard: form.hard,
        thresholds: form.thresholds,
        active: form.active,
    }
}

pub(super) fn recorded(fields: &Editable) -> Value {
    serde_json::to_value(fields).unwrap_or_default()
}

/// [`check_paths`], of the budget that was made or begins to count.
pub(super) async fn check_budget_paths(tx: &mut TenantTx) -> Result<(), Fault> {
    check_paths(tx).await.map_err(|fault| match fault.code() {
        Code::TooManyBudgets => {
            let text = fault.text();
            fault.field("scope", "too_many_budgets", text)
        }
        _ => fault,
    })
}

/// The name of a zone that there is: the one given, or the organisation's.
fn known_zone(given: Option<&str>, own: &str) -> Result<String, Fault> {
    let Some(name) = given else {
        return Ok(own.to_owned());
    };
    name.parse::<Tz>()
        .map(|zone| zone.name().to_owned())
        .map_err(|_| {
            wrong(
                "time_zone",
                "time_zone",
                "must be an IANA time zone such as Europe/Berlin",
            )
        })
}

async fn check_subject(tx: &mut TenantTx, scope: &BudgetScope) -> Result<(), Fault> {
    let (field, text) = match scope {
        BudgetScope::Tenant => return Ok(()),
        BudgetScope::User { .. } => ("scope.user_id", "must be an active member of the organisation"),
        BudgetScope::Key { .. } => ("scope.key_id", "must be a key that is not deleted"),
        BudgetScope::CostCentre { cost_centre } => {
            return check_cost_centre(cost_centre);
        }
    };
    if store::subject_exists(tx, scope).await? {
        return Ok(());
    }
    Err(wrong(field, "not_found", text))
}

fn check_cost_centre(name: &str) -> Result<(), Fault> {
    let field = "scope.cost_centre";
    if name.trim().is_empty() {
        return Err(wrong(field, "required", "must not be empty"));
    }
    check::cost_centre(name).map_err(|error| {
        let text = error.message.unwrap_or_default();
        wrong(field, &error.code, &text)
    })
}

pub(super) fn wrong(field: &str, code: &str, message: &str) -> Fault {
    Fault::new(Code::ValidationFailed)
        .detail(format!("`{field}` {message}"))
        .field(field, code, message)
}

pub(super) fn taken(error: StoreError) -> Fault {
    match error {
        StoreError::Duplicate(constraint) if constraint == "budgets_by_name" => {
            let text = "is taken by another budget";
            Fault::new(Code::NameTaken)
                .detail(format!("`name` {text}."))
                .field("name", "taken", text)
        }
        other => other.into(),
    }
}
