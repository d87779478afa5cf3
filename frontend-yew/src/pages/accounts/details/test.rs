//! The test of an account, told while it runs. Leaving the drawer ends it.

use crate::api::ApiError;
use crate::api::accounts::{self, TestNews};
use crate::format;
use crate::i18n::{Texts, fill, use_texts};
use crate::pages::parts::section;
use crate::ui::{Button, FormFailure, Glyph, Icon, Moment, Pill, Tone};
use std::rc::Rc;
use tollgate_contract::accounts::{Account, AccountTest, TestStep};
use wasm_bindgen_futures::spawn_local;
use web_sys::AbortController;
use yew::prelude::*;

/// What is known of a test.
#[derive(Clone, Debug, Default, PartialEq)]
struct Run {
    running: bool,
    steps: Vec<TestStep>,
    done: Option<AccountTest>,
    error: Option<Rc<ApiError>>,
}

enum News {
    Begun,
    Told(TestNews),
    Ended(Option<ApiError>),
}

impl Reducible for Run {
    type Action = News;

    fn reduce(self: Rc<Self>, news: News) -> Rc<Self> {
        let mut next = (*self).clone();
        match news {
            News::Begun => {
                next = Self {
                    running: true,
                    ..Self::default()
                }
            }
            News::Told(TestNews::Step(step)) => next.tell(step),
            News::Told(TestNews::Done(done)) => next.done = Some(done),
            News::Ended(error) => {
                next.running = false;
                next.error = error.filter(|error| !error.is_silent()).map(Rc::new);
            }
        }
        Rc::new(next)
    }
}

impl Run {
    /// The model's words come piece by piece, and are one line.
    fn tell(&mut self, step: TestStep) {
        match self.steps.last_mut() {
            Some(last) if last.step == "text" && step.step == "text" => last.text.push_str(&step.text),
            _ => self.steps.push(step),
        }
    }
}

#[derive(Properties, PartialEq)]
pub struct TestProps {
    pub shown: Rc<Account>,
}

/// The button, the steps, and what came of it.
#[component]
pub fn Test(props: &TestProps) -> Html {
    let t = use_texts();
    let run = use_reducer(Run::default);
    let controller = use_mut_ref(|| None::<AbortController>);
    {
        let controller = controller.clone();
        use_effect_with(props.shown.id, move |_| {
            move || {
                if let Some(controller) = controller.take() {
                    controller.abort();
                }
            }
        });
    }
    let start = {
        let (dispatcher, platform, id) = (run.dispatcher(), props.shown.platform, props.shown.id);
        Callback::from(move |()| {
            let abort = AbortController::new().ok();
            let signal = abort.as_ref().map(AbortController::signal);
            controller.replace(abort);
            let dispatcher = dispatcher.clone();
            dispatcher.dispatch(News::Begun);
            spawn_local(async move {
                let told = |news| dispatcher.dispatch(News::Told(news));
                let outcome = accounts::test(platform, id, signal.as_ref(), told).await;
                dispatcher.dispatch(News::Ended(outcome.err()));
            });
        })
    };
    html! {
        <>
            { section(t.accounts.test) }
            <p class="mb-2 text-xs text-muted">{ t.accounts.test_help }</p>
            <div class="flex flex-wrap items-center gap-3">
                <Button glyph={Glyph::Play} label={t.accounts.test} busy={run.running} onclick={start} />
                { last(&props.shown, t) }
            </div>
            if run.running || !run.steps.is_empty() {
                <ol class="mt-3 rounded-lg bg-base-200 px-4 py-2 font-mono text-xs" data-testid="test-steps">{ for run.steps.iter().enumerate().map(|(at, step)| line(at, step)) }</ol>
            }
            <div role="status">
                if let Some(tested) = &run.done {
                    { outcome(tested, t) }
                } else if run.running {
                    <p class="mt-3 text-muted">{ t.accounts.test_running }</p>
                }
            </div>
            <FormFailure error={run.error.clone()} />
        </>
    }
}

/// What the test before said.
fn last(account: &Account, t: &Texts) -> Html {
    let Some(test) = &account.last_test else {
        return Html::default();
    };
    let (tone, word) = if test.code == "ok" {
        (Tone::Good, t.accounts.test_passed)
    } else {
        (Tone::Bad, t.accounts.test_failed)
    };
    html! {
        <span class="flex items-center gap-2 text-xs text-muted" title={test.message.clone()}><Pill {tone} text={word} /><Moment at={test.at} /></span>
    }
}

fn line(at: usize, step: &TestStep) -> Html {
    html! {
        <li key={at} class="flex gap-3 py-0.5">
            <span class="figures w-16 shrink-0 text-right text-muted">{ format::duration(step.at_ms) }</span>
            <span class="min-w-0 whitespace-pre-wrap break-words">{ step.text.clone() }</span>
        </li>
    }
}

fn outcome(tested: &AccountTest, t: &Texts) -> Html {
    if tested.ok {
        let time = format::duration(tested.latency_ms);
        let text = fill(t.accounts.test_good, &[("model", &tested.model), ("time", &time)]);
        return html! {
            <div class="mt-3 flex gap-3 rounded-lg border border-success/30 bg-success/8 px-4 py-3" data-testid="account-tested">
                <Icon glyph={Glyph::Check} class="size-5 text-success mt-0.5" /><p class="min-w-0 break-words">{ text }</p>
            </div>
        };
    }
    let status = tested
        .http_status
        .map(|status| format!("HTTP {status} · "))
        .unwrap_or_default();
    html! {
        <div class="mt-3 flex gap-3 rounded-lg border border-error/30 bg-error/8 px-4 py-3" data-testid="account-tested">
            <Icon glyph={Glyph::Alert} class="size-5 text-error mt-0.5" />
            <div class="min-w-0">
                <p class="font-medium">{ t.accounts.test_bad }</p>
                <p class="break-words">{ tested.message.clone() }</p>
                <p class="text-xs text-muted">{ status }<code>{ tested.code.clone() }</code>{ " · " }{ tested.model.clone() }</p>
            </div>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(step: &str, text: &str) -> News {
        News::Told(TestNews::Step(TestStep {
            at_ms: 1,
            step: step.to_owned(),
            text: text.to_owned(),
        }))
    }

    #[test]
    fn the_models_words_become_one_line_and_a_new_test_forgets_the_old_one() {
        let told = [
            News::Begun,
            step("send", "sent"),
            step("text", "Hel"),
            step("text", "lo"),
            step("end", "over"),
        ];
        let run = told.into_iter().fold(Rc::new(Run::default()), Run::reduce);
        let texts: Vec<&str> = run.steps.iter().map(|step| step.text.as_str()).collect();
        assert_eq!((texts, run.running), (vec!["sent", "Hello", "over"], true));
        let ended = run.reduce(News::Ended(Some(ApiError::Offline)));
        assert!(!ended.running && ended.error.is_some());
        let again = ended.reduce(News::Begun);
        assert!(again.steps.is_empty() && again.error.is_none());
    }

    #[test]
    fn who_leaves_is_told_nothing() {
        let run = Rc::new(Run::default()).reduce(News::Ended(Some(ApiError::Aborted)));
        assert_eq!(run.error, None);
    }
}
