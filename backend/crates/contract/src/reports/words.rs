//! The words of reports: ranges, steps, groupings, programs.

use serde::{Deserialize, Serialize};

/// A program that talks to us, as its `user-agent` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ClientFamily {
    /// Anthropic's Claude Code.
    ClaudeCode,
    /// OpenAI's Codex.
    Codex,
    /// Google's Gemini CLI.
    GeminiCli,
    /// SillyTavern.
    SillyTavern,
    /// Any other, and those that say nothing.
    Other,
}

impl ClientFamily {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::ClaudeCode,
        Self::Codex,
        Self::GeminiCli,
        Self::SillyTavern,
        Self::Other,
    ];

    /// As stored and written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ClaudeCode => "claude_code",
            Self::Codex => "codex",
            Self::GeminiCli => "gemini_cli",
            Self::SillyTavern => "silly_tavern",
            Self::Other => "other",
        }
    }

    /// Whose `user-agent` this is. The database's `client_family` says the same.
    pub fn of(agent: &str) -> Self {
        if agent.starts_with("claude-cli/") {
            Self::ClaudeCode
        } else if agent.starts_with("codex_") {
            Self::Codex
        } else if agent.starts_with("GeminiCLI") {
            Self::GeminiCli
        } else if agent.starts_with("node-fetch") || agent.to_lowercase().contains("sillytavern") {
            Self::SillyTavern
        } else {
            Self::Other
        }
    }
}

/// A range that moves with the clock, in the report's zone. Weeks begin on Monday.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReportRange {
    /// The last 24 hours, from a full hour.
    #[serde(rename = "last_24_hours")]
    Last24Hours,
    /// Today.
    Today,
    /// Yesterday.
    Yesterday,
    /// Since Monday.
    ThisWeek,
    /// The week before.
    LastWeek,
    /// Today and the six days before.
    #[serde(rename = "last_7_days")]
    Last7Days,
    /// Today and the 29 days before.
    #[serde(rename = "last_30_days")]
    Last30Days,
    /// Today and the 89 days before.
    #[serde(rename = "last_90_days")]
    Last90Days,
    /// Since the first of the month.
    ThisMonth,
    /// The month before.
    LastMonth,
    /// Since the first of the quarter.
    ThisQuarter,
    /// The quarter before.
    LastQuarter,
    /// Since the first of January.
    ThisYear,
    /// The year before.
    LastYear,
    /// This month and the eleven before.
    #[serde(rename = "last_12_months")]
    Last12Months,
}

impl ReportRange {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::Last24Hours,
        Self::Today,
        Self::Yesterday,
        Self::ThisWeek,
        Self::LastWeek,
        Self::Last7Days,
        Self::Last30Days,
        Self::Last90Days,
        Self::ThisMonth,
        Self::LastMonth,
        Self::ThisQuarter,
        Self::LastQuarter,
        Self::ThisYear,
        Self::LastYear,
        Self::Last12Months,
    ];

    /// As written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Last24Hours => "last_24_hours",
            Self::Today => "today",
            Self::Yesterday => "yesterday",
            Self::ThisWeek => "this_week",
            Self::LastWeek => "last_week",
            Self::Last7Days => "last_7_days",
            Self::Last30Days => "last_30_days",
            Self::Last90Days => "last_90_days",
            Self::ThisMonth => "this_month",
            Self::LastMonth => "last_month",
            Self::ThisQuarter => "this_quarter",
            Self::LastQuarter => "last_quarter",
            Self::ThisYear => "this_year",
            Self::LastYear => "last_year",
            Self::Last12Months => "last_12_months",
        }
    }
}

/// The width of a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReportStep {
    /// True hours that begin anew at each midnight of the zone.
    Hour,
    /// Days; 23 or 25 hours where the clocks are moved.
    Day,
    /// ISO weeks, from Monday.
    Week,
    /// Months.
    Month,
    /// Quarters of a year.
    Quarter,
    /// Years.
    Year,
}

impl ReportStep {
    /// All of them, the finest first.
    pub const ALL: [Self; 6] = [
        Self::Hour,
        Self::Day,
        Self::Week,
        Self::Month,
        Self::Quarter,
        Self::Year,
    ];

    /// As written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }
}

/// What rows stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReportDim {
    /// Keys.
    Key,
    /// Models, as clients asked for them.
    Model,
    /// The keys' owners at the time.
    User,
    /// Tags that keys bear today. A key with several counts in each of them.
    Tag,
    /// The tenant's own accounts.
    Account,
    /// Platforms.
    Platform,
    /// Programs, by their `user-agent`.
    Client,
    /// How requests ended.
    Status,
    /// Cost centres at the time.
    CostCentre,
}

impl ReportDim {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Key,
        Self::Model,
        Self::User,
        Self::Tag,
        Self::Account,
        Self::Platform,
        Self::Client,
        Self::Status,
        Self::CostCentre,
    ];

    /// As written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Model => "model",
            Self::User => "user",
            Self::Tag => "tag",
            Self::Account => "account",
            Self::Platform => "platform",
            Self::Client => "client",
            Self::Status => "status",
            Self::CostCentre => "cost_centre",
        }
    }
}

/// By what rows are ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReportMetric {
    /// What was charged.
    #[default]
    Charge,
    /// Requests.
    Requests,
    /// All tokens together.
    Tokens,
    /// Requests that failed on our or the vendor's side.
    Errors,
}

impl ReportMetric {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Charge, Self::Requests, Self::Tokens, Self::Errors];

    /// As written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Charge => "charge",
            Self::Requests => "requests",
            Self::Tokens => "tokens",
            Self::Errors => "errors",
        }
    }
}

/// Beside what a range is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReportCompare {
    /// The range just before: as many months, where it is whole months, else as many days or as much time.
    Previous,
    /// The same days of the year before.
    LastYear,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_as_they_are_read() {
        fn written(value: &impl Serialize) -> String {
            let json = serde_json::to_value(value).unwrap();
            json.as_str().unwrap().to_owned()
        }
        for range in ReportRange::ALL {
            assert_eq!(written(&range), range.as_str());
        }
        for step in ReportStep::ALL {
            assert_eq!(written(&step), step.as_str());
        }
        for dim in ReportDim::ALL {
            assert_eq!(written(&dim), dim.as_str());
        }
        for metric in ReportMetric::ALL {
            assert_eq!(written(&metric), metric.as_str());
        }
        for family in ClientFamily::ALL {
            assert_eq!(written(&family), family.as_str());
        }
    }

    #[test]
    fn programs_are_known_by_how_they_begin() {
        for (agent, family) in [
            ("claude-cli/2.1.330 (external, sdk-cli)", ClientFamily::ClaudeCode),
            ("codex_exec/0.169.0", ClientFamily::Codex),
            ("GeminiCLI-tui/0.61.0/m (linux)", ClientFamily::GeminiCli),
            ("node-fetch", ClientFamily::SillyTavern),
            ("My SillyTavern", ClientFamily::SillyTavern),
            ("curl/8 claude-cli/", ClientFamily::Other),
            ("", ClientFamily::Other),
        ] {
            assert_eq!(ClientFamily::of(agent), family, "{agent}");
        }
    }
}
