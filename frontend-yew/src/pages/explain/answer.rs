//! The scheduler's answer: a sentence, the account that would get the request, and all others with why they would not.

use super::considered::{ConsideredList, OutLine, reason_text};
use crate::i18n::{fill, use_texts};
use crate::pages::accounts::platform_name;
use crate::pages::parts::{Go, fact};
use crate::router::Route;
use crate::ui::{Glyph, Icon, Moment};
use std::rc::Rc;
use tollgate_contract::schedule::{ConsideredAccount, ScheduleAnswer};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct AnswerProps {
    pub answer: Rc<ScheduleAnswer>,
}

/// The answer.
#[component]
pub fn Answer(props: &AnswerProps) -> Html {
    let t = use_texts();
    let answer = &props.answer;
    let (glyph, look) = if answer.picked.is_some() {
        (Glyph::Check, "text-success")
    } else {
        (Glyph::Alert, "text-error")
    };
    let lines: Vec<OutLine> = answer.considered.iter().map(line).collect();
    html! {
        <section class="panel mt-5 p-4 md:p-5" data-testid="explained">
            <div class="flex gap-3">
                <Icon {glyph} class={classes!("size-5", "mt-0.5", look)} />
                <p class="min-w-0 break-words text-base">{ answer.sentence.clone() }</p>
            </div>
            <dl class="mt-3 divide-y divide-base-300">
                if let Some(picked) = &answer.picked {
                    { fact(t.explain.goes_to, match picked.id {
                        Some(id) => html! { <Go to={Route::Accounts} query={format!("open={id}")} class="link">{ picked.name.clone() }</Go> },
                        None => html! { { picked.name.clone() } },
                    }) }
                    { fact(t.accounts.platform, html! { { platform_name(picked.platform, t) } }) }
                    { fact(t.requests.model_sent, html! { <code class="font-mono text-xs">{ picked.model.clone() }</code> }) }
                }
                { fact(t.explain.reason, html! { { reason_text(&answer.reason, t) } }) }
                if let Some(at) = answer.recovers_at {
                    { fact(t.explain.recovers, html! { <Moment {at} /> }) }
                }
                { fact(t.explain.as_of, html! { <Moment at={answer.at} absolute=true /> }) }
            </dl>
            if !lines.is_empty() {
                <h2 class="mt-5 mb-2 font-semibold">{ fill(t.explain.others, &[("number", &lines.len().to_string())]) }</h2>
                <ConsideredList {lines} />
            }
        </section>
    }
}

fn line(account: &ConsideredAccount) -> OutLine {
    OutLine {
        id: account.id,
        name: account.name.clone(),
        code: account.code.clone(),
        text: account.text.clone(),
        until: account.until,
    }
}
