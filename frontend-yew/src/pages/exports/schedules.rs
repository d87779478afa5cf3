//! Schedules: making, changing, running and deleting them, and what they delivered.

use super::schedule_form::ScheduleDialog;
use super::words::{format_name, period_name, source_name, state_name};
use crate::api::exports::{self, use_deliveries, use_schedules};
use crate::api::use_action;
use crate::i18n::{Texts, fill, use_texts};
use crate::state::{may, use_me};
use crate::ui::{
    Button, ButtonKind, Column, Confirm, Dialog, Empty, Failure, FormFailure, Glyph, Moment, Pill, Row,
    Table, Tone, use_toasts,
};
use std::rc::Rc;
use tollgate_contract::exports::{Delivery, Schedule, ScheduleDelivery};
use yew::prelude::*;

/// What lies over the list.
#[derive(Clone, PartialEq)]
enum Over {
    Form(Option<Rc<Schedule>>),
    Delete(Rc<Schedule>),
    Deliveries(Rc<Schedule>),
}

/// The list.
#[component]
pub fn Schedules() -> Html {
    let t = use_texts();
    let me = use_me();
    let found = use_schedules();
    let over = use_state(|| None::<Over>);
    let may_write = may(me.as_ref(), "billing.write");
    let onover = {
        let over = over.clone();
        Callback::from(move |what: Over| over.set(Some(what)))
    };
    let onclose = {
        let over = over.clone();
        Callback::from(move |()| over.set(None))
    };
    let add = may_write.then(|| {
        let onclick = onover.reform(|()| Over::Form(None));
        html! { <Button kind={ButtonKind::Primary} glyph={Glyph::Plus} label={t.exports.add} {onclick} /> }
    });
    if let Some(error) = found.error.as_ref().filter(|_| found.data.is_none()) {
        return html! { <Failure error={error.clone()} onretry={found.reload.clone()} /> };
    }
    let none = found.data.as_ref().is_some_and(|all| all.items.is_empty());
    html! {
        <>
            if none {
                <div class="panel">
                    <Empty glyph={Glyph::Play} title={t.exports.schedules_none} text={t.exports.schedules_help}>{ add.unwrap_or_default() }</Empty>
                </div>
            } else {
                <div class="mb-3 flex flex-wrap items-center justify-between gap-3">
                    <p class="text-muted">{ t.exports.schedules_help }</p>
                    { add.unwrap_or_default() }
                </div>
                <List all={found.data.as_ref().map(|all| all.items.clone())} stale={found.busy} {may_write} {onover} />
            }
            { match &*over {
                None => Html::default(),
                Some(Over::Form(schedule)) => html! { <ScheduleDialog schedule={schedule.clone()} {onclose} /> },
                Some(Over::Delete(schedule)) => html! { <Delete schedule={schedule.clone()} {onclose} /> },
                Some(Over::Deliveries(schedule)) => html! { <Deliveries schedule={schedule.clone()} {onclose} /> },
            } }
        </>
    }
}

#[derive(Properties, PartialEq)]
struct ListProps {
    all: Option<Vec<Schedule>>,
    stale: bool,
    may_write: bool,
    onover: Callback<Over>,
}

#[component]
fn List(props: &ListProps) -> Html {
    let t = use_texts();
    let toasts = use_toasts();
    let run = use_action(
        |schedule: Rc<Schedule>| async move {
            exports::run_schedule(schedule.id).await?;
            Ok(schedule.name.clone())
        },
        Callback::from(move |name: String| toasts.done(fill(t.exports.run_done, &[("name", &name)]))),
    );
    let columns = vec![
        Column::text(t.exports.name),
        Column::text(t.exports.source),
        Column::text(t.exports.period),
        Column::text(t.exports.delivery).minor(),
        Column::text(t.exports.next),
        Column::text(t.exports.deliveries),
    ];
    let rows = props.all.as_ref().map(|all| {
        let rows = all
            .iter()
            .map(|schedule| row(&Rc::new(schedule.clone()), props, &run.run, t));
        rows.collect::<Vec<_>>()
    });
    html! {
        <div class="panel overflow-hidden">
            <FormFailure error={run.error.clone()} />
            <Table label={t.exports.schedules} {columns} {rows} stale={props.stale} menus=true />
        </div>
    }
}

