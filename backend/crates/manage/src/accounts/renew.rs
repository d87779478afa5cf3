//! `accounts/{platform}/{id}/refresh`: an account's token is renewed because a person asks. Never in here: renewing ahead of
//! time, which the scheduler does.

use super::routes::OnPlatform;
use super::service;
use crate::permissions::{Action, require};
use crate::state::{ManageState, State};
use actix_web::http::header::RETRY_AFTER;
use actix_web::web;
use chrono::{DateTime, Utc};
use tollgate_contract::accounts::Account;
use tollgate_contract::ids::AccountId;
use tollgate_contract::platform::Platform;
use tollgate_http::throttle::retry_after_secs;
use tollgate_http::{Caller, Code, Fault, PathId};
use tollgate_scheduler::RenewFault;

/// Renew an upstream account's token.
///
/// Of accounts that were connected at their vendor, of Entra ID applications and AWS roles. It is renewed once, however many
/// ask at once, through the account's proxy.
#[utoipa::path(post, path = "/accounts/{platform}/{id}/refresh", operation_id = "refresh_account", tag = "accounts",
    security(("bearer" = [])),
    params(("platform" = Platform, Path, description = "The platform"), ("id" = AccountId, Path, description = "The account")),
    responses((status = 200, description = "The account as it is now", body = Account)))]
pub(crate) async fn refresh(
    state: State,
    caller: Caller,
    platform: OnPlatform,
    id: PathId<AccountId>,
) -> Result<web::Json<Account>, Fault> {
    Ok(web::Json(renewed(&state, &caller, platform.0, id.0).await?))
}

async fn renewed(
    state: &ManageState,
    caller: &Caller,
    platform: Platform,
    account: AccountId,
) -> Result<Account, Fault> {
    require(caller, Action::AccountsWrite)?;
    state
        .trial_door()
        .attempt(&caller.tenant_id.to_string())
        .map_err(|wait| Fault::too_many(retry_after_secs(wait)))?;
    let mut tx = caller.tx().await?;
    let stored = service::locked(&mut tx, platform, account).await?;
    drop(tx);
    if !stored.settings.credential_kind.is_issuing() {
        return Err(Fault::new(Code::NotApplicable)
            .detail("Its credential is sent as it is; nothing is issued from it."));
    }
    let renewed = state.renewer().renew(caller.tenant_id, account, None).await;
    renewed.map_err(|fault| refused(fault, state.clock().now()))?;
    service::shown(state, caller, &mut caller.tx().await?, platform, account).await
}

fn refused(fault: RenewFault, now: DateTime<Utc>) -> Fault {
    let code = match &fault {
        RenewFault::Revoked(_) | RenewFault::NotRenewable => Code::GrantRevoked,
        RenewFault::Misconfigured(_) | RenewFault::Fresh => Code::VendorRefused,
        RenewFault::Later { .. } => Code::VendorBusy,
        RenewFault::NoSuch => Code::NotFound,
        RenewFault::Unavailable => Code::Unavailable,
    };
    let told = Fault::new(code).detail(format!("{fault}."));
    match fault {
        RenewFault::Later { retry_at, .. } => {
            let wait = (retry_at - now).num_seconds().max(1);
            told.header(RETRY_AFTER, &wait.to_string())
        }
        _ => told,
    }
}
