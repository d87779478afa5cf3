//! Why a request went where it went, as an admin reads it.

use super::explanation::{Explanation, Failed};
use crate::format;
use crate::i18n::{Texts, fill, use_texts};
use crate::pages::explain::{ConsideredList, reason_text};
use crate::pages::parts::section;
use crate::ui::{Glyph, Icon};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct WhyProps {
    pub explanation: Explanation,
}

/// The sentence, what failed before and what that cost, and who else was considered.
#[component]
pub fn Why(props: &WhyProps) -> Html {
    let t = use_texts();
    let explanation = &props.explanation;
    let sentence = if explanation.sentence.is_empty() {
        plain_sentence(explanation, t)
    } else {
        explanation.sentence.clone()
    };
    // Those that were tried stand above, with what came of it.
    let others: Vec<_> = explanation
        .considered
        .iter()
        .filter(|line| line.code != "tried")
        .cloned()
        .collect();
    html! {
        <div data-testid="why">
            { section(t.requests.explanation) }
            <p class="break-words">{ sentence }</p>
            if !explanation.failed.is_empty() {
                { section(t.requests.failed_before) }
                <ol class="flex flex-col gap-2">{ for explanation.failed.iter().enumerate().map(|(at, failed)| line(at, failed, t)) }</ol>
            }
            if !others.is_empty() {
                { section(t.requests.considered) }
                <ConsideredList lines={others} />
            }
            if explanation.others > 0 {
                <p class="mt-1 text-xs text-muted">{ fill(t.requests.others, &[("number", &format::count(explanation.others))]) }</p>
            }
        </div>
    }
}

/// For events that keep no sentence.
fn plain_sentence(explanation: &Explanation, t: &Texts) -> String {
    let why = reason_text(&explanation.reason, t);
    match &explanation.picked {
        Some((_, name)) => fill(t.requests.went_to, &[("name", name), ("why", &why)]),
        None if explanation.reason.is_empty() => t.requests.account_none.to_owned(),
        None => why,
    }
}

fn line(at: usize, failed: &Failed, t: &Texts) -> Html {
    let status = failed
        .http_status
        .map(|status| format!(" · HTTP {status}"))
        .unwrap_or_default();
    let what = fill(
        t.requests.failed_after,
        &[
            ("name", &failed.account),
            ("time", &format::duration(failed.after_ms)),
        ],
    );
    html! {
        <li key={at} class="flex gap-2">
            <Icon glyph={Glyph::Alert} class="size-4 mt-0.5 text-error" />
            <div class="min-w-0">
                <p class="break-words">{ what }</p>
                <p class="text-xs text-muted"><code>{ failed.code.clone() }</code>{ status }{ " · " }
                    { if failed.unknown_cost { t.requests.failed_unknown_cost } else { t.requests.failed_no_cost } }</p>
            </div>
        </li>
    }
}
