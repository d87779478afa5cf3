//! `prices`: over HTTP.

use super::{own, service};
use crate::mount::Routes;
use crate::state::State;
use actix_web::web;
use tollgate_contract::ids::PriceVersionId;
use tollgate_contract::prices::{
    EditPrices, ImportPrices, ModelPriceQuery, ModelPrices, PriceChangeResult, PriceDiff, PriceDiffQuery,
    PriceVersions, TenantPrices,
};
use tollgate_http::{Body, Caller, Fault, Params, PathId};

/// Largest list that is read: LiteLLM's has some two megabytes, and more within JSON.
const LIST_MAX: usize = 16 * 1024 * 1024;

pub(crate) fn mount(routes: &mut Routes) {
    routes.get("/prices", own_prices);
    routes.get("/prices/versions", price_versions);
    routes.get("/prices/versions/{id}", price_rows);
    routes.get("/prices/diff", price_diff);
    routes.post("/prices/import", import_prices);
    routes.post("/prices/edit", edit_prices);
}

/// What the organisation pays.
///
/// For each service that it has an account of or may use, the models with a price: its plan is in them. What comes next is
/// told where it differs.
#[utoipa::path(get, path = "/prices", tag = "prices", security(("bearer" = [])),
    responses((status = 200, description = "Prices by service and model", body = TenantPrices)))]
pub(crate) async fn own_prices(state: State, caller: Caller) -> Result<web::Json<TenantPrices>, Fault> {
    Ok(web::Json(own::prices(&state, &caller).await?))
}

/// List the versions of the price book.
///
/// The platform's own organisation alone; the newest first.
#[utoipa::path(get, path = "/prices/versions", tag = "prices", security(("bearer" = [])),
    responses((status = 200, description = "All versions", body = PriceVersions)))]
pub(crate) async fn price_versions(state: State, caller: Caller) -> Result<web::Json<PriceVersions>, Fault> {
    Ok(web::Json(service::versions(&state, &caller).await?))
}

/// Show a version's rows.
///
/// The platform's own organisation alone.
#[utoipa::path(get, path = "/prices/versions/{id}", tag = "prices", security(("bearer" = [])),
    params(("id" = PriceVersionId, Path, description = "The version"), ModelPriceQuery),
    responses((status = 200, description = "Some of its rows", body = ModelPrices)))]
pub(crate) async fn price_rows(
    state: State,
    caller: Caller,
    id: PathId<PriceVersionId>,
    query: Params<ModelPriceQuery>,
) -> Result<web::Json<ModelPrices>, Fault> {
    Ok(web::Json(service::rows(&state, &caller, id.0, &query.0).await?))
}

/// Compare two versions.
///
/// The platform's own organisation alone.
#[utoipa::path(get, path = "/prices/diff", tag = "prices", params(PriceDiffQuery), security(("bearer" = [])),
    responses((status = 200, description = "What differs", body = PriceDiff)))]
pub(crate) async fn price_diff(
    state: State,
    caller: Caller,
    query: Params<PriceDiffQuery>,
) -> Result<web::Json<PriceDiff>, Fault> {
    Ok(web::Json(service::compare(&state, &caller, query.0).await?))
}

/// Import a price list.
///
/// With `dry_run` it only tells what would change against the newest version; sent again with that version as
/// `base_version` it becomes a version that holds from its date on. The platform's own organisation alone.
#[utoipa::path(post, path = "/prices/import", tag = "prices", request_body = ImportPrices, security(("bearer" = [])),
    responses((status = 200, description = "What changed, or would", body = PriceChangeResult)))]
pub(crate) async fn import_prices(
    state: State,
    caller: Caller,
    form: Body<ImportPrices, LIST_MAX>,
) -> Result<web::Json<PriceChangeResult>, Fault> {
    Ok(web::Json(service::import(&state, &caller, form.0).await?))
}

/// Edit prices.
///
/// Makes a version of its own out of the newest one, with some rows changed. The platform's own organisation alone.
#[utoipa::path(post, path = "/prices/edit", tag = "prices", request_body = EditPrices, security(("bearer" = [])),
    responses((status = 200, description = "What changed, or would", body = PriceChangeResult)))]
pub(crate) async fn edit_prices(
    state: State,
    caller: Caller,
    form: Body<EditPrices>,
) -> Result<web::Json<PriceChangeResult>, Fault> {
    Ok(web::Json(service::edit(&state, &caller, form.0).await?))
}
