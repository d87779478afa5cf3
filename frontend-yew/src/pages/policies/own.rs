//! What members may do with keys of their own.

use crate::api::policies::{self, use_self_service};
use crate::api::use_action;
use crate::i18n::use_texts;
use crate::pages::parts::{FormPanel, add_faults, number, use_submission};
use crate::pages::rules::{ServiceBoxes, WindowDraft, WindowTable, read_windows, window_drafts};
use crate::state::{Form, use_form};
use crate::ui::{Errors, Failure, Field, FormColumns, NumberInput, Skeleton, Switch, use_toasts};
use std::rc::Rc;
use tollgate_contract::platform::Service;
use tollgate_contract::policies::SelfService;
use tollgate_contract::problem::FieldError;
use yew::prelude::*;

/// As it is typed.
#[derive(Clone, Debug, PartialEq)]
struct Draft {
    allowed: bool,
    keys_max: String,
    services: Vec<Service>,
    concurrency_max: String,
    windows_max: Vec<WindowDraft>,
    lifetime_max_days: String,
    version: i64,
}

impl Draft {
    fn of(own: &SelfService) -> Self {
        let some = |number: Option<u32>| number.map(|number| number.to_string()).unwrap_or_default();
        Self {
            allowed: own.allowed,
            keys_max: some(own.keys_max),
            services: own.services.clone(),
            concurrency_max: some(own.concurrency_max),
            windows_max: window_drafts(&own.windows_max),
            lifetime_max_days: some(own.lifetime_max_days),
            version: own.version,
        }
    }

    fn read(&self) -> Result<SelfService, Vec<FieldError>> {
        let mut wrong = Vec::new();
        let form = SelfService {
            allowed: self.allowed,
            keys_max: number("keys_max", &self.keys_max, &mut wrong),
            services: self.services.clone(),
            concurrency_max: number("concurrency_max", &self.concurrency_max, &mut wrong),
            windows_max: read_windows(&self.windows_max, "windows_max", &mut wrong),
            lifetime_max_days: number("lifetime_max_days", &self.lifetime_max_days, &mut wrong),
            version: self.version,
        };
        add_faults(&mut wrong, &form);
        if wrong.is_empty() { Ok(form) } else { Err(wrong) }
    }
}

/// The panel.
#[component]
pub fn Own() -> Html {
    let found = use_self_service();
    match (&found.data, &found.error) {
        (Some(own), _) => html! { <OwnForm key={own.version.to_string()} own={own.clone()} /> },
        (None, Some(error)) => html! { <Failure error={error.clone()} onretry={found.reload.clone()} /> },
        (None, None) => html! { <Skeleton class="h-64" /> },
    }
}

#[derive(Properties, PartialEq)]
struct OwnFormProps {
    own: Rc<SelfService>,
}

#[component]
fn OwnForm(props: &OwnFormProps) -> Html {
    let t = use_texts();
    let toasts = use_toasts();
    let form = use_form(|| Draft::of(&props.own));
    let done = Callback::from(move |_: SelfService| toasts.done(t.policies.self_saved));
    let action = use_action(policies::save_self_service, done);
    let sent = use_submission(form.value.read(), &action);
    let errors = sent.errors.clone();
    html! {
        <FormPanel title={t.policies.self_title} text={t.policies.self_help} verb={t.policies.self_save} idle={!form.dirty()} {sent}>
            <Switch id="allowed" label={t.policies.self_allowed} help={t.policies.self_allowed_help} on={form.value.allowed}
                onchange={form.on(|form: &mut Draft, on| form.allowed = on)} />
            if form.value.allowed {
                <Numbers form={form.clone()} errors={errors.clone()} />
                <div role="group" aria-label={t.policies.self_services}>
                    <p class="mb-1.5 font-medium">{ t.policies.self_services }</p>
                    <ServiceBoxes id="self-service" services={form.value.services.clone()}
                        onchange={form.on(|form: &mut Draft, services| form.services = services)} />
                </div>
                <div role="group" aria-label={t.policies.self_windows}>
                    <p class="mb-1.5 font-medium">{ t.policies.self_windows }</p>
                    <WindowTable field="windows_max" id="self" windows={form.value.windows_max.clone()} {errors}
                        onchange={form.on(|form: &mut Draft, windows| form.windows_max = windows)} />
                </div>
            }
        </FormPanel>
    }
}

#[derive(Properties, PartialEq)]
struct NumbersProps {
    form: Form<Draft>,
    errors: Errors,
}

#[component]
fn Numbers(props: &NumbersProps) -> Html {
    let t = use_texts();
    let (form, errors) = (&props.form, &props.errors);
    let field = |id: &'static str, label: &'static str, value: &str, set: fn(&mut Draft, String)| {
        let error = errors.of(id);
        let wrong = error.is_some();
        html! {
            <Field {id} {label} {error}>
                <NumberInput {id} value={value.to_owned()} placeholder={t.shared.unlimited} {wrong} oninput={form.on(set)} />
            </Field>
        }
    };
    html! {
        <FormColumns>
            { field("keys_max", t.policies.self_keys, &form.value.keys_max, |form, text| form.keys_max = text) }
            { field("concurrency_max", t.policies.self_concurrency, &form.value.concurrency_max, |form, text| form.concurrency_max = text) }
            { field("lifetime_max_days", t.policies.self_lifetime, &form.value.lifetime_max_days, |form, text| form.lifetime_max_days = text) }
        </FormColumns>
    }
}
