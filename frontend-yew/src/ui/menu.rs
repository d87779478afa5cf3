//! A button's menu. Arrow keys move in it, Escape closes it and gives the focus back.

use super::{Glyph, Icon};
use crate::browser;
use gloo_events::{EventListener, EventListenerOptions};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, Node};
use yew::prelude::*;

/// Between a button and its popup, and between a popup and the window's edge.
const GAP_PX: f64 = 4.0;

/// One line of a menu.
#[derive(Clone, PartialEq)]
pub struct MenuItem {
    pub glyph: Option<Glyph>,
    pub label: AttrValue,
    pub danger: bool,
    /// Whether it is what is chosen now; `None` where nothing is chosen.
    pub chosen: Option<bool>,
    pub onclick: Callback<()>,
}

impl MenuItem {
    /// Something to do.
    pub fn new(glyph: Glyph, label: impl Into<AttrValue>, onclick: Callback<()>) -> Self {
        Self {
            glyph: Some(glyph),
            label: label.into(),
            danger: false,
            chosen: None,
            onclick,
        }
    }

    /// Something to choose.
    pub fn choice(label: impl Into<AttrValue>, chosen: bool, onclick: Callback<()>) -> Self {
        Self {
            glyph: None,
            label: label.into(),
            danger: false,
            chosen: Some(chosen),
            onclick,
        }
    }

    /// Marks it as one that takes something away.
    pub fn danger(mut self) -> Self {
        self.danger = true;
        self
    }
}

#[derive(Properties, PartialEq)]
pub struct MenuProps {
    /// What the button says to a screen reader.
    pub label: AttrValue,
    /// What it shows.
    pub button: Html,
    /// Whether what it shows is words, so that it needs no others for a screen reader.
    #[prop_or_default]
    pub worded: bool,
    #[prop_or(classes!("btn", "btn-sm", "btn-ghost", "btn-square"))]
    pub class: Classes,
    /// Stands above the items.
    #[prop_or_default]
    pub head: Html,
    pub items: Vec<MenuItem>,
    /// Opens upwards, where there is room.
    #[prop_or_default]
    pub up: bool,
    /// Begins at the button's left edge, not at its right one.
    #[prop_or_default]
    pub start: bool,
}

/// A button and its menu.
#[component]
pub fn Menu(props: &MenuProps) -> Html {
    let open = use_state(|| false);
    let node = use_node_ref();
    use_closing(&node, &open);
    let toggle = {
        let open = open.clone();
        Callback::from(move |event: MouseEvent| {
            event.stop_propagation();
            open.set(!*open);
        })
    };
    let onkeydown = {
        let (open, node) = (open.clone(), node.clone());
        Callback::from(move |event: KeyboardEvent| match event.key().as_str() {
            "Escape" if *open => {
                event.prevent_default();
                event.stop_propagation();
                open.set(false);
                focus_nth(&node, "button", 0);
            }
            "ArrowDown" | "ArrowUp" => {
                event.prevent_default();
                if *open {
                    move_focus(&node, event.key() == "ArrowDown");
                } else {
                    open.set(true);
                }
            }
            _ => {}
        })
    };
    use_placing(&node, open.then_some(0), props.up, props.start);
    let items = props.items.iter().map(|item| item_line(item, &open));
    html! {
        <div class="relative" ref={node} {onkeydown}>
            <button type="button" class={props.class.clone()} aria-haspopup="menu" aria-expanded={open.to_string()}
                aria-label={(!props.worded).then(|| props.label.clone())} title={props.label.clone()} onclick={toggle}>
                { props.button.clone() }
            </button>
            if *open {
                <div class="menu-popup panel fixed z-40 min-w-48 max-w-72 p-1 shadow-lg">
                    { props.head.clone() }
                    <ul role="menu" aria-label={props.label.clone()}>{ for items }</ul>
                </div>
            }
        </div>
    }
}

fn item_line(item: &MenuItem, open: &UseStateHandle<bool>) -> Html {
    let onclick = {
        let (open, onclick) = (open.clone(), item.onclick.clone());
        Callback::from(move |event: MouseEvent| {
            event.stop_propagation();
            open.set(false);
            onclick.emit(());
        })
    };
    let role = if item.chosen.is_some() {
        "menuitemradio"
    } else {
        "menuitem"
    };
    let glyph = match item.chosen {
        Some(true) => Some(Glyph::Check),
        _ => item.glyph,
    };
    html! {
        <li role="none">
            <button type="button" {role} aria-checked={item.chosen.map(|chosen| chosen.to_string())} {onclick}
                class={classes!("flex", "w-full", "items-center", "gap-2.5", "rounded-md", "px-2.5", "py-1.5", "text-left", "cursor-pointer",
                    "hover:bg-base-content/6", "focus-visible:bg-base-content/6", item.danger.then_some("text-error"))}>
                if let Some(glyph) = glyph {
                    <Icon {glyph} />
                } else {
                    <span class="size-4 shrink-0"></span>
                }
                <span class="min-w-0 truncate">{ item.label.clone() }</span>
            </button>
        </li>
    }
}

