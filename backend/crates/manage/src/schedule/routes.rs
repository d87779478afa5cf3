//! `schedule/explain` over HTTP.

use super::service;
use crate::mount::Routes;
use crate::state::State;
use actix_web::web;
use tollgate_contract::schedule::{ExplainRequest, ScheduleAnswer};
use tollgate_http::{Body, Caller, Fault};

pub(crate) fn mount(routes: &mut Routes) {
    routes.post("/schedule/explain", explain);
}

/// See where a request would go now.
///
/// Nothing is sent, and no seat is taken. All accounts are considered, and for each it is said why it was out or came later.
/// Of accounts that the platform lends, no more is told than that they are the platform's and whether they take requests.
#[utoipa::path(post, path = "/schedule/explain", operation_id = "explain_schedule", tag = "schedule",
    request_body = ExplainRequest, security(("bearer" = [])),
    responses((status = 200, description = "Where it would go, or why nowhere", body = ScheduleAnswer)))]
pub(crate) async fn explain(
    state: State,
    caller: Caller,
    form: Body<ExplainRequest>,
) -> Result<web::Json<ScheduleAnswer>, Fault> {
    Ok(web::Json(service::explain(&state, &caller, form.0).await?))
}
