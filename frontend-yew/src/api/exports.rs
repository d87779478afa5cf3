//! Exports, their schedules, charge-back.

use super::{ApiError, Query, cache, client, path_with, use_get};
use tollgate_contract::exports::{
    ChargeBack, ChargeBackQuery, CreateExport, Export, ExportFormat, ExportLink, ExportPreview, Exports,
    MadeSchedule, ScheduleDeliveries, ScheduleDelivery, ScheduleForm, Schedules, file_name,
};
use tollgate_contract::ids::{ExportId, ScheduleId};
use yew::prelude::*;

/// What is kept.
#[hook]
pub fn use_exports() -> Query<Exports> {
    use_get("/exports".to_owned())
}

/// The first rows of a file.
#[hook]
pub fn use_preview(order: &CreateExport) -> Query<ExportPreview> {
    let format = match order.format {
        ExportFormat::Focus => ExportFormat::Focus,
        _ => ExportFormat::Csv,
    };
    let path = format!("/exports/preview/{}", file_name(order.source, format));
    use_get(path_with(&path, &order.query))
}

/// What cost centres used.
#[hook]
pub fn use_charge_back(query: &ChargeBackQuery) -> Query<ChargeBack> {
    use_get(path_with("/billing/charge-back", query))
}

/// All schedules.
#[hook]
pub fn use_schedules() -> Query<Schedules> {
    use_get("/export-schedules".to_owned())
}

/// What a schedule delivered.
#[hook]
pub fn use_deliveries(id: ScheduleId) -> Query<ScheduleDeliveries> {
    use_get(format!("/export-schedules/{id}/deliveries"))
}

/// Keeps one.
pub async fn create(form: CreateExport) -> Result<Export, ApiError> {
    let made = client::send("POST", "/exports", &form).await?;
    cache::changed(&["/exports"]);
    Ok(made)
}

/// A link by which the browser loads one.
pub async fn link(id: ExportId) -> Result<ExportLink, ApiError> {
    client::send("POST", &format!("/exports/{id}/link"), &serde_json::json!({})).await
}

/// Deletes one.
pub async fn delete(id: ExportId) -> Result<(), ApiError> {
    client::delete(&format!("/exports/{id}")).await?;
    cache::changed(&["/exports"]);
    Ok(())
}

/// Makes a schedule; the answer holds the only copy of its secret.
pub async fn create_schedule(form: ScheduleForm) -> Result<MadeSchedule, ApiError> {
    let made = client::send("POST", "/export-schedules", &form).await?;
    cache::changed(&["/export-schedules"]);
    Ok(made)
}

/// Changes a schedule.
pub async fn update_schedule(id: ScheduleId, form: ScheduleForm) -> Result<MadeSchedule, ApiError> {
    let made = client::send("PUT", &format!("/export-schedules/{id}"), &form).await?;
    cache::changed(&["/export-schedules"]);
    Ok(made)
}

/// Deletes a schedule.
pub async fn delete_schedule(id: ScheduleId) -> Result<(), ApiError> {
    client::delete(&format!("/export-schedules/{id}")).await?;
    cache::changed(&["/export-schedules"]);
    Ok(())
}

/// Runs a schedule now.
pub async fn run_schedule(id: ScheduleId) -> Result<ScheduleDelivery, ApiError> {
    let path = format!("/export-schedules/{id}/run");
    let delivery = client::send("POST", &path, &serde_json::json!({})).await?;
    cache::changed(&["/export-schedules"]);
    Ok(delivery)
}
