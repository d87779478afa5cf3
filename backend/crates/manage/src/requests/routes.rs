//! `requests`: over HTTP.

use super::{list, receipt};
use crate::mount::Routes;
use crate::state::State;
use actix_web::web::Json;
use tollgate_contract::ids::RequestId;
use tollgate_contract::receipts::Receipt;
use tollgate_contract::requests::{RequestDetail, RequestPage, RequestQuery};
use tollgate_http::{Caller, Fault, Params, PathId};

pub(crate) fn mount(routes: &mut Routes) {
    routes.get("/requests", list_requests);
    routes.get("/requests/{id}", get_request);
    routes.get("/requests/{id}/receipt", get_receipt);
}

/// The request log, the newest first.
///
/// Failed requests are there too. Members see their own keys' requests.
#[utoipa::path(get, path = "/requests", tag = "requests", params(RequestQuery), security(("bearer" = [])),
    responses((status = 200, description = "A page of requests", body = RequestPage)))]
pub(crate) async fn list_requests(
    state: State,
    caller: Caller,
    query: Params<RequestQuery>,
) -> Result<Json<RequestPage>, Fault> {
    Ok(Json(list::page(&state, &caller, &query.0).await?))
}

/// Everything known about one request.
///
/// With the arithmetic of its price and why this account answered.
#[utoipa::path(get, path = "/requests/{id}", tag = "requests", security(("bearer" = [])),
    params(("id" = RequestId, Path, description = "The request")),
    responses((status = 200, description = "The request", body = RequestDetail)))]
pub(crate) async fn get_request(caller: Caller, id: PathId<RequestId>) -> Result<Json<RequestDetail>, Fault> {
    Ok(Json(list::get(&caller, id.0).await?))
}

/// A signed receipt of a request.
///
/// Tokens, price version, arithmetic and amount, corrections included, with the proof that they stand in the ledger's
/// batches, signed with the installation's Ed25519 key. `tollgate receipt verify FILE` checks it without a database.
#[utoipa::path(get, path = "/requests/{id}/receipt", tag = "requests", security(("bearer" = [])),
    params(("id" = RequestId, Path, description = "The request")),
    responses((status = 200, description = "The receipt", body = Receipt)))]
pub(crate) async fn get_receipt(
    state: State,
    caller: Caller,
    id: PathId<RequestId>,
) -> Result<Json<Receipt>, Fault> {
    Ok(Json(receipt::issue(&state, &caller, id.0).await?))
}
