//! What a file shall hold, with its first rows, and the button that keeps and loads it.

use super::carried::Carried;
use super::words::{formats, groups, sources};
use super::{ExportsView, load};
use crate::api::exports::{self, use_preview};
use crate::api::use_action;
use crate::i18n::{Texts, fill, use_texts};
use crate::state::{UrlState, may, use_me};
use crate::ui::{
    Button, ButtonKind, Column, Failure, Field, FormFailure, Glyph, Row, SelectInput, Table, TextInput,
};
use tollgate_contract::exports::{CreateExport, ExportFormat, ExportPreview, ExportSource, fits};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct BuildProps {
    pub view: UrlState<ExportsView>,
}

/// The panel.
#[component]
pub fn Build(props: &BuildProps) -> Html {
    let t = use_texts();
    let me = use_me();
    let zone = me
        .as_ref()
        .map(|me| me.tenant.time_zone.clone())
        .unwrap_or_default();
    let order = props.view.value.order(&zone);
    let made = use_action(
        |order: CreateExport| async move {
            let kept = exports::create(order).await?;
            exports::link(kept.id).await
        },
        Callback::from(|link: tollgate_contract::exports::ExportLink| load(&link.url)),
    );
    let onmake = {
        let order = order.clone();
        made.run.reform(move |()| order.clone())
    };
    html! {
        <section class="panel p-4 mb-6" aria-label={t.exports.build}>
            { fields(&props.view, &zone, may(me.as_ref(), "billing.read"), t) }
            <Carried view={props.view.clone()} zone={zone.clone()} />
            <div class="mt-4 flex flex-wrap items-center gap-3">
                <Button kind={ButtonKind::Primary} glyph={Glyph::Download} label={t.exports.make} busy={made.busy} onclick={onmake} />
                <FormFailure error={made.error.clone()} />
            </div>
            <Preview {order} />
        </section>
    }
}

fn fields(view: &UrlState<ExportsView>, zone: &str, money: bool, t: &Texts) -> Html {
    let now = view.value.clone();
    let change = |set: fn(&mut ExportsView, String)| {
        let now = now.clone();
        view.push.reform(move |text: String| {
            let mut next = (*now).clone();
            set(&mut next, text);
            if !fits(next.source, next.format) {
                next.format = ExportFormat::Csv;
            }
            next
        })
    };
    let onsource = change(|view, text| view.source = ExportSource::parse(&text).unwrap_or_default());
    let onformat = change(|view, text| view.format = ExportFormat::parse(&text).unwrap_or_default());
    // What has no cost centre can be asked for by a link alone.
    let centre = match now.cost_centre.as_deref() {
        Some("") => t.exports.no_centre,
        _ => t.exports.all,
    };
    let usage = now.source != ExportSource::Transfers;
    let group = if now.group.is_empty() { "month" } else { &now.group };
    html! {
        <div class="grid gap-3 sm:grid-cols-2 lg:grid-cols-4">
            <Field id="export-source" label={t.exports.source}>
                <SelectInput id="export-source" value={now.source.as_str()} choices={sources(money, t)} onchange={onsource} />
            </Field>
            <Field id="export-format" label={t.exports.format}>
                <SelectInput id="export-format" value={now.format.as_str()} choices={formats(now.source, t)} onchange={onformat} />
            </Field>
            <Field id="export-from" label={t.exports.from} help={fill(t.exports.days_of, &[("zone", zone)])}>
                <TextInput id="export-from" kind="date" value={now.from.clone()} oninput={change(|view, text| view.from = text)} />
            </Field>
            <Field id="export-to" label={t.exports.to}>
                <TextInput id="export-to" kind="date" value={now.to.clone()} oninput={change(|view, text| view.to = text)} />
            </Field>
            if now.source == ExportSource::Summary {
                <Field id="export-group" label={t.exports.group}>
                    <SelectInput id="export-group" value={group.to_owned()} choices={groups(t)} onchange={change(|view, text| view.group = text)} />
                </Field>
            }
            if usage {
                <Field id="export-model" label={t.exports.model}>
                    <TextInput id="export-model" value={now.model.clone()} placeholder={t.exports.all} oninput={change(|view, text| view.model = text)} />
                </Field>
                <Field id="export-centre" label={t.exports.cost_centre}>
                    <TextInput id="export-centre" value={now.cost_centre.clone().unwrap_or_default()} placeholder={centre} oninput={change(|view, text| view.cost_centre = Some(text).filter(|text| !text.is_empty()))} />
                </Field>
            }
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct PreviewProps {
    order: CreateExport,
}

#[component]
fn Preview(props: &PreviewProps) -> Html {
    let t = use_texts();
    let found = use_preview(&props.order);
    if let Some(error) = found.error.as_ref().filter(|_| found.data.is_none()) {
        return html! { <Failure error={error.clone()} onretry={found.reload.clone()} /> };
    }
    let Some(preview) = &found.data else {
        return Html::default();
    };
    if preview.rows.is_empty() {
        return html! { <p class="mt-4 text-muted">{ t.exports.preview_none }</p> };
    }
    let columns: Vec<Column> = preview
        .columns
        .iter()
        .map(|name| Column::text(name.clone()))
        .collect();
    html! {
        <div class="mt-4" data-testid="preview">
            <h2 class="mb-2 text-sm font-medium">{ t.exports.preview }</h2>
            <Table label={t.exports.preview} {columns} rows={Some(rows(preview))} stale={found.busy} scrolls=true />
        </div>
    }
}

fn rows(preview: &ExportPreview) -> Vec<Row> {
    let cell = |text: &String| html! { <span class="break-all md:whitespace-nowrap font-mono text-xs">{ text.clone() }</span> };
    let row = |(number, cells): (usize, &Vec<String>)| Row {
        key: number.to_string().into(),
        cells: cells.iter().map(cell).collect(),
        onopen: None,
        menu: Html::default(),
    };
    preview.rows.iter().enumerate().map(row).collect()
}
