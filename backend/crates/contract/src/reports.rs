//! Reports: usage over any range of time in any zone, by what one likes, beside another range. Sums come from the rollups
//! that settlement keeps, so they hold what is booked, to the nano-dollar and at once.

mod answer;
mod words;

pub use answer::{
    Comparison, Metrics, Report, ReportBatch, ReportPoint, ReportRow, Reports, RowPoint, RunRate,
};

pub use words::{ClientFamily, ReportCompare, ReportDim, ReportMetric, ReportRange, ReportStep};

use crate::check;
use crate::ids::{AccountId, KeyId, UserId};
use crate::requests::RequestStatus;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use validator::Validate;

/// Most rows of a report.
pub const TOP_MAX: u32 = 1000;
/// Rows of a report when no number is asked for.
pub const TOP_DEFAULT: u32 = 50;
/// Rows that come with points of their own: more lines than that nobody tells apart.
pub const SERIES_MAX: usize = 20;
/// Most points of a report: more than a wide screen has pixels for.
pub const POINTS_MAX: usize = 1500;
/// Most reports of one call.
pub const BATCH_MAX: usize = 20;

/// Range, filters and grouping of `GET reports/usage`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams, utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct ReportQuery {
    /// A range that moves with the clock; the last 30 days if nothing says when. Not together with the four below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<ReportRange>,
    /// The first day (`YYYY-MM-DD`, in the report's zone).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<NaiveDate>,
    /// The last day, included; today if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<NaiveDate>,
    /// Instead of `from`: the first instant, a full quarter of an hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::instant"))]
    pub from_at: Option<DateTime<Utc>>,
    /// Instead of `to`: the end, not included; a full quarter of an hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::instant"))]
    pub to_at: Option<DateTime<Utc>>,
    /// IANA zone; the tenant's if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::query_text"))]
    pub zone: Option<String>,
    /// The width of points; absent: no points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<ReportStep>,
    /// What rows stand for; absent: no rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_by: Option<ReportDim>,
    /// What else they stand for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub then_by: Option<ReportDim>,
    /// Only this key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_id: Option<KeyId>,
    /// Only keys of this person; the nil UUID: of nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// Only this account; the nil UUID: none of the tenant's own.
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
    /// Only those that ended so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<RequestStatus>,
    /// Only this cost centre; empty: those without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::query_text"))]
    pub cost_centre: Option<String>,
    /// Only keys that bear this tag today.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::query_text"))]
    pub tag: Option<String>,
    /// By what rows are ordered, the largest first.
    #[serde(default)]
    pub sort: ReportMetric,
    /// How many rows: 1–1000, 50 if absent; the rest is in `others`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(range(min = 1, max = 1000, code = "out_of_range", message = "must be 1 to 1000"))]
    #[cfg_attr(
        feature = "openapi",
        param(minimum = 1, maximum = 1000),
        schema(minimum = 1, maximum = 1000)
    )]
    pub top: Option<u32>,
    /// Beside what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compare: Option<ReportCompare>,
}
