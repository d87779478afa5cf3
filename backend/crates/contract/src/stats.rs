//! Usage in figures: what was asked, what it cost, over time and by what.
//! Days are days of the tenant's zone; `from` and `to` are both included.

use crate::accounts::AccountState;
use crate::check;
use crate::ids::{AccountId, KeyId, UserId};
use crate::money::NanoUsd;
use crate::platform::Platform;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use validator::Validate;

/// Most days that one report spans: a leap year and a day.
pub const DAYS_MAX: i64 = 367;

/// Sums over relayed requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Figures {
    /// Requests, failed ones included.
    pub requests: u64,
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
    /// All of these together.
    pub total_tokens: u64,
    /// What was charged.
    pub charge_nano: NanoUsd,
}

/// One day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DayFigures {
    /// The day, in the tenant's zone.
    pub date: NaiveDate,
    /// Its sums.
    pub figures: Figures,
}

/// One model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ModelFigures {
    /// The model, as clients asked for it.
    pub model: String,
    /// Its sums.
    pub figures: Figures,
}

/// What a report's rows stand for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum GroupBy {
    /// Days, in order, gaps filled with zeros.
    #[default]
    Day,
    /// Keys, the dearest first.
    Key,
    /// Models, the dearest first.
    Model,
    /// Owners of keys, the dearest first.
    User,
    /// Upstream accounts, the dearest first.
    Account,
    /// Cost centres, the dearest first.
    CostCentre,
}

/// The range, filters and grouping of `GET stats/usage` and `GET stats/cost`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct StatsQuery {
    /// The first day (`YYYY-MM-DD`, tenant's zone); 29 days before `to` if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<NaiveDate>,
    /// The last day; today if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<NaiveDate>,
    /// What the rows stand for.
    #[serde(default)]
    pub group_by: GroupBy,
    /// Only this key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_id: Option<KeyId>,
    /// Only this person's keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// Only this account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<AccountId>,
    /// Only this model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::query_text"))]
    pub model: Option<String>,
}

/// A range of days: `GET stats/models`, `GET keys/{id}/stats`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct RangeQuery {
    /// The first day (`YYYY-MM-DD`, tenant's zone); 29 days before `to` if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<NaiveDate>,
    /// The last day; today if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<NaiveDate>,
}

/// One row of a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UsageRow {
    /// What it stands for: a date, an id, a model, a cost centre; empty for "none".
    pub id: String,
    /// How to show it: a key's, person's or account's name, else the id.
    pub label: String,
    /// Its sums.
    pub figures: Figures,
}

/// `GET stats/usage`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UsageReport {
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
    /// The tenant's IANA zone.
    pub time_zone: String,
    /// What the rows stand for.
    pub group_by: GroupBy,
    /// Over all that matched.
    pub totals: Figures,
    /// At most 1000 rows; `totals` counts also what is left off.
    pub rows: Vec<UsageRow>,
}

/// One row of a cost report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CostRow {
    /// What it stands for, as in a usage report.
    pub id: String,
    /// How to show it.
    pub label: String,
    /// Requests, failed ones included.
    pub requests: u64,
    /// What was charged.
    pub charge_nano: NanoUsd,
    /// Its share of the total in thousandths, rounded down.
    pub share_permille: u32,
}

/// `GET stats/cost`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CostReport {
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
    /// The tenant's IANA zone.
    pub time_zone: String,
    /// What the rows stand for.
    pub group_by: GroupBy,
    /// What was charged over all that matched.
    pub total_nano: NanoUsd,
    /// What was charged over as many days just before.
    pub previous_total_nano: NanoUsd,
    /// At most 1000 rows.
    pub rows: Vec<CostRow>,
}

/// `GET stats/models`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ModelReport {
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
    /// The tenant's IANA zone.
    pub time_zone: String,
    /// The dearest first.
    pub rows: Vec<ModelFigures>,
}

