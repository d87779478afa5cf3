//! How a request ended: plain data, as the rooms hand it to the last one. Never in here: writing it down.

use tollgate_ledger::{Quality, Status};
use tollgate_money::Meters;

/// The status booked for a client that left before an answer; nginx's, since HTTP has none.
pub(crate) const CLIENT_CLOSED: u16 = 499;

/// How a request ended.
#[derive(Clone, Debug)]
pub(crate) struct End {
    pub(crate) status: Status,
    /// As the client got it.
    pub(crate) http_status: u16,
    pub(crate) quality: Quality,
    pub(crate) usage: Meters,
    /// Empty where nothing went wrong.
    pub(crate) error_code: &'static str,
}

impl End {
    /// Nothing was produced that anybody pays for.
    pub(crate) fn without_usage(status: Status, http_status: u16, error_code: &'static str) -> Self {
        let quality = match status {
            Status::Cut | Status::Unknown | Status::Timeout => Quality::Estimated,
            Status::Ok | Status::ClientError | Status::UpstreamError => Quality::Exact,
        };
        Self {
            status,
            http_status,
            quality,
            usage: Meters::default(),
            error_code,
        }
    }
}
