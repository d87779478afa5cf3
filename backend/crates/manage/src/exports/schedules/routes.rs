//! `export-schedules`: over HTTP.

use super::form;
use crate::mount::Routes;
use crate::state::State;
use actix_web::HttpResponse;
use actix_web::web::Json;
use tollgate_contract::exports::{
    MadeSchedule, Schedule, ScheduleDeliveries, ScheduleDelivery, ScheduleForm, Schedules,
};
use tollgate_contract::ids::ScheduleId;
use tollgate_http::{Body, Caller, Fault, PathId};

pub(crate) fn mount(routes: &mut Routes) {
    routes.get("/export-schedules", list_schedules);
    routes.post("/export-schedules", create_schedule);
    routes.get("/export-schedules/{id}", get_schedule);
    routes.put("/export-schedules/{id}", update_schedule);
    routes.delete("/export-schedules/{id}", delete_schedule);
    routes.post("/export-schedules/{id}/run", run_schedule);
    routes.get("/export-schedules/{id}/deliveries", list_deliveries);
}

/// List schedules of exports.
#[utoipa::path(get, path = "/export-schedules", tag = "exports", security(("bearer" = [])),
    responses((status = 200, description = "By name, each with its latest delivery", body = Schedules)))]
pub(crate) async fn list_schedules(caller: Caller) -> Result<Json<Schedules>, Fault> {
    Ok(Json(form::list(&caller).await?))
}

/// Add a schedule of exports.
///
/// Each run keeps an export of the day, week or month before and sends a link to it, which works for seven days: by mail,
/// or by a `POST` that is signed with `tollgate-signature: t=SECONDS,v1=HEX`, where HEX is the HMAC-SHA-256 of
/// `SECONDS.BODY` under the secret that the answer shows once. Calls of one delivery share an `idempotency-key`. Letters go
/// to members and to the billing profile's contact alone.
#[utoipa::path(post, path = "/export-schedules", tag = "exports", request_body = ScheduleForm,
    security(("bearer" = [])),
    responses((status = 201, description = "The schedule", body = MadeSchedule)))]
pub(crate) async fn create_schedule(
    state: State,
    caller: Caller,
    form: Body<ScheduleForm>,
) -> Result<HttpResponse, Fault> {
    Ok(HttpResponse::Created().json(form::create(&state, &caller, form.0).await?))
}

/// Show a schedule of exports.
#[utoipa::path(get, path = "/export-schedules/{id}", tag = "exports", security(("bearer" = [])),
    params(("id" = ScheduleId, Path, description = "The schedule")),
    responses((status = 200, description = "The schedule", body = Schedule)))]
pub(crate) async fn get_schedule(caller: Caller, id: PathId<ScheduleId>) -> Result<Json<Schedule>, Fault> {
    Ok(Json(form::get(&caller, id.0).await?))
}

/// Change a schedule of exports.
///
/// A webhook of another address gets another secret.
#[utoipa::path(put, path = "/export-schedules/{id}", tag = "exports", request_body = ScheduleForm,
    security(("bearer" = [])), params(("id" = ScheduleId, Path, description = "The schedule")),
    responses((status = 200, description = "As it is now", body = MadeSchedule)))]
pub(crate) async fn update_schedule(
    state: State,
    caller: Caller,
    id: PathId<ScheduleId>,
    form: Body<ScheduleForm>,
) -> Result<Json<MadeSchedule>, Fault> {
    Ok(Json(form::update(&state, &caller, id.0, form.0).await?))
}

/// Delete a schedule of exports.
#[utoipa::path(delete, path = "/export-schedules/{id}", tag = "exports", security(("bearer" = [])),
    params(("id" = ScheduleId, Path, description = "The schedule")),
    responses((status = 204, description = "It is gone")))]
pub(crate) async fn delete_schedule(
    state: State,
    caller: Caller,
    id: PathId<ScheduleId>,
) -> Result<HttpResponse, Fault> {
    form::delete(&state, &caller, id.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Run a schedule of exports now.
///
/// Sends the latest whole day, week or month, whatever was sent before; once at a time.
#[utoipa::path(post, path = "/export-schedules/{id}/run", tag = "exports", security(("bearer" = [])),
    params(("id" = ScheduleId, Path, description = "The schedule")),
    responses((status = 201, description = "The delivery, which is still to be tried", body = ScheduleDelivery)))]
pub(crate) async fn run_schedule(
    state: State,
    caller: Caller,
    id: PathId<ScheduleId>,
) -> Result<HttpResponse, Fault> {
    Ok(HttpResponse::Created().json(form::run_now(&state, &caller, id.0).await?))
}

/// List a schedule's deliveries.
#[utoipa::path(get, path = "/export-schedules/{id}/deliveries", tag = "exports", security(("bearer" = [])),
    params(("id" = ScheduleId, Path, description = "The schedule")),
    responses((status = 200, description = "The newest hundred", body = ScheduleDeliveries)))]
pub(crate) async fn list_deliveries(
    caller: Caller,
    id: PathId<ScheduleId>,
) -> Result<Json<ScheduleDeliveries>, Fault> {
    Ok(Json(form::history(&caller, id.0).await?))
}
