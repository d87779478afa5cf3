//! An account's details beside the list, and its test.

use super::platforms::{kind_name, platform_name};
use super::state::{Step, resettable, state_pill, use_step};
use super::view::{AccountsView, Open};
use crate::api::{accounts, use_action};
use crate::format;
use crate::i18n::{fill, use_texts};
use crate::pages::parts::{Go, fact, section};
use crate::router::Route;
use crate::state::{may, use_me, use_url_state};
use crate::ui::{Button, ButtonKind, Drawer, FormFailure, Glyph, Icon, Moment, Money, Tokens};
use std::rc::Rc;
use tollgate_contract::accounts::{Account, AccountTest};
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
    let view = use_url_state::<AccountsView>(Route::Accounts);
    let toggle = use_step(Step::Toggle);
    let reset = use_step(Step::Reset);
    let account = &props.shown;
    let writes = may(me.as_ref(), "accounts.write");
    let with = |callback: &Callback<Rc<Account>>| {
        let account = account.clone();
        callback.reform(move |()| account.clone())
    };
    let edit = view.push.reform({
        let (value, id) = (view.value.clone(), account.id);
        move |()| value.with(Open::Edit(id))
    });
    let (glyph, label) = if account.schedulable {
        (Glyph::Pause, t.accounts.pause)
    } else {
        (Glyph::Play, t.accounts.resume)
    };
    let actions = html! {
        <>
            <Button glyph={Glyph::Pen} label={t.shared.edit} onclick={edit} />
            <Button {glyph} {label} onclick={with(&toggle)} />
            if resettable(account.state) {
                <Button glyph={Glyph::Again} label={t.accounts.reset} onclick={with(&reset)} />
            }
            <Button kind={ButtonKind::Ghost} glyph={Glyph::Trash} label={t.shared.delete} class="text-error ml-auto"
                onclick={with(&props.ondelete)} />
        </>
    };
    let title = html! { { account.name.clone() } };
    html! {
        <Drawer {title} actions={if writes { actions } else { Html::default() }} onclose={props.onclose.clone()}>
            <Facts shown={account.clone()} />
            if writes {
                <Test shown={account.clone()} />
            }
        </Drawer>
    }
}

#[derive(Properties, PartialEq)]
struct FactsProps {
    shown: Rc<Account>,
}

#[component]
fn Facts(props: &FactsProps) -> Html {
    let t = use_texts();
    let account = &props.shown;
    let models = if account.models.is_empty() {
        t.accounts.models_all.to_owned()
    } else {
        account.models.join(", ")
    };
    html! {
        <>
            if !account.description.is_empty() {
                <p class="mb-3 whitespace-pre-line break-words">{ account.description.clone() }</p>
            }
            <dl class="divide-y divide-base-300">
                { fact(t.accounts.state, state_pill(account.state, account.schedulable, t)) }
                if !account.state_reason.is_empty() {
                    { fact(t.accounts.reason, html! { { account.state_reason.clone() } }) }
                }
                { fact(t.accounts.since, html! { <Moment at={account.state_since} /> }) }
                if let Some(at) = account.state_until {
                    { fact(t.accounts.until, html! { <Moment {at} /> }) }
                }
                { fact(t.accounts.platform, html! { { platform_name(account.platform, t) } }) }
                if let Some(region) = &account.region {
                    { fact(t.accounts.region, html! { <code class="font-mono text-xs">{ region.clone() }</code> }) }
                }
                { fact(t.accounts.base_url, html! { <code class="font-mono text-xs break-all">{ account.base_url.clone() }</code> }) }
                if let Some(version) = &account.api_version {
                    { fact(t.accounts.api_version, html! { <code class="font-mono text-xs">{ version.clone() }</code> }) }
                }
                if let Some(project) = &account.project {
                    { fact(t.accounts.project, html! { <code class="font-mono text-xs">{ project.clone() }</code> }) }
                }
                { fact(t.accounts.credential, html! {
                    <>{ kind_name(account.platform, account.credential_kind, t) }{ " " }<code class="font-mono text-xs">{ format!("…{}", account.credential_hint) }</code></>
                }) }
                if !account.extra_headers.is_empty() {
                    { fact(t.accounts.headers, html! { <code class="font-mono text-xs">{ account.extra_headers.join(", ") }</code> }) }
                }
                if let Some(seconds) = account.first_byte_timeout_s {
                    { fact(t.accounts.first_byte_timeout, html! { <span class="figures">{ seconds }</span> }) }
                }
                if let Some(seconds) = account.idle_timeout_s {
                    { fact(t.accounts.idle_timeout, html! { <span class="figures">{ seconds }</span> }) }
                }
                { fact(t.accounts.priority, html! { <span class="figures">{ account.priority }</span> }) }
                { fact(t.accounts.weight, html! { <span class="figures">{ account.weight }</span> }) }
                { fact(t.accounts.concurrency, html! {
                    { account.concurrency_cap.map_or_else(|| t.shared.unlimited.to_owned(), |cap| format::count(cap.into())) }
                }) }
                { fact(t.accounts.models, html! { { models } }) }
                if !account.model_mapping.is_empty() {
                    { fact(t.accounts.mapping, html! {
                        for (asked, sent) in &account.model_mapping {
                            <div key={asked.clone()} class="font-mono text-xs break-all">{ format!("{asked} → {sent}") }</div>
                        }
                    }) }
                }
            </dl>
            { section(t.accounts.today) }
            <dl class="divide-y divide-base-300">
                { fact(t.figures.requests, html! { <span class="figures">{ format::count(account.today.requests) }</span> }) }
                { fact(t.figures.tokens, html! { <Tokens number={account.today.total_tokens} /> }) }
                { fact(t.figures.cost, html! { <Money amount={account.today.charge_nano} /> }) }
            </dl>
            <p class="mt-3">
                <Go to={Route::Requests} query={format!("account={}", account.id)} class="link text-primary">{ t.accounts.recent }</Go>
            </p>
        </>
    }
}

