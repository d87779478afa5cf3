//! Accounts as a file: saved, secrets only under a passphrase, and read in again after a look at what would come of it.

mod import;

use crate::api::{accounts, use_action};
use crate::browser;
use crate::i18n::use_texts;
use crate::pages::parts::{FormDialog, use_submission};
use crate::state::use_form;
use crate::ui::{Field, Switch, TextInput, use_toasts};
use tollgate_contract::accounts::{AccountBundle, ExportAccounts};
use tollgate_contract::ids::AccountId;
use tollgate_contract::problem::{FieldError, faults};
use yew::prelude::*;

pub use import::Import;

/// What the file is called.
const FILE_NAME: &str = "tollgate-accounts.json";

#[derive(Properties, PartialEq)]
pub struct ExportProps {
    /// Which accounts; all, if absent.
    #[prop_or_default]
    pub ids: Option<Vec<AccountId>>,
    pub onclose: Callback<()>,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Wish {
    secrets: bool,
    passphrase: String,
}

impl Wish {
    fn read(&self, ids: Option<&[AccountId]>) -> Result<ExportAccounts, Vec<FieldError>> {
        let wish = ExportAccounts {
            ids: ids.map(<[AccountId]>::to_vec),
            passphrase: self.secrets.then(|| self.passphrase.clone()),
        };
        let wrong = faults(&wish);
        if wrong.is_empty() { Ok(wish) } else { Err(wrong) }
    }
}

/// Saving.
#[component]
pub fn Export(props: &ExportProps) -> Html {
    let t = use_texts();
    let toasts = use_toasts();
    let form = use_form(Wish::default);
    let done = {
        let onclose = props.onclose.clone();
        Callback::from(move |bundle: AccountBundle| {
            let text = serde_json::to_string_pretty(&bundle).unwrap_or_default();
            if browser::save(FILE_NAME, &text) {
                onclose.emit(());
            } else {
                toasts.failed(t.carry.not_saved);
            }
        })
    };
    let action = use_action(accounts::export, done);
    let sent = use_submission(form.value.read(props.ids.as_deref()), &action);
    let error = sent.errors.of("passphrase");
    html! {
        <FormDialog title={t.carry.export} intro={t.carry.export_intro} dirty={false} verb={t.carry.save} sent={sent.clone()} onclose={props.onclose.clone()}>
            <div class="flex flex-col gap-4">
                <Switch id="with-secrets" label={t.carry.with_secrets} help={t.carry.with_secrets_help} on={form.value.secrets}
                    onchange={form.on(|form: &mut Wish, on| form.secrets = on)} />
                if form.value.secrets {
                    <Field id="passphrase" label={t.carry.passphrase} help={t.carry.passphrase_help} error={error.clone()}>
                        <TextInput id="passphrase" kind="password" autocomplete="new-password" value={form.value.passphrase.clone()} wrong={error.is_some()}
                            oninput={form.on(|form: &mut Wish, text| form.passphrase = text)} />
                    </Field>
                }
            </div>
        </FormDialog>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_leave_only_under_a_passphrase_that_is_long_enough() {
        let mut wish = Wish::default();
        assert_eq!(wish.read(None).unwrap().passphrase, None);
        wish.secrets = true;
        wish.passphrase = "too short".to_owned();
        assert_eq!(wish.read(None).unwrap_err()[0].field, "passphrase");
        wish.passphrase = "long enough for a file".to_owned();
        assert!(wish.read(None).unwrap().passphrase.is_some());
    }
}
