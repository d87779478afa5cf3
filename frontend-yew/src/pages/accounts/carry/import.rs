//! Reading accounts in from a file: what would come of it is shown first.

use super::super::platforms::platform_name;
use crate::api::{accounts, use_action};
use crate::i18n::{Locale, Texts, field_message, use_locale};
use crate::pages::parts::{FileInput, FormDialog, typed_fault, use_submission};
use crate::state::use_form;
use crate::ui::{Column, Field, ModalShape, Pill, Row, Table, TextInput, Tone, use_toasts};
use std::rc::Rc;
use tollgate_contract::accounts::{AccountBundle, ImportAccounts, ImportResult, ImportRow};
use tollgate_contract::problem::{FieldError, faults};
use yew::prelude::*;

#[derive(Clone, Debug, Default, PartialEq)]
struct Wish {
    /// The file's text; empty: none was chosen.
    text: Rc<str>,
    passphrase: String,
}

impl Wish {
    fn read(&self, dry_run: bool) -> Result<ImportAccounts, Vec<FieldError>> {
        if self.text.is_empty() {
            return Err(vec![typed_fault("bundle", "required")]);
        }
        let bundle: AccountBundle =
            serde_json::from_str(&self.text).map_err(|_| vec![typed_fault("bundle", "bundle")])?;
        let wish = ImportAccounts {
            bundle,
            passphrase: Some(self.passphrase.clone()).filter(|text| !text.is_empty()),
            dry_run,
        };
        let wrong = faults(&wish);
        if wrong.is_empty() { Ok(wish) } else { Err(wrong) }
    }

    fn is_sealed(&self) -> bool {
        serde_json::from_str::<AccountBundle>(&self.text).is_ok_and(|bundle| bundle.secrets.is_some())
    }
}

#[derive(Properties, PartialEq)]
pub struct ImportProps {
    pub onclose: Callback<()>,
}

/// The file, its passphrase, what would come of it, and then what came of it.
#[component]
pub fn Import(props: &ImportProps) -> Html {
    let locale = use_locale();
    let t = locale.texts();
    let toasts = use_toasts();
    let form = use_form(Wish::default);
    // Of this file and passphrase; another one has to be looked at anew.
    let seen = use_state(|| None::<(Rc<Wish>, Rc<ImportResult>)>);
    let known = seen
        .as_ref()
        .filter(|(wish, _)| *wish == form.value)
        .map(|(_, result)| result.clone());
    let done = {
        let (seen, wish, onclose) = (seen.clone(), form.value.clone(), props.onclose.clone());
        Callback::from(move |(result, dry_run): (ImportResult, bool)| {
            if dry_run {
                seen.set(Some((wish.clone(), Rc::new(result))));
                return;
            }
            let made = result.items.iter().filter(|row| row.code == "created").count();
            toasts.done(crate::i18n::fill(
                t.carry.imported,
                &[("number", &made.to_string())],
            ));
            onclose.emit(());
        })
    };
    let action = use_action(
        |wish: ImportAccounts| async move {
            let dry_run = wish.dry_run;
            accounts::import(wish).await.map(|result| (result, dry_run))
        },
        done,
    );
    // All or none is taken: one faulty row is in the way of all, and is looked at again once it has what it lacks.
    let (any, faulty) = known.as_ref().map_or((true, false), |result| {
        let made = result.items.iter().any(|row| row.code == "created");
        (made, result.items.iter().any(|row| !row.errors.is_empty()))
    });
    let looks = known.is_none() || faulty;
    let sent = use_submission(form.value.read(looks), &action);
    let verb = if looks { t.carry.look } else { t.carry.import };
    let file_error = sent
        .errors
        .0
        .iter()
        .find(|error| error.field.starts_with("bundle"))
        .cloned();
    let error = sent.errors.of("passphrase");
    html! {
        <FormDialog title={t.carry.import} intro={t.carry.import_intro} shape={ModalShape::Wide} dirty={form.dirty()} idle={!any && !faulty} {verb} sent={sent.clone()}
            onclose={props.onclose.clone()}>
            <div class="flex flex-col gap-4">
                <Field id="bundle" label={t.carry.file} error={file_error}>
                    <FileInput id="bundle" accept="application/json,.json" onread={form.on(|form: &mut Wish, text| form.text = text)} />
                </Field>
                if form.value.is_sealed() {
                    <Field id="passphrase" label={t.carry.passphrase} help={t.carry.passphrase_import_help} error={error.clone()}>
                        <TextInput id="passphrase" kind="password" autocomplete="off" value={form.value.passphrase.clone()} wrong={error.is_some()}
                            oninput={form.on(|form: &mut Wish, text| form.passphrase = text)} />
                    </Field>
                }
                if let Some(result) = known {
                    { preview(&result, locale) }
                    if faulty {
                        <p class="text-xs text-error" role="alert">{ t.carry.all_or_none }</p>
                    }
                }
            </div>
        </FormDialog>
    }
}

fn preview(result: &ImportResult, locale: Locale) -> Html {
    let t = locale.texts();
    let columns = vec![
        Column::text(t.accounts.name),
        Column::text(t.accounts.platform),
        Column::text(t.carry.would),
    ];
    let rows: Vec<Row> = result
        .items
        .iter()
        .enumerate()
        .map(|(at, row)| line(at, row, t, locale))
        .collect();
    html! { <div data-testid="import-preview"><Table label={t.carry.would} {columns} {rows} /></div> }
}

fn line(at: usize, row: &ImportRow, t: &Texts, locale: Locale) -> Row {
    let (tone, word) = match row.code.as_str() {
        "created" => (Tone::Good, t.carry.created),
        "exists" => (Tone::Quiet, t.carry.exists),
        "no_secret" => (Tone::Waiting, t.carry.no_secret),
        _ => (Tone::Bad, t.carry.faulty),
    };
    let errors = row.errors.iter().map(|error| {
        html! { <div key={error.field.clone()} class="text-xs text-error break-words">{ format!("{}: {}", error.field, field_message(error, locale)) }</div> }
    });
    Row {
        key: at.to_string().into(),
        cells: vec![
            html! { <span class="font-medium break-words">{ row.name.clone() }</span> },
            html! { { platform_name(row.platform, t) } },
            html! { <div class="min-w-0"><Pill {tone} text={word} />{ for errors }</div> },
        ],
        onopen: None,
        menu: Html::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> String {
        let wish = Wish {
            text: text.into(),
            passphrase: String::new(),
        };
        let wrong = wish.read(true).unwrap_err();
        format!("{} {}", wrong[0].field, wrong[0].code)
    }

    #[test]
    fn a_file_that_is_none_is_said_before_it_is_sent() {
        assert_eq!(wrong(""), "bundle required");
        assert_eq!(wrong("{\"format\": 1"), "bundle bundle");
        assert_eq!(wrong("[]"), "bundle bundle");
    }

    #[test]
    fn whether_a_passphrase_is_needed_stands_in_the_file() {
        let file = |secrets: &str| Wish {
            text: format!("{{\"format\":\"tollgate-accounts/1\",\"accounts\":[]{secrets}}}").into(),
            passphrase: String::new(),
        };
        assert!(!file("").is_sealed());
        assert!(file(",\"secrets\":{\"salt\":\"AA==\",\"memory_kib\":65536,\"passes\":3}").is_sealed());
        assert!(file("").read(true).unwrap().dry_run);
    }
}
