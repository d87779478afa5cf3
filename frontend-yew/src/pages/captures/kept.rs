//! The requests of which bodies are kept now.

use crate::api::captures::use_captures;
use crate::format;
use crate::i18n::{fill, use_texts};
use crate::pages::parts::Go;
use crate::router::Route;
use crate::ui::{Column, Failure, Moment, Paging, Row, Table};
use tollgate_contract::captures::CaptureLine;
use yew::prelude::*;

/// The list; nothing as long as there are none.
#[component]
pub fn Kept() -> Html {
    let t = use_texts();
    let cursor = use_state(|| None::<String>);
    let found = use_captures((*cursor).clone());
    if let Some(error) = found.error.as_ref().filter(|_| found.data.is_none()) {
        return html! { <Failure error={error.clone()} onretry={found.reload.clone()} /> };
    }
    let Some(page) = found
        .data
        .as_ref()
        .filter(|page| cursor.is_some() || !page.items.is_empty())
    else {
        return Html::default();
    };
    let columns = vec![
        Column::text(t.captures.kept_at),
        Column::text(t.requests.key),
        Column::text(t.requests.model),
        Column::figure(t.captures.size),
        Column::figure(t.captures.redacted_column).minor(),
        Column::text(t.captures.until),
    ];
    let onturn = {
        let cursor = cursor.clone();
        Callback::from(move |next| cursor.set(next))
    };
    html! {
        <section class="mt-6" aria-label={t.captures.kept}>
            <h2 class="font-semibold">{ t.captures.kept }</h2>
            <p class="mb-2 text-xs text-muted">{ t.captures.kept_help }</p>
            <div class="panel overflow-hidden">
                <Table label={t.captures.kept} {columns} rows={Some(page.items.iter().map(line).collect::<Vec<_>>())} stale={found.busy} />
                <Paging shown={page.items.len()} cursor={(*cursor).clone()} next={page.next_cursor.clone()} {onturn} />
            </div>
        </section>
    }
}

fn line(of: &CaptureLine) -> Row {
    let told = |text: &Option<String>| text.clone().unwrap_or_else(|| "–".to_owned());
    Row {
        key: of.request_id.to_string().into(),
        cells: vec![
            html! { <Go to={Route::Requests} query={format!("open={}", of.request_id)} class="font-medium hover:underline"><Moment at={of.captured_at} absolute=true /></Go> },
            html! { <span class="break-words">{ told(&of.key_name) }</span> },
            html! { <span class="break-words">{ told(&of.model) }</span> },
            html! { <span class="figures whitespace-nowrap">{ fill("{bytes} B", &[("bytes", &format::count(of.bytes))]) }</span> },
            html! { <span class="figures">{ of.redacted.to_string() }</span> },
            html! { <Moment at={of.expires_at} absolute=true /> },
        ],
        onopen: None,
        menu: Html::default(),
    }
}
