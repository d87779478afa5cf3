//! Accounting months: which there are, how they are closed, and the statement of a closed one. Every figure of a statement
//! is a sum of rows that can be listed.

use crate::check;
use crate::ledger::TransferKind;
use crate::money::NanoUsd;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use validator::Validate;

/// How far a month is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PeriodStatus {
    /// It still runs.
    Running,
    /// It is over and may be closed, if the ones before it are.
    Ended,
    /// Nothing is booked in it any more, and its statement stands.
    Closed,
}

/// An accounting month of an organisation, in its own zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Period {
    /// `2026-11`.
    #[cfg_attr(
        feature = "openapi",
        schema(pattern = "^[0-9]{4}-[0-9]{2}$", example = "2026-11")
    )]
    pub month: String,
    /// How far it is.
    pub status: PeriodStatus,
    /// Its first instant.
    pub starts_at: DateTime<Utc>,
    /// The first instant after it.
    pub ends_at: DateTime<Utc>,
    /// When it was closed.
    pub closed_at: Option<DateTime<Utc>>,
    /// Who closed it.
    pub closed_by: Option<String>,
    /// The wallet at its beginning; of closed ones alone, as the next two.
    pub opening_nano: Option<NanoUsd>,
    /// What requests cost, corrections included.
    pub usage_nano: Option<NanoUsd>,
    /// The wallet at its end.
    pub closing_nano: Option<NanoUsd>,
}

/// `GET billing/periods`: the newest first, from the month in which the organisation began to the running one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Periods {
    /// The zone of the newest month.
    pub time_zone: String,
    /// The newest first.
    pub items: Vec<Period>,
}

/// What moved the wallet, by kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StatementMovement {
    /// What for.
    pub kind: TransferKind,
    /// Whether it was booked by settlement, so that it is the sum of the usage lines.
    pub settled: bool,
    /// How many transfers.
    pub transfers: i64,
    /// What they did to the wallet.
    pub wallet_nano: NanoUsd,
}

/// What was used of a model by a cost centre.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StatementUsage {
    /// The model, as clients asked for it.
    pub model: String,
    /// The cost centre; empty: none.
    pub cost_centre: String,
    /// Whether the requests were made before the period began and were booked late.
    pub late: bool,
    /// How many requests.
    pub requests: i64,
    /// Input tokens, without those written to or read from caches.
    pub input_tokens: i64,
    /// Output tokens.
    pub output_tokens: i64,
    /// Tokens written to caches.
    pub cache_write_tokens: i64,
    /// Tokens read from caches.
    pub cache_read_tokens: i64,
    /// What else was metered, by name: tokens among those above that have a price of their own (`audio_input`), and things
    /// that are counted (`web_search`). Never part of a sum of tokens.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub other_meters: BTreeMap<String, i64>,
    /// What they cost when they were booked.
    pub usage_nano: NanoUsd,
    /// What exact figures changed afterwards.
    pub correction_nano: NanoUsd,
}

impl StatementUsage {
    /// What the line comes to.
    pub fn total_nano(&self) -> NanoUsd {
        NanoUsd(self.usage_nano.0.saturating_add(self.correction_nano.0))
    }
}

/// What a closed month comes to. Opening and movements are the closing; settled usage and corrections are the lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Statement {
    /// The shape of what was hashed.
    pub version: u32,
    /// `2026-11`.
    pub month: String,
    /// The zone whose month it is.
    pub time_zone: String,
    /// Its first instant.
    pub starts_at: DateTime<Utc>,
    /// The first instant after it.
    pub ends_at: DateTime<Utc>,
    /// When it was closed.
    pub closed_at: DateTime<Utc>,
    /// Who closed it.
    pub closed_by: String,
    /// The wallet at its beginning.
    pub opening_nano: NanoUsd,
    /// What moved the wallet.
    pub movements: Vec<StatementMovement>,
    /// The wallet at its end.
    pub closing_nano: NanoUsd,
    /// Usage by model and cost centre; late requests stand in lines of their own.
    pub usage: Vec<StatementUsage>,
    /// How many requests were booked.
    pub requests: i64,
    /// Of them, made before the period began.
    pub late_requests: i64,
    /// What requests cost, corrections included: the sum of the usage lines.
    pub usage_nano: NanoUsd,
    /// The first batch of settlement in it.
    pub first_batch: Option<i64>,
    /// The last one.
    pub last_batch: Option<i64>,
}

/// `GET billing/statements/{month}`: a statement with its hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StatementView {
    /// What was stored when the month was closed.
    pub statement: Statement,
    /// SHA-256 of the stored text, in hex.
    pub hash: String,
}

/// What one kind of booking does between a report and a statement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BridgeStep {
    /// How many requests or corrections.
    pub count: i64,
    /// What they come to, with the sign that it has on the way from the report to the statement.
    pub amount_nano: NanoUsd,
}

/// `GET billing/statements/{month}/bridge`: from what reports show of a month, which goes by the time of the requests and
/// changes with each correction, to what its statement holds, which goes by the time of booking and never changes. The
/// report and all steps add up to the statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StatementBridge {
    /// `2026-11`.
    pub month: String,
    /// What reports show now of the requests that were made in the month.
    pub report_nano: NanoUsd,
    /// Less: requests of the month that were booked after it.
    pub booked_later: BridgeStep,
    /// Less: corrections of the month's requests that were booked after it, such as re-pricings.
    pub corrected_later: BridgeStep,
    /// And: requests of other months that were booked in it.
    pub late_requests: BridgeStep,
    /// And: corrections booked in it of requests of other months.
    pub late_corrections: BridgeStep,
    /// What can't be told any more: zero but where retention has dropped the requests.
    pub dropped_nano: NanoUsd,
    /// The statement's usage, which the invoice sums up.
    pub statement_nano: NanoUsd,
}

/// A request behind a statement's line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StatementRequest {
    /// The request.
    pub id: crate::ids::RequestId,
    /// When it was made.
    pub started_at: DateTime<Utc>,
    /// When it was booked.
    pub booked_at: DateTime<Utc>,
    /// The model.
    pub model: String,
    /// The cost centre.
    pub cost_centre: String,
    /// Whether it was booked late.
    pub late: bool,
    /// How it ended, as in `GET requests`.
    pub status: String,
    /// What of it stands in this statement: its charge, if it was booked in the month, and corrections that were.
    pub amount_nano: NanoUsd,
}

/// The filters of `GET billing/statements/{month}/requests`: those of a line, or none for all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct StatementRequestQuery {
    /// The organisation; the operator's alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<crate::ids::TenantId>,
    /// Only this model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::query_text"))]
    pub model: Option<String>,
    /// Only this cost centre; empty: those without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::query_text"))]
    pub cost_centre: Option<String>,
    /// Only late ones, or only those that are not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late: Option<bool>,
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

/// Whose books are meant: one's own, or for the platform's own people those of any organisation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct BooksQuery {
    /// The organisation; the operator's alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<crate::ids::TenantId>,
}
