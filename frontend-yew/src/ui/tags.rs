//! Several short texts: type one, press Enter.

use super::{Glyph, Icon};
use crate::i18n::{fill, use_texts};
use web_sys::HtmlInputElement;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct TagsInputProps {
    pub id: AttrValue,
    pub tags: Vec<String>,
    #[prop_or_default]
    pub placeholder: AttrValue,
    #[prop_or_default]
    pub wrong: bool,
    /// Its name, where no label stands beside it.
    #[prop_or_default]
    pub label: Option<AttrValue>,
    pub onchange: Callback<Vec<String>>,
}

/// The texts as chips, and where to type the next. What was typed and not ended with Enter counts when the field is left.
#[component]
pub fn TagsInput(props: &TagsInputProps) -> Html {
    let t = use_texts();
    let node = use_node_ref();
    let take = {
        let (node, tags, onchange) = (node.clone(), props.tags.clone(), props.onchange.clone());
        move || {
            let Some(input) = node.cast::<HtmlInputElement>() else {
                return;
            };
            let text = input.value();
            let text = text.trim();
            if !text.is_empty() && !tags.iter().any(|tag| tag == text) {
                onchange.emit(tags.iter().cloned().chain([text.to_owned()]).collect());
            }
            input.set_value("");
        }
    };
    let onkeydown = {
        let (take, node) = (take.clone(), node.clone());
        let (tags, onchange) = (props.tags.clone(), props.onchange.clone());
        Callback::from(move |event: KeyboardEvent| {
            let empty = node
                .cast::<HtmlInputElement>()
                .is_none_or(|input| input.value().is_empty());
            match event.key().as_str() {
                "Enter" | "," if !empty => {
                    event.prevent_default();
                    take();
                }
                "Backspace" if empty => {
                    if let Some((_, rest)) = tags.split_last() {
                        onchange.emit(rest.to_vec());
                    }
                }
                _ => {}
            }
        })
    };
    let onblur = Callback::from(move |_: FocusEvent| take());
    let remove = |tag: &String| {
        let (tags, onchange, tag) = (props.tags.clone(), props.onchange.clone(), tag.clone());
        Callback::from(move |_: MouseEvent| {
            onchange.emit(tags.iter().filter(|kept| **kept != tag).cloned().collect());
        })
    };
    html! {
        <div class={classes!("input", "input-sm", "h-auto", "min-h-9", "w-full", "flex-wrap", "py-1", "gap-1.5", props.wrong.then_some("input-error"))}>
            for tag in &props.tags {
                <span key={tag.clone()} class="inline-flex items-center gap-1 rounded-md bg-base-content/8 pl-2 pr-1 py-0.5 text-xs max-w-full">
                    <span class="truncate">{ tag.clone() }</span>
                    <button type="button" class="rounded hover:bg-base-content/15 cursor-pointer p-0.5" onclick={remove(tag)}
                        aria-label={fill(t.shared.remove, &[("name", tag)])}><Icon glyph={Glyph::Close} class="size-3" /></button>
                </span>
            }
            <input id={props.id.clone()} ref={node} class="grow min-w-24 w-24" autocomplete="off" spellcheck="false" aria-label={props.label.clone()}
                placeholder={if props.tags.is_empty() { props.placeholder.clone() } else { AttrValue::default() }}
                aria-invalid={props.wrong.then_some("true")} aria-describedby={format!("{}-note", props.id)} {onkeydown} {onblur} />
        </div>
    }
}
