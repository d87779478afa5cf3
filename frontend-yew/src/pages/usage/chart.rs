//! The chart: the total beside the range before, or a line for each of the largest groups.

use super::view::UsageView;
use super::words::{metric_name, row_name};
use crate::charts::{Figures, Series, Unit};
use crate::format::{self, TimeStyle};
use crate::i18n::Locale;
use tollgate_contract::money::NanoUsd;
use tollgate_contract::reports::{Metrics, Report, ReportMetric, ReportPoint, ReportRow, ReportStep};

/// Lines of groups: as many as there are colours.
const LINES: usize = 6;
const COLOURS: [&str; LINES] = [
    "--chart-1",
    "--chart-2",
    "--chart-3",
    "--chart-4",
    "--chart-5",
    "--chart-6",
];

/// What the chart shows.
pub fn figures(report: &Report, view: &UsageView, locale: Locale) -> Figures {
    let t = locale.texts();
    let style = if report.step == Some(ReportStep::Hour) {
        TimeStyle::Minute
    } else {
        TimeStyle::Day
    };
    let points = &report.points;
    let name = metric_name(view.what, t);
    let series = if view.split {
        let rows = report.rows.iter().take(LINES).zip(COLOURS);
        rows.map(|(row, colour)| of_row(row, report, view.what, colour, locale))
            .collect()
    } else {
        let mut series = vec![line(name, "--chart-1", view.what, &metrics_of(points))];
        if let Some(beside) = &report.comparison {
            // Point by point beside the range's own; what one has more than the other is left off.
            let mut before = metrics_of(&beside.points);
            before.resize(points.len(), Metrics::default());
            series.push(line(t.usage.previous, "--chart-3", view.what, &before));
        }
        series
    };
    Figures {
        x: points
            .iter()
            .map(|point| format::millis(point.at) / 1000.0)
            .collect(),
        times: points
            .iter()
            .map(|point| format::time(point.at, &report.time_zone, locale, style))
            .collect(),
        bars: series.len() == 1,
        series,
        unit: if view.what == ReportMetric::Charge {
            Unit::Money
        } else {
            Unit::Count
        },
        zone: report.time_zone.clone(),
    }
}

fn metrics_of(points: &[ReportPoint]) -> Vec<Metrics> {
    points.iter().map(|point| point.metrics).collect()
}

fn of_row(
    row: &ReportRow,
    report: &Report,
    what: ReportMetric,
    colour: &'static str,
    locale: Locale,
) -> Series {
    let mut points = vec![Metrics::default(); report.points.len()];
    for point in &row.points {
        let place = usize::try_from(point.point)
            .ok()
            .and_then(|place| points.get_mut(place));
        if let Some(place) = place {
            *place = point.metrics;
        }
    }
    let names = report.group_by.iter().zip(&row.ids).zip(&row.labels);
    let named: Vec<String> = names
        .map(|((dim, id), label)| row_name(*dim, id, label, locale.texts()))
        .collect();
    line(&named.join(" · "), colour, what, &points)
}

#[expect(clippy::cast_precision_loss, reason = "a chart's pixel needs no single token")]
fn line(label: &str, colour: &'static str, what: ReportMetric, points: &[Metrics]) -> Series {
    let count = |metrics: &Metrics| match what {
        ReportMetric::Charge => 0,
        ReportMetric::Requests => metrics.figures.requests,
        ReportMetric::Tokens => metrics.figures.total_tokens,
        ReportMetric::Errors => metrics.errors,
    };
    let charge = |metrics: &Metrics| metrics.figures.charge_nano;
    let money = what == ReportMetric::Charge;
    let total = if money {
        let sum = points
            .iter()
            .fold(0_i64, |sum, point| sum.saturating_add(charge(point).0));
        format::money(NanoUsd(sum))
    } else {
        format::short(points.iter().map(count).fold(0, u64::saturating_add))
    };
    Series {
        label: label.to_owned().into(),
        colour,
        values: points
            .iter()
            .map(|point| {
                if money {
                    charge(point).approximate_usd()
                } else {
                    count(point) as f64
                }
            })
            .collect(),
        shown: points
            .iter()
            .map(|point| {
                if money {
                    format::money(charge(point))
                } else {
                    format::count(count(point))
                }
            })
            .collect(),
        total,
    }
}
