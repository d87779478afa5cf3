//! `budgets`: over HTTP.

use super::{changes, service};
use crate::mount::Routes;
use crate::state::State;
use actix_web::{HttpResponse, web};
use tollgate_contract::budgets::{Budget, BudgetForm, BudgetQuery, Budgets};
use tollgate_contract::ids::BudgetId;
use tollgate_http::{Body, Caller, Fault, Params, PathId};

pub(crate) fn mount(routes: &mut Routes) {
    routes.get("/budgets", list_budgets);
    routes.post("/budgets", create_budget);
    routes.get("/budgets/{id}", get_budget);
    routes.put("/budgets/{id}", update_budget);
    routes.delete("/budgets/{id}", delete_budget);
}

/// List budgets.
///
/// Each with its running period. Members see their own and their keys'.
#[utoipa::path(get, path = "/budgets", tag = "budgets", params(BudgetQuery), security(("bearer" = [])),
    responses((status = 200, description = "By scope and name", body = Budgets)))]
pub(crate) async fn list_budgets(
    state: State,
    caller: Caller,
    query: Params<BudgetQuery>,
) -> Result<web::Json<Budgets>, Fault> {
    Ok(web::Json(service::list(&state, &caller, &query.0).await?))
}

/// Make a budget.
///
/// Refused where some request would fall under more than eight, the wallet included.
#[utoipa::path(post, path = "/budgets", tag = "budgets", request_body = BudgetForm, security(("bearer" = [])),
    responses((status = 201, description = "The budget", body = Budget)))]
pub(crate) async fn create_budget(
    state: State,
    caller: Caller,
    form: Body<BudgetForm>,
) -> Result<HttpResponse, Fault> {
    Ok(HttpResponse::Created().json(service::create(&state, &caller, form.0).await?))
}

/// Get a budget.
#[utoipa::path(get, path = "/budgets/{id}", tag = "budgets", security(("bearer" = [])),
    params(("id" = BudgetId, Path, description = "The budget")),
    responses((status = 200, description = "The budget with its running period", body = Budget)))]
pub(crate) async fn get_budget(
    state: State,
    caller: Caller,
    id: PathId<BudgetId>,
) -> Result<web::Json<Budget>, Fault> {
    Ok(web::Json(service::get(&state, &caller, id.0).await?))
}

/// Change a budget.
///
/// Replaces all that can be edited: name, limit, hard or soft, thresholds, whether it counts. A new limit holds for the
/// running period at once; below what is spent it is refused, and `in_use` says that requests still hold too much.
#[utoipa::path(put, path = "/budgets/{id}", tag = "budgets", request_body = BudgetForm, security(("bearer" = [])),
    params(("id" = BudgetId, Path, description = "The budget")),
    responses((status = 200, description = "The budget as it is now", body = Budget)))]
pub(crate) async fn update_budget(
    state: State,
    caller: Caller,
    id: PathId<BudgetId>,
    form: Body<BudgetForm>,
) -> Result<web::Json<Budget>, Fault> {
    Ok(web::Json(changes::update(&state, &caller, id.0, form.0).await?))
}

/// Delete a budget.
///
/// It bounds nothing any more; what was spent of it stays in the books.
#[utoipa::path(delete, path = "/budgets/{id}", tag = "budgets", security(("bearer" = [])),
    params(("id" = BudgetId, Path, description = "The budget")),
    responses((status = 204, description = "Deleted")))]
pub(crate) async fn delete_budget(
    state: State,
    caller: Caller,
    id: PathId<BudgetId>,
) -> Result<HttpResponse, Fault> {
    service::delete(&state, &caller, id.0).await?;
    Ok(HttpResponse::NoContent().finish())
}
