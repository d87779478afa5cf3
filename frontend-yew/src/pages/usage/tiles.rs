//! What all of it comes to, against the range beside.

use super::rows::{change, of_metric, written};
use super::words::metric_name;
use crate::format;
use crate::i18n::{Texts, fill};
use tollgate_contract::reports::{Report, ReportMetric};
use yew::prelude::*;

/// A tile for each metric.
pub fn tiles(report: &Report, t: &Texts) -> Html {
    html! {
        <div class="mb-4 grid grid-cols-2 gap-3 lg:grid-cols-4" data-testid="usage-tiles">
            for metric in ReportMetric::ALL {
                { tile(report, metric, t) }
            }
        </div>
    }
}

fn tile(report: &Report, metric: ReportMetric, t: &Texts) -> Html {
    let amount = of_metric(&report.totals, metric);
    // A range that runs is put beside as much of the other.
    let before = report
        .comparison
        .as_ref()
        .map(|beside| beside.so_far.as_ref().unwrap_or(&beside.totals));
    let exact = match metric {
        ReportMetric::Charge => format::money_exact(report.totals.figures.charge_nano),
        _ => written(amount, metric),
    };
    let shown = match metric {
        ReportMetric::Tokens => format::short(report.totals.figures.total_tokens),
        _ => written(amount, metric),
    };
    html! {
        <div class="panel min-w-0 p-3 md:p-4">
            <p class="text-xs text-muted">{ metric_name(metric, t) }</p>
            <p class="figures mt-1 truncate text-xl font-semibold" title={exact}>{ shown }</p>
            if before.is_some() {
                <p class="mt-1 text-xs">{ change(&report.totals, before, metric) }{ " " }<span class="text-muted">{ t.usage.previous }</span></p>
            }
            <p class="mt-1 text-xs text-muted">{ note(report, metric, t) }</p>
        </div>
    }
}

fn note(report: &Report, metric: ReportMetric, t: &Texts) -> Html {
    let totals = &report.totals;
    let number = |text: &str, number: u64| fill(text, &[("number", &format::count(number))]);
    match metric {
        ReportMetric::Charge => match &report.run_rate {
            Some(rate) => {
                let text = fill(t.usage.run_rate, &[("figure", &format::money(rate.charge_nano))]);
                html! { <span title={t.usage.run_rate_help}>{ text }</span> }
            }
            None => Html::default(),
        },
        ReportMetric::Requests => {
            let mut notes = Vec::new();
            if totals.estimated_requests > 0 {
                notes.push(number(t.usage.estimated, totals.estimated_requests));
            }
            if totals.late_requests > 0 {
                notes.push(number(t.usage.late, totals.late_requests));
            }
            html! { { notes.join(" · ") } }
        }
        ReportMetric::Tokens => {
            let mut notes = Vec::new();
            if let Some(mean) = totals.mean_duration_ms {
                notes.push(fill(t.usage.mean, &[("time", &format::duration(mean))]));
            }
            if let Some(mean) = totals.mean_first_byte_ms {
                notes.push(fill(t.usage.first_byte, &[("time", &format::duration(mean))]));
            }
            html! { { notes.join(" · ") } }
        }
        ReportMetric::Errors if totals.client_errors > 0 => {
            html! { { number(t.usage.errors_faulty, totals.client_errors) } }
        }
        ReportMetric::Errors => Html::default(),
    }
}
