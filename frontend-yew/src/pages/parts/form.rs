//! How a form is sent: checked here first, the faults at their fields, the focus at the first of them.

use super::use_focus_on_faults;
use crate::api::{Action, ApiError};
use crate::i18n::use_texts;
use crate::ui::{Button, ButtonKind, Dialog, Errors, FormFailure, ModalShape, errors_of};
use std::rc::Rc;
use tollgate_contract::problem::FieldError;
use yew::prelude::*;

/// What a form shows once it was sent, and how it is.
#[derive(Clone, PartialEq)]
pub struct Submission {
    /// What is wrong with its fields, found here or by the server.
    pub errors: Errors,
    /// Why the server refused it; nothing as long as it was not even sent.
    pub failure: Option<Rc<ApiError>>,
    pub busy: bool,
    pub onsubmit: Callback<SubmitEvent>,
}

/// Sends what a form says when it is submitted, unless it is faulty: that is shown from the first try on.
#[hook]
pub fn use_submission<A: Clone + 'static>(
    read: Result<A, Vec<FieldError>>,
    action: &Action<A>,
) -> Submission {
    let tries = use_state(|| 0_u32);
    let before = match &read {
        Err(faults) if *tries > 0 => faults.clone(),
        _ => Vec::new(),
    };
    let errors = errors_of(&before, action.error.as_ref());
    use_focus_on_faults(&errors, *tries);
    let run = action.run.clone();
    let onsubmit = Callback::from(move |event: SubmitEvent| {
        event.prevent_default();
        tries.set(*tries + 1);
        if let Ok(form) = &read {
            run.emit(form.clone());
        }
    });
    Submission {
        errors,
        failure: action.error.clone().filter(|_| before.is_empty()),
        busy: action.busy,
        onsubmit,
    }
}

#[derive(Properties, PartialEq)]
pub struct FormDialogProps {
    pub title: AttrValue,
    #[prop_or_default]
    pub intro: Option<AttrValue>,
    #[prop_or_default]
    pub shape: ModalShape,
    /// Whether anything was entered.
    pub dirty: bool,
    /// Whether sending it as it is would change nothing.
    #[prop_or_default]
    pub idle: bool,
    /// What its button does.
    pub verb: AttrValue,
    pub sent: Submission,
    pub onclose: Callback<()>,
    /// The fields.
    pub children: Html,
}

/// A dialog that is a form.
#[component]
pub fn FormDialog(props: &FormDialogProps) -> Html {
    let t = use_texts();
    let foot = html! {
        <>
            <Button label={t.shared.cancel} onclick={props.onclose.clone()} />
            <Button kind={ButtonKind::Primary} submit=true busy={props.sent.busy} disabled={props.idle} label={props.verb.clone()} />
        </>
    };
    html! {
        <Dialog title={props.title.clone()} intro={props.intro.clone()} shape={props.shape} dirty={props.dirty}
            onclose={props.onclose.clone()} {foot} onsubmit={props.sent.onsubmit.clone()}>
            { props.children.clone() }
            <FormFailure error={props.sent.failure.clone()} />
        </Dialog>
    }
}
