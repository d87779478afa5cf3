//! The published keys that seals and receipts are checked with.

use crate::api::books::use_ledger_keys;
use crate::i18n::use_texts;
use crate::ui::{Column, CopyButton, Moment, Pill, Row, Table, Tone};
use yew::prelude::*;

/// The list.
#[component]
pub fn Keys() -> Html {
    let t = use_texts();
    let found = use_ledger_keys();
    let columns = vec![
        Column::text(t.books.public_key),
        Column::text(t.books.created),
        Column::text(t.books.retired),
    ];
    let rows = found.data.as_ref().map(|keys| {
        let rows = keys.keys.iter().map(|key| Row {
            key: key.key_id.to_string().into(),
            cells: vec![
                html! {
                    <span class="inline-flex items-center gap-1 min-w-0 max-w-full">
                        <code class="font-mono text-xs break-all" title={key.key_id.to_string()}>{ key.public_key.clone() }</code>
                        <CopyButton text={key.public_key.clone()} />
                    </span>
                },
                html! { <Moment at={key.created_at} absolute=true /> },
                match key.retired_at {
                    Some(at) => html! { <Moment {at} absolute=true /> },
                    None => html! { <Pill tone={Tone::Good} text={t.books.current} /> },
                },
            ],
            onopen: None,
            menu: Html::default(),
        });
        rows.collect::<Vec<_>>()
    });
    if rows.as_ref().is_some_and(Vec::is_empty) {
        return Html::default();
    }
    html! {
        <section aria-label={t.books.keys}>
            <h2 class="font-semibold">{ t.books.keys }</h2>
            <p class="mb-2 text-xs text-muted max-w-3xl">{ t.books.keys_help }</p>
            <div class="panel overflow-hidden"><Table label={t.books.keys} {columns} {rows} skeletons=1 /></div>
        </section>
    }
}
