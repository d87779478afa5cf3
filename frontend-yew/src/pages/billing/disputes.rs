//! Disputes: opening one from a statement, and for the operator deciding them.

use super::PartProps;
use crate::api::billing::{self, Whose, use_disputes};
use crate::api::use_action;
use crate::i18n::{Texts, fill, use_texts};
use crate::pages::parts::{FormDialog, add_faults, dollars, use_submission};
use crate::state::use_form;
use crate::ui::{
    Button, Column, Empty, Failure, Field, Glyph, Moment, Money, NumberInput, Pill, Row, Switch, Table,
    TextArea, Tone, use_toasts,
};
use std::rc::Rc;
use tollgate_contract::invoices::{DecideDispute, Dispute, DisputeStatus, OpenDispute};
use tollgate_contract::problem::FieldError;
use yew::prelude::*;

/// The part.
#[component]
pub fn Disputes(props: &PartProps) -> Html {
    let t = use_texts();
    let found = use_disputes(props.whose);
    let deciding = use_state(|| None::<Rc<Dispute>>);
    if let Some(error) = found.error.as_ref().filter(|_| found.data.is_none()) {
        return html! { <Failure error={error.clone()} onretry={found.reload.clone()} /> };
    }
    if found.data.as_ref().is_some_and(|found| found.items.is_empty()) {
        return html! {
            <div class="panel"><Empty glyph={Glyph::Check} title={t.billing.disputes_empty} text={t.billing.disputes_empty_help} /></div>
        };
    }
    let columns = vec![
        Column::text(t.billing.month),
        Column::text(t.billing.model),
        Column::text(t.billing.reason),
        Column::figure(t.billing.amount),
        Column::text(t.billing.status),
        Column::text(t.billing.answer).minor(),
        Column::text(t.billing.day).minor(),
    ];
    let rows = found.data.as_ref().map(|found| {
        let rows = found.items.iter().map(|one| {
            let open = props.operator && one.status == DisputeStatus::Open;
            let ondecide = open.then(|| {
                let (deciding, one) = (deciding.clone(), Rc::new(one.clone()));
                Callback::from(move |()| deciding.set(Some(one.clone())))
            });
            row(one, ondecide, t)
        });
        rows.collect::<Vec<_>>()
    });
    let onclose = {
        let deciding = deciding.clone();
        Callback::from(move |()| deciding.set(None))
    };
    html! {
        <>
            <div class="panel overflow-hidden"><Table label={t.billing.disputes} {columns} {rows} stale={found.busy} menus={props.operator} /></div>
            if let Some(dispute) = (*deciding).clone() {
                <Decide whose={props.whose} {dispute} {onclose} />
            }
        </>
    }
}

fn row(one: &Dispute, ondecide: Option<Callback<()>>, t: &Texts) -> Row {
    let (tone, text) = match one.status {
        DisputeStatus::Open => (Tone::Waiting, t.billing.waiting),
        DisputeStatus::Accepted => (Tone::Good, t.billing.accepted),
        DisputeStatus::Declined => (Tone::Quiet, t.billing.declined),
    };
    let what = match one.request_id {
        Some(id) => format!("{} · {id}", one.model),
        None => one.model.clone(),
    };
    let menu = ondecide.map(|onclick| html! { <Button label={t.billing.decide} {onclick} /> });
    Row {
        key: one.id.to_string().into(),
        cells: vec![
            html! { <span class="figures">{ one.month.clone() }</span> },
            html! { <span class="break-words">{ what }</span> },
            html! { <span class="break-words">{ one.reason.clone() }</span> },
            html! { <Money amount={one.amount_nano} /> },
            html! { <Pill {tone} {text} /> },
            html! { <span class="break-words">{ one.answer.clone() }</span> },
            html! { <Moment at={one.opened_at} /> },
        ],
        onopen: None,
        menu: menu.unwrap_or_default(),
    }
}

#[derive(Properties, PartialEq)]
pub struct OpenDisputeProps {
    pub whose: Whose,
    /// All but the reason.
    pub form: OpenDispute,
    pub onclose: Callback<()>,
}

fn checked<F: validator::Validate>(form: F) -> Result<F, Vec<FieldError>> {
    let mut wrong = Vec::new();
    add_faults(&mut wrong, &form);
    if wrong.is_empty() { Ok(form) } else { Err(wrong) }
}

