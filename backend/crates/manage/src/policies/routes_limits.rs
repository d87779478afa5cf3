//! `limits` and `users/{id}/limits`: over HTTP.

use super::limits::{self, Subject};
use crate::mount::Routes;
use crate::state::State;
use actix_web::web::Json;
use tollgate_contract::ids::UserId;
use tollgate_contract::policies::SubjectLimits;
use tollgate_http::{Body, Caller, Fault, PathId};

pub(super) fn mount(routes: &mut Routes) {
    routes.get("/limits", tenant_limits);
    routes.put("/limits", set_tenant_limits);
    routes.get("/users/{id}/limits", user_limits);
    routes.put("/users/{id}/limits", set_user_limits);
}

/// The organisation's limits over all of its keys.
#[utoipa::path(get, path = "/limits", tag = "policies", security(("bearer" = [])),
    responses((status = 200, description = "As they are now", body = SubjectLimits)))]
pub(crate) async fn tenant_limits(caller: Caller) -> Result<Json<SubjectLimits>, Fault> {
    Ok(Json(limits::get(&caller, Subject::Tenant).await?))
}

/// Limit the organisation over all of its keys.
#[utoipa::path(put, path = "/limits", tag = "policies", request_body = SubjectLimits, security(("bearer" = [])),
    responses((status = 200, description = "As they are now", body = SubjectLimits)))]
pub(crate) async fn set_tenant_limits(
    state: State,
    caller: Caller,
    form: Body<SubjectLimits>,
) -> Result<Json<SubjectLimits>, Fault> {
    Ok(Json(limits::set(&state, &caller, Subject::Tenant, form.0).await?))
}

/// A person's limits over all of their keys.
#[utoipa::path(get, path = "/users/{id}/limits", tag = "users", security(("bearer" = [])),
    params(("id" = UserId, Path, description = "The person")),
    responses((status = 200, description = "As they are now", body = SubjectLimits)))]
pub(crate) async fn user_limits(caller: Caller, id: PathId<UserId>) -> Result<Json<SubjectLimits>, Fault> {
    Ok(Json(limits::get(&caller, Subject::User(id.0)).await?))
}

/// Limit a person over all of their keys.
#[utoipa::path(put, path = "/users/{id}/limits", tag = "users", request_body = SubjectLimits, security(("bearer" = [])),
    params(("id" = UserId, Path, description = "The person")),
    responses((status = 200, description = "As they are now", body = SubjectLimits)))]
pub(crate) async fn set_user_limits(
    state: State,
    caller: Caller,
    id: PathId<UserId>,
    form: Body<SubjectLimits>,
) -> Result<Json<SubjectLimits>, Fault> {
    Ok(Json(
        limits::set(&state, &caller, Subject::User(id.0), form.0).await?,
    ))
}
