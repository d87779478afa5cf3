//! A secret that is shown once: copied, said to be stored, gone.

use super::CopyButton;
use crate::i18n::use_texts;
use web_sys::HtmlInputElement;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct SecretOnceProps {
    pub secret: AttrValue,
    /// Whether the reader said that it is stored.
    pub stored: bool,
    pub onstored: Callback<bool>,
}

/// The secret, a button to copy it, and a box to tick.
#[component]
pub fn SecretOnce(props: &SecretOnceProps) -> Html {
    let t = use_texts();
    let onchange = props
        .onstored
        .reform(|event: Event| event.target_unchecked_into::<HtmlInputElement>().checked());
    html! {
        <div class="rounded-lg border border-warning/35 bg-warning/8 p-4">
            <p class="font-medium">{ t.shared.secret_once }</p>
            <div class="mt-3 flex flex-col sm:flex-row gap-2">
                <code class="grow min-w-0 break-all rounded-lg border border-base-300 bg-base-100 px-3 py-2 font-mono text-[0.8125rem]" data-testid="secret">
                    { props.secret.clone() }
                </code>
                <CopyButton text={props.secret.clone()} label={t.shared.copy} class="self-stretch sm:self-center" />
            </div>
            <label class="mt-4 flex items-center gap-2.5 cursor-pointer">
                <input type="checkbox" class="checkbox checkbox-sm checkbox-primary" checked={props.stored} {onchange} />
                { t.shared.secret_stored }
            </label>
        </div>
    }
}
