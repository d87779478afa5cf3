//! `plans`: over HTTP. The platform's own organisation alone.

use super::service;
use crate::mount::Routes;
use crate::state::State;
use actix_web::{HttpResponse, web};
use tollgate_contract::ids::PlanId;
use tollgate_contract::plans::{
    AssignPlan, CreatePlan, Plan, PlanAssignment, PlanAssignments, PlanTerms, Plans,
};
use tollgate_http::{Body, Caller, Fault, PathId};

pub(crate) fn mount(routes: &mut Routes) {
    routes.get("/plans", list_plans);
    routes.post("/plans", create_plan);
    routes.post("/plans/{id}/versions", new_plan_version);
    routes.get("/plans/assignments", list_assignments);
    routes.post("/plans/assignments", assign_plan);
}

/// List plans.
///
/// With all their versions. The platform's own organisation alone.
#[utoipa::path(get, path = "/plans", tag = "plans", security(("bearer" = [])),
    responses((status = 200, description = "All plans, by name", body = Plans)))]
pub(crate) async fn list_plans(state: State, caller: Caller) -> Result<web::Json<Plans>, Fault> {
    Ok(web::Json(service::list(&state, &caller).await?))
}

/// Create a plan.
///
/// The platform's own organisation alone.
#[utoipa::path(post, path = "/plans", tag = "plans", request_body = CreatePlan, security(("bearer" = [])),
    responses((status = 201, description = "The plan", body = Plan)))]
pub(crate) async fn create_plan(
    state: State,
    caller: Caller,
    form: Body<CreatePlan>,
) -> Result<HttpResponse, Fault> {
    Ok(HttpResponse::Created().json(service::create(&state, &caller, form.0).await?))
}

/// Change a plan from an instant on.
///
/// Makes a new version; what was charged before stays as it was. The platform's own organisation alone.
#[utoipa::path(post, path = "/plans/{id}/versions", tag = "plans", request_body = PlanTerms,
    security(("bearer" = [])), params(("id" = PlanId, Path, description = "The plan")),
    responses((status = 201, description = "The plan with its new version", body = Plan)))]
pub(crate) async fn new_plan_version(
    state: State,
    caller: Caller,
    id: PathId<PlanId>,
    form: Body<PlanTerms>,
) -> Result<HttpResponse, Fault> {
    Ok(HttpResponse::Created().json(service::change(&state, &caller, id.0, form.0).await?))
}

/// List which organisation has which plan.
///
/// The newest first. The platform's own organisation alone.
#[utoipa::path(get, path = "/plans/assignments", tag = "plans", security(("bearer" = [])),
    responses((status = 200, description = "Assignments", body = PlanAssignments)))]
pub(crate) async fn list_assignments(
    state: State,
    caller: Caller,
) -> Result<web::Json<PlanAssignments>, Fault> {
    Ok(web::Json(service::assignments(&state, &caller).await?))
}

/// Give an organisation a plan from an instant on.
///
/// Without a plan it pays list prices from then on. The platform's own organisation alone.
#[utoipa::path(post, path = "/plans/assignments", tag = "plans", request_body = AssignPlan,
    security(("bearer" = [])),
    responses((status = 201, description = "The assignment", body = PlanAssignment)))]
pub(crate) async fn assign_plan(
    state: State,
    caller: Caller,
    form: Body<AssignPlan>,
) -> Result<HttpResponse, Fault> {
    Ok(HttpResponse::Created().json(service::assign(&state, &caller, form.0).await?))
}
