//! A document's details: what it says, its files, sending it, recording a payment, and the way back to its statement.

use super::documents::{cents, mail_pill, pill};
use super::{Tab, View};
use crate::api::billing::{self, Whose, use_document};
use crate::api::use_action;
use crate::format;
use crate::i18n::{fill, use_texts};
use crate::pages::parts::{FormDialog, add_faults, dollars, fact, section, typed_fault, use_submission};
use crate::state::use_form;
use crate::ui::{
    Button, ButtonKind, Drawer, Failure, Field, FormFailure, Glyph, Moment, Money, NumberInput, Skeleton,
    TextInput, use_toasts,
};
use std::rc::Rc;
use tollgate_contract::ids::DocumentId;
use tollgate_contract::invoices::{DocumentView, RecordPayment};
use tollgate_contract::problem::FieldError;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct DocumentDrawerProps {
    pub whose: Whose,
    pub id: DocumentId,
    /// Whether letters can be sent.
    pub mail: bool,
    pub writes: bool,
    pub operator: bool,
    pub view: View,
    pub onview: Callback<View>,
    pub onclose: Callback<()>,
}

/// The drawer.
#[component]
pub fn DocumentDrawer(props: &DocumentDrawerProps) -> Html {
    let t = use_texts();
    let found = use_document(props.whose, props.id);
    let (title, body, actions) = match (&found.data, &found.error) {
        (Some(found), _) => (
            found.summary.number.clone(),
            html! { <Details shown={found.clone()} view={props.view.clone()} onview={props.onview.clone()} /> },
            html! { <Actions shown={found.clone()} whose={props.whose} mail={props.mail} writes={props.writes} operator={props.operator} /> },
        ),
        (None, Some(error)) => (
            t.billing.invoice.to_owned(),
            html! { <Failure error={error.clone()} onretry={found.reload.clone()} /> },
            Html::default(),
        ),
        (None, None) => (
            t.billing.invoice.to_owned(),
            html! { <Skeleton class="h-96" /> },
            Html::default(),
        ),
    };
    html! { <Drawer title={html! { { title } }} {actions} onclose={props.onclose.clone()}>{ body }</Drawer> }
}

#[derive(Properties, PartialEq)]
struct DetailsProps {
    shown: Rc<DocumentView>,
    view: View,
    onview: Callback<View>,
}

#[component]
fn Details(props: &DetailsProps) -> Html {
    let t = use_texts();
    let (summary, document) = (&props.shown.summary, &props.shown.document);
    let to_statement = props.onview.reform({
        let view = View {
            tab: Tab::Months,
            document: None,
            month: Some(summary.month.clone()),
            ..props.view.clone()
        };
        move |()| view.clone()
    });
    let money = |amount: i64| html! { <Money amount={cents(amount)} /> };
    let second = document.second.as_ref().map(|second| {
        let total = format!("{} {}", plain(second.total, second.decimals), second.currency);
        html! { { fact(t.billing.currency, html! { <span title={format!("{} · {} · {}", second.rate, second.source, second.on_day)}>{ total }</span> }) } }
    });
    html! {
        <>
            <p class="mb-2 flex flex-wrap gap-1">{ pill(summary.status, t) }{ mail_pill(summary, t) }</p>
            <p class="font-medium break-words">{ document.customer.name.clone() }</p>
            if !document.reason.is_empty() {
                <p class="text-muted break-words">{ document.reason.clone() }</p>
            }
            if !document.invoice_number.is_empty() {
                <p class="text-muted">{ fill(t.billing.of_invoice, &[("number", &document.invoice_number)]) }</p>
            }
            <dl class="mt-3 divide-y divide-base-300" data-testid="document-totals">
                { fact(t.billing.usage, html! { <Money exact=true amount={document.sum_nano} /> }) }
                { fact(t.billing.rounding, html! { <Money exact=true amount={document.rounding_nano} /> }) }
                { fact(t.billing.net, money(document.net_cents)) }
                <div class="flex justify-between gap-4 py-1.5">
                    <dt class="text-muted">{ format!("{} ({} %)", t.billing.tax, document.tax_rate) }</dt><dd>{ money(document.tax_cents) }</dd>
                </div>
                { fact(t.billing.total, html! { <strong>{ money(document.total_cents) }</strong> }) }
                { for second }
                if summary.credited_cents > 0 {
                    { fact(t.billing.credited, money(summary.credited_cents)) }
                }
                if let Some(due_on) = summary.due_on {
                    { fact(t.billing.due_on, html! { <span class="figures">{ due_on.to_string() }</span> }) }
                    { fact(t.billing.due, money(summary.due_cents)) }
                }
            </dl>
            if !props.shown.payments.is_empty() {
                { section(t.billing.paid) }
                <ul class="divide-y divide-base-300">
                    { for props.shown.payments.iter().map(|payment| html! {
                        <li key={payment.id.to_string()} class="flex justify-between gap-4 py-1.5">
                            <span class="min-w-0 break-words">{ payment.reference.clone() }{ " · " }<Moment at={payment.recorded_at} absolute=true /></span>
                            { money(payment.amount_cents) }
                        </li>
                    }) }
                </ul>
            }
            { section(t.billing.usage) }
            <ul class="divide-y divide-base-300">
                { for document.lines.iter().enumerate().map(|(at, line)| html! {
                    <li key={at.to_string()} class="flex justify-between gap-4 py-1.5">
                        <span class="min-w-0 break-words">{ line.model.clone() }{ if line.cost_centre.is_empty() { String::new() } else { format!(" · {}", line.cost_centre) } }</span>
                        <span class="figures" title={format::money_exact(line.amount_nano)}>{ format::money_to_the_last(line.amount_nano) }</span>
                    </li>
                }) }
            </ul>
            <div class="mt-3"><Button glyph={Glyph::List} label={fill(t.billing.statement, &[("month", &summary.month)])} onclick={to_statement} /></div>
            { section(t.billing.hash) }
            <code class="block font-mono text-xs break-all text-muted">{ props.shown.hash.clone() }</code>
        </>
    }
}

