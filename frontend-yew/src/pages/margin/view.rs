//! What the address says of the margin.

use crate::pages::parts::is_default;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use tollgate_contract::margin::{MarginGroup, MarginQuery};

/// Days and grouping.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MarginView {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<NaiveDate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<NaiveDate>,
    #[serde(skip_serializing_if = "is_default")]
    pub group: MarginGroup,
}

impl MarginView {
    /// What to ask the server for.
    pub fn query(&self) -> MarginQuery {
        MarginQuery {
            from: self.from,
            to: self.to,
            group_by: self.group,
            ..MarginQuery::default()
        }
    }
}

/// The grouping of this name.
pub fn group_of(name: &str) -> MarginGroup {
    let found = MarginGroup::ALL.into_iter().find(|group| group.as_str() == name);
    found.unwrap_or_default()
}
