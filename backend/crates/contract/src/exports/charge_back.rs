//! Charge-back by cost centre.

use crate::check;
use crate::money::NanoUsd;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use validator::Validate;

/// `GET billing/charge-back`: the range, in whole days of the organisation's zone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct ChargeBackQuery {
    /// The first day; the first of `to`'s month if absent.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "crate::day::read"
    )]
    pub from: Option<NaiveDate>,
    /// The last day; today if absent.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "crate::day::read"
    )]
    pub to: Option<NaiveDate>,
    /// Instead of days: exactly what the statement of this closed month holds, such as `2026-11`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::month"))]
    pub statement: Option<String>,
}

/// What one cost centre used.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChargeBackRow {
    /// The cost centre; empty for what has none.
    pub cost_centre: String,
    /// Requests.
    pub requests: u64,
    /// All tokens, corrections included.
    pub total_tokens: i64,
    /// What is charged, corrections included.
    pub charge_nano: NanoUsd,
    /// What credit notes gave back of it: those of the statement's invoice, or those issued in these days.
    #[serde(default)]
    pub credited_nano: NanoUsd,
}

/// Charge-back by cost centre. The rows' charges add up to the total, and the total ties to the ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChargeBack {
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
    /// The organisation's IANA zone.
    pub time_zone: String,
    /// The number of the last batch that counts.
    pub through: i64,
    /// The dearest first.
    pub rows: Vec<ChargeBackRow>,
    /// Over all of them; its cost centre is empty.
    pub total: ChargeBackRow,
}
