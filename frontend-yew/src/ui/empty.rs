//! Nothing here yet: what belongs here, and the one button that starts it.

use super::{Glyph, Icon};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct EmptyProps {
    pub glyph: Glyph,
    pub title: AttrValue,
    pub text: AttrValue,
    #[prop_or_default]
    pub children: Html,
}

/// In the place of an empty list.
#[component]
pub fn Empty(props: &EmptyProps) -> Html {
    html! {
        <div class="flex flex-col items-center gap-2 px-6 py-14 text-center">
            <span class="grid size-11 place-content-center rounded-full bg-primary/10 text-primary mb-1">
                <Icon glyph={props.glyph} class="size-5" />
            </span>
            <p class="font-semibold">{ props.title.clone() }</p>
            <p class="text-muted max-w-md">{ props.text.clone() }</p>
            <div class="mt-3 flex flex-wrap justify-center gap-2">{ props.children.clone() }</div>
        </div>
    }
}
