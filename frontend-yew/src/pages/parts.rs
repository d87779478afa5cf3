//! What several pages are made of and what knows routes or the API, which `ui/` must not.

mod combo;
mod daily;
mod days;
mod file_input;
mod file_once;
mod form;
mod newest;
mod nothing;
mod outcome;
mod over;
mod refreshing;

use crate::browser;
use crate::i18n::Texts;
use crate::router::Route;
use crate::ui::{Errors, Glyph, Icon};
use crate::zone::{day_start, parse_day};
use chrono::{DateTime, Utc};
use std::str::FromStr;
use tollgate_contract::money::{NANO_PER_USD, NanoUsd};
use tollgate_contract::platform::Service;
use tollgate_contract::problem::{FieldError, faults};
use validator::Validate;
use yew::prelude::*;
use yew_router::prelude::*;

pub use combo::{Combo, Offer};
pub use daily::{Daily, DailyPoint};
pub use days::Days;
pub use file_input::FileInput;
pub use file_once::{FileOnce, csv};
pub use form::{FormDialog, FormPanel, Newest, use_submission};
pub use newest::use_edited;
pub use nothing::NothingMatches;
pub use outcome::{Done, Outcome, OutcomeDialog};
pub use over::Opened;
pub use refreshing::{use_live, use_refreshing};

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

/// The way to an export of what a page shows.
pub fn export_shown(query: String, t: &Texts) -> Html {
    html! {
        <Go to={Route::Exports} {query} class="btn btn-sm h-9 font-medium gap-1.5 btn-outline border-base-300 bg-base-100 hover:bg-base-200 hover:text-base-content hover:border-base-content/25"><Icon glyph={Glyph::Download} class="size-4" />{ t.exports.shown }</Go>
    }
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

/// A service's name: its makers' own, in every language.
pub fn service_name(service: Service, t: &Texts) -> &'static str {
    match service {
        Service::Claude => t.platforms.service_claude,
        Service::Gemini => t.platforms.service_gemini,
        Service::OpenAi => t.platforms.service_openai,
    }
}

/// The first cell of a row that opens something: with the keyboard as well.
pub fn opens(onopen: &Callback<()>, what: Html) -> Html {
    let onclick = onopen.reform(|event: MouseEvent| event.stop_propagation());
    html! { <button type="button" class="text-left font-medium cursor-pointer hover:underline min-w-0" {onclick}>{ what }</button> }
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
pub fn number<N: FromStr>(field: &str, text: &str, wrong: &mut Vec<FieldError>) -> Option<N> {
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

/// Dollars as they were typed, to the last nano-dollar; nothing is none.
pub fn dollars(field: &str, text: &str, wrong: &mut Vec<FieldError>) -> Option<NanoUsd> {
    let text = text.trim().trim_start_matches('$').replace(',', "");
    if text.is_empty() {
        return None;
    }
    let amount = nano(&text);
    if amount.is_none() {
        wrong.push(typed_fault(field, "dollars"));
    }
    amount
}

/// The first instant of a day of the zone as it was typed; nothing is none.
pub fn first_instant(
    field: &str,
    text: &str,
    zone: &str,
    wrong: &mut Vec<FieldError>,
) -> Option<DateTime<Utc>> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let at = parse_day(text).and_then(|day| day_start(day, zone));
    if at.is_none() {
        wrong.push(typed_fault(field, "invalid"));
    }
    at
}

fn nano(text: &str) -> Option<NanoUsd> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() + fraction.len() == 0 || fraction.len() > 9 || !digits(whole) || !digits(fraction) {
        return None;
    }
    let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let fraction: i64 = format!("{fraction:0<9}").parse().ok()?;
    whole
        .checked_mul(NANO_PER_USD)?
        .checked_add(fraction)
        .map(NanoUsd)
}

/// Adds what the contract finds wrong, but for what follows of a part that could not even be read and is named already.
pub fn add_faults(wrong: &mut Vec<FieldError>, form: &impl Validate) {
    let unread: Vec<String> = wrong.iter().map(|fault| fault.field.clone()).collect();
    let follows = |fault: &FieldError| unread.iter().any(|field| field.starts_with(&fault.field));
    wrong.extend(faults(form).into_iter().filter(|fault| !follows(fault)));
}

/// A fault that is found here alone, since what was typed is no value of the field's type.
pub fn typed_fault(field: &str, code: &str) -> FieldError {
    FieldError {
        field: field.to_owned(),
        code: code.to_owned(),
        message: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dollars_are_read_to_the_last_nano_dollar() {
        let read = |text: &str| {
            let mut wrong = Vec::new();
            (dollars("x", text, &mut wrong), wrong.len())
        };
        assert_eq!(read(" $1,204.18 "), (Some(NanoUsd(1_204_180_000_000)), 0));
        assert_eq!(read("0.000000001"), (Some(NanoUsd(1)), 0));
        assert_eq!(read(".5"), (Some(NanoUsd(500_000_000)), 0));
        assert_eq!(read("20"), (Some(NanoUsd(20_000_000_000)), 0));
        assert_eq!(read(""), (None, 0));
        for bad in ["-1", "1e3", "1.2.3", ".", "0.0000000001", "9223372037"] {
            assert_eq!(read(bad), (None, 1), "{bad}");
        }
    }
}
