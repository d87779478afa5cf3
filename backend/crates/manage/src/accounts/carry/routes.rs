//! `accounts/export` and `accounts/import`: over HTTP.

use super::{export, import};
use crate::mount::Routes;
use crate::state::State;
use actix_web::web;
use tollgate_contract::accounts::{AccountBundle, ExportAccounts, ImportAccounts, ImportResult};
use tollgate_http::{Body, Caller, Fault, OptionalBody};

/// Largest file that is read back: a thousand accounts of some kilobytes.
const FILE_MAX: usize = 4 * 1024 * 1024;

pub(crate) fn mount(routes: &mut Routes) {
    routes.post("/accounts/export", export_accounts);
    routes.post("/accounts/import", import_accounts);
}

/// Export upstream accounts.
///
/// Credentials and extra headers are in the file only if a passphrase is given, and encrypted with it (argon2id,
/// AES-256-GCM). Of accounts that were connected by a vendor's page, the grant is: used in two places, either may lose it
/// when the other renews its token.
#[utoipa::path(post, path = "/accounts/export", tag = "accounts", request_body = Option<ExportAccounts>, security(("bearer" = [])),
    responses((status = 200, description = "The file", body = AccountBundle)))]
pub(crate) async fn export_accounts(
    state: State,
    caller: Caller,
    form: OptionalBody<ExportAccounts>,
) -> Result<web::Json<AccountBundle>, Fault> {
    Ok(web::Json(export::run(&state, &caller, form.0).await?))
}

/// Import upstream accounts.
///
/// All of the file or nothing is stored. An account whose platform and name are there already is left as it is, one
/// without secrets is left out. A dry run tells of each what would come of it, what is wrong with it included.
#[utoipa::path(post, path = "/accounts/import", tag = "accounts", request_body = ImportAccounts, security(("bearer" = [])),
    responses((status = 200, description = "One result for each account", body = ImportResult)))]
pub(crate) async fn import_accounts(
    state: State,
    caller: Caller,
    form: Body<ImportAccounts, FILE_MAX>,
) -> Result<web::Json<ImportResult>, Fault> {
    Ok(web::Json(import::run(&state, &caller, form.0).await?))
}