/// An amount in smallest units.
fn plain(amount: i64, decimals: u32) -> String {
    let places = decimals as usize;
    let digits = format!("{:0>width$}", amount.unsigned_abs(), width = places + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places);
    if places == 0 {
        whole.to_owned()
    } else {
        format!("{whole}.{fraction}")
    }
}

#[derive(Properties, PartialEq)]
struct ActionsProps {
    shown: Rc<DocumentView>,
    whose: Whose,
    mail: bool,
    writes: bool,
    operator: bool,
}

#[component]
fn Actions(props: &ActionsProps) -> Html {
    let t = use_texts();
    let toasts = use_toasts();
    let paying = use_state(|| false);
    let summary = &props.shown.summary;
    let (whose, id, number) = (props.whose, summary.id, summary.number.clone());
    let saved = {
        let toasts = toasts.clone();
        Callback::from(move |done: bool| {
            if !done {
                toasts.failed(t.billing.file_failed);
            }
        })
    };
    let file = use_action(
        move |kind: &'static str| {
            let number = number.clone();
            async move { billing::save_file(whose, id, &number, kind).await }
        },
        saved,
    );
    let sent = Callback::from(move |made: DocumentView| {
        toasts.done(fill(t.billing.sent_toast, &[("number", &made.summary.number)]));
    });
    let send = use_action(move |()| billing::send(whose, id), sent);
    let setting = |on: bool| {
        let paying = paying.clone();
        Callback::from(move |()| paying.set(on))
    };
    html! {
        <>
            <FormFailure error={file.error.clone().or_else(|| send.error.clone())} />
            <Button kind={ButtonKind::Primary} glyph={Glyph::Download} busy={file.busy} label={t.billing.pdf} onclick={file.run.reform(|()| "pdf")} />
            <Button glyph={Glyph::Download} label={t.billing.html} onclick={file.run.reform(|()| "html")} />
            if props.writes && props.mail {
                <Button glyph={Glyph::Upload} busy={send.busy} label={t.billing.send} onclick={send.run.clone()} />
            }
            if props.operator && summary.due_cents > 0 {
                <Button glyph={Glyph::Check} label={t.billing.mark_paid} onclick={setting(true)} />
            }
            if *paying {
                <Pay {whose} {id} due={summary.due_cents} onclose={setting(false)} />
            }
        </>
    }
}

#[derive(Clone, Default, PartialEq)]
struct PayDraft {
    amount: String,
    reference: String,
}

impl PayDraft {
    fn read(&self) -> Result<RecordPayment, Vec<FieldError>> {
        let mut wrong = Vec::new();
        let amount = dollars("amount_cents", &self.amount, &mut wrong).unwrap_or_default();
        let cent = cents(1).0;
        if amount.0 % cent != 0 {
            wrong.push(typed_fault("amount_cents", "dollars"));
        }
        let form = RecordPayment {
            amount_cents: amount.0 / cent,
            reference: self.reference.clone(),
        };
        add_faults(&mut wrong, &form);
        if wrong.is_empty() { Ok(form) } else { Err(wrong) }
    }
}

#[derive(Properties, PartialEq)]
struct PayProps {
    whose: Whose,
    id: DocumentId,
    due: i64,
    onclose: Callback<()>,
}

/// The dialog in which the operator says that money has come.
#[component]
fn Pay(props: &PayProps) -> Html {
    let t = use_texts();
    let toasts = use_toasts();
    let due = cents(props.due).exact_usd();
    let form = use_form(|| PayDraft {
        amount: due,
        reference: String::new(),
    });
    let done = {
        let onclose = props.onclose.clone();
        Callback::from(move |_: DocumentView| {
            toasts.done(t.billing.paid_toast);
            onclose.emit(());
        })
    };
    let (whose, id) = (props.whose, props.id);
    let action = use_action(move |form| billing::pay(whose, id, form), done);
    let sent = use_submission(form.value.read(), &action);
    let errors = sent.errors.clone();
    html! {
        <FormDialog title={t.billing.mark_paid} dirty={form.dirty()} verb={t.billing.mark_paid} {sent} onclose={props.onclose.clone()}>
            <div class="flex flex-col gap-4">
                <Field id="amount_cents" label={t.billing.amount_cents} error={errors.of("amount_cents")}>
                    <NumberInput id="amount_cents" decimal=true value={form.value.amount.clone()} wrong={errors.of("amount_cents").is_some()}
                        oninput={form.on(|form: &mut PayDraft, text| form.amount = text)} />
                </Field>
                <Field id="reference" label={t.billing.bank_reference} error={errors.of("reference")}>
                    <TextInput id="reference" value={form.value.reference.clone()} wrong={errors.of("reference").is_some()}
                        oninput={form.on(|form: &mut PayDraft, text| form.reference = text)} />
                </Field>
            </div>
        </FormDialog>
    }
}
