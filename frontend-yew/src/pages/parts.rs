//! What several pages are made of and what knows routes or the API, which `ui/` must not.

use crate::browser;
use crate::router::Route;
use crate::ui::Errors;
use tollgate_contract::problem::FieldError;
use yew::prelude::*;
use yew_router::prelude::*;

#[derive(Properties, PartialEq)]
pub struct GoProps {
    pub to: Route,
    /// The address's query, without the question mark.
    #[prop_or_default]
    pub query: AttrValue,
    #[prop_or_default]
    pub class: Classes,
    pub children: Html,
}

/// A link to a page with its filters set.
#[component]
pub fn Go(props: &GoProps) -> Html {
    let navigator = use_navigator();
    let (to, query) = (props.to, props.query.clone());
    let path = to.to_path();
    let href = if query.is_empty() {
        path
    } else {
        format!("{path}?{query}")
    };
    let onclick = Callback::from(move |event: MouseEvent| {
        event.stop_propagation();
        if event.meta_key() || event.ctrl_key() || event.shift_key() || event.alt_key() {
            return;
        }
        event.prevent_default();
        let Some(navigator) = &navigator else { return };
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(&query).unwrap_or_default();
        if pairs.is_empty() || navigator.push_with_query(&to, pairs).is_err() {
            navigator.push(&to);
        }
    });
    html! { <a {href} class={props.class.clone()} {onclick}>{ props.children.clone() }</a> }
}

/// Moves the focus to the first field at fault whenever other fields are.
#[hook]
pub fn use_focus_on_faults(errors: &Errors, tries: u32) {
    let any = !errors.is_empty();
    use_effect_with((any, tries), |(any, _)| {
        let body = browser::document().and_then(|document| document.document_element());
        if let Some(body) = body.filter(|_| *any) {
            browser::focus_first_fault(&body);
        }
    });
}

/// A fact in a list of facts: what it is, and it.
pub fn fact(name: &'static str, value: Html) -> Html {
    html! {
        <div class="flex justify-between gap-4 py-1.5">
            <dt class="text-muted shrink-0">{ name }</dt>
            <dd class="min-w-0 text-right break-words">{ value }</dd>
        </div>
    }
}

/// A heading within a drawer.
pub fn section(title: &'static str) -> Html {
    html! { <h3 class="mt-6 mb-1.5 text-xs font-semibold text-muted">{ title }</h3> }
}

/// Whether a part of the address can be left out.
pub fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// A whole number as it was typed; nothing is none.
pub fn number(field: &str, text: &str, wrong: &mut Vec<FieldError>) -> Option<u32> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let number = text.parse().ok();
    if number.is_none() {
        wrong.push(typed_fault(field, "number"));
    }
    number
}

/// A fault that is found here alone, since what was typed is no value of the field's type.
pub fn typed_fault(field: &str, code: &str) -> FieldError {
    FieldError {
        field: field.to_owned(),
        code: code.to_owned(),
        message: String::new(),
    }
}
