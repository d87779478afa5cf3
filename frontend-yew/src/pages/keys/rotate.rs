//! A new secret for a key; the old one works on for as long as clients need.

use super::create::Ready;
use crate::api::{keys, use_action};
use crate::i18n::{fill, use_texts};
use crate::pages::parts::{FormDialog, use_submission};
use crate::state::use_form;
use crate::ui::{Choice, Field, SelectInput};
use std::rc::Rc;
use tollgate_contract::keys::{CreatedKey, Key, RotateKey};
use yew::prelude::*;

const HOUR_S: u32 = 3_600;
const DAY_S: u32 = 86_400;
/// For how many days the old secret may go on; the first is meant where nothing is chosen.
const DAYS: [u32; 4] = [1, 7, 30, 90];

#[derive(Properties, PartialEq)]
pub struct RotateProps {
    pub rotated: Rc<Key>,
    pub onclose: Callback<()>,
}

/// The dialog.
#[component]
pub fn Rotate(props: &RotateProps) -> Html {
    let t = use_texts();
    let made = use_state(|| None::<Rc<CreatedKey>>);
    let onmade = {
        let made = made.clone();
        Callback::from(move |key: CreatedKey| made.set(Some(Rc::new(key))))
    };
    match &*made {
        None => {
            html! { <Ask key="ask" rotated={props.rotated.clone()} {onmade} onclose={props.onclose.clone()} /> }
        }
        Some(made) => {
            html! { <Ready key="ready" title={t.keys.rotated_title} made={made.clone()} onclose={props.onclose.clone()} /> }
        }
    }
}

#[derive(Properties, PartialEq)]
struct AskProps {
    rotated: Rc<Key>,
    onmade: Callback<CreatedKey>,
    onclose: Callback<()>,
}

#[component]
fn Ask(props: &AskProps) -> Html {
    let t = use_texts();
    let form = use_form(|| DAY_S);
    let id = props.rotated.id;
    let action = use_action(move |form| keys::rotate(id, form), props.onmade.clone());
    let sent = use_submission(Ok(RotateKey { grace_s: *form.value }), &action);
    let mut choices = vec![
        Choice::new("0", t.keys.grace_none),
        Choice::new(HOUR_S.to_string(), t.keys.grace_hour),
    ];
    choices.extend(DAYS.map(|days| {
        Choice::new(
            (days * DAY_S).to_string(),
            fill(t.keys.grace_days, &[("days", &days.to_string())]),
        )
    }));
    let onchange = form.on(|form: &mut u32, text: String| *form = text.parse().unwrap_or(*form));
    html! {
        <FormDialog title={fill(t.keys.rotate_title, &[("name", &props.rotated.name)])} intro={t.keys.rotate_intro} dirty=false verb={t.keys.rotate}
            sent={sent.clone()} onclose={props.onclose.clone()}>
            <Field id="grace_s" label={t.keys.grace} error={sent.errors.of("grace_s")}>
                <SelectInput id="grace_s" value={form.value.to_string()} {choices} {onchange} />
            </Field>
        </FormDialog>
    }
}