/// A range that ends now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum TrendRange {
    /// 24 hours, hour by hour.
    #[default]
    #[serde(rename = "24h")]
    Day,
    /// 7 days, in steps of six hours.
    #[serde(rename = "7d")]
    Week,
    /// 30 days, day by day of the tenant's zone.
    #[serde(rename = "30d")]
    Month,
}

/// The width of a trend's points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum TrendStep {
    /// A quarter of an hour.
    #[serde(rename = "15m")]
    Quarter,
    /// An hour of the tenant's zone.
    #[serde(rename = "1h")]
    Hour,
    /// Six hours, beginning at midnight of the tenant's zone.
    #[serde(rename = "6h")]
    SixHours,
    /// A day of the tenant's zone.
    #[serde(rename = "1d")]
    Day,
}

/// `GET stats/trends`, and `GET dashboard/overview` which takes `range` alone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct TrendQuery {
    /// A range that ends now; ignored where `from` or `to` is given.
    #[serde(default)]
    pub range: TrendRange,
    /// The first day (`YYYY-MM-DD`, tenant's zone).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<NaiveDate>,
    /// The last day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<NaiveDate>,
    /// The width of the points; fitted to the range if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<TrendStep>,
    /// Only this model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::query_text"))]
    pub model: Option<String>,
}

/// `GET dashboard/overview`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct OverviewQuery {
    /// The range of the trend and the models.
    #[serde(default)]
    pub range: TrendRange,
}

/// One point of a trend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TrendPoint {
    /// When it begins.
    pub at: DateTime<Utc>,
    /// Its sums.
    pub figures: Figures,
    /// Requests that failed on our or the vendor's side.
    pub errors: u64,
}

/// `GET stats/trends`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Trends {
    /// When the first point begins.
    pub from: DateTime<Utc>,
    /// When the last point ends.
    pub to: DateTime<Utc>,
    /// The tenant's IANA zone.
    pub time_zone: String,
    /// The width of a point.
    pub step: TrendStep,
    /// In order, gaps filled with zeros; a day's width follows the zone's clock changes.
    pub points: Vec<TrendPoint>,
}

/// One day's tile on the dashboard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DayTile {
    /// Its sums.
    pub figures: Figures,
    /// Requests that failed on our or the vendor's side (`upstream_error`, `timeout`, `unknown`).
    pub errors: u64,
    /// Requests that were at fault themselves.
    pub client_errors: u64,
}

/// Keys by how they stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KeyCounts {
    /// Switched on and not expired.
    pub active: u64,
    /// Switched off.
    pub disabled: u64,
    /// Switched on, but expired.
    pub expired: u64,
}

/// An account's state on the dashboard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccountTile {
    /// The account.
    pub id: AccountId,
    /// Its platform.
    pub platform: Platform,
    /// What it is called.
    pub name: String,
    /// How it is doing.
    pub state: AccountState,
    /// Why.
    pub state_reason: String,
    /// Until when.
    pub state_until: Option<DateTime<Utc>>,
    /// Whether the scheduler may use it.
    pub schedulable: bool,
}

/// `GET dashboard/overview`: is all well, how much today, what changed. Members see their own keys' figures only.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Overview {
    /// When it was computed.
    pub at: DateTime<Utc>,
    /// The tenant's IANA zone.
    pub time_zone: String,
    /// Today.
    pub today: DayTile,
    /// The whole of yesterday.
    pub yesterday: DayTile,
    /// Yesterday up to the same time of day (the last full quarter of an hour), for a fair comparison.
    pub yesterday_so_far: DayTile,
    /// Keys.
    pub keys: KeyCounts,
    /// Accounts that are not deleted; empty for those who may not see accounts.
    pub accounts: Vec<AccountTile>,
    /// What is left in the wallet; absent for those who may not see money.
    pub balance_nano: Option<NanoUsd>,
    /// Over the range asked for.
    pub trend: Trends,
    /// Over the range asked for, the dearest first.
    pub models: Vec<ModelFigures>,
}
