//! `policies`: over HTTP.

use super::{routes_limits, self_service, service};
use crate::mount::Routes;
use crate::state::State;
use actix_web::{HttpResponse, web};
use tollgate_contract::ids::PolicyId;
use tollgate_contract::policies::{Policies, Policy, PolicyForm, SelfService};
use tollgate_contract::problem::Problem;
use tollgate_http::{Body, Caller, Fault, PathId};

pub(crate) fn mount(routes: &mut Routes) {
    routes.get("/policies", list_policies);
    routes.post("/policies", create_policy);
    routes.get("/policies/self-service", get_self_service);
    routes.put("/policies/self-service", set_self_service);
    routes.get("/policies/{id}", get_policy);
    routes.put("/policies/{id}", update_policy);
    routes.delete("/policies/{id}", delete_policy);
    routes_limits::mount(routes);
}

/// List policies.
///
/// Named sets of rules for keys.
#[utoipa::path(get, path = "/policies", tag = "policies", security(("bearer" = [])),
    responses((status = 200, description = "The default first, then by name", body = Policies)))]
pub(crate) async fn list_policies(caller: Caller) -> Result<web::Json<Policies>, Fault> {
    Ok(web::Json(service::list(&caller).await?))
}

/// Add a policy.
#[utoipa::path(post, path = "/policies", tag = "policies", request_body = PolicyForm, security(("bearer" = [])),
    responses((status = 201, description = "The policy", body = Policy)))]
pub(crate) async fn create_policy(
    state: State,
    caller: Caller,
    form: Body<PolicyForm>,
) -> Result<HttpResponse, Fault> {
    Ok(HttpResponse::Created().json(service::create(&state, &caller, form.0).await?))
}

/// Get a policy.
#[utoipa::path(get, path = "/policies/{id}", tag = "policies", security(("bearer" = [])),
    params(("id" = PolicyId, Path, description = "The policy")),
    responses((status = 200, description = "The policy", body = Policy)))]
pub(crate) async fn get_policy(caller: Caller, id: PathId<PolicyId>) -> Result<web::Json<Policy>, Fault> {
    Ok(web::Json(service::get(&caller, id.0).await?))
}

/// Change a policy.
///
/// Replaces all that can be edited. It holds for its keys at once, on all nodes.
#[utoipa::path(put, path = "/policies/{id}", tag = "policies", request_body = PolicyForm, security(("bearer" = [])),
    params(("id" = PolicyId, Path, description = "The policy")),
    responses((status = 200, description = "The policy as it is now", body = Policy)))]
pub(crate) async fn update_policy(
    state: State,
    caller: Caller,
    id: PathId<PolicyId>,
    form: Body<PolicyForm>,
) -> Result<web::Json<Policy>, Fault> {
    Ok(web::Json(service::update(&state, &caller, id.0, form.0).await?))
}

/// Delete a policy.
///
/// Refused while keys name it, those in the recycle bin included.
#[utoipa::path(delete, path = "/policies/{id}", tag = "policies", security(("bearer" = [])),
    params(("id" = PolicyId, Path, description = "The policy")),
    responses((status = 204, description = "Deleted"),
        (status = 409, description = "Keys name it", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn delete_policy(
    state: State,
    caller: Caller,
    id: PathId<PolicyId>,
) -> Result<HttpResponse, Fault> {
    service::delete(&state, &caller, id.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// What members may do with keys of their own.
#[utoipa::path(get, path = "/policies/self-service", tag = "policies", security(("bearer" = [])),
    responses((status = 200, description = "As it is now", body = SelfService)))]
pub(crate) async fn get_self_service(caller: Caller) -> Result<web::Json<SelfService>, Fault> {
    Ok(web::Json(self_service::get(&caller).await?))
}

/// Say what members may do with keys of their own.
///
/// Holds for what they create or change from now on; keys that are there stay as they are.
#[utoipa::path(put, path = "/policies/self-service", tag = "policies", request_body = SelfService, security(("bearer" = [])),
    responses((status = 200, description = "As it is now", body = SelfService)))]
pub(crate) async fn set_self_service(
    state: State,
    caller: Caller,
    form: Body<SelfService>,
) -> Result<web::Json<SelfService>, Fault> {
    Ok(web::Json(self_service::set(&state, &caller, form.0).await?))
}
