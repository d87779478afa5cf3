//! Changing a key.

use super::draft::Draft;
use super::fields::KeyFields;
use crate::api::{keys, use_action};
use crate::browser;
use crate::i18n::{fill, use_texts};
use crate::pages::parts::use_focus_on_faults;
use crate::state::{use_form, use_me};
use crate::ui::{Button, ButtonKind, Dialog, FormFailure, ModalShape, errors_of, use_toasts};
use std::rc::Rc;
use tollgate_contract::keys::Key;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct EditProps {
    /// As it was when the form was opened.
    pub edited: Rc<Key>,
    pub onclose: Callback<()>,
}

/// The form.
#[component]
pub fn Edit(props: &EditProps) -> Html {
    let t = use_texts();
    let me = use_me();
    let toasts = use_toasts();
    let edited = props.edited.clone();
    let form = use_form(|| Draft::of(&edited));
    let tries = use_state(|| 0_u32);
    let done = {
        let onclose = props.onclose.clone();
        Callback::from(move |key: Key| {
            toasts.done(fill(t.keys.saved, &[("name", &key.name)]));
            onclose.emit(());
        })
    };
    let id = props.edited.id;
    let action = use_action(move |form| keys::update(id, form), done);
    let zone = me.as_ref().map_or("UTC", |me| me.tenant.time_zone.as_str());
    let read = form.value.read(zone, browser::now());
    let before = if *tries > 0 {
        read.clone().err().unwrap_or_default()
    } else {
        Vec::new()
    };
    let errors = errors_of(&before, action.error.as_ref());
    use_focus_on_faults(&errors, *tries);
    let onsubmit = {
        let (tries, run) = (tries.clone(), action.run.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            tries.set(*tries + 1);
            if let Ok(form) = &read {
                run.emit(form.clone());
            }
        })
    };
    let foot = html! {
        <>
            <Button label={t.shared.cancel} onclick={props.onclose.clone()} />
            <Button kind={ButtonKind::Primary} submit=true busy={action.busy} disabled={!form.dirty()} label={t.keys.save} />
        </>
    };
    html! {
        <Dialog title={fill(t.keys.edit_title, &[("name", &props.edited.name)])} shape={ModalShape::Wide} dirty={form.dirty()}
            onclose={props.onclose.clone()} {foot} {onsubmit}>
            <KeyFields form={form.clone()} {errors} all=true />
            if before.is_empty() {
                <FormFailure error={action.error.clone()} />
            }
        </Dialog>
    }
}
