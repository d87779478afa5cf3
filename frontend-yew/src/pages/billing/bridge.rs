//! Why a month's report and its statement differ: steps that add up.

use crate::api::billing::{Whose, use_bridge};
use crate::format;
use crate::i18n::{fill, use_texts};
use crate::pages::parts::{fact, section};
use crate::ui::{Failure, Money, Skeleton};
use tollgate_contract::money::NanoUsd;
use tollgate_contract::periods::BridgeStep;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct BridgeProps {
    pub whose: Whose,
    pub month: String,
}

/// Steps that are nothing are left out.
#[component]
pub fn Bridge(props: &BridgeProps) -> Html {
    let t = use_texts();
    let found = use_bridge(props.whose, &props.month);
    let line = |name: &'static str, amount: NanoUsd| fact(name, html! { <Money exact=true {amount} /> });
    let step = |name: &'static str, step: BridgeStep| {
        if step.count == 0 && step.amount_nano.0 == 0 {
            return Html::default();
        }
        let bookings = fill(
            t.billing.bookings,
            &[("number", &format::count_signed(step.count))],
        );
        html! {
            <div class="flex justify-between gap-4 py-1.5">
                <dt class="text-muted">{ name }{ " · " }{ bookings }</dt><dd><Money exact=true amount={step.amount_nano} /></dd>
            </div>
        }
    };
    let body = match (&found.data, &found.error) {
        (Some(bridge), _) => html! {
            <dl class="divide-y divide-base-300" data-testid="bridge">
                { line(t.billing.bridge_report, bridge.report_nano) }
                { step(t.billing.bridge_booked_later, bridge.booked_later) }
                { step(t.billing.bridge_corrected_later, bridge.corrected_later) }
                { step(t.billing.bridge_late_requests, bridge.late_requests) }
                { step(t.billing.bridge_late_corrections, bridge.late_corrections) }
                if bridge.dropped_nano.0 != 0 {
                    { line(t.billing.bridge_dropped, bridge.dropped_nano) }
                }
                { fact(t.billing.bridge_statement, html! { <strong><Money exact=true amount={bridge.statement_nano} /></strong> }) }
            </dl>
        },
        (None, Some(error)) => html! { <Failure error={error.clone()} onretry={found.reload.clone()} /> },
        (None, None) => html! { <Skeleton class="h-24" /> },
    };
    html! {
        <>
            { section(t.billing.bridge) }
            <p class="mb-1 text-xs text-muted">{ t.billing.bridge_help }</p>
            { body }
        </>
    }
}
