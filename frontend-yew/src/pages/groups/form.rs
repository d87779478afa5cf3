//! A group's dialog: a new one, or one that is changed.

use super::draft::Draft;
use super::members::Members;
use crate::api::{groups, use_action};
use crate::i18n::{fill, use_texts};
use crate::pages::parts::{FormDialog, service_name, use_submission};
use crate::state::use_form;
use crate::ui::{Choice, Field, ModalShape, SelectInput, TextInput, use_toasts};
use std::rc::Rc;
use tollgate_contract::groups::AccountGroup;
use tollgate_contract::platform::Service;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct GroupDialogProps {
    /// As it was when the form was opened.
    #[prop_or_default]
    pub edited: Option<Rc<AccountGroup>>,
    pub onclose: Callback<()>,
}

/// The dialog.
#[component]
pub fn GroupDialog(props: &GroupDialogProps) -> Html {
    let t = use_texts();
    let toasts = use_toasts();
    let edited = props.edited.clone();
    let form = use_form(|| Draft::of(edited));
    let done = {
        let onclose = props.onclose.clone();
        Callback::from(move |group: AccountGroup| {
            toasts.done(fill(t.groups.saved, &[("name", &group.name)]));
            onclose.emit(());
        })
    };
    let id = form.first.stored.as_ref().map(|stored| stored.id);
    let action = use_action(move |form| groups::save(id, form), done);
    let sent = use_submission(form.value.read(), &action);
    let errors = &sent.errors;
    let title = match &form.first.stored {
        Some(stored) => fill(t.groups.edit_title, &[("name", &stored.name)]),
        None => t.groups.add.to_owned(),
    };
    let choices = Service::ALL
        .map(|service| Choice::new(service.as_str(), service_name(service, t)))
        .to_vec();
    let onservice = form.on(|form: &mut Draft, text: String| {
        if let Some(service) = Service::parse(&text) {
            form.choose(service);
        }
    });
    html! {
        <FormDialog {title} intro={t.groups.form_intro} shape={ModalShape::Wide} dirty={form.dirty()} idle={id.is_some() && !form.dirty()} verb={t.groups.save}
            sent={sent.clone()} onclose={props.onclose.clone()}>
            <div class="flex flex-col gap-4">
                <Field id="name" label={t.groups.name} error={errors.of("name")}>
                    <TextInput id="name" value={form.value.name.clone()} autofocus=true wrong={errors.of("name").is_some()}
                        oninput={form.on(|form: &mut Draft, text| form.name = text)} />
                </Field>
                if id.is_none() {
                    <Field id="service" label={t.groups.service} help={t.groups.service_help} error={errors.of("service")}>
                        <SelectInput id="service" value={form.value.service.as_str()} {choices} onchange={onservice} />
                    </Field>
                }
                <Members form={form.clone()} errors={errors.clone()} />
                <Field id="description" label={t.accounts.description} optional={t.shared.optional} error={errors.of("description")}>
                    <TextInput id="description" value={form.value.description.clone()} wrong={errors.of("description").is_some()}
                        oninput={form.on(|form: &mut Draft, text| form.description = text)} />
                </Field>
            </div>
        </FormDialog>
    }
}
