//! Adding and changing an account.

use super::draft::Draft;
use super::fields::AccountFields;
use super::platforms::platform_name;
use crate::api::{accounts, use_action};
use crate::i18n::{fill, use_texts};
use crate::pages::parts::{FormDialog, use_submission};
use crate::state::use_form;
use crate::ui::{ModalShape, use_toasts};
use std::rc::Rc;
use tollgate_contract::accounts::Account;
use tollgate_contract::platform::Platform;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct AddProps {
    /// The platform that is chosen at first: the one whose accounts are looked at.
    pub platform: Option<Platform>,
    /// With the account that was added.
    pub onadded: Callback<Account>,
    pub onclose: Callback<()>,
}

/// Adding an account.
#[component]
pub fn Add(props: &AddProps) -> Html {
    let t = use_texts();
    let toasts = use_toasts();
    let looked_at = props.platform;
    let form = use_form(move || {
        let mut draft = Draft::new();
        if let Some(platform) = looked_at {
            draft.choose(platform);
        }
        draft
    });
    let done = {
        let onadded = props.onadded.clone();
        Callback::from(move |account: Account| {
            toasts.done(fill(t.accounts.added, &[("name", &account.name)]));
            onadded.emit(account);
        })
    };
    let action = use_action(|(platform, form)| accounts::create(platform, form), done);
    let platform = form.value.platform;
    let sent = use_submission(form.value.read().map(|form| (platform, form)), &action);
    html! {
        <FormDialog title={t.accounts.add} intro={t.accounts.add_intro} dirty={form.dirty()} verb={t.accounts.add_short} sent={sent.clone()}
            onclose={props.onclose.clone()}>
            <AccountFields form={form.clone()} errors={sent.errors} />
        </FormDialog>
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
    let done = {
        let onclose = props.onclose.clone();
        Callback::from(move |account: Account| {
            toasts.done(fill(t.accounts.saved, &[("name", &account.name)]));
            onclose.emit(());
        })
    };
    let (platform, id) = (props.edited.platform, props.edited.id);
    let action = use_action(move |form| accounts::update(platform, id, form), done);
    let sent = use_submission(form.value.read(), &action);
    html! {
        <FormDialog title={fill(t.accounts.edit_title, &[("name", &props.edited.name)])} intro={platform_name(platform, t)} shape={ModalShape::Wide}
            dirty={form.dirty()} idle={!form.dirty()} verb={t.accounts.save} sent={sent.clone()} onclose={props.onclose.clone()}>
            <AccountFields form={form.clone()} errors={sent.errors} hint={Some(AttrValue::from(props.edited.credential_hint.clone()))} />
        </FormDialog>
    }
}
