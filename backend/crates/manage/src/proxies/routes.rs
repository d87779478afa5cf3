//! `proxies`: over HTTP.

use super::{service, test};
use crate::mount::Routes;
use crate::state::State;
use actix_web::{HttpResponse, web};
use tollgate_contract::ids::ProxyId;
use tollgate_contract::problem::Problem;
use tollgate_contract::proxies::{Proxies, Proxy, ProxyForm, ProxyTest, TestProxy};
use tollgate_http::{Body, Caller, Fault, OptionalBody, PathId};
use tollgate_net::UpstreamClient;

pub(crate) fn mount(routes: &mut Routes) {
    routes.get("/proxies", list_proxies);
    routes.post("/proxies", create_proxy);
    routes.get("/proxies/{id}", get_proxy);
    routes.put("/proxies/{id}", update_proxy);
    routes.delete("/proxies/{id}", delete_proxy);
    routes.post("/proxies/{id}/test", test_proxy);
}

/// List proxies.
#[utoipa::path(get, path = "/proxies", tag = "proxies", security(("bearer" = [])),
    responses((status = 200, description = "By name", body = Proxies)))]
pub(crate) async fn list_proxies(caller: Caller) -> Result<web::Json<Proxies>, Fault> {
    Ok(web::Json(service::list(&caller).await?))
}

/// Add a proxy.
///
/// It may not stand in a private network, unless the operator allows it. Its password is stored encrypted and never shown
/// again.
#[utoipa::path(post, path = "/proxies", tag = "proxies", request_body = ProxyForm, security(("bearer" = [])),
    responses((status = 201, description = "The proxy", body = Proxy)))]
pub(crate) async fn create_proxy(
    state: State,
    caller: Caller,
    form: Body<ProxyForm>,
) -> Result<HttpResponse, Fault> {
    Ok(HttpResponse::Created().json(service::create(&state, &caller, form.0).await?))
}

/// Get a proxy.
#[utoipa::path(get, path = "/proxies/{id}", tag = "proxies", security(("bearer" = [])),
    params(("id" = ProxyId, Path, description = "The proxy")),
    responses((status = 200, description = "The proxy", body = Proxy)))]
pub(crate) async fn get_proxy(caller: Caller, id: PathId<ProxyId>) -> Result<web::Json<Proxy>, Fault> {
    Ok(web::Json(service::get(&caller, id.0).await?))
}

/// Change a proxy.
///
/// Replaces all that can be edited; the password alone stays where none is given. The accounts that go through it take
/// the new way with their next request.
#[utoipa::path(put, path = "/proxies/{id}", tag = "proxies", request_body = ProxyForm, security(("bearer" = [])),
    params(("id" = ProxyId, Path, description = "The proxy")),
    responses((status = 200, description = "The proxy as it is now", body = Proxy)))]
pub(crate) async fn update_proxy(
    state: State,
    caller: Caller,
    id: PathId<ProxyId>,
    form: Body<ProxyForm>,
) -> Result<web::Json<Proxy>, Fault> {
    Ok(web::Json(service::update(&state, &caller, id.0, form.0).await?))
}

/// Delete a proxy.
///
/// Refused while accounts go through it: they would be reached directly.
#[utoipa::path(delete, path = "/proxies/{id}", tag = "proxies", security(("bearer" = [])),
    params(("id" = ProxyId, Path, description = "The proxy")),
    responses((status = 204, description = "Deleted"),
        (status = 409, description = "Accounts go through it", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn delete_proxy(
    state: State,
    caller: Caller,
    id: PathId<ProxyId>,
) -> Result<HttpResponse, Fault> {
    service::delete(&state, &caller, id.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Test a proxy.
///
/// Makes one request without credentials through it and tells what came of it; any status of the target's is good. The
/// result is kept until the proxy is changed.
#[utoipa::path(post, path = "/proxies/{id}/test", tag = "proxies", request_body = Option<TestProxy>, security(("bearer" = [])),
    params(("id" = ProxyId, Path, description = "The proxy")),
    responses((status = 200, description = "What came of it, good or bad", body = ProxyTest)))]
pub(crate) async fn test_proxy(
    state: State,
    caller: Caller,
    id: PathId<ProxyId>,
    upstream: web::Data<UpstreamClient>,
    form: OptionalBody<TestProxy>,
) -> Result<web::Json<ProxyTest>, Fault> {
    Ok(web::Json(
        test::run(&state, &caller, &upstream, id.0, form.0).await?,
    ))
}
