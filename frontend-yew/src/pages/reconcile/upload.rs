//! Uploading a provider's report.

use crate::api::accounts::use_accounts;
use crate::api::{reconcile, use_action};
use crate::browser;
use crate::i18n::use_texts;
use crate::pages::parts::{FormDialog, use_submission};
use crate::state::use_form;
use crate::ui::{Choice, Field, SelectInput, TextInput, use_toasts};
use std::rc::Rc;
use tollgate_contract::ids::AccountId;
use tollgate_contract::problem::{FieldError, faults};
use tollgate_contract::reconcile::{ReportUpload, ReportUploaded};
use uuid::Uuid;
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlInputElement;
use yew::prelude::*;

/// The form as it is filled in.
#[derive(Clone, Debug, Default, PartialEq)]
struct Draft {
    account: String,
    scope: String,
    name: String,
    content: Rc<str>,
}

impl Draft {
    fn read(&self) -> Result<ReportUpload, Vec<FieldError>> {
        let account: Option<AccountId> = self.account.parse().ok();
        let form = ReportUpload {
            account_id: account.unwrap_or(AccountId(Uuid::nil())),
            scope: self.scope.trim().to_owned(),
            file_name: self.name.chars().take(200).collect(),
            content: self.content.to_string(),
        };
        let mut wrong = faults(&form);
        if account.is_none() {
            wrong.insert(0, crate::pages::parts::typed_fault("account_id", "required"));
        }
        if wrong.is_empty() { Ok(form) } else { Err(wrong) }
    }
}

#[derive(Properties, PartialEq)]
pub struct UploadProps {
    /// The one that is looked at.
    pub account: Option<AccountId>,
    pub onclose: Callback<()>,
}

/// The dialog.
#[component]
pub fn Upload(props: &UploadProps) -> Html {
    let t = use_texts();
    let toasts = use_toasts();
    let accounts = use_accounts();
    let form = use_form(|| Draft {
        account: props.account.map(|id| id.to_string()).unwrap_or_default(),
        ..Draft::default()
    });
    let onclose = props.onclose.clone();
    let done = Callback::from(move |uploaded: ReportUploaded| {
        toasts.done(if uploaded.repeated {
            t.reconcile.repeated
        } else {
            t.reconcile.uploaded
        });
        onclose.emit(());
    });
    let action = use_action(reconcile::upload, done);
    let sent = use_submission(form.value.read(), &action);
    let errors = sent.errors.clone();
    let mut choices = vec![Choice::new("", t.reconcile.choose)];
    if let Some(accounts) = &accounts.data {
        let known = accounts.items.iter();
        choices.extend(known.map(|account| Choice::new(account.id.to_string(), account.name.clone())));
    }
    html! {
        <FormDialog title={t.reconcile.upload} dirty={form.dirty()} verb={t.reconcile.upload} {sent} onclose={props.onclose.clone()}>
            <div class="flex flex-col gap-4">
                <Field id="account_id" label={t.reconcile.account} error={errors.of("account_id")}>
                    <SelectInput id="account_id" value={form.value.account.clone()} {choices} onchange={form.on(|form: &mut Draft, id| form.account = id)} />
                </Field>
                <Field id="content" label={t.reconcile.file} help={Some(AttrValue::from(t.reconcile.file_help))} error={errors.of("content")}>
                    <FileInput onread={form.on(|form: &mut Draft, (name, content)| (form.name, form.content) = (name, content))} />
                </Field>
                <Field id="scope" label={t.reconcile.scope} optional={t.shared.optional} help={Some(AttrValue::from(t.reconcile.scope_help))} error={errors.of("scope")}>
                    <TextInput id="scope" value={form.value.scope.clone()} wrong={errors.of("scope").is_some()} oninput={form.on(|form: &mut Draft, text| form.scope = text)} />
                </Field>
            </div>
        </FormDialog>
    }
}

#[derive(Properties, PartialEq)]
struct FileInputProps {
    onread: Callback<(String, Rc<str>)>,
}

#[component]
fn FileInput(props: &FileInputProps) -> Html {
    let onread = props.onread.clone();
    let onchange = Callback::from(move |event: Event| {
        let input: HtmlInputElement = event.target_unchecked_into();
        let file = input.files().and_then(|files| files.get(0));
        let onread = onread.clone();
        spawn_local(async move {
            let (name, text) = match file {
                Some(file) => (file.name(), browser::read(&file).await.unwrap_or_default()),
                None => Default::default(),
            };
            onread.emit((name, text.into()));
        });
    });
    html! {
        <input id="content" type="file" accept=".json,.csv,application/json,text/csv" class="file-input file-input-sm h-9 w-full" aria-describedby="content-note" {onchange} />
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upload_needs_an_account_and_a_file() {
        let mut draft = Draft::default();
        let wrong = draft.read().unwrap_err();
        let fields: Vec<&str> = wrong.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["account_id", "content"]);
        draft.account = Uuid::from_u128(1).to_string();
        draft.content = "{}".into();
        assert!(draft.read().is_ok());
    }
}
