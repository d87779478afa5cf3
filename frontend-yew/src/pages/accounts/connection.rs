//! The fields that depend on an account's platform: where it is and what it proves itself with.

use super::draft::Draft;
use super::fields::AccountFieldsProps;
use super::platforms::{base_url_example, credential_help, kind_name, platform_help, platform_name};
use super::secrets::Secrets;
use crate::i18n::{fill, use_texts};
use crate::ui::{Choice, Field, SelectInput, TextInput};
use tollgate_contract::platform::{CredentialKind, Platform};
use yew::prelude::*;

/// Which platform, for an account that is made.
#[component]
pub fn PlatformField(props: &AccountFieldsProps) -> Html {
    let t = use_texts();
    let form = &props.form;
    let choices: Vec<Choice> = Platform::ALL
        .iter()
        .map(|platform| Choice::new(platform.as_str(), platform_name(*platform, t)))
        .collect();
    let onchange = form.on(|form: &mut Draft, text: String| {
        if let Some(platform) = Platform::parse(&text) {
            form.choose(platform);
        }
    });
    html! {
        <Field id="platform" label={t.accounts.platform} help={platform_help(form.value.platform, t)}>
            <SelectInput id="platform" value={form.value.platform.as_str()} {choices} {onchange} />
        </Field>
    }
}

/// Address, region and what else says where requests go.
#[component]
pub fn Place(props: &AccountFieldsProps) -> Html {
    let t = use_texts();
    let (form, errors) = (&props.form, &props.errors);
    let draft = &form.value;
    let vendors = draft.vendors_url();
    let optional = draft
        .has_vendors_url()
        .then(|| AttrValue::from(t.shared.optional));
    let placeholder = vendors.unwrap_or_else(|| base_url_example(draft.platform).to_owned());
    let base_url_help = if draft.has_vendors_url() {
        t.accounts.base_url_own_help
    } else {
        t.accounts.base_url_help
    };
    html! {
        <>
            if draft.platform == Platform::Bedrock {
                <Field id="region" label={t.accounts.region} help={t.accounts.region_help} error={errors.of("region")}>
                    <TextInput id="region" value={draft.region.clone()} mono=true placeholder="us-east-1" wrong={errors.of("region").is_some()}
                        oninput={form.on(|form: &mut Draft, text| form.region = text)} />
                </Field>
            }
            <Field id="base_url" label={t.accounts.base_url} {optional} help={base_url_help} error={errors.of("base_url")}>
                <TextInput id="base_url" kind="url" value={draft.base_url.clone()} {placeholder} mono=true wrong={errors.of("base_url").is_some()}
                    oninput={form.on(|form: &mut Draft, text| form.base_url = text)} />
            </Field>
            if draft.platform == Platform::AzureOpenAi {
                <Field id="api_version" label={t.accounts.api_version} optional={t.shared.optional} help={t.accounts.api_version_help}
                    error={errors.of("api_version")}>
                    <TextInput id="api_version" value={draft.api_version.clone()} mono=true placeholder="2024-10-21"
                        wrong={errors.of("api_version").is_some()} oninput={form.on(|form: &mut Draft, text| form.api_version = text)} />
                </Field>
            }
            if draft.asks_project() {
                <Field id="project" label={t.accounts.project} optional={t.shared.optional} help={t.accounts.project_help}
                    error={errors.of("project")}>
                    <TextInput id="project" value={draft.project.clone()} mono=true placeholder="my-project-1234"
                        wrong={errors.of("project").is_some()} oninput={form.on(|form: &mut Draft, text| form.project = text)} />
                </Field>
            }
        </>
    }
}

/// What it proves itself with.
#[component]
pub fn Proof(props: &AccountFieldsProps) -> Html {
    let t = use_texts();
    let (form, errors) = (&props.form, &props.errors);
    let (platform, kind) = (form.value.platform, form.value.kind);
    let kinds = form.value.kinds();
    let choices: Vec<Choice> = kinds
        .iter()
        .map(|kind| Choice::new(kind.as_str(), kind_name(platform, *kind, t)))
        .collect();
    let onchange = form.on(|form: &mut Draft, text: String| {
        if let Some(kind) = CredentialKind::parse(&text) {
            form.kind = kind;
        }
    });
    // The stored one stays only as long as it is of the kind that is asked for.
    let hint = props.hint.clone().filter(|_| form.value.keeps_credential());
    let help = match &hint {
        Some(hint) => fill(t.accounts.credential_keep_help, &[("hint", hint)]),
        None => credential_help(platform, kind, t).to_owned(),
    };
    // Where the server asks for it, it is not.
    let asked = kind
        .needed_fields()
        .iter()
        .any(|field| errors.of(field).is_some());
    let optional = hint
        .filter(|_| !asked)
        .map(|_| AttrValue::from(t.shared.optional));
    html! {
        <>
            if kinds.len() > 1 {
                <Field id="credential_kind" label={t.accounts.credential_kind} error={errors.of("credential_kind")}>
                    <SelectInput id="credential_kind" value={kind.as_str()} {choices} {onchange} />
                </Field>
            }
            <Secrets form={form.clone()} errors={errors.clone()} {help} {optional} />
        </>
    }
}
