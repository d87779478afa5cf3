//! What a dollar costs in other currencies, by day: entered once, never changed.

use crate::api::billing::{self, use_rates};
use crate::api::use_action;
use crate::browser;
use crate::i18n::use_texts;
use crate::pages::parts::{FormPanel, add_faults, typed_fault, use_submission};
use crate::state::{use_form, use_me};
use crate::ui::{
    Column, Failure, Field, FormColumns, Moment, NumberInput, Row, Table, TextInput, use_toasts,
};
use crate::zone::{day_of, parse_day};
use tollgate_contract::billing::{EnterRates, ExchangeRate, ExchangeRates, RateForm};
use tollgate_contract::problem::FieldError;
use yew::prelude::*;

/// A rate as it is typed.
#[derive(Clone, Default, PartialEq)]
struct Draft {
    currency: String,
    on_day: String,
    rate: String,
    source: String,
}

impl Draft {
    fn read(&self) -> Result<EnterRates, Vec<FieldError>> {
        let mut wrong = Vec::new();
        let Some(on_day) = parse_day(&self.on_day) else {
            return Err(vec![typed_fault("rates[0].on_day", "date")]);
        };
        let form = EnterRates {
            rates: vec![RateForm {
                currency: self.currency.trim().to_uppercase(),
                on_day,
                rate: self.rate.trim().to_owned(),
                source: self.source.trim().to_owned(),
            }],
        };
        add_faults(&mut wrong, &form);
        if wrong.is_empty() { Ok(form) } else { Err(wrong) }
    }
}

/// The form, and what was entered.
#[component]
pub fn Rates() -> Html {
    let me = use_me();
    let zone = me.as_ref().map_or("UTC", |me| me.tenant.time_zone.as_str());
    let today = day_of(browser::now(), zone).map(|day| day.to_string());
    let next = use_state(|| Next {
        round: 0,
        on_day: today.unwrap_or_default(),
        source: String::new(),
    });
    let onentered = {
        let next = next.clone();
        Callback::from(move |(on_day, source): (String, String)| {
            next.set(Next {
                round: next.round + 1,
                on_day,
                source,
            });
        })
    };
    html! {
        <>
            <Enter key={next.round} on_day={next.on_day.clone()} source={next.source.clone()} {onentered} />
            <Entered />
        </>
    }
}

/// How the next form begins: the next rate is mostly another currency of the same day and source.
struct Next {
    round: u32,
    on_day: String,
    source: String,
}

#[derive(Properties, PartialEq)]
struct EnterProps {
    on_day: String,
    source: String,
    onentered: Callback<(String, String)>,
}

/// The form; made anew for each rate.
#[component]
fn Enter(props: &EnterProps) -> Html {
    let t = use_texts();
    let toasts = use_toasts();
    let first = Draft {
        on_day: props.on_day.clone(),
        source: props.source.clone(),
        ..Draft::default()
    };
    let form = use_form(|| first);
    let done = {
        let (form, onentered) = (form.clone(), props.onentered.clone());
        Callback::from(move |_: ExchangeRates| {
            toasts.done(t.billing.rate_entered);
            onentered.emit((form.value.on_day.clone(), form.value.source.clone()));
        })
    };
    let action = use_action(billing::enter_rates, done);
    let sent = use_submission(form.value.read(), &action);
    let errors = sent.errors.clone();
    let value = &form.value;
    let text = |id: &'static str,
                field: &'static str,
                label: &'static str,
                value: &str,
                kind: &'static str,
                oninput| {
        html! {
            <Field {id} {label} error={errors.of(field)}>
                <TextInput {id} {kind} value={value.to_owned()} wrong={errors.of(field).is_some()} {oninput} />
            </Field>
        }
    };
    let rate = errors.of("rates[0].rate");
    html! {
        <FormPanel title={t.billing.rates} text={t.billing.rates_help} verb={t.billing.rate_enter} idle={value.rate.trim().is_empty()} {sent}>
                <FormColumns>
                    { text("rate_currency", "rates[0].currency", t.billing.rate_currency, &value.currency, "text", form.on(|draft: &mut Draft, text: String| draft.currency = text.to_uppercase())) }
                    { text("rate_day", "rates[0].on_day", t.billing.rate_day, &value.on_day, "date", form.on(|draft: &mut Draft, text| draft.on_day = text)) }
                    <Field id="rate" label={t.billing.rate} help={t.billing.rate_help} error={rate.clone()}>
                        <NumberInput id="rate" decimal=true value={value.rate.clone()} wrong={rate.is_some()} oninput={form.on(|draft: &mut Draft, text| draft.rate = text)} />
                    </Field>
                    { text("rate_source", "rates[0].source", t.billing.rate_source, &value.source, "text", form.on(|draft: &mut Draft, text| draft.source = text)) }
                </FormColumns>
        </FormPanel>
    }
}

/// What was entered, the newest of a currency first.
#[component]
fn Entered() -> Html {
    let t = use_texts();
    let found = use_rates();
    if let Some(error) = found.error.as_ref().filter(|_| found.data.is_none()) {
        return html! { <Failure error={error.clone()} onretry={found.reload.clone()} /> };
    }
    if found.data.as_ref().is_some_and(|found| found.items.is_empty()) {
        return html! { <p class="text-muted">{ t.billing.rates_empty }</p> };
    }
    let columns = vec![
        Column::text(t.billing.rate_currency),
        Column::text(t.billing.rate_day),
        Column::figure(t.billing.rate),
        Column::text(t.billing.rate_source),
        Column::text(t.billing.rate_by).minor(),
    ];
    let rows = found
        .data
        .as_ref()
        .map(|found| found.items.iter().map(row).collect::<Vec<_>>());
    html! {
        <div class="panel overflow-hidden" data-testid="rates"><Table label={t.billing.rates} {columns} {rows} stale={found.busy} /></div>
    }
}

fn row(one: &ExchangeRate) -> Row {
    Row {
        key: format!("{} {}", one.currency, one.on_day).into(),
        cells: vec![
            html! { <span class="font-medium">{ one.currency.clone() }</span> },
            html! { <span class="figures">{ one.on_day.to_string() }</span> },
            html! { <span class="figures">{ one.rate.clone() }</span> },
            html! { <span class="break-words">{ one.source.clone() }</span> },
            html! { <span class="break-words">{ one.entered_by.clone() }{ " · " }<Moment at={one.entered_at} /></span> },
        ],
        onopen: None,
        menu: Html::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_read_and_what_is_wrong_is_named() {
        let mut draft = Draft {
            currency: " eur".to_owned(),
            on_day: "2026-11-30".to_owned(),
            rate: "0.9213 ".to_owned(),
            source: "ECB".to_owned(),
        };
        let form = draft.read().unwrap();
        assert_eq!(
            (form.rates[0].currency.as_str(), form.rates[0].rate.as_str()),
            ("EUR", "0.9213")
        );
        draft.rate = "0,92".to_owned();
        assert_eq!(draft.read().unwrap_err()[0].field, "rates[0].rate");
        draft.on_day = String::new();
        assert_eq!(draft.read().unwrap_err()[0].field, "rates[0].on_day");
    }
}
