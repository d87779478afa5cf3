//! What a new organisation does first, until it is done.

use crate::api::requests::use_requests;
use crate::i18n::{Texts, use_texts};
use crate::pages::parts::Go;
use crate::pages::{AccountsView, KeysView};
use crate::router::Route;
use crate::state::{may, use_me};
use crate::ui::{CopyButton, Glyph, Icon};
use std::rc::Rc;
use tollgate_contract::auth::Me;
use tollgate_contract::requests::RequestQuery;
use tollgate_contract::stats::Overview;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct FirstRunProps {
    pub overview: Rc<Overview>,
}

/// One step.
struct Step {
    done: bool,
    title: &'static str,
    help: &'static str,
    /// Where it is done.
    way: Html,
}

/// Nothing once everything is done: the first request says so.
#[component]
pub fn FirstRun(props: &FirstRunProps) -> Html {
    let overview = &props.overview;
    let quiet = [overview.today, overview.yesterday]
        .iter()
        .all(|day| day.figures.requests == 0);
    if !quiet
        || overview
            .trend
            .points
            .iter()
            .any(|point| point.figures.requests > 0)
    {
        return Html::default();
    }
    html! { <Unless overview={overview.clone()} /> }
}

/// Whether there was a request before what the dashboard shows.
#[component]
fn Unless(props: &FirstRunProps) -> Html {
    let t = use_texts();
    let me = use_me();
    let found = use_requests(&RequestQuery {
        limit: Some(1),
        ..RequestQuery::default()
    });
    let (Some(me), Some(page)) = (me, &found.data) else {
        return Html::default();
    };
    if !page.items.is_empty() {
        return Html::default();
    }
    html! {
        <section class="panel mb-4 p-4 md:p-5" aria-label={t.overview.first_title} data-testid="first-steps">
            <h2 class="mb-3 font-semibold">{ t.overview.first_title }</h2>
            <ol class="flex flex-col gap-4">{ for steps(&props.overview, &me, t).iter().enumerate().map(|(at, step)| line(at, step, t)) }</ol>
        </section>
    }
}

fn steps(overview: &Overview, me: &Rc<Me>, t: &Texts) -> Vec<Step> {
    let way = |to: Route, query: &'static str, label: &'static str| {
        html! { <Go {to} {query} class="link text-primary">{ label }</Go> }
    };
    let mut steps = Vec::new();
    if may(Some(me), "accounts.write") {
        steps.push(Step {
            done: !overview.accounts.is_empty(),
            title: t.overview.first_account,
            help: t.overview.first_account_help,
            way: way(Route::Accounts, AccountsView::CREATE, t.accounts.add),
        });
    }
    if let Some(balance) = overview.balance_nano {
        let command = format!(
            "tollgate tenant credit {} 25 --reason \"first credit\"",
            me.tenant.slug
        );
        steps.push(Step {
            done: balance.0 > 0,
            title: t.overview.first_money,
            help: t.overview.first_money_help,
            way: html! {
                <span class="flex min-w-0 items-center gap-1">
                    <code class="min-w-0 break-all rounded-md bg-base-content/6 px-2 py-1 font-mono text-xs">{ command.clone() }</code>
                    <CopyButton text={command} small=true />
                </span>
            },
        });
    }
    if may(Some(me), "keys.write_own") {
        let keys = &overview.keys;
        steps.push(Step {
            done: keys.active + keys.disabled + keys.expired > 0,
            title: t.overview.first_key,
            help: t.overview.first_key_help,
            way: way(Route::Keys, KeysView::CREATE, t.keys.create),
        });
    }
    steps.push(Step {
        done: false,
        title: t.overview.first_request,
        help: t.overview.first_request_help,
        way: Html::default(),
    });
    steps
}

fn line(at: usize, step: &Step, t: &Texts) -> Html {
    let mark = if step.done {
        html! { <span class="grid size-6 shrink-0 place-content-center rounded-full bg-success/15 text-success"><Icon glyph={Glyph::Check} class="size-3.5" /></span> }
    } else {
        html! { <span class="grid size-6 shrink-0 place-content-center rounded-full bg-base-content/8 text-xs font-semibold figures" aria-hidden="true">{ at + 1 }</span> }
    };
    html! {
        <li key={at} class="flex gap-3">
            { mark }
            <div class="min-w-0">
                <p class={classes!("font-medium", step.done.then_some("text-muted"))}>
                    { step.title }
                    if step.done {
                        <span class="sr-only">{ " · " }{ t.overview.first_done }</span>
                    }
                </p>
                if !step.done {
                    <p class="text-muted">{ step.help }</p>
                    <div class="mt-1">{ step.way.clone() }</div>
                }
            </div>
        </li>
    }
}
