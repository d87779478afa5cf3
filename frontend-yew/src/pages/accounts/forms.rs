//! Adding and changing an account.

use super::draft::Draft;
use super::fields::AccountFields;
use super::platforms::platform_name;
use crate::api::{accounts, use_action};
use crate::i18n::{fill, use_texts};
use crate::pages::parts::use_focus_on_faults;
use crate::state::use_form;
use crate::ui::{Button, ButtonKind, Dialog, FormFailure, ModalShape, errors_of, use_toasts};
use std::rc::Rc;
use tollgate_contract::accounts::Account;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct AddProps {
    /// With the account that was added.
    pub onadded: Callback<Account>,
    pub onclose: Callback<()>,
}

/// Adding an account.
#[component]
pub fn Add(props: &AddProps) -> Html {
    let t = use_texts();
    let toasts = use_toasts();
    let form = use_form(Draft::new);
    let tries = use_state(|| 0_u32);
    let done = {
        let onadded = props.onadded.clone();
        Callback::from(move |account: Account| {
            toasts.done(fill(t.accounts.added, &[("name", &account.name)]));
            onadded.emit(account);
        })
    };
    let action = use_action(|(platform, form)| accounts::create(platform, form), done);
    let read = form.value.read();
    let before = if *tries > 0 {
        read.as_ref().err().cloned().unwrap_or_default()
    } else {
        Vec::new()
    };
    let errors = errors_of(&before, action.error.as_ref());
    use_focus_on_faults(&errors, *tries);
    let onsubmit = {
        let (tries, run, platform) = (tries.clone(), action.run.clone(), form.value.platform);
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            tries.set(*tries + 1);
            if let Ok(form) = &read {
                run.emit((platform, form.clone()));
            }
        })
    };
    let foot = html! {
        <>
            <Button label={t.shared.cancel} onclick={props.onclose.clone()} />
            <Button kind={ButtonKind::Primary} submit=true busy={action.busy} label={t.accounts.add_short} />
        </>
    };
    html! {
        <Dialog title={t.accounts.add} intro={t.accounts.add_intro} dirty={form.dirty()} onclose={props.onclose.clone()} {foot} {onsubmit}>
            <AccountFields form={form.clone()} {errors} />
            if before.is_empty() {
                <FormFailure error={action.error.clone()} />
            }
        </Dialog>
    }
}

#[derive(Properties, PartialEq)]
pub struct EditProps {
    /// As it was when the form was opened.
    pub edited: Rc<Account>,
    pub onclose: Callback<()>,
}

/// Changing an account.
#[component]
pub fn Edit(props: &EditProps) -> Html {
    let t = use_texts();
    let toasts = use_toasts();
    let edited = props.edited.clone();
    let form = use_form(|| Draft::of(&edited));
    let tries = use_state(|| 0_u32);
    let done = {
        let onclose = props.onclose.clone();
        Callback::from(move |account: Account| {
            toasts.done(fill(t.accounts.saved, &[("name", &account.name)]));
            onclose.emit(());
        })
    };
    let (platform, id) = (props.edited.platform, props.edited.id);
    let action = use_action(move |form| accounts::update(platform, id, form), done);
    let read = form.value.read();
    let before = if *tries > 0 {
        read.as_ref().err().cloned().unwrap_or_default()
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
            <Button kind={ButtonKind::Primary} submit=true busy={action.busy} disabled={!form.dirty()} label={t.accounts.save} />
        </>
    };
    html! {
        <Dialog title={fill(t.accounts.edit_title, &[("name", &props.edited.name)])} intro={platform_name(platform, t)} shape={ModalShape::Wide} dirty={form.dirty()}
            onclose={props.onclose.clone()} {foot} {onsubmit}>
            <AccountFields form={form.clone()} {errors} hint={Some(AttrValue::from(props.edited.credential_hint.clone()))} />
            if before.is_empty() {
                <FormFailure error={action.error.clone()} />
            }
        </Dialog>
    }
}
