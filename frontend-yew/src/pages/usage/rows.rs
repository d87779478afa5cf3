//! The rows: each narrows the page to itself, and leads to the requests behind it.

use super::view::UsageView;
use super::words::{dim_name, row_name};
use crate::format;
use crate::i18n::{Texts, fill};
use crate::pages::parts::Go;
use crate::router::Route;
use crate::state::UrlState;
use crate::ui::{Column, Glyph, Icon, Money, Row, Table, Tokens};
use tollgate_contract::money::NanoUsd;
use tollgate_contract::reports::{Metrics, Report, ReportMetric, ReportRow};
use yew::prelude::*;

/// The table of a report.
pub fn table(report: &Report, view: &UrlState<UsageView>, stale: bool, t: &Texts) -> Html {
    let mut columns: Vec<Column> = report
        .group_by
        .iter()
        .map(|dim| Column::text(dim_name(*dim, t)))
        .collect();
    columns.extend([
        Column::figure(t.figures.requests),
        Column::figure(t.figures.input).minor(),
        Column::figure(t.figures.output).minor(),
        Column::figure(t.figures.cost),
        Column::figure(t.usage.share),
    ]);
    let compared = report.comparison.is_some();
    if compared {
        columns.push(Column::figure(t.usage.change));
    }
    columns.push(Column::text(""));
    let mut rows: Vec<Row> = report
        .rows
        .iter()
        .map(|row| shown(row, report, view, t))
        .collect();
    let left = report.row_count.saturating_sub(report.rows.len() as u64);
    let mut sums = Vec::new();
    if let Some(others) = &report.others {
        sums.push((fill(t.usage.others, &[("number", &format::count(left))]), *others));
    }
    if let Some(twice) = &report.counted_twice {
        sums.push((format!("− {}", t.usage.twice), *twice));
    }
    sums.push((t.usage.total.to_owned(), report.totals));
    rows.extend(
        sums.into_iter()
            .map(|(name, metrics)| sum_row(name, &metrics, report.group_by.len(), compared)),
    );
    html! { <Table label={t.usage.title} {columns} rows={Some(rows)} {stale} /> }
}

fn shown(row: &ReportRow, report: &Report, view: &UrlState<UsageView>, t: &Texts) -> Row {
    let narrowed = report
        .group_by
        .iter()
        .zip(&row.ids)
        .try_fold((*view.value).clone(), |view, (dim, id)| view.narrowed(*dim, id));
    let names = report.group_by.iter().zip(&row.ids).zip(&row.labels);
    let mut cells: Vec<Html> = names
        .map(|((dim, id), label)| {
            let name = row_name(*dim, id, label, t);
            html! { <span class="block truncate font-medium max-w-44 xl:max-w-64" title={name.clone()}>{ name.clone() }</span> }
        })
        .collect();
    cells.extend(figures(&row.metrics));
    let share = row.share_permille;
    cells.push(
        html! { <span class="figures text-muted whitespace-nowrap">{ format!("{}.{} %", share / 10, share % 10) }</span> },
    );
    if report.comparison.is_some() {
        cells.push(change(&row.metrics, row.previous.as_ref(), view.value.what));
    }
    cells.push(match &narrowed {
        Some(narrowed) => html! {
            <Go to={Route::Requests} query={narrowed.log(report)} class="btn btn-xs btn-ghost btn-square"><span class="sr-only">{ t.usage.requests }</span><Icon glyph={Glyph::List} class="size-4" /></Go>
        },
        None => Html::default(),
    });
    let push = view.push.clone();
    Row {
        key: row.ids.join("\u{1f}").into(),
        cells,
        onopen: narrowed.map(|narrowed| push.reform(move |()| narrowed.clone().inside())),
        menu: Html::default(),
    }
}

fn figures(metrics: &Metrics) -> [Html; 4] {
    let figures = &metrics.figures;
    [
        html! { <span class="figures">{ format::count(figures.requests) }</span> },
        html! { <Tokens number={figures.total_tokens.saturating_sub(figures.output_tokens)} /> },
        html! { <Tokens number={figures.output_tokens} /> },
        html! { <Money amount={figures.charge_nano} /> },
    ]
}

/// Of several rows together: it opens nothing.
fn sum_row(name: String, metrics: &Metrics, dims: usize, compared: bool) -> Row {
    let mut cells = vec![html! { <span class="text-muted">{ name.clone() }</span> }];
    cells.extend(std::iter::repeat_n(Html::default(), dims.saturating_sub(1)));
    cells.extend(figures(metrics));
    cells.extend(std::iter::repeat_n(Html::default(), if compared { 3 } else { 2 }));
    Row {
        key: format!("sum {name}").into(),
        cells,
        onopen: None,
        menu: Html::default(),
    }
}

/// What a metric comes to.
pub fn of_metric(metrics: &Metrics, what: ReportMetric) -> i128 {
    match what {
        ReportMetric::Charge => i128::from(metrics.figures.charge_nano.0),
        ReportMetric::Requests => i128::from(metrics.figures.requests),
        ReportMetric::Tokens => i128::from(metrics.figures.total_tokens),
        ReportMetric::Errors => i128::from(metrics.errors),
    }
}

/// The same, written.
pub fn written(amount: i128, what: ReportMetric) -> String {
    match what {
        ReportMetric::Charge => format::money(NanoUsd(i64::try_from(amount).unwrap_or(i64::MAX))),
        _ => format::count(u64::try_from(amount).unwrap_or_default()),
    }
}

/// By how much it is more or less than before.
pub fn change(now: &Metrics, before: Option<&Metrics>, what: ReportMetric) -> Html {
    let before = before.map_or(0, |before| of_metric(before, what));
    let Some(percent) = format::change_percent(of_metric(now, what), before) else {
        return html! { <span class="text-muted">{ "–" }</span> };
    };
    let arrow = match percent {
        0 => "→",
        1.. => "↑",
        _ => "↓",
    };
    let shown = if percent > 999 {
        "> 999".to_owned()
    } else {
        percent.unsigned_abs().to_string()
    };
    html! { <span class="figures whitespace-nowrap" title={written(before, what)}>{ format!("{arrow} {shown} %") }</span> }
}
