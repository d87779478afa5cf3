//! Changing a key.

use super::create::use_read;
use super::draft::Draft;
use super::fields::KeyFields;
use crate::api::{keys, use_action};
use crate::i18n::{fill, use_texts};
use crate::pages::parts::{FormDialog, Newest, use_submission};
use crate::state::use_form;
use crate::ui::{ModalShape, use_toasts};
use std::rc::Rc;
use tollgate_contract::keys::Key;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct EditProps {
    /// As it was when the form was opened.
    pub edited: Rc<Key>,
    pub newest: Newest,
    pub onclose: Callback<()>,
}

/// The form.
#[component]
pub fn Edit(props: &EditProps) -> Html {
    let t = use_texts();
    let toasts = use_toasts();
    let edited = props.edited.clone();
    let form = use_form(|| Draft::of(&edited));
    let done = {
        let onclose = props.onclose.clone();
        Callback::from(move |key: Key| {
            toasts.done(fill(t.keys.saved, &[("name", &key.name)]));
            onclose.emit(());
        })
    };
    let id = props.edited.id;
    let action = use_action(move |form| keys::update(id, form), done);
    let read = use_read(&form.value);
    let sent = use_submission(read, &action);
    html! {
        <FormDialog title={fill(t.keys.edit_title, &[("name", &props.edited.name)])} shape={ModalShape::Wide} dirty={form.dirty()} idle={!form.dirty()}
            verb={t.keys.save} sent={sent.clone()} newest={props.newest.clone()} onclose={props.onclose.clone()}>
            <KeyFields form={form.clone()} errors={sent.errors} all=true />
        </FormDialog>
    }
}
