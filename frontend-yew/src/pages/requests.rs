//! The request log: filters in the address, the newest first, each with everything known about it.

mod capture;
mod details;
mod explanation;
mod filters;
mod meters;
mod more;
mod receipt;
mod status;
mod view;
mod why;

use crate::api::requests::use_requests;
use crate::browser;
use crate::format::{self, TimeStyle};
use crate::i18n::{Locale, Texts, fill, use_locale};
use crate::pages::parts::{Go, NothingMatches, export_shown};
use crate::router::Route;
use crate::state::{UrlState, may, use_me, use_url_state};
use crate::ui::{
    Button, Column, Empty, Failure, Glyph, Moment, Money, Page, PageHead, Paging, Row, Table, Tokens,
};
use filters::{Filters, changing, clear};
pub use meters::meter_name;
pub use status::{status_name, status_pill};
use tollgate_contract::requests::{RequestLine, RequestPage};
use view::RequestsView;
use yew::prelude::*;

/// The page.
#[component]
pub fn Requests() -> Html {
    let locale = use_locale();
    let t = locale.texts();
    let me = use_me();
    let view = use_url_state::<RequestsView>(Route::Requests);
    let zone = me
        .as_ref()
        .map(|me| me.tenant.time_zone.clone())
        .unwrap_or_default();
    let rounds = use_state(|| 0_u32);
    // The range ends now: what "now" is moves with each refresh, not with each look.
    let list = view.value.with_open(None);
    let export = list.export(browser::now(), &zone);
    let query = use_memo((list, zone, *rounds), |(view, zone, _)| {
        view.to_query(browser::now(), zone)
    });
    let found = use_requests(&query);
    let refresh = {
        let (rounds, reload) = (rounds.clone(), found.reload.clone());
        Callback::from(move |()| {
            rounds.set(*rounds + 1);
            reload.emit(());
        })
    };
    let body = if let Some(error) = found.error.as_ref().filter(|_| found.data.is_none()) {
        html! { <Failure error={error.clone()} onretry={found.reload.clone()} /> }
    } else if found.data.as_ref().is_some_and(|page| {
        page.items.is_empty() && page.next_cursor.is_none() && view.value.cursor.is_none()
    }) && !found.busy
    {
        html! { <div class="panel">{ nothing(&view, may(me.as_ref(), "keys.write_own"), t) }</div> }
    } else {
        let accounts = may(me.as_ref(), "accounts.read");
        let rows = found.data.as_ref().map(|page| {
            page.items
                .iter()
                .map(|line| row(line, &view, accounts, t))
                .collect::<Vec<_>>()
        });
        let shown = rows.as_ref().map(Vec::len);
        html! {
            <div class="panel overflow-hidden">
                <Table label={t.requests.title} columns={columns(accounts, t)} {rows} stale={found.busy && found.data.is_some()} skeletons=10 />
                if let Some(page) = &found.data {
                    { paused(page, &view, locale, t) }
                }
                if let (Some(shown), Some(page)) = (shown, &found.data) {
                    <Paging {shown} total={page.total} cursor={view.value.cursor.clone()} next={page.next_cursor.clone()} onturn={view.push.reform({
                        let value = view.value.clone();
                        move |cursor| RequestsView { cursor, open: None, ..(*value).clone() }
                    })} />
                }
            </div>
        }
    };
    let close = view.push.reform({
        let value = view.value.clone();
        move |()| value.with_open(None)
    });
    html! {
        <Page>
            <PageHead title={t.requests.title}>
                if let Some(query) = export.filter(|_| found.data.as_ref().is_some_and(|page| !page.items.is_empty())) {
                    { export_shown(query, t) }
                }
                <Button glyph={Glyph::Again} label={t.requests.refresh} busy={found.busy} onclick={refresh} />
            </PageHead>
            <Filters view={view.clone()} />
            { body }
            if let Some(id) = view.value.open {
                <details::Details {id} onclose={close} />
            }
        </Page>
    }
}

