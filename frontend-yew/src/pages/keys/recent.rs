//! A key's latest requests, a line each.

use crate::api::requests::use_requests;
use crate::i18n::use_texts;
use crate::pages::parts::{Go, section};
use crate::pages::requests::status_pill;
use crate::router::Route;
use crate::ui::{Failure, Moment, Money, Skeleton};
use tollgate_contract::ids::KeyId;
use tollgate_contract::requests::{RequestLine, RequestQuery};
use yew::prelude::*;

/// How many are shown.
const SHOWN: u32 = 8;

#[derive(Properties, PartialEq)]
pub struct RecentProps {
    pub id: KeyId,
}

/// The lines, and the way to all of them.
#[component]
pub fn Recent(props: &RecentProps) -> Html {
    let t = use_texts();
    let found = use_requests(&RequestQuery {
        key_id: Some(props.id),
        limit: Some(SHOWN),
        ..RequestQuery::default()
    });
    let body = match (&found.data, &found.error) {
        (Some(page), _) if page.items.is_empty() => {
            html! { <p class="text-muted">{ t.keys.recent_none }</p> }
        }
        (Some(page), _) => {
            html! { <ul class="divide-y divide-base-300" data-testid="recent">{ for page.items.iter().map(|request| line(request, status_pill(request.status, t))) }</ul> }
        }
        (None, Some(error)) => html! { <Failure error={error.clone()} onretry={found.reload.clone()} /> },
        (None, None) => html! { <Skeleton class="h-40" /> },
    };
    html! {
        <>
            { section(t.keys.recent) }
            { body }
            <p class="mt-2"><Go to={Route::Requests} query={format!("key={}", props.id)} class="link text-primary">{ t.keys.all_requests }</Go></p>
        </>
    }
}

fn line(request: &RequestLine, status: Html) -> Html {
    html! {
        <li key={request.id.to_string()} class="flex items-center gap-3 py-1.5">
            <span class="w-24 shrink-0 text-xs text-muted"><Moment at={request.started_at} /></span>
            <Go to={Route::Requests} query={format!("key={}&open={}", request.key_id, request.id)} class="grow min-w-0 truncate hover:underline">{ request.model.clone() }</Go>
            { status }
            <Money amount={request.charge_nano} class="text-xs" />
        </li>
    }
}
