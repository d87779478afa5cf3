//! How two versions of the price book differ.

use super::words::line;
use crate::i18n::{Texts, fill, use_texts};
use std::rc::Rc;
use tollgate_contract::prices::{ModelPrice, ModelPriceChange, PriceDiff, PriceFieldChange};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct DiffersProps {
    pub diff: Rc<PriceDiff>,
}

/// What was added, removed and changed.
#[component]
pub fn Differs(props: &DiffersProps) -> Html {
    let t = use_texts();
    let diff = &props.diff;
    let count = |text: &str, number: u64| fill(text, &[("number", &number.to_string())]);
    let totals = [
        count(t.prices.added, diff.added_total),
        count(t.prices.removed, diff.removed_total),
        count(t.prices.changed, diff.changed_total),
        count(t.prices.same, diff.same_total),
    ];
    html! {
        <div class="flex flex-col gap-3" data-testid="price-diff">
            <p class="font-medium">{ totals.join(" · ") }</p>
            <ul class="flex flex-col divide-y divide-base-300 max-h-96 overflow-y-auto" tabindex="0">
                { for diff.changed.iter().map(|change| changed(change, t)) }
                { for diff.added.iter().map(|row| whole(row, "+", "text-success", t)) }
                { for diff.removed.iter().map(|row| whole(row, "−", "text-error", t)) }
            </ul>
        </div>
    }
}

fn name(provider: &str, platform: &str, model: &str, t: &Texts) -> Html {
    html! {
        <>
            <span class="text-muted">{ format!("{provider}/") }</span><span class="font-medium break-words">{ model.to_owned() }</span>
            if !platform.is_empty() { <span class="text-muted">{ " " }{ fill(t.prices.platform_only, &[("platform", platform)]) }</span> }
        </>
    }
}

fn whole(row: &ModelPrice, mark: &'static str, tone: &'static str, t: &Texts) -> Html {
    let key = format!(
        "{mark}{}/{}/{}/{}",
        row.provider, row.platform, row.model, row.mode
    );
    html! {
        <li {key} class="py-2 min-w-0">
            <span class={classes!("font-mono", tone)}>{ mark }{ " " }</span>{ name(&row.provider, &row.platform, &row.model, t) }
            <span class="block text-xs text-muted break-words">{ line(&row.prices) }</span>
        </li>
    }
}

fn changed(change: &ModelPriceChange, t: &Texts) -> Html {
    let key = format!(
        "{}/{}/{}/{}",
        change.provider, change.platform, change.model, change.mode
    );
    html! {
        <li {key} class="py-2 min-w-0">
            { name(&change.provider, &change.platform, &change.model, t) }
            { for change.fields.iter().map(field) }
        </li>
    }
}

fn field(change: &PriceFieldChange) -> Html {
    let told = |value: &Option<String>| value.clone().unwrap_or_else(|| "–".to_owned());
    let percent = change.percent.as_ref().map(|percent| {
        let dearer = !percent.starts_with('-');
        let sign = if dearer { "+" } else { "" };
        let tone = if dearer { "text-error" } else { "text-success" };
        html! { <span class={classes!("figures", "text-xs", tone)}>{ format!(" {sign}{percent} %") }</span> }
    });
    html! {
        <span key={change.field.clone()} class="block break-words">
            <code class="font-mono text-xs text-muted">{ change.field.clone() }</code>{ " " }
            <span class="figures">{ told(&change.old) }{ " → " }{ told(&change.new) }</span>{ for percent }
        </span>
    }
}
