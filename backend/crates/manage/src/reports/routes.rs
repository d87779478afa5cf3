//! `reports/…`: over HTTP.

use super::service;
use crate::mount::Routes;
use crate::state::State;
use actix_web::web::Json;
use tollgate_contract::reports::{Report, ReportBatch, ReportQuery, Reports};
use tollgate_http::{Body, Caller, Fault, Params};

pub(crate) fn mount(routes: &mut Routes) {
    routes.get("/reports/usage", usage_report);
    routes.post("/reports/usage", usage_reports);
}

/// Usage over a range of time.
///
/// By up to two of key, model, person, tag, account, platform, program, status and cost centre; over time; beside another
/// range. Members see their own keys' usage.
#[utoipa::path(get, path = "/reports/usage", tag = "reports", params(ReportQuery), security(("bearer" = [])),
    responses((status = 200, description = "Totals, rows and points that tie", body = Report)))]
pub(crate) async fn usage_report(
    state: State,
    caller: Caller,
    query: Params<ReportQuery>,
) -> Result<Json<Report>, Fault> {
    let mut reports = service::reports(&state, &caller, std::slice::from_ref(&query.0)).await?;
    let report = reports
        .pop()
        .ok_or_else(|| Fault::internal("a report is missing"))?;
    Ok(Json(report))
}

/// Several reports of one moment.
#[utoipa::path(post, path = "/reports/usage", tag = "reports", request_body = ReportBatch, security(("bearer" = [])),
    responses((status = 200, description = "In the order asked for", body = Reports)))]
pub(crate) async fn usage_reports(
    state: State,
    caller: Caller,
    batch: Body<ReportBatch>,
) -> Result<Json<Reports>, Fault> {
    let reports = service::reports(&state, &caller, &batch.0.reports).await?;
    Ok(Json(Reports { reports }))
}
