//! Reports.

use super::{Query, path_with, use_get};
use tollgate_contract::reports::{Report, ReportQuery};
use yew::prelude::*;

/// A report.
#[hook]
pub fn use_report(query: &ReportQuery) -> Query<Report> {
    use_get(path_with("/reports/usage", query))
}
