//! Captured bodies.

use super::{ApiError, Query, cache, client, path_with, use_get};
use tollgate_contract::captures::{Capture, CaptureLine, CaptureQuery, CaptureSettings};
use tollgate_contract::ids::RequestId;
use tollgate_contract::page::Page;
use yew::prelude::*;

/// Whether bodies are kept, and how.
#[hook]
pub fn use_capture_settings() -> Query<CaptureSettings> {
    use_get("/capture-settings".to_owned())
}

/// Sets it.
pub async fn save_settings(form: CaptureSettings) -> Result<CaptureSettings, ApiError> {
    let saved = client::send("PUT", "/capture-settings", &form).await?;
    cache::changed(&["/capture-settings"]);
    Ok(saved)
}

/// A page of requests of which bodies are kept.
#[hook]
pub fn use_captures(cursor: Option<String>) -> Query<Page<CaptureLine>> {
    let query = CaptureQuery { cursor, limit: None };
    use_get(path_with("/captures", &query))
}

/// The bodies of a request. Asked for by a click alone: each look stands in the audit log.
pub async fn look(id: RequestId) -> Result<Capture, ApiError> {
    client::get(&format!("/requests/{id}/capture"), None)
        .await?
        .read()
}

/// Deletes them.
pub async fn delete(id: RequestId) -> Result<(), ApiError> {
    client::delete(&format!("/requests/{id}/capture")).await?;
    cache::changed(&["/captures"]);
    Ok(())
}
