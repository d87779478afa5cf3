//! Usage and cost: one range of time in one zone, as chart and table side by side, by what one likes. Each figure leads to
//! the requests behind it.

mod chart;
mod controls;
mod rows;
mod tiles;
mod view;
mod words;

use crate::api::reports::use_report;
use crate::charts::Chart;
use crate::i18n::{Texts, fill, use_locale};
use crate::pages::parts::{Go, export_shown};
use crate::router::Route;
use crate::state::{UrlState, use_url_state};
use crate::ui::{Button, Choice, Empty, Failure, Glyph, Page, PageHead, Segments, Skeleton};
use controls::Controls;
use std::collections::HashMap;
use tollgate_contract::reports::{Report, ReportMetric};
use view::UsageView;
pub use words::client_name;
use words::{metric_name, range_name};
use yew::prelude::*;

/// The page.
#[component]
pub fn Usage() -> Html {
    let locale = use_locale();
    let t = locale.texts();
    let view = use_url_state::<UsageView>(Route::Usage);
    let found = use_report(&view.value.to_query());
    let names = use_mut_ref(HashMap::<String, String>::new);
    if let Some(report) = &found.data {
        let mut names = names.borrow_mut();
        for row in &report.rows {
            names.extend(row.ids.iter().cloned().zip(row.labels.iter().cloned()));
        }
    }
    let stale = found.busy && found.data.is_some();
    let body = match (&found.data, &found.error) {
        (Some(report), _) => {
            let label = fill(
                t.usage.chart_label,
                &[
                    ("what", metric_name(view.value.what, t)),
                    (
                        "range",
                        view.value
                            .range()
                            .map_or(t.usage.days, |range| range_name(range, t)),
                    ),
                ],
            );
            html! {
                <>
                    { tiles::tiles(report, t) }
                    <div class="grid grid-cols-1 gap-4 xl:grid-cols-[2fr_3fr]">
                        <section class="panel min-w-0 p-4 md:p-5" aria-label={label.clone()}>
                            { head(&view, t) }
                            <Chart {label} figures={chart::figures(report, &view.value, locale)} />
                            <p class="mt-3 text-xs text-muted">{ t.usage.arithmetic }{ " " }
                                <Go to={Route::Requests} query={view.value.log(report)} class="link">{ t.usage.requests }</Go></p>
                        </section>
                        <section class="panel min-w-0 overflow-hidden" aria-label={t.usage.title} data-testid="usage-rows">
                            { table(report, &view, stale, t) }
                        </section>
                    </div>
                </>
            }
        }
        (None, Some(error)) => html! { <Failure error={error.clone()} onretry={found.reload.clone()} /> },
        (None, None) => html! { <><Skeleton class="h-24" /><Skeleton class="mt-4 h-96" /></> },
    };
    html! {
        <Page>
            <PageHead title={t.usage.title}>
                if let Some(report) = found.data.as_ref().filter(|report| !report.rows.is_empty()) {
                    { export_shown(view.value.export(report), t) }
                }
                <Button glyph={Glyph::Again} label={t.requests.refresh} busy={found.busy} onclick={found.reload.clone()} />
            </PageHead>
            <Controls view={view.clone()} names={names.borrow().clone()} />
            { body }
        </Page>
    }
}

/// What the chart shows, and as which lines.
fn head(view: &UrlState<UsageView>, t: &Texts) -> Html {
    let whats = ReportMetric::ALL
        .map(|metric| Choice::new(metric.as_str(), metric_name(metric, t)))
        .to_vec();
    let lines = vec![
        Choice::new("total", t.usage.lines_total),
        Choice::new("groups", t.usage.lines_groups),
    ];
    let onwhat = {
        let value = view.value.clone();
        view.replace.reform(move |text: AttrValue| UsageView {
            what: ReportMetric::ALL
                .into_iter()
                .find(|metric| text == metric.as_str())
                .unwrap_or_default(),
            ..(*value).clone()
        })
    };
    let onlines = {
        let value = view.value.clone();
        view.replace.reform(move |text: AttrValue| UsageView {
            split: text == "groups",
            ..(*value).clone()
        })
    };
    let split = if view.value.split { "groups" } else { "total" };
    html! {
        <div class="mb-4 flex flex-wrap items-center justify-between gap-2">
            <Segments label={t.usage.what} value={view.value.what.as_str()} choices={whats} onchange={onwhat} />
            <Segments label={t.usage.lines} value={split} choices={lines} onchange={onlines} />
        </div>
    }
}

fn table(report: &Report, view: &UrlState<UsageView>, stale: bool, t: &Texts) -> Html {
    if report.rows.is_empty() {
        return html! { <Empty glyph={Glyph::Chart} title={t.usage.empty_title} text={t.usage.empty_help} /> };
    }
    let more = {
        let value = view.value.clone();
        view.push.reform(move |()| UsageView {
            more: true,
            ..(*value).clone()
        })
    };
    html! {
        <>
            { rows::table(report, view, stale, t) }
            if report.others.is_some() && !view.value.more {
                <div class="border-t border-base-300 px-4 py-3"><Button glyph={Glyph::Down} label={t.usage.all_rows} onclick={more} /></div>
            }
        </>
    }
}
