//! The months: which are over, closing them, and what they came to.

use super::statement::StatementDrawer;
use super::{PartProps, View};
use crate::api::billing::{self, Whose, use_periods};
use crate::api::use_action;
use crate::i18n::{Texts, fill, use_texts};
use crate::pages::parts::Go;
use crate::router::Route;
use crate::state::{may, use_me};
use crate::ui::{Button, Column, Confirm, Failure, Glyph, Money, Pill, Row, Table, Tone, use_toasts};
use tollgate_contract::money::NanoUsd;
use tollgate_contract::periods::{Period, PeriodStatus, Statement};
use yew::prelude::*;

/// The part.
#[component]
pub fn Months(props: &PartProps) -> Html {
    let t = use_texts();
    let writes = may(use_me().as_ref(), "billing.write");
    let found = use_periods(props.whose);
    let zone = found
        .data
        .as_ref()
        .map(|found| found.time_zone.clone())
        .unwrap_or_default();
    let closing = use_state(|| None::<String>);
    if let Some(error) = found.error.as_ref().filter(|_| found.data.is_none()) {
        return html! { <Failure error={error.clone()} onretry={found.reload.clone()} /> };
    }
    let columns = vec![
        Column::text(t.billing.month),
        Column::text(t.billing.status),
        Column::figure(t.billing.opening),
        Column::figure(t.billing.usage),
        Column::figure(t.billing.closing),
    ];
    let rows = found.data.as_ref().map(|found| {
        let next = found
            .items
            .iter()
            .rev()
            .find(|period| period.status != PeriodStatus::Closed);
        let next = next
            .filter(|period| writes && period.status == PeriodStatus::Ended)
            .map(|period| &period.month);
        let rows = found.items.iter().map(|period| {
            let onclose = (next == Some(&period.month)).then(|| {
                let (closing, month) = (closing.clone(), period.month.clone());
                Callback::from(move |()| closing.set(Some(month.clone())))
            });
            row(period, onclose, props, t)
        });
        rows.collect::<Vec<_>>()
    });
    let onclose = {
        let closing = closing.clone();
        Callback::from(move |()| closing.set(None))
    };
    // Whoever has closed a month wants to see what it comes to.
    let onclosed = props.onview.reform({
        let view = props.view.clone();
        move |month: String| View {
            month: Some(month),
            ..view.clone()
        }
    });
    let shut = props.onview.reform({
        let view = props.view.clone();
        move |()| View {
            month: None,
            ..view.clone()
        }
    });
    html! {
        <>
            <p class="mb-3 text-muted">{ fill(t.billing.months_zone, &[("zone", &zone)]) }</p>
            <div class="panel overflow-hidden">
                <Table label={t.billing.months} {columns} {rows} stale={found.busy} menus=true />
            </div>
            if let Some(month) = (*closing).clone() {
                <CloseMonth whose={props.whose} {month} {onclose} onclosed={onclosed} />
            }
            if let Some(month) = props.view.month.clone() {
                <StatementDrawer whose={props.whose} {month} {writes} view={props.view.clone()} onview={props.onview.clone()} onclose={shut} />
            }
        </>
    }
}

fn row(period: &Period, onclose: Option<Callback<()>>, props: &PartProps, t: &Texts) -> Row {
    let (tone, text) = match period.status {
        PeriodStatus::Running => (Tone::Quiet, t.billing.running),
        PeriodStatus::Ended => (Tone::Waiting, t.billing.ended),
        PeriodStatus::Closed => (Tone::Good, t.billing.closed),
    };
    let name = html! { <span class="font-medium figures">{ period.month.clone() }</span> };
    let amount = |amount: Option<NanoUsd>| match amount {
        Some(amount) => html! { <Money {amount} /> },
        None => html! { <span class="text-muted">{ "–" }</span> },
    };
    let onopen = (period.status == PeriodStatus::Closed).then(|| {
        let view = View {
            month: Some(period.month.clone()),
            ..props.view.clone()
        };
        (view.address(), props.onview.reform(move |()| view.clone()))
    });
    // A link, so that the keyboard reaches it.
    let name = match &onopen {
        Some((query, _)) => {
            html! { <Go to={Route::Billing} query={query.clone()} class="hover:underline">{ name }</Go> }
        }
        None => name,
    };
    let menu = onclose.map(|onclick| {
        let label = fill(t.billing.close, &[("month", &period.month)]);
        html! { <Button glyph={Glyph::Check} {label} {onclick} /> }
    });
    Row {
        key: period.month.clone().into(),
        cells: vec![
            name,
            html! { <Pill {tone} {text} /> },
            amount(period.opening_nano),
            amount(period.usage_nano),
            amount(period.closing_nano),
        ],
        onopen: onopen.map(|(_, open)| open),
        menu: menu.unwrap_or_default(),
    }
}

#[derive(Properties, PartialEq)]
struct CloseMonthProps {
    whose: Whose,
    month: String,
    onclose: Callback<()>,
    onclosed: Callback<String>,
}

#[component]
fn CloseMonth(props: &CloseMonthProps) -> Html {
    let t = use_texts();
    let toasts = use_toasts();
    let (whose, month) = (props.whose, props.month.clone());
    let done = {
        let (onclose, onclosed) = (props.onclose.clone(), props.onclosed.clone());
        Callback::from(move |made: Statement| {
            toasts.done(fill(t.billing.closed_toast, &[("month", &made.month)]));
            onclose.emit(());
            onclosed.emit(made.month);
        })
    };
    let action = use_action(move |()| billing::close(whose, month.clone()), done);
    let named = [("month", props.month.as_str())];
    html! {
        <Confirm title={fill(t.billing.close_title, &named)} effect={t.billing.close_effect} verb={fill(t.billing.close, &named)}
            name={Some(AttrValue::from(props.month.clone()))} busy={action.busy} error={action.error.clone()}
            onconfirm={action.run.clone()} onclose={props.onclose.clone()} />
    }
}
