//! `account-groups`: over HTTP.

use super::{grants, service};
use crate::mount::Routes;
use crate::state::State;
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use std::future::{Ready, ready};
use tollgate_contract::groups::{AccountGroup, AccountGroups, GrantForm, GroupForm, GroupGrant, GroupGrants};
use tollgate_contract::ids::{GroupId, TenantId};
use tollgate_contract::problem::Problem;
use tollgate_http::{Body, Caller, Code, Fault, PathId};

pub(crate) fn mount(routes: &mut Routes) {
    routes.get("/account-groups", list_groups);
    routes.post("/account-groups", create_group);
    routes.get("/account-groups/{id}", get_group);
    routes.put("/account-groups/{id}", update_group);
    routes.delete("/account-groups/{id}", delete_group);
    routes.get("/account-groups/{id}/grants", list_grants);
    routes.put("/account-groups/{id}/grants/{tenant}", grant_group);
    routes.delete("/account-groups/{id}/grants/{tenant}", revoke_group);
}

/// The path's `{tenant}`. One that is no UUID names nothing: 404.
pub(crate) struct PathTenant(TenantId);

impl FromRequest for PathTenant {
    type Error = Fault;
    type Future = Ready<Result<Self, Fault>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let tenant = request
            .match_info()
            .get("tenant")
            .and_then(|text| text.parse().ok());
        ready(tenant.map(Self).ok_or_else(|| Fault::new(Code::NotFound)))
    }
}

/// List account groups.
///
/// Beside the tenant's own: the platform's groups that it may use.
#[utoipa::path(get, path = "/account-groups", tag = "account-groups", security(("bearer" = [])),
    responses((status = 200, description = "By service and name", body = AccountGroups)))]
pub(crate) async fn list_groups(state: State, caller: Caller) -> Result<web::Json<AccountGroups>, Fault> {
    Ok(web::Json(service::list(&state, &caller).await?))
}

/// Add an account group.
#[utoipa::path(post, path = "/account-groups", tag = "account-groups", request_body = GroupForm, security(("bearer" = [])),
    responses((status = 201, description = "The group", body = AccountGroup)))]
pub(crate) async fn create_group(
    state: State,
    caller: Caller,
    form: Body<GroupForm>,
) -> Result<HttpResponse, Fault> {
    Ok(HttpResponse::Created().json(service::create(&state, &caller, form.0).await?))
}

/// Get an account group.
#[utoipa::path(get, path = "/account-groups/{id}", tag = "account-groups", security(("bearer" = [])),
    params(("id" = GroupId, Path, description = "The group")),
    responses((status = 200, description = "The group", body = AccountGroup)))]
pub(crate) async fn get_group(caller: Caller, id: PathId<GroupId>) -> Result<web::Json<AccountGroup>, Fault> {
    Ok(web::Json(service::get(&caller, id.0).await?))
}

/// Change an account group.
///
/// Replaces all that can be edited, the members included. Its service can't be changed.
#[utoipa::path(put, path = "/account-groups/{id}", tag = "account-groups", request_body = GroupForm, security(("bearer" = [])),
    params(("id" = GroupId, Path, description = "The group")),
    responses((status = 200, description = "The group as it is now", body = AccountGroup)))]
pub(crate) async fn update_group(
    state: State,
    caller: Caller,
    id: PathId<GroupId>,
    form: Body<GroupForm>,
) -> Result<web::Json<AccountGroup>, Fault> {
    Ok(web::Json(service::update(&state, &caller, id.0, form.0).await?))
}

/// Delete an account group.
///
/// Refused while keys are bound to it, or tenants may use it. Its accounts stay.
#[utoipa::path(delete, path = "/account-groups/{id}", tag = "account-groups", security(("bearer" = [])),
    params(("id" = GroupId, Path, description = "The group")),
    responses((status = 204, description = "Deleted"),
        (status = 409, description = "Keys or tenants go by it", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn delete_group(
    state: State,
    caller: Caller,
    id: PathId<GroupId>,
) -> Result<HttpResponse, Fault> {
    service::delete(&state, &caller, id.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// List a group's grants.
///
/// Which tenants may use it. For the platform's own people alone.
#[utoipa::path(get, path = "/account-groups/{id}/grants", tag = "account-groups", security(("bearer" = [])),
    params(("id" = GroupId, Path, description = "The group")),
    responses((status = 200, description = "By tenant's id", body = GroupGrants)))]
pub(crate) async fn list_grants(
    state: State,
    caller: Caller,
    id: PathId<GroupId>,
) -> Result<web::Json<GroupGrants>, Fault> {
    Ok(web::Json(grants::list(&state, &caller, id.0).await?))
}

/// Grant a group to a tenant.
///
/// Its accounts come after the tenant's own. For the platform's own people alone; a grant that is there is changed.
#[utoipa::path(put, path = "/account-groups/{id}/grants/{tenant}", tag = "account-groups", request_body = GrantForm,
    security(("bearer" = [])),
    params(("id" = GroupId, Path, description = "The group"), ("tenant" = TenantId, Path, description = "The tenant")),
    responses((status = 200, description = "The grant", body = GroupGrant)))]
pub(crate) async fn grant_group(
    state: State,
    caller: Caller,
    id: PathId<GroupId>,
    tenant: PathTenant,
    form: Body<GrantForm>,
) -> Result<web::Json<GroupGrant>, Fault> {
    Ok(web::Json(
        grants::grant(&state, &caller, id.0, tenant.0, form.0).await?,
    ))
}

/// Take a group back from a tenant.
///
/// Its keys that are bound to the group are refused from then on. For the platform's own people alone.
#[utoipa::path(delete, path = "/account-groups/{id}/grants/{tenant}", tag = "account-groups", security(("bearer" = [])),
    params(("id" = GroupId, Path, description = "The group"), ("tenant" = TenantId, Path, description = "The tenant")),
    responses((status = 204, description = "Taken back")))]
pub(crate) async fn revoke_group(
    state: State,
    caller: Caller,
    id: PathId<GroupId>,
    tenant: PathTenant,
) -> Result<HttpResponse, Fault> {
    grants::revoke(&state, &caller, id.0, tenant.0).await?;
    Ok(HttpResponse::NoContent().finish())
}
