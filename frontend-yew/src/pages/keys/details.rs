//! A key's details beside the list.

use super::bindings::Bound;
use super::columns::named;
use super::expiry::days_of;
use super::now::Now;
use super::recent::Recent;
use super::snippets::Snippets;
use super::state::{key_pill, may_change, use_restore, use_switch};
use super::tester::MODEL_DEFAULT;
use super::view::{KeysView, Open};
use crate::api::keys::{use_key, use_key_stats};
use crate::format;
use crate::i18n::{Texts, fill, use_texts};
use crate::pages::parts::{Daily, DailyPoint, Go, fact, section};
use crate::pages::rules::RuleFacts;
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
    pub onrotate: Callback<Rc<Key>>,
    pub onclose: Callback<()>,
}

/// The drawer.
#[component]
pub fn Details(props: &DetailsProps) -> Html {
    let t = use_texts();
    let me = use_me();
    let found = use_key(props.id);
    let key = found.data.clone();
    let title = match &key {
        Some(key) => html! { { named(key) } },
        None => html! { <Skeleton class="h-5 w-40" /> },
    };
    let actions = key
        .clone()
        .filter(|key| may_change(key, me.as_ref()))
        .map(|shown| {
            html! { <Actions {shown} ondelete={props.ondelete.clone()} onrotate={props.onrotate.clone()} /> }
        });
    html! {
        <Drawer {title} actions={actions.unwrap_or_default()} onclose={props.onclose.clone()}>
            if let Some(key) = key {
                <Facts shown={key.clone()} />
                if key.deleted_at.is_none() {
                    <Now id={props.id} />
                }
                { section(t.keys.rules) }
                <RuleFacts effective={key.effective.clone()} policy={key.policy.as_ref().map(|policy| AttrValue::from(policy.name.clone()))} />
                { set_up(&key, t) }
                <Usage id={props.id} />
                <Recent id={props.id} />
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
struct ActionsProps {
    shown: Rc<Key>,
    ondelete: Callback<Rc<Key>>,
    onrotate: Callback<Rc<Key>>,
}

/// What can be done with it.
#[component]
fn Actions(props: &ActionsProps) -> Html {
    let t = use_texts();
    let view = use_url_state::<KeysView>(Route::Keys);
    let (switch, restore) = (use_switch(), use_restore());
    let key = &props.shown;
    let with = |callback: &Callback<Rc<Key>>| {
        let key = key.clone();
        callback.reform(move |()| key.clone())
    };
    let delete = |label: &'static str| {
        html! { <Button kind={ButtonKind::Ghost} glyph={Glyph::Trash} {label} class="text-error ml-auto" onclick={with(&props.ondelete)} /> }
    };
    if key.deleted_at.is_some() {
        return html! {
            <>
                <Button glyph={Glyph::Again} label={t.keys.restore} onclick={with(&restore)} />
                { delete(t.keys.purge) }
            </>
        };
    }
    let edit = view.push.reform({
        let (view, id) = (view.value.clone(), key.id);
        move |()| view.with(Open::Edit(id))
    });
    let (glyph, label) = match key.status {
        KeyStatus::Active => (Glyph::Pause, t.keys.disable),
        KeyStatus::Disabled => (Glyph::Play, t.keys.enable),
    };
    html! {
        <>
            <Button glyph={Glyph::Pen} label={t.shared.edit} onclick={edit} />
            <Button {glyph} {label} onclick={with(&switch)} />
            <Button glyph={Glyph::Again} label={t.keys.rotate} onclick={with(&props.onrotate)} />
            { delete(t.shared.delete) }
        </>
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
                if !key.old_secrets.is_empty() {
                    { fact(t.keys.old_secrets, old_secrets(key, t)) }
                }
                if let Some(owner) = &key.owner {
                    { fact(t.keys.owner, html! { <span title={owner.email.clone()}>{ owner.name.clone() }</span> }) }
                }
                if !key.bindings.is_empty() && accounts {
                    { fact(t.keys.bindings, html! { <Bound bindings={key.bindings.clone()} /> }) }
                }
                { fact(t.keys.expires, expires(key, true, t)) }
                if let Some(policy) = &key.policy {
                    { fact(t.keys.policy, html! { <Go to={Route::Policies} query={format!("open={}", policy.id)} class="link">{ policy.name.clone() }</Go> }) }
                }
                if !key.cost_centre.is_empty() {
                    { fact(t.keys.cost_centre, filtered("cost_centre", &key.cost_centre)) }
                }
                if !key.tags.is_empty() {
                    { fact(t.keys.tags, html! { <span class="inline-flex flex-wrap justify-end gap-x-2">{ for key.tags.iter().map(|tag| filtered("tag", tag)) }</span> }) }
                }
                { fact(t.keys.last_used, last_used(key, t)) }
                { fact(t.keys.created, html! { <Moment at={key.created_at} absolute=true /> }) }
            </dl>
        </>
    }
}

/// How clients are set up with it.
fn set_up(key: &Key, t: &Texts) -> Html {
    let placeholder = format!("{}…{}", key.prefix, key.last_four);
    html! {
            <details class="mt-6 rounded-lg border border-base-300">
                <summary class="cursor-pointer select-none rounded-lg px-4 py-2.5 font-medium">{ t.snippets.title }</summary>
                <div class="px-4 pb-4">
                    <p class="mb-2 text-xs text-muted">{ fill(t.snippets.placeholder_help, &[("placeholder", &placeholder)]) }</p>
                    <Snippets secret={placeholder} model={MODEL_DEFAULT} />
                </div>
            </details>
    }
}

/// Older secrets that still work.
fn old_secrets(key: &Key, t: &Texts) -> Html {
    let lines = key.old_secrets.iter().map(|old| {
        let secret = format!("{}…{}", old.prefix, old.last_four);
        html! { <span key={secret.clone()} class="block">{ fill(t.keys.old_secret, &[("secret", &secret)]) }{ " " }<Moment at={old.valid_until} absolute=true /></span> }
    });
    html! { <>{ for lines }</> }
}

/// A word that leads to the keys that have it in common.
fn filtered(name: &str, value: &str) -> Html {
    let query = serde_urlencoded::to_string([(name, value)]).unwrap_or_default();
    html! { <Go key={value.to_owned()} to={Route::Keys} {query} class="link">{ value.to_owned() }</Go> }
}

/// When a key expires, as far as that is known.
pub fn expires(key: &Key, absolute: bool, t: &Texts) -> Html {
    match (key.expires_at, key.lifetime_s) {
        (Some(at), _) => html! { <Moment {at} {absolute} /> },
        (None, Some(seconds)) => {
            html! { { fill(t.keys.expires_first_use_words, &[("days", &days_of(seconds))]) } }
        }
        (None, None) => html! { <span class="text-muted">{ t.keys.expires_never }</span> },
    }
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
            <p class="mt-2"><Go to={Route::Usage} query={format!("by=model&key={}", props.id)} class="link text-primary">{ t.keys.usage_page }</Go></p>
        </>
    }
}
