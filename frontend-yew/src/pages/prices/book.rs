//! The price book: its versions, a version's rows, how it differs from another, and the ways to a new one.

use super::View;
use super::differs::Differs;
use super::edit::Edit;
use super::import::Import;
use super::words::{cell, others};
use crate::api::prices::{use_diff, use_rows, use_versions};
use crate::i18n::{Texts, use_texts};
use crate::pages::parts::opens;
use crate::state::{UrlState, may, use_me};
use crate::ui::{
    Button, ButtonKind, Choice, Column, Failure, Glyph, Moment, Pill, Row, Search, SelectInput, Table, Tone,
};
use std::rc::Rc;
use tollgate_contract::prices::{ModelPrice, ModelPriceQuery, PriceDiffQuery, PriceVersion};
use yew::prelude::*;

#[derive(Clone, PartialEq)]
enum Over {
    Import,
    Edit(Rc<ModelPrice>),
}

#[derive(Properties, PartialEq)]
pub struct BookProps {
    pub view: UrlState<View>,
}

/// The whole of it.
#[component]
pub fn Book(props: &BookProps) -> Html {
    let t = use_texts();
    let me = use_me();
    let found = use_versions();
    let over = use_state(|| None::<Over>);
    let versions: &[PriceVersion] = found.data.as_ref().map_or(&[], |found| &found.items);
    let view = &props.view.value;
    let shown = versions
        .iter()
        .find(|version| version.id.to_string() == view.version)
        .or_else(|| versions.iter().find(|version| version.holds))
        .or(versions.first());
    let id = shown.map(|version| version.id.to_string()).unwrap_or_default();
    let search = Some(view.search.clone()).filter(|search| !search.is_empty());
    let rows = use_rows(
        &id,
        &ModelPriceQuery {
            search,
            ..ModelPriceQuery::default()
        },
    );
    let against = versions
        .iter()
        .find(|version| version.id.to_string() == view.against);
    let compared = shown.zip(against).map(|(shown, against)| PriceDiffQuery {
        from: against.id,
        to: shown.id,
    });
    let diff = use_diff(compared);
    if let Some(error) = found.error.as_ref().filter(|_| found.data.is_none()) {
        return html! { <Failure error={error.clone()} onretry={found.reload.clone()} /> };
    }
    let writes = may(me.as_ref(), "prices.write");
    let newest = versions.first().map(|version| version.id);
    let edits = writes && shown.map(|version| version.id) == newest;
    let onclose = {
        let over = over.clone();
        Callback::from(move |()| over.set(None))
    };
    let lay = |what: Over| {
        let over = over.clone();
        Callback::from(move |()| over.set(Some(what.clone())))
    };
    let change = |set: fn(&mut View, String)| {
        let view = props.view.clone();
        Callback::from(move |text: String| {
            let mut next = (*view.value).clone();
            set(&mut next, text);
            view.replace.emit(next);
        })
    };
    let onedit = {
        let over = over.clone();
        Callback::from(move |row: Rc<ModelPrice>| over.set(Some(Over::Edit(row))))
    };
    html! {
        <>
            if writes {
                <div class="mb-4"><Button kind={ButtonKind::Primary} glyph={Glyph::Plus} label={t.prices.import} onclick={lay(Over::Import)} /></div>
            }
            <div class="panel overflow-hidden mb-6">{ version_table(versions, found.data.is_some(), &props.view, t) }</div>
            <div class="mb-4 flex flex-wrap items-center gap-3">
                <Search value={view.search.clone()} label={t.prices.search} onsearch={change(|view, text| view.search = text)} />
                <SelectInput id="against" label={t.prices.compare} class={classes!("w-64", "max-w-full")} value={view.against.clone()} choices={against_choices(versions, &id, t)}
                    onchange={change(|view, text| view.against = text)} />
            </div>
            if let Some(diff) = diff.data.clone().filter(|_| compared.is_some()) {
                <div class="panel p-5 mb-6"><Differs {diff} /></div>
            }
            <div class="panel overflow-hidden">
                <Table label={t.prices.book} columns={columns(t)} stale={rows.busy} menus={edits}
                    rows={rows.data.as_ref().map(|found| found.items.iter().map(|row| model_row(row, edits, &onedit, t)).collect::<Vec<_>>())} />
            </div>
            { match (&*over, newest) {
                (Some(Over::Import), _) => html! { <Import {onclose} /> },
                (Some(Over::Edit(row)), Some(base)) => html! { <Edit row={row.clone()} {base} {onclose} /> },
                _ => Html::default(),
            } }
        </>
    }
}