/// The dialog in which a dispute is opened.
#[component]
pub fn OpenDisputeDialog(props: &OpenDisputeProps) -> Html {
    let t = use_texts();
    let toasts = use_toasts();
    let first = props.form.clone();
    let form = use_form(|| first);
    let done = {
        let onclose = props.onclose.clone();
        Callback::from(move |_: Dispute| {
            toasts.done(t.billing.disputed);
            onclose.emit(());
        })
    };
    let whose = props.whose;
    let action = use_action(move |form| billing::dispute(whose, form), done);
    let sent = use_submission(checked((*form.value).clone()), &action);
    let errors = sent.errors.clone();
    let what = props
        .form
        .request_id
        .map_or_else(|| props.form.model.clone(), |id| id.to_string());
    html! {
        <FormDialog title={fill(t.billing.dispute_title, &[("what", &what)])} dirty={form.dirty()} verb={t.billing.dispute} {sent} onclose={props.onclose.clone()}>
            <Field id="reason" label={t.billing.reason} error={errors.of("reason")}>
                <TextArea id="reason" rows=4 value={form.value.reason.clone()} wrong={errors.of("reason").is_some()}
                    oninput={form.on(|form: &mut OpenDispute, text| form.reason = text)} />
            </Field>
        </FormDialog>
    }
}

/// A decision as it is typed.
#[derive(Clone, Default, PartialEq)]
struct Decision {
    accept: bool,
    amount: String,
    answer: String,
}

impl Decision {
    fn read(&self) -> Result<DecideDispute, Vec<FieldError>> {
        let mut wrong = Vec::new();
        let amount = if self.accept {
            dollars("amount_nano", &self.amount, &mut wrong)
        } else {
            None
        };
        let form = DecideDispute {
            accept: self.accept,
            amount_nano: amount,
            answer: self.answer.clone(),
        };
        add_faults(&mut wrong, &form);
        if wrong.is_empty() { Ok(form) } else { Err(wrong) }
    }
}

#[derive(Properties, PartialEq)]
struct DecideProps {
    whose: Whose,
    dispute: Rc<Dispute>,
    onclose: Callback<()>,
}

/// The operator's dialog.
#[component]
fn Decide(props: &DecideProps) -> Html {
    let t = use_texts();
    let toasts = use_toasts();
    let all = props.dispute.amount_nano.exact_usd();
    let form = use_form(|| Decision {
        amount: all,
        ..Decision::default()
    });
    let done = {
        let onclose = props.onclose.clone();
        Callback::from(move |_: Dispute| {
            toasts.done(t.billing.decided);
            onclose.emit(());
        })
    };
    let (whose, id) = (props.whose, props.dispute.id);
    let action = use_action(move |form| billing::decide(whose, id, form), done);
    let sent = use_submission(form.value.read(), &action);
    let errors = sent.errors.clone();
    let verb = if form.value.accept {
        t.billing.accept
    } else {
        t.billing.decline
    };
    html! {
        <FormDialog title={t.billing.decide} intro={Some(AttrValue::from(props.dispute.reason.clone()))} dirty={form.dirty()} {verb} {sent} onclose={props.onclose.clone()}>
            <div class="flex flex-col gap-4">
                <Switch id="accept" label={t.billing.accept} help={t.billing.accept_effect} on={form.value.accept}
                    onchange={form.on(|form: &mut Decision, on| form.accept = on)} />
                if form.value.accept {
                    <Field id="amount_nano" label={t.billing.amount_given} help={t.billing.amount_given_help} error={errors.of("amount_nano")}>
                        <NumberInput id="amount_nano" decimal=true value={form.value.amount.clone()} wrong={errors.of("amount_nano").is_some()}
                            oninput={form.on(|form: &mut Decision, text| form.amount = text)} />
                    </Field>
                }
                <Field id="answer" label={t.billing.answer} help={t.billing.answer_help} error={errors.of("answer")}>
                    <TextArea id="answer" rows=4 value={form.value.answer.clone()} wrong={errors.of("answer").is_some()}
                        oninput={form.on(|form: &mut Decision, text| form.answer = text)} />
                </Field>
            </div>
        </FormDialog>
    }
}
