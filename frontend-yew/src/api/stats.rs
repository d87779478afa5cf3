//! Figures.

use super::{Query, path_with, use_get};
use tollgate_contract::stats::{ModelReport, Overview, OverviewQuery, TrendRange};
use yew::prelude::*;

/// Is all well, how much today, what changed.
#[hook]
pub fn use_overview(range: TrendRange) -> Query<Overview> {
    use_get(path_with("/dashboard/overview", &OverviewQuery { range }))
}

/// The models that were asked in the last 30 days.
#[hook]
pub fn use_models() -> Query<ModelReport> {
    use_get("/stats/models".to_owned())
}
