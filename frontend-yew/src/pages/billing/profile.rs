//! To whom and how an organisation is billed.

use super::PartProps;
use crate::api::billing::{self, Whose, use_profile};
use crate::api::use_action;
use crate::i18n::{Texts, fill, use_texts};
use crate::pages::parts::{FormPanel, add_faults, number, use_submission};
use crate::state::use_form;
use crate::ui::{
    Choice, Failure, Field, FormColumns, NumberInput, SelectInput, Skeleton, Switch, TextArea, TextInput,
    use_toasts,
};
use std::rc::Rc;
use tollgate_contract::billing::{BillingProfile, ProfileForm, TermsForm};
use tollgate_contract::invoices::DocumentLanguage;
use tollgate_contract::problem::FieldError;
use yew::prelude::*;

/// The part.
#[component]
pub fn Profile(props: &PartProps) -> Html {
    let t = use_texts();
    let found = use_profile(props.whose);
    match (&found.data, &found.error) {
        (Some(profile), _) => {
            // Made anew when it was changed, so that the forms begin as it is then.
            let key = format!("{:?}/{}", props.whose, profile.version);
            html! {
                <div class="flex flex-col gap-6 max-w-3xl" {key}>
                    if !profile.missing.is_empty() {
                        <p class="rounded-lg border border-warning/35 bg-warning/8 p-4" role="status">
                            { fill(t.billing.missing, &[("fields", &missing(&profile.missing, t))]) }
                        </p>
                    }
                    <Details profile={profile.clone()} whose={props.whose} />
                    <Terms profile={profile.clone()} whose={props.whose} operator={props.operator} />
                </div>
            }
        }
        (None, Some(error)) => html! { <Failure error={error.clone()} onretry={found.reload.clone()} /> },
        (None, None) => html! { <Skeleton class="h-96" /> },
    }
}

/// What is missing, as its fields are labelled.
fn missing(fields: &[String], t: &Texts) -> String {
    let named = fields.iter().map(|field| match field.as_str() {
        "legal_name" => t.billing.legal_name.to_owned(),
        "address" => t.billing.address.to_owned(),
        "issuer.legal_name" => t.billing.issuer_legal_name.to_owned(),
        "issuer.address" => t.billing.issuer_address.to_owned(),
        "issuer.bank_details" => t.billing.issuer_bank.to_owned(),
        other => other.to_owned(),
    });
    named.collect::<Vec<_>>().join(", ")
}

#[derive(Properties, PartialEq)]
struct DetailsProps {
    profile: Rc<BillingProfile>,
    whose: Whose,
}

#[component]
fn Details(props: &DetailsProps) -> Html {
    let t = use_texts();
    let toasts = use_toasts();
    let first = props.profile.details.clone();
    let form = use_form(|| first);
    let done = Callback::from(move |_: BillingProfile| toasts.done(t.billing.profile_saved));
    let whose = props.whose;
    let action = use_action(move |form| billing::save_profile(whose, form), done);
    let mut wrong: Vec<FieldError> = Vec::new();
    add_faults(&mut wrong, &*form.value);
    let read = if wrong.is_empty() {
        Ok((*form.value).clone())
    } else {
        Err(wrong)
    };
    let sent = use_submission(read, &action);
    let errors = sent.errors.clone();
    let languages = vec![Choice::new("en", "English"), Choice::new("zh-CN", "简体中文")];
    let text = |id: &'static str, label: &'static str, value: &str, oninput: Callback<String>| {
        html! {
            <Field {id} {label} error={errors.of(id)}>
                <TextInput {id} value={value.to_owned()} wrong={errors.of(id).is_some()} {oninput} />
            </Field>
        }
    };
    let value = &form.value;
    html! {
        <FormPanel title={t.billing.profile} text={t.billing.profile_help} verb={t.billing.save} idle={!form.dirty()} sent={sent.clone()}>
            { text("legal_name", t.billing.legal_name, &value.legal_name, form.on(|form: &mut ProfileForm, text| form.legal_name = text)) }
            <Field id="address" label={t.billing.address} help={t.billing.address_help} error={errors.of("address")}>
                <TextArea id="address" rows=4 value={value.address.clone()} wrong={errors.of("address").is_some()}
                    oninput={form.on(|form: &mut ProfileForm, text| form.address = text)} />
            </Field>
            <FormColumns>
                { text("tax_id", t.billing.tax_id, &value.tax_id, form.on(|form: &mut ProfileForm, text| form.tax_id = text)) }
                <Field id="currency" label={t.billing.currency} help={t.billing.currency_help} error={errors.of("currency")}>
                    <TextInput id="currency" value={value.currency.clone()} wrong={errors.of("currency").is_some()}
                        oninput={form.on(|form: &mut ProfileForm, text: String| form.currency = text.to_uppercase())} />
                </Field>
                <Field id="purchase_order" label={t.billing.purchase_order} help={t.billing.purchase_order_help} error={errors.of("purchase_order")}>
                    <TextInput id="purchase_order" value={value.purchase_order.clone()} wrong={errors.of("purchase_order").is_some()}
                        oninput={form.on(|form: &mut ProfileForm, text| form.purchase_order = text)} />
                </Field>
                { text("contact_name", t.billing.contact_name, &value.contact_name, form.on(|form: &mut ProfileForm, text| form.contact_name = text)) }
                { text("contact_email", t.billing.contact_email, &value.contact_email, form.on(|form: &mut ProfileForm, text| form.contact_email = text)) }
                <Field id="language" label={t.billing.language} error={errors.of("language")}>
                    <SelectInput id="language" value={value.language.as_str()} choices={languages}
                        onchange={form.on(|form: &mut ProfileForm, text: String| form.language = DocumentLanguage::parse(&text))} />
                </Field>
            </FormColumns>
            <Switch id="send_by_itself" label={t.billing.send_by_itself} help={t.billing.send_by_itself_help} on={value.send_by_itself}
                onchange={form.on(|form: &mut ProfileForm, on| form.send_by_itself = on)} />
        </FormPanel>
    }
}

