//! The operator's margin: what upstream accounts of the platform cost and what customers were charged for them. Only the
//! platform's own organisation is told any of it.

use crate::check;
use crate::ids::{AccountId, TenantId};
use crate::money::NanoUsd;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use validator::Validate;

/// What a row stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum MarginGroup {
    /// A customer.
    #[default]
    Tenant,
    /// A platform.
    Platform,
    /// A model, as it was sent.
    Model,
    /// An account of the platform's.
    Account,
    /// A day in UTC.
    Day,
}

impl MarginGroup {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Tenant,
        Self::Platform,
        Self::Model,
        Self::Account,
        Self::Day,
    ];

    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::Platform => "platform",
            Self::Model => "model",
            Self::Account => "account",
            Self::Day => "day",
        }
    }
}

/// `GET margin`, `GET margin/export`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct MarginQuery {
    /// The first day (`YYYY-MM-DD`, UTC); 29 days before `to` if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<NaiveDate>,
    /// The last day; today if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<NaiveDate>,
    /// What the rows stand for.
    #[serde(default)]
    pub group_by: MarginGroup,
    /// Only this customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<TenantId>,
    /// Only this account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<AccountId>,
    /// Only this platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::query_text"))]
    pub platform: Option<String>,
    /// Only this model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::query_text"))]
    pub model: Option<String>,
}

/// Sums of requests on accounts of the platform's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MarginFigures {
    /// Requests.
    pub requests: u64,
    /// Input tokens, those written to and read from caches included.
    pub input_tokens: u64,
    /// Output tokens.
    pub output_tokens: u64,
    /// What the upstream costs, by the price book.
    pub cost_nano: NanoUsd,
    /// What customers were charged.
    pub charge_nano: NanoUsd,
    /// What credit notes issued in these days gave back of usage; absent where rows stand for, or are narrowed to, what a
    /// credit note does not name: platforms, models, accounts.
    #[serde(default)]
    pub credited_nano: Option<NanoUsd>,
    /// Charge less what was credited, less cost.
    pub margin_nano: NanoUsd,
    /// The margin's share of the charge less what was credited, in thousandths, rounded towards zero; absent where that is
    /// nothing.
    pub margin_permille: Option<i64>,
}

/// One row of the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MarginRow {
    /// What it stands for: an id, a platform, a model, a date.
    pub id: String,
    /// How to show it.
    pub label: String,
    /// Its sums.
    pub figures: MarginFigures,
}

/// Whether the report agrees with the ledger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MarginTie {
    /// Cost of all days there are.
    pub cost_nano: NanoUsd,
    /// What the platform's ledger account `upstream_cost` holds.
    pub ledger_cost_nano: NanoUsd,
    /// What all customers were charged in all days, on accounts of the platform's and on their own.
    #[serde(default)]
    pub charge_nano: NanoUsd,
    /// What all credit notes gave back of it.
    #[serde(default)]
    pub credited_nano: NanoUsd,
    /// What all customers' ledger accounts `revenue` hold: the charge less what was credited.
    #[serde(default)]
    pub ledger_revenue_nano: NanoUsd,
}

/// `GET margin`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MarginReport {
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
    /// What the rows stand for.
    pub group_by: MarginGroup,
    /// Of all rows.
    pub totals: MarginFigures,
    /// The greatest charge first; days in their order.
    pub rows: Vec<MarginRow>,
    /// The same by day, for the chart: days without requests are left out.
    pub days: Vec<MarginRow>,
    /// What customers were charged for their own accounts in these days: no cost of the platform's stands against it.
    pub own_accounts_charge_nano: NanoUsd,
    /// The tie to the ledger.
    pub tie: MarginTie,
}
