//! `billing/profile`, `billing/terms`, `billing/issuer`, `billing/rates`, `billing/organisations`: over HTTP.

use super::{profile, rates};
use crate::mount::Routes;
use crate::state::State;
use actix_web::web::Json;
use tollgate_contract::billing::{
    BilledOrganisations, BillingProfile, EnterRates, ExchangeRates, IssuerForm, ProfileForm, TermsForm,
};
use tollgate_contract::periods::BooksQuery;
use tollgate_http::{Body, Caller, Fault, Params};

/// Room for a logo in base64, and for a thousand rates.
const FORM_MAX: usize = 256 * 1024;

pub(crate) fn mount(routes: &mut Routes) {
    routes.get("/billing/profile", get_profile);
    routes.put("/billing/profile", set_profile);
    routes.put("/billing/terms", set_terms);
    routes.get("/billing/issuer", get_issuer);
    routes.put("/billing/issuer", set_issuer);
    routes.get("/billing/rates", list_rates);
    routes.post("/billing/rates", enter_rates);
    routes.get("/billing/organisations", list_organisations);
}

/// To whom and how an organisation is billed.
#[utoipa::path(get, path = "/billing/profile", tag = "billing", params(BooksQuery), security(("bearer" = [])),
    responses((status = 200, description = "With what is missing for an invoice", body = BillingProfile)))]
pub(crate) async fn get_profile(
    state: State,
    caller: Caller,
    query: Params<BooksQuery>,
) -> Result<Json<BillingProfile>, Fault> {
    Ok(Json(profile::get(&state, &caller, query.0.tenant_id).await?))
}

/// Set to whom an organisation is billed.
#[utoipa::path(put, path = "/billing/profile", tag = "billing", request_body = ProfileForm, params(BooksQuery),
    security(("bearer" = [])),
    responses((status = 200, description = "As it is now", body = BillingProfile)))]
pub(crate) async fn set_profile(
    state: State,
    caller: Caller,
    query: Params<BooksQuery>,
    form: Body<ProfileForm>,
) -> Result<Json<BillingProfile>, Fault> {
    Ok(Json(
        profile::set(&state, &caller, query.0.tenant_id, form.0).await?,
    ))
}

/// Set an organisation's tax and how it pays.
///
/// The operator's alone.
#[utoipa::path(put, path = "/billing/terms", tag = "billing", request_body = TermsForm, params(BooksQuery),
    security(("bearer" = [])),
    responses((status = 200, description = "As it is now", body = BillingProfile)))]
pub(crate) async fn set_terms(
    state: State,
    caller: Caller,
    query: Params<BooksQuery>,
    form: Body<TermsForm>,
) -> Result<Json<BillingProfile>, Fault> {
    Ok(Json(
        profile::set_terms(&state, &caller, query.0.tenant_id, form.0).await?,
    ))
}

/// How documents look.
///
/// The operator's alone.
#[utoipa::path(get, path = "/billing/issuer", tag = "billing", security(("bearer" = [])),
    responses((status = 200, description = "As it is set", body = IssuerForm)))]
pub(crate) async fn get_issuer(caller: Caller) -> Result<Json<IssuerForm>, Fault> {
    Ok(Json(profile::issuer(&caller).await?))
}

/// Set how documents look.
///
/// The operator's alone. Documents that were issued stay as they are.
#[utoipa::path(put, path = "/billing/issuer", tag = "billing", request_body = IssuerForm, security(("bearer" = [])),
    responses((status = 200, description = "As it is set now", body = IssuerForm)))]
pub(crate) async fn set_issuer(
    state: State,
    caller: Caller,
    form: Body<IssuerForm, FORM_MAX>,
) -> Result<Json<IssuerForm>, Fault> {
    Ok(Json(profile::set_issuer(&state, &caller, form.0).await?))
}

/// List exchange rates.
#[utoipa::path(get, path = "/billing/rates", tag = "billing", security(("bearer" = [])),
    responses((status = 200, description = "By currency, the newest first", body = ExchangeRates)))]
pub(crate) async fn list_rates(caller: Caller) -> Result<Json<ExchangeRates>, Fault> {
    Ok(Json(rates::list(&caller).await?))
}

/// Enter exchange rates.
///
/// The operator's alone. A day's rate is never changed; the same again changes nothing.
#[utoipa::path(post, path = "/billing/rates", tag = "billing", request_body = EnterRates, security(("bearer" = [])),
    responses((status = 200, description = "All rates", body = ExchangeRates)))]
pub(crate) async fn enter_rates(
    state: State,
    caller: Caller,
    form: Body<EnterRates, FORM_MAX>,
) -> Result<Json<ExchangeRates>, Fault> {
    Ok(Json(rates::enter(&state, &caller, form.0).await?))
}

/// List organisations that are billed.
///
/// The operator's alone.
#[utoipa::path(get, path = "/billing/organisations", tag = "billing", security(("bearer" = [])),
    responses((status = 200, description = "By short name", body = BilledOrganisations)))]
pub(crate) async fn list_organisations(
    state: State,
    caller: Caller,
) -> Result<Json<BilledOrganisations>, Fault> {
    Ok(Json(profile::organisations(&state, &caller).await?))
}
