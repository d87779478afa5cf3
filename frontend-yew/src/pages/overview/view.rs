//! What the address says of the dashboard.

use crate::pages::parts::is_default;
use serde::{Deserialize, Serialize};
use tollgate_contract::stats::TrendRange;

/// What the chart shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    #[default]
    Cost,
    Requests,
    Tokens,
}

impl What {
    /// As the address has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cost => "cost",
            Self::Requests => "requests",
            Self::Tokens => "tokens",
        }
    }

    /// The one of this name.
    pub fn parse(text: &str) -> Self {
        [Self::Requests, Self::Tokens]
            .into_iter()
            .find(|what| what.as_str() == text)
            .unwrap_or_default()
    }
}

/// Range, chart, and whether the wallet is open.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OverviewView {
    #[serde(skip_serializing_if = "is_default")]
    pub range: TrendRange,
    #[serde(skip_serializing_if = "is_default")]
    pub what: What,
    #[serde(skip_serializing_if = "is_default")]
    pub wallet: bool,
}

/// As the address has it; the request log knows the same names.
pub fn range_str(range: TrendRange) -> &'static str {
    match range {
        TrendRange::Day => "24h",
        TrendRange::Week => "7d",
        TrendRange::Month => "30d",
    }
}

/// The range of this name.
pub fn parse_range(text: &str) -> TrendRange {
    [TrendRange::Week, TrendRange::Month]
        .into_iter()
        .find(|range| range_str(*range) == text)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_short_and_comes_back_as_it_was() {
        assert_eq!(serde_urlencoded::to_string(OverviewView::default()).unwrap(), "");
        let view = OverviewView {
            range: TrendRange::Week,
            what: What::Tokens,
            wallet: true,
        };
        let text = serde_urlencoded::to_string(&view).unwrap();
        assert_eq!(text, "range=7d&what=tokens&wallet=true");
        assert_eq!(serde_urlencoded::from_str::<OverviewView>(&text).unwrap(), view);
    }
}
