//! `keys/batch`: over HTTP.

use crate::mount::Routes;
use crate::state::State;
use actix_web::{HttpResponse, web};
use tollgate_contract::keys::{CreateKeys, CreatedKeys, DeleteKeys, KeyBatch, KeyBatchResult};
use tollgate_http::{Body, Caller, Fault};

/// Largest body of a batch: five thousand names of a hundred letters of any script.
const BATCH_BODY_MAX: usize = 3 * 1024 * 1024;

pub(crate) fn mount(routes: &mut Routes) {
    routes.post("/keys/batch", create_keys);
    routes.put("/keys/batch", change_keys);
    routes.delete("/keys/batch", delete_keys);
}

/// Create many API keys.
///
/// All of them are made, or none. The answer holds the only copies of their secrets.
#[utoipa::path(post, path = "/keys/batch", tag = "keys", request_body = CreateKeys, security(("bearer" = [])),
    responses((status = 201, description = "The keys and their secrets, in the order of their names", body = CreatedKeys)))]
pub(crate) async fn create_keys(
    state: State,
    caller: Caller,
    form: Body<CreateKeys, BATCH_BODY_MAX>,
) -> Result<HttpResponse, Fault> {
    let created = super::create(&state, &caller, form.0).await?;
    Ok(HttpResponse::Created().json(created))
}

/// Change, restore or purge many API keys.
///
/// Each is done or refused by itself; the results come in the order of the ids.
#[utoipa::path(put, path = "/keys/batch", tag = "keys", request_body = KeyBatch, security(("bearer" = [])),
    responses((status = 200, description = "One result for each key", body = KeyBatchResult)))]
pub(crate) async fn change_keys(
    state: State,
    caller: Caller,
    batch: Body<KeyBatch, BATCH_BODY_MAX>,
) -> Result<web::Json<KeyBatchResult>, Fault> {
    Ok(web::Json(super::change(&state, &caller, batch.0).await?))
}

/// Delete many API keys.
///
/// Each goes to the recycle bin or is refused by itself; the results come in the order of the ids.
#[utoipa::path(delete, path = "/keys/batch", tag = "keys", request_body = DeleteKeys, security(("bearer" = [])),
    responses((status = 200, description = "One result for each key", body = KeyBatchResult)))]
pub(crate) async fn delete_keys(
    state: State,
    caller: Caller,
    batch: Body<DeleteKeys, BATCH_BODY_MAX>,
) -> Result<web::Json<KeyBatchResult>, Fault> {
    Ok(web::Json(super::delete(&state, &caller, &batch.0.ids).await?))
}
