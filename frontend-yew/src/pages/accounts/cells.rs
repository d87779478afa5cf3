//! What a row of the list tells of an account.

use super::platforms::platform_name;
use super::state::{recovery, state_pill};
use super::view::{AccountsView, Open};
use super::windows::{Windows, plan_badge};
use crate::format;
use crate::i18n::{Texts, fill};
use crate::pages::parts::Go;
use crate::router::Route;
use crate::ui::{Column, Moment, Money};
use tollgate_contract::accounts::Account;
use yew::prelude::*;

/// The columns, as [`cells`] fills them.
pub fn columns(t: &Texts) -> Vec<Column> {
    vec![
        Column::text(t.accounts.name).sortable("name"),
        Column::text(t.accounts.state).sortable("state"),
        Column::text(t.accounts.windows),
        Column::figure(t.accounts.load).sortable("load"),
        Column::figure(t.figures.requests).sortable("requests"),
        Column::figure(t.figures.cost).sortable("cost"),
        Column::text(t.accounts.recovery).sortable("recovery").minor(),
    ]
}

/// A row.
pub fn cells(account: &Account, view: &AccountsView, t: &Texts) -> Vec<Html> {
    vec![
        name(account, view, t),
        state(account, t),
        match account.windows.as_slice() {
            [] => nothing(),
            windows => html! { <Windows windows={windows.to_vec()} /> },
        },
        load(account, t),
        html! { <span class="figures" title={t.accounts.today}>{ format::count(account.today.requests) }</span> },
        html! { <Money amount={account.today.charge_nano} /> },
        account.state_until.map_or_else(nothing, |at| recovery(at, t)),
    ]
}

fn nothing() -> Html {
    html! { <span class="text-muted">{ "–" }</span> }
}

fn name(account: &Account, view: &AccountsView, t: &Texts) -> Html {
    let query = serde_urlencoded::to_string(view.with(Open::Details(account.id))).unwrap_or_default();
    let mut under = vec![platform_name(account.platform, t).to_owned()];
    under.push(if account.subscription.identity.is_empty() {
        host(&account.base_url).to_owned()
    } else {
        account.subscription.identity.clone()
    });
    if let Some(proxy) = &account.proxy {
        under.push(fill(t.accounts.through, &[("proxy", &proxy.name)]));
    }
    let under = under.join(" · ");
    html! {
        <div class="min-w-0 md:max-w-52 xl:max-w-56">
            <div class="flex min-w-0 items-center gap-2">
                <Go to={Route::Accounts} {query} class="truncate font-medium hover:underline">{ account.name.clone() }</Go>
                { plan_badge(&account.subscription, t) }
            </div>
            <span class="block truncate text-xs text-muted" title={under.clone()}>{ under.clone() }</span>
            { labels(account) }
        </div>
    }
}

/// Its groups and tags, in small.
fn labels(account: &Account) -> Html {
    let groups = account
        .groups
        .iter()
        .map(|group| (&group.name, "bg-primary/10 text-primary"));
    let tags = account.tags.iter().map(|tag| (tag, "bg-base-content/8"));
    let all = groups.chain(tags).map(|(text, look)| {
        html! { <span key={format!("{look} {text}")} class={classes!("rounded", "px-1.5", "text-xs", "truncate", "max-w-32", look)}>{ text.clone() }</span> }
    });
    if account.groups.is_empty() && account.tags.is_empty() {
        return Html::default();
    }
    html! { <div class="mt-1 flex flex-wrap gap-1">{ for all }</div> }
}

/// An address without what all of them begin with.
fn host(base_url: &str) -> &str {
    base_url.strip_prefix("https://").unwrap_or(base_url)
}

fn state(account: &Account, t: &Texts) -> Html {
    let error = account
        .last_error
        .as_ref()
        .filter(|_| account.state_reason.is_empty());
    let line = "block truncate text-xs text-muted md:max-w-40 mt-0.5";
    html! {
        <div class="min-w-0">
            { state_pill(account.state, account.schedulable, t) }
            if !account.state_reason.is_empty() {
                <span class={line} title={account.state_reason.clone()}>{ account.state_reason.clone() }</span>
            }
            if let Some(error) = error {
                <span class={line} title={error.text.clone()}><Moment at={error.at} />{ ": " }{ error.text.clone() }</span>
            }
        </div>
    }
}

fn load(account: &Account, t: &Texts) -> Html {
    let load = account.load;
    let figure = match account.concurrency_cap {
        Some(cap) => format!("{} / {}", load.in_flight, format::count(cap.into())),
        None => load.in_flight.to_string(),
    };
    let title = fill(
        t.accounts.load_help,
        &[
            ("requests", &format::count(load.requests_1m)),
            ("tokens", &format::short(load.tokens_1m)),
            ("waiting", &load.waiting.to_string()),
        ],
    );
    html! { <span class="figures whitespace-nowrap" {title}>{ figure }</span> }
}
