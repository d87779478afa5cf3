//! The dashboard's chart and the models behind it.

use super::view::{OverviewView, What, range_str};
use crate::charts::{Chart, Figures, Series, Unit};
use crate::format::{self, TimeStyle};
use crate::i18n::{Locale, Texts, fill, use_locale, use_texts};
use crate::pages::parts::Go;
use crate::router::Route;
use crate::state::UrlState;
use crate::ui::{Choice, Column, Empty, Glyph, Money, Row, Segments, Table, Tokens};
use std::rc::Rc;
use tollgate_contract::money::NanoUsd;
use tollgate_contract::stats::{Figures as Sums, ModelFigures, Overview, TrendPoint, TrendRange, TrendStep};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct TrendProps {
    pub view: UrlState<OverviewView>,
    pub overview: Rc<Overview>,
}

/// The range's name.
pub fn range_name(range: TrendRange, t: &Texts) -> &'static str {
    match range {
        TrendRange::Day => t.figures.range_24h,
        TrendRange::Week => t.figures.range_7d,
        TrendRange::Month => t.figures.range_30d,
    }
}

/// The chart.
#[component]
pub fn Trend(props: &TrendProps) -> Html {
    let locale = use_locale();
    let t = locale.texts();
    let view = &props.view;
    let names = [
        (What::Cost, t.figures.cost),
        (What::Requests, t.figures.requests),
        (What::Tokens, t.figures.tokens),
    ];
    let choices = names
        .map(|(what, name)| Choice::new(what.as_str(), name))
        .to_vec();
    let onchange = {
        let value = view.value.clone();
        view.replace.reform(move |what: AttrValue| OverviewView {
            what: What::parse(&what),
            ..(*value).clone()
        })
    };
    let what = view.value.what;
    let name = names
        .iter()
        .find(|(named, _)| *named == what)
        .map_or("", |(_, name)| *name);
    let label = fill(
        t.overview.chart_label,
        &[("what", name), ("range", range_name(view.value.range, t))],
    );
    html! {
        <section class="panel p-4 md:p-5 min-w-0" aria-label={t.overview.trend}>
            <div class="mb-4 flex flex-wrap items-center justify-between gap-2">
                <h2 class="font-semibold">{ t.overview.trend }</h2>
                <Segments label={t.overview.what} value={what.as_str()} {choices} {onchange} />
            </div>
            <Chart {label} figures={figures(&props.overview, what, locale)} />
        </section>
    }
}

fn figures(overview: &Overview, what: What, locale: Locale) -> Figures {
    let trend = &overview.trend;
    let style = if trend.step == TrendStep::Day {
        TimeStyle::Day
    } else {
        TimeStyle::Minute
    };
    let points = &trend.points;
    Figures {
        x: points
            .iter()
            .map(|point| format::millis(point.at) / 1000.0)
            .collect(),
        times: points
            .iter()
            .map(|point| format::time(point.at, &trend.time_zone, locale, style))
            .collect(),
        series: match what {
            What::Cost => vec![money(points, locale.texts())],
            What::Requests => requests(points, locale.texts()),
            What::Tokens => tokens(points, locale.texts()),
        },
        unit: if what == What::Cost {
            Unit::Money
        } else {
            Unit::Count
        },
        zone: trend.time_zone.clone(),
        bars: what == What::Cost,
    }
}

fn money(points: &[TrendPoint], t: &Texts) -> Series {
    let charge = |point: &TrendPoint| point.figures.charge_nano;
    Series {
        label: t.figures.cost.into(),
        colour: "--chart-1",
        values: points
            .iter()
            .map(|point| charge(point).approximate_usd())
            .collect(),
        shown: points.iter().map(|point| format::money(charge(point))).collect(),
        total: format::money(NanoUsd(points.iter().map(|point| charge(point).0).sum())),
    }
}

fn requests(points: &[TrendPoint], t: &Texts) -> Vec<Series> {
    vec![
        counted(points, t.figures.requests, "--chart-1", format::count, |point| {
            point.figures.requests
        }),
        counted(points, t.figures.failed, "--chart-4", format::count, |point| {
            point.errors
        }),
    ]
}