fn row(schedule: &Rc<Schedule>, props: &ListProps, onrun: &Callback<Rc<Schedule>>, t: &Texts) -> Row {
    let over = |what: fn(Rc<Schedule>) -> Over| {
        let schedule = Rc::clone(schedule);
        props.onover.reform(move |()| what(Rc::clone(&schedule)))
    };
    let run = {
        let schedule = Rc::clone(schedule);
        onrun.reform(move |()| Rc::clone(&schedule))
    };
    let menu = props.may_write.then(|| {
        html! {
            <>
                <Button kind={ButtonKind::Ghost} icon_only=true glyph={Glyph::Play} label={t.exports.run} onclick={run} />
                <Button kind={ButtonKind::Ghost} icon_only=true glyph={Glyph::Pen} label={t.exports.schedule_save} onclick={over(|one| Over::Form(Some(one)))} />
                <Button kind={ButtonKind::Ghost} icon_only=true glyph={Glyph::Trash} label={t.exports.schedule_delete_verb} onclick={over(Over::Delete)} />
            </>
        }
    });
    Row {
        key: schedule.id.to_string().into(),
        cells: vec![
            // A button, so that the keyboard reaches it.
            html! { <button type="button" class="text-left font-medium hover:underline cursor-pointer" onclick={over(Over::Deliveries).reform(|_: MouseEvent| ())}>{ schedule.name.clone() }</button> },
            html! { <>{ source_name(schedule.source, t) }<span class="block text-xs text-muted">{ format_name(schedule.format, t) }</span></> },
            html! { { period_name(schedule.period, t) } },
            html! { <span class="block md:max-w-56 truncate">{ target(&schedule.delivery) }</span> },
            if schedule.active {
                html! { <Moment at={schedule.next_at} /> }
            } else {
                html! { <Pill tone={Tone::Quiet} text={t.exports.off} /> }
            },
            match &schedule.last {
                Some(last) => state(last, t),
                None => html! { <span class="text-muted">{ "–" }</span> },
            },
        ],
        onopen: Some(over(Over::Deliveries)),
        menu: menu.unwrap_or_default(),
    }
}

fn target(delivery: &Delivery) -> String {
    match delivery {
        Delivery::Mail { to } => to.join(", "),
        Delivery::Webhook { url } => url.clone(),
    }
}

fn state(delivery: &ScheduleDelivery, t: &Texts) -> Html {
    let (tone, text) = state_name(delivery.state, t);
    html! { <Pill {tone} {text} /> }
}

#[derive(Properties, PartialEq)]
struct OneProps {
    schedule: Rc<Schedule>,
    onclose: Callback<()>,
}

#[component]
fn Delete(props: &OneProps) -> Html {
    let t = use_texts();
    let id = props.schedule.id;
    let action = use_action(move |()| exports::delete_schedule(id), props.onclose.clone());
    let title = fill(t.exports.schedule_delete_title, &[("name", &props.schedule.name)]);
    html! {
        <Confirm {title} effect={t.exports.schedule_delete_effect} verb={t.exports.schedule_delete_verb} busy={action.busy}
            error={action.error.clone()} onconfirm={action.run.clone()} onclose={props.onclose.clone()} />
    }
}

#[component]
fn Deliveries(props: &OneProps) -> Html {
    let t = use_texts();
    let found = use_deliveries(props.schedule.id);
    let columns = vec![
        Column::text(t.exports.range),
        Column::text(t.exports.status),
        Column::figure(t.exports.attempts),
        Column::text(t.exports.created),
    ];
    let rows = found
        .data
        .as_ref()
        .map(|all| all.items.iter().map(|one| delivered(one, t)).collect::<Vec<_>>());
    let none = found.data.as_ref().is_some_and(|all| all.items.is_empty());
    html! {
        <Dialog title={fill(t.exports.deliveries_of, &[("name", &props.schedule.name)])} onclose={props.onclose.clone()} foot={Html::default()}>
            if let Some(error) = found.error.as_ref().filter(|_| found.data.is_none()) {
                <Failure error={error.clone()} onretry={found.reload.clone()} />
            } else if none {
                <p class="text-muted">{ t.exports.deliveries_none }</p>
            } else {
                <Table label={t.exports.deliveries} {columns} {rows} stale={found.busy} />
            }
        </Dialog>
    }
}

fn delivered(one: &ScheduleDelivery, t: &Texts) -> Row {
    Row {
        key: one.id.to_string().into(),
        cells: vec![
            html! { { format!("{} – {}", one.first_day, one.last_day) } },
            html! {
                <>
                    { state(one, t) }
                    if !one.last_error.is_empty() {
                        <span class="block text-xs text-muted break-words">{ one.last_error.clone() }</span>
                    }
                </>
            },
            html! { { one.attempts } },
            html! { <Moment at={one.created_at} /> },
        ],
        onopen: None,
        menu: Html::default(),
    }
}
