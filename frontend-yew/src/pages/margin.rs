//! The operator's margin: totals, a chart by day and a table, and whether all of it ties to the ledger.

mod view;

use crate::api::margin::{self, use_margin};
use crate::api::use_action;
use crate::browser;
use crate::charts::{Chart, Figures, Series, Unit};
use crate::format::{self, TimeStyle};
use crate::i18n::{Locale, Texts, fill, use_locale, use_texts};
use crate::pages::parts::{Days, Go};
use crate::router::Route;
use crate::state::{UrlState, use_url_state};
use crate::ui::{
    Button, Choice, Column, Empty, Failure, Glyph, Money, Page, PageHead, Pill, Row, Segments, Skeleton,
    Table, Tokens, Tone, use_toasts,
};
use chrono::{NaiveDate, NaiveTime};
use std::rc::Rc;
use tollgate_contract::margin::{MarginFigures, MarginGroup, MarginReport, MarginRow, MarginTie};
use tollgate_contract::money::NanoUsd;
use view::{MarginView, group_of};
use yew::prelude::*;

/// The page.
#[component]
pub fn Margin() -> Html {
    let t = use_texts();
    let toasts = use_toasts();
    let view = use_url_state::<MarginView>(Route::Margin);
    let query = view.value.query();
    let found = use_margin(&query);
    let done = Callback::from(move |text: String| {
        if browser::save("tollgate-margin.csv", &text) {
            toasts.done(t.margin.exported);
        }
    });
    let export = use_action(margin::table, done);
    let onclick = export.run.reform(move |()| query.clone());
    let shown = match (&found.data, &found.error) {
        (Some(report), _) => html! { <Report report={report.clone()} view={view.clone()} /> },
        (None, Some(error)) => html! { <Failure error={error.clone()} onretry={found.reload.clone()} /> },
        (None, None) => html! { <Skeleton class="h-96" /> },
    };
    html! {
        <Page>
            <PageHead title={t.margin.title} text={Some(AttrValue::from(t.margin.intro))}>
                <Button glyph={Glyph::Download} label={t.margin.export} busy={export.busy} {onclick} />
            </PageHead>
            { controls(&view, found.data.as_deref(), t) }
            { shown }
        </Page>
    }
}

fn group_name(group: MarginGroup, t: &Texts) -> &'static str {
    match group {
        MarginGroup::Tenant => t.margin.customer,
        MarginGroup::Platform => t.margin.platform,
        MarginGroup::Model => t.margin.model,
        MarginGroup::Account => t.margin.account,
        MarginGroup::Day => t.margin.day,
    }
}

