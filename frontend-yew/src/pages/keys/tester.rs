//! "Test it": one real, tiny request with the new key, from this browser through the relay.

use super::snippets::Snippets;
use crate::api::relay::{Tried, try_key};
use crate::format;
use crate::i18n::{fill, use_texts};
use crate::pages::parts::Go;
use crate::router::Route;
use crate::ui::{Button, Field, Glyph, Icon, TextInput};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

/// Small, cheap, and offered by the demo upstream.
pub const MODEL_DEFAULT: &str = "claude-haiku-4-5";

#[derive(Properties, PartialEq)]
pub struct SetUpProps {
    /// The secret.
    pub secret: AttrValue,
    /// Whether leaving loses nothing: the secret is stored.
    pub may_leave: bool,
}

/// Snippets with the secret filled in, and the test.
#[component]
pub fn SetUp(props: &SetUpProps) -> Html {
    let t = use_texts();
    let model = use_state(|| AttrValue::Static(MODEL_DEFAULT));
    let busy = use_state(|| false);
    let tried = use_state(|| None::<Tried>);
    let test = {
        let (secret, model, busy, tried) = (props.secret.clone(), model.clone(), busy.clone(), tried.clone());
        Callback::from(move |()| {
            let (secret, model, busy, tried) =
                (secret.to_string(), model.to_string(), busy.clone(), tried.clone());
            busy.set(true);
            spawn_local(async move {
                tried.set(Some(try_key(secret, model).await));
                busy.set(false);
            });
        })
    };
    let oninput = {
        let model = model.clone();
        Callback::from(move |text: String| model.set(text.into()))
    };
    html! {
        <section class="mt-5" aria-label={t.snippets.title}>
            <h3 class="mb-2 font-semibold">{ t.snippets.title }</h3>
            <Snippets secret={props.secret.clone()} model={(*model).clone()} />
            <div class="mt-4 flex flex-wrap items-end gap-3">
                <Field id="test-model" label={t.snippets.model} class="grow">
                    <TextInput id="test-model" value={(*model).clone()} mono=true {oninput} />
                </Field>
                <Button glyph={Glyph::Play} label={t.snippets.test} busy={*busy} disabled={model.trim().is_empty()} onclick={test} />
            </div>
            <p class="mt-1.5 text-xs text-muted">{ t.snippets.test_help }</p>
            <div role="status">
                if let Some(tried) = &*tried {
                    <Outcome tried={tried.clone()} may_leave={props.may_leave} />
                }
            </div>
        </section>
    }
}

#[derive(Properties, PartialEq)]
struct OutcomeProps {
    tried: Tried,
    may_leave: bool,
}

#[component]
fn Outcome(props: &OutcomeProps) -> Html {
    let t = use_texts();
    let tried = &props.tried;
    let (glyph, look, title) = match tried.status {
        200..300 => (
            Glyph::Check,
            "border-success/30 bg-success/8",
            fill(
                t.snippets.test_good,
                &[("time", &format::duration(tried.took_ms))],
            ),
        ),
        0 => (
            Glyph::Alert,
            "border-error/30 bg-error/8",
            t.snippets.test_failed_offline.to_owned(),
        ),
        status => (
            Glyph::Alert,
            "border-error/30 bg-error/8",
            fill(t.snippets.test_failed, &[("status", &status.to_string())]),
        ),
    };
    let colour = if tried.ok() { "text-success" } else { "text-error" };
    let tokens = fill(
        t.snippets.test_tokens,
        &[
            ("input", &format::count(tried.input_tokens)),
            ("output", &format::count(tried.output_tokens)),
        ],
    );
    html! {
        <div class={classes!("mt-3", "flex", "gap-3", "rounded-lg", "border", "px-4", "py-3", look)} data-testid="tested">
            <Icon {glyph} class={classes!("size-5", "mt-0.5", colour)} />
            <div class="min-w-0 grow">
                <p class="font-medium">{ title }</p>
                if !tried.text.is_empty() {
                    <p class="break-words">{ tried.text.clone() }</p>
                }
                if tried.ok() {
                    <p class="text-xs text-muted figures">{ tokens }</p>
                }
                if let Some(id) = tried.request_id.filter(|_| tried.ok() && props.may_leave) {
                    <Go to={Route::Requests} query={format!("open={id}")} class="link text-xs">{ t.snippets.test_log }</Go>
                }
            </div>
        </div>
    }
}
