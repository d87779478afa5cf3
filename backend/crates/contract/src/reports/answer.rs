//! What reports answer.

use super::{ReportDim, ReportQuery, ReportStep};
use crate::money::NanoUsd;
use crate::stats::Figures;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use validator::Validate;

/// Several reports at once: `POST reports/usage`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ReportBatch {
    /// At most 20, answered in this order and of one moment.
    #[validate(
        nested,
        length(min = 1, max = 20, code = "out_of_range", message = "must be 1 to 20 reports")
    )]
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 20))]
    pub reports: Vec<ReportQuery>,
}

/// The answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Reports {
    /// In the order asked for.
    pub reports: Vec<Report>,
}

/// Sums over requests, and what else is known of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Metrics {
    /// Requests, tokens, charge.
    pub figures: Figures,
    /// Requests that failed on our or the vendor's side (`upstream_error`, `timeout`, `unknown`).
    pub errors: u64,
    /// Requests that were at fault themselves.
    pub client_errors: u64,
    /// Requests that were cut before they were complete.
    pub cut: u64,
    /// Requests whose figures are estimates still.
    pub estimated_requests: u64,
    /// Requests that were booked a day or more after they were made.
    pub late_requests: u64,
    /// Mean milliseconds to an answer's end, rounded down; absent where there are no requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean_duration_ms: Option<u64>,
    /// Mean milliseconds to the first byte, of those that had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean_first_byte_ms: Option<u64>,
}

/// One point over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReportPoint {
    /// When it begins; the first one at the range's beginning, if that lies within a step.
    pub at: DateTime<Utc>,
    /// When it ends.
    pub until: DateTime<Utc>,
    /// Its sums.
    pub metrics: Metrics,
}

/// One row's part of a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RowPoint {
    /// Which of the report's points, from 0.
    pub point: u32,
    /// Its sums.
    pub metrics: Metrics,
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReportRow {
    /// What it stands for, one for each grouping: an id, a model, a tag…; empty for none.
    pub ids: Vec<String>,
    /// How to show that.
    pub labels: Vec<String>,
    /// Its sums.
    pub metrics: Metrics,
    /// Its share of the total, in thousandths of what is sorted by, rounded down.
    pub share_permille: u32,
    /// What it had in the range beside, if one was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Metrics>,
    /// Its points that are not empty, of the first 20 rows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub points: Vec<RowPoint>,
}

/// The range beside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Comparison {
    /// When it begins.
    pub from: DateTime<Utc>,
    /// When it ends.
    pub to: DateTime<Utc>,
    /// Its sums.
    pub totals: Metrics,
    /// The same up to as far into it as the range has come; absent where the range is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub so_far: Option<Metrics>,
    /// Its points.
    pub points: Vec<ReportPoint>,
}

/// Where a range that is not over leads if it goes on as it did: what was charged × its whole length ÷ the time that has
/// passed, in whole seconds and rounded down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RunRate {
    /// Seconds from the range's beginning to now.
    pub elapsed_s: u64,
    /// Seconds of the whole.
    pub whole_s: u64,
    /// What it comes to.
    pub charge_nano: NanoUsd,
    /// Requests that it comes to.
    pub requests: u64,
}

/// `GET reports/usage`. The rows, `others` and, where it is there, less `counted_twice` are `totals`, exactly.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Report {
    /// When it was computed.
    pub at: DateTime<Utc>,
    /// Its IANA zone.
    pub time_zone: String,
    /// When the range begins.
    pub from: DateTime<Utc>,
    /// When it ends; may lie ahead.
    pub to: DateTime<Utc>,
    /// The width of a point.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<ReportStep>,
    /// What rows stand for.
    pub group_by: Vec<ReportDim>,
    /// Over all that matched.
    pub totals: Metrics,
    /// The largest first.
    pub rows: Vec<ReportRow>,
    /// How many rows there would be.
    pub row_count: u64,
    /// What is left off, together; absent where nothing is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub others: Option<Metrics>,
    /// What keys with several tags are counted again for; absent where that is nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counted_twice: Option<Metrics>,
    /// Over time, gaps filled with zeros; up to now.
    pub points: Vec<ReportPoint>,
    /// The range beside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comparison: Option<Comparison>,
    /// Where it leads; absent where the range is over or has not begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_rate: Option<RunRate>,
}
