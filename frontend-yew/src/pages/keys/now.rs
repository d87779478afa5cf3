//! How much of its limits a key has used now, as bars that move while somebody looks.

use crate::api::keys::use_key_limits;
use crate::i18n::{Locale, Texts, fill, use_locale, use_texts};
use crate::pages::budgets::{BudgetBar, marks};
use crate::pages::parts::{section, use_live};
use crate::pages::rules::{metric_amount, span_name};
use crate::ui::{Failure, Skeleton, Stack, permille};
use tollgate_contract::budgets::Budget;
use tollgate_contract::ids::KeyId;
use tollgate_contract::keys::LimitUse;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct NowProps {
    pub id: KeyId,
}

/// The bars.
#[component]
pub fn Now(props: &NowProps) -> Html {
    let locale = use_locale();
    let t = locale.texts();
    let found = use_key_limits(props.id);
    use_live(found.reload.clone());
    let Some(limits) = &found.data else {
        return match &found.error {
            Some(error) => {
                html! { <div class="mt-6"><Failure error={error.clone()} onretry={found.reload.clone()} /></div> }
            }
            None => html! { <Skeleton class="mt-6 h-24" /> },
        };
    };
    html! {
        <div data-testid="limits-now">
            { section(t.keys.limits_now) }
            if limits.limits.is_empty() {
                <p class="text-muted">{ t.keys.limits_none }</p>
            } else {
                <ul class="flex flex-col gap-3">{ for limits.limits.iter().enumerate().map(|(at, limit)| bar(at, limit, locale)) }</ul>
            }
            if !limits.budgets.is_empty() {
                <BudgetList budgets={limits.budgets.clone()} />
            }
        </div>
    }
}

fn bar(at: usize, limit: &LimitUse, locale: Locale) -> Html {
    let t = locale.texts();
    let name = name(limit, t);
    let amount = |amount| metric_amount(limit.metric, amount, t);
    let figures = fill(
        t.budgets.spent_of,
        &[("spent", &amount(limit.used)), ("limit", &amount(limit.limit))],
    );
    let part = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    html! {
        <li key={at} class="flex flex-col gap-1">
            <div class="flex flex-wrap items-baseline justify-between gap-x-3 text-xs">
                <span>{ name.clone() }</span><span class="figures">{ figures.clone() }</span>
            </div>
            <Stack label={format!("{name}: {figures}")} used={permille(part(limit.used), part(limit.limit))} />
            if let Some(at) = limit.frees_at {
                <span class="text-xs text-muted">{ fill(t.keys.frees, &[("when", &crate::format::relative(at, locale))]) }</span>
            }
        </li>
    }
}

/// `Organisation · Day · *opus*`.
fn name(limit: &LimitUse, t: &Texts) -> String {
    let subject = match limit.subject.as_str() {
        "user" => t.keys.subject_user,
        "tenant" => t.keys.subject_tenant,
        _ => t.keys.subject_key,
    };
    let span = limit.span.map_or(t.rules.concurrency, |span| span_name(span, t));
    match &limit.models {
        Some(models) => format!("{subject} · {span} · {models}"),
        None => format!("{subject} · {span}"),
    }
}

#[derive(Properties, PartialEq)]
struct BudgetListProps {
    budgets: Vec<Budget>,
}

#[component]
fn BudgetList(props: &BudgetListProps) -> Html {
    let t = use_texts();
    let lines = props.budgets.iter().map(|budget| {
        html! {
            <li key={budget.id.to_string()} class="flex flex-col gap-1">
                <span class="flex flex-wrap items-center gap-2"><span class="font-medium break-words">{ budget.name.clone() }</span>{ marks(budget, t) }</span>
                <BudgetBar budget={budget.clone()} />
            </li>
        }
    });
    html! { <>{ section(t.keys.budgets) }<ul class="flex flex-col gap-4">{ for lines }</ul></> }
}
