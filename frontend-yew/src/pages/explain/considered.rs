//! Accounts that did not get a request, and why: the dry run's list, and the one that every request keeps.

use crate::i18n::{Texts, use_texts};
use crate::pages::parts::Go;
use crate::router::Route;
use crate::ui::{Moment, Pill, Tone};
use chrono::{DateTime, Utc};
use tollgate_contract::ids::AccountId;
use yew::prelude::*;

/// One account.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OutLine {
    /// Absent where it is the platform's.
    pub id: Option<AccountId>,
    pub name: String,
    /// What a program may act on; empty in requests of old.
    pub code: String,
    /// Why, in the scheduler's words.
    pub text: String,
    /// When that ends, if it is a matter of time.
    pub until: Option<DateTime<Utc>>,
}

#[derive(Properties, PartialEq)]
pub struct ConsideredListProps {
    pub lines: Vec<OutLine>,
}

/// The list.
#[component]
pub fn ConsideredList(props: &ConsideredListProps) -> Html {
    let t = use_texts();
    let lines = props.lines.iter().enumerate().map(|(at, line)| {
        let name = match line.id {
            Some(id) => html! { <Go to={Route::Accounts} query={format!("open={id}")} class="font-medium hover:underline break-words">{ line.name.clone() }</Go> },
            None => html! { <span class="font-medium break-words">{ line.name.clone() }</span> },
        };
        html! {
            <li key={at} class="flex flex-col gap-0.5 py-2">
                <div class="flex flex-wrap items-center gap-2">
                    { name }
                    if let Some((tone, word)) = out_word(&line.code, t) {
                        <Pill {tone} text={word} />
                    }
                    if let Some(at) = line.until {
                        <span class="ml-auto text-xs text-muted"><Moment {at} /></span>
                    }
                </div>
                <p class="text-xs text-muted break-words">{ line.text.clone() }</p>
            </li>
        }
    });
    html! { <ul class="divide-y divide-base-300">{ for lines }</ul> }
}

/// Why an account was out, in a word; unknown codes say it by the scheduler's own sentence alone.
fn out_word(code: &str, t: &Texts) -> Option<(Tone, &'static str)> {
    let t = &t.explain;
    Some(match code {
        "other_platform" => (Tone::Quiet, t.out_other_platform),
        "model" => (Tone::Quiet, t.out_model),
        "unschedulable" => (Tone::Quiet, t.out_unschedulable),
        "unusable" => (Tone::Bad, t.out_unusable),
        "state" => (Tone::Waiting, t.out_state),
        "token" => (Tone::Bad, t.out_token),
        "probed" => (Tone::Waiting, t.out_probed),
        "at_cap" | "rate_cap" => (Tone::Waiting, t.out_cap),
        "daily_cap" => (Tone::Waiting, t.out_daily_cap),
        "window" => (Tone::Waiting, t.out_window),
        "fair_share" => (Tone::Waiting, t.out_fair_share),
        "not_bound" => (Tone::Quiet, t.out_not_bound),
        "pinned" => (Tone::Quiet, t.out_pinned),
        "own_only" => (Tone::Quiet, t.out_own_only),
        "tried" => (Tone::Bad, t.out_tried),
        "later" => (Tone::Quiet, t.out_later),
        "not_chosen" => (Tone::Quiet, t.out_not_chosen),
        _ => return None,
    })
}

/// Why the one that got it did, or why none could; unknown codes as they are.
pub fn reason_text(code: &str, t: &Texts) -> String {
    let t = &t.explain;
    let text = match code {
        "sticky" => t.why_sticky,
        "pinned" => t.why_pinned,
        "bound" => t.why_bound,
        "priority" => t.why_priority,
        "least_load" => t.why_least_load,
        "only_candidate" => t.why_only_candidate,
        "none_configured" => t.why_none_configured,
        "none_offers_model" => t.why_none_offers_model,
        "all_tried" => t.why_all_tried,
        "all_unavailable" => t.why_all_unavailable,
        "model_not_allowed" => t.why_model_not_allowed,
        "service_not_allowed" => t.why_service_not_allowed,
        other => return other.to_owned(),
    };
    text.to_owned()
}
