//! `provider-reports` and `reconciliation`: over HTTP.

use super::{requests, service};
use crate::mount::Routes;
use crate::state::State;
use actix_web::HttpResponse;
use actix_web::web::Json;
use tollgate_contract::ids::ReportId;
use tollgate_contract::reconcile::{
    ProviderReports, REPORT_BYTES_MAX, ReconcileQuery, ReconcileRequests, ReconcileRequestsQuery,
    Reconciliation, ReportUpload, ReportUploaded,
};
use tollgate_http::{Body, Caller, Fault, Params, PathId};

/// A file as a JSON string: each quote and line break in it takes two bytes.
const UPLOAD_MAX: usize = 2 * REPORT_BYTES_MAX + 4096;

pub(crate) fn mount(routes: &mut Routes) {
    routes.get("/provider-reports", list_reports);
    routes.post("/provider-reports", upload_report);
    routes.delete("/provider-reports/{id}", delete_report);
    routes.get("/reconciliation", reconciliation);
    routes.get("/reconciliation/requests", reconciled_requests);
}

/// Cost and usage reports of providers that were uploaded.
#[utoipa::path(get, path = "/provider-reports", tag = "reconciliation", security(("bearer" = [])),
    responses((status = 200, description = "The newest first", body = ProviderReports)))]
pub(crate) async fn list_reports(caller: Caller) -> Result<Json<ProviderReports>, Fault> {
    Ok(Json(service::list(&caller).await?))
}

/// Upload a provider's report.
///
/// OpenAI's `/v1/organization/costs` and `/v1/organization/usage/completions`, Anthropic's
/// `/v1/organizations/cost_report` and `/v1/organizations/usage_report/messages` as JSON (a page, or an array of all
/// pages), or the CSV exports of their consoles. What is wrong is named by line and field, and nothing is kept then. The
/// same content again changes nothing.
#[utoipa::path(post, path = "/provider-reports", tag = "reconciliation", request_body = ReportUpload, security(("bearer" = [])),
    responses((status = 200, description = "The report", body = ReportUploaded)))]
pub(crate) async fn upload_report(
    state: State,
    caller: Caller,
    form: Body<ReportUpload, UPLOAD_MAX>,
) -> Result<Json<ReportUploaded>, Fault> {
    Ok(Json(service::upload(&state, &caller, form.0).await?))
}

/// Forget a provider's report.
#[utoipa::path(delete, path = "/provider-reports/{id}", tag = "reconciliation", security(("bearer" = [])),
    params(("id" = ReportId, Path, description = "The report")),
    responses((status = 204, description = "It is forgotten")))]
pub(crate) async fn delete_report(
    state: State,
    caller: Caller,
    id: PathId<ReportId>,
) -> Result<HttpResponse, Fault> {
    service::delete(&state, &caller, id.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// What was booked of an account beside what its provider says.
///
/// By the provider's day (UTC) and model. Of several reports of a kind that speak of a day, the one uploaded last counts.
#[utoipa::path(get, path = "/reconciliation", tag = "reconciliation", params(ReconcileQuery), security(("bearer" = [])),
    responses((status = 200, description = "Total, days and models", body = Reconciliation)))]
pub(crate) async fn reconciliation(
    state: State,
    caller: Caller,
    query: Params<ReconcileQuery>,
) -> Result<Json<Reconciliation>, Fault> {
    Ok(Json(service::reconcile(&state, &caller, &query.0).await?))
}

/// The requests behind a row.
///
/// Those whose end nobody knows first, then estimated ones, then the dearest.
#[utoipa::path(get, path = "/reconciliation/requests", tag = "reconciliation", params(ReconcileRequestsQuery),
    security(("bearer" = [])),
    responses((status = 200, description = "At most 200", body = ReconcileRequests)))]
pub(crate) async fn reconciled_requests(
    state: State,
    caller: Caller,
    query: Params<ReconcileRequestsQuery>,
) -> Result<Json<ReconcileRequests>, Fault> {
    Ok(Json(requests::behind(&state, &caller, &query.0).await?))
}
