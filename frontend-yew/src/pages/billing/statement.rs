//! A month's statement: what moved the wallet, what was used, and behind each line its requests.

use super::bridge::Bridge;
use super::disputes::OpenDisputeDialog;
use super::requests::Behind;
use super::{Tab, View};
use crate::api::billing::{self, Whose, use_documents, use_statement};
use crate::api::use_action;
use crate::format::{self, TimeStyle};
use crate::i18n::{Locale, Texts, fill, use_locale, use_texts};
use crate::pages::overview::kind_name;
use crate::pages::parts::{fact, section};
use crate::pages::requests::meter_name;
use crate::ui::{
    Button, ButtonKind, Drawer, Failure, FormFailure, Glyph, Money, Pill, Skeleton, Tone, use_toasts,
};
use crate::zone;
use chrono::TimeDelta;
use tollgate_contract::invoices::{DocumentKind, DocumentView, OpenDispute};
use tollgate_contract::periods::{Statement, StatementUsage};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct StatementProps {
    pub whose: Whose,
    pub month: String,
    /// Whether the viewer may act on money.
    pub writes: bool,
    pub view: View,
    pub onview: Callback<View>,
    pub onclose: Callback<()>,
}

/// The drawer.
#[component]
pub fn StatementDrawer(props: &StatementProps) -> Html {
    let t = use_texts();
    let found = use_statement(props.whose, &props.month);
    let title = fill(t.billing.statement, &[("month", &props.month)]);
    let body = match (&found.data, &found.error) {
        (Some(found), _) => html! {
            <>
                <Facts statement={found.statement.clone()} />
                <Lines whose={props.whose} statement={found.statement.clone()} writes={props.writes} />
                <Bridge whose={props.whose} month={props.month.clone()} />
                { section(t.billing.hash) }
                <code class="block font-mono text-xs break-all text-muted">{ found.hash.clone() }</code>
            </>
        },
        (None, Some(error)) => html! { <Failure error={error.clone()} onretry={found.reload.clone()} /> },
        (None, None) => html! { <Skeleton class="h-96" /> },
    };
    let actions = html! { <InvoiceButton whose={props.whose} month={props.month.clone()} writes={props.writes} view={props.view.clone()} onview={props.onview.clone()} /> };
    html! { <Drawer title={html! { { title } }} {actions} onclose={props.onclose.clone()}>{ body }</Drawer> }
}

#[derive(Properties, PartialEq)]
struct InvoiceButtonProps {
    whose: Whose,
    month: String,
    writes: bool,
    view: View,
    onview: Callback<View>,
}

/// Leads to the month's invoice, or issues it.
#[component]
fn InvoiceButton(props: &InvoiceButtonProps) -> Html {
    let t = use_texts();
    let toasts = use_toasts();
    let documents = use_documents(props.whose);
    let to = {
        let (onview, view) = (props.onview.clone(), props.view.clone());
        Callback::from(move |id| {
            onview.emit(View {
                tab: Tab::Documents,
                month: None,
                document: Some(id),
                ..view.clone()
            });
        })
    };
    let done = {
        let to = to.clone();
        Callback::from(move |made: DocumentView| {
            toasts.done(fill(t.billing.issued, &[("number", &made.summary.number)]));
            to.emit(made.summary.id);
        })
    };
    let (whose, month) = (props.whose, props.month.clone());
    let action = use_action(move |()| billing::issue(whose, month.clone()), done);
    let Some(documents) = &documents.data else {
        return Html::default();
    };
    let mut items = documents.items.iter();
    let there = items.find(|one| one.month == props.month && one.kind == DocumentKind::Invoice);
    if let Some(there) = there {
        let id = there.id;
        return html! { <Button glyph={Glyph::Open} label={there.number.clone()} onclick={to.reform(move |()| id)} /> };
    }
    html! {
        <>
            <FormFailure error={action.error.clone()} />
            if props.writes {
                <Button kind={ButtonKind::Primary} busy={action.busy} label={t.billing.issue} onclick={action.run.clone()} />
            }
        </>
    }
}

#[derive(Properties, PartialEq)]
struct FactsProps {
    statement: Statement,
}

#[component]
fn Facts(props: &FactsProps) -> Html {
    let locale = use_locale();
    let t = locale.texts();
    let made = &props.statement;
    html! {
        <>
            <p class="mb-2 text-muted" data-testid="statement-facts">{ span(made, locale) }</p>
            <dl class="divide-y divide-base-300">
                { fact(t.billing.opening, html! { <Money exact=true amount={made.opening_nano} /> }) }
                { for made.movements.iter().map(|line| {
                    let bookings = fill(t.billing.bookings, &[("number", &format::count_signed(line.transfers))]);
                    html! {
                        <div class="flex justify-between gap-4 py-1.5">
                            <dt class="text-muted">{ kind_name(line.kind, t) }{ " · " }{ bookings }</dt><dd><Money exact=true amount={line.wallet_nano} /></dd>
                        </div>
                    }
                }) }
                { fact(t.billing.closing, html! { <strong><Money exact=true amount={made.closing_nano} /></strong> }) }
            </dl>
        </>
    }
}

