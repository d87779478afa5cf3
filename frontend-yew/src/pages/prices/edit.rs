//! Changing one model's prices from a day on: what would change is shown before it is confirmed.

use super::differs::Differs;
use super::words::{read_lines, written};
use crate::api::{prices, use_action};
use crate::i18n::use_texts;
use crate::pages::parts::{FormDialog, first_instant, typed_fault, use_submission};
use crate::state::{use_form, use_me};
use crate::ui::{Field, FormColumns, ModalShape, TextArea, TextInput, use_toasts};
use std::collections::BTreeMap;
use std::rc::Rc;
use tollgate_contract::ids::PriceVersionId;
use tollgate_contract::prices::{EditPrices, ModelPrice, PriceChangeResult};
use tollgate_contract::problem::{FieldError, faults};
use yew::prelude::*;

#[derive(Clone, Debug, PartialEq)]
struct Draft {
    prices: String,
    day: String,
    note: String,
}

impl Draft {
    fn read(
        &self,
        row: &ModelPrice,
        base: PriceVersionId,
        zone: &str,
        dry_run: bool,
    ) -> Result<EditPrices, Vec<FieldError>> {
        let mut wrong = Vec::new();
        let prices = read_lines(&self.prices).unwrap_or_else(|_| {
            wrong.push(typed_fault("prices", "invalid"));
            BTreeMap::default()
        });
        let form = EditPrices {
            set: vec![ModelPrice {
                prices,
                ..row.clone()
            }],
            remove: Vec::new(),
            effective_from: first_instant("effective_from", &self.day, zone, &mut wrong),
            note: self.note.trim().to_owned(),
            dry_run,
            base_version: base,
        };
        if wrong.is_empty() {
            wrong.extend(faults(&form));
        }
        if wrong.is_empty() { Ok(form) } else { Err(wrong) }
    }
}

#[derive(Properties, PartialEq)]
pub struct EditProps {
    /// As it stands in the newest version.
    pub row: Rc<ModelPrice>,
    /// That version.
    pub base: PriceVersionId,
    pub onclose: Callback<()>,
}

/// The dialog.
#[component]
pub fn Edit(props: &EditProps) -> Html {
    let t = use_texts();
    let toasts = use_toasts();
    let me = use_me();
    let zone = me.as_ref().map_or("UTC", |me| me.tenant.time_zone.as_str());
    let form = {
        let row = props.row.clone();
        use_form(move || Draft {
            prices: written(&row.prices),
            day: String::new(),
            note: String::new(),
        })
    };
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
    let action = use_action(prices::edit, done);
    let read = form.value.read(&props.row, props.base, zone, known.is_none());
    let sent = use_submission(read, &action);
    let verb = if known.is_some() {
        t.prices.confirm
    } else {
        t.prices.look
    };
    let errors = sent.errors.clone();
    let of_row = errors
        .0
        .iter()
        .find(|error| error.field.starts_with("set[0]") || error.field == "prices");
    let of_row = of_row.cloned();
    let title = format!("{} · {}", t.prices.edit, props.row.model);
    html! {
        <FormDialog {title} intro={t.prices.edit_intro} shape={ModalShape::Wide} dirty={form.dirty()} idle={!form.dirty()} {verb} {sent} onclose={props.onclose.clone()}>
            <div class="flex flex-col gap-4">
                <Field id="prices" label={t.prices.prices} help={t.prices.prices_help} error={of_row.clone()}>
                    <TextArea id="prices" rows=8 mono=true value={form.value.prices.clone()} wrong={of_row.is_some()} oninput={form.on(|form: &mut Draft, text| form.prices = text)} />
                </Field>
                <FormColumns>
                    <Field id="effective_from" label={t.prices.effective} help={t.prices.effective_help} error={errors.of("effective_from")}>
                        <TextInput id="effective_from" value={form.value.day.clone()} placeholder={t.prices.effective_placeholder} wrong={errors.of("effective_from").is_some()}
                            oninput={form.on(|form: &mut Draft, text| form.day = text)} />
                    </Field>
                    <Field id="note" label={t.prices.note} optional={t.shared.optional} error={errors.of("note")}>
                        <TextInput id="note" value={form.value.note.clone()} oninput={form.on(|form: &mut Draft, text| form.note = text)} />
                    </Field>
                </FormColumns>
                if let Some(result) = known {
                    <Differs diff={Rc::new(result.diff.clone())} />
                }
            </div>
        </FormDialog>
    }
}
