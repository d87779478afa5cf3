//! The request log.

use super::{ApiError, Query, client, path_with, use_get};
use tollgate_contract::ids::RequestId;
use tollgate_contract::receipts::Receipt;
use tollgate_contract::requests::{RequestDetail, RequestPage, RequestQuery};
use yew::prelude::*;

/// One page of the log.
#[hook]
pub fn use_requests(query: &RequestQuery) -> Query<RequestPage> {
    use_get(path_with("/requests", query))
}

/// Everything known about one request.
#[hook]
pub fn use_request(id: RequestId) -> Query<RequestDetail> {
    use_get(format!("/requests/{id}"))
}

/// A signed receipt of a request.
pub async fn receipt(id: RequestId) -> Result<Receipt, ApiError> {
    client::get(&format!("/requests/{id}/receipt"), None)
        .await?
        .read()
}
