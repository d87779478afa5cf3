//! How an account is set up.

use super::super::caps::every;
use super::super::platforms::{kind_name, platform_name};
use crate::format;
use crate::i18n::{Texts, use_texts};
use crate::pages::parts::{Go, fact, section};
use crate::router::Route;
use std::rc::Rc;
use tollgate_contract::accounts::Account;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct SettingsProps {
    pub shown: Rc<Account>,
}

/// The settings.
#[component]
pub fn Settings(props: &SettingsProps) -> Html {
    let t = use_texts();
    let account = &props.shown;
    html! {
        <>
            { section(t.accounts.settings) }
            <dl class="divide-y divide-base-300">
                { place(account, t) }
                { routing(account, t) }
                { models(account, t) }
            </dl>
        </>
    }
}

fn code(text: &str) -> Html {
    html! { <code class="font-mono text-xs break-all">{ text.to_owned() }</code> }
}

fn place(account: &Account, t: &Texts) -> Html {
    let proxy = match &account.proxy {
        Some(proxy) => {
            html! { <Go to={Route::Proxies} query={format!("open={}", proxy.id)} class="link">{ proxy.name.clone() }</Go> }
        }
        None => html! { <span class="text-muted">{ t.accounts.proxy_none }</span> },
    };
    html! {
        <>
            { fact(t.accounts.platform, html! { { platform_name(account.platform, t) } }) }
            if let Some(region) = &account.region {
                { fact(t.accounts.region, code(region)) }
            }
            { fact(t.accounts.base_url, code(&account.base_url)) }
            { fact(t.accounts.proxy, proxy) }
            if let Some(version) = &account.api_version {
                { fact(t.accounts.api_version, code(version)) }
            }
            if let Some(project) = &account.project {
                { fact(t.accounts.project, code(project)) }
            }
            { fact(t.accounts.credential, html! {
                <>
                    { kind_name(account.platform, account.credential_kind, t) }
                    if !account.credential_hint.is_empty() {
                        { " " }{ code(&format!("…{}", account.credential_hint)) }
                    }
                </>
            }) }
            if !account.extra_headers.is_empty() {
                { fact(t.accounts.headers, code(&account.extra_headers.join(", "))) }
            }
        </>
    }
}

fn routing(account: &Account, t: &Texts) -> Html {
    let figure = |name: &'static str, text: Option<String>| {
        text.map(|text| fact(name, html! { <span class="figures">{ text }</span> }))
            .unwrap_or_default()
    };
    let count = |number: Option<u32>| number.map(|number| format::count(number.into()));
    let cap = account
        .concurrency_cap
        .map_or_else(|| t.shared.unlimited.to_owned(), |cap| format::count(cap.into()));
    let groups = account.groups.iter().map(|group| {
        html! { <div key={group.id.to_string()}><Go to={Route::Groups} query={format!("open={}", group.id)} class="link">{ group.name.clone() }</Go></div> }
    });
    html! {
        <>
            { figure(t.accounts.priority, Some(account.priority.to_string())) }
            { figure(t.accounts.weight, Some(account.weight.to_string())) }
            { figure(t.accounts.concurrency, Some(cap)) }
            { figure(t.accounts.requests_cap, count(account.requests_per_minute)) }
            { figure(t.accounts.tokens_cap, account.tokens_per_minute.map(format::count)) }
            { figure(t.accounts.cost_cap, account.daily_cost_nano.map(format::money)) }
            { figure(t.accounts.first_byte_timeout, count(account.first_byte_timeout_s)) }
            { figure(t.accounts.idle_timeout, count(account.idle_timeout_s)) }
            { figure(t.accounts.self_test, account.self_test_every_s.map(|seconds| every(seconds, t))) }
            if !account.groups.is_empty() {
                { fact(t.accounts.groups, html! { <>{ for groups }</> }) }
            }
            if !account.tags.is_empty() {
                { fact(t.accounts.tags, html! { { account.tags.join(", ") } }) }
            }
        </>
    }
}

fn models(account: &Account, t: &Texts) -> Html {
    let models = if account.models.is_empty() {
        t.accounts.models_all.to_owned()
    } else {
        account.models.join(", ")
    };
    html! {
        <>
            { fact(t.accounts.models, html! { { models } }) }
            if !account.model_mapping.is_empty() {
                { fact(t.accounts.mapping, html! {
                    for (asked, sent) in &account.model_mapping {
                        <div key={asked.clone()}>{ code(&format!("{asked} → {sent}")) }</div>
                    }
                }) }
            }
        </>
    }
}
