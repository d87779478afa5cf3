//! The fields of a credential, kind by kind. What was typed is sent and then forgotten; nothing stored comes back here.

use super::draft::Draft;
use super::platforms::{credential_example, kind_name};
use crate::i18n::use_texts;
use crate::state::Form;
use crate::ui::{Errors, Field, FormColumns, TextInput};
use tollgate_contract::platform::CredentialKind;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct SecretsProps {
    pub form: Form<Draft>,
    pub errors: Errors,
    /// Where it is found, or what happens to the stored one.
    pub help: AttrValue,
    /// Says that the stored one stays.
    pub optional: Option<AttrValue>,
}

/// The fields of the kind that was chosen.
#[component]
pub fn Secrets(props: &SecretsProps) -> Html {
    let t = use_texts();
    let draft = &props.form.value;
    let name = kind_name(draft.platform, draft.kind, t);
    let example = credential_example(draft.platform, draft.kind);
    match draft.kind {
        CredentialKind::ApiKey => secret(props, "api_key", name, &draft.api_key, example, |form, text| {
            form.api_key = text;
        }),
        CredentialKind::BearerToken => secret(props, "token", name, &draft.token, example, |form, text| {
            form.token = text;
        }),
        CredentialKind::Oauth => html! { <p class="text-xs text-muted">{ t.platforms.find_oauth }</p> },
        CredentialKind::AwsKeys => html! { <AwsKeys ..props.clone() /> },
        CredentialKind::EntraApp => html! { <EntraApp ..props.clone() /> },
        CredentialKind::AwsRole => html! { <AwsRole ..props.clone() /> },
    }
}

impl Clone for SecretsProps {
    fn clone(&self) -> Self {
        Self {
            form: self.form.clone(),
            errors: self.errors.clone(),
            help: self.help.clone(),
            optional: self.optional.clone(),
        }
    }
}

type Take = fn(&mut Draft, String);

/// A field whose text nobody may read over a shoulder, with the help of the whole.
fn secret(
    props: &SecretsProps,
    id: &'static str,
    label: &'static str,
    value: &str,
    placeholder: &'static str,
    take: Take,
) -> Html {
    html! {
        <Field {id} {label} help={props.help.clone()} optional={props.optional.clone()} error={props.errors.of(id)}>
            { hidden(props, id, value, placeholder, take) }
        </Field>
    }
}

fn hidden(
    props: &SecretsProps,
    id: &'static str,
    value: &str,
    placeholder: &'static str,
    take: Take,
) -> Html {
    html! {
        <TextInput {id} kind="password" value={value.to_owned()} mono=true {placeholder} autocomplete="new-password"
            wrong={props.errors.of(id).is_some()} oninput={props.form.on(take)} />
    }
}

fn open(props: &SecretsProps, id: &'static str, value: &str, placeholder: &'static str, take: Take) -> Html {
    html! {
        <TextInput {id} value={value.to_owned()} mono=true {placeholder} wrong={props.errors.of(id).is_some()}
            oninput={props.form.on(take)} />
    }
}

#[component]
fn AwsKeys(props: &SecretsProps) -> Html {
    let t = use_texts();
    let (draft, optional) = (&props.form.value, &props.optional);
    let of = |id: &str| props.errors.of(id);
    html! {
        <>
            <FormColumns>
                <Field id="access_key_id" label={t.accounts.access_key_id} help={props.help.clone()} optional={optional.clone()} error={of("access_key_id")}>
                    { open(props, "access_key_id", &draft.access_key_id, "AKIA…", |form, text| form.access_key_id = text) }
                </Field>
                <Field id="secret_access_key" label={t.accounts.secret_access_key} optional={optional.clone()} error={of("secret_access_key")}>
                    { hidden(props, "secret_access_key", &draft.secret_access_key, "", |form, text| form.secret_access_key = text) }
                </Field>
            </FormColumns>
            <Field id="session_token" label={t.accounts.session_token} optional={t.shared.optional} help={t.accounts.session_token_help}
                error={of("session_token")}>
                { hidden(props, "session_token", &draft.session_token, "", |form, text| form.session_token = text) }
            </Field>
        </>
    }
}

#[component]
fn EntraApp(props: &SecretsProps) -> Html {
    let t = use_texts();
    let (draft, optional) = (&props.form.value, &props.optional);
    let of = |id: &str| props.errors.of(id);
    html! {
        <>
            <FormColumns>
                <Field id="entra_tenant_id" label={t.accounts.entra_tenant} optional={optional.clone()} error={of("entra_tenant_id")}>
                    { open(props, "entra_tenant_id", &draft.entra_tenant_id, "contoso.onmicrosoft.com", |form, text| form.entra_tenant_id = text) }
                </Field>
                <Field id="client_id" label={t.accounts.entra_client} optional={optional.clone()} error={of("client_id")}>
                    { open(props, "client_id", &draft.client_id, "", |form, text| form.client_id = text) }
                </Field>
            </FormColumns>
            { secret(props, "client_secret", t.accounts.entra_secret, &draft.client_secret, "", |form, text| form.client_secret = text) }
        </>
    }
}

#[component]
fn AwsRole(props: &SecretsProps) -> Html {
    let t = use_texts();
    let (draft, optional) = (&props.form.value, &props.optional);
    let of = |id: &str| props.errors.of(id);
    html! {
        <>
            <FormColumns>
                <Field id="role_arn" label={t.accounts.role_arn} optional={optional.clone()} error={of("role_arn")}>
                    { open(props, "role_arn", &draft.role_arn, "arn:aws:iam::123456789012:role/bedrock", |form, text| form.role_arn = text) }
                </Field>
                <Field id="external_id" label={t.accounts.external_id} optional={t.shared.optional} help={t.accounts.external_id_help} error={of("external_id")}>
                    { open(props, "external_id", &draft.external_id, "", |form, text| form.external_id = text) }
                </Field>
            </FormColumns>
            <AwsKeys form={props.form.clone()} errors={props.errors.clone()} help={props.help.clone()} optional={props.optional.clone()} />
        </>
    }
}
