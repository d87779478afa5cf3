//! An account's details beside the list: how it is doing, its windows and token, its test, usage and history, its settings.

mod history;
mod settings;
mod test;
mod timeline;
mod token;

use super::connect::can_reconnect;
use super::state::{Step, recovery, resettable, state_pill, use_step};
use super::view::{AccountsView, Open};
use super::windows::{Windows, plan_badge};
use crate::format;
use crate::i18n::{Texts, use_texts};
use crate::pages::parts::{Go, fact, section};
use crate::router::Route;
use crate::state::{may, use_me, use_url_state};
use crate::ui::{Button, ButtonKind, Drawer, Glyph, Moment, Money, Tokens};
use std::rc::Rc;
use tollgate_contract::accounts::{Account, AccountState};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct DetailsProps {
    pub shown: Rc<Account>,
    pub ondelete: Callback<Rc<Account>>,
    pub onclose: Callback<()>,
}

/// The drawer.
#[component]
pub fn Details(props: &DetailsProps) -> Html {
    let t = use_texts();
    let me = use_me();
    let account = &props.shown;
    let writes = may(me.as_ref(), "accounts.write");
    let title = html! { <span class="flex flex-wrap items-center gap-2">{ account.name.clone() }{ plan_badge(&account.subscription, t) }</span> };
    let actions = if writes {
        html! { <Actions shown={account.clone()} ondelete={props.ondelete.clone()} /> }
    } else {
        Html::default()
    };
    html! {
        <Drawer {title} {actions} onclose={props.onclose.clone()}>
            if !account.description.is_empty() {
                <p class="mb-3 whitespace-pre-line break-words">{ account.description.clone() }</p>
            }
            { doing(account, t) }
            if !account.windows.is_empty() {
                { section(t.accounts.windows) }
                <Windows windows={account.windows.clone()} />
            }
            if account.token.is_some() {
                <token::Token shown={account.clone()} {writes} />
            }
            if writes {
                <test::Test shown={account.clone()} />
            }
            { today(account, t) }
            <history::History platform={account.platform} id={account.id} />
            <timeline::Timeline platform={account.platform} id={account.id} />
            <settings::Settings shown={account.clone()} />
        </Drawer>
    }
}

#[derive(Properties, PartialEq)]
struct ActionsProps {
    shown: Rc<Account>,
    ondelete: Callback<Rc<Account>>,
}

#[component]
fn Actions(props: &ActionsProps) -> Html {
    let t = use_texts();
    let view = use_url_state::<AccountsView>(Route::Accounts);
    let toggle = use_step(Step::Toggle);
    let reset = use_step(Step::Reset);
    let account = &props.shown;
    let with = |callback: &Callback<Rc<Account>>| {
        let account = account.clone();
        callback.reform(move |()| account.clone())
    };
    let open = |open: Open| {
        let value = view.value.clone();
        view.push.reform(move |()| value.with(open))
    };
    let (glyph, label) = if account.schedulable {
        (Glyph::Pause, t.accounts.pause)
    } else {
        (Glyph::Play, t.accounts.resume)
    };
    // A grant that the vendor took back needs a person; that is the one thing to do then.
    let anew = match account.state {
        AccountState::Unauthorized => ButtonKind::Primary,
        _ => ButtonKind::Plain,
    };
    html! {
        <>
            if can_reconnect(account) {
                <Button kind={anew} glyph={Glyph::Link} label={t.connect.anew} onclick={open(Open::Connect(Some(account.id)))} />
            }
            <Button glyph={Glyph::Pen} label={t.shared.edit} onclick={open(Open::Edit(account.id))} />
            <Button {glyph} {label} onclick={with(&toggle)} />
            if resettable(account.state) {
                <Button glyph={Glyph::Again} label={t.accounts.reset} onclick={with(&reset)} />
            }
            <Button kind={ButtonKind::Ghost} glyph={Glyph::Trash} label={t.shared.delete} class="text-error ml-auto"
                onclick={with(&props.ondelete)} />
        </>
    }
}

/// How it is doing.
fn doing(account: &Account, t: &Texts) -> Html {
    let load = account.load;
    html! {
        <dl class="divide-y divide-base-300">
            { fact(t.accounts.state, state_pill(account.state, account.schedulable, t)) }
            if !account.state_reason.is_empty() {
                { fact(t.accounts.reason, html! { { account.state_reason.clone() } }) }
            }
            { fact(t.accounts.since, html! { <Moment at={account.state_since} /> }) }
            if let Some(at) = account.state_until {
                { fact(t.accounts.until, recovery(at, t)) }
            }
            if let Some(error) = &account.last_error {
                { fact(t.accounts.last_error, html! { <><Moment at={error.at} />{ ": " }{ error.text.clone() }</> }) }
            }
            if !account.subscription.identity.is_empty() {
                { fact(t.accounts.identity, html! { { account.subscription.identity.clone() } }) }
            }
            { fact(t.accounts.load, html! {
                <span class="figures">
                    { account.concurrency_cap.map_or_else(|| load.in_flight.to_string(), |cap| format!("{} / {}", load.in_flight, format::count(cap.into()))) }
                </span>
            }) }
            { fact(t.accounts.last_minute, html! {
                <span class="figures">{ format!("{} · {}", format::count(load.requests_1m), format::short(load.tokens_1m)) }</span>
            }) }
        </dl>
    }
}

fn today(account: &Account, t: &Texts) -> Html {
    let query = account
        .models
        .first()
        .map(|model| format!("model={model}"))
        .unwrap_or_default();
    html! {
        <>
            { section(t.accounts.today) }
            <dl class="divide-y divide-base-300">
                { fact(t.figures.requests, html! { <span class="figures">{ format::count(account.today.requests) }</span> }) }
                { fact(t.figures.tokens, html! { <Tokens number={account.today.total_tokens} /> }) }
                { fact(t.figures.cost, html! { <Money amount={account.today.charge_nano} /> }) }
            </dl>
            <p class="mt-3 flex flex-wrap gap-x-5 gap-y-1">
                <Go to={Route::Requests} query={format!("account={}", account.id)} class="link text-primary">{ t.accounts.recent }</Go>
                <Go to={Route::Explain} {query} class="link text-primary">{ t.explain.title }</Go>
            </p>
        </>
    }
}
