//! `ledger/…` and `retention`: over HTTP.

use super::{keys, letters, repricings, retention};
use crate::mount::Routes;
use crate::state::State;
use actix_web::HttpResponse;
use actix_web::web::Json;
use tollgate_contract::books::{
    BookedRepricing, DeadLetterName, DeadLetterQuery, DeadLetterResolution, DeadLetterView, LedgerKeys,
    RepricingForm, RepricingOrderForm, RepricingSeen, Retention,
};
use tollgate_contract::page::Page;
use tollgate_http::{Body, Caller, Fault, Params};

pub(crate) fn mount(routes: &mut Routes) {
    routes.get("/ledger/keys", ledger_keys);
    routes.post("/ledger/repricings/preview", preview_repricing);
    routes.post("/ledger/repricings", apply_repricing);
    routes.get("/ledger/dead-letters", list_dead_letters);
    routes.post("/ledger/dead-letters/retry", retry_dead_letter);
    routes.post("/ledger/dead-letters/resolve", resolve_dead_letter);
    routes.get("/retention", get_retention);
    routes.put("/retention", set_retention);
}

/// The public keys with which seals and receipts are checked.
///
/// For anybody. Old keys stay, so that what they signed can still be checked.
#[utoipa::path(get, path = "/ledger/keys", tag = "ledger",
    responses((status = 200, description = "All keys, the newest first", body = LedgerKeys)))]
pub(crate) async fn ledger_keys(state: State) -> Result<Json<LedgerKeys>, Fault> {
    Ok(Json(keys::list(&state).await?))
}

/// Look at what past requests would cost by other prices.
///
/// Nothing is booked. For the platform's own people alone.
#[utoipa::path(post, path = "/ledger/repricings/preview", tag = "ledger", request_body = RepricingForm,
    security(("bearer" = [])),
    responses((status = 200, description = "What would change", body = RepricingSeen)))]
pub(crate) async fn preview_repricing(
    state: State,
    caller: Caller,
    form: Body<RepricingForm>,
) -> Result<Json<RepricingSeen>, Fault> {
    Ok(Json(repricings::preview(&state, &caller, form.0).await?))
}

/// Book past requests by other prices, exactly as they were previewed.
///
/// As one batch of corrections; the same id again books nothing more. For the platform's own people alone.
#[utoipa::path(post, path = "/ledger/repricings", tag = "ledger", request_body = RepricingOrderForm,
    security(("bearer" = [])),
    responses((status = 200, description = "What is booked", body = BookedRepricing)))]
pub(crate) async fn apply_repricing(
    state: State,
    caller: Caller,
    form: Body<RepricingOrderForm>,
) -> Result<Json<BookedRepricing>, Fault> {
    Ok(Json(repricings::apply(&state, &caller, form.0).await?))
}

/// The journals' entries that could not be booked, the newest first.
///
/// For the platform's own people alone.
#[utoipa::path(get, path = "/ledger/dead-letters", tag = "ledger", params(DeadLetterQuery), security(("bearer" = [])),
    responses((status = 200, description = "A page of dead letters", body = Page<DeadLetterView>)))]
pub(crate) async fn list_dead_letters(
    state: State,
    caller: Caller,
    query: Params<DeadLetterQuery>,
) -> Result<Json<Page<DeadLetterView>>, Fault> {
    Ok(Json(letters::list(&state, &caller, &query.0).await?))
}

/// Book a dead letter after all.
///
/// As if it came from its journal now. For the platform's own people alone.
#[utoipa::path(post, path = "/ledger/dead-letters/retry", tag = "ledger", request_body = DeadLetterName,
    security(("bearer" = [])), responses((status = 204, description = "It is booked")))]
pub(crate) async fn retry_dead_letter(
    state: State,
    caller: Caller,
    form: Body<DeadLetterName>,
) -> Result<HttpResponse, Fault> {
    letters::retry(&state, &caller, form.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Give a dead letter up, with a reason.
///
/// Nothing is booked of it. For the platform's own people alone.
#[utoipa::path(post, path = "/ledger/dead-letters/resolve", tag = "ledger", request_body = DeadLetterResolution,
    security(("bearer" = [])), responses((status = 204, description = "It is given up")))]
pub(crate) async fn resolve_dead_letter(
    state: State,
    caller: Caller,
    form: Body<DeadLetterResolution>,
) -> Result<HttpResponse, Fault> {
    letters::resolve(&state, &caller, form.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// How long what is personal in requests is kept.
#[utoipa::path(get, path = "/retention", tag = "retention", security(("bearer" = [])),
    responses((status = 200, description = "As it is now", body = Retention)))]
pub(crate) async fn get_retention(caller: Caller) -> Result<Json<Retention>, Fault> {
    Ok(Json(retention::get(&caller).await?))
}

/// Say how long what is personal in requests is kept.
///
/// What was blanked stays blank.
#[utoipa::path(put, path = "/retention", tag = "retention", request_body = Retention, security(("bearer" = [])),
    responses((status = 200, description = "As it is now", body = Retention)))]
pub(crate) async fn set_retention(
    state: State,
    caller: Caller,
    form: Body<Retention>,
) -> Result<Json<Retention>, Fault> {
    Ok(Json(retention::set(&state, &caller, form.0).await?))
}
