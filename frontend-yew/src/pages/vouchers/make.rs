//! Making vouchers: the form, then their codes, once, as a file.

use crate::api::{use_action, vouchers};
use crate::browser;
use crate::i18n::{fill, use_texts};
use crate::pages::parts::{FileOnce, FormDialog, csv, dollars, number, typed_fault, use_submission};
use crate::state::use_form;
use crate::ui::{Field, FormColumns, NumberInput, TextInput};
use chrono::{DateTime, TimeDelta, Utc};
use std::rc::Rc;
use tollgate_contract::problem::{FieldError, faults};
use tollgate_contract::vouchers::{CreateVouchers, CreatedVouchers};
use yew::prelude::*;

/// What the file is called.
const FILE_NAME: &str = "tollgate-vouchers.csv";

/// The form as it is typed.
#[derive(Clone, Debug, Default, PartialEq)]
struct Draft {
    count: String,
    amount: String,
    days: String,
    /// In how many days they expire; empty: never.
    ends_in: String,
    note: String,
}

impl Draft {
    fn read(&self, now: DateTime<Utc>) -> Result<CreateVouchers, Vec<FieldError>> {
        let mut wrong = Vec::new();
        let ends_in: Option<u16> = number("expires_at", &self.ends_in, &mut wrong);
        let form = CreateVouchers {
            count: number("count", &self.count, &mut wrong).unwrap_or_default(),
            amount_nano: dollars("amount_nano", &self.amount, &mut wrong).unwrap_or_default(),
            days: number("days", &self.days, &mut wrong).unwrap_or_default(),
            note: self.note.trim().to_owned(),
            expires_at: ends_in.map(|days| now + TimeDelta::days(days.into())),
        };
        if wrong.is_empty() {
            wrong.extend(faults(&form));
            if form.amount_nano.0 == 0 && form.days == 0 {
                wrong.push(typed_fault("amount_nano", "required"));
            }
        }
        if wrong.is_empty() { Ok(form) } else { Err(wrong) }
    }
}

#[derive(Properties, PartialEq)]
pub struct MakeProps {
    pub onclose: Callback<()>,
}

/// The dialog.
#[component]
pub fn Make(props: &MakeProps) -> Html {
    let t = use_texts();
    let made = use_state(|| None::<Rc<CreatedVouchers>>);
    let onmade = {
        let made = made.clone();
        Callback::from(move |vouchers: CreatedVouchers| made.set(Some(Rc::new(vouchers))))
    };
    let Some(made) = &*made else {
        return html! { <MakeForm key="form" {onmade} onclose={props.onclose.clone()} /> };
    };
    let rows = made.codes.iter().map(|code| vec![code.clone()]);
    let text = csv(vec!["code".to_owned()], rows);
    html! {
        <FileOnce key="ready" title={fill(t.vouchers.created_title, &[("number", &made.codes.len().to_string())])} help={t.vouchers.created_help}
            verb={t.vouchers.save_file} name={FILE_NAME} {text} shown={made.codes.iter().take(20).cloned().collect::<Vec<_>>()} onclose={props.onclose.clone()} />
    }
}

#[derive(Properties, PartialEq)]
struct MakeFormProps {
    onmade: Callback<CreatedVouchers>,
    onclose: Callback<()>,
}

#[component]
fn MakeForm(props: &MakeFormProps) -> Html {
    let t = use_texts();
    let form = use_form(|| Draft {
        count: "1".to_owned(),
        ..Draft::default()
    });
    let action = use_action(vouchers::create, props.onmade.clone());
    let sent = use_submission(form.value.read(browser::now()), &action);
    let errors = sent.errors.clone();
    let field = |id: &'static str,
                 label: &'static str,
                 help: Option<&'static str>,
                 value: &str,
                 set: fn(&mut Draft, String)| {
        let error = errors.of(id);
        let wrong = error.is_some();
        let decimal = id == "amount_nano";
        html! {
            <Field {id} {label} help={help.map(AttrValue::from)} {error}>
                <NumberInput {id} value={value.to_owned()} {decimal} {wrong} placeholder={if id == "expires_at" { t.vouchers.for_ever } else { "0" }} oninput={form.on(set)} />
            </Field>
        }
    };
    html! {
        <FormDialog title={t.vouchers.add} dirty={form.dirty()} verb={t.vouchers.add} {sent} onclose={props.onclose.clone()}>
            <div class="flex flex-col gap-4">
                <FormColumns>
                    { field("count", t.vouchers.count, None, &form.value.count, |form, text| form.count = text) }
                    { field("expires_at", t.vouchers.ends_in, None, &form.value.ends_in, |form, text| form.ends_in = text) }
                    { field("amount_nano", t.vouchers.amount, Some(t.vouchers.amount_help), &form.value.amount, |form, text| form.amount = text) }
                    { field("days", t.vouchers.days, None, &form.value.days, |form, text| form.days = text) }
                </FormColumns>
                <Field id="note" label={t.vouchers.note} optional={t.shared.optional} error={errors.of("note")}>
                    <TextInput id="note" value={form.value.note.clone()} wrong={errors.of("note").is_some()} oninput={form.on(|form: &mut Draft, text| form.note = text)} />
                </Field>
            </div>
        </FormDialog>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tollgate_contract::money::NanoUsd;

    fn now() -> DateTime<Utc> {
        "2026-11-24T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_voucher_brings_money_or_days() {
        let mut draft = Draft {
            count: "5".to_owned(),
            ..Draft::default()
        };
        assert_eq!(draft.read(now()).unwrap_err()[0].field, "amount_nano");
        draft.amount = "2.50".to_owned();
        draft.ends_in = "30".to_owned();
        let form = draft.read(now()).unwrap();
        assert_eq!(
            (form.count, form.amount_nano, form.days),
            (5, NanoUsd(2_500_000_000), 0)
        );
        assert_eq!(form.expires_at, Some("2026-12-24T12:00:00Z".parse().unwrap()));
        draft.count = "1001".to_owned();
        assert_eq!(draft.read(now()).unwrap_err()[0].field, "count");
    }
}
