//! The ground under dialogs and drawers: the browser's own modal, which keeps the focus inside, gives it back, and closes on
//! Escape. What was entered is not lost by mistake: a dirty one asks first.

use super::{Button, ButtonKind};
use crate::i18n::use_texts;
use gloo_events::{EventListener, EventListenerOptions};
use wasm_bindgen::JsCast;
use web_sys::HtmlDialogElement;
use yew::prelude::*;

/// Where it appears.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ModalShape {
    /// In the middle.
    #[default]
    Middle,
    /// In the middle, wide.
    Wide,
    /// From the right, full height.
    Side,
    /// From below: phones.
    Below,
}

#[derive(Properties, PartialEq)]
pub struct ModalProps {
    #[prop_or_default]
    pub shape: ModalShape,
    /// The id of its heading.
    pub labelled_by: AttrValue,
    /// Whether something was entered that closing would lose.
    #[prop_or_default]
    pub dirty: bool,
    /// Whether it can be left only by what it offers.
    #[prop_or_default]
    pub held: bool,
    pub onclose: Callback<()>,
    pub children: Html,
}

/// A modal; it is open as long as it is there.
#[component]
pub fn Modal(props: &ModalProps) -> Html {
    let t = use_texts();
    let node = use_node_ref();
    let asking = use_state(|| false);
    use_open_while_there(&node);
    use_unload_guard(props.dirty || props.held);
    let leave = {
        let (asking, dirty, held, onclose) = (asking.clone(), props.dirty, props.held, props.onclose.clone());
        Callback::from(move |()| match (held, dirty) {
            (true, _) => {}
            (false, true) => asking.set(true),
            (false, false) => onclose.emit(()),
        })
    };
    let oncancel = leave.reform(|event: Event| event.prevent_default());
    let onclick = {
        let (node, leave) = (node.clone(), leave);
        Callback::from(move |event: MouseEvent| {
            // The backdrop belongs to the dialog element itself; everything else lies in its child.
            if event.target_dyn_into::<web_sys::Element>() == node.cast::<web_sys::Element>() {
                leave.emit(());
            }
        })
    };
    let shape = match props.shape {
        ModalShape::Middle => classes!("popup"),
        ModalShape::Wide => classes!("popup", "popup-wide"),
        ModalShape::Side => classes!("sheet"),
        ModalShape::Below => classes!("sheet", "sheet-bottom"),
    };
    let keep = Callback::from({
        let asking = asking.clone();
        move |()| asking.set(false)
    });
    html! {
        <dialog ref={node} class={classes!(shape, "p-0")} aria-labelledby={props.labelled_by.clone()} {oncancel} {onclick}>
            <div class="flex flex-col h-full max-h-[inherit] min-h-0">
                { props.children.clone() }
                if *asking {
                    <div class="flex flex-wrap items-center gap-2 px-6 py-3 border-t border-base-300 bg-warning/10" role="alert">
                        <span class="grow">{ t.shared.discard_question }</span>
                        <Button label={t.shared.keep_editing} onclick={keep} />
                        <Button kind={ButtonKind::Danger} label={t.shared.discard} onclick={props.onclose.clone()} />
                    </div>
                }
            </div>
        </dialog>
    }
}

/// The browser asks before it leaves a page on which something would be lost.
#[hook]
pub fn use_unload_guard(guarded: bool) {
    use_effect_with(guarded, |guarded| {
        let window = crate::browser::window().filter(|_| *guarded);
        let listener = window.map(|window| {
            let options = EventListenerOptions::enable_prevent_default();
            EventListener::new_with_options(&window, "beforeunload", options, yew::Event::prevent_default)
        });
        move || drop(listener)
    });
}

#[hook]
fn use_open_while_there(node: &NodeRef) {
    let node = node.clone();
    use_effect_with((), move |()| {
        let dialog = node.cast::<HtmlDialogElement>();
        let before = crate::browser::document().and_then(|document| document.active_element());
        if let Some(dialog) = &dialog {
            let _ = dialog.show_modal();
        }
        move || {
            // As long as it is open, the browser lets nothing else have the focus.
            if let Some(dialog) = dialog {
                dialog.close();
            }
            // Closing gives it back where the browser remembers whose it was; after a change of dialogs it does not.
            if let Some(before) = before.and_then(|before| before.dyn_into::<web_sys::HtmlElement>().ok()) {
                let _ = before.focus();
            }
        }
    });
}
