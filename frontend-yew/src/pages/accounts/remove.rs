//! Deleting an account: names what it does, and asks for the account's name.

use crate::api::{accounts, use_action};
use crate::format;
use crate::i18n::{fill, use_texts};
use crate::ui::{Confirm, use_toasts};
use std::rc::Rc;
use tollgate_contract::accounts::Account;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct RemoveProps {
    pub doomed: Rc<Account>,
    pub onclose: Callback<()>,
    pub ondone: Callback<()>,
}

/// The question.
#[component]
pub fn Remove(props: &RemoveProps) -> Html {
    let t = use_texts();
    let toasts = use_toasts();
    let doomed = props.doomed.clone();
    let done = {
        let (doomed, ondone) = (doomed.clone(), props.ondone.clone());
        Callback::from(move |()| {
            toasts.done(fill(t.accounts.deleted, &[("name", &doomed.name)]));
            ondone.emit(());
        })
    };
    let (platform, id) = (doomed.platform, doomed.id);
    let action = use_action(move |()| accounts::delete(platform, id), done);
    let effect = fill(
        t.accounts.delete_effect,
        &[("used", &format::count(doomed.today.requests))],
    );
    html! {
        <Confirm title={fill(t.accounts.delete_title, &[("name", &doomed.name)])} {effect} verb={t.accounts.delete_verb}
            name={doomed.name.clone()} busy={action.busy} error={action.error.clone()} onconfirm={action.run.clone()}
            onclose={props.onclose.clone()} />
    }
}