fn against_choices(versions: &[PriceVersion], shown: &str, t: &Texts) -> Vec<Choice> {
    let others = versions.iter().filter(|version| version.id.to_string() != shown);
    let choices = others.map(|version| {
        let label = format!(
            "{} · {}",
            version.effective_from.format("%Y-%m-%d %H:%M"),
            version.source
        );
        Choice::new(version.id.to_string(), label)
    });
    std::iter::once(Choice::new("", t.prices.compare_none))
        .chain(choices)
        .collect()
}

fn columns(t: &Texts) -> Vec<Column> {
    vec![
        Column::text(t.prices.model),
        Column::text(t.prices.provider),
        Column::figure(t.prices.input),
        Column::figure(t.prices.output),
        Column::figure(t.prices.read),
        Column::text(t.prices.other).minor(),
    ]
}

fn model_row(row: &ModelPrice, edits: bool, onedit: &Callback<Rc<ModelPrice>>, t: &Texts) -> Row {
    let shared = Rc::new(row.clone());
    let menu = edits.then(|| {
        let label = format!("{} {}", t.prices.edit, row.model);
        html! { <Button kind={ButtonKind::Ghost} icon_only=true glyph={Glyph::Pen} {label} onclick={onedit.reform(move |()| shared.clone())} /> }
    });
    Row {
        key: format!("{}/{}/{}/{}", row.provider, row.platform, row.model, row.mode).into(),
        cells: vec![
            html! { <span class="font-medium break-words">{ row.model.clone() }</span> },
            html! { { if row.platform.is_empty() { row.provider.clone() } else { format!("{} · {}", row.provider, row.platform) } } },
            cell(&row.prices, "input"),
            cell(&row.prices, "output"),
            cell(&row.prices, "cache_read"),
            others(&row.prices),
        ],
        onopen: None,
        menu: menu.unwrap_or_default(),
    }
}

fn version_table(versions: &[PriceVersion], there: bool, view: &UrlState<View>, t: &Texts) -> Html {
    let columns = vec![
        Column::text(t.prices.effective),
        Column::text(t.prices.source),
        Column::figure(t.prices.rows),
        Column::text(t.prices.author).minor(),
        Column::text(t.prices.note).minor(),
    ];
    let newest_holding = versions
        .iter()
        .position(|version| version.holds)
        .unwrap_or(versions.len());
    let rows = versions.iter().enumerate().map(|(at, version)| {
        let onopen = {
            let (view, id) = (view.clone(), version.id.to_string());
            Callback::from(move |()| {
                view.push.emit(View {
                    version: id.clone(),
                    ..(*view.value).clone()
                });
            })
        };
        Row {
            key: version.id.to_string().into(),
            cells: vec![
                html! {
                    <span class="flex flex-wrap items-center gap-2">
                        { opens(&onopen, html! { <Moment at={version.effective_from} absolute=true /> }) }
                        if version.holds { <Pill tone={Tone::Good} text={t.prices.holds} /> }
                        if at < newest_holding { <Pill tone={Tone::Waiting} text={t.prices.scheduled} /> }
                    </span>
                },
                html! { <span class="break-words">{ version.source.clone() }{ if version.currency == "USD" { String::new() } else { format!(" · {}", version.currency) } }</span> },
                html! { { version.rows.to_string() } },
                html! { { if version.author.is_empty() { "–".to_owned() } else { version.author.clone() } } },
                html! { <span class="block md:max-w-48 truncate" title={version.note.clone()}>{ if version.note.is_empty() { "–".to_owned() } else { version.note.clone() } }</span> },
            ],
            onopen: Some(onopen),
            menu: Html::default(),
        }
    });
    html! { <Table label={t.prices.versions} {columns} rows={there.then(|| rows.collect::<Vec<_>>())} skeletons=2 /> }
}
