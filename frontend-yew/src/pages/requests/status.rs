//! How a request ended, in a word and a sentence.

use crate::i18n::Texts;
use crate::ui::{Pill, Tone};
use tollgate_contract::requests::RequestStatus;
use yew::prelude::*;

/// A status' name.
pub fn status_name(status: RequestStatus, t: &Texts) -> &'static str {
    match status {
        RequestStatus::Ok => t.requests.status_ok,
        RequestStatus::ClientError => t.requests.status_client_error,
        RequestStatus::UpstreamError => t.requests.status_upstream_error,
        RequestStatus::Timeout => t.requests.status_timeout,
        RequestStatus::Cut => t.requests.status_cut,
        RequestStatus::Unknown => t.requests.status_unknown,
    }
}

/// How a request ended.
pub fn status_pill(status: RequestStatus, t: &Texts) -> Html {
    let (tone, title) = match status {
        RequestStatus::Ok => (Tone::Good, t.requests.status_ok_help),
        RequestStatus::ClientError => (Tone::Waiting, t.requests.status_client_error_help),
        RequestStatus::UpstreamError => (Tone::Bad, t.requests.status_upstream_error_help),
        RequestStatus::Timeout => (Tone::Bad, t.requests.status_timeout_help),
        RequestStatus::Cut => (Tone::Quiet, t.requests.status_cut_help),
        RequestStatus::Unknown => (Tone::Bad, t.requests.status_unknown_help),
    };
    html! { <Pill {tone} text={status_name(status, t)} {title} /> }
}
