//! One of many, found by typing: ARIA's combobox with a list. The focus stays in the field, arrow keys move in the list, Enter
//! chooses, and Escape or leaving puts back what was chosen. Never in here: where the choices come from.

use crate::api::ApiError;
use crate::browser;
use crate::i18n::{Texts, fill, problem_message, use_locale};
use crate::ui::{Choice, Glyph, Icon, use_placing};
use gloo_timers::callback::Timeout;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, HtmlInputElement};
use yew::prelude::*;

/// Typing is searched for when it has paused this long.
const PAUSE_MS: u32 = 250;

/// What there is to choose from.
#[derive(Clone, PartialEq)]
pub struct Offer {
    /// The text that these fit; `None` where nothing was looked for yet.
    pub text: Option<AttrValue>,
    /// The first that fit.
    pub choices: Vec<Choice>,
    /// Whether there are more.
    pub more: bool,
    /// Whether they are being looked for.
    pub busy: bool,
    /// Why they could not be found.
    pub error: Option<Rc<ApiError>>,
}

#[derive(Properties, PartialEq)]
pub struct ComboProps {
    pub id: AttrValue,
    pub chosen: Choice,
    pub offer: Offer,
    pub placeholder: AttrValue,
    /// Its name.
    pub label: AttrValue,
    #[prop_or_default]
    pub wrong: bool,
    #[prop_or(classes!("w-full"))]
    pub class: Classes,
    /// What is to be looked for; `None` when it is closed.
    pub onsearch: Callback<Option<String>>,
    pub onchange: Callback<Choice>,
}

/// The list as it is open.
#[derive(Clone, Default, PartialEq)]
struct Opened {
    /// What was typed; `None` as long as nothing was.
    typed: Option<String>,
    /// Where arrow keys have moved to.
    at: Option<usize>,
}

impl Opened {
    fn text(&self) -> &str {
        self.typed.as_deref().unwrap_or_default()
    }

    /// Whether what is offered is not yet what fits the text.
    fn waits(&self, offer: &Offer) -> bool {
        offer.busy || offer.text.as_deref() != Some(self.text())
    }

    /// Which choice Enter takes: where the arrow keys are, else the first that fits what was typed, else what is chosen already.
    fn active(&self, props: &ComboProps) -> Option<usize> {
        let choices = &props.offer.choices;
        let chosen = || {
            choices
                .iter()
                .position(|choice| choice.value == props.chosen.value)
        };
        let first = Some(0).filter(|_| !self.text().is_empty());
        self.at.or(first).or_else(chosen).filter(|at| *at < choices.len())
    }

    /// One further, around the end.
    fn moved(&self, props: &ComboProps, down: bool) -> Self {
        let len = props.offer.choices.len();
        let at = match (self.active(props), down) {
            _ if len == 0 => None,
            (None, true) => Some(0),
            (None, false) => Some(len - 1),
            (Some(at), true) => Some((at + 1) % len),
            (Some(at), false) => Some((at + len - 1) % len),
        };
        Self { at, ..self.clone() }
    }
}

