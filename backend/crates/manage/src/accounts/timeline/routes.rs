//! `accounts/{platform}/{id}/events` and `…/history` over HTTP.

use super::{events, history};
use crate::accounts::routes::OnPlatform;
use crate::state::State;
use actix_web::web;
use tollgate_contract::accounts::{AccountEvents, AccountHistory};
use tollgate_contract::ids::AccountId;
use tollgate_contract::platform::Platform;
use tollgate_http::{Caller, Fault, PathId};

/// See what happened to an upstream account.
///
/// Its states, renewals, tests, resets and connections, the newest first; 200 at most.
#[utoipa::path(get, path = "/accounts/{platform}/{id}/events", operation_id = "account_events", tag = "accounts",
    security(("bearer" = [])),
    params(("platform" = Platform, Path, description = "The platform"), ("id" = AccountId, Path, description = "The account")),
    responses((status = 200, description = "The newest first", body = AccountEvents)))]
pub(crate) async fn account_events(
    caller: Caller,
    platform: OnPlatform,
    id: PathId<AccountId>,
) -> Result<web::Json<AccountEvents>, Fault> {
    Ok(web::Json(events(&caller, platform.0, id.0).await?))
}

/// See an upstream account's usage by day.
///
/// The last 30 days of the tenant's zone, today included.
#[utoipa::path(get, path = "/accounts/{platform}/{id}/history", operation_id = "account_history", tag = "accounts",
    security(("bearer" = [])),
    params(("platform" = Platform, Path, description = "The platform"), ("id" = AccountId, Path, description = "The account")),
    responses((status = 200, description = "Every day, the oldest first", body = AccountHistory)))]
pub(crate) async fn account_history(
    state: State,
    caller: Caller,
    platform: OnPlatform,
    id: PathId<AccountId>,
) -> Result<web::Json<AccountHistory>, Fault> {
    Ok(web::Json(history(&state, &caller, platform.0, id.0).await?))
}
