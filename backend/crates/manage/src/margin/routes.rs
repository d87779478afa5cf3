//! `margin`: over HTTP.

use super::{export, service};
use crate::mount::Routes;
use crate::state::State;
use actix_web::HttpResponse;
use actix_web::web::Json;
use tollgate_contract::margin::{MarginQuery, MarginReport};
use tollgate_http::{Caller, Fault, Params};

pub(crate) fn mount(routes: &mut Routes) {
    routes.get("/margin", margin);
    routes.get("/margin/export", export_margin);
}

/// Cost, charge and margin of the platform's own accounts.
///
/// For the platform's own organisation alone. Days are UTC, as providers bill them.
#[utoipa::path(get, path = "/margin", tag = "margin", params(MarginQuery), security(("bearer" = [])),
    responses((status = 200, description = "Totals, rows, days, and the tie to the ledger", body = MarginReport)))]
pub(crate) async fn margin(
    state: State,
    caller: Caller,
    query: Params<MarginQuery>,
) -> Result<Json<MarginReport>, Fault> {
    Ok(Json(service::report(&state, &caller, &query.0).await?))
}

/// The same as CSV, with a row of totals.
#[utoipa::path(get, path = "/margin/export", tag = "margin", params(MarginQuery), security(("bearer" = [])),
    responses((status = 200, description = "The table", body = String, content_type = "text/csv")))]
pub(crate) async fn export_margin(
    state: State,
    caller: Caller,
    query: Params<MarginQuery>,
) -> Result<HttpResponse, Fault> {
    export::answer(&service::report(&state, &caller, &query.0).await?)
}
