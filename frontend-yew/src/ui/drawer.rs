//! Drawers: a row's details beside its list, under an address of their own.

use super::{Button, ButtonKind, Glyph, Modal, ModalShape};
use crate::i18n::use_texts;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct DrawerProps {
    pub title: Html,
    #[prop_or_default]
    pub actions: Html,
    #[prop_or_default]
    pub dirty: bool,
    pub onclose: Callback<()>,
    pub children: Html,
}

/// A drawer.
#[component]
pub fn Drawer(props: &DrawerProps) -> Html {
    let t = use_texts();
    html! {
        <Modal shape={ModalShape::Side} labelled_by="drawer-title" dirty={props.dirty} onclose={props.onclose.clone()}>
            <div class="flex items-start gap-3 px-6 py-4 border-b border-base-300">
                <h2 id="drawer-title" class="grow min-w-0 text-base font-semibold break-words">{ props.title.clone() }</h2>
                <Button kind={ButtonKind::Ghost} icon_only=true glyph={Glyph::Close} label={t.shared.close} class="-mr-2 -mt-1"
                    onclick={props.onclose.clone()} />
            </div>
            <div class="grow min-h-0 overflow-y-auto px-6 py-5">{ props.children.clone() }</div>
            if props.actions != Html::default() {
                <div class="flex flex-wrap gap-2 px-6 py-4 border-t border-base-300 bg-base-200/60">{ props.actions.clone() }</div>
            }
        </Modal>
    }
}
