//! Dialogs: a heading, a body, what can be done. And the one that asks before something dangerous.

use super::{Button, ButtonKind, Field, FormFailure, Glyph, Modal, ModalShape, TextInput};
use crate::api::ApiError;
use crate::i18n::{fill, use_texts};
use std::rc::Rc;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct DialogProps {
    pub title: AttrValue,
    #[prop_or_default]
    pub intro: Option<AttrValue>,
    #[prop_or_default]
    pub shape: ModalShape,
    #[prop_or_default]
    pub dirty: bool,
    #[prop_or_default]
    pub held: bool,
    pub onclose: Callback<()>,
    pub children: Html,
    /// The buttons.
    #[prop_or_default]
    pub foot: Html,
    /// Makes the whole a form.
    #[prop_or_default]
    pub onsubmit: Option<Callback<SubmitEvent>>,
}

/// A dialog.
#[component]
pub fn Dialog(props: &DialogProps) -> Html {
    let t = use_texts();
    let inner = html! {
        <>
            <div class="flex items-start gap-4 px-6 pt-5 pb-3">
                <div class="grow min-w-0">
                    <h2 id="dialog-title" class="text-base font-semibold">{ props.title.clone() }</h2>
                    if let Some(intro) = &props.intro {
                        <p class="text-muted mt-1">{ intro }</p>
                    }
                </div>
                if !props.held {
                    <Button kind={ButtonKind::Ghost} icon_only=true glyph={Glyph::Close} label={t.shared.close}
                        class="-mr-2 -mt-1" onclick={props.onclose.clone()} />
                }
            </div>
            <div class="px-6 pb-5 overflow-y-auto grow min-h-0">{ props.children.clone() }</div>
            <div class="flex flex-wrap justify-end gap-2 px-6 py-4 border-t border-base-300 bg-base-200/60">{ props.foot.clone() }</div>
        </>
    };
    let body = match &props.onsubmit {
        Some(onsubmit) => {
            html! { <form class="flex flex-col min-h-0 grow" novalidate=true onsubmit={onsubmit.clone()}>{ inner }</form> }
        }
        None => html! { <div class="flex flex-col min-h-0 grow">{ inner }</div> },
    };
    html! {
        <Modal shape={props.shape} labelled_by="dialog-title" dirty={props.dirty} held={props.held} onclose={props.onclose.clone()}>
            { body }
        </Modal>
    }
}

#[derive(Properties, PartialEq)]
pub struct ConfirmProps {
    pub title: AttrValue,
    /// What it does.
    pub effect: AttrValue,
    /// What the button says.
    pub verb: AttrValue,
    /// The name that has to be typed, where it can't be undone.
    #[prop_or_default]
    pub name: Option<AttrValue>,
    #[prop_or_default]
    pub busy: bool,
    #[prop_or_default]
    pub error: Option<Rc<ApiError>>,
    pub onconfirm: Callback<()>,
    pub onclose: Callback<()>,
}

/// Asks before something dangerous: names the thing and its effect, and asks for its name where it can't be undone.
#[component]
pub fn Confirm(props: &ConfirmProps) -> Html {
    let t = use_texts();
    let typed = use_state(AttrValue::default);
    let ready = props.name.as_ref().is_none_or(|name| typed.trim() == name.trim());
    let onsubmit = {
        let (onconfirm, busy) = (props.onconfirm.clone(), props.busy);
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if ready && !busy {
                onconfirm.emit(());
            }
        })
    };
    let oninput = {
        let typed = typed.clone();
        Callback::from(move |text: String| typed.set(text.into()))
    };
    let foot = html! {
        <>
            <Button label={t.shared.cancel} onclick={props.onclose.clone()} />
            <Button kind={ButtonKind::Danger} submit=true busy={props.busy} disabled={!ready} label={props.verb.clone()} />
        </>
    };
    html! {
        <Dialog title={props.title.clone()} onclose={props.onclose.clone()} {foot} {onsubmit}>
            <p class="mb-4">{ props.effect.clone() }</p>
            if let Some(name) = &props.name {
                <Field id="confirm-name" label={fill(t.shared.type_name, &[("name", name)])}>
                    <TextInput id="confirm-name" value={(*typed).clone()} {oninput} autofocus=true />
                </Field>
            }
            <FormFailure error={props.error.clone()} />
        </Dialog>
    }
}
