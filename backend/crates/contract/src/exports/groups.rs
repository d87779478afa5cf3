//! What the sums of a summary can be grouped by.

use crate::check;
use serde::{Deserialize, Serialize};
use validator::ValidationError;

/// Most things that a summary is grouped by at once.
pub const GROUPS_MAX: usize = 6;

/// What sums of a summary can be grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ExportGroup {
    /// Days of the organisation's zone.
    Day,
    /// Months of the organisation's zone.
    Month,
    /// Keys.
    Key,
    /// Models.
    Model,
    /// Owners of keys.
    User,
    /// The labels of a key, all of them together, so that each request counts once.
    Tags,
    /// Upstream accounts, or the pool's name.
    Account,
    /// Platforms.
    Platform,
    /// Kinds of clients.
    Client,
    /// How requests ended.
    Status,
    /// Cost centres.
    CostCentre,
}

impl ExportGroup {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Day,
        Self::Month,
        Self::Key,
        Self::Model,
        Self::User,
        Self::Tags,
        Self::Account,
        Self::Platform,
        Self::Client,
        Self::Status,
        Self::CostCentre,
    ];

    /// As it is written in `group`, and as its column is called.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Month => "month",
            Self::Key => "key",
            Self::Model => "model",
            Self::User => "user",
            Self::Tags => "tags",
            Self::Account => "account",
            Self::Platform => "platform",
            Self::Client => "client",
            Self::Status => "status",
            Self::CostCentre => "cost_centre",
        }
    }
}

/// The groups of a comma-separated list, each once, in its order; `None` if one is unknown.
pub fn groups_of(text: &str) -> Option<Vec<ExportGroup>> {
    let mut groups = Vec::new();
    for name in text.split(',').filter(|name| !name.is_empty()) {
        let group = ExportGroup::ALL
            .into_iter()
            .find(|group| group.as_str() == name)?;
        if !groups.contains(&group) {
            groups.push(group);
        }
    }
    Some(groups)
}

pub(super) fn group_list(text: &str) -> Result<(), ValidationError> {
    match groups_of(text) {
        Some(groups) if (1..=GROUPS_MAX).contains(&groups.len()) => Ok(()),
        _ => Err(check::fault(
            "unknown_group",
            format!(
                "takes 1 to {GROUPS_MAX} of these, with commas between: {}",
                ExportGroup::ALL.map(ExportGroup::as_str).join(", ")
            ),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_read_in_their_order_and_each_once() {
        assert_eq!(
            groups_of("model,day,model"),
            Some(vec![ExportGroup::Model, ExportGroup::Day])
        );
        assert_eq!(groups_of("model,colour"), None);
        assert!(group_list("").is_err());
        assert!(group_list("day,month,key,model,user,tags,account").is_err());
        assert!(group_list("day,cost_centre").is_ok());
    }
}
