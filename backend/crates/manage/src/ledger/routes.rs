//! `ledger/…` and `retention`: over HTTP.

use super::{keys, letters, overview, repricings, retention};
use crate::mount::Routes;
use crate::state::State;
use actix_web::web::{Json, Path};
use actix_web::{HttpRequest, HttpResponse};
use tollgate_contract::books::{
    BookedRepricing, BooksQuery, BooksState, DeadLetterName, DeadLetterQuery, DeadLetterResolution,
    DeadLetterView, LedgerKeys, PastRepricing, RepricingForm, RepricingOrderForm, RepricingSeen, Retention,
    SealView, Verification, VerificationForm,
};
use tollgate_contract::page::Page;
use tollgate_http::{Body, Caller, Fault, Params};

pub(crate) fn mount(routes: &mut Routes) {
    routes.get("/ledger/keys", ledger_keys);
    routes.get("/ledger/books", books_state);
    routes.get("/ledger/seals", list_seals);
    routes.get("/ledger/seals/{no}", get_seal);
    routes.get("/ledger/verifications", list_verifications);
    routes.post("/ledger/verifications", ask_verification);
    routes.get("/ledger/repricings", list_repricings);
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
pub(crate) async fn ledger_keys(state: State, request: HttpRequest) -> Result<Json<LedgerKeys>, Fault> {
    let address = state.gate().address(&request);
    Ok(Json(keys::list(&state, address).await?))
}

/// How the books are, at a glance: nodes' journals, dead letters, seals that have not arrived, the last verification.
///
/// For the platform's own people alone.
#[utoipa::path(get, path = "/ledger/books", tag = "ledger", security(("bearer" = [])),
    responses((status = 200, description = "As of now", body = BooksState)))]
pub(crate) async fn books_state(state: State, caller: Caller) -> Result<Json<BooksState>, Fault> {
    Ok(Json(overview::state(&state, &caller).await?))
}

/// The seals of the books and where they went, the newest first.
///
/// For the platform's own people alone.
#[utoipa::path(get, path = "/ledger/seals", tag = "ledger", params(BooksQuery), security(("bearer" = [])),
    responses((status = 200, description = "A page of seals", body = Page<SealView>)))]
pub(crate) async fn list_seals(
    state: State,
    caller: Caller,
    query: Params<BooksQuery>,
) -> Result<Json<Page<SealView>>, Fault> {
    Ok(Json(overview::seals(&state, &caller, &query.0).await?))
}

/// A seal's document, as it was sent.
///
/// For the platform's own people alone.
#[utoipa::path(get, path = "/ledger/seals/{no}", tag = "ledger", security(("bearer" = [])),
    params(("no" = i64, Path, description = "Its number")),
    responses((status = 200, description = "JSON lines with a signed end", body = String,
               content_type = "application/x-ndjson")))]
pub(crate) async fn get_seal(state: State, caller: Caller, no: Path<i64>) -> Result<HttpResponse, Fault> {
    let document = overview::seal(&state, &caller, no.into_inner()).await?;
    Ok(HttpResponse::Ok()
        .content_type("application/x-ndjson")
        .body(document))
}

/// Verifications of the books, the newest first.
///
/// For the platform's own people alone.
#[utoipa::path(get, path = "/ledger/verifications", tag = "ledger", params(BooksQuery), security(("bearer" = [])),
    responses((status = 200, description = "A page of verifications", body = Page<Verification>)))]
pub(crate) async fn list_verifications(
    state: State,
    caller: Caller,
    query: Params<BooksQuery>,
) -> Result<Json<Page<Verification>>, Fault> {
    Ok(Json(overview::verifications(&state, &caller, &query.0).await?))
}

/// Have the books verified.
///
/// A node begins within seconds; the list tells what it found. One at a time. For the platform's own people alone.
#[utoipa::path(post, path = "/ledger/verifications", tag = "ledger", request_body = VerificationForm,
    security(("bearer" = [])), responses((status = 202, description = "It is asked for")))]
pub(crate) async fn ask_verification(
    state: State,
    caller: Caller,
    form: Body<VerificationForm>,
) -> Result<HttpResponse, Fault> {
    overview::verify(&state, &caller, form.0).await?;
    Ok(HttpResponse::Accepted().finish())
}

/// Re-pricings that were booked, of all organisations, the newest first.
///
/// For the platform's own people alone.
#[utoipa::path(get, path = "/ledger/repricings", tag = "ledger", params(BooksQuery), security(("bearer" = [])),
    responses((status = 200, description = "A page of re-pricings", body = Page<PastRepricing>)))]
pub(crate) async fn list_repricings(
    state: State,
    caller: Caller,
    query: Params<BooksQuery>,
) -> Result<Json<Page<PastRepricing>>, Fault> {
    Ok(Json(repricings::list(&state, &caller, &query.0).await?))
}

/// Look at what past requests would be charged and cost by other prices.
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
