//! Verdicts, causes and figures in words.

use crate::format;
use crate::i18n::{Texts, fill};
use crate::ui::{Money, Pill, Tone};
use tollgate_contract::money::NanoUsd;
use tollgate_contract::reconcile::{ReconcileCause, ReconcileRow, ReconcileVerdict};
use yew::prelude::*;

/// How the sides stand to each other.
pub fn verdict_pill(verdict: ReconcileVerdict, t: &Texts) -> Html {
    let (tone, text) = match verdict {
        ReconcileVerdict::Agrees => (Tone::Good, t.reconcile.agrees),
        ReconcileVerdict::Differs => (Tone::Bad, t.reconcile.differs),
        ReconcileVerdict::OnlyHere => (Tone::Waiting, t.reconcile.only_here),
        ReconcileVerdict::OnlyThere => (Tone::Bad, t.reconcile.only_there),
        ReconcileVerdict::NoReport => (Tone::Quiet, t.reconcile.no_report),
    };
    html! { <Pill {tone} {text} /> }
}

/// Likely causes, the likeliest first.
pub fn causes(row: &ReconcileRow, t: &Texts) -> String {
    let words = row.causes.iter().map(|cause| match cause {
        ReconcileCause::UnknownRequests => {
            fill(t.reconcile.cause_unknown, &[("number", &row.unknown.to_string())])
        }
        ReconcileCause::EstimatedRequests => fill(
            t.reconcile.cause_estimated,
            &[("number", &row.estimated.to_string())],
        ),
        ReconcileCause::Prices => t.reconcile.cause_prices.to_owned(),
        ReconcileCause::Elsewhere => t.reconcile.cause_elsewhere.to_owned(),
        ReconcileCause::OtherScope => t.reconcile.cause_scope.to_owned(),
        ReconcileCause::NoModel => t.reconcile.cause_no_model.to_owned(),
        ReconcileCause::BesideTokens => t.reconcile.cause_beside.to_owned(),
    });
    words.collect::<Vec<_>>().join(" · ")
}

/// An amount, if it is told.
pub fn amount(amount: Option<NanoUsd>) -> Html {
    match amount {
        Some(amount) => html! { <Money {amount} /> },
        None => html! { <span class="text-muted">{ "–" }</span> },
    }
}

/// A number of tokens with its sign, if it is told.
pub fn tokens(tokens: Option<i64>) -> Html {
    let shown = tokens.map_or_else(
        || "–".to_owned(),
        |tokens| {
            let sign = if tokens < 0 { "-" } else { "" };
            format!("{sign}{}", format::count(tokens.unsigned_abs()))
        },
    );
    html! { <span class="figures">{ shown }</span> }
}
