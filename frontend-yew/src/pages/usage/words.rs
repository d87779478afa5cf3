//! What ranges, groupings and rows are called.

use crate::i18n::Texts;
use crate::pages::requests::status_name;
use tollgate_contract::reports::{ClientFamily, ReportDim, ReportMetric, ReportRange, ReportStep};
use tollgate_contract::requests::RequestStatus;

pub fn range_name(range: ReportRange, t: &Texts) -> &'static str {
    match range {
        ReportRange::Last24Hours => t.usage.range_last_24_hours,
        ReportRange::Today => t.usage.range_today,
        ReportRange::Yesterday => t.usage.range_yesterday,
        ReportRange::ThisWeek => t.usage.range_this_week,
        ReportRange::LastWeek => t.usage.range_last_week,
        ReportRange::Last7Days => t.usage.range_last_7_days,
        ReportRange::Last30Days => t.usage.range_last_30_days,
        ReportRange::Last90Days => t.usage.range_last_90_days,
        ReportRange::ThisMonth => t.usage.range_this_month,
        ReportRange::LastMonth => t.usage.range_last_month,
        ReportRange::ThisQuarter => t.usage.range_this_quarter,
        ReportRange::LastQuarter => t.usage.range_last_quarter,
        ReportRange::ThisYear => t.usage.range_this_year,
        ReportRange::LastYear => t.usage.range_last_year,
        ReportRange::Last12Months => t.usage.range_last_12_months,
    }
}

pub fn step_name(step: ReportStep, t: &Texts) -> &'static str {
    match step {
        ReportStep::Hour => t.usage.step_hour,
        ReportStep::Day => t.usage.step_day,
        ReportStep::Week => t.usage.step_week,
        ReportStep::Month => t.usage.step_month,
        ReportStep::Quarter => t.usage.step_quarter,
        ReportStep::Year => t.usage.step_year,
    }
}

pub fn dim_name(dim: ReportDim, t: &Texts) -> &'static str {
    match dim {
        ReportDim::Key => t.usage.by_key,
        ReportDim::Model => t.usage.by_model,
        ReportDim::User => t.usage.by_user,
        ReportDim::Tag => t.usage.by_tag,
        ReportDim::Account => t.usage.by_account,
        ReportDim::Platform => t.usage.by_platform,
        ReportDim::Client => t.usage.by_client,
        ReportDim::Status => t.usage.by_status,
        ReportDim::CostCentre => t.usage.by_cost_centre,
    }
}

pub fn metric_name(metric: ReportMetric, t: &Texts) -> &'static str {
    match metric {
        ReportMetric::Charge => t.figures.cost,
        ReportMetric::Requests => t.figures.requests,
        ReportMetric::Tokens => t.figures.tokens,
        ReportMetric::Errors => t.usage.errors,
    }
}

/// A program's name.
pub fn client_name(client: ClientFamily, t: &Texts) -> &'static str {
    match client {
        ClientFamily::ClaudeCode => t.usage.client_claude_code,
        ClientFamily::Codex => t.usage.client_codex,
        ClientFamily::GeminiCli => t.usage.client_gemini_cli,
        ClientFamily::SillyTavern => t.usage.client_silly_tavern,
        ClientFamily::Other => t.usage.client_other,
    }
}

/// A row's name in one of its groupings.
pub fn row_name(dim: ReportDim, id: &str, label: &str, t: &Texts) -> String {
    let known = match dim {
        ReportDim::Client => ClientFamily::ALL
            .into_iter()
            .find(|client| client.as_str() == id)
            .map(|client| client_name(client, t)),
        ReportDim::Status => RequestStatus::parse(id).map(|status| status_name(status, t)),
        _ => None,
    };
    match known {
        Some(name) => name.to_owned(),
        None if label.is_empty() => t.usage.none.to_owned(),
        None => label.to_owned(),
    }
}
