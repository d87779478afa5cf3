//! A budget's current period as a bar: spent, reserved, left, when it begins anew, and what lost nodes hold.

use super::words::period_name;
use crate::format;
use crate::i18n::{Texts, fill, use_locale};
use crate::ui::{Moment, Money, Pill, Stack, Tone, permille};
use tollgate_contract::budgets::Budget;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct BudgetBarProps {
    pub budget: Budget,
}

/// The bar with its figures.
#[component]
pub fn BudgetBar(props: &BudgetBarProps) -> Html {
    let locale = use_locale();
    let t = locale.texts();
    let budget = &props.budget;
    let (spent, limit) = (budget.spent_nano, budget.limit_nano);
    let of = fill(
        t.budgets.spent_of,
        &[("spent", &format::money(spent)), ("limit", &format::money(limit))],
    );
    let lost = budget.held_by_lost_nodes.iter().map(|hold| {
        let words = fill(
            t.budgets.lost,
            &[
                ("amount", &format::money(hold.held_nano)),
                ("when", &format::relative(hold.heard_at, locale)),
                ("node", &hold.node_id.to_string()),
            ],
        );
        html! { <p key={format!("{}-{}", hold.node_id, hold.epoch)} class="text-xs text-error break-words">{ words }</p> }
    });
    html! {
        <div class="flex min-w-0 flex-col gap-1">
            <div class="flex flex-wrap items-baseline justify-between gap-x-3 text-xs">
                <span class="figures">{ of.clone() }</span>
                <span class="text-muted">{ resets(budget, t) }</span>
            </div>
            <Stack label={format!("{}: {of}", budget.name)} used={permille(spent.0, limit.0)} held={permille(budget.reserved_nano.0, limit.0)} />
            <div class="flex flex-wrap gap-x-3 text-xs text-muted">
                <span><Money amount={budget.reserved_nano} />{ " " }{ t.budgets.reserved }</span>
                <span><Money amount={budget.left_nano} class={classes!((budget.left_nano.0 <= 0).then_some("text-error"))} />{ " " }{ t.budgets.left }</span>
                if budget.overrun_nano.0 > 0 {
                    <span class="text-error">{ fill(t.budgets.overrun, &[("amount", &format::money(budget.overrun_nano))]) }</span>
                }
            </div>
            { for lost }
        </div>
    }
}

/// When it begins anew, in the viewer's words; its own zone is named where it is another than the organisation's.
fn resets(budget: &Budget, t: &Texts) -> Html {
    let Some(end) = budget.period_end else {
        return html! { { t.budgets.ends_never } };
    };
    html! { <>{ period_name(budget.period, t) }{ " · " }{ t.budgets.ends }{ " " }<Moment at={end} absolute=true /></> }
}

/// What it is beside its bar: whether it counts, only warns, and on which models.
pub fn marks(budget: &Budget, t: &Texts) -> Html {
    html! {
        <>
            if !budget.active {
                <Pill tone={Tone::Quiet} text={t.budgets.off} title={t.budgets.active_help} />
            } else if !budget.hard {
                <Pill tone={Tone::Waiting} text={t.budgets.soft} title={t.budgets.hard_help} />
            }
            if let Some(models) = &budget.models {
                <code class="font-mono text-xs text-muted">{ models.clone() }</code>
            }
        </>
    }
}
