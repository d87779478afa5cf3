//! Budgets: how much money may be spent on what, and by when it begins anew.

use crate::check;
use crate::ids::{BudgetId, KeyId, NodeId, UserId};
use crate::money::NanoUsd;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use validator::Validate;

/// Most budgets that one request may fall under, the wallet included: all of them are reserved from at once.
pub const BUDGETS_PER_REQUEST_MAX: usize = 8;

/// Whose spending a budget bounds.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum BudgetScope {
    /// The whole organisation's.
    Tenant,
    /// All keys' of one user.
    User {
        /// Who.
        user_id: UserId,
    },
    /// One key's.
    Key {
        /// Which.
        key_id: KeyId,
    },
    /// All keys' of a cost centre.
    CostCentre {
        /// Which.
        cost_centre: String,
    },
}

/// When a budget begins anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum BudgetPeriod {
    /// Each day.
    Day,
    /// Each week.
    Week,
    /// Each calendar month.
    Month,
    /// Never.
    Total,
}

impl BudgetPeriod {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Day, Self::Week, Self::Month, Self::Total];

    /// As stored and written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Total => "total",
        }
    }

    /// The period of this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|period| period.as_str() == text)
    }
}

/// `POST budgets`, and `PUT budgets/{id}` with the whole of what can be edited. Scope, models, period and its beginning
/// stay as they were made: what was spent would mean something else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct BudgetForm {
    /// What it is called.
    #[validate(custom(function = "check::name"))]
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 100))]
    pub name: String,
    /// Whose spending.
    pub scope: BudgetScope,
    /// Only on models whose name fits this pattern, e.g. `*opus*`; on all if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::model_pattern"))]
    pub models: Option<String>,
    /// When it begins anew.
    pub period: BudgetPeriod,
    /// The week's first day, 1 (Monday) to 7 (Sunday).
    #[serde(default = "monday")]
    #[validate(custom(function = "check::week_start"))]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 7))]
    pub week_start: u8,
    /// The hour at which days, weeks and months begin, 0 to 23.
    #[serde(default)]
    #[validate(custom(function = "check::start_hour"))]
    #[cfg_attr(feature = "openapi", schema(maximum = 23))]
    pub start_hour: u8,
    /// The IANA zone of days, weeks and months; the organisation's if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::time_zone"))]
    pub time_zone: Option<String>,
    /// How much may be spent in a period, in nano-USD.
    #[validate(custom(function = "check::budget_limit"))]
    pub limit_nano: NanoUsd,
    /// Whether requests are refused at its end; else it only warns.
    #[serde(default = "yes")]
    pub hard: bool,
    /// Per cent of the limit at which a notice is sent, rising.
    #[serde(default = "thresholds")]
    #[validate(custom(function = "check::thresholds"))]
    #[cfg_attr(feature = "openapi", schema(max_items = 10))]
    pub thresholds: Vec<u16>,
    /// Whether it counts; one that doesn't is kept with what was spent.
    #[serde(default = "yes")]
    pub active: bool,
    /// Of `PUT`: the version that was edited; a newer one on the server refuses the change. Absent: no check.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

fn monday() -> u8 {
    1
}

fn yes() -> bool {
    true
}

fn thresholds() -> Vec<u16> {
    vec![80, 100]
}

/// A budget with its current period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Budget {
    /// Stable over its life.
    pub id: BudgetId,
    /// What it is called.
    pub name: String,
    /// Whose spending.
    pub scope: BudgetScope,
    /// The name of the user or key, or the cost centre; empty for the organisation.
    pub scope_name: String,
    /// Only on models whose name fits this pattern.
    pub models: Option<String>,
    /// When it begins anew.
    pub period: BudgetPeriod,
    /// The week's first day, 1 (Monday) to 7 (Sunday).
    pub week_start: u8,
    /// The hour at which a period begins.
    pub start_hour: u8,
    /// The IANA zone of its periods.
    pub time_zone: String,
    /// How much may be spent in a period.
    pub limit_nano: NanoUsd,
    /// Whether requests are refused at its end.
    pub hard: bool,
    /// Per cent of the limit at which a notice is sent.
    pub thresholds: Vec<u16>,
    /// Whether it counts.
    pub active: bool,
    /// When the current period began.
    pub period_start: DateTime<Utc>,
    /// When the next one begins; never if absent.
    pub period_end: Option<DateTime<Utc>>,
    /// What was spent in it, booked.
    pub spent_nano: NanoUsd,
    /// Held for requests that run, or by nodes for those to come.
    pub reserved_nano: NanoUsd,
    /// What is left: limit less spent less reserved; below zero by overruns.
    pub left_nano: NanoUsd,
    /// Of what was spent, what vendors billed beyond what was reserved.
    pub overrun_nano: NanoUsd,
    /// Of what is reserved, what nodes hold that are not heard of any more.
    pub held_by_lost_nodes: Vec<LostHold>,
    /// Grows by one with every change.
    pub version: i64,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    pub updated_at: DateTime<Utc>,
}

/// What a node that is not heard of any more still holds: its journal may tell that it was spent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LostHold {
    /// The node.
    pub node_id: NodeId,
    /// Its epoch.
    pub epoch: i64,
    /// When it was heard of last.
    pub heard_at: DateTime<Utc>,
    /// How much it holds.
    pub held_nano: NanoUsd,
}

/// `GET budgets`: of the whole organisation for those who may see money, of oneself and one's keys for members. Not
/// paged; those of single keys are left out unless asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Budgets {
    /// By scope (organisation, cost centres, users, keys) and name.
    pub items: Vec<Budget>,
    /// When it was read.
    pub at: DateTime<Utc>,
}

/// The filters of `GET budgets`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct BudgetQuery {
    /// All under which this key's requests fall.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_id: Option<KeyId>,
    /// Also those of single keys, the fullest 500 of them.
    #[serde(default)]
    pub with_keys: bool,
}
