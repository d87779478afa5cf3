//! `accounts/batch`: over HTTP.

use crate::mount::Routes;
use crate::state::State;
use actix_web::web;
use tollgate_contract::accounts::{AccountBatch, BatchResult};
use tollgate_http::{Body, Caller, Fault};
use tollgate_net::UpstreamClient;

pub(crate) fn mount(routes: &mut Routes) {
    routes.post("/accounts/batch", batch_accounts);
}

/// Do something to many accounts.
///
/// Each is done or refused by itself; the results come in the order of the ids. Tests are let through as fast as single
/// ones: those that get no turn within half a minute are `too_many_requests`.
#[utoipa::path(post, path = "/accounts/batch", tag = "accounts", request_body = AccountBatch, security(("bearer" = [])),
    responses((status = 200, description = "One result for each account", body = BatchResult)))]
pub(crate) async fn batch_accounts(
    state: State,
    caller: Caller,
    upstream: web::Data<UpstreamClient>,
    batch: Body<AccountBatch>,
) -> Result<web::Json<BatchResult>, Fault> {
    Ok(web::Json(super::run(&state, &caller, &upstream, batch.0).await?))
}
