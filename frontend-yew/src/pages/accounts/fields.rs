//! The fields that adding and editing an account share.

use super::caps::Caps;
use super::connection::{Place, PlatformField, Proof};
use super::draft::Draft;
use super::platforms::{mapping_example, model_example};
use super::proxy_field::ProxyField;
use crate::i18n::{fill, use_texts};
use crate::state::Form;
use crate::ui::{Errors, Field, FormColumns, NumberInput, Switch, TagsInput, TextArea, TextInput};
use tollgate_contract::platform::Platform;
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
    // What is at fault must be in sight.
    let inner = [
        "priority",
        "weight",
        "concurrency_cap",
        "requests_per_minute",
        "tokens_per_minute",
        "daily_cost_nano",
        "self_test_every_s",
        "tags",
        "first_byte_timeout_s",
        "idle_timeout_s",
        "extra_headers",
        "models",
        "model_mapping",
        "description",
    ];
    let open = props.hint.is_some() || inner.iter().any(|field| errors.of(field).is_some());
    html! {
        <div class="flex flex-col gap-4">
            if props.hint.is_none() {
                <PlatformField form={form.clone()} errors={errors.clone()} />
            }
            <Field id="name" label={t.accounts.name} error={errors.of("name")}>
                <TextInput id="name" value={form.value.name.clone()} autofocus=true wrong={errors.of("name").is_some()}
                    oninput={form.on(|form: &mut Draft, text| form.name = text)} />
            </Field>
            <Proof form={form.clone()} errors={errors.clone()} hint={props.hint.clone()} />
            <Place form={form.clone()} errors={errors.clone()} />
            <ProxyField id="proxy_id" value={form.value.proxy.clone()} error={errors.of("proxy_id")}
                onchange={form.on(|form: &mut Draft, id| form.proxy = id)} />
            <details class="rounded-lg border border-base-300" {open}>
                <summary class="cursor-pointer select-none rounded-lg px-4 py-2.5 font-medium">{ t.accounts.more }</summary>
                <div class="flex flex-col gap-4 px-4 pb-4 pt-1">
                    <Routing form={form.clone()} errors={errors.clone()} />
                    <Caps form={form.clone()} errors={errors.clone()} />
                    <Models form={form.clone()} errors={errors.clone()} />
                    <Headers form={form.clone()} errors={errors.clone()} />
                    <Field id="tags" label={t.accounts.tags} optional={t.shared.optional} help={t.accounts.tags_help} error={errors.of("tags")}>
                        <TagsInput id="tags" tags={form.value.tags.clone()} wrong={errors.of("tags").is_some()}
                            onchange={form.on(|form: &mut Draft, tags| form.tags = tags)} />
                    </Field>
                    <Field id="description" label={t.accounts.description} optional={t.shared.optional} error={errors.of("description")}>
                        <TextArea id="description" value={form.value.description.clone()} wrong={errors.of("description").is_some()}
                            oninput={form.on(|form: &mut Draft, text| form.description = text)} />
                    </Field>
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
            </FormColumns>
            <FormColumns>
                <Field id="first_byte_timeout_s" label={t.accounts.first_byte_timeout} optional={t.shared.optional}
                    help={t.accounts.first_byte_timeout_help} error={errors.of("first_byte_timeout_s")}>
                    <NumberInput id="first_byte_timeout_s" value={form.value.first_byte_timeout.clone()} placeholder={t.accounts.timeout_default}
                        wrong={errors.of("first_byte_timeout_s").is_some()}
                        oninput={form.on(|form: &mut Draft, text| form.first_byte_timeout = text)} />
                </Field>
                <Field id="idle_timeout_s" label={t.accounts.idle_timeout} optional={t.shared.optional} help={t.accounts.idle_timeout_help}
                    error={errors.of("idle_timeout_s")}>
                    <NumberInput id="idle_timeout_s" value={form.value.idle_timeout.clone()} placeholder={t.accounts.timeout_default}
                        wrong={errors.of("idle_timeout_s").is_some()}
                        oninput={form.on(|form: &mut Draft, text| form.idle_timeout = text)} />
                </Field>
            </FormColumns>
        </>
    }
}

#[component]
fn Models(props: &AccountFieldsProps) -> Html {
    let t = use_texts();
    let (form, errors) = (&props.form, &props.errors);
    let platform = form.value.platform;
    let (mapping, mapping_help) = if platform == Platform::AzureOpenAi {
        (t.accounts.deployments, t.accounts.deployments_help)
    } else {
        (t.accounts.mapping, t.accounts.mapping_help)
    };
    html! {
        <>
            <Field id="models" label={t.accounts.models} optional={t.shared.optional} help={t.accounts.models_help} error={errors.of("models")}>
                <TagsInput id="models" tags={form.value.models.clone()} placeholder={model_example(platform)} wrong={errors.of("models").is_some()}
                    onchange={form.on(|form: &mut Draft, models| form.models = models)} />
            </Field>
            <Field id="model_mapping" label={mapping} optional={t.shared.optional} help={mapping_help} error={errors.of("model_mapping")}>
                <TextArea id="model_mapping" value={form.value.mapping.clone()} rows=3 mono=true wrong={errors.of("model_mapping").is_some()}
                    placeholder={mapping_example(platform)} oninput={form.on(|form: &mut Draft, text| form.mapping = text)} />
            </Field>
        </>
    }
}

#[component]
fn Headers(props: &AccountFieldsProps) -> Html {
    let t = use_texts();
    let (form, errors) = (&props.form, &props.errors);
    let stored = form.value.stored_headers().join(", ");
    let replaces_help = fill(t.accounts.headers_replace_help, &[("names", &stored)]);
    // The server may ask for them anew, as when the account moves.
    let shows = form.value.replaces_headers || errors.of("extra_headers").is_some();
    html! {
        <>
            if !stored.is_empty() {
                <Switch id="replaces_headers" label={t.accounts.headers_replace} help={replaces_help} on={form.value.replaces_headers}
                    onchange={form.on(|form: &mut Draft, on| form.replaces_headers = on)} />
            }
            if shows {
                <Field id="extra_headers" label={t.accounts.headers} optional={t.shared.optional} help={t.accounts.headers_help}
                    error={errors.of("extra_headers")}>
                    <TextArea id="extra_headers" value={form.value.headers.clone()} mono=true wrong={errors.of("extra_headers").is_some()}
                        placeholder="x-team: research" oninput={form.on(|form: &mut Draft, text| {
                            form.headers = text;
                            form.replaces_headers = true;
                        })} />
                </Field>
            }
        </>
    }
}
