//! Requests at a time, and how one more waits for its turn.

use super::draft::ConcurrencyDraft;
use crate::i18n::use_texts;
use crate::ui::{Errors, Field, NumberInput};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct ConcurrencyFieldsProps {
    /// The rule's path, such as `rules.concurrency`.
    pub field: AttrValue,
    /// What its fields' ids begin with.
    #[prop_or(AttrValue::Static("concurrency"))]
    pub id: AttrValue,
    pub value: ConcurrencyDraft,
    pub errors: Errors,
    /// Whether more may wait.
    #[prop_or(true)]
    pub waits: bool,
    pub onchange: Callback<ConcurrencyDraft>,
}

/// Its numbers.
#[component]
pub fn ConcurrencyFields(props: &ConcurrencyFieldsProps) -> Html {
    let t = use_texts();
    let number = |name: &'static str,
                  label: &'static str,
                  value: &str,
                  set: fn(&mut ConcurrencyDraft, String)| {
        let id: AttrValue = format!("{}-{name}", props.id).into();
        let error = props.errors.of(&format!("{}.{name}", props.field));
        let oninput = {
            let (draft, onchange) = (props.value.clone(), props.onchange.clone());
            Callback::from(move |text| {
                let mut next = draft.clone();
                set(&mut next, text);
                onchange.emit(next);
            })
        };
        let wrong = error.is_some();
        html! {
            <Field id={id.clone()} {label} {error}>
                <NumberInput {id} value={value.to_owned()} placeholder={if name == "limit" { t.shared.unlimited } else { "0" }} {wrong} {oninput} />
            </Field>
        }
    };
    html! {
        <div class="grid gap-3 sm:grid-cols-3">
            { number("limit", t.rules.limit, &props.value.limit, |draft, text| draft.limit = text) }
            if props.waits {
                { number("queue", t.rules.queue, &props.value.queue, |draft, text| draft.queue = text) }
                { number("wait_s", t.rules.wait, &props.value.wait_s, |draft, text| draft.wait_s = text) }
            }
        </div>
    }
}
