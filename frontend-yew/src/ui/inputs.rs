//! What is typed and chosen in.

use super::{Glyph, Icon};
use crate::i18n::use_texts;
use gloo_timers::callback::Timeout;
use web_sys::{HtmlInputElement, HtmlSelectElement, HtmlTextAreaElement};
use yew::prelude::*;

/// Typing is searched for when it has paused this long.
const PAUSE_MS: u32 = 250;

#[derive(Properties, PartialEq)]
pub struct TextInputProps {
    pub id: AttrValue,
    pub value: AttrValue,
    #[prop_or(AttrValue::Static("text"))]
    pub kind: AttrValue,
    #[prop_or_default]
    pub placeholder: AttrValue,
    #[prop_or_default]
    pub autocomplete: Option<AttrValue>,
    #[prop_or_default]
    pub autofocus: bool,
    #[prop_or_default]
    pub wrong: bool,
    #[prop_or_default]
    pub mono: bool,
    /// Its name, where no label stands beside it.
    #[prop_or_default]
    pub label: Option<AttrValue>,
    pub oninput: Callback<String>,
}

/// One line.
#[component]
pub fn TextInput(props: &TextInputProps) -> Html {
    let oninput = props
        .oninput
        .reform(|event: InputEvent| event.target_unchecked_into::<HtmlInputElement>().value());
    html! {
        <input id={props.id.clone()} name={props.id.clone()} type={props.kind.clone()} value={props.value.clone()}
            placeholder={props.placeholder.clone()} autocomplete={props.autocomplete.clone().unwrap_or("off".into())}
            autofocus={props.autofocus} aria-label={props.label.clone()} aria-invalid={props.wrong.then_some("true")} aria-describedby={format!("{}-note", props.id)}
            spellcheck="false"
            class={classes!("input", "input-sm", "h-9", "w-full", props.wrong.then_some("input-error"), props.mono.then_some("font-mono"))}
            {oninput} />
    }
}

#[derive(Properties, PartialEq)]
pub struct TextAreaProps {
    pub id: AttrValue,
    pub value: AttrValue,
    #[prop_or_default]
    pub placeholder: AttrValue,
    #[prop_or_default]
    pub wrong: bool,
    #[prop_or(2)]
    pub rows: u32,
    #[prop_or_default]
    pub mono: bool,
    pub oninput: Callback<String>,
}

/// Several lines.
#[component]
pub fn TextArea(props: &TextAreaProps) -> Html {
    let oninput = props
        .oninput
        .reform(|event: InputEvent| event.target_unchecked_into::<HtmlTextAreaElement>().value());
    html! {
        <textarea id={props.id.clone()} value={props.value.clone()} rows={props.rows.to_string()} placeholder={props.placeholder.clone()}
            aria-invalid={props.wrong.then_some("true")} aria-describedby={format!("{}-note", props.id)} spellcheck="false"
            class={classes!("textarea", "textarea-sm", "w-full", "min-h-0", props.wrong.then_some("textarea-error"), props.mono.then_some("font-mono"))}
            {oninput} />
    }
}

#[derive(Properties, PartialEq)]
pub struct NumberInputProps {
    pub id: AttrValue,
    /// As typed: a number that can't be read is not thrown away.
    pub value: AttrValue,
    #[prop_or_default]
    pub placeholder: AttrValue,
    #[prop_or_default]
    pub wrong: bool,
    /// Whether it may have decimals.
    #[prop_or_default]
    pub decimal: bool,
    /// Its name, where no label stands beside it.
    #[prop_or_default]
    pub label: Option<AttrValue>,
    pub oninput: Callback<String>,
}

/// A number; a whole one, unless it may have decimals.
#[component]
pub fn NumberInput(props: &NumberInputProps) -> Html {
    let oninput = props
        .oninput
        .reform(|event: InputEvent| event.target_unchecked_into::<HtmlInputElement>().value());
    html! {
        <input id={props.id.clone()} type="text" inputmode={if props.decimal { "decimal" } else { "numeric" }} value={props.value.clone()} autocomplete="off" aria-label={props.label.clone()}
            placeholder={props.placeholder.clone()} aria-invalid={props.wrong.then_some("true")} aria-describedby={format!("{}-note", props.id)}
            class={classes!("input", "input-sm", "h-9", "w-full", "figures", props.wrong.then_some("input-error"))} {oninput} />
    }
}

/// Something to choose.
#[derive(Clone, PartialEq)]
pub struct Choice {
    pub value: AttrValue,
    pub label: AttrValue,
}

