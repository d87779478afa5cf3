//! Limits over many keys: the organisation's over all of them, and a person's over their own.

use crate::api::policies::{self, use_limits};
use crate::api::use_action;
use crate::i18n::use_texts;
use crate::pages::keys::PersonPicker;
use crate::pages::parts::{FormPanel, add_faults, use_submission};
use crate::pages::rules::{
    ConcurrencyDraft, ConcurrencyFields, WindowDraft, WindowTable, read_windows, window_drafts,
};
use crate::state::use_form;
use crate::ui::{Failure, Field, Skeleton, use_toasts};
use std::rc::Rc;
use tollgate_contract::ids::UserId;
use tollgate_contract::policies::SubjectLimits;
use tollgate_contract::problem::FieldError;
use yew::prelude::*;

/// As they are typed.
#[derive(Clone, Debug, PartialEq)]
struct Draft {
    concurrency: ConcurrencyDraft,
    windows: Vec<WindowDraft>,
    version: i64,
}

impl Draft {
    fn of(limits: &SubjectLimits) -> Self {
        Self {
            concurrency: limits
                .concurrency
                .as_ref()
                .map(ConcurrencyDraft::of)
                .unwrap_or_default(),
            windows: window_drafts(&limits.windows),
            version: limits.version,
        }
    }

    fn read(&self) -> Result<SubjectLimits, Vec<FieldError>> {
        let mut wrong = Vec::new();
        let concurrency = self.concurrency.read("concurrency", &mut wrong);
        let form = SubjectLimits {
            concurrency: Some(concurrency).filter(|rule| rule.limit.is_some()),
            windows: read_windows(&self.windows, "windows", &mut wrong),
            version: self.version,
        };
        add_faults(&mut wrong, &form);
        if wrong.is_empty() { Ok(form) } else { Err(wrong) }
    }
}

/// The organisation's panel.
#[component]
pub fn Limits() -> Html {
    let t = use_texts();
    html! { <Loaded of={None::<UserId>} title={t.policies.limits} text={t.policies.limits_help} id="limits" /> }
}

/// One person's, once it is said whose.
#[component]
pub fn PersonLimits() -> Html {
    let t = use_texts();
    let person = use_state(String::new);
    let onchange = {
        let person = person.clone();
        Callback::from(move |id| person.set(id))
    };
    html! {
        <div class="flex flex-col gap-4">
            <Field id="limits-person" label={t.policies.limits_person}>
                <PersonPicker id="limits-person" value={(*person).clone()} label={t.policies.limits_person} {onchange} />
            </Field>
            if let Ok(of) = person.parse::<UserId>() {
                <Loaded key={of.to_string()} of={Some(of)} title={t.policies.limits_person} text={t.policies.limits_person_help} id="person" />
            }
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct LoadedProps {
    of: Option<UserId>,
    title: AttrValue,
    text: AttrValue,
    /// What its fields' ids begin with.
    id: AttrValue,
}

#[component]
fn Loaded(props: &LoadedProps) -> Html {
    let found = use_limits(props.of);
    match (&found.data, &found.error) {
        (Some(limits), _) => html! {
            <LimitsForm key={limits.version.to_string()} of={props.of} title={props.title.clone()} text={props.text.clone()} id={props.id.clone()} limits={limits.clone()} />
        },
        (None, Some(error)) => html! { <Failure error={error.clone()} onretry={found.reload.clone()} /> },
        (None, None) => html! { <Skeleton class="h-64" /> },
    }
}

#[derive(Properties, PartialEq)]
struct LimitsFormProps {
    of: Option<UserId>,
    title: AttrValue,
    text: AttrValue,
    id: AttrValue,
    limits: Rc<SubjectLimits>,
}

#[component]
fn LimitsForm(props: &LimitsFormProps) -> Html {
    let t = use_texts();
    let toasts = use_toasts();
    let form = use_form(|| Draft::of(&props.limits));
    let done = Callback::from(move |_: SubjectLimits| toasts.done(t.policies.limits_saved));
    let of = props.of;
    let action = use_action(move |form| policies::save_limits(of, form), done);
    let sent = use_submission(form.value.read(), &action);
    let errors = sent.errors.clone();
    html! {
        <FormPanel title={props.title.clone()} text={props.text.clone()} verb={t.policies.limits_save} idle={!form.dirty()} {sent}>
            <ConcurrencyFields field="concurrency" id={props.id.clone()} value={form.value.concurrency.clone()} errors={errors.clone()} waits=false
                onchange={form.on(|form: &mut Draft, concurrency| form.concurrency = concurrency)} />
            <WindowTable field="windows" id={props.id.clone()} windows={form.value.windows.clone()} {errors}
                onchange={form.on(|form: &mut Draft, windows| form.windows = windows)} />
        </FormPanel>
    }
}