/// Without a choice, the days that the report is of.
fn controls(view: &UrlState<MarginView>, report: Option<&MarginReport>, t: &Texts) -> Html {
    let choices: Vec<Choice> = MarginGroup::ALL
        .map(|group| Choice::new(group.as_str(), group_name(group, t)))
        .to_vec();
    let value = view.value.clone();
    let ongroup = view.push.reform(move |name: AttrValue| MarginView {
        group: group_of(&name),
        ..(*value).clone()
    });
    let value = view.value.clone();
    let ondays = view.push.reform(move |(from, to)| MarginView {
        from,
        to,
        ..(*value).clone()
    });
    let from = view.value.from.or(report.map(|report| report.from));
    let to = view.value.to.or(report.map(|report| report.to));
    html! {
        <div class="mb-4 flex flex-wrap items-center gap-2">
            <Days {from} {to} from_label={t.margin.from} to_label={t.margin.to} onchange={ondays} />
            <Segments label={t.margin.by} value={view.value.group.as_str()} {choices} onchange={ongroup} />
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct ReportProps {
    report: Rc<MarginReport>,
    view: UrlState<MarginView>,
}

#[component]
fn Report(props: &ReportProps) -> Html {
    let locale = use_locale();
    let (t, report) = (locale.texts(), &props.report);
    if report.rows.is_empty() {
        return html! {
            <>
                { tie(&report.tie, t) }
                <div class="panel"><Empty glyph={Glyph::Chart} title={t.margin.empty_title} text={t.margin.empty_help} /></div>
            </>
        };
    }
    html! {
        <>
            { tie(&report.tie, t) }
            <div class="mb-4 grid gap-3 grid-cols-2 lg:grid-cols-4">
                { tile(t.margin.charge, report.totals.charge_nano, credited(&report.totals, t)) }
                { tile(t.margin.cost, report.totals.cost_nano, None) }
                { tile(t.margin.margin, report.totals.margin_nano, share(&report.totals, t)) }
                { tile(t.margin.own, report.own_accounts_charge_nano, None) }
            </div>
            <section class="panel mb-4 p-4 md:p-5 min-w-0" aria-label={t.margin.title}>
                <Chart label={t.margin.title} figures={figures(report, locale)} />
            </section>
            <div class="panel overflow-hidden">
                <Table label={t.margin.title} columns={columns(report.group_by, t)} rows={Some(report.rows.iter().map(|row| line(row, report.group_by)).collect::<Vec<_>>())} />
            </div>
        </>
    }
}

fn tie(tie: &MarginTie, t: &Texts) -> Html {
    let (days, ledger) = (
        format::money_exact(tie.cost_nano),
        format::money_exact(tie.ledger_cost_nano),
    );
    let (tone, text, title) = if tie.cost_nano == tie.ledger_cost_nano {
        (
            Tone::Good,
            t.margin.fits,
            fill(t.margin.fits_help, &[("amount", &ledger)]),
        )
    } else {
        let help = fill(t.margin.fits_not_help, &[("days", &days), ("ledger", &ledger)]);
        (Tone::Bad, t.margin.fits_not, help)
    };
    html! { <p class="mb-4 flex flex-wrap items-center gap-2 text-xs text-muted" data-testid="tie"><Pill {tone} {text} />{ title }</p> }
}

fn tile(name: &'static str, amount: NanoUsd, note: Option<String>) -> Html {
    html! {
        <div class="panel p-4 min-w-0">
            <p class="text-xs text-muted">{ name }</p>
            <p class="mt-1 text-xl font-semibold"><Money {amount} /></p>
            if let Some(note) = note {
                <p class="text-xs text-muted figures">{ note }</p>
            }
        </div>
    }
}

/// `$1.20 given back by credit notes`, where something was.
fn credited(figures: &MarginFigures, t: &Texts) -> Option<String> {
    let amount = figures.credited_nano.filter(|amount| amount.0 != 0)?;
    Some(fill(
        t.margin.credited_of_it,
        &[("amount", &format::money(amount))],
    ))
}

/// `23.4 % of the charge`.
fn share(figures: &MarginFigures, t: &Texts) -> Option<String> {
    figures
        .margin_permille
        .map(|permille| format!("{} {}", percent(permille), t.margin.share))
}

fn percent(permille: i64) -> String {
    let sign = if permille < 0 { "-" } else { "" };
    let magnitude = permille.unsigned_abs();
    format!("{sign}{}.{} %", magnitude / 10, magnitude % 10)
}

fn columns(group: MarginGroup, t: &Texts) -> Vec<Column> {
    vec![
        Column::text(group_name(group, t)),
        Column::figure(t.figures.requests).minor(),
        Column::figure(t.figures.input).minor(),
        Column::figure(t.figures.output).minor(),
        Column::figure(t.margin.cost),
        Column::figure(t.margin.charge),
        Column::figure(t.margin.credited).minor(),
        Column::figure(t.margin.margin),
        Column::figure("%"),
    ]
}

fn line(row: &MarginRow, group: MarginGroup) -> Row {
    let figures = &row.figures;
    let name = html! { <span class="block truncate md:max-w-64" title={row.id.clone()}>{ row.label.clone() }</span> };
    let name = match group {
        MarginGroup::Account => {
            html! { <Go to={Route::Reconcile} query={format!("account={}", row.id)} class="hover:underline">{ name }</Go> }
        }
        _ => name,
    };
    Row {
        key: row.id.clone().into(),
        cells: vec![
            name,
            html! { <span class="figures">{ format::count(figures.requests) }</span> },
            html! { <Tokens number={figures.input_tokens} /> },
            html! { <Tokens number={figures.output_tokens} /> },
            html! { <Money amount={figures.cost_nano} /> },
            html! { <Money amount={figures.charge_nano} /> },
            figures
                .credited_nano
                .map_or_else(|| html! { "–" }, |amount| html! { <Money {amount} /> }),
            html! { <Money amount={figures.margin_nano} class={classes!((figures.margin_nano.0 < 0).then_some("text-error"))} /> },
            html! { <span class="figures whitespace-nowrap">{ figures.margin_permille.map_or_else(|| "–".to_owned(), percent) }</span> },
        ],
        onopen: None,
        menu: Html::default(),
    }
}

/// Each day of the range, those without requests as nothing.
fn figures(report: &MarginReport, locale: Locale) -> Figures {
    let t = locale.texts();
    let days: Vec<(NaiveDate, MarginFigures)> = report
        .from
        .iter_days()
        .take_while(|day| *day <= report.to)
        .map(|day| {
            let id = day.to_string();
            let row = report.days.iter().find(|row| row.id == id);
            (day, row.map(|row| row.figures).unwrap_or_default())
        })
        .collect();
    let noon = NaiveTime::from_hms_opt(12, 0, 0).unwrap_or_default();
    let at = |day: NaiveDate| day.and_time(noon).and_utc();
    let series = |label: &'static str, colour, of: fn(&MarginFigures) -> NanoUsd| Series {
        label: label.into(),
        colour,
        values: days.iter().map(|(_, it)| of(it).approximate_usd()).collect(),
        shown: days.iter().map(|(_, it)| format::money(of(it))).collect(),
        total: format::money(of(&report.totals)),
    };
    Figures {
        x: days
            .iter()
            .map(|(day, _)| format::millis(at(*day)) / 1000.0)
            .collect(),
        times: days
            .iter()
            .map(|(day, _)| format::time(at(*day), "UTC", locale, TimeStyle::Day))
            .collect(),
        series: vec![
            series(t.margin.charge, "--chart-1", |it| it.charge_nano),
            series(t.margin.cost, "--chart-2", |it| it.cost_nano),
            series(t.margin.margin, "--chart-3", |it| it.margin_nano),
        ],
        unit: Unit::Money,
        zone: "UTC".to_owned(),
        bars: false,
    }
}

#[cfg(test)]
mod tests {
    use super::percent;

    #[test]
    fn a_share_is_told_to_a_thousandth_a_loss_with_its_sign() {
        assert_eq!(
            [234, -5, 0, 1000].map(percent),
            ["23.4 %", "-0.5 %", "0.0 %", "100.0 %"]
        );
    }
}
