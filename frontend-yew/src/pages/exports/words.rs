//! What exports are made of, in words.

use crate::i18n::Texts;
use crate::ui::{Choice, Tone};
use tollgate_contract::exports::{
    DeliveryState, ExportFormat, ExportGroup, ExportSource, SchedulePeriod, fits,
};

pub fn source_name(source: ExportSource, t: &Texts) -> &'static str {
    match source {
        ExportSource::Usage => t.exports.usage,
        ExportSource::Summary => t.exports.summary,
        ExportSource::Transfers => t.exports.transfers,
        ExportSource::ChargeBack => t.exports.charge_back,
    }
}

pub fn format_name(format: ExportFormat, t: &Texts) -> &'static str {
    match format {
        ExportFormat::Csv => "CSV",
        ExportFormat::Xlsx => "Excel (XLSX)",
        ExportFormat::Jsonl => "JSON Lines",
        ExportFormat::Focus => t.exports.focus,
    }
}

pub fn period_name(period: SchedulePeriod, t: &Texts) -> &'static str {
    match period {
        SchedulePeriod::Daily => t.exports.daily,
        SchedulePeriod::Weekly => t.exports.weekly,
        SchedulePeriod::Monthly => t.exports.monthly,
    }
}

pub fn state_name(state: DeliveryState, t: &Texts) -> (Tone, &'static str) {
    match state {
        DeliveryState::Pending => (Tone::Plain, t.exports.pending),
        DeliveryState::Delivered => (Tone::Good, t.exports.delivered),
        DeliveryState::Failed => (Tone::Bad, t.exports.failed),
    }
}

fn group_name(group: ExportGroup, t: &Texts) -> &'static str {
    match group {
        ExportGroup::Day => t.exports.day,
        ExportGroup::Month => t.exports.month,
        ExportGroup::Key => t.exports.key,
        ExportGroup::Model => t.exports.model,
        ExportGroup::User => t.exports.user,
        ExportGroup::Tags => t.exports.tags,
        ExportGroup::Account => t.exports.account,
        ExportGroup::Platform => t.exports.platform,
        ExportGroup::Client => t.exports.client,
        ExportGroup::Status => t.exports.status,
        ExportGroup::CostCentre => t.exports.cost_centre,
    }
}

/// Sources that somebody may have.
pub fn sources(money: bool, t: &Texts) -> Vec<Choice> {
    ExportSource::ALL
        .into_iter()
        .filter(|source| money || matches!(source, ExportSource::Usage | ExportSource::Summary))
        .map(|source| Choice::new(source.as_str(), source_name(source, t)))
        .collect()
}

/// Formats that there are of a source.
pub fn formats(source: ExportSource, t: &Texts) -> Vec<Choice> {
    ExportFormat::ALL
        .into_iter()
        .filter(|format| fits(source, *format))
        .map(|format| Choice::new(format.as_str(), format_name(format, t)))
        .collect()
}

/// Single groups, and each but months by day and by month.
pub fn groups(t: &Texts) -> Vec<Choice> {
    let mut choices = Vec::new();
    for group in ExportGroup::ALL {
        choices.push(Choice::new(group.as_str(), group_name(group, t)));
    }
    for time in [ExportGroup::Day, ExportGroup::Month] {
        for group in ExportGroup::ALL {
            if !matches!(group, ExportGroup::Day | ExportGroup::Month) {
                let label = format!("{} · {}", group_name(time, t), group_name(group, t));
                choices.push(Choice::new(
                    format!("{},{}", time.as_str(), group.as_str()),
                    label,
                ));
            }
        }
    }
    choices
}
