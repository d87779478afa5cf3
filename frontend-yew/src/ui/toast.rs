//! Short notices that come and go. They are spoken by screen readers and never hold what one must read.

use super::{Glyph, Icon};
use gloo_timers::callback::Timeout;
use std::rc::Rc;
use web_sys::HtmlElement;
use yew::prelude::*;

/// Long enough to read two lines.
const SHOWN_MS: u32 = 5_000;
/// More than these would cover the page.
const SHOWN_MAX: usize = 4;

#[derive(Clone, PartialEq)]
struct Toast {
    id: u32,
    good: bool,
    text: AttrValue,
}

#[derive(Default, PartialEq)]
struct Shown {
    items: Vec<Toast>,
    next: u32,
}

enum Change {
    Add { good: bool, text: AttrValue },
    Drop(u32),
}

impl Reducible for Shown {
    type Action = Change;

    fn reduce(self: Rc<Self>, change: Change) -> Rc<Self> {
        let mut items = self.items.clone();
        let mut next = self.next;
        match change {
            Change::Add { good, text } => {
                items.push(Toast { id: next, good, text });
                next = next.wrapping_add(1);
                if items.len() > SHOWN_MAX {
                    items.remove(0);
                }
            }
            Change::Drop(id) => items.retain(|toast| toast.id != id),
        }
        Rc::new(Self { items, next })
    }
}

/// Shows notices.
#[derive(Clone, PartialEq)]
pub struct Toasts(Option<UseReducerDispatcher<Shown>>);

impl Toasts {
    /// Something was done.
    pub fn done(&self, text: impl Into<AttrValue>) {
        self.add(true, text.into());
    }

    /// Something was not.
    pub fn failed(&self, text: impl Into<AttrValue>) {
        self.add(false, text.into());
    }

    fn add(&self, good: bool, text: AttrValue) {
        if let Some(dispatcher) = &self.0 {
            dispatcher.dispatch(Change::Add { good, text });
        }
    }
}

#[derive(Properties, PartialEq)]
pub struct ToastProviderProps {
    pub children: Html,
}

/// Shows the notices of everything below.
#[component]
pub fn ToastProvider(props: &ToastProviderProps) -> Html {
    let shown = use_reducer(Shown::default);
    let toasts = shown.items.iter().map(|toast| {
        let dispatcher = shown.dispatcher();
        let id = toast.id;
        let ondone = Callback::from(move |()| dispatcher.dispatch(Change::Drop(id)));
        html! { <ToastLine key={toast.id} good={toast.good} text={toast.text.clone()} {ondone} /> }
    });
    let node = use_node_ref();
    use_on_top(&node, shown.items.len(), shown.next);
    let children = html! {
        <>
            { props.children.clone() }
            <div role="status" aria-live="polite">
                <div ref={node} popover="manual" class="toasts">{ for toasts }</div>
            </div>
        </>
    };
    yew::provide(Toasts(Some(shown.dispatcher())), children)
}

/// Raises the notices above dialogs and drawers, which the browser keeps above everything else, whenever one comes.
#[hook]
fn use_on_top(node: &NodeRef, shown: usize, last: u32) {
    let node = node.clone();
    use_effect_with((shown, last), move |(shown, _)| {
        if let Some(notices) = node.cast::<HtmlElement>() {
            // Refused by the browser where it is hidden already.
            let _ = notices.hide_popover();
            if *shown > 0 {
                let _ = notices.show_popover();
            }
        }
    });
}

#[derive(Properties, PartialEq)]
struct ToastLineProps {
    good: bool,
    text: AttrValue,
    ondone: Callback<()>,
}

#[component]
fn ToastLine(props: &ToastLineProps) -> Html {
    let ondone = props.ondone.clone();
    use_effect_with((), move |()| {
        let timer = Timeout::new(SHOWN_MS, move || ondone.emit(()));
        move || drop(timer)
    });
    let (glyph, colour) = if props.good {
        (Glyph::Check, "text-success")
    } else {
        (Glyph::Alert, "text-error")
    };
    html! {
        <div class="panel flex items-start gap-3 px-4 py-3 shadow-lg pointer-events-auto">
            <Icon {glyph} class={classes!("size-5", colour)} />
            <span class="min-w-0 break-words">{ props.text.clone() }</span>
        </div>
    }
}

/// To show notices; outside of the provider it does nothing.
#[hook]
pub fn use_toasts() -> Toasts {
    use_context::<Toasts>().unwrap_or(Toasts(None))
}
