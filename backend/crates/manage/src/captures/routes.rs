//! `capture-settings` and `requests/{id}/capture`: over HTTP.

use super::service;
use crate::mount::Routes;
use crate::state::State;
use actix_web::HttpResponse;
use actix_web::web::Json;
use tollgate_contract::captures::{Capture, CaptureLine, CaptureQuery, CaptureSettings};
use tollgate_contract::ids::RequestId;
use tollgate_contract::page::Page;
use tollgate_http::{Body, Caller, Fault, Params, PathId};

pub(crate) fn mount(routes: &mut Routes) {
    routes.get("/capture-settings", capture_settings);
    routes.put("/capture-settings", set_capture_settings);
    routes.get("/captures", list_captures);
    routes.get("/requests/{id}/capture", get_capture);
    routes.delete("/requests/{id}/capture", delete_capture);
}

/// Whether bodies of requests and answers are kept, and how.
#[utoipa::path(get, path = "/capture-settings", tag = "captures", security(("bearer" = [])),
    responses((status = 200, description = "As it is set; off by default", body = CaptureSettings)))]
pub(crate) async fn capture_settings(caller: Caller) -> Result<Json<CaptureSettings>, Fault> {
    Ok(Json(service::settings(&caller).await?))
}

/// Set whether bodies are kept, and how.
///
/// For owners alone. What is named here is blacked out before anything is stored; all nodes follow within moments.
#[utoipa::path(put, path = "/capture-settings", tag = "captures", request_body = CaptureSettings, security(("bearer" = [])),
    responses((status = 200, description = "As it is set now", body = CaptureSettings)))]
pub(crate) async fn set_capture_settings(
    state: State,
    caller: Caller,
    form: Body<CaptureSettings>,
) -> Result<Json<CaptureSettings>, Fault> {
    Ok(Json(service::set(&state, &caller, form.0).await?))
}

/// Requests of which bodies are kept, the newest first.
///
/// For owners and admins. The bodies themselves stand with the request.
#[utoipa::path(get, path = "/captures", tag = "captures", params(CaptureQuery), security(("bearer" = [])),
    responses((status = 200, description = "A page of requests", body = Page<CaptureLine>)))]
pub(crate) async fn list_captures(
    state: State,
    caller: Caller,
    query: Params<CaptureQuery>,
) -> Result<Json<Page<CaptureLine>>, Fault> {
    Ok(Json(service::list(&state, &caller, &query.0).await?))
}

/// The bodies that were kept of a request.
///
/// For owners and admins; each look stands in the audit log.
#[utoipa::path(get, path = "/requests/{id}/capture", tag = "captures", security(("bearer" = [])),
    params(("id" = RequestId, Path, description = "The request")),
    responses((status = 200, description = "Both bodies, redacted", body = Capture)))]
pub(crate) async fn get_capture(
    state: State,
    caller: Caller,
    id: PathId<RequestId>,
) -> Result<Json<Capture>, Fault> {
    Ok(Json(service::look(&state, &caller, id.0).await?))
}

/// Delete the bodies that were kept of a request, before their time.
#[utoipa::path(delete, path = "/requests/{id}/capture", tag = "captures", security(("bearer" = [])),
    params(("id" = RequestId, Path, description = "The request")),
    responses((status = 204, description = "They are deleted")))]
pub(crate) async fn delete_capture(
    state: State,
    caller: Caller,
    id: PathId<RequestId>,
) -> Result<HttpResponse, Fault> {
    service::delete(&state, &caller, id.0).await?;
    Ok(HttpResponse::NoContent().finish())
}
