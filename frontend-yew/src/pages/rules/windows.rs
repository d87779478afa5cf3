//! Most use in sliding windows: a line each.

use super::draft::WindowDraft;
use super::shown::span_name;
use crate::i18n::{Texts, field_message, use_locale};
use crate::ui::{Button, ButtonKind, Choice, Errors, Glyph, NumberInput, SelectInput, TextInput};
use std::rc::Rc;
use tollgate_contract::rules::WindowSpan;
use yew::prelude::*;

/// Span, models, three amounts, and the button that takes the line away; two columns on phones.
const LINE: &str =
    "grid grid-cols-2 gap-2 sm:grid-cols-[6.5rem_minmax(0,1.4fr)_repeat(3,minmax(0,1fr))_2.25rem]";

#[derive(Properties, PartialEq)]
pub struct WindowTableProps {
    /// The list's path, such as `rules.windows`.
    pub field: AttrValue,
    /// What its fields' ids begin with.
    #[prop_or(AttrValue::Static("window"))]
    pub id: AttrValue,
    pub windows: Vec<WindowDraft>,
    pub errors: Errors,
    pub onchange: Callback<Vec<WindowDraft>>,
}

/// The windows, and a button for one more.
#[component]
pub fn WindowTable(props: &WindowTableProps) -> Html {
    let locale = use_locale();
    let t = locale.texts();
    let windows = Rc::new(props.windows.clone());
    let lines = windows.iter().enumerate().map(|(at, window)| {
        let change = Change {
            windows: windows.clone(),
            at,
            onchange: props.onchange.clone(),
        };
        line(at, window, &change, props, t)
    });
    let add = {
        let (windows, onchange) = (windows.clone(), props.onchange.clone());
        Callback::from(move |()| {
            let next = WindowDraft::new(unused(&windows));
            onchange.emit(windows.iter().cloned().chain([next]).collect());
        })
    };
    let wrong = props
        .errors
        .0
        .iter()
        .filter(|error| error.field.starts_with(props.field.as_str()));
    html! {
        <div class="flex flex-col gap-3">
            { for lines }
            for error in wrong {
                <p class="text-xs text-error" role="alert">{ field_message(error, locale) }</p>
            }
            <div class="flex flex-wrap items-center gap-3">
                <Button glyph={Glyph::Plus} label={t.rules.add_window} onclick={add} />
                <span class="text-xs text-muted">{ t.rules.windows_help }</span>
            </div>
        </div>
    }
}

/// The first length that stands nowhere yet.
fn unused(windows: &[WindowDraft]) -> WindowSpan {
    let free = |span: &WindowSpan| !windows.iter().any(|window| window.span == *span);
    WindowSpan::ALL
        .into_iter()
        .find(free)
        .unwrap_or(WindowSpan::Month)
}

/// Where a line's changes go.
struct Change {
    windows: Rc<Vec<WindowDraft>>,
    at: usize,
    onchange: Callback<Vec<WindowDraft>>,
}

impl Change {
    fn on(&self, set: fn(&mut WindowDraft, String)) -> Callback<String> {
        let (windows, at, onchange) = (self.windows.clone(), self.at, self.onchange.clone());
        Callback::from(move |text| {
            let mut next = (*windows).clone();
            if let Some(window) = next.get_mut(at) {
                set(window, text);
            }
            onchange.emit(next);
        })
    }

    fn remove(&self) -> Callback<()> {
        let (windows, at, onchange) = (self.windows.clone(), self.at, self.onchange.clone());
        Callback::from(move |()| {
            let mut next = (*windows).clone();
            next.remove(at);
            onchange.emit(next);
        })
    }
}

fn line(at: usize, window: &WindowDraft, change: &Change, props: &WindowTableProps, t: &Texts) -> Html {
    let choices = WindowSpan::ALL
        .map(|span| Choice::new(span.as_str(), span_name(span, t)))
        .to_vec();
    let onspan = change.on(|window, text| {
        let span = WindowSpan::ALL.into_iter().find(|span| span.as_str() == text);
        window.span = span.unwrap_or(window.span);
    });
    let wrong = |what: &str| {
        props
            .errors
            .of(&format!("{}[{at}].{what}", props.field))
            .is_some()
    };
    let id = |what: &str| format!("{}-{at}-{what}", props.id);
    html! {
        <div key={at} class={LINE} role="group" aria-label={span_name(window.span, t)}>
            <SelectInput id={id("span")} value={window.span.as_str()} {choices} label={t.rules.span} onchange={onspan} />
            <TextInput id={id("models")} value={window.models.clone()} label={t.rules.models} placeholder={t.rules.all_models}
                oninput={change.on(|window, text| window.models = text)} />
            <NumberInput id={id("requests")} value={window.requests.clone()} label={t.figures.requests} placeholder={t.figures.requests} wrong={wrong("requests")}
                oninput={change.on(|window, text| window.requests = text)} />
            <NumberInput id={id("tokens")} value={window.tokens.clone()} label={t.figures.tokens} placeholder={t.figures.tokens} wrong={wrong("tokens")}
                oninput={change.on(|window, text| window.tokens = text)} />
            <NumberInput id={id("cost")} value={window.cost.clone()} label={t.rules.dollars} placeholder={t.rules.dollars} decimal=true wrong={wrong("cost_nano")}
                oninput={change.on(|window, text| window.cost = text)} />
            <Button kind={ButtonKind::Ghost} icon_only=true glyph={Glyph::Close} label={t.rules.remove_window} onclick={change.remove()} />
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_more_window_is_the_shortest_that_is_not_there() {
        assert_eq!(unused(&[]), WindowSpan::Minute);
        let day_missing = [WindowSpan::Minute, WindowSpan::Hour, WindowSpan::Week].map(WindowDraft::new);
        assert_eq!(unused(&day_missing), WindowSpan::Day);
    }
}
