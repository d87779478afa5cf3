//! Forms: a label above, the field, help below, and what is wrong with it.

use super::{Glyph, Icon};
use crate::api::ApiError;
use crate::i18n::{field_message, use_locale};
use std::rc::Rc;
use tollgate_contract::problem::FieldError;
use yew::prelude::*;

/// What is wrong with a form's fields, found here or by the server.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Errors(pub Vec<FieldError>);

impl Errors {
    /// What is wrong with a field, if anything.
    pub fn of(&self, field: &str) -> Option<FieldError> {
        self.0.iter().find(|error| error.field == field).cloned()
    }

    /// Whether nothing is.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The fields at fault: those found before sending, else those of the server's refusal.
pub fn errors_of(before: &[FieldError], after: Option<&Rc<ApiError>>) -> Errors {
    if !before.is_empty() {
        return Errors(before.to_vec());
    }
    Errors(after.map(|error| error.fields().to_vec()).unwrap_or_default())
}

#[derive(Properties, PartialEq)]
pub struct FieldProps {
    /// The input's id.
    pub id: AttrValue,
    pub label: AttrValue,
    #[prop_or_default]
    pub help: Option<AttrValue>,
    #[prop_or_default]
    pub error: Option<FieldError>,
    /// Says that it may be left empty.
    #[prop_or_default]
    pub optional: Option<AttrValue>,
    #[prop_or_default]
    pub class: Classes,
    pub children: Html,
}

/// A field. Its input names `{id}-note` as what describes it.
#[component]
pub fn Field(props: &FieldProps) -> Html {
    let locale = use_locale();
    let note = format!("{}-note", props.id);
    html! {
        <div class={classes!("flex", "flex-col", "gap-1.5", "min-w-0", props.class.clone())}>
            <label for={props.id.clone()} class="font-medium">
                { props.label.clone() }
                if let Some(optional) = &props.optional {
                    <span class="text-muted font-normal">{ " · " }{ optional }</span>
                }
            </label>
            { props.children.clone() }
            if let Some(error) = &props.error {
                <p id={note} class="flex items-start gap-1.5 text-xs text-error">
                    <Icon glyph={Glyph::Alert} class="size-3.5 mt-0.5" />{ field_message(error, locale) }
                </p>
            } else if let Some(help) = &props.help {
                <p id={note} class="text-xs text-muted">{ help }</p>
            }
        </div>
    }
}

#[derive(Properties, PartialEq)]
pub struct FormColumnsProps {
    pub children: Html,
}

/// Fields side by side where there is room.
#[component]
pub fn FormColumns(props: &FormColumnsProps) -> Html {
    html! { <div class="grid gap-4 sm:grid-cols-2">{ props.children.clone() }</div> }
}
