//! Kept exports: loading and deleting them.

use super::load;
use super::words::{format_name, source_name};
use crate::api::exports::{self, use_exports};
use crate::api::use_action;
use crate::format;
use crate::i18n::{Texts, use_texts};
use crate::state::use_me;
use crate::ui::{
    Button, ButtonKind, Column, Confirm, Empty, Failure, FormFailure, Glyph, Moment, Money, Row, Table,
};
use crate::zone::day_of;
use chrono::TimeDelta;
use tollgate_contract::exports::{Export, ExportLink};
use tollgate_contract::ids::ExportId;
use yew::prelude::*;

/// The list.
#[component]
pub fn Kept() -> Html {
    let t = use_texts();
    let me = use_me();
    let zone = me
        .as_ref()
        .map(|me| me.tenant.time_zone.clone())
        .unwrap_or_default();
    let found = use_exports();
    let deleting = use_state(|| None::<ExportId>);
    let loading = use_action(exports::link, Callback::from(|link: ExportLink| load(&link.url)));
    if let Some(error) = found.error.as_ref().filter(|_| found.data.is_none()) {
        return html! { <Failure error={error.clone()} onretry={found.reload.clone()} /> };
    }
    if found.data.as_ref().is_some_and(|kept| kept.items.is_empty()) {
        return html! {
            <div class="panel"><Empty glyph={Glyph::Download} title={t.exports.empty_title} text={t.exports.empty_help} /></div>
        };
    }
    let columns = vec![
        Column::text(t.exports.file),
        Column::text(t.exports.range),
        Column::figure(t.exports.rows),
        Column::figure(t.exports.total),
        Column::text(t.exports.created).minor(),
    ];
    let ondelete = {
        let deleting = deleting.clone();
        Callback::from(move |id| deleting.set(Some(id)))
    };
    let onclose = {
        let deleting = deleting.clone();
        Callback::from(move |()| deleting.set(None))
    };
    let rows = found.data.as_ref().map(|kept| {
        let rows = kept
            .items
            .iter()
            .map(|export| row(export, &zone, &loading.run, &ondelete, t));
        rows.collect::<Vec<_>>()
    });
    html! {
        <div class="panel overflow-hidden">
            <FormFailure error={loading.error.clone()} />
            <Table label={t.exports.kept} {columns} {rows} stale={found.busy} menus=true />
            if let Some(id) = *deleting {
                <Delete {id} {onclose} />
            }
        </div>
    }
}

fn row(
    export: &Export,
    zone: &str,
    onload: &Callback<ExportId>,
    ondelete: &Callback<ExportId>,
    t: &Texts,
) -> Row {
    let id = export.id;
    let day = |at: Option<chrono::DateTime<chrono::Utc>>| {
        at.and_then(|at| day_of(at, zone))
            .map(|day| day.to_string())
            .unwrap_or_default()
    };
    let last = export.query.to.map(|to| to - TimeDelta::milliseconds(1));
    Row {
        key: id.to_string().into(),
        cells: vec![
            html! { <>{ source_name(export.source, t) }<span class="block text-xs text-muted">{ format_name(export.format, t) }</span></> },
            html! { <span class="whitespace-nowrap">{ format!("{} – {}", day(export.query.from), day(last)) }</span> },
            html! { { format::count(export.rows) } },
            html! { <Money amount={export.total_nano} /> },
            html! { <Moment at={export.created_at} /> },
        ],
        onopen: None,
        menu: html! {
            <>
                <Button kind={ButtonKind::Ghost} icon_only=true glyph={Glyph::Download} label={t.exports.load} onclick={onload.reform(move |()| id)} />
                <Button kind={ButtonKind::Ghost} icon_only=true glyph={Glyph::Trash} label={t.exports.delete_verb} onclick={ondelete.reform(move |()| id)} />
            </>
        },
    }
}

#[derive(Properties, PartialEq)]
struct DeleteProps {
    id: ExportId,
    onclose: Callback<()>,
}

#[component]
fn Delete(props: &DeleteProps) -> Html {
    let t = use_texts();
    let id = props.id;
    let action = use_action(move |()| exports::delete(id), props.onclose.clone());
    html! {
        <Confirm title={t.exports.delete_title} effect={t.exports.delete_effect} verb={t.exports.delete_verb} busy={action.busy}
            error={action.error.clone()} onconfirm={action.run.clone()} onclose={props.onclose.clone()} />
    }
}
