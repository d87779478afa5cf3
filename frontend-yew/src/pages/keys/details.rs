//! A key's details beside the list.

use super::bindings::Bound;
use super::snippets::Snippets;
use super::state::{key_pill, may_change, use_switch};
use super::tester::MODEL_DEFAULT;
use super::view::{KeysView, Open};
use crate::api::keys::{use_key, use_key_stats};
use crate::format;
use crate::i18n::{Texts, fill, use_texts};
use crate::pages::parts::{Daily, DailyPoint, Go, fact, section};
use crate::router::Route;
use crate::state::{may, use_me, use_url_state};
use crate::ui::{Button, ButtonKind, Drawer, Failure, Glyph, Moment, Money, Skeleton, Tokens};
use std::rc::Rc;
use tollgate_contract::ids::KeyId;
use tollgate_contract::keys::{Key, KeyStatus};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct DetailsProps {
    pub id: KeyId,
    pub ondelete: Callback<Rc<Key>>,
    pub onclose: Callback<()>,
}

/// The drawer.
#[component]
pub fn Details(props: &DetailsProps) -> Html {
    let t = use_texts();
    let me = use_me();
    let found = use_key(props.id);
    let view = use_url_state::<KeysView>(Route::Keys);
    let switch = use_switch();
    let key = found.data.clone();
    let title = match &key {
        Some(key) => html! { { key.name.clone() } },
        None => html! { <Skeleton class="h-5 w-40" /> },
    };
    let actions = key.clone().filter(|key| may_change(key, me.as_ref())).map(|key| {
        let edit = view.push.reform({
            let (view, id) = (view.value.clone(), key.id);
            move |()| view.with(Open::Edit(id))
        });
        let on = key.status == KeyStatus::Active;
        let (glyph, label) = if on { (Glyph::Pause, t.keys.disable) } else { (Glyph::Play, t.keys.enable) };
        let (toggled, doomed) = (key.clone(), key);
        html! {
            <>
                <Button glyph={Glyph::Pen} label={t.shared.edit} onclick={edit} />
                <Button {glyph} {label} onclick={switch.reform(move |()| toggled.clone())} />
                <Button kind={ButtonKind::Ghost} glyph={Glyph::Trash} label={t.shared.delete} class="text-error ml-auto"
                    onclick={props.ondelete.reform(move |()| doomed.clone())} />
            </>
        }
    });
    html! {
        <Drawer {title} actions={actions.unwrap_or_default()} onclose={props.onclose.clone()}>
            if let Some(key) = key {
                <Facts shown={key} />
                <Usage id={props.id} />
            } else if let Some(error) = &found.error {
                <Failure error={error.clone()} onretry={found.reload.clone()} />
            } else {
                <div class="flex flex-col gap-3">
                    for row in 0..8 {
                        <Skeleton key={row} class="h-5" />
                    }
                </div>
            }
        </Drawer>
    }
}

#[derive(Properties, PartialEq)]
struct FactsProps {
    shown: Rc<Key>,
}

#[component]
fn Facts(props: &FactsProps) -> Html {
    let t = use_texts();
    let accounts = may(use_me().as_ref(), "accounts.read");
    let key = &props.shown;
    let placeholder = format!("{}…{}", key.prefix, key.last_four);
    html! {
        <>
            if !key.description.is_empty() {
                <p class="mb-3 whitespace-pre-line break-words">{ key.description.clone() }</p>
            }
            <dl class="divide-y divide-base-300">
                { fact(t.keys.status, key_pill(key, t)) }
                { fact(t.keys.secret, html! { <code class="font-mono text-xs">{ placeholder.clone() }</code> }) }
                if let Some(owner) = &key.owner {
                    { fact(t.keys.owner, html! { <span title={owner.email.clone()}>{ owner.name.clone() }</span> }) }
                }
                { fact(t.keys.limits, limits(key, t)) }
                if !key.bindings.is_empty() && accounts {
                    { fact(t.keys.bindings, html! { <Bound bindings={key.bindings.clone()} /> }) }
                }
                { fact(t.keys.expires, key.expires_at.map_or_else(
                    || html! { { t.keys.expires_never } },
                    |at| html! { <Moment {at} absolute=true /> },
                )) }
                if !key.cost_centre.is_empty() {
                    { fact(t.keys.cost_centre, html! { { key.cost_centre.clone() } }) }
                }
                if !key.tags.is_empty() {
                    { fact(t.keys.tags, html! { { key.tags.join(", ") } }) }
                }
                { fact(t.keys.last_used, last_used(key, t)) }
                { fact(t.keys.created, html! { <Moment at={key.created_at} absolute=true /> }) }
            </dl>
            <p class="mt-3">
                <Go to={Route::Requests} query={format!("key={}", key.id)} class="link text-primary">{ t.keys.recent }</Go>
            </p>
            <details class="mt-4 rounded-lg border border-base-300">
                <summary class="cursor-pointer select-none rounded-lg px-4 py-2.5 font-medium">{ t.snippets.title }</summary>
                <div class="px-4 pb-4">
                    <p class="mb-2 text-xs text-muted">{ fill(t.snippets.placeholder_help, &[("placeholder", &placeholder)]) }</p>
                    <Snippets secret={placeholder} model={MODEL_DEFAULT} />
                </div>
            </details>
        </>
    }
}

/// A key's limits in one line.
pub fn limits(key: &Key, t: &Texts) -> Html {
    let with = |text: &str, number: u32| fill(text, &[("number", &format::count(number.into()))]);
    let parts: Vec<String> = [
        key.requests_per_minute
            .map(|number| with(t.keys.per_minute, number)),
        key.concurrency_limit.map(|number| with(t.keys.at_a_time, number)),
    ]
    .into_iter()
    .flatten()
    .collect();
    if parts.is_empty() {
        return html! { <span class="text-muted">{ t.shared.unlimited }</span> };
    }
    html! { <span class="figures">{ parts.join(" · ") }</span> }
}

/// When a key was used last.
pub fn last_used(key: &Key, t: &Texts) -> Html {
    match key.last_used_at {
        Some(at) => html! { <Moment {at} /> },
        None => html! { <span class="text-muted">{ t.keys.never_used }</span> },
    }
}

#[derive(Properties, PartialEq)]
struct UsageProps {
    id: KeyId,
}

/// Its last 30 days.
#[component]
fn Usage(props: &UsageProps) -> Html {
    let t = use_texts();
    let found = use_key_stats(props.id);
    let Some(stats) = &found.data else {
        return match &found.error {
            Some(error) => {
                html! { <div class="mt-6"><Failure error={error.clone()} onretry={found.reload.clone()} /></div> }
            }
            None => html! { <Skeleton class="mt-6 h-72" /> },
        };
    };
    html! {
        <>
            { section(t.keys.usage_30d) }
            <dl class="divide-y divide-base-300 mb-4">
                { fact(t.figures.requests, html! { <span class="figures">{ format::count(stats.totals.requests) }</span> }) }
                { fact(t.figures.tokens, html! { <Tokens number={stats.totals.total_tokens} /> }) }
                { fact(t.figures.cost, html! { <Money amount={stats.totals.charge_nano} /> }) }
            </dl>
            <Daily days={stats.days.iter().map(DailyPoint::from).collect::<Vec<_>>()} total={stats.totals.charge_nano} />
        </>
    }
}
