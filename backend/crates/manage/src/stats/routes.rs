//! `stats/…` and `dashboard/overview`: over HTTP.

use super::{overview, report, trend};
use crate::mount::Routes;
use crate::state::State;
use actix_web::web::Json;
use tollgate_contract::stats::{
    CostReport, ModelReport, Overview, OverviewQuery, RangeQuery, StatsQuery, TrendQuery, Trends, UsageReport,
};
use tollgate_http::{Caller, Fault, Params};

pub(crate) fn mount(routes: &mut Routes) {
    routes.get("/stats/usage", usage);
    routes.get("/stats/cost", cost);
    routes.get("/stats/models", models);
    routes.get("/stats/trends", trends);
    routes.get("/dashboard/overview", dashboard);
}

/// Usage over a range of days.
///
/// Members see their own keys' usage.
#[utoipa::path(get, path = "/stats/usage", tag = "stats", params(StatsQuery), security(("bearer" = [])),
    responses((status = 200, description = "Totals, and rows of what was asked for", body = UsageReport)))]
pub(crate) async fn usage(
    state: State,
    caller: Caller,
    query: Params<StatsQuery>,
) -> Result<Json<UsageReport>, Fault> {
    Ok(Json(report::usage(&state, &caller, &query.0).await?))
}

/// Cost over a range of days, beside the same length of time before.
#[utoipa::path(get, path = "/stats/cost", tag = "stats", params(StatsQuery), security(("bearer" = [])),
    responses((status = 200, description = "Totals, and rows with their share", body = CostReport)))]
pub(crate) async fn cost(
    state: State,
    caller: Caller,
    query: Params<StatsQuery>,
) -> Result<Json<CostReport>, Fault> {
    Ok(Json(report::cost(&state, &caller, &query.0).await?))
}

/// Usage by model over a range of days.
#[utoipa::path(get, path = "/stats/models", tag = "stats", params(RangeQuery), security(("bearer" = [])),
    responses((status = 200, description = "The dearest first", body = ModelReport)))]
pub(crate) async fn models(
    state: State,
    caller: Caller,
    query: Params<RangeQuery>,
) -> Result<Json<ModelReport>, Fault> {
    Ok(Json(report::models(&state, &caller, &query.0).await?))
}

/// Usage over time, for a chart.
#[utoipa::path(get, path = "/stats/trends", tag = "stats", params(TrendQuery), security(("bearer" = [])),
    responses((status = 200, description = "Points in order, gaps filled with zeros", body = Trends)))]
pub(crate) async fn trends(
    state: State,
    caller: Caller,
    query: Params<TrendQuery>,
) -> Result<Json<Trends>, Fault> {
    Ok(Json(trend::trends(&state, &caller, &query.0).await?))
}

/// Is all well, how much today, what changed.
#[utoipa::path(get, path = "/dashboard/overview", tag = "dashboard", params(OverviewQuery),
    security(("bearer" = [])),
    responses((status = 200, description = "The dashboard in one answer", body = Overview)))]
pub(crate) async fn dashboard(
    state: State,
    caller: Caller,
    query: Params<OverviewQuery>,
) -> Result<Json<Overview>, Fault> {
    Ok(Json(overview::overview(&state, &caller, query.0.range).await?))
}
