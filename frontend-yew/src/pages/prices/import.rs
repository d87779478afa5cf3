//! Importing a price list: what would change is shown before it is confirmed.

use super::differs::Differs;
use crate::api::{prices, use_action};
use crate::i18n::{fill, use_texts};
use crate::pages::parts::{FileInput, FormDialog, first_instant, typed_fault, use_submission};
use crate::state::{use_form, use_me};
use crate::ui::{Choice, Field, FormColumns, ModalShape, SelectInput, TextInput, use_toasts};
use std::rc::Rc;
use tollgate_contract::prices::{ImportPrices, PriceChangeResult, PriceListFormat};
use tollgate_contract::problem::{FieldError, faults};
use yew::prelude::*;

#[derive(Clone, Debug, Default, PartialEq)]
struct Draft {
    litellm: bool,
    text: Rc<str>,
    day: String,
    note: String,
}

impl Draft {
    fn read(&self, zone: &str, seen: Option<&PriceChangeResult>) -> Result<ImportPrices, Vec<FieldError>> {
        let mut wrong = Vec::new();
        if self.text.is_empty() {
            wrong.push(typed_fault("text", "required"));
        }
        let effective_from = first_instant("effective_from", &self.day, zone, &mut wrong);
        let source = if self.litellm {
            "model_prices_and_context_window.json"
        } else {
            "model_prices.csv"
        };
        let form = ImportPrices {
            format: if self.litellm {
                PriceListFormat::Litellm
            } else {
                PriceListFormat::Csv
            },
            text: self.text.to_string(),
            source: source.to_owned(),
            effective_from,
            currency: None,
            note: self.note.trim().to_owned(),
            dry_run: seen.is_none(),
            base_version: seen.and_then(|seen| seen.base_version),
        };
        if wrong.is_empty() {
            wrong.extend(faults(&form));
        }
        if wrong.is_empty() { Ok(form) } else { Err(wrong) }
    }
}

#[derive(Properties, PartialEq)]
pub struct ImportProps {
    pub onclose: Callback<()>,
}

/// The dialog.
#[component]
pub fn Import(props: &ImportProps) -> Html {
    let t = use_texts();
    let toasts = use_toasts();
    let me = use_me();
    let zone = me.as_ref().map_or("UTC", |me| me.tenant.time_zone.as_str());
    let form = use_form(Draft::default);
    // Of this very draft: another one has to be looked at anew.
    let seen = use_state(|| None::<(Rc<Draft>, Rc<PriceChangeResult>)>);
    let known = seen
        .as_ref()
        .filter(|(draft, _)| *draft == form.value)
        .map(|(_, result)| result.clone());
    let done = {
        let (seen, draft, onclose) = (seen.clone(), form.value.clone(), props.onclose.clone());
        Callback::from(move |result: PriceChangeResult| {
            if result.version.is_none() {
                seen.set(Some((draft.clone(), Rc::new(result))));
                return;
            }
            toasts.done(t.prices.written.to_owned());
            onclose.emit(());
        })
    };
    let action = use_action(prices::import, done);
    let sent = use_submission(form.value.read(zone, known.as_deref()), &action);
    let verb = if known.is_some() {
        t.prices.confirm
    } else {
        t.prices.look
    };
    let errors = sent.errors.clone();
    let formats = vec![
        Choice::new("csv", t.prices.csv),
        Choice::new("litellm", t.prices.litellm),
    ];
    html! {
        <FormDialog title={t.prices.import} intro={t.prices.import_intro} shape={ModalShape::Wide} dirty={form.dirty()} {verb} {sent} onclose={props.onclose.clone()}>
            <div class="flex flex-col gap-4">
                <FormColumns>
                    <Field id="format" label={t.prices.format}>
                        <SelectInput id="format" value={if form.value.litellm { "litellm" } else { "csv" }} choices={formats}
                            onchange={form.on(|form: &mut Draft, value: String| form.litellm = value == "litellm")} />
                    </Field>
                    <Field id="effective_from" label={t.prices.effective} help={t.prices.effective_help} error={errors.of("effective_from")}>
                        <TextInput id="effective_from" value={form.value.day.clone()} placeholder={t.prices.effective_placeholder} wrong={errors.of("effective_from").is_some()}
                            oninput={form.on(|form: &mut Draft, text| form.day = text)} />
                    </Field>
                </FormColumns>
                <Field id="text" label={t.prices.file} error={errors.of("text")}>
                    <FileInput id="text" accept=".csv,.json,text/csv,application/json" onread={form.on(|form: &mut Draft, text| form.text = text)} />
                </Field>
                <Field id="note" label={t.prices.note} optional={t.shared.optional} error={errors.of("note")}>
                    <TextInput id="note" value={form.value.note.clone()} oninput={form.on(|form: &mut Draft, text| form.note = text)} />
                </Field>
                if let Some(result) = known {
                    <Differs diff={Rc::new(result.diff.clone())} />
                    { for result.left_out.iter().map(|(why, number)| html! {
                        <p key={why.clone()} class="text-xs text-muted">{ fill(t.prices.left_out, &[("number", &number.to_string()), ("why", why)]) }</p>
                    }) }
                }
            </div>
        </FormDialog>
    }
}
