//! Who issues documents, how they look, and what a dollar costs on a day: the operator's alone.

use super::rates::Rates;
use crate::api::billing::{self, use_issuer};
use crate::api::use_action;
use crate::browser;
use crate::i18n::use_texts;
use crate::pages::parts::{FormPanel, add_faults, use_submission};
use crate::state::{Form, use_form};
use crate::ui::{
    Button, ButtonKind, Errors, Failure, Field, FormColumns, Glyph, Skeleton, TextArea, TextInput, use_toasts,
};
use std::rc::Rc;
use tollgate_contract::billing::IssuerForm;
use tollgate_contract::problem::FieldError;
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlInputElement;
use yew::prelude::*;

/// The part.
#[component]
pub fn Issuer() -> Html {
    let found = use_issuer();
    let look = match (&found.data, &found.error) {
        (Some(issuer), _) => {
            // Made anew when it was saved, so that the form begins as it is then.
            let key = format!("{issuer:?}");
            html! { <Look {key} issuer={issuer.clone()} /> }
        }
        (None, Some(error)) => html! { <Failure error={error.clone()} onretry={found.reload.clone()} /> },
        (None, None) => html! { <Skeleton class="h-96" /> },
    };
    html! { <div class="flex flex-col gap-6 max-w-3xl">{ look }<Rates /></div> }
}

#[derive(Properties, PartialEq)]
struct LookProps {
    issuer: Rc<IssuerForm>,
}

#[component]
fn Look(props: &LookProps) -> Html {
    let t = use_texts();
    let toasts = use_toasts();
    let first = (*props.issuer).clone();
    let form = use_form(|| first);
    let done = Callback::from(move |_: IssuerForm| toasts.done(t.billing.issuer_saved));
    let action = use_action(billing::save_issuer, done);
    let mut wrong: Vec<FieldError> = Vec::new();
    add_faults(&mut wrong, &*form.value);
    let read = if wrong.is_empty() {
        Ok((*form.value).clone())
    } else {
        Err(wrong)
    };
    let sent = use_submission(read, &action);
    let errors = sent.errors.clone();
    let value = &form.value;
    html! {
        <FormPanel title={t.billing.issuer} text={t.billing.issuer_help} verb={t.billing.save} idle={!form.dirty()} {sent}>
            <FormColumns>
                <Field id="brand_name" label={t.billing.brand_name} help={t.billing.brand_name_help} error={errors.of("brand_name")}>
                    <TextInput id="brand_name" value={value.brand_name.clone()} wrong={errors.of("brand_name").is_some()}
                        oninput={form.on(|form: &mut IssuerForm, text| form.brand_name = text)} />
                </Field>
                <Field id="brand_colour" label={t.billing.brand_colour} help={t.billing.brand_colour_help} error={errors.of("brand_colour")}>
                    { colour(&form, &errors, t.billing.brand_colour) }
                </Field>
            </FormColumns>
            <Field id="bank_details" label={t.billing.bank_details} help={t.billing.bank_details_help} error={errors.of("bank_details")}>
                <TextArea id="bank_details" rows=3 value={value.bank_details.clone()} wrong={errors.of("bank_details").is_some()}
                    oninput={form.on(|form: &mut IssuerForm, text| form.bank_details = text)} />
            </Field>
            <Field id="logo_png" label={t.billing.logo} help={t.billing.logo_help} error={errors.of("logo_png")}>
                <Logo png={value.logo_png.clone()} onpng={form.on(|form: &mut IssuerForm, png| form.logo_png = png)} />
            </Field>
        </FormPanel>
    }
}

/// The colour as text, and the browser's own chooser beside it.
fn colour(form: &Form<IssuerForm>, errors: &Errors, label: &'static str) -> Html {
    let set = |form: &mut IssuerForm, text: String| form.brand_colour = text.trim().to_lowercase();
    let typed = form.on(set);
    let chosen = form
        .on(set)
        .reform(|event: InputEvent| event.target_unchecked_into::<HtmlInputElement>().value());
    let value = form.value.brand_colour.clone();
    html! {
        <div class="flex gap-2">
            <input type="color" class="h-9 w-12 shrink-0 cursor-pointer rounded border border-base-300" aria-label={label} value={value.clone()} oninput={chosen} />
            <TextInput id="brand_colour" {value} mono=true wrong={errors.of("brand_colour").is_some()} oninput={typed} />
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct LogoProps {
    /// In base64; empty: none.
    png: String,
    onpng: Callback<String>,
}

/// The picture as it is, another one, or none.
#[component]
fn Logo(props: &LogoProps) -> Html {
    let t = use_texts();
    let onchange = {
        let onpng = props.onpng.clone();
        Callback::from(move |event: Event| {
            let input: HtmlInputElement = event.target_unchecked_into();
            let Some(file) = input.files().and_then(|files| files.get(0)) else {
                return;
            };
            let onpng = onpng.clone();
            spawn_local(async move {
                if let Some(png) = browser::read_base64(&file).await {
                    onpng.emit(png);
                }
            });
        })
    };
    let source = format!("data:image/png;base64,{}", props.png);
    html! {
        <div class="flex flex-wrap items-center gap-3">
            if !props.png.is_empty() {
                <img src={source} alt={t.billing.logo} class="h-12 max-w-48 rounded border border-base-300 bg-white object-contain p-1" data-testid="logo" />
                <Button kind={ButtonKind::Ghost} glyph={Glyph::Trash} label={t.billing.logo_remove} onclick={props.onpng.reform(|()| String::new())} />
            }
            <input id="logo_png" type="file" accept="image/png" class="file-input file-input-sm h-9 w-full sm:w-72"
                aria-describedby="logo_png-note" {onchange} />
        </div>
    }
}
