//! A page's frame within the app's: its width, heading and actions.

use crate::browser;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct PageProps {
    pub children: Html,
}

/// A page's content, at most 1,400 px wide.
#[component]
pub fn Page(props: &PageProps) -> Html {
    html! { <div class="mx-auto w-full max-w-[1400px] px-4 py-5 md:px-8 md:py-8">{ props.children.clone() }</div> }
}

#[derive(Properties, PartialEq)]
pub struct PageHeadProps {
    pub title: AttrValue,
    #[prop_or_default]
    pub text: Option<AttrValue>,
    #[prop_or_default]
    pub children: Html,
}

/// The heading, which also names the tab, and the page's actions.
#[component]
pub fn PageHead(props: &PageHeadProps) -> Html {
    use_effect_with(props.title.clone(), |title| {
        browser::set_title(&format!("{title} · Tollgate"));
    });
    html! {
        <header class="mb-5 flex flex-wrap items-end gap-x-4 gap-y-3">
            <div class="grow min-w-0">
                <h1 class="text-xl font-semibold tracking-tight" tabindex="-1" id="page-title">{ props.title.clone() }</h1>
                if let Some(text) = &props.text {
                    <p class="mt-1 text-muted max-w-prose">{ text }</p>
                }
            </div>
            <div class="flex flex-wrap gap-2">{ props.children.clone() }</div>
        </header>
    }
}
