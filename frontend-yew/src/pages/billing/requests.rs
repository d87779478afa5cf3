//! The requests behind a statement's line, each with what of it stands there and a link to all that is known of it.

use crate::api::billing::{Whose, use_statement_requests};
use crate::i18n::use_texts;
use crate::pages::parts::Go;
use crate::router::Route;
use crate::ui::{Button, ButtonKind, Failure, Glyph, Moment, Money, Paging, Skeleton};
use tollgate_contract::invoices::OpenDispute;
use tollgate_contract::periods::{StatementRequest, StatementRequestQuery, StatementUsage};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct BehindProps {
    pub whose: Whose,
    pub month: String,
    pub line: StatementUsage,
    pub writes: bool,
    pub ondispute: Callback<OpenDispute>,
}

/// The list.
#[component]
pub fn Behind(props: &BehindProps) -> Html {
    let t = use_texts();
    let cursor = use_state(|| None::<String>);
    let query = StatementRequestQuery {
        tenant_id: props.whose,
        model: Some(props.line.model.clone()),
        cost_centre: Some(props.line.cost_centre.clone()),
        late: Some(props.line.late),
        cursor: (*cursor).clone(),
        limit: Some(20),
    };
    let found = use_statement_requests(&props.month, Some(&query));
    let onturn = {
        let cursor = cursor.clone();
        Callback::from(move |next| cursor.set(next))
    };
    match (&found.data, &found.error) {
        (Some(page), _) => html! {
            <div class="mt-2 rounded-lg border border-base-300" data-testid="behind">
                <ul class="divide-y divide-base-300" aria-label={t.billing.refresh_requests}>
                    { for page.items.iter().map(|request| html! { <One request={request.clone()} month={props.month.clone()} whose={props.whose} writes={props.writes} ondispute={props.ondispute.clone()} /> }) }
                </ul>
                <Paging shown={page.items.len()} total={page.total} cursor={(*cursor).clone()} next={page.next_cursor.clone()} {onturn} />
            </div>
        },
        (None, Some(error)) => html! { <Failure error={error.clone()} onretry={found.reload.clone()} /> },
        (None, None) => html! { <Skeleton class="h-24" /> },
    }
}

#[derive(Properties, PartialEq)]
struct OneProps {
    request: StatementRequest,
    month: String,
    whose: Whose,
    writes: bool,
    ondispute: Callback<OpenDispute>,
}

#[component]
fn One(props: &OneProps) -> Html {
    let t = use_texts();
    let request = &props.request;
    let form = OpenDispute {
        month: props.month.clone(),
        request_id: Some(request.id),
        model: request.model.clone(),
        cost_centre: request.cost_centre.clone(),
        late: request.late,
        reason: String::new(),
    };
    let when = html! { <Moment at={request.started_at} absolute=true /> };
    html! {
        <li class="flex flex-wrap items-center justify-between gap-2 px-3 py-1.5">
            if props.whose.is_none() {
                <Go to={Route::Requests} query={format!("open={}", request.id)} class="hover:underline">{ when }</Go>
            } else {
                { when }
            }
            <span class="flex items-center gap-2">
                <Money exact=true amount={request.amount_nano} />
                if props.writes {
                    <Button kind={ButtonKind::Ghost} icon_only=true glyph={Glyph::Alert} label={t.billing.dispute}
                        onclick={props.ondispute.reform(move |()| form.clone())} />
                }
            </span>
        </li>
    }
}