/// The field and its list.
#[component]
pub fn Combo(props: &ComboProps) -> Html {
    let locale = use_locale();
    let t = locale.texts();
    let node = use_node_ref();
    let state = use_state(|| None::<Opened>);
    let opened = (*state).clone();
    let active = opened.as_ref().and_then(|opened| opened.active(props));
    use_pause(opened.as_ref(), &props.onsearch);
    use_width(&node, opened.is_some());
    let lines = props.offer.choices.len() * 2 + usize::from(props.offer.more);
    use_placing(&node, opened.is_some().then_some(lines), false, true);
    use_in_sight(&props.id, active);
    let close = {
        let (state, onsearch) = (state.clone(), props.onsearch.clone());
        Callback::from(move |()| {
            state.set(None);
            onsearch.emit(None);
        })
    };
    let choose = {
        let (close, onchange) = (close.clone(), props.onchange.clone());
        Callback::from(move |choice: Choice| {
            close.emit(());
            onchange.emit(choice);
        })
    };
    let open = {
        let (state, onsearch) = (state.clone(), props.onsearch.clone());
        Callback::from(move |()| {
            state.set(Some(Opened::default()));
            onsearch.emit(Some(String::new()));
        })
    };
    let onkeydown = keys(props, &state, &open, &close, &choose);
    let oninput = {
        let state = state.clone();
        Callback::from(move |event: InputEvent| {
            let typed = Some(event.target_unchecked_into::<HtmlInputElement>().value());
            state.set(Some(Opened { typed, at: None }));
        })
    };
    let onclick = {
        let (is_open, open) = (opened.is_some(), open);
        Callback::from(move |event: MouseEvent| {
            if !is_open {
                event.target_unchecked_into::<HtmlInputElement>().select();
                open.emit(());
            }
        })
    };
    // What is typed next takes the place of the name that stands there.
    let onfocus =
        Callback::from(|event: FocusEvent| event.target_unchecked_into::<HtmlInputElement>().select());
    let value = match opened.as_ref().and_then(|opened| opened.typed.clone()) {
        Some(typed) => typed.into(),
        None => props.chosen.label.clone(),
    };
    let said = opened
        .as_ref()
        .map(|opened| said(opened, &props.offer, t))
        .unwrap_or_default();
    html! {
        <div class={classes!("relative", "min-w-0", props.class.clone())} ref={node}>
            <input id={props.id.clone()} type="text" role="combobox" {value} placeholder={props.placeholder.clone()} aria-label={props.label.clone()}
                aria-autocomplete="list" aria-expanded={opened.is_some().to_string()} aria-controls={opened.is_some().then(|| list_id(&props.id))}
                aria-activedescendant={active.map(|at| option_id(&props.id, at))} aria-invalid={props.wrong.then_some("true")}
                aria-describedby={format!("{}-note", props.id)} autocomplete="off" autocapitalize="none" spellcheck="false"
                class={classes!("select", "select-sm", "h-9", "w-full", "cursor-text", "text-ellipsis", props.wrong.then_some("select-error"))}
                {oninput} {onclick} {onfocus} {onkeydown} onblur={close.reform(|_: FocusEvent| ())} />
            // There before it says something, since screen readers hear changes alone.
            <span class="sr-only" role="status">{ said.clone() }</span>
            if let Some(opened) = &opened {
                <div class="menu-popup panel fixed z-40 min-w-64 max-w-[calc(100vw-1rem)] p-1 shadow-lg" onmousedown={Callback::from(|event: MouseEvent| event.prevent_default())}>
                    <ul id={list_id(&props.id)} role="listbox" aria-label={props.label.clone()} aria-busy={opened.waits(&props.offer).to_string()}
                        class={classes!("relative", "max-h-60", "overflow-y-auto", "overscroll-contain", opened.waits(&props.offer).then_some("opacity-60"))}>
                        for (at, choice) in props.offer.choices.iter().enumerate() {
                            { line(props, at, choice, active == Some(at), &choose) }
                        }
                    </ul>
                    if let Some(error) = &props.offer.error {
                        <p class="px-2.5 py-1.5 text-xs text-error">{ problem_message(error, locale) }</p>
                    } else if !said.is_empty() {
                        <p class="px-2.5 py-1.5 text-xs text-muted" aria-hidden="true">{ said }</p>
                    }
                </div>
            }
        </div>
    }
}

fn line(props: &ComboProps, at: usize, choice: &Choice, active: bool, choose: &Callback<Choice>) -> Html {
    let chosen = choice.value == props.chosen.value;
    let onclick = {
        let choice = choice.clone();
        choose.reform(move |_: MouseEvent| choice.clone())
    };
    let look = if active {
        "bg-primary/10 text-primary"
    } else {
        "hover:bg-base-content/6"
    };
    html! {
        <li key={choice.value.to_string()} id={option_id(&props.id, at)} role="option" aria-selected={chosen.to_string()} {onclick}
            class={classes!("flex", "items-start", "gap-2", "rounded-md", "px-2.5", "py-1.5", "cursor-pointer", look)}>
            <span class="min-w-0 grow break-words">{ choice.label.clone() }</span>
            if chosen {
                <Icon glyph={Glyph::Check} class="size-4 mt-0.5" />
            }
        </li>
    }
}

