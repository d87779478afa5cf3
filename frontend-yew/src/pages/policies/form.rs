//! A policy's dialog: a new one, or one that is changed.

use crate::api::{policies, use_action};
use crate::i18n::{fill, use_texts};
use crate::pages::parts::{FormDialog, Newest, add_faults, use_submission};
use crate::pages::rules::{Change, Levels, RulesDraft, RulesEditor};
use crate::state::use_form;
use crate::ui::{Field, ModalShape, Switch, TextInput, use_toasts};
use std::rc::Rc;
use tollgate_contract::policies::{Policy, PolicyForm};
use tollgate_contract::problem::FieldError;
use yew::prelude::*;

/// The form as it is typed.
#[derive(Clone, Debug, Default, PartialEq)]
struct Draft {
    name: String,
    description: String,
    is_default: bool,
    rules: RulesDraft,
    version: Option<i64>,
}

impl Draft {
    fn of(policy: &Policy) -> Self {
        Self {
            name: policy.name.clone(),
            description: policy.description.clone(),
            is_default: policy.is_default,
            rules: RulesDraft::of(&policy.rules),
            version: Some(policy.version),
        }
    }

    fn read(&self) -> Result<PolicyForm, Vec<FieldError>> {
        let mut wrong = Vec::new();
        let form = PolicyForm {
            name: self.name.trim().to_owned(),
            description: self.description.trim().to_owned(),
            is_default: self.is_default,
            rules: self.rules.read("rules", &mut wrong),
            version: self.version,
        };
        add_faults(&mut wrong, &form);
        if wrong.is_empty() { Ok(form) } else { Err(wrong) }
    }
}

#[derive(Properties, PartialEq)]
pub struct PolicyDialogProps {
    /// As it was when the form was opened.
    #[prop_or_default]
    pub edited: Option<Rc<Policy>>,
    #[prop_or_default]
    pub newest: Option<Newest>,
    pub onclose: Callback<()>,
}

/// The dialog.
#[component]
pub fn PolicyDialog(props: &PolicyDialogProps) -> Html {
    let t = use_texts();
    let toasts = use_toasts();
    let stored = props.edited.clone();
    let form = use_form(|| stored.as_deref().map_or_else(Draft::default, Draft::of));
    let done = {
        let onclose = props.onclose.clone();
        Callback::from(move |policy: Policy| {
            toasts.done(fill(t.policies.saved, &[("name", &policy.name)]));
            onclose.emit(());
        })
    };
    let id = stored.as_ref().map(|stored| stored.id);
    let action = use_action(move |form| policies::save(id, form), done);
    let sent = use_submission(form.value.read(), &action);
    let errors = sent.errors.clone();
    let title = match &stored {
        Some(stored) => fill(t.policies.edit_title, &[("name", &stored.name)]),
        None => t.policies.add.to_owned(),
    };
    html! {
        <FormDialog {title} shape={ModalShape::Wide} dirty={form.dirty()} idle={id.is_some() && !form.dirty()} verb={t.policies.save}
            {sent} newest={props.newest.clone()} onclose={props.onclose.clone()}>
            <div class="flex flex-col gap-4">
                <Field id="name" label={t.policies.name} error={errors.of("name")}>
                    <TextInput id="name" value={form.value.name.clone()} autofocus=true wrong={errors.of("name").is_some()}
                        oninput={form.on(|form: &mut Draft, text| form.name = text)} />
                </Field>
                <Field id="description" label={t.policies.description} optional={t.shared.optional} error={errors.of("description")}>
                    <TextInput id="description" value={form.value.description.clone()} wrong={errors.of("description").is_some()}
                        oninput={form.on(|form: &mut Draft, text| form.description = text)} />
                </Field>
                <Switch id="is_default" label={t.policies.default} help={t.policies.default_help} on={form.value.is_default}
                    onchange={form.on(|form: &mut Draft, on| form.is_default = on)} />
                <RulesEditor rules={form.value.rules.clone()} {errors} levels={Levels::Policy}
                    onchange={form.on(|form: &mut Draft, change: Change| change.apply(&mut form.rules))} />
            </div>
        </FormDialog>
    }
}