fn tokens(points: &[TrendPoint], t: &Texts) -> Vec<Series> {
    let written = |figures: &Sums| figures.cache_write_5m_tokens + figures.cache_write_1h_tokens;
    vec![
        counted(points, t.figures.input, "--chart-1", format::short, |point| {
            point.figures.input_tokens
        }),
        counted(points, t.figures.output, "--chart-2", format::short, |point| {
            point.figures.output_tokens
        }),
        counted(
            points,
            t.figures.cache_write,
            "--chart-3",
            format::short,
            |point| written(&point.figures),
        ),
        counted(
            points,
            t.figures.cache_read,
            "--chart-4",
            format::short,
            |point| point.figures.cache_read_tokens,
        ),
    ]
}

#[expect(clippy::cast_precision_loss, reason = "a chart's pixel needs no single token")]
fn counted(
    points: &[TrendPoint],
    label: &'static str,
    colour: &'static str,
    total: fn(u64) -> String,
    count: impl Fn(&TrendPoint) -> u64,
) -> Series {
    Series {
        label: label.into(),
        colour,
        values: points.iter().map(|point| count(point) as f64).collect(),
        shown: points.iter().map(|point| format::count(count(point))).collect(),
        total: total(points.iter().map(count).sum()),
    }
}

/// The models, the dearest first.
#[component]
pub fn Models(props: &TrendProps) -> Html {
    let t = use_texts();
    let overview = &props.overview;
    let models = &overview.models;
    let all: i128 = models
        .iter()
        .map(|model| i128::from(model.figures.charge_nano.0))
        .sum();
    let range = range_str(props.view.value.range);
    let rows = models.iter().map(|model| Row {
        key: model.model.clone().into(),
        cells: cells(model, all, range),
        onopen: None,
        menu: Html::default(),
    });
    let columns = vec![
        Column::text(t.overview.model),
        Column::figure(t.figures.requests),
        Column::figure(t.figures.input),
        Column::figure(t.figures.output),
        Column::figure(t.figures.cost),
        Column::text(t.overview.share).minor(),
    ];
    html! {
        <section class="panel overflow-hidden min-w-0" aria-label={t.overview.models}>
            <h2 class="px-4 pt-4 pb-3 font-semibold md:px-5">{ t.overview.models }</h2>
            if models.is_empty() {
                <Empty glyph={Glyph::Chart} title={t.overview.models_empty} text={t.overview.models_empty_help} />
            } else {
                <Table label={t.overview.models} {columns} rows={Some(rows.collect::<Vec<_>>())} />
            }
        </section>
    }
}

fn cells(model: &ModelFigures, all: i128, range: &str) -> Vec<Html> {
    let figures = &model.figures;
    let pairs = [("range", range), ("model", model.model.as_str())];
    let query = serde_urlencoded::to_string(pairs).unwrap_or_default();
    vec![
        html! { <Go to={Route::Requests} {query} class="block md:max-w-52 xl:max-w-80 truncate font-medium hover:underline">{ model.model.clone() }</Go> },
        html! { <span class="figures">{ format::count(figures.requests) }</span> },
        html! { <Tokens number={figures.total_tokens.saturating_sub(figures.output_tokens)} /> },
        html! { <Tokens number={figures.output_tokens} /> },
        html! { <Money amount={figures.charge_nano} /> },
        share(i128::from(figures.charge_nano.0), all),
    ]
}

fn share(part: i128, all: i128) -> Html {
    let permille = if all > 0 {
        (part.max(0) * 1000 / all).min(1000)
    } else {
        0
    };
    let shown = format!("{}.{} %", permille / 10, permille % 10);
    html! {
        <span class="flex items-center gap-3">
            <svg viewBox="0 0 1000 60" preserveAspectRatio="none" class="h-1.5 w-24" aria-hidden="true">
                <rect width="1000" height="60" rx="30" fill="var(--chart-grid)" />
                <rect width={permille.to_string()} height="60" rx="30" fill="var(--chart-1)" />
            </svg>
            <span class="figures text-xs text-muted whitespace-nowrap">{ shown }</span>
        </span>
    }
}
