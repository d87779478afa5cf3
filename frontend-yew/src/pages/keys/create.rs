//! Creating a key: the form, then the secret, once, with the set-up of clients and a test.

use super::draft::{Draft, to_create};
use super::fields::KeyFields;
use super::inherited::use_effective;
use super::self_service::{beyond, use_bounds};
use super::tester::SetUp;
use crate::api::{keys, use_action};
use crate::browser;
use crate::i18n::{fill, use_locale, use_texts};
use crate::pages::parts::{FormDialog, use_submission};
use crate::state::{use_form, use_me};
use crate::ui::{Button, ButtonKind, Dialog, ModalShape, SecretOnce};
use std::rc::Rc;
use tollgate_contract::keys::{CreatedKey, UpdateKey};
use tollgate_contract::problem::FieldError;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct CreateProps {
    pub onclose: Callback<()>,
}

/// The dialog.
#[component]
pub fn Create(props: &CreateProps) -> Html {
    let t = use_texts();
    let made = use_state(|| None::<Rc<CreatedKey>>);
    let onmade = {
        let made = made.clone();
        Callback::from(move |key: CreatedKey| made.set(Some(Rc::new(key))))
    };
    match &*made {
        None => html! { <CreateForm key="form" {onmade} onclose={props.onclose.clone()} /> },
        Some(made) => {
            html! { <Ready key="ready" title={t.keys.created_title} made={made.clone()} onclose={props.onclose.clone()} /> }
        }
    }
}

#[derive(Properties, PartialEq)]
struct CreateFormProps {
    onmade: Callback<CreatedKey>,
    onclose: Callback<()>,
}

#[component]
fn CreateForm(props: &CreateFormProps) -> Html {
    let t = use_texts();
    let form = use_form(Draft::new);
    let action = use_action(keys::create, props.onmade.clone());
    let read = use_read(&form.value);
    let sent = use_submission(read.map(to_create), &action);
    html! {
        <FormDialog title={t.keys.create} intro={t.keys.create_intro} shape={ModalShape::Wide} dirty={form.dirty()} verb={t.keys.create_short} sent={sent.clone()}
            onclose={props.onclose.clone()}>
            <KeyFields form={form.clone()} errors={sent.errors} />
        </FormDialog>
    }
}

/// What a form says, or the fields at fault, what a member may not do among them.
#[hook]
pub fn use_read(draft: &Draft) -> Result<UpdateKey, Vec<FieldError>> {
    let (me, locale, bounds) = (use_me(), use_locale(), use_bounds());
    let effective = use_effective(&draft.policy);
    let zone = me.as_ref().map_or("UTC", |me| me.tenant.time_zone.as_str());
    let form = draft.read(zone, browser::now())?;
    if let Some(bounds) = bounds {
        let held = effective(&form.rules);
        let faults = beyond(&form, &held.rules, &bounds, browser::now(), locale);
        if !faults.is_empty() {
            return Err(faults);
        }
    }
    Ok(form)
}

#[derive(Properties, PartialEq)]
pub struct ReadyProps {
    /// With a place for the key's name.
    pub title: &'static str,
    pub made: Rc<CreatedKey>,
    pub onclose: Callback<()>,
}

/// The secret; the dialog can be left only when it is said to be stored.
#[component]
pub fn Ready(props: &ReadyProps) -> Html {
    let t = use_texts();
    let stored = use_state(|| false);
    let onstored = {
        let stored = stored.clone();
        Callback::from(move |is_stored| stored.set(is_stored))
    };
    let secret: AttrValue = props.made.secret.clone().into();
    let foot = html! {
        <Button kind={ButtonKind::Primary} label={t.shared.done} disabled={!*stored} onclick={props.onclose.clone()} />
    };
    html! {
        <Dialog title={fill(props.title, &[("name", &props.made.key.name)])} shape={ModalShape::Wide} held={!*stored}
            onclose={props.onclose.clone()} {foot}>
            <SecretOnce secret={secret.clone()} stored={*stored} {onstored} />
            <SetUp {secret} may_leave={*stored} />
        </Dialog>
    }
}
