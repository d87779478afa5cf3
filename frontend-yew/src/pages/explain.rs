//! Where a request would go now: a model, a path, a key, and the scheduler's answer. Nothing is sent to any vendor.

mod answer;
mod considered;
mod view;

use crate::api::keys::use_keys;
use crate::api::{schedule, use_action};
use crate::i18n::{Texts, use_texts};
use crate::pages::parts::use_submission;
use crate::router::Route;
use crate::state::{Form, use_form, use_url_state};
use crate::ui::{
    Button, ButtonKind, Choice, Errors, Field, FormFailure, Glyph, Page, PageHead, SelectInput, TextInput,
};
use answer::Answer;
use std::rc::Rc;
use tollgate_contract::keys::KeyQuery;
use tollgate_contract::schedule::ScheduleAnswer;
use view::{ExplainView, PATHS};
use yew::prelude::*;

pub use considered::{ConsideredList, OutLine, reason_text};

/// Enough for a list to choose from; with more keys, the address takes any.
const KEYS_MAX: u32 = 200;

/// The page.
#[component]
pub fn Explain() -> Html {
    let t = use_texts();
    let view = use_url_state::<ExplainView>(Route::Explain);
    let form = use_form(|| (*view.value).clone());
    let answer = use_state(|| None::<Rc<ScheduleAnswer>>);
    let done = {
        let answer = answer.clone();
        Callback::from(move |found: ScheduleAnswer| answer.set(Some(Rc::new(found))))
    };
    let ask = {
        let replace = view.replace.clone();
        move |asked: ExplainView| {
            // So that a link shows a colleague the same question.
            replace.emit(asked.clone());
            let request = asked.to_request();
            async move { schedule::explain(request).await }
        }
    };
    let action = use_action(ask, done);
    let sent = use_submission(form.value.read(), &action);
    {
        let run = action.run.clone();
        use_effect_with((), {
            let asked = (*view.value).clone();
            move |()| {
                if asked.read().is_ok() {
                    run.emit(asked);
                }
            }
        });
    }
    html! {
        <Page>
            <PageHead title={t.explain.title} text={Some(AttrValue::from(t.explain.intro))} />
            <form class="panel p-4 md:p-5" novalidate=true onsubmit={sent.onsubmit.clone()}>
                <Fields form={form.clone()} errors={sent.errors.clone()} />
                <FormFailure error={sent.failure.clone()} />
                <div class="mt-4"><Button kind={ButtonKind::Primary} submit=true glyph={Glyph::Fork} busy={sent.busy} label={t.explain.ask} /></div>
            </form>
            <div role="status" aria-live="polite">
                if let Some(answer) = &*answer {
                    <Answer answer={answer.clone()} />
                }
            </div>
        </Page>
    }
}

#[derive(Properties, PartialEq)]
struct FieldsProps {
    form: Form<ExplainView>,
    errors: Errors,
}

#[component]
fn Fields(props: &FieldsProps) -> Html {
    let t = use_texts();
    let (form, errors) = (&props.form, &props.errors);
    let keys = use_keys(&KeyQuery {
        limit: Some(KEYS_MAX),
        ..KeyQuery::default()
    });
    let known = keys
        .data
        .as_ref()
        .map(|page| page.items.as_slice())
        .unwrap_or_default();
    let mut choices = vec![Choice::new("", t.explain.key_none)];
    choices.extend(
        known
            .iter()
            .map(|key| Choice::new(key.id.to_string(), key.name.clone())),
    );
    if !choices.iter().any(|choice| choice.value == form.value.key) {
        choices.push(Choice::new(form.value.key.clone(), form.value.key.clone()));
    }
    html! {
        <div class="grid gap-4 md:grid-cols-3">
            <Field id="model" label={t.explain.model} error={errors.of("model")}>
                <TextInput id="model" value={form.value.model.clone()} mono=true placeholder="claude-sonnet-4-5" wrong={errors.of("model").is_some()}
                    oninput={form.on(|form: &mut ExplainView, text| form.model = text)} />
            </Field>
            <Field id="path" label={t.explain.path} help={t.explain.path_help} error={errors.of("path")}>
                <SelectInput id="path" value={form.value.path.clone()} choices={paths(&form.value, t)}
                    onchange={form.on(|form: &mut ExplainView, text| form.path = text)} />
            </Field>
            <Field id="key_id" label={t.explain.key} help={t.explain.key_help} error={errors.of("key_id")}>
                <SelectInput id="key_id" value={form.value.key.clone()} {choices} onchange={form.on(|form: &mut ExplainView, text| form.key = text)} />
            </Field>
        </div>
    }
}

fn paths(view: &ExplainView, t: &Texts) -> Vec<Choice> {
    let mut choices: Vec<Choice> = PATHS
        .iter()
        .map(|(path, format)| {
            let name = if path.is_empty() {
                t.explain.path_default
            } else {
                format
            };
            Choice::new(*path, name)
        })
        .collect();
    if !choices.iter().any(|choice| choice.value == view.path) {
        choices.push(Choice::new(view.path.clone(), view.path.clone()));
    }
    choices
}
