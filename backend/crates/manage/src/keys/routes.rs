//! `keys`: over HTTP.

use super::{batch, bin, limits, list, rotate, service};
use crate::mount::Routes;
use crate::state::State;
use actix_web::{HttpResponse, web};
use tollgate_contract::ids::KeyId;
use tollgate_contract::keys::{
    CreateKey, CreatedKey, Key, KeyLimits, KeyQuery, KeyStats, RotateKey, UpdateKey,
};
use tollgate_contract::page::Page;
use tollgate_contract::problem::Problem;
use tollgate_contract::stats::RangeQuery;
use tollgate_http::{Body, Caller, Fault, OptionalBody, Params, PathId};

pub(crate) fn mount(routes: &mut Routes) {
    routes.get("/keys", list_keys);
    routes.post("/keys", create_key);
    routes.get("/keys/{id}", get_key);
    routes.put("/keys/{id}", update_key);
    routes.delete("/keys/{id}", delete_key);
    routes.get("/keys/{id}/stats", key_stats);
    routes.get("/keys/{id}/limits", key_limits);
    routes.post("/keys/{id}/restore", restore_key);
    routes.post("/keys/{id}/purge", purge_key);
    routes.post("/keys/{id}/rotate", rotate_key);
    batch::routes::mount(routes);
}

/// List API keys.
///
/// Members see their own. Each comes with today's usage and when it was used last.
#[utoipa::path(get, path = "/keys", tag = "keys", params(KeyQuery), security(("bearer" = [])),
    responses((status = 200, description = "A page of keys", body = Page<Key>)))]
pub(crate) async fn list_keys(
    state: State,
    caller: Caller,
    query: Params<KeyQuery>,
) -> Result<web::Json<Page<Key>>, Fault> {
    Ok(web::Json(list::list(&state, &caller, &query.0).await?))
}

/// Create an API key.
///
/// The answer holds the only copy of its secret.
#[utoipa::path(post, path = "/keys", tag = "keys", request_body = CreateKey, security(("bearer" = [])),
    responses((status = 201, description = "The key and its secret", body = CreatedKey)))]
pub(crate) async fn create_key(
    state: State,
    caller: Caller,
    form: Body<CreateKey>,
) -> Result<HttpResponse, Fault> {
    let created = service::create(&state, &caller, form.0).await?;
    Ok(HttpResponse::Created().json(created))
}

/// Get an API key.
#[utoipa::path(get, path = "/keys/{id}", tag = "keys", security(("bearer" = [])),
    params(("id" = KeyId, Path, description = "The key")),
    responses((status = 200, description = "The key", body = Key)))]
pub(crate) async fn get_key(
    state: State,
    caller: Caller,
    id: PathId<KeyId>,
) -> Result<web::Json<Key>, Fault> {
    Ok(web::Json(service::get(&state, &caller, id.0).await?))
}

/// Change an API key.
///
/// Replaces all that can be edited; what is left out gets its default. Seen on all nodes at once.
#[utoipa::path(put, path = "/keys/{id}", tag = "keys", request_body = UpdateKey, security(("bearer" = [])),
    params(("id" = KeyId, Path, description = "The key")),
    responses((status = 200, description = "The key as it is now", body = Key)))]
pub(crate) async fn update_key(
    state: State,
    caller: Caller,
    id: PathId<KeyId>,
    form: Body<UpdateKey>,
) -> Result<web::Json<Key>, Fault> {
    Ok(web::Json(service::update(&state, &caller, id.0, form.0).await?))
}

/// Delete an API key.
///
/// It goes to the recycle bin: its requests are refused at once, its usage stays, and it can be restored for some weeks.
#[utoipa::path(delete, path = "/keys/{id}", tag = "keys", security(("bearer" = [])),
    params(("id" = KeyId, Path, description = "The key")),
    responses((status = 204, description = "Deleted")))]
pub(crate) async fn delete_key(
    state: State,
    caller: Caller,
    id: PathId<KeyId>,
) -> Result<HttpResponse, Fault> {
    bin::delete(&state, &caller, id.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// An API key's usage.
#[utoipa::path(get, path = "/keys/{id}/stats", tag = "keys", security(("bearer" = [])),
    params(("id" = KeyId, Path, description = "The key"), RangeQuery),
    responses((status = 200, description = "Totals, days and models", body = KeyStats)))]
pub(crate) async fn key_stats(
    state: State,
    caller: Caller,
    id: PathId<KeyId>,
    query: Params<RangeQuery>,
) -> Result<web::Json<KeyStats>, Fault> {
    Ok(web::Json(service::stats(&state, &caller, id.0, &query.0).await?))
}

/// How much of its limits an API key has used.
///
/// Windows and requests at a time of the key, its user and the organisation, and the budgets under which its requests
/// fall, as far as the caller may see them. While limits are kept in the nodes' memory, it is the use of the node that
/// answers.
#[utoipa::path(get, path = "/keys/{id}/limits", tag = "keys", security(("bearer" = [])),
    params(("id" = KeyId, Path, description = "The key")),
    responses((status = 200, description = "Each limit with what is used of it", body = KeyLimits)))]
pub(crate) async fn key_limits(
    state: State,
    caller: Caller,
    id: PathId<KeyId>,
) -> Result<web::Json<KeyLimits>, Fault> {
    Ok(web::Json(limits::of_key(&state, &caller, id.0).await?))
}

/// Restore an API key.
///
/// It comes back from the recycle bin as it was, switched off if it was.
#[utoipa::path(post, path = "/keys/{id}/restore", tag = "keys", security(("bearer" = [])),
    params(("id" = KeyId, Path, description = "The key")),
    responses((status = 200, description = "The key as it is now", body = Key),
        (status = 422, description = "Members may not have such a key, or no more keys", body = Problem,
         content_type = "application/problem+json")))]
pub(crate) async fn restore_key(
    state: State,
    caller: Caller,
    id: PathId<KeyId>,
) -> Result<web::Json<Key>, Fault> {
    Ok(web::Json(bin::restore(&state, &caller, id.0).await?))
}

/// Delete an API key for good.
///
/// Only from the recycle bin. What it used stays in the books.
#[utoipa::path(post, path = "/keys/{id}/purge", tag = "keys", security(("bearer" = [])),
    params(("id" = KeyId, Path, description = "The key")),
    responses((status = 204, description = "It is gone")))]
pub(crate) async fn purge_key(
    state: State,
    caller: Caller,
    id: PathId<KeyId>,
) -> Result<HttpResponse, Fault> {
    bin::purge(&state, &caller, id.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Give an API key a new secret.
///
/// The old one works on for `grace_s` seconds, so that clients can be changed over one by one; still older ones end now.
/// The answer holds the only copy of the new one. The key's id stays.
#[utoipa::path(post, path = "/keys/{id}/rotate", tag = "keys", request_body = RotateKey, security(("bearer" = [])),
    params(("id" = KeyId, Path, description = "The key")),
    responses((status = 200, description = "The key and its new secret", body = CreatedKey)))]
pub(crate) async fn rotate_key(
    state: State,
    caller: Caller,
    id: PathId<KeyId>,
    form: OptionalBody<RotateKey>,
) -> Result<web::Json<CreatedKey>, Fault> {
    Ok(web::Json(rotate::rotate(&state, &caller, id.0, form.0).await?))
}
