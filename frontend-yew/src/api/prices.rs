//! Prices: what the organisation pays; the price book, for the platform's operator.

use super::{ApiError, Query, cache, client, path_with, use_get};
use tollgate_contract::prices::{
    EditPrices, ImportPrices, ModelPriceQuery, ModelPrices, PriceChangeResult, PriceDiff, PriceDiffQuery,
    PriceVersions, TenantPrices,
};
use yew::prelude::*;

/// What the organisation pays, and what comes.
#[hook]
pub fn use_own_prices() -> Query<TenantPrices> {
    use_get("/prices".to_owned())
}

/// All versions of the price book.
#[hook]
pub fn use_versions() -> Query<PriceVersions> {
    use_get("/prices/versions".to_owned())
}

/// Rows of a version; of an empty id nothing is asked.
#[hook]
pub fn use_rows(version: &str, query: &ModelPriceQuery) -> Query<ModelPrices> {
    let path = if version.is_empty() {
        String::new()
    } else {
        path_with(&format!("/prices/versions/{version}"), query)
    };
    use_get(path)
}

/// How two versions differ; nothing is asked without both.
#[hook]
pub fn use_diff(wanted: Option<PriceDiffQuery>) -> Query<PriceDiff> {
    use_get(wanted.map_or_else(String::new, |query| path_with("/prices/diff", &query)))
}

/// Imports a list, or looks at what it would change.
pub async fn import(form: ImportPrices) -> Result<PriceChangeResult, ApiError> {
    let done: PriceChangeResult = client::send("POST", "/prices/import", &form).await?;
    changed(&done);
    Ok(done)
}

/// Changes rows of the newest version, or looks at what that would change.
pub async fn edit(form: EditPrices) -> Result<PriceChangeResult, ApiError> {
    let done: PriceChangeResult = client::send("POST", "/prices/edit", &form).await?;
    changed(&done);
    Ok(done)
}

fn changed(done: &PriceChangeResult) {
    if done.version.is_some() {
        cache::changed(&["/prices"]);
    }
}
