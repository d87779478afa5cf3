//! `exports` and `billing/charge-back`: over HTTP.

use super::access::permitted;
use super::wanted::Wanted;
use super::{charge_back, desk, kept, produce};
use crate::mount::Routes;
use crate::state::State;
use crate::trail::{self, Author, Target};
use actix_web::web::{Json, Path};
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse};
use serde_json::json;
use tollgate_contract::exports::{
    ChargeBack, ChargeBackQuery, CreateExport, Export, ExportLink, ExportPreview, ExportQuery, Exports,
    of_file_name,
};
use tollgate_contract::ids::ExportId;
use tollgate_http::throttle::retry_after_secs;
use tollgate_http::{Body, Caller, Code, CurrentRequest, Fault, Params, PathId};

/// Rows of a preview.
const SHOWN: usize = 20;
/// Longest token of a link that is looked for.
const TOKEN_MAX: usize = 128;

pub(crate) fn mount(routes: &mut Routes) {
    routes.get("/exports", list_exports);
    routes.post("/exports", create_export);
    routes.get("/exports/files/{file}", download);
    routes.get("/exports/preview/{file}", preview);
    routes.get("/exports/by-link/{token}", download_by_link);
    routes.get("/exports/{id}", get_export);
    routes.delete("/exports/{id}", delete_export);
    routes.get("/exports/{id}/file", download_kept);
    routes.post("/exports/{id}/link", link_export);
    routes.get("/billing/charge-back", report_charge_back);
    super::schedules::mount(routes);
}

/// Load a file.
///
/// `usage`, `summary`, `transfers` or `charge_back`, each as `.csv`, `.xlsx` or `.jsonl`, and `focus.csv`: the Cost and
/// Usage dataset of FOCUS 1.4. The header `export-through` tells the last batch that is in it, and `export-to` where its
/// range ends: with them as `through` and `to`, and the same `from`, the same rows can be had again, and a broken download of usage goes on with `after`. A connection that
/// ends with an error leaves a file that is not whole.
#[utoipa::path(get, path = "/exports/files/{file}", tag = "exports", security(("bearer" = [])),
    params(("file" = String, Path, description = "The file, such as `usage.csv`"), ExportQuery),
    responses((status = 200, description = "The file, with a row of totals that ties to the ledger",
        content_type = "application/octet-stream", body = Vec<u8>)))]
pub(crate) async fn download(
    state: State,
    caller: Caller,
    file: Path<String>,
    query: Params<ExportQuery>,
) -> Result<HttpResponse, Fault> {
    let (source, format) = of_file_name(&file).ok_or_else(|| Fault::new(Code::NotFound))?;
    let order = permitted(&caller, source, format, query.0)?;
    let turn = state.export_desk().turn(caller.tenant_id)?;
    let mut tx = caller.tx().await?;
    let wanted = Wanted::resolve(&mut tx, state.clock().now(), order).await?;
    let target = Target {
        id: caller.tenant_id.0,
        name: &file,
    };
    let told = json!({"query": wanted.query});
    trail::record(
        &mut tx,
        state.clock(),
        &Author::from(&caller),
        "export.downloaded",
        target,
        told,
    )
    .await?;
    tx.commit().await?;
    desk::answer(state.db(), wanted, turn).await
}

/// Show the first rows of a file.
#[utoipa::path(get, path = "/exports/preview/{file}", tag = "exports", security(("bearer" = [])),
    params(("file" = String, Path, description = "The file, such as `usage.csv`"), ExportQuery),
    responses((status = 200, description = "At most twenty rows", body = ExportPreview)))]
pub(crate) async fn preview(
    state: State,
    caller: Caller,
    file: Path<String>,
    query: Params<ExportQuery>,
) -> Result<Json<ExportPreview>, Fault> {
    let (source, format) = of_file_name(&file).ok_or_else(|| Fault::new(Code::NotFound))?;
    let order = permitted(&caller, source, format, query.0)?;
    let _turn = state.heavy_reads().turn(caller.tenant_id).await?;
    let wanted = Wanted::resolve(&mut caller.tx().await?, state.clock().now(), order).await?;
    Ok(Json(produce::preview(state.db(), &wanted, SHOWN).await?))
}

/// List kept exports.
///
/// Members see their own.
#[utoipa::path(get, path = "/exports", tag = "exports", security(("bearer" = [])),
    responses((status = 200, description = "The newest hundred", body = Exports)))]
