//! Providers' reports, and what was booked beside them.

use super::{ApiError, Query, cache, client, path_with, use_get};
use tollgate_contract::ids::ReportId;
use tollgate_contract::reconcile::{
    ProviderReports, ReconcileQuery, ReconcileRequests, ReconcileRequestsQuery, Reconciliation, ReportUpload,
    ReportUploaded,
};
use yew::prelude::*;

/// What changes with a report.
const STALE: &[&str] = &["/provider-reports", "/reconciliation"];

/// The reports that were uploaded.
#[hook]
pub fn use_reports() -> Query<ProviderReports> {
    use_get("/provider-reports".to_owned())
}

/// Both sides of an account; nothing is asked without one.
#[hook]
pub fn use_reconciliation(query: Option<&ReconcileQuery>) -> Query<Reconciliation> {
    use_get(
        query
            .map(|query| path_with("/reconciliation", query))
            .unwrap_or_default(),
    )
}

/// The requests behind a row.
#[hook]
pub fn use_behind(query: &ReconcileRequestsQuery) -> Query<ReconcileRequests> {
    use_get(path_with("/reconciliation/requests", query))
}

/// Uploads a report.
pub async fn upload(form: ReportUpload) -> Result<ReportUploaded, ApiError> {
    let uploaded = client::send("POST", "/provider-reports", &form).await?;
    cache::changed(STALE);
    Ok(uploaded)
}

/// Forgets one.
pub async fn forget(id: ReportId) -> Result<(), ApiError> {
    client::delete(&format!("/provider-reports/{id}")).await?;
    cache::changed(STALE);
    Ok(())
}
