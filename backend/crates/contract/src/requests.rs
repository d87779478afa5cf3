//! The request log: one line for every relayed request, failed ones included.

use crate::check;
use crate::ids::{AccountId, KeyId, PriceVersionId, RequestId, UserId};
use crate::money::NanoUsd;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use validator::Validate;

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RequestStatus {
    /// Answered in full.
    Ok,
    /// Refused as faulty by the vendor.
    ClientError,
    /// The vendor failed.
    UpstreamError,
    /// Took too long.
    Timeout,
    /// The client left, or the gateway had to end it, before it was complete.
    Cut,
    /// The gateway ended before the vendor answered; to be reconciled with the vendor.
    Unknown,
}

impl RequestStatus {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Ok,
        Self::ClientError,
        Self::UpstreamError,
        Self::Timeout,
        Self::Cut,
        Self::Unknown,
    ];

    /// As stored and written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::ClientError => "client_error",
            Self::UpstreamError => "upstream_error",
            Self::Timeout => "timeout",
            Self::Cut => "cut",
            Self::Unknown => "unknown",
        }
    }

    /// The one of this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }
}

/// Where the token figures come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Quality {
    /// The vendor's own final figures.
    Exact,
    /// Reckoned from what was seen, since the answer broke off.
    Estimated,
}

/// One line of the request log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RequestLine {
    /// The request's id, as in its answer's `request-id` header.
    pub id: RequestId,
    /// When it was admitted.
    pub started_at: DateTime<Utc>,
    /// The key that was used.
    pub key_id: KeyId,
    /// The key's name as of today.
    pub key_name: String,
    /// The key's owner then.
    pub user_id: Option<UserId>,
    /// The tenant's own account that answered; absent where it was the platform's or none was reached.
    pub account_id: Option<AccountId>,
    /// Its name then, or the pool's.
    pub account_name: String,
    /// The platform.
    pub platform: String,
    /// The model asked for.
    pub model: String,
    /// The client's path.
    pub path: String,
    /// Whether the answer was streamed.
    pub streamed: bool,
    /// How it ended.
    pub status: RequestStatus,
    /// The status the client got.
    pub http_status: u16,
    /// Where the token figures come from.
    pub quality: Quality,
    /// Input tokens that came from no cache.
    pub input_tokens: u64,
    /// Output tokens.
    pub output_tokens: u64,
    /// Tokens written to the 5-minute cache.
    pub cache_write_5m_tokens: u64,
    /// Tokens written to the 1-hour cache.
    pub cache_write_1h_tokens: u64,
    /// Tokens read from a cache.
    pub cache_read_tokens: u64,
    /// What was charged, corrections included.
    pub charge_nano: NanoUsd,
    /// Milliseconds to the first byte of the answer, if there was one.
    pub ttfb_ms: Option<u64>,
    /// Milliseconds to its end.
    pub duration_ms: u64,
    /// What went wrong; empty where nothing did.
    pub error_code: String,
    /// The client's kind, where known.
    pub client: String,
    /// Where the usage is charged.
    pub cost_centre: String,
}

/// One meter's arithmetic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PriceLine {
    /// What was metered: `input`, `output`, `cache_write_5m`, `cache_write_1h`, `cache_read`.
    pub meter: String,
    /// How many tokens.
    pub quantity: u64,
    /// The price of a million of them, in USD as decimal text: `3`, `0.0255`.
    pub usd_per_million: String,
    /// What they came to, rounded once.
    pub amount_nano: NanoUsd,
}

/// A later correction of a request's figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RequestCorrection {
    /// The batch in which it was booked.
    pub batch_no: i64,
    /// Why.
    pub reason: String,
    /// What it added to the charge; below zero where it took away.
    pub charge_nano: NanoUsd,
    /// When it was booked.
    pub booked_at: DateTime<Utc>,
}

/// Everything known about one request: `GET requests/{id}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RequestDetail {
    /// Its line in the log.
    #[serde(flatten)]
    pub line: RequestLine,
    /// The vendor that was paid for.
    pub provider: String,
    /// The model sent, where it differs from the one asked for.
    pub upstream_model: String,
    /// The id that the client gave, if any.
    pub client_request_id: String,
    /// How many accounts were tried.
    pub attempts: u32,
    /// What was reserved for the worst case.
    pub reserved_nano: NanoUsd,
    /// The version of the price book.
    pub price_version: PriceVersionId,
    /// The arithmetic, one line per meter.
    pub price_lines: Vec<PriceLine>,
    /// Why this account and this price; its shape may grow.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub explanation: serde_json::Value,
    /// The batch in which it was booked.
    pub batch_no: i64,
    /// When it was booked.
    pub booked_at: DateTime<Utc>,
    /// What was put right later.
    pub corrections: Vec<RequestCorrection>,
}

/// The filters and paging of `GET requests`; the newest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct RequestQuery {
    /// Only this key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_id: Option<KeyId>,
    /// Only this account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<AccountId>,
    /// Only this model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::query_text"))]
    pub model: Option<String>,
    /// Only those that ended so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<RequestStatus>,
    /// Admitted at or after; 30 days ago if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::instant"))]
    pub from: Option<DateTime<Utc>>,
    /// Admitted before; now if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::instant"))]
    pub to: Option<DateTime<Utc>>,
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