/// From when to when, in which zone, and who closed it when.
fn span(made: &Statement, locale: Locale) -> String {
    let t = locale.texts();
    let day = |at| {
        zone::day_of(at, &made.time_zone)
            .map(|day| day.to_string())
            .unwrap_or_default()
    };
    let last = made.ends_at - TimeDelta::milliseconds(1);
    let closed_at = format::time(made.closed_at, &made.time_zone, locale, TimeStyle::Minute);
    let facts = [
        ("first", day(made.starts_at)),
        ("last", day(last)),
        ("zone", made.time_zone.clone()),
        ("who", made.closed_by.clone()),
        ("when", closed_at),
    ];
    let facts: Vec<(&str, &str)> = facts
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    fill(t.billing.statement_of, &facts)
}

#[derive(Properties, PartialEq)]
struct LinesProps {
    whose: Whose,
    statement: Statement,
    writes: bool,
}

/// Usage by model and cost centre; each line opens onto its requests.
#[component]
fn Lines(props: &LinesProps) -> Html {
    let t = use_texts();
    let open = use_state(|| None::<usize>);
    let disputed = use_state(|| None::<OpenDispute>);
    let ondispute = {
        let disputed = disputed.clone();
        Callback::from(move |form| disputed.set(Some(form)))
    };
    let shut = {
        let disputed = disputed.clone();
        Callback::from(move |()| disputed.set(None))
    };
    let lines = props.statement.usage.iter().enumerate().map(|(at, line)| {
        let onopen = {
            let open = open.clone();
            Callback::from(move |()| open.set((*open != Some(at)).then_some(at)))
        };
        html! {
            <li key={at.to_string()} class="py-3">
                { head(line, t) }
                <div class="mt-2 flex flex-wrap gap-2">
                    <Button kind={ButtonKind::Ghost} glyph={Glyph::List} label={format!("{} ({})", t.billing.show_requests, line.requests)} onclick={onopen} />
                    if props.writes {
                        <Button kind={ButtonKind::Ghost} glyph={Glyph::Alert} label={t.billing.dispute}
                            onclick={ondispute.reform({ let form = of_line(&props.statement.month, line); move |()| form.clone() })} />
                    }
                </div>
                if *open == Some(at) {
                    <Behind whose={props.whose} month={props.statement.month.clone()} line={line.clone()} writes={props.writes} ondispute={ondispute.clone()} />
                }
            </li>
        }
    });
    html! {
        <>
            { section(t.billing.usage) }
            <ul class="divide-y divide-base-300" data-testid="statement-lines">{ for lines }</ul>
            <div class="flex justify-between gap-4 border-t border-base-300 py-3 font-semibold">
                <span>{ t.billing.total }</span><Money exact=true amount={props.statement.usage_nano} />
            </div>
            if let Some(form) = (*disputed).clone() {
                <OpenDisputeDialog whose={props.whose} {form} onclose={shut} />
            }
        </>
    }
}

fn of_line(month: &str, line: &StatementUsage) -> OpenDispute {
    OpenDispute {
        month: month.to_owned(),
        request_id: None,
        model: line.model.clone(),
        cost_centre: line.cost_centre.clone(),
        late: line.late,
        reason: String::new(),
    }
}

fn head(line: &StatementUsage, t: &Texts) -> Html {
    html! {
        <>
        <div class="flex items-baseline justify-between gap-4">
            <div class="min-w-0">
                <span class="font-medium break-words">{ line.model.clone() }</span>
                if !line.cost_centre.is_empty() {
                    <span class="text-muted">{ format!(" · {}", line.cost_centre) }</span>
                }
                if line.late {
                    { " " }<Pill tone={Tone::Waiting} text={t.billing.late} title={t.billing.late_help} />
                }
            </div>
            <Money exact=true amount={line.total_nano()} />
        </div>
        { meters(line, t) }
        if line.correction_nano.0 != 0 {
            <p class="mt-0.5 text-xs text-muted">{ t.requests.corrections }{ ": " }<Money amount={line.correction_nano} /></p>
        }
        </>
    }
}

/// How much of what: tokens of all kinds that there are, then what has a meter beside them.
fn meters(line: &StatementUsage, t: &Texts) -> Html {
    let tokens = [
        ("input", line.input_tokens),
        ("output", line.output_tokens),
        ("cache_write", line.cache_write_tokens),
        ("cache_read", line.cache_read_tokens),
    ];
    let others = line
        .other_meters
        .iter()
        .map(|(name, amount)| (name.as_str(), *amount));
    let shown = tokens.into_iter().chain(others).filter(|(_, amount)| *amount != 0).map(|(name, amount)| {
        let figure = format::count_signed(amount);
        html! { <li key={name.to_owned()} class="whitespace-nowrap">{ meter_name(name, t) }{ " " }<span class="figures text-base-content">{ figure }</span></li> }
    });
    html! { <ul class="mt-0.5 flex flex-wrap gap-x-3 text-xs text-muted" data-testid="meters">{ for shown }</ul> }
}
