//! The filters that hold now, each with a way to take it away.

use super::{Glyph, Icon};
use crate::i18n::{fill, use_texts};
use yew::prelude::*;

/// A filter that holds.
#[derive(Clone, PartialEq)]
pub struct Chip {
    pub name: AttrValue,
    pub value: AttrValue,
    pub onremove: Callback<()>,
}

#[derive(Properties, PartialEq)]
pub struct ChipsProps {
    pub chips: Vec<Chip>,
    pub onclear: Callback<()>,
}

/// The filters that hold; nothing where none does.
#[component]
pub fn Chips(props: &ChipsProps) -> Html {
    let t = use_texts();
    if props.chips.is_empty() {
        return Html::default();
    }
    let clear = props.onclear.reform(|_: MouseEvent| ());
    html! {
        <div class="flex flex-wrap items-center gap-2 mb-3">
            for chip in &props.chips {
                <span key={chip.name.to_string()} class="inline-flex max-w-full items-center gap-1 rounded-full border border-base-300 bg-base-100 pl-3 pr-1 py-0.5 text-xs">
                    <span class="text-muted">{ chip.name.clone() }</span>
                    <span class="font-medium truncate">{ chip.value.clone() }</span>
                    <button type="button" class="grid size-5 place-content-center rounded-full hover:bg-base-content/10 cursor-pointer"
                        aria-label={fill(t.shared.remove, &[("name", &chip.name)])} onclick={chip.onremove.reform(|_: MouseEvent| ())}>
                        <Icon glyph={Glyph::Close} class="size-3" />
                    </button>
                </span>
            }
            if props.chips.len() > 1 {
                <button type="button" class="text-xs text-muted hover:text-base-content underline underline-offset-2 cursor-pointer" onclick={clear}>
                    { t.shared.clear_filters }
                </button>
            }
        </div>
    }
}
