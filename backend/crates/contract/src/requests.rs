//! The request log: one line for every relayed request, failed ones included.

use crate::check;
use crate::ids::{AccountId, KeyId, PlanVersionId, PriceVersionId, RequestId, UserId};
use crate::money::NanoUsd;
use crate::reports::ClientFamily;
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
    /// The service tier that answered: `standard`, `batch`, `flex`, `priority`.
    #[serde(default)]
    pub service_tier: String,
    /// What was counted beside the five figures, by name: of-which tokens, and calls of the vendor's own tools.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub other_meters: std::collections::BTreeMap<String, i64>,
    /// The model had no price: the provider's dearest stood in.
    #[serde(default)]
    pub unpriced: bool,
}

/// One meter's arithmetic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PriceLine {
    /// What was metered: `input`, `output`, `cache_write_5m`, `cache_write_1h`, `cache_read`, `audio_input`, `web_search` …
    pub meter: String,
    /// How many tokens, calls or pictures.
    pub quantity: u64,
    /// The price of a million tokens, or of one call or picture (see `per`), as decimal text: `3`, `0.0255`. On the
    /// platform's accounts in US dollars; on the organisation's own in US dollars or the list's currency.
    pub unit_price: String,
    /// Of how many the price is: `million` or `one`.
    #[serde(default = "million")]
    pub per: String,
    /// What a unit of the list's currency is in US dollars, as decimal text; `1`: the price is US dollars.
    #[serde(default = "one")]
    pub rate: String,
    /// What the plan multiplies it by on the organisation's own account, as decimal text.
    #[serde(default = "one")]
    pub factor: String,
    /// What they came to, rounded once.
    pub amount_nano: NanoUsd,
}

fn million() -> String {
    "million".to_owned()
}

fn one() -> String {
    "1".to_owned()
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
    /// Of a re-pricing: why, in the words of who asked for it; else empty.
    #[serde(default)]
    pub why: String,
    /// Who: `settlement` for an exact figure after its estimate, `operator` for a re-pricing.
    #[serde(default)]
    pub by: String,
    /// Of a re-pricing: the version of the price book that the new charge came from.
    #[serde(default)]
    pub price_version: Option<PriceVersionId>,
    /// Of a re-pricing: the arithmetic of the new charge as a whole, one line per meter.
    #[serde(default)]
    pub price_lines: Vec<PriceLine>,
    /// Whether the request's month was closed by then, so that the correction stands in a later one.
    #[serde(default)]
    pub late: bool,
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
    /// The model sent, on the organisation's own account; empty on the platform's, whose names for models are its own.
    pub upstream_model: String,
    /// The id that the client gave, if any.
    pub client_request_id: String,
    /// How many accounts were tried.
    pub attempts: u32,
    /// What was reserved for the worst case.
    pub reserved_nano: NanoUsd,
    /// The version of the price book.
    pub price_version: PriceVersionId,
    /// The version of the organisation's plan; absent: list prices.
    #[serde(default)]
    pub plan_version: Option<PlanVersionId>,
    /// How amounts are rounded: `half_even_per_line`.
    #[serde(default)]
    pub rounding: String,
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

/// One page of the request log. Where few requests match, a page may hold less than was asked for, or nothing, and yet not
/// be the last: then `searched_back_to` says how far was looked, and `next_cursor` goes on from there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RequestPage {
    /// The newest first.
    pub items: Vec<RequestLine>,
    /// Where the next page begins; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// How many requests match, exactly; on first pages, and absent where only looking at each would tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// The search paused here: nothing is known yet of what is older.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub searched_back_to: Option<DateTime<Utc>>,
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
    /// Only keys of this person at the time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// Only keys that bear this tag today.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::query_text"))]
    pub tag: Option<String>,
    /// Only this account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<AccountId>,
    /// Only this model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::query_text"))]
    pub model: Option<String>,
    /// Only this platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::query_text"))]
    pub platform: Option<String>,
    /// Only this program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<ClientFamily>,
    /// Only this cost centre; empty: those without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::query_text"))]
    pub cost_centre: Option<String>,
    /// Only those that ended so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<RequestStatus>,
    /// Only this status to the client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(range(min = 100, max = 999, code = "out_of_range", message = "must be 100 to 999"))]
    #[cfg_attr(feature = "openapi", param(minimum = 100, maximum = 999))]
    pub http_status: Option<u16>,
    /// Only such figures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quality: Option<Quality>,
    /// Only those whose model had no price, or only those with one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unpriced: Option<bool>,
    /// Only those that were charged at least this, as first booked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::not_below_zero"))]
    pub min_charge_nano: Option<NanoUsd>,
    /// Only those that took at least so many milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(range(
        max = 2_147_483_647,
        code = "out_of_range",
        message = "must be at most 2147483647"
    ))]
    #[cfg_attr(feature = "openapi", param(maximum = 2_147_483_647))]
    pub min_duration_ms: Option<u32>,
    /// Only the request of this id, ours or the one that the client gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::query_text"))]
    pub id: Option<String>,
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