/// Closes on a click or a focus elsewhere; focuses the first item on opening.
#[hook]
fn use_closing(node: &NodeRef, open: &UseStateHandle<bool>) {
    let (node, open) = (node.clone(), open.clone());
    use_effect_with(*open, move |is_open| {
        let listeners = is_open.then(|| {
            focus_nth(&node, "[role^='menuitem']", 0);
            let document = browser::document()?;
            let listen = |kind: &'static str| {
                let (node, open) = (node.clone(), open.clone());
                EventListener::new(&document, kind, move |event| {
                    let within = event.target().and_then(|target| target.dyn_into::<Node>().ok());
                    let inside = node
                        .cast::<Element>()
                        .is_some_and(|menu| menu.contains(within.as_ref()));
                    if !inside {
                        open.set(false);
                    }
                })
            };
            Some((listen("click"), listen("focusin")))
        });
        move || drop(listeners)
    });
}

/// Puts the popup beside its button, where there is room for it: tables and drawers cut off what hangs out of them, so that it
/// is placed by the window. Scrolling closes nothing; it moves along. `shown` is `None` while it is closed, and another number
/// whenever it shows more or less, so that it is placed anew.
#[hook]
pub fn use_placing(node: &NodeRef, shown: Option<usize>, up: bool, start: bool) {
    let node = node.clone();
    use_effect_with(shown, move |shown| {
        let listeners = shown.map(|_| {
            let place = move || place(&node, up, start);
            place();
            let window = browser::window()?;
            let listen = |kind: &'static str, place: Box<dyn Fn()>| {
                // Captured, since the scrolling of an inner box does not bubble.
                EventListener::new_with_options(
                    &window,
                    kind,
                    EventListenerOptions::run_in_capture_phase(),
                    move |_| place(),
                )
            };
            Some((
                listen("scroll", Box::new(place.clone())),
                listen("resize", Box::new(place)),
            ))
        });
        move || drop(listeners)
    });
}

fn place(node: &NodeRef, up: bool, start: bool) {
    let Some(menu) = node.cast::<Element>() else {
        return;
    };
    let popup = menu
        .query_selector(".menu-popup")
        .ok()
        .flatten()
        .and_then(|popup| popup.dyn_into::<HtmlElement>().ok());
    let (Some(popup), Some(root)) = (
        popup,
        browser::document().and_then(|document| document.document_element()),
    ) else {
        return;
    };
    let (button, size) = (menu.get_bounding_client_rect(), popup.get_bounding_client_rect());
    let (width, height) = (f64::from(root.client_width()), f64::from(root.client_height()));
    let (above, below) = (button.top() - GAP_PX - size.height(), button.bottom() + GAP_PX);
    let fits_below = below + size.height() <= height;
    let top = if (up && above >= 0.0) || !fits_below {
        above
    } else {
        below
    };
    let left = if start {
        button.left()
    } else {
        button.right() - size.width()
    };
    let within = |at: f64, room: f64| at.min(room - GAP_PX).max(GAP_PX);
    let style = popup.style();
    for (name, value) in [
        ("top", within(top, height - size.height())),
        ("left", within(left, width - size.width())),
    ] {
        let _ = style.set_property(name, &format!("{value}px"));
    }
}

fn entries(node: &NodeRef, selector: &str) -> Vec<HtmlElement> {
    let Some(found) = node
        .cast::<Element>()
        .and_then(|menu| menu.query_selector_all(selector).ok())
    else {
        return Vec::new();
    };
    (0..found.length())
        .filter_map(|at| found.get(at)?.dyn_into().ok())
        .collect()
}

fn focus_nth(node: &NodeRef, selector: &str, at: usize) {
    if let Some(element) = entries(node, selector).get(at) {
        let _ = element.focus();
    }
}

fn move_focus(node: &NodeRef, down: bool) {
    let items = entries(node, "[role^='menuitem']");
    let active: Option<Element> = browser::document().and_then(|document| document.active_element());
    let at = items.iter().position(|item| {
        active
            .as_ref()
            .is_some_and(|active| item.is_same_node(Some(active)))
    });
    let next = match (at, down) {
        (None, _) => 0,
        (Some(at), true) => (at + 1) % items.len().max(1),
        (Some(at), false) => (at + items.len().saturating_sub(1)) % items.len().max(1),
    };
    if let Some(item) = items.get(next) {
        let _ = item.focus();
    }
}