pub(crate) async fn list_exports(state: State, caller: Caller) -> Result<Json<Exports>, Fault> {
    Ok(Json(kept::list(&state, &caller).await?))
}

/// Keep what a file shall hold, as of now.
///
/// The file is made anew at each download, with the same rows, for thirty days.
#[utoipa::path(post, path = "/exports", tag = "exports", request_body = CreateExport, security(("bearer" = [])),
    responses((status = 201, description = "The export, with what it comes to", body = Export)))]
pub(crate) async fn create_export(
    state: State,
    caller: Caller,
    form: Body<CreateExport>,
) -> Result<HttpResponse, Fault> {
    Ok(HttpResponse::Created().json(kept::create(&state, &caller, form.0).await?))
}

/// Show a kept export.
#[utoipa::path(get, path = "/exports/{id}", tag = "exports", security(("bearer" = [])),
    params(("id" = ExportId, Path, description = "The export")),
    responses((status = 200, description = "The export", body = Export)))]
pub(crate) async fn get_export(
    state: State,
    caller: Caller,
    id: PathId<ExportId>,
) -> Result<Json<Export>, Fault> {
    Ok(Json(kept::get(&state, &caller, id.0).await?))
}

/// Delete a kept export and its links.
#[utoipa::path(delete, path = "/exports/{id}", tag = "exports", security(("bearer" = [])),
    params(("id" = ExportId, Path, description = "The export")),
    responses((status = 204, description = "It is gone")))]
pub(crate) async fn delete_export(
    state: State,
    caller: Caller,
    id: PathId<ExportId>,
) -> Result<HttpResponse, Fault> {
    kept::delete(&state, &caller, id.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Load a kept export.
#[utoipa::path(get, path = "/exports/{id}/file", tag = "exports", security(("bearer" = [])),
    params(("id" = ExportId, Path, description = "The export")),
    responses((status = 200, description = "The file", content_type = "application/octet-stream", body = Vec<u8>)))]
pub(crate) async fn download_kept(
    state: State,
    caller: Caller,
    id: PathId<ExportId>,
) -> Result<HttpResponse, Fault> {
    kept::file(&state, &caller, id.0).await
}

/// Make a link to a kept export.
///
/// A browser loads the file by it without a token; it works for fifteen minutes.
#[utoipa::path(post, path = "/exports/{id}/link", tag = "exports", security(("bearer" = [])),
    params(("id" = ExportId, Path, description = "The export")),
    responses((status = 201, description = "The link", body = ExportLink)))]
pub(crate) async fn link_export(
    state: State,
    caller: Caller,
    id: PathId<ExportId>,
) -> Result<HttpResponse, Fault> {
    Ok(HttpResponse::Created().json(kept::link(&state, &caller, id.0).await?))
}

/// Load the file behind a link.
#[utoipa::path(get, path = "/exports/by-link/{token}", tag = "exports",
    params(("token" = String, Path, description = "The link's token")),
    responses((status = 200, description = "The file", content_type = "application/octet-stream", body = Vec<u8>)))]
pub(crate) async fn download_by_link(
    state: State,
    request: HttpRequest,
    token: Path<String>,
) -> Result<HttpResponse, Fault> {
    let address = state.gate().address(&request);
    state
        .refresh_door()
        .attempt(&address.bucket())
        .map_err(|wait| Fault::too_many(retry_after_secs(wait)))?;
    if token.len() > TOKEN_MAX {
        return Err(Fault::new(Code::NotFound));
    }
    let id = request
        .extensions()
        .get::<CurrentRequest>()
        .map(|request| request.0);
    let id = id.ok_or_else(|| Fault::internal("the request has no id"))?;
    kept::by_link(&state, &token, id, address).await
}

/// Charge-back by cost centre.
///
/// Usage without a cost centre is a row of its own. The rows add up to the organisation's total, which ties to the ledger.
#[utoipa::path(get, path = "/billing/charge-back", tag = "billing", params(ChargeBackQuery), security(("bearer" = [])),
    responses((status = 200, description = "The dearest first", body = ChargeBack)))]
pub(crate) async fn report_charge_back(
    state: State,
    caller: Caller,
    query: Params<ChargeBackQuery>,
) -> Result<Json<ChargeBack>, Fault> {
    Ok(Json(charge_back::report(&state, &caller, &query.0).await?))
}
