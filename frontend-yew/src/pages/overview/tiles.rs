//! The dashboard's figures: each leads to the list behind it.

use crate::format;
use crate::i18n::{Texts, fill, use_texts};
use crate::pages::parts::Go;
use crate::router::Route;
use crate::ui::{Change, Money, Skeleton, Tokens};
use std::rc::Rc;
use tollgate_contract::accounts::AccountState;
use tollgate_contract::money::NanoUsd;
use tollgate_contract::stats::{AccountTile, DayTile, Overview};
use yew::prelude::*;

const GRID: &str = "grid grid-cols-2 gap-3 md:grid-cols-3 xl:grid-cols-[repeat(auto-fit,minmax(0,1fr))]";

#[derive(Properties, PartialEq)]
pub struct TilesProps {
    pub overview: Rc<Overview>,
    /// Whether the viewer may see accounts.
    pub accounts: bool,
}

/// The tiles.
#[component]
pub fn Tiles(props: &TilesProps) -> Html {
    let t = use_texts();
    let overview = &props.overview;
    let (today, before) = (&overview.today, &overview.yesterday_so_far);
    html! {
        <div class={GRID} data-testid="tiles">
            <Tile label={t.overview.requests_today} to={Route::Requests} query="range=today" figure={format::count(today.figures.requests)}
                change={html! { <Change now={i128::from(today.figures.requests)} before={i128::from(before.figures.requests)}
                    before_shown={format::count(before.figures.requests)} /> }}
                note={failures(today, t)} />
            <Tile label={t.overview.tokens_today} to={Route::Usage} query="range=today&what=tokens"
                figure={html! { <Tokens number={today.figures.total_tokens} /> }}
                change={html! { <Change now={i128::from(today.figures.total_tokens)} before={i128::from(before.figures.total_tokens)}
                    before_shown={format::count(before.figures.total_tokens)} /> }}
                note={tokens(today, t)} />
            <Tile label={t.overview.cost_today} to={Route::Usage} query="range=today"
                figure={html! { <Money amount={today.figures.charge_nano} /> }}
                change={html! { <Change now={i128::from(today.figures.charge_nano.0)} before={i128::from(before.figures.charge_nano.0)}
                    before_shown={format::money(before.figures.charge_nano)} /> }}
                note={html! { { fill(t.overview.yesterday_whole, &[("figure", &format::money(overview.yesterday.figures.charge_nano))]) } }} />
            if let Some(balance) = overview.balance_nano {
                { wallet(balance, t) }
            }
            if props.accounts {
                { accounts(&overview.accounts, t) }
            }
            { keys(overview, t) }
        </div>
    }
}

/// What failed today.
fn failures(today: &DayTile, t: &Texts) -> Html {
    let number = |text: &str, number: u64| fill(text, &[("number", &format::count(number))]);
    match (today.errors, today.client_errors) {
        (0, 0) => html! { { t.overview.errors_none } },
        (0, faulty) => html! { { number(t.overview.client_errors, faulty) } },
        (failed, _) => {
            html! { <span class="text-error font-medium">{ number(t.overview.errors, failed) }</span> }
        }
    }
}

fn tokens(today: &DayTile, t: &Texts) -> Html {
    let figures = &today.figures;
    let input = figures.total_tokens.saturating_sub(figures.output_tokens);
    let text = fill(
        t.overview.tokens_detail,
        &[
            ("input", &format::short(input)),
            ("output", &format::short(figures.output_tokens)),
        ],
    );
    html! { { text } }
}

fn wallet(balance: NanoUsd, t: &Texts) -> Html {
    let empty = balance.0 <= 0;
    let note = if empty {
        html! { <span class="text-error font-medium">{ t.overview.balance_empty }</span> }
    } else {
        html! { { t.overview.balance_help } }
    };
    html! {
        <Tile label={t.overview.balance} to={Route::Overview} query="wallet=true"
            figure={html! { <Money amount={balance} class={classes!(empty.then_some("text-error"))} /> }} {note} />
    }
}

/// Whether an account takes requests.
pub fn is_well(account: &AccountTile) -> bool {
    account.schedulable && account.state == AccountState::Active
}

fn accounts(accounts: &[AccountTile], t: &Texts) -> Html {
    let (all, well) = (
        accounts.len(),
        accounts.iter().filter(|account| is_well(account)).count(),
    );
    let (query, note) = match all - well {
        0 if all == 0 => ("", html! { { t.overview.accounts_none } }),
        0 => ("", html! { { t.overview.accounts_all_well } }),
        _ => (
            "unwell=true",
            html! { <span class="text-error font-medium">{ t.overview.accounts_unwell }</span> },
        ),
    };
    let figure = match all {
        0 => "0".to_owned(),
        _ => fill(
            t.overview.accounts_of,
            &[("well", &well.to_string()), ("all", &all.to_string())],
        ),
    };
    html! { <Tile label={t.overview.accounts} to={Route::Accounts} {query} figure={html! { { figure } }} {note} /> }
}

fn keys(overview: &Overview, t: &Texts) -> Html {
    let counts = &overview.keys;
    let note = fill(
        t.overview.keys_detail,
        &[
            ("disabled", &format::count(counts.disabled)),
            ("expired", &format::count(counts.expired)),
        ],
    );
    html! {
        <Tile label={t.overview.keys} to={Route::Keys} query="status=active" figure={format::count(counts.active)} note={html! { { note } }} />
    }
}

#[derive(Properties, PartialEq)]
struct TileProps {
    label: &'static str,
    to: Route,
    query: AttrValue,
    figure: Html,
    #[prop_or_default]
    change: Html,
    note: Html,
}

#[component]
fn Tile(props: &TileProps) -> Html {
    html! {
        <Go to={props.to} query={props.query.clone()} class="panel flex min-w-0 flex-col gap-1 p-4 hover:border-base-content/25">
            <span class="text-xs font-medium text-muted">{ props.label }</span>
            <span class="figures text-xl font-semibold tracking-tight 2xl:text-2xl">{ props.figure.clone() }</span>
            <span class="min-h-[1.125rem] text-xs leading-snug">{ props.change.clone() }</span>
            <span class="text-xs leading-snug text-muted">{ props.note.clone() }</span>
        </Go>
    }
}

/// The tiles' shape while they are loading.
#[component]
pub fn TileSkeletons() -> Html {
    html! {
        <div class={GRID} aria-hidden="true">
            for place in 0..6 {
                <div key={place} class="panel flex flex-col gap-2.5 p-4 h-[8.25rem]">
                    <Skeleton class="h-3.5 w-24" /><Skeleton class="h-7 w-28" /><Skeleton class="h-3.5 w-32 max-w-full" /><Skeleton class="h-3.5 w-20" />
                </div>
            }
        </div>
    }
}