#[derive(Clone, PartialEq)]
struct TermsDraft {
    form: TermsForm,
    days: String,
}

impl TermsDraft {
    fn read(&self) -> Result<TermsForm, Vec<FieldError>> {
        let mut wrong = Vec::new();
        let form = TermsForm {
            payment_days: number("payment_days", &self.days, &mut wrong).unwrap_or_default(),
            ..self.form.clone()
        };
        add_faults(&mut wrong, &form);
        if wrong.is_empty() { Ok(form) } else { Err(wrong) }
    }
}

#[derive(Properties, PartialEq)]
struct TermsProps {
    profile: Rc<BillingProfile>,
    whose: Whose,
    operator: bool,
}

/// Only the operator changes them; others read them.
#[component]
fn Terms(props: &TermsProps) -> Html {
    let t = use_texts();
    let toasts = use_toasts();
    let terms = props.profile.terms.clone();
    let form = use_form(|| TermsDraft {
        days: terms.payment_days.to_string(),
        form: terms,
    });
    let done = Callback::from(move |_: BillingProfile| toasts.done(t.billing.terms_saved));
    let whose = props.whose;
    let action = use_action(move |form| billing::save_terms(whose, form), done);
    let sent = use_submission(form.value.read(), &action);
    let errors = sent.errors.clone();
    let value = &form.value;
    if !props.operator {
        let how = if value.form.post_paid {
            t.billing.post_paid
        } else {
            t.billing.settled
        };
        let tax = format!("{}: {} %", t.billing.tax_rate, value.form.tax_rate);
        return html! { <p class="panel p-5 text-muted">{ tax }{ " · " }{ how }{ " · " }{ t.billing.terms_help }</p> };
    }
    html! {
        <FormPanel title={t.billing.terms} text={t.billing.terms_help} verb={t.billing.save} idle={!form.dirty()} sent={sent.clone()}>
            <FormColumns>
                <Field id="tax_rate" label={t.billing.tax_rate} error={errors.of("tax_rate")}>
                    <NumberInput id="tax_rate" decimal=true value={value.form.tax_rate.clone()} wrong={errors.of("tax_rate").is_some()}
                        oninput={form.on(|form: &mut TermsDraft, text| form.form.tax_rate = text)} />
                </Field>
                <Field id="payment_days" label={t.billing.payment_days} error={errors.of("payment_days")}>
                    <NumberInput id="payment_days" value={value.days.clone()} wrong={errors.of("payment_days").is_some()}
                        oninput={form.on(|form: &mut TermsDraft, text| form.days = text)} />
                </Field>
            </FormColumns>
            <Switch id="reverse_charge" label={t.billing.reverse_charge} help={t.billing.reverse_charge_help} on={value.form.reverse_charge}
                onchange={form.on(|form: &mut TermsDraft, on| form.form.reverse_charge = on)} />
            <Switch id="post_paid" label={t.billing.post_paid} help={t.billing.post_paid_help} on={value.form.post_paid}
                onchange={form.on(|form: &mut TermsDraft, on| form.form.post_paid = on)} />
        </FormPanel>
    }
}