/// The test's button and what came of it.
#[component]
fn Test(props: &FactsProps) -> Html {
    let t = use_texts();
    let outcome = use_state(|| None::<AccountTest>);
    let done = {
        let outcome = outcome.clone();
        Callback::from(move |tested: AccountTest| outcome.set(Some(tested)))
    };
    let (platform, id) = (props.shown.platform, props.shown.id);
    let action = use_action(move |()| accounts::test(platform, id), done);
    html! {
        <>
            { section(t.accounts.test) }
            <p class="mb-2 text-xs text-muted">{ t.accounts.test_help }</p>
            <Button glyph={Glyph::Play} label={t.accounts.test} busy={action.busy} onclick={action.run.clone()} />
            <div role="status">
                if action.busy {
                    <p class="mt-3 text-muted">{ t.accounts.test_running }</p>
                } else if let Some(tested) = &*outcome {
                    <Outcome tested={tested.clone()} />
                }
            </div>
            <FormFailure error={action.error.clone()} />
        </>
    }
}

#[derive(Properties, PartialEq)]
struct OutcomeProps {
    tested: AccountTest,
}

#[component]
fn Outcome(props: &OutcomeProps) -> Html {
    let t = use_texts();
    let tested = &props.tested;
    if tested.ok {
        let text = fill(
            t.accounts.test_good,
            &[
                ("model", &tested.model),
                ("time", &format::duration(tested.latency_ms)),
            ],
        );
        return html! {
            <div class="mt-3 flex gap-3 rounded-lg border border-success/30 bg-success/8 px-4 py-3" data-testid="account-tested">
                <Icon glyph={Glyph::Check} class="size-5 text-success mt-0.5" /><p class="min-w-0 break-words">{ text }</p>
            </div>
        };
    }
    let status = tested
        .http_status
        .map(|status| format!("HTTP {status} · "))
        .unwrap_or_default();
    html! {
        <div class="mt-3 flex gap-3 rounded-lg border border-error/30 bg-error/8 px-4 py-3" data-testid="account-tested">
            <Icon glyph={Glyph::Alert} class="size-5 text-error mt-0.5" />
            <div class="min-w-0">
                <p class="font-medium">{ t.accounts.test_bad }</p>
                <p class="break-words">{ tested.message.clone() }</p>
                <p class="text-xs text-muted">{ status }<code>{ tested.code.clone() }</code>{ " · " }{ tested.model.clone() }</p>
            </div>
        </div>
    }
}
