//! Reconciliation with a provider's own bill: its reports as they were uploaded, and what they say beside what was booked.

use crate::check;
use crate::ids::{AccountId, ReportId, RequestId};
use crate::money::NanoUsd;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use validator::Validate;

/// Thousandths by which figures may differ and still agree, unless asked for otherwise.
pub const TOLERANCE_PERMILLE: u32 = 10;
/// Nano-USD by which a day's money of a model may differ and still agree, unless asked for otherwise: providers' tables
/// round each line to a cent.
pub const TOLERANCE_NANO: i64 = 20_000_000;
/// Longest file in bytes.
pub const REPORT_BYTES_MAX: usize = 8 * 1024 * 1024;

/// A provider's file: `POST provider-reports`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ReportUpload {
    /// The account whose bill it is.
    pub account_id: AccountId,
    /// Only lines of this project, workspace or API key, as the file names it; all of them if empty.
    #[serde(default)]
    #[validate(custom(function = "check::report_name"))]
    pub scope: String,
    /// The file's name, to know it again.
    #[serde(default)]
    #[validate(custom(function = "check::report_name"))]
    pub file_name: String,
    /// The file itself: JSON of the admin API (a page, or an array of pages) or a CSV export.
    #[validate(custom(function = "check::report_content"))]
    pub content: String,
}

/// A report that was uploaded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProviderReport {
    /// The report's id.
    pub id: ReportId,
    /// The account whose bill it is.
    pub account_id: AccountId,
    /// The account's name.
    pub account_name: String,
    /// `openai` or `anthropic`.
    pub provider: String,
    /// `cost` or `usage`.
    pub kind: String,
    /// `json` or `csv`.
    pub format: String,
    /// The project, workspace or key whose lines were taken; empty: all.
    pub scope: String,
    /// The file's name.
    pub file_name: String,
    /// The first day that it speaks of (UTC).
    pub first_day: NaiveDate,
    /// The last day.
    pub last_day: NaiveDate,
    /// How many lines it has by day, model and item.
    pub lines: u32,
    /// Who uploaded it.
    pub author: String,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// What came of an upload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReportUploaded {
    /// The report.
    pub report: ProviderReport,
    /// Whether the same content was there before: then nothing was changed.
    pub repeated: bool,
}

/// `GET provider-reports`: all of them, the newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProviderReports {
    /// The newest thousand.
    pub items: Vec<ProviderReport>,
}

/// `GET reconciliation`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct ReconcileQuery {
    /// Whose bill.
    pub account_id: AccountId,
    /// The first day (`YYYY-MM-DD`, UTC); 29 days before `to` if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<NaiveDate>,
    /// The last day; today if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<NaiveDate>,
    /// Thousandths by which figures may differ and still agree; 10 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::permille"))]
    #[cfg_attr(feature = "openapi", param(minimum = 0, maximum = 1000))]
    pub tolerance_permille: Option<u32>,
}

/// One side's figures; what it does not tell is absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReconcileSide {
    /// Requests.
    pub requests: Option<i64>,
    /// Input that came from no cache.
    pub input_tokens: Option<i64>,
    /// Output.
    pub output_tokens: Option<i64>,
    /// Written to caches.
    pub cache_write_tokens: Option<i64>,
    /// Read from caches.
    pub cache_read_tokens: Option<i64>,
    /// Money.
    pub amount_nano: Option<NanoUsd>,
}

/// How the two sides stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReconcileVerdict {
    /// All that both tell agrees within the tolerance.
    Agrees,
    /// Something differs by more.
    Differs,
    /// Booked here, and the provider's reports of that day don't have it.
    OnlyHere,
    /// The provider bills it, and nothing of it is booked here.
    OnlyThere,
    /// No report speaks of that day.
    NoReport,
}

/// A likely cause of a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReconcileCause {
    /// Requests whose end nobody knows: the provider may have billed them.
    UnknownRequests,
    /// Requests that were booked by an estimate.
    EstimatedRequests,
    /// The tokens agree and the money does not: the price book has other prices.
    Prices,
    /// The provider bills what did not come through here.
    Elsewhere,
    /// The report is of another account or part of it, or names the model otherwise.
    OtherScope,
    /// The report does not say the model: compare the day's total.
    NoModel,
    /// Billed beside the tokens, such as searches.
    BesideTokens,
}

/// A model's day, or a day's total where the model is absent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReconcileRow {
    /// The day in UTC.
    pub day: NaiveDate,
    /// The model as the provider calls it, else as it was sent; absent for the day's total, empty where the report says
    /// none.
    pub model: Option<String>,
    /// What was booked.
    pub here: ReconcileSide,
    /// What the provider says.
    pub there: ReconcileSide,
    /// Here less there, of what both tell; money that one side alone has counts as all of it, where a report of cost speaks of
    /// the day.
    pub difference: ReconcileSide,
    /// Of the requests booked: estimated ones.
    pub estimated: i64,
    /// Of the requests booked: such whose end nobody knows.
    pub unknown: i64,
    /// How they stand to each other.
    pub verdict: ReconcileVerdict,
    /// Likely causes of a difference, the likeliest first.
    pub causes: Vec<ReconcileCause>,
}

/// `GET reconciliation`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Reconciliation {
    /// Whose bill.
    pub account_id: AccountId,
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
    /// Thousandths by which figures may differ.
    pub tolerance_permille: u32,
    /// Nano-USD by which money may differ whatever the thousandths.
    pub tolerance_nano: NanoUsd,
    /// All days that a report speaks of; where none does, nothing is compared.
    pub total: Option<ReconcileRow>,
    /// Each day's total, the newest first.
    pub days: Vec<ReconcileRow>,
    /// Each model's day, in the days' order.
    pub models: Vec<ReconcileRow>,
    /// Whether what was booked is the platform's cost; else it is what was charged for a tenant's own account.
    pub is_cost: bool,
}

/// `GET reconciliation/requests`: what stands behind a row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct ReconcileRequestsQuery {
    /// Whose bill.
    pub account_id: AccountId,
    /// The day (`YYYY-MM-DD`, UTC).
    pub day: NaiveDate,
    /// Only this model, as a row names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::query_text"))]
    pub model: Option<String>,
}

/// A request behind a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReconcileRequest {
    /// The request.
    pub id: RequestId,
    /// When it was admitted.
    pub started_at: DateTime<Utc>,
    /// The model as it was sent.
    pub model: String,
    /// How it ended.
    pub status: String,
    /// `exact` or `estimated`.
    pub quality: String,
    /// Its figures, later corrections included.
    pub here: ReconcileSide,
}

/// `GET reconciliation/requests`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReconcileRequests {
    /// Unknown ones first, then estimated ones, then the dearest: at most 200.
    pub items: Vec<ReconcileRequest>,
    /// Whether there are more.
    pub more: bool,
}
