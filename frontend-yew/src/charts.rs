//! Figures over time: a legend with totals, the drawing, and a table of the same figures one click away.
//! The drawing itself is uPlot's, in `js/chart.js`; [`binding`] is all that knows of it.

mod binding;

use crate::format;
use crate::i18n::{use_locale, use_texts};
use crate::ui::{Align, Choice, Column, Row, Segments, Table};
use yew::prelude::*;

/// How a value axis is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Dollars.
    Money,
    /// A number of things.
    Count,
}

impl Unit {
    fn axis(self, value: f64) -> String {
        match self {
            Self::Money => format::money_axis(value),
            Self::Count => format::count_axis(value),
        }
    }
}

/// One line of a chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    pub label: AttrValue,
    /// A CSS variable: `--chart-1` to `--chart-6`.
    pub colour: &'static str,
    pub values: Vec<f64>,
    /// The same, written exactly.
    pub shown: Vec<String>,
    /// What they come to.
    pub total: String,
}

/// What a chart shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Figures {
    /// Seconds since 1970.
    pub x: Vec<f64>,
    /// The same, written out.
    pub times: Vec<String>,
    pub series: Vec<Series>,
    pub unit: Unit,
    pub zone: String,
    pub bars: bool,
}

#[derive(Properties, PartialEq)]
pub struct ChartProps {
    /// What it shows, for those who do not see it.
    pub label: AttrValue,
    pub figures: Figures,
}

/// A chart.
#[component]
pub fn Chart(props: &ChartProps) -> Html {
    let t = use_texts();
    let as_table = use_state(|| false);
    let node = use_node_ref();
    let locale = use_locale();
    {
        let node = node.clone();
        use_effect_with(
            (props.figures.clone(), *as_table, locale),
            move |(figures, as_table, locale)| {
                let drawn = (!as_table)
                    .then(|| binding::draw(&node, figures, *locale))
                    .flatten();
                move || drop(drawn)
            },
        );
    }
    let onchange = {
        let as_table = as_table.clone();
        Callback::from(move |value: AttrValue| as_table.set(value == "table"))
    };
    let legend = props.figures.series.iter().map(|series| {
        html! {
            <span class="inline-flex max-w-full items-center gap-2 whitespace-nowrap">
                <svg class="size-2.5 shrink-0" viewBox="0 0 10 10" aria-hidden="true"><rect width="10" height="10" rx="2.5" fill={format!("var({})", series.colour)} /></svg>
                <span class="min-w-0 truncate text-muted">{ series.label.clone() }</span>
                <b class="font-semibold figures">{ series.total.clone() }</b>
            </span>
        }
    });
    let choices = vec![
        Choice::new("chart", t.figures.as_chart),
        Choice::new("table", t.figures.as_table),
    ];
    let value = if *as_table { "table" } else { "chart" };
    html! {
        <div>
            <div class="flex flex-wrap items-center gap-x-5 gap-y-2 mb-3">
                <div class="flex min-w-0 grow flex-wrap gap-x-5 gap-y-1">{ for legend }</div>
                <Segments label={t.figures.view} {value} {choices} {onchange} />
            </div>
            if *as_table {
                { figures_table(&props.figures, &props.label, t.figures.time) }
            } else {
                // Keyed: taking the drawing away empties its element, which must not have become the table's.
                <div key="drawing" ref={node} class="relative h-[240px] overflow-hidden" role="img" aria-label={props.label.clone()}></div>
            }
        </div>
    }
}

fn figures_table(figures: &Figures, label: &AttrValue, time: &'static str) -> Html {
    let columns = std::iter::once(Column::text(time))
        .chain(figures.series.iter().map(|series| Column {
            align: Align::End,
            ..Column::text(series.label.clone())
        }))
        .collect::<Vec<_>>();
    let rows = figures.times.iter().enumerate().rev().map(|(at, time)| {
        let cells = figures.series.iter().map(|series| {
            let shown = series.shown.get(at).cloned().unwrap_or_default();
            html! { <span class="figures">{ shown }</span> }
        });
        Row {
            key: time.clone().into(),
            cells: std::iter::once(html! { { time.clone() } }).chain(cells).collect(),
            onopen: None,
            menu: Html::default(),
        }
    });
    html! {
        <div key="table" class="h-[240px] overflow-y-auto rounded-lg border border-base-300" tabindex="0" role="region" aria-label={label.clone()}>
            <Table label={label.clone()} {columns} rows={Some(rows.collect::<Vec<_>>())} />
        </div>
    }
}
