//! The operator's margin.

use super::{ApiError, Query, client, path_with, use_get};
use tollgate_contract::margin::{MarginQuery, MarginReport};
use yew::prelude::*;

/// The report.
#[hook]
pub fn use_margin(query: &MarginQuery) -> Query<MarginReport> {
    use_get(path_with("/margin", query))
}

/// The same as a CSV file's text.
pub async fn table(query: MarginQuery) -> Result<String, ApiError> {
    Ok(client::get(&path_with("/margin/export", &query), None)
        .await?
        .text())
}
