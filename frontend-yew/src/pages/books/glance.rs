//! The books at a glance: the last verification, what waits to be worked off, and the nodes' journals.

use super::verifications::{Misfits, VerifyButton};
use super::words::{bytes, node, outcome, rows_of, scope, took};
use crate::format;
use crate::i18n::{Texts, fill, use_texts};
use crate::pages::parts::Go;
use crate::router::Route;
use crate::ui::{Column, Moment, Pill, Row, Table, Tone};
use std::rc::Rc;
use tollgate_contract::books::{BooksState, NodeJournal};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct GlanceProps {
    pub books: Rc<BooksState>,
    pub writes: bool,
}

/// The overview.
#[component]
pub fn Glance(props: &GlanceProps) -> Html {
    let t = use_texts();
    let books = &props.books;
    let columns = vec![
        Column::text(t.books.node),
        Column::text(t.books.state),
        Column::text(t.books.heard),
        Column::figure(t.books.requests),
        Column::text(t.books.oldest).minor(),
        Column::figure(t.books.free).minor(),
    ];
    let rows: Vec<Row> = books.journals.iter().map(|one| journal(one, t)).collect();
    html! {
        <>
            { verified(books, props.writes, t) }
            <div class="grid gap-3 sm:grid-cols-2 mb-6">
                { letters(books, t) }
                { seals(books, t) }
            </div>
            <section aria-label={t.books.journals}>
                <h2 class="font-semibold">{ t.books.journals }</h2>
                <p class="mb-2 text-xs text-muted max-w-3xl">{ t.books.journals_help }</p>
                if rows.is_empty() {
                    <p class="panel p-4 text-muted">{ t.books.journals_none }</p>
                } else {
                    <div class="panel overflow-hidden"><Table label={t.books.journals} {columns} rows={Some(rows)} /></div>
                }
            </section>
        </>
    }
}

fn verified(books: &BooksState, writes: bool, t: &'static Texts) -> Html {
    let verifying = books.verifying.is_some();
    html! {
        <section class="panel p-5 mb-4 min-w-0" aria-label={t.books.verifications} data-testid="verified">
            <div class="flex flex-wrap items-start gap-3">
                <div class="grow min-w-0">
                    if let Some(of) = &books.verified {
                        <p class="flex flex-wrap items-center gap-2">{ outcome(of, t) }<Moment at={of.finished_at.unwrap_or(of.asked_at)} /></p>
                        <p class="mt-1 text-xs text-muted figures">
                            { scope(of.scope, t) }{ " · " }
                            { fill(t.books.rows_of, &[("rows", &format::count(rows_of(of))), ("tenants", &of.tenants.to_string())]) }
                            if let Some(took) = took(of) { { " · " }{ took } }
                        </p>
                    } else {
                        <p class="font-medium">{ t.books.never }</p>
                        <p class="mt-1 text-xs text-muted">{ t.books.never_help }</p>
                    }
                    if verifying {
                        <p class="mt-2"><Pill tone={Tone::Waiting} text={t.books.verifying} /></p>
                    }
                </div>
                if writes {
                    <VerifyButton idle={verifying} />
                }
            </div>
            if let Some(of) = books.verified.as_ref().filter(|of| of.passed == Some(false)) {
                <div class="mt-4"><Misfits of={of.clone()} /></div>
            }
        </section>
    }
}

fn letters(books: &BooksState, t: &Texts) -> Html {
    html! {
        <Go to={Route::Books} query="show=letters" class="panel p-5 block min-w-0 hover:border-primary/40">
            <p class="text-xs text-muted">{ t.books.letters_open }</p>
            <p class="mt-1 text-xl font-semibold figures" data-testid="letters-open">{ format::count(books.dead_letters) }</p>
            <p class="mt-1 text-xs text-muted">
                if let Some(at) = books.oldest_dead_letter_at {
                    { t.books.letters_oldest }{ " " }<Moment {at} />
                } else {
                    { t.books.nothing_open }
                }
            </p>
        </Go>
    }
}

fn seals(books: &BooksState, t: &Texts) -> Html {
    let late = fill(
        t.books.seals_late,
        &[("number", &books.undelivered_seals.to_string())],
    );
    html! {
        <Go to={Route::Books} query="show=seals" class="panel p-5 block min-w-0 hover:border-primary/40">
            <p class="text-xs text-muted">{ t.books.seals }</p>
            if books.undelivered_seals == 0 {
                <p class="mt-1.5"><Pill tone={Tone::Good} text={t.books.all_arrived} /></p>
            } else {
                <p class="mt-1.5"><Pill tone={Tone::Bad} text={late} /></p>
                if let Some(at) = books.oldest_undelivered_at {
                    <p class="mt-1 text-xs text-muted">{ t.books.letters_oldest }{ " " }<Moment {at} /></p>
                }
            }
        </Go>
    }
}

fn journal(of: &NodeJournal, t: &Texts) -> Row {
    let number = |number: Option<i64>, told: fn(i64) -> String| number.map_or_else(|| "–".to_owned(), told);
    let requests = |number: i64| format::count(u64::try_from(number).unwrap_or(0));
    let name = if of.host.is_empty() {
        of.node_id.to_string()
    } else {
        of.host.clone()
    };
    Row {
        key: format!("{}/{}", of.node_id, of.epoch).into(),
        cells: vec![
            html! {
                <span class="block min-w-0" title={of.node_id.to_string()}>
                    <span class="block font-medium break-words">{ name }</span>
                    <span class="block text-xs text-muted figures">{ format!("{} · {} {}", of.version, t.books.epoch, of.epoch) }</span>
                </span>
            },
            node(of.state, t),
            html! { <Moment at={of.heartbeat_at} /> },
            html! { <span class="figures">{ number(of.requests, requests) }</span> },
            match of.oldest_at {
                Some(at) => html! { <Moment {at} /> },
                None => html! { { "–" } },
            },
            html! { <span class="figures whitespace-nowrap">{ number(of.free_bytes, bytes) }</span> },
        ],
        onopen: None,
        menu: Html::default(),
    }
}
