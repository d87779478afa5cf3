//! The fields that adding and editing an account share.

use super::draft::Draft;
use crate::i18n::{fill, use_texts};
use crate::state::Form;
use crate::ui::{Errors, Field, FormColumns, NumberInput, Switch, TagsInput, TextArea, TextInput};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct AccountFieldsProps {
    pub form: Form<Draft>,
    pub errors: Errors,
    /// How the stored credential ends, when editing.
    #[prop_or_default]
    pub hint: Option<AttrValue>,
}

/// The fields.
#[component]
pub fn AccountFields(props: &AccountFieldsProps) -> Html {
    let t = use_texts();
    let (form, errors) = (&props.form, &props.errors);
    let key_help = match &props.hint {
        Some(hint) => fill(t.accounts.api_key_keep_help, &[("hint", hint)]),
        None => t.accounts.api_key_help.to_owned(),
    };
    // What is at fault must be in sight.
    let inner = [
        "priority",
        "weight",
        "concurrency_cap",
        "models",
        "model_mapping",
        "description",
    ];
    let open = props.hint.is_some() || inner.iter().any(|field| errors.of(field).is_some());
    html! {
        <div class="flex flex-col gap-4">
            <Field id="name" label={t.accounts.name} error={errors.of("name")}>
                <TextInput id="name" value={form.value.name.clone()} autofocus=true wrong={errors.of("name").is_some()}
                    oninput={form.on(|form: &mut Draft, text| form.name = text)} />
            </Field>
            <Field id="base_url" label={t.accounts.base_url} help={t.accounts.base_url_help} error={errors.of("base_url")}>
                <TextInput id="base_url" kind="url" value={form.value.base_url.clone()} mono=true wrong={errors.of("base_url").is_some()}
                    oninput={form.on(|form: &mut Draft, text| form.base_url = text)} />
            </Field>
            <Field id="api_key" label={t.accounts.api_key} help={key_help} error={errors.of("api_key")}
                optional={props.hint.as_ref().map(|_| AttrValue::from(t.shared.optional))}>
                <TextInput id="api_key" kind="password" value={form.value.api_key.clone()} mono=true placeholder="sk-ant-…"
                    autocomplete="new-password" wrong={errors.of("api_key").is_some()}
                    oninput={form.on(|form: &mut Draft, text| form.api_key = text)} />
            </Field>
            <details class="rounded-lg border border-base-300" {open}>
                <summary class="cursor-pointer select-none rounded-lg px-4 py-2.5 font-medium">{ t.accounts.more }</summary>
                <div class="flex flex-col gap-4 px-4 pb-4 pt-1">
                    <Routing form={form.clone()} errors={errors.clone()} />
                    <Models form={form.clone()} errors={errors.clone()} />
                </div>
            </details>
        </div>
    }
}

#[component]
fn Routing(props: &AccountFieldsProps) -> Html {
    let t = use_texts();
    let (form, errors) = (&props.form, &props.errors);
    html! {
        <>
            <Switch id="schedulable" label={t.accounts.schedulable} help={t.accounts.schedulable_help} on={form.value.schedulable}
                onchange={form.on(|form: &mut Draft, on| form.schedulable = on)} />
            <FormColumns>
                <Field id="priority" label={t.accounts.priority} help={t.accounts.priority_help} error={errors.of("priority")}>
                    <NumberInput id="priority" value={form.value.priority.clone()} wrong={errors.of("priority").is_some()}
                        oninput={form.on(|form: &mut Draft, text| form.priority = text)} />
                </Field>
                <Field id="weight" label={t.accounts.weight} help={t.accounts.weight_help} error={errors.of("weight")}>
                    <NumberInput id="weight" value={form.value.weight.clone()} wrong={errors.of("weight").is_some()}
                        oninput={form.on(|form: &mut Draft, text| form.weight = text)} />
                </Field>
                <Field id="concurrency_cap" label={t.accounts.concurrency} optional={t.shared.optional} help={t.accounts.concurrency_help}
                    error={errors.of("concurrency_cap")}>
                    <NumberInput id="concurrency_cap" value={form.value.concurrency_cap.clone()} placeholder={t.shared.unlimited}
                        wrong={errors.of("concurrency_cap").is_some()}
                        oninput={form.on(|form: &mut Draft, text| form.concurrency_cap = text)} />
                </Field>
            </FormColumns>
        </>
    }
}

#[component]
fn Models(props: &AccountFieldsProps) -> Html {
    let t = use_texts();
    let (form, errors) = (&props.form, &props.errors);
    html! {
        <>
            <Field id="models" label={t.accounts.models} optional={t.shared.optional} help={t.accounts.models_help} error={errors.of("models")}>
                <TagsInput id="models" tags={form.value.models.clone()} placeholder="claude-haiku-4-5" wrong={errors.of("models").is_some()}
                    onchange={form.on(|form: &mut Draft, models| form.models = models)} />
            </Field>
            <Field id="model_mapping" label={t.accounts.mapping} optional={t.shared.optional} help={t.accounts.mapping_help}
                error={errors.of("model_mapping")}>
                <TextArea id="model_mapping" value={form.value.mapping.clone()} rows=3 mono=true wrong={errors.of("model_mapping").is_some()}
                    placeholder="claude-opus-4-6 = claude-sonnet-4-6" oninput={form.on(|form: &mut Draft, text| form.mapping = text)} />
            </Field>
            <Field id="description" label={t.accounts.description} optional={t.shared.optional} error={errors.of("description")}>
                <TextArea id="description" value={form.value.description.clone()} wrong={errors.of("description").is_some()}
                    oninput={form.on(|form: &mut Draft, text| form.description = text)} />
            </Field>
        </>
    }
}
