//! One of a few, all in sight: a time range, a tab.

use super::Choice;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct SegmentsProps {
    /// What is chosen here.
    pub label: AttrValue,
    pub value: AttrValue,
    pub choices: Vec<Choice>,
    pub onchange: Callback<AttrValue>,
}

/// The choices side by side.
#[component]
pub fn Segments(props: &SegmentsProps) -> Html {
    let buttons = props.choices.iter().map(|choice| {
        let chosen = choice.value == props.value;
        let value = choice.value.clone();
        let onclick = props.onchange.reform(move |_: MouseEvent| value.clone());
        let look = if chosen {
            "bg-base-100 text-base-content shadow-sm border-base-300"
        } else {
            "text-muted border-transparent hover:text-base-content"
        };
        html! {
            <button key={choice.value.to_string()} type="button" aria-pressed={chosen.to_string()} {onclick}
                class={classes!("rounded-md", "border", "px-2", "sm:px-2.5", "py-1", "text-xs", "font-medium", "whitespace-nowrap", "cursor-pointer", look)}>
                { choice.label.clone() }
            </button>
        }
    });
    html! {
        <div class="inline-flex gap-0.5 rounded-lg bg-base-content/6 p-0.5 max-w-full overflow-x-auto" role="group" aria-label={props.label.clone()}>
            { for buttons }
        </div>
    }
}
