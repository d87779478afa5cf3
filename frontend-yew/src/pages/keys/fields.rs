//! The fields that creating and editing keys share.

use super::bindings::Bindings;
use super::draft::Draft;
use super::expiry::ExpiryFields;
use super::inherited::{PolicyField, use_inherited};
use super::person::PersonPicker;
use crate::i18n::use_texts;
use crate::pages::rules::{Change, RulesEditor};
use crate::state::{Form, may, use_me};
use crate::ui::{Errors, Field, FormColumns, Switch, TagsInput, TextArea, TextInput};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct KeyFieldsProps {
    pub form: Form<Draft>,
    pub errors: Errors,
    /// Everything in sight, as when editing.
    #[prop_or_default]
    pub all: bool,
    /// Whether they are of one key, which has a name of its own.
    #[prop_or(true)]
    pub named: bool,
}

impl KeyFieldsProps {
    /// Whether any of these is at fault.
    fn any(&self, fields: &[&str]) -> bool {
        let named = |field: &str| fields.iter().any(|prefix| field.starts_with(prefix));
        self.errors.0.iter().any(|error| named(&error.field))
    }
}

/// The fields.
#[component]
pub fn KeyFields(props: &KeyFieldsProps) -> Html {
    let t = use_texts();
    let (form, errors) = (&props.form, &props.errors);
    // What is at fault must be in sight.
    let labels = props.all
        || props.any(&[
            "expires_at",
            "lifetime_s",
            "tags",
            "cost_centre",
            "owner_user_id",
            "description",
            "bindings",
        ]);
    let rules = props.any(&["rules"]) || (props.all && !form.value.rules.is_empty());
    // What was opened stays so when the fault is mended: somebody is at work in there.
    let opened = use_mut_ref(|| (false, false));
    let (labels, rules) = {
        let mut opened = opened.borrow_mut();
        *opened = (opened.0 || labels, opened.1 || rules);
        *opened
    };
    html! {
        <div class="flex flex-col gap-4">
            if props.named {
                <Name form={form.clone()} errors={errors.clone()} />
            }
            <PolicyField id="policy_id" value={form.value.policy.clone()} none={t.keys.policy_none} error={errors.of("policy_id")}
                onchange={form.on(|form: &mut Draft, text| form.policy = text)} />
            { group(t.keys.more, labels, html! { <Labels form={form.clone()} errors={errors.clone()} /> }) }
            { group(t.keys.rules, rules, html! { <Rules form={form.clone()} errors={errors.clone()} /> }) }
        </div>
    }
}

fn group(title: &'static str, open: bool, fields: Html) -> Html {
    html! {
        <details class="group rounded-lg border border-base-300" {open}>
            <summary class="cursor-pointer select-none rounded-lg px-4 py-2.5 font-medium">{ title }</summary>
            <div class="flex flex-col gap-4 px-4 pb-4 pt-1">{ fields }</div>
        </details>
    }
}

#[component]
fn Name(props: &KeyFieldsProps) -> Html {
    let t = use_texts();
    let (form, errors) = (&props.form, &props.errors);
    html! {
        <div class="grid gap-4 grid-cols-[minmax(0,1fr)_6rem]">
            <Field id="name" label={t.keys.name} help={t.keys.name_help} error={errors.of("name")}>
                <TextInput id="name" value={form.value.name.clone()} autofocus=true placeholder="Claude Code"
                    wrong={errors.of("name").is_some()} oninput={form.on(|form: &mut Draft, text| form.name = text)} />
            </Field>
            <Field id="icon" label={t.keys.icon} error={errors.of("icon")}>
                <TextInput id="icon" value={form.value.icon.clone()} placeholder="🔑"
                    wrong={errors.of("icon").is_some()} oninput={form.on(|form: &mut Draft, text| form.icon = text)} />
            </Field>
        </div>
    }
}

#[component]
fn Rules(props: &KeyFieldsProps) -> Html {
    let form = &props.form;
    let levels = use_inherited(&form.value.policy);
    html! {
        <RulesEditor rules={form.value.rules.clone()} errors={props.errors.clone()} {levels}
            onchange={form.on(|form: &mut Draft, change: Change| change.apply(&mut form.rules))} />
    }
}

#[component]
fn Labels(props: &KeyFieldsProps) -> Html {
    let t = use_texts();
    let me = use_me();
    let (form, errors) = (&props.form, &props.errors);
    let names_others = may(me.as_ref(), "keys.write_all") && may(me.as_ref(), "users.read");
    html! {
        <>
            <FormColumns>
                <ExpiryFields value={form.value.expiry.clone()} errors={errors.clone()} onchange={form.on(|form: &mut Draft, expiry| form.expiry = expiry)} />
                if names_others {
                    <Owner form={form.clone()} errors={errors.clone()} />
                }
                <Field id="cost_centre" label={t.keys.cost_centre} optional={t.shared.optional} help={t.keys.cost_centre_help}
                    error={errors.of("cost_centre")}>
                    <TextInput id="cost_centre" value={form.value.cost_centre.clone()} wrong={errors.of("cost_centre").is_some()}
                        oninput={form.on(|form: &mut Draft, text| form.cost_centre = text)} />
                </Field>
            </FormColumns>
            <Field id="tags" label={t.keys.tags} optional={t.shared.optional} help={t.keys.tags_help} error={errors.of("tags")}>
                <TagsInput id="tags" tags={form.value.tags.clone()} wrong={errors.of("tags").is_some()}
                    onchange={form.on(|form: &mut Draft, tags| form.tags = tags)} />
            </Field>
            <Field id="description" label={t.keys.description} optional={t.shared.optional} error={errors.of("description")}>
                <TextArea id="description" value={form.value.description.clone()} wrong={errors.of("description").is_some()}
                    oninput={form.on(|form: &mut Draft, text| form.description = text)} />
            </Field>
            if may(me.as_ref(), "accounts.write") {
                <Bindings form={form.clone()} errors={errors.clone()} />
            }
            <Switch id="on" label={t.keys.switched_on} help={t.keys.switched_on_help} on={form.value.on}
                onchange={form.on(|form: &mut Draft, on| form.on = on)} />
        </>
    }
}

/// Whose key it is, for those who may give one to others.
#[component]
fn Owner(props: &KeyFieldsProps) -> Html {
    let t = use_texts();
    let me = use_me();
    let (form, errors) = (&props.form, &props.errors);
    // "Myself" is there already.
    let fresh = form.first.owner.is_empty();
    let own = me.as_ref().map(|me| me.user.id).filter(|_| fresh);
    html! {
        <Field id="owner_user_id" label={t.keys.owner} error={errors.of("owner_user_id")}>
            <PersonPicker id="owner_user_id" value={form.value.owner.clone()} none={fresh.then_some(AttrValue::from(t.keys.owner_self))} without={own} label={t.keys.owner}
                onchange={form.on(|form: &mut Draft, text| form.owner = text)} />
        </Field>
    }
}
