//! Budgets.

use super::{ApiError, Query, cache, client, path_with, use_get};
use tollgate_contract::budgets::{Budget, BudgetForm, BudgetQuery, Budgets};
use tollgate_contract::ids::BudgetId;
use yew::prelude::*;

/// The budgets that the viewer may see.
#[hook]
pub fn use_budgets(query: &BudgetQuery) -> Query<Budgets> {
    use_get(path_with("/budgets", query))
}

/// Adds a budget, or changes the one of this id.
pub async fn save(id: Option<BudgetId>, form: BudgetForm) -> Result<Budget, ApiError> {
    let saved = match id {
        Some(id) => client::send("PUT", &one(id), &form).await?,
        None => client::send("POST", "/budgets", &form).await?,
    };
    changed();
    Ok(saved)
}

/// Deletes a budget.
pub async fn delete(id: BudgetId) -> Result<(), ApiError> {
    client::delete(&one(id)).await?;
    changed();
    Ok(())
}

fn one(id: BudgetId) -> String {
    format!("/budgets/{id}")
}

fn changed() {
    cache::changed(&["/budgets", "/keys"]);
}
