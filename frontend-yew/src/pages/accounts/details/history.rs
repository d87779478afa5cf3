//! An account's last 30 days.

use crate::api::accounts::use_history;
use crate::format;
use crate::i18n::use_texts;
use crate::pages::parts::{Daily, DailyPoint, fact, section};
use crate::ui::{Failure, Skeleton, Tokens};
use tollgate_contract::ids::AccountId;
use tollgate_contract::platform::Platform;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct HistoryProps {
    pub platform: Platform,
    pub id: AccountId,
}

/// The chart, with the sums above it.
#[component]
pub fn History(props: &HistoryProps) -> Html {
    let t = use_texts();
    let found = use_history(props.platform, props.id);
    let shown = match (&found.data, &found.error) {
        (Some(history), _) => html! {
            <>
                <dl class="divide-y divide-base-300 mb-4">
                    { fact(t.figures.requests, html! { <span class="figures">{ format::count(history.total.requests) }</span> }) }
                    { fact(t.figures.tokens, html! { <Tokens number={history.total.total_tokens} /> }) }
                </dl>
                <Daily days={history.days.iter().map(DailyPoint::from).collect::<Vec<_>>()} total={history.total.charge_nano} />
            </>
        },
        (None, Some(error)) => html! { <Failure error={error.clone()} onretry={found.reload.clone()} /> },
        (None, None) => html! { <Skeleton class="h-72" /> },
    };
    html! { <>{ section(t.keys.usage_30d) }{ shown }</> }
}
