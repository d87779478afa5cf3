//! What a re-pricing would do: sums, and requests as examples.

use crate::format;
use crate::i18n::{Texts, fill, use_texts};
use crate::ui::{Column, Money, Pill, Row, Table, Tone};
use std::rc::Rc;
use tollgate_contract::books::{RepricedRequest, RepricingSeen};
use tollgate_contract::money::NanoUsd;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct SeenProps {
    pub seen: Rc<RepricingSeen>,
}

/// The preview.
#[component]
pub fn Seen(props: &SeenProps) -> Html {
    let t = use_texts();
    let seen = &props.seen;
    let count = |text: &str, number: u64| fill(text, &[("number", &format::count(number))]);
    let mut told = vec![count(t.repricing.looked_at, seen.looked_at)];
    if seen.unpriced > 0 {
        told.push(count(t.repricing.unpriced, seen.unpriced));
    }
    if seen.late_events > 0 {
        told.push(count(t.repricing.closed, seen.late_events));
    }
    let columns = vec![
        Column::text(t.repricing.request),
        Column::text(t.repricing.model),
        Column::figure(t.repricing.charge),
        Column::figure(t.repricing.cost),
    ];
    let rows: Vec<Row> = seen.first.iter().map(|one| line(one, t)).collect();
    let costs = seen.costs;
    let of_costs = costs.map_or(0, |costs| u64::try_from(costs.events).unwrap_or(0));
    html! {
        <div class="flex flex-col gap-4" data-testid="repricing-seen">
            <p class="text-muted">{ told.join(" · ") }</p>
            <div class="grid gap-3 sm:grid-cols-2">
                { sums(t.repricing.charge, seen.events, seen.old_nano, seen.new_nano, t) }
                { sums(t.repricing.cost, of_costs, costs.map(|it| it.old_nano).unwrap_or_default(), costs.map(|it| it.new_nano).unwrap_or_default(), t) }
            </div>
            if rows.is_empty() {
                <p class="font-medium">{ t.repricing.nothing }</p>
            } else {
                <div>
                    <h3 class="mb-1.5 text-xs font-semibold text-muted">{ t.repricing.first }</h3>
                    <div class="panel overflow-y-auto max-h-80" tabindex="0"><Table label={t.repricing.first} {columns} rows={Some(rows)} /></div>
                </div>
            }
        </div>
    }
}

fn sums(name: &'static str, events: u64, old: NanoUsd, new: NanoUsd, t: &Texts) -> Html {
    let change = NanoUsd(new.0.saturating_sub(old.0));
    html! {
        <div class="rounded-lg border border-base-300 p-4 min-w-0">
            <p class="text-xs text-muted">{ name }{ " · " }<span class="figures">{ format::count(events) }</span>{ " " }{ t.repricing.requests }</p>
            <p class="mt-1 font-semibold">{ moved(old, new) }</p>
            <p class="text-xs text-muted">{ t.repricing.change }{ " " }<Money amount={change} /></p>
        </div>
    }
}

/// From one amount to another.
pub fn moved(old: NanoUsd, new: NanoUsd) -> Html {
    html! { <span><Money amount={old} /><span class="text-muted">{ " → " }</span><Money amount={new} /></span> }
}

fn line(of: &RepricedRequest, t: &Texts) -> Row {
    let changed = |old: NanoUsd, new: NanoUsd| {
        if old == new {
            return html! { <span class="text-muted"><Money amount={old} /></span> };
        }
        moved(old, new)
    };
    Row {
        key: of.request_id.to_string().into(),
        cells: vec![
            html! {
                <span class="inline-flex flex-wrap items-center gap-2 min-w-0">
                    <code class="font-mono text-xs break-all">{ of.request_id.to_string() }</code>
                    if of.late { <Pill tone={Tone::Waiting} text={t.repricing.late} /> }
                </span>
            },
            html! { <span class="break-words">{ of.model.clone() }</span> },
            changed(of.old_nano, of.new_nano),
            match of.old_cost_nano.zip(of.new_cost_nano) {
                Some((old, new)) => changed(old, new),
                None => html! { <span class="text-muted">{ "–" }</span> },
            },
        ],
        onopen: None,
        menu: Html::default(),
    }
}
