//! `notices` and `billing/notices`: over HTTP.

use super::service;
use crate::mount::Routes;
use crate::state::State;
use actix_web::web;
use tollgate_contract::notices::{NoticeSettings, Notices};
use tollgate_http::{Body, Caller, Fault};

pub(crate) fn mount(routes: &mut Routes) {
    routes.get("/notices", list_notices);
    routes.get("/billing/notices", notice_settings);
    routes.put("/billing/notices", set_notice_settings);
}

/// List notices.
///
/// Thresholds of budgets that were passed, a low balance, payments that contradict themselves.
#[utoipa::path(get, path = "/notices", tag = "notices", security(("bearer" = [])),
    responses((status = 200, description = "The newest hundred", body = Notices)))]
pub(crate) async fn list_notices(caller: Caller) -> Result<web::Json<Notices>, Fault> {
    Ok(web::Json(service::list(&caller).await?))
}

/// Of what one is told about money.
#[utoipa::path(get, path = "/billing/notices", tag = "notices", security(("bearer" = [])),
    responses((status = 200, description = "As it is set", body = NoticeSettings)))]
pub(crate) async fn notice_settings(caller: Caller) -> Result<web::Json<NoticeSettings>, Fault> {
    Ok(web::Json(service::settings(&caller).await?))
}

/// Set of what one is told about money.
///
/// A notice is written each time the wallet's balance falls below the amount.
#[utoipa::path(put, path = "/billing/notices", tag = "notices", request_body = NoticeSettings,
    security(("bearer" = [])),
    responses((status = 200, description = "As it is set now", body = NoticeSettings)))]
pub(crate) async fn set_notice_settings(
    state: State,
    caller: Caller,
    form: Body<NoticeSettings>,
) -> Result<web::Json<NoticeSettings>, Fault> {
    Ok(web::Json(service::set(&state, &caller, form.0).await?))
}
