//! What failed, its request id, and how to try again.

use super::{Button, CopyButton, Glyph, Icon};
use crate::api::ApiError;
use crate::i18n::{problem_message, use_locale, use_texts};
use std::rc::Rc;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct FailureProps {
    pub error: Rc<ApiError>,
    pub onretry: Callback<()>,
}

/// In the place of what could not be loaded.
#[component]
pub fn Failure(props: &FailureProps) -> Html {
    let locale = use_locale();
    let t = locale.texts();
    if props.error.is_silent() {
        return Html::default();
    }
    html! {
        <div class="panel flex flex-col items-center gap-3 px-6 py-12 text-center" role="alert">
            <span class="grid size-11 place-content-center rounded-full bg-error/10 text-error">
                <Icon glyph={Glyph::Alert} class="size-5" />
            </span>
            <p class="font-medium">{ t.shared.load_failed }</p>
            <p class="text-muted max-w-prose break-words">{ problem_message(&props.error, locale) }</p>
            <RequestId id={props.error.request_id().to_owned()} />
            <Button glyph={Glyph::Again} label={t.shared.retry} onclick={props.onretry.clone()} />
        </div>
    }
}

#[derive(Properties, PartialEq)]
pub struct FormFailureProps {
    pub error: Option<Rc<ApiError>>,
}

/// Under a form that the server refused as a whole.
#[component]
pub fn FormFailure(props: &FormFailureProps) -> Html {
    let locale = use_locale();
    let Some(error) = &props.error else {
        return Html::default();
    };
    html! {
        <div class="mt-4 flex gap-3 rounded-lg border border-error/30 bg-error/8 px-4 py-3" role="alert">
            <Icon glyph={Glyph::Alert} class="size-5 text-error mt-0.5" />
            <div class="min-w-0">
                <p class="break-words">{ problem_message(error, locale) }</p>
                <RequestId id={error.request_id().to_owned()} />
            </div>
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct RequestIdProps {
    id: AttrValue,
}

#[component]
fn RequestId(props: &RequestIdProps) -> Html {
    let t = use_texts();
    if props.id.is_empty() {
        return Html::default();
    }
    html! {
        <p class="text-muted text-xs flex items-center gap-1 flex-wrap justify-center">
            { t.shared.request_id }{ " " }<code class="break-all">{ props.id.clone() }</code>
            <CopyButton text={props.id.clone()} small=true />
        </p>
    }
}