impl Choice {
    /// A value and what it is called.
    pub fn new(value: impl Into<AttrValue>, label: impl Into<AttrValue>) -> Self {
        Self {
            value: value.into(),
            label: label.into(),
        }
    }
}

#[derive(Properties, PartialEq)]
pub struct SelectInputProps {
    pub id: AttrValue,
    pub value: AttrValue,
    pub choices: Vec<Choice>,
    /// Its name, where no label stands beside it.
    #[prop_or_default]
    pub label: Option<AttrValue>,
    #[prop_or(classes!("w-full"))]
    pub class: Classes,
    pub onchange: Callback<String>,
}

/// One of a few.
#[component]
pub fn SelectInput(props: &SelectInputProps) -> Html {
    let onchange = props
        .onchange
        .reform(|event: Event| event.target_unchecked_into::<HtmlSelectElement>().value());
    html! {
        <select id={props.id.clone()} class={classes!("select", "select-sm", "h-9", props.class.clone())}
            aria-label={props.label.clone()} {onchange}>
            for choice in &props.choices {
                <option key={choice.value.to_string()} value={choice.value.clone()} selected={choice.value == props.value}>{ choice.label.clone() }</option>
            }
        </select>
    }
}

#[derive(Properties, PartialEq)]
pub struct SwitchProps {
    pub id: AttrValue,
    pub label: AttrValue,
    #[prop_or_default]
    pub help: Option<AttrValue>,
    pub on: bool,
    pub onchange: Callback<bool>,
}

/// On or off.
#[component]
pub fn Switch(props: &SwitchProps) -> Html {
    let onchange = props
        .onchange
        .reform(|event: Event| event.target_unchecked_into::<HtmlInputElement>().checked());
    html! {
        <div class="flex items-start gap-3">
            <input id={props.id.clone()} type="checkbox" role="switch" class="toggle toggle-sm toggle-primary mt-0.5" checked={props.on}
                aria-describedby={format!("{}-note", props.id)} {onchange} />
            <div>
                <label for={props.id.clone()} class="font-medium">{ props.label.clone() }</label>
                if let Some(help) = &props.help {
                    <p id={format!("{}-note", props.id)} class="text-xs text-muted">{ help }</p>
                }
            </div>
        </div>
    }
}

#[derive(Properties, PartialEq)]
pub struct CheckBoxProps {
    pub id: AttrValue,
    pub label: AttrValue,
    pub on: bool,
    pub onchange: Callback<bool>,
}

/// One of several that may be ticked.
#[component]
pub fn CheckBox(props: &CheckBoxProps) -> Html {
    let onchange = props
        .onchange
        .reform(|event: Event| event.target_unchecked_into::<HtmlInputElement>().checked());
    html! {
        <label class="inline-flex items-center gap-2 cursor-pointer">
            <input id={props.id.clone()} type="checkbox" class="checkbox checkbox-sm" checked={props.on} {onchange} />
            { props.label.clone() }
        </label>
    }
}

#[derive(Properties, PartialEq)]
pub struct SearchProps {
    pub value: AttrValue,
    pub label: AttrValue,
    /// For a short word: two share a phone's line.
    #[prop_or_default]
    pub narrow: bool,
    pub onsearch: Callback<String>,
}

/// A search field; it asks when typing pauses.
#[component]
pub fn Search(props: &SearchProps) -> Html {
    let t = use_texts();
    let typed = use_state(|| props.value.clone());
    {
        // The address may change under it: a chip was taken away, or "back" pressed.
        let typed = typed.clone();
        use_effect_with(props.value.clone(), move |value| typed.set(value.clone()));
    }
    {
        let (onsearch, current) = (props.onsearch.clone(), props.value.clone());
        use_effect_with((*typed).clone(), move |typed| {
            let text = typed.clone();
            let timer =
                (text != current).then(|| Timeout::new(PAUSE_MS, move || onsearch.emit(text.to_string())));
            move || drop(timer)
        });
    }
    let oninput = {
        let typed = typed.clone();
        Callback::from(move |event: InputEvent| {
            typed.set(event.target_unchecked_into::<HtmlInputElement>().value().into());
        })
    };
    let width = if props.narrow {
        "w-[calc(50%-0.25rem)] sm:w-40"
    } else {
        "w-full sm:w-64"
    };
    html! {
        <label class={classes!("input", "input-sm", "h-9", "gap-2", width)}>
            <Icon glyph={Glyph::Search} class="size-4 text-muted" />
            <input type="search" value={(*typed).clone()} placeholder={props.label.clone()} aria-label={props.label.clone()}
                title={t.shared.search_help} autocomplete="off" spellcheck="false" {oninput} />
        </label>
    }
}