/// How far a search came that did not come to the end, and the way on.
fn paused(page: &RequestPage, view: &UrlState<RequestsView>, locale: Locale, t: &'static Texts) -> Html {
    let (Some(at), Some(next)) = (page.searched_back_to, page.next_cursor.clone()) else {
        return Html::default();
    };
    let onclick = {
        let value = view.value.clone();
        view.push.reform(move |()| RequestsView {
            cursor: Some(next.clone()),
            open: None,
            ..(*value).clone()
        })
    };
    let time = format::time(at, "UTC", locale, TimeStyle::Minute);
    html! {
        <div class="flex flex-wrap items-center gap-3 border-t border-base-300 px-4 py-3" role="status" data-testid="searched">
            <span class="text-muted">{ fill(t.requests.searched, &[("time", &format!("{time} UTC"))]) }</span>
            <Button glyph={Glyph::Search} label={t.requests.search_on} {onclick} />
        </div>
    }
}

fn nothing(view: &UrlState<RequestsView>, creates: bool, t: &'static Texts) -> Html {
    if view.value.filtered() {
        return html! { <NothingMatches onclear={changing(view, |view, ()| clear(view))} /> };
    }
    html! {
        <Empty glyph={Glyph::List} title={t.requests.empty_title} text={t.requests.empty_help}>
            if creates {
                <Go to={Route::Keys} query={crate::pages::KeysView::CREATE} class="btn btn-sm h-9 btn-primary font-medium">{ t.requests.empty_action }</Go>
            }
        </Empty>
    }
}

fn columns(accounts: bool, t: &Texts) -> Vec<Column> {
    let mut columns = vec![
        Column::text(t.requests.time),
        Column::text(t.requests.status),
        Column::text(t.requests.model),
        Column::text(t.requests.key),
    ];
    if accounts {
        columns.push(Column::text(t.requests.account).minor());
    }
    columns.extend([
        Column::figure(t.requests.tokens_in_out).minor(),
        Column::figure(t.figures.cost),
        Column::figure(t.requests.first_byte).minor(),
        Column::figure(t.requests.duration).minor(),
    ]);
    columns
}

fn row(line: &RequestLine, view: &UrlState<RequestsView>, accounts: bool, t: &Texts) -> Row {
    let query = serde_urlencoded::to_string(view.value.with_open(Some(line.id))).unwrap_or_default();
    let input =
        line.input_tokens + line.cache_write_5m_tokens + line.cache_write_1h_tokens + line.cache_read_tokens;
    let mut cells = vec![
        html! { <Go to={Route::Requests} {query} class="hover:underline"><Moment at={line.started_at} absolute=true /></Go> },
        status_pill(line.status, t),
        html! { <span class="block truncate md:max-w-36 lg:max-w-44 xl:max-w-56" title={line.model.clone()}>{ line.model.clone() }</span> },
        html! { <span class="block truncate md:max-w-32 lg:max-w-36 xl:max-w-48" title={line.key_name.clone()}>{ line.key_name.clone() }</span> },
    ];
    if accounts {
        cells.push(html! { <span class="block truncate md:max-w-36 xl:max-w-48" title={line.account_name.clone()}>{ line.account_name.clone() }</span> });
    }
    cells.extend([
        html! { <span class="whitespace-nowrap"><Tokens number={input} /><span class="text-muted">{ " → " }</span><Tokens number={line.output_tokens} /></span> },
        html! { <Money amount={line.charge_nano} /> },
        html! { <span class="figures whitespace-nowrap">{ line.ttfb_ms.map_or_else(|| "–".to_owned(), format::duration) }</span> },
        html! { <span class="figures whitespace-nowrap">{ format::duration(line.duration_ms) }</span> },
    ]);
    let onopen = view.push.reform({
        let (value, id) = (view.value.clone(), line.id);
        move |()| value.with_open(Some(id))
    });
    Row {
        key: line.id.to_string().into(),
        cells,
        onopen: Some(onopen),
        menu: Html::default(),
    }
}
