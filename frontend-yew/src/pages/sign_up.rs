//! Signing an organisation up.

use super::entrance::Entrance;
use super::parts::{Go, use_focus_on_faults};
use crate::api::{auth, use_action};
use crate::browser;
use crate::i18n::use_texts;
use crate::router::Route;
use crate::state::use_form;
use crate::ui::{Button, ButtonKind, Field, FormFailure, TextInput, errors_of};
use tollgate_contract::auth::TokenDelivery;
use tollgate_contract::problem::faults;
use tollgate_contract::tenants::SignUp as SignUpForm;
use yew::prelude::*;

#[derive(Clone, Default, PartialEq)]
struct Draft {
    organisation: String,
    slug: String,
    name: String,
    email: String,
    password: String,
    time_zone: String,
}

impl Draft {
    fn to_form(&self) -> SignUpForm {
        let filled = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        SignUpForm {
            organisation: self.organisation.trim().to_owned(),
            slug: filled(&self.slug),
            name: self.name.trim().to_owned(),
            email: self.email.trim().to_owned(),
            password: self.password.clone(),
            time_zone: filled(&self.time_zone),
            token_delivery: TokenDelivery::Cookie,
        }
    }
}

/// Signing up.
#[component]
pub fn SignUp() -> Html {
    let t = use_texts();
    let form = use_form(|| Draft {
        time_zone: browser::time_zone().unwrap_or_default(),
        ..Draft::default()
    });
    let tries = use_state(|| 0_u32);
    let action = use_action(auth::sign_up, Callback::noop());
    let before = if *tries > 0 {
        faults(&form.value.to_form())
    } else {
        Vec::new()
    };
    let errors = errors_of(&before, action.error.as_ref());
    use_focus_on_faults(&errors, *tries);
    let onsubmit = {
        let (form, tries, run) = (form.clone(), tries.clone(), action.run.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            tries.set(*tries + 1);
            let sent = form.value.to_form();
            if faults(&sent).is_empty() {
                run.emit(sent);
            }
        })
    };
    let draft = &form.value;
    let line = |id: &'static str, label: &'static str, help: Option<&'static str>, input: Html| {
        html! { <Field {id} {label} help={help.map(AttrValue::from)} error={errors.of(id)}>{ input }</Field> }
    };
    let wrong = |id: &str| errors.of(id).is_some();
    let foot = html! {
        <p>{ t.session.has_organisation }{ " " }<Go to={Route::SignIn} class="link text-primary">{ t.session.sign_in }</Go></p>
    };
    html! {
        <Entrance title={t.session.sign_up_title} text={t.session.sign_up_help} {foot}>
            <form class="flex flex-col gap-4" novalidate=true {onsubmit}>
                { line("organisation", t.session.organisation, Some(t.session.organisation_help), html! {
                    <TextInput id="organisation" value={draft.organisation.clone()} autocomplete="organization" autofocus=true
                        wrong={wrong("organisation")} oninput={form.on(|form: &mut Draft, text| form.organisation = text)} />
                }) }
                { line("name", t.session.name, None, html! {
                    <TextInput id="name" value={draft.name.clone()} autocomplete="name"
                        wrong={wrong("name")} oninput={form.on(|form: &mut Draft, text| form.name = text)} />
                }) }
                { line("email", t.session.email, None, html! {
                    <TextInput id="email" kind="email" value={draft.email.clone()} autocomplete="username"
                        wrong={wrong("email")} oninput={form.on(|form: &mut Draft, text| form.email = text)} />
                }) }
                { line("password", t.session.password, Some(t.session.password_help), html! {
                    <TextInput id="password" kind="password" value={draft.password.clone()} autocomplete="new-password"
                        wrong={wrong("password")} oninput={form.on(|form: &mut Draft, text| form.password = text)} />
                }) }
                <div class="grid gap-4 sm:grid-cols-2">
                    { line("time_zone", t.session.time_zone, Some(t.session.time_zone_help), html! {
                        <TextInput id="time_zone" value={draft.time_zone.clone()}
                            wrong={wrong("time_zone")} oninput={form.on(|form: &mut Draft, text| form.time_zone = text)} />
                    }) }
                    <Field id="slug" label={t.session.slug} optional={t.shared.optional} help={t.session.slug_help} error={errors.of("slug")}>
                        <TextInput id="slug" value={draft.slug.clone()} placeholder="acme-labs" wrong={wrong("slug")}
                            oninput={form.on(|form: &mut Draft, text| form.slug = text)} />
                    </Field>
                </div>
                <Button kind={ButtonKind::Primary} submit=true busy={action.busy} label={t.session.sign_up} class="w-full mt-1" />
                if before.is_empty() {
                    <FormFailure error={action.error.clone()} />
                }
            </form>
        </Entrance>
    }
}
