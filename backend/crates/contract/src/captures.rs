//! Bodies of requests and answers, which are kept only where an organisation's owner has said so.

use crate::check;
use crate::ids::{KeyId, RequestId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use validator::Validate;

/// Whether bodies are kept, and how: `GET`, `PUT capture-settings`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CaptureSettings {
    /// Whether any are kept.
    pub active: bool,
    /// How many of a thousand requests: 1–1000.
    #[validate(custom(function = "check::sample_per_mille"))]
    pub sample_per_mille: u32,
    /// Only requests of these keys; of all if empty.
    #[serde(default)]
    #[validate(custom(function = "check::capture_keys"))]
    pub key_ids: Vec<KeyId>,
    /// Black out what looks like keys, tokens and passwords.
    pub redact_secrets: bool,
    /// Black out e-mail addresses.
    pub redact_emails: bool,
    /// Black out numbers of payment cards.
    pub redact_cards: bool,
    /// Black out what these regular expressions find: at most 20, of 200 characters each.
    #[serde(default)]
    #[validate(custom(function = "check::capture_patterns"))]
    pub patterns: Vec<String>,
    /// Bytes that are kept of each body: 1,024–1,048,576.
    #[validate(custom(function = "check::capture_bytes"))]
    pub body_bytes_max: u32,
    /// Days after which they are deleted: 1–30.
    #[validate(custom(function = "check::capture_days"))]
    pub keep_days: u32,
}

impl Default for CaptureSettings {
    /// Off; once it is on, all that can be blacked out is.
    fn default() -> Self {
        Self {
            active: false,
            sample_per_mille: 10,
            key_ids: Vec::new(),
            redact_secrets: true,
            redact_emails: true,
            redact_cards: true,
            patterns: Vec::new(),
            body_bytes_max: 65_536,
            keep_days: 7,
        }
    }
}

/// What was kept of a request: `GET requests/{id}/capture`. Each look stands in the audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Capture {
    /// The request.
    pub request_id: RequestId,
    /// The request's body, redacted.
    pub request_body: String,
    /// The answer as the client saw it, redacted.
    pub answer_body: String,
    /// Bytes of the request's body as it was.
    pub request_bytes: u64,
    /// Bytes of the answer as it was.
    pub answer_bytes: u64,
    /// Whether only the beginning of the request's body was kept.
    pub request_cut: bool,
    /// Whether only the beginning of the answer was kept.
    pub answer_cut: bool,
    /// How many places were blacked out.
    pub redacted: u32,
    /// When it was kept.
    pub captured_at: DateTime<Utc>,
    /// When it is deleted.
    pub expires_at: DateTime<Utc>,
}

/// The query of `GET captures`; the newest request first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct CaptureQuery {
    /// Where to go on: `next_cursor` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::cursor"))]
    pub cursor: Option<String>,
    /// How many items: 1–200, 50 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::page_limit"))]
    #[cfg_attr(feature = "openapi", param(minimum = 1, maximum = 200))]
    pub limit: Option<u32>,
}

/// A request of which bodies are kept; the bodies stand at `requests/{id}/capture`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CaptureLine {
    /// The request.
    pub request_id: RequestId,
    /// Its key's name; absent where the request is not booked yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_name: Option<String>,
    /// Its model, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Bytes of both bodies as they were.
    pub bytes: u64,
    /// How many places were blacked out.
    pub redacted: u32,
    /// When it was kept.
    pub captured_at: DateTime<Utc>,
    /// When it is deleted.
    pub expires_at: DateTime<Utc>,
}
