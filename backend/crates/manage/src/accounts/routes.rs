//! `accounts`: over HTTP, each platform under its own name.

use super::{connect, renew, service, test, timeline};
use crate::mount::Routes;
use crate::state::State;
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use std::future::{Ready, ready};
use tollgate_contract::accounts::{Account, AccountForm, Accounts};
use tollgate_contract::ids::AccountId;
use tollgate_contract::platform::Platform;
use tollgate_http::{Body, Caller, Code, Fault, PathId};

pub(crate) fn mount(routes: &mut Routes) {
    routes.get("/accounts", list_all);
    routes.get("/accounts/{platform}", list);
    routes.post("/accounts/{platform}", create);
    routes.get("/accounts/{platform}/{id}", get);
    routes.put("/accounts/{platform}/{id}", update);
    routes.delete("/accounts/{platform}/{id}", delete);
    routes.post("/accounts/{platform}/{id}/test", test::routes::try_out);
    routes.post("/accounts/{platform}/{id}/test/stream", test::routes::watch);
    routes.post("/accounts/{platform}/{id}/refresh", renew::refresh);
    routes.post("/accounts/{platform}/{id}/reset", reset);
    routes.post("/accounts/{platform}/auth-url", connect::routes::auth_url);
    routes.post("/accounts/{platform}/exchange", connect::routes::exchange);
    routes.get(
        "/accounts/{platform}/{id}/events",
        timeline::routes::account_events,
    );
    routes.get(
        "/accounts/{platform}/{id}/history",
        timeline::routes::account_history,
    );
}

/// The path's `{platform}`. One that we do not know is a 404.
pub(crate) struct OnPlatform(pub(super) Platform);

impl FromRequest for OnPlatform {
    type Error = Fault;
    type Future = Ready<Result<Self, Fault>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let platform = request.match_info().get("platform").and_then(Platform::parse);
        ready(platform.map(Self).ok_or_else(|| {
            let known: Vec<&str> = Platform::ALL.into_iter().map(Platform::as_str).collect();
            Fault::new(Code::NotFound).detail(format!("Platforms are: {}.", known.join(", ")))
        }))
    }
}

/// List all upstream accounts.
#[utoipa::path(get, path = "/accounts", operation_id = "list_all_accounts", tag = "accounts", security(("bearer" = [])),
    responses((status = 200, description = "By platform, priority and name", body = Accounts)))]
pub(crate) async fn list_all(state: State, caller: Caller) -> Result<web::Json<Accounts>, Fault> {
    Ok(web::Json(service::list(&state, &caller, None).await?))
}

/// List a platform's upstream accounts.
#[utoipa::path(get, path = "/accounts/{platform}", operation_id = "list_accounts", tag = "accounts", security(("bearer" = [])),
    params(("platform" = Platform, Path, description = "The platform")),
    responses((status = 200, description = "By priority and name", body = Accounts)))]
pub(crate) async fn list(
    state: State,
    caller: Caller,
    platform: OnPlatform,
) -> Result<web::Json<Accounts>, Fault> {
    Ok(web::Json(service::list(&state, &caller, Some(platform.0)).await?))
}

/// Add an upstream account.
///
/// The base URL may not lead into private networks, unless the operator allows it. Credential and extra headers are
/// stored encrypted and never shown again. Which fields a platform takes and needs is said at each; one that means nothing
/// on the platform is refused.
#[utoipa::path(post, path = "/accounts/{platform}", operation_id = "create_account", tag = "accounts", request_body = AccountForm,
    security(("bearer" = [])), params(("platform" = Platform, Path, description = "The platform")),
    responses((status = 201, description = "The account", body = Account)))]
pub(crate) async fn create(
    state: State,
    caller: Caller,
    platform: OnPlatform,
    form: Body<AccountForm>,
) -> Result<HttpResponse, Fault> {
    Ok(HttpResponse::Created().json(service::create(&state, &caller, platform.0, form.0).await?))
}

/// Get an upstream account.
#[utoipa::path(get, path = "/accounts/{platform}/{id}", operation_id = "get_account", tag = "accounts", security(("bearer" = [])),
    params(("platform" = Platform, Path, description = "The platform"), ("id" = AccountId, Path, description = "The account")),
    responses((status = 200, description = "The account", body = Account)))]
pub(crate) async fn get(
    state: State,
    caller: Caller,
    platform: OnPlatform,
    id: PathId<AccountId>,
) -> Result<web::Json<Account>, Fault> {
    Ok(web::Json(service::get(&state, &caller, platform.0, id.0).await?))
}

/// Change an upstream account.
///
/// Replaces all that can be edited; the credential with its kind and the extra headers alone stay where none are given.
#[utoipa::path(put, path = "/accounts/{platform}/{id}", operation_id = "update_account", tag = "accounts", request_body = AccountForm,
    security(("bearer" = [])),
    params(("platform" = Platform, Path, description = "The platform"), ("id" = AccountId, Path, description = "The account")),
    responses((status = 200, description = "The account as it is now", body = Account)))]
pub(crate) async fn update(
    state: State,
    caller: Caller,
    platform: OnPlatform,
    id: PathId<AccountId>,
    form: Body<AccountForm>,
) -> Result<web::Json<Account>, Fault> {
    Ok(web::Json(
        service::update(&state, &caller, platform.0, id.0, form.0).await?,
    ))
}

/// Delete an upstream account.
///
/// Its credential is forgotten at once; its usage stays. Refused while keys are bound to it.
#[utoipa::path(delete, path = "/accounts/{platform}/{id}", operation_id = "delete_account", tag = "accounts", security(("bearer" = [])),
    params(("platform" = Platform, Path, description = "The platform"), ("id" = AccountId, Path, description = "The account")),
    responses((status = 204, description = "Deleted")))]
pub(crate) async fn delete(
    state: State,
    caller: Caller,
    platform: OnPlatform,
    id: PathId<AccountId>,
) -> Result<HttpResponse, Fault> {
    service::delete(&state, &caller, platform.0, id.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Reset an upstream account's state.
///
/// Makes it active again and forgets its failures: the scheduler tries it with the next request.
#[utoipa::path(post, path = "/accounts/{platform}/{id}/reset", operation_id = "reset_account", tag = "accounts", security(("bearer" = [])),
    params(("platform" = Platform, Path, description = "The platform"), ("id" = AccountId, Path, description = "The account")),
    responses((status = 200, description = "The account as it is now", body = Account)))]
pub(crate) async fn reset(
    state: State,
    caller: Caller,
    platform: OnPlatform,
    id: PathId<AccountId>,
) -> Result<web::Json<Account>, Fault> {
    Ok(web::Json(
        service::reset(&state, &caller, platform.0, id.0).await?,
    ))
}
