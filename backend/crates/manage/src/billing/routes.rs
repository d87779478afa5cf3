//! `billing/…`: over HTTP.

use super::service;
use crate::mount::Routes;
use crate::state::State;
use actix_web::web::Json;
use tollgate_contract::ledger::{Balance, Transfer, TransferQuery};
use tollgate_contract::page::Page;
use tollgate_http::{Caller, Fault, Params};

pub(crate) fn mount(routes: &mut Routes) {
    routes.get("/billing/balance", balance);
    routes.get("/billing/transfers", transfers);
}

/// The wallet's balance.
#[utoipa::path(get, path = "/billing/balance", tag = "billing", security(("bearer" = [])),
    responses((status = 200, description = "Booked, held, and left to draw", body = Balance)))]
pub(crate) async fn balance(state: State, caller: Caller) -> Result<Json<Balance>, Fault> {
    Ok(Json(service::balance(&state, &caller).await?))
}

/// The ledger's transfers, the newest first.
///
/// Usage is booked in batches: one transfer is the sum of its batch's requests.
#[utoipa::path(get, path = "/billing/transfers", tag = "billing", params(TransferQuery), security(("bearer" = [])),
    responses((status = 200, description = "A page of transfers", body = Page<Transfer>)))]
pub(crate) async fn transfers(
    caller: Caller,
    query: Params<TransferQuery>,
) -> Result<Json<Page<Transfer>>, Fault> {
    Ok(Json(service::transfers(&caller, &query.0).await?))
}
