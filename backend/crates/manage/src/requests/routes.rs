//! `requests`: over HTTP.

use super::list;
use crate::mount::Routes;
use crate::state::State;
use actix_web::web::Json;
use tollgate_contract::ids::RequestId;
use tollgate_contract::page::Page;
use tollgate_contract::requests::{RequestDetail, RequestLine, RequestQuery};
use tollgate_http::{Caller, Fault, Params, PathId};

pub(crate) fn mount(routes: &mut Routes) {
    routes.get("/requests", list_requests);
    routes.get("/requests/{id}", get_request);
}

/// The request log, the newest first.
///
/// Failed requests are there too. Members see their own keys' requests.
#[utoipa::path(get, path = "/requests", tag = "requests", params(RequestQuery), security(("bearer" = [])),
    responses((status = 200, description = "A page of requests", body = Page<RequestLine>)))]
pub(crate) async fn list_requests(
    state: State,
    caller: Caller,
    query: Params<RequestQuery>,
) -> Result<Json<Page<RequestLine>>, Fault> {
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
