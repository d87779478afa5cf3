//! Copying to the clipboard, with a word that it was done.

use super::{Glyph, Icon, use_toasts};
use crate::browser;
use crate::i18n::use_texts;
use gloo_timers::callback::Timeout;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

const DONE_MS: u32 = 1_600;

#[derive(Properties, PartialEq)]
pub struct CopyButtonProps {
    pub text: AttrValue,
    /// What it says; an icon alone, if absent.
    #[prop_or_default]
    pub label: Option<AttrValue>,
    #[prop_or_default]
    pub small: bool,
    #[prop_or_default]
    pub class: Classes,
}

/// Copies its text.
#[component]
pub fn CopyButton(props: &CopyButtonProps) -> Html {
    let t = use_texts();
    let toasts = use_toasts();
    let done = use_state(|| false);
    {
        let reset = done.clone();
        use_effect_with(*done, move |done| {
            let timer = done.then(|| Timeout::new(DONE_MS, move || reset.set(false)));
            move || drop(timer)
        });
    }
    let onclick = {
        let (text, done) = (props.text.clone(), done.clone());
        Callback::from(move |event: MouseEvent| {
            event.stop_propagation();
            let (text, done, toasts) = (text.clone(), done.clone(), toasts.clone());
            spawn_local(async move {
                if browser::copy(&text).await {
                    done.set(true);
                } else {
                    toasts.failed(t.shared.copy_failed);
                }
            });
        })
    };
    let said = if *done { t.shared.copied } else { t.shared.copy };
    let glyph = if *done { Glyph::Check } else { Glyph::Copy };
    let size = if props.small { "btn-xs" } else { "btn-sm h-9" };
    match &props.label {
        Some(label) => html! {
            <button type="button" class={classes!("btn", size, "btn-primary", "font-medium", props.class.clone())} {onclick}>
                <Icon {glyph} />{ if *done { t.shared.copied.into() } else { label.clone() } }
            </button>
        },
        None => html! {
            <button type="button" class={classes!("btn", size, "btn-ghost", "btn-square", props.class.clone())}
                aria-label={said} title={said} {onclick}>
                <Icon {glyph} class={classes!(if props.small { "size-3.5" } else { "size-4" })} />
            </button>
        },
    }
}
