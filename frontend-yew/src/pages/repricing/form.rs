//! Pricing a time anew: what would change is shown, and then exactly that is booked.

use super::seen::Seen;
use crate::api::billing::use_organisations;
use crate::api::{ApiError, books, use_action};
use crate::i18n::use_texts;
use crate::pages::parts::{FormDialog, add_faults, first_instant, typed_fault, use_submission};
use crate::state::use_form;
use crate::ui::{
    Choice, Errors, Field, FormColumns, ModalShape, SelectInput, TextArea, TextInput, use_toasts,
};
use chrono::TimeDelta;
use std::rc::Rc;
use tollgate_contract::books::{RepricingForm, RepricingOrderForm, RepricingSeen};
use tollgate_contract::ids::TenantId;
use tollgate_contract::problem::FieldError;
use uuid::Uuid;
use yew::prelude::*;

#[derive(Clone, Debug, Default, PartialEq)]
struct Draft {
    tenant: String,
    from: String,
    to: String,
    model: String,
    prices_at: String,
    reason: String,
}

/// What is sent: a look, or the booking of what was seen.
#[derive(Clone, Debug, PartialEq)]
enum Wish {
    Look(RepricingForm),
    Book(RepricingOrderForm),
}

/// What came of it.
enum Answer {
    Seen(RepricingSeen),
    Booked,
}

async fn send(wish: Wish) -> Result<Answer, ApiError> {
    match wish {
        Wish::Look(form) => books::preview(form).await.map(Answer::Seen),
        Wish::Book(form) => books::reprice(form).await.map(|_| Answer::Booked),
    }
}

impl Draft {
    /// All but the reason: what is looked at is booked with any.
    fn looked_at(&self) -> Self {
        Self {
            reason: String::new(),
            ..self.clone()
        }
    }

    /// Days are those of UTC, as the requests' own.
    fn order(&self, wrong: &mut Vec<FieldError>) -> RepricingForm {
        let tenant: Option<TenantId> = self.tenant.parse().ok();
        if tenant.is_none() {
            wrong.push(typed_fault("tenant_id", "required"));
        }
        let mut day = |field: &str, text: &str, required: bool| {
            if required && text.trim().is_empty() {
                wrong.push(typed_fault(field, "required"));
            }
            first_instant(field, text, "UTC", wrong)
        };
        let from = day("from", &self.from, true);
        let to = day("to", &self.to, true).map(|last| last + TimeDelta::days(1));
        let prices_at = day("prices_at", &self.prices_at, false);
        let model = Some(self.model.trim().to_owned()).filter(|model| !model.is_empty());
        RepricingForm {
            tenant_id: tenant.unwrap_or(TenantId(Uuid::nil())),
            from: from.unwrap_or_default(),
            to: to.unwrap_or_default(),
            model,
            prices_at,
        }
    }

