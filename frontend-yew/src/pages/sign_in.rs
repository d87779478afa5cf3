//! Signing in: one page, two doors.

use super::entrance::Entrance;
use super::parts::{Go, use_focus_on_faults};
use crate::api::auth::{self, Door};
use crate::api::use_action;
use crate::i18n::use_texts;
use crate::router::Route;
use crate::state::use_form;
use crate::ui::{Button, ButtonKind, Field, FormFailure, TextInput, errors_of};
use tollgate_contract::auth::{SignIn as SignInForm, TokenDelivery};
use tollgate_contract::problem::faults;
use yew::prelude::*;
use yew_router::prelude::*;

#[derive(Properties, PartialEq)]
pub struct SignInProps {
    pub door: Door,
}

#[derive(Clone, Default, PartialEq)]
struct Draft {
    email: String,
    password: String,
}

impl Draft {
    fn to_form(&self) -> SignInForm {
        SignInForm {
            email: self.email.trim().to_owned(),
            password: self.password.clone(),
            tenant: None,
            token_delivery: TokenDelivery::Cookie,
        }
    }
}

/// Signing in.
#[component]
pub fn SignIn(props: &SignInProps) -> Html {
    let t = use_texts();
    let form = use_form(Draft::default);
    let tries = use_state(|| 0_u32);
    let door = props.door;
    let action = use_action(move |form| auth::sign_in(door, form), Callback::noop());
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
    let (title, text) = match door {
        Door::Admin => (t.session.admin_title, Some(t.session.admin_help)),
        Door::User => (t.session.sign_in_title, None),
    };
    html! {
        <Entrance {title} text={text.map(AttrValue::from)} foot={html! { <OtherDoors {door} /> }}>
            <form class="flex flex-col gap-4" novalidate=true {onsubmit}>
                <Field id="email" label={t.session.email} error={errors.of("email")}>
                    <TextInput id="email" kind="email" value={form.value.email.clone()} autocomplete="username" autofocus=true
                        wrong={errors.of("email").is_some()} oninput={form.on(|form: &mut Draft, text| form.email = text)} />
                </Field>
                <Field id="password" label={t.session.password} error={errors.of("password")}>
                    <TextInput id="password" kind="password" value={form.value.password.clone()} autocomplete="current-password"
                        wrong={errors.of("password").is_some()} oninput={form.on(|form: &mut Draft, text| form.password = text)} />
                </Field>
                <Button kind={ButtonKind::Primary} submit=true busy={action.busy} label={t.session.sign_in} class="w-full mt-1" />
                if before.is_empty() {
                    <FormFailure error={action.error.clone()} />
                }
            </form>
        </Entrance>
    }
}

#[derive(Properties, PartialEq)]
struct OtherDoorsProps {
    door: Door,
}

/// The ways to the other door and to sign-up; where one wanted to go is not lost on the way.
#[component]
fn OtherDoors(props: &OtherDoorsProps) -> Html {
    let t = use_texts();
    let wanted = use_location()
        .map(|location| location.query_str().trim_start_matches('?').to_owned())
        .unwrap_or_default();
    let (other, label) = match props.door {
        Door::Admin => (Route::SignIn, t.session.to_user),
        Door::User => (Route::AdminSignIn, t.session.to_admin),
    };
    html! {
        <>
            <p>{ t.session.new_here }{ " " }<Go to={Route::SignUp} class="link text-primary">{ t.session.sign_up_link }</Go></p>
            <p><Go to={other} query={wanted} class="link">{ label }</Go></p>
        </>
    }
}
