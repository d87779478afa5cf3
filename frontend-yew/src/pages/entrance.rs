//! What stands around signing up and in: what Tollgate is, the form, theme and language.

use crate::app::{LocaleMenu, ThemeMenu};
use crate::browser;
use crate::i18n::use_texts;
use crate::ui::{Glyph, Icon};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct EntranceProps {
    pub title: AttrValue,
    #[prop_or_default]
    pub text: Option<AttrValue>,
    pub children: Html,
    /// Stands below the form.
    pub foot: Html,
}

/// The frame of pages for those who are not signed in.
#[component]
pub fn Entrance(props: &EntranceProps) -> Html {
    let t = use_texts();
    use_effect_with(props.title.clone(), |title| {
        browser::set_title(&format!("{title} · Tollgate"));
    });
    let promises = [
        (Glyph::Plug, t.session.promise_relay),
        (Glyph::Key, t.session.promise_keys),
        (Glyph::Wallet, t.session.promise_ledger),
    ];
    html! {
        <div class="min-h-dvh lg:grid lg:grid-cols-[minmax(0,5fr)_minmax(0,6fr)]">
            <aside class="hidden lg:flex flex-col justify-center gap-8 border-r border-base-300 bg-base-100 px-12 xl:px-20">
                <Brand />
                <p class="text-2xl font-semibold tracking-tight text-balance max-w-md">{ t.session.promise }</p>
                <ul class="flex flex-col gap-4">
                    for (glyph, text) in promises {
                        <li key={text} class="flex items-start gap-3 text-muted max-w-md">
                            <Icon {glyph} class="size-5 mt-0.5 text-primary" />{ text }
                        </li>
                    }
                </ul>
            </aside>
            <div class="flex min-h-dvh flex-col">
                <main id="page" class="grow grid place-content-center grid-cols-[minmax(0,26rem)] px-5 py-10">
                    <div class="lg:hidden mb-8"><Brand /></div>
                    <h1 class="text-xl font-semibold tracking-tight" tabindex="-1" id="page-title">{ props.title.clone() }</h1>
                    if let Some(text) = &props.text {
                        <p class="mt-1 text-muted">{ text }</p>
                    }
                    <div class="mt-6">{ props.children.clone() }</div>
                    <div class="mt-6 flex flex-col gap-2 text-muted">{ props.foot.clone() }</div>
                </main>
                <footer class="flex gap-1 px-4 py-3"><ThemeMenu /><LocaleMenu /></footer>
            </div>
        </div>
    }
}

#[component]
fn Brand() -> Html {
    html! {
        <div class="flex items-center gap-2.5">
            <svg viewBox="0 0 32 32" class="size-7" aria-hidden="true" fill="none" stroke-linecap="round">
                <rect width="32" height="32" rx="8" fill="#4338ca" />
                <path d="M7 23V12.5a1.5 1.5 0 0 1 3 0V23M22 23v-5" stroke="#fff" stroke-width="2.6" />
                <path d="M9 14.5 25 9" stroke="#a5b4fc" stroke-width="3" />
            </svg>
            <span class="text-lg font-semibold tracking-tight">{ "Tollgate" }</span>
        </div>
    }
}
