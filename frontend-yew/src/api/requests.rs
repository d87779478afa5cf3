//! The request log.

use super::{Query, path_with, use_get};
use tollgate_contract::ids::RequestId;
use tollgate_contract::page::Page;
use tollgate_contract::requests::{RequestDetail, RequestLine, RequestQuery};
use yew::prelude::*;

/// One page of the log.
#[hook]
pub fn use_requests(query: &RequestQuery) -> Query<Page<RequestLine>> {
    use_get(path_with("/requests", query))
}

/// Everything known about one request.
#[hook]
pub fn use_request(id: RequestId) -> Query<RequestDetail> {
    use_get(format!("/requests/{id}"))
}
