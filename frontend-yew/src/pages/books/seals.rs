//! Seals and where they went, and the keys that they are checked with.

use super::View;
use super::keys::Keys;
use crate::api::books::{self, use_seals};
use crate::api::use_action;
use crate::browser;
use crate::i18n::{Texts, fill, use_texts};
use crate::state::UrlState;
use crate::ui::{
    Button, ButtonKind, Column, CopyButton, Empty, Failure, Glyph, Moment, Paging, Pill, Row, Table, Tone,
};
use tollgate_contract::books::{SealDelivery, SealPlace, SealView};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct SealsProps {
    pub view: UrlState<View>,
}

/// The list.
#[component]
pub fn Seals(props: &SealsProps) -> Html {
    let t = use_texts();
    let view = &props.view.value;
    let found = use_seals(view.cursor.clone());
    let done = Callback::from(|(seal_no, document): (i64, String)| {
        browser::save(&format!("seal-{seal_no:08}.jsonl"), &document);
    });
    let save = use_action(
        |seal_no: i64| async move { Ok((seal_no, books::seal(seal_no).await?)) },
        done,
    );
    if let Some(error) = found.error.as_ref().filter(|_| found.data.is_none()) {
        return html! { <Failure error={error.clone()} onretry={found.reload.clone()} /> };
    }
    let columns = vec![
        Column::figure(t.books.no),
        Column::text(t.books.sealed),
        Column::figure(t.books.chains),
        Column::text(t.books.goes),
        Column::text(t.books.hash).minor(),
    ];
    let rows = found.data.as_ref().map(|page| {
        let rows = page.items.iter().map(|seal| line(seal, &save.run, t));
        rows.collect::<Vec<_>>()
    });
    let empty = rows.as_ref().is_some_and(Vec::is_empty) && view.cursor.is_none();
    let now = view.clone();
    let onturn = props.view.push.reform(move |cursor| View {
        cursor,
        ..(*now).clone()
    });
    html! {
        <>
            <div class="panel overflow-hidden mb-6">
                if empty {
                    <Empty glyph={Glyph::Shield} title={t.books.seals_empty} text={t.books.seals_empty_help} />
                } else {
                    <Table label={t.books.seals} {columns} {rows} stale={found.busy} menus=true />
                    if let Some(page) = &found.data {
                        <Paging shown={page.items.len()} cursor={view.cursor.clone()} next={page.next_cursor.clone()} {onturn} />
                    }
                }
            </div>
            <Keys />
        </>
    }
}

fn line(seal: &SealView, save: &Callback<i64>, t: &Texts) -> Row {
    let seal_no = seal.seal_no;
    let label = fill(t.books.document, &[("no", &seal_no.to_string())]);
    let menu = html! { <Button kind={ButtonKind::Ghost} icon_only=true glyph={Glyph::Download} {label} onclick={save.reform(move |()| seal_no)} /> };
    Row {
        key: seal_no.to_string().into(),
        cells: vec![
            html! { <span class="figures">{ seal_no.to_string() }</span> },
            html! { <Moment at={seal.sealed_at} absolute=true /> },
            html! { <span class="figures">{ seal.chains.to_string() }</span> },
            html! { <span class="flex flex-col items-start gap-1 min-w-0">{ for seal.deliveries.iter().map(|one| delivery(one, t)) }</span> },
            html! {
                <span class="inline-flex items-center gap-1 min-w-0">
                    <code class="font-mono text-xs" title={seal.hash.clone()}>{ seal.hash.get(..12).unwrap_or_default().to_owned() }{ "…" }</code>
                    <CopyButton text={seal.hash.clone()} />
                </span>
            },
        ],
        onopen: None,
        menu,
    }
}

fn delivery(of: &SealDelivery, t: &Texts) -> Html {
    let place = match of.place {
        SealPlace::Folder => t.books.place_folder,
        SealPlace::Webhook => t.books.place_webhook,
    };
    let (tone, word) = match of.delivered_at {
        Some(_) => (Tone::Good, t.books.arrived),
        None => (Tone::Bad, t.books.not_arrived),
    };
    let tries = fill(t.books.tries, &[("number", &of.attempts.to_string())]);
    html! {
        <span class="block min-w-0">
            <Pill {tone} text={format!("{place} · {word}")} />
            if of.delivered_at.is_none() && of.attempts > 0 {
                <span class="block text-xs text-muted break-words">{ tries }{ of.error.as_ref().map(|error| format!(": {error}")).unwrap_or_default() }</span>
            }
        </span>
    }
}