    fn read(&self, seen: Option<(&RepricingSeen, Uuid)>) -> Result<Wish, Vec<FieldError>> {
        let mut wrong = Vec::new();
        let order = self.order(&mut wrong);
        if wrong.is_empty() && order.to <= order.from {
            wrong.push(typed_fault("to", "not_after"));
        }
        add_faults(&mut wrong, &order);
        let Some((seen, repricing_id)) = seen else {
            return if wrong.is_empty() {
                Ok(Wish::Look(order))
            } else {
                Err(wrong)
            };
        };
        let form = RepricingOrderForm {
            repricing_id,
            order: RepricingForm {
                prices_at: Some(seen.prices_at),
                ..order
            },
            fingerprint: seen.fingerprint.clone(),
            reason: self.reason.trim().to_owned(),
        };
        add_faults(&mut wrong, &form);
        if wrong.is_empty() {
            Ok(Wish::Book(form))
        } else {
            Err(wrong)
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "it tells two tries apart and is sorted by nowhere; no page has a clock that ids could be of"
)]
fn new_id() -> Uuid {
    Uuid::new_v4()
}

#[derive(Properties, PartialEq)]
pub struct OrderProps {
    pub onclose: Callback<()>,
}

/// The dialog.
#[component]
pub fn Order(props: &OrderProps) -> Html {
    let t = use_texts();
    let toasts = use_toasts();
    let form = use_form(Draft::default);
    // Of this very draft, with the id under which it would be booked: sent twice, it is booked once.
    let seen = use_state(|| None::<(Draft, Rc<RepricingSeen>, Uuid)>);
    let known = (*seen)
        .clone()
        .filter(|(draft, ..)| *draft == form.value.looked_at());
    let done = {
        let (seen, draft, onclose) = (seen.clone(), form.value.looked_at(), props.onclose.clone());
        Callback::from(move |answer: Answer| match answer {
            Answer::Seen(result) => seen.set(Some((draft.clone(), Rc::new(result), new_id()))),
            Answer::Booked => {
                toasts.done(t.repricing.booked);
                onclose.emit(());
            }
        })
    };
    let action = use_action(send, done);
    let changes = known.as_ref().filter(|(_, seen, _)| !seen.first.is_empty());
    let read = form.value.read(changes.map(|(_, seen, id)| (seen.as_ref(), *id)));
    let sent = use_submission(read, &action);
    let errors = sent.errors.clone();
    let verb = if changes.is_some() {
        t.repricing.book
    } else {
        t.repricing.look
    };
    html! {
        <FormDialog title={t.repricing.make} intro={t.repricing.intro} shape={ModalShape::Wide} dirty={form.dirty()} {verb} {sent} onclose={props.onclose.clone()}>
            <div class="flex flex-col gap-4">
                <Fields form={(*form.value).clone()} errors={errors.clone()} onchange={form.on(|form: &mut Draft, next: Draft| *form = next)} />
                if let Some((_, seen, _)) = &known {
                    <Seen seen={seen.clone()} />
                }
                if changes.is_some() {
                    <Field id="reason" label={t.repricing.reason} help={t.repricing.reason_help} error={errors.of("reason")}>
                        <TextArea id="reason" value={form.value.reason.clone()} wrong={errors.of("reason").is_some()} oninput={form.on(|form: &mut Draft, text| form.reason = text)} />
                    </Field>
                }
            </div>
        </FormDialog>
    }
}

#[derive(Properties, PartialEq)]
struct FieldsProps {
    form: Draft,
    errors: Errors,
    onchange: Callback<Draft>,
}

/// Whose requests, of which time and model, by which prices.
#[component]
fn Fields(props: &FieldsProps) -> Html {
    let t = use_texts();
    let found = use_organisations(true);
    let listed = found.data.iter().flat_map(|found| found.items.iter());
    let mut choices = vec![Choice::new("", t.repricing.choose)];
    choices.extend(listed.map(|one| Choice::new(one.id.to_string(), format!("{} ({})", one.name, one.slug))));
    let error = |field: &str| {
        let nested = format!("order.{field}");
        props.errors.of(field).or_else(|| props.errors.of(&nested))
    };
    let on = |set: fn(&mut Draft, String)| {
        let form = props.form.clone();
        props.onchange.reform(move |text: String| {
            let mut next = form.clone();
            set(&mut next, text);
            next
        })
    };
    let text = |id: &'static str, label: &'static str, help, value: &str, kind, set| {
        html! {
            <Field {id} {label} help={Some(AttrValue::from(help))} error={error(id)}>
                <TextInput {id} kind={AttrValue::from(kind)} value={value.to_owned()} wrong={error(id).is_some()} oninput={on(set)} />
            </Field>
        }
    };
    let form = &props.form;
    html! {
        <>
            <Field id="tenant_id" label={t.repricing.organisation} error={error("tenant_id")}>
                <SelectInput id="tenant_id" value={form.tenant.clone()} {choices} onchange={on(|form, id| form.tenant = id)} />
            </Field>
            <FormColumns>
                { text("from", t.repricing.from, t.repricing.days_help, &form.from, "date", |form, text| form.from = text) }
                { text("to", t.repricing.to, t.repricing.days_help, &form.to, "date", |form, text| form.to = text) }
                { text("model", t.repricing.model, t.repricing.model_help, &form.model, "text", |form, text| form.model = text) }
                { text("prices_at", t.repricing.prices_at, t.repricing.prices_at_help, &form.prices_at, "date", |form, text| form.prices_at = text) }
            </FormColumns>
        </>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_needs_an_organisation_and_days_in_their_order() {
        let mut draft = Draft::default();
        let fields = |draft: &Draft| -> Vec<String> {
            let wrong = draft.read(None).unwrap_err();
            wrong.into_iter().map(|fault| fault.field).collect()
        };
        assert_eq!(fields(&draft), ["tenant_id", "from", "to"]);
        draft.tenant = Uuid::from_u128(1).to_string();
        draft.from = "2026-02-02".to_owned();
        draft.to = "2026-02-01".to_owned();
        assert_eq!(fields(&draft), ["to"]);
        // The last day counts whole.
        draft.to = "2026-02-02".to_owned();
        let Ok(Wish::Look(order)) = draft.read(None) else {
            panic!("a look");
        };
        assert_eq!(order.to - order.from, TimeDelta::days(1));
    }
}