/// What stands below the list, and is read out.
fn said(opened: &Opened, offer: &Offer, t: &Texts) -> String {
    let shown = offer.choices.len();
    match (shown, opened.waits(offer)) {
        (0, true) if offer.error.is_none() => t.shared.loading.to_owned(),
        (0, false) if offer.error.is_none() => t.shared.nothing_found.to_owned(),
        (_, false) if offer.more => fill(t.keys.first_fit, &[("shown", &shown.to_string())]),
        _ => String::new(),
    }
}

fn keys(
    props: &ComboProps,
    state: &UseStateHandle<Option<Opened>>,
    open: &Callback<()>,
    close: &Callback<()>,
    choose: &Callback<Choice>,
) -> Callback<KeyboardEvent> {
    let opened = (**state).clone();
    let waits = opened.as_ref().is_some_and(|opened| opened.waits(&props.offer));
    let active = opened.as_ref().and_then(|opened| opened.active(props));
    let chosen = active.and_then(|at| props.offer.choices.get(at)).cloned();
    let steps = opened
        .as_ref()
        .map(|opened| (opened.moved(props, true), opened.moved(props, false)));
    let (state, open, close, choose) = (state.clone(), open.clone(), close.clone(), choose.clone());
    Callback::from(move |event: KeyboardEvent| {
        // Who writes Chinese presses these keys for the input method.
        if event.is_composing() {
            return;
        }
        match (event.key().as_str(), &steps) {
            ("ArrowDown" | "ArrowUp", None) => open.emit(()),
            ("ArrowDown", Some((next, _))) => state.set(Some(next.clone())),
            ("ArrowUp", Some((_, before))) => state.set(Some(before.clone())),
            ("Escape", Some(_)) => {
                event.stop_propagation();
                close.emit(());
            }
            // What stands there while it is looked for may be what fitted before.
            ("Enter", Some(_)) => {
                if let Some(choice) = chosen.clone().filter(|_| !waits) {
                    choose.emit(choice);
                }
            }
            _ => return,
        }
        event.prevent_default();
    })
}

/// Asks for what was typed, when typing pauses.
#[hook]
fn use_pause(opened: Option<&Opened>, onsearch: &Callback<Option<String>>) {
    let onsearch = onsearch.clone();
    use_effect_with(opened.and_then(|opened| opened.typed.clone()), move |typed| {
        let timer = typed
            .clone()
            .map(|typed| Timeout::new(PAUSE_MS, move || onsearch.emit(Some(typed))));
        move || drop(timer)
    });
}

/// Gives the list the field's width: placed by the window, it does not know it by itself.
#[hook]
fn use_width(node: &NodeRef, open: bool) {
    let node = node.clone();
    use_effect_with(open, move |_| {
        let popup = node.cast::<HtmlElement>().and_then(|field| {
            let popup = field.query_selector(".menu-popup").ok().flatten()?;
            Some((field, popup.dyn_into::<HtmlElement>().ok()?))
        });
        if let Some((field, popup)) = popup {
            let width = format!("{}px", field.offset_width());
            let _ = popup.style().set_property("width", &width);
        }
    });
}

/// Scrolls the list to where the arrow keys are, and nothing but the list.
#[hook]
fn use_in_sight(id: &AttrValue, active: Option<usize>) {
    let id = id.clone();
    use_effect_with(active, move |active| {
        let within = |id: String| browser::element(&id)?.dyn_into::<HtmlElement>().ok();
        let line = active.and_then(|at| within(option_id(&id, at)));
        if let Some((list, line)) = within(list_id(&id)).zip(line) {
            let (top, bottom) = (line.offset_top(), line.offset_top() + line.offset_height());
            if top < list.scroll_top() {
                list.set_scroll_top(top);
            } else if bottom > list.scroll_top() + list.client_height() {
                list.set_scroll_top(bottom - list.client_height());
            }
        }
    });
}

fn list_id(id: &str) -> String {
    format!("{id}-list")
}

fn option_id(id: &str, at: usize) -> String {
    format!("{id}-option-{at}")
}
