//! What has to be asked before something is done to many keys.

use super::Act;
use super::patch::Draft;
use crate::api::{Action, ApiError};
use crate::browser;
use crate::i18n::{Texts, field_message, fill, use_locale, use_texts};
use crate::pages::keys::PersonPicker;
use crate::pages::keys::expiry::ExpiryFields;
use crate::pages::keys::inherited::PolicyField;
use crate::pages::parts::{FormDialog, use_submission};
use crate::pages::rules::{Change, Levels, RulesEditor};
use crate::state::{Form, use_form, use_me};
use crate::ui::{Confirm, Errors, Field, Glyph, ModalShape, TagsInput, TextInput};
use std::rc::Rc;
use tollgate_contract::keys::{KeyAction, KeyPatch};
use yew::prelude::*;

/// What is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    Tag,
    Untag,
    Policy,
    Owner,
    CostCentre,
    Expiry,
    Rules,
    Delete,
    Purge,
}

impl Ask {
    /// Those that change keys.
    pub const CHANGES: [Self; 7] = [
        Self::Tag,
        Self::Untag,
        Self::Policy,
        Self::Owner,
        Self::CostCentre,
        Self::Expiry,
        Self::Rules,
    ];

    /// What it does.
    pub fn verb(self, t: &Texts) -> &'static str {
        match self {
            Self::Tag => t.many_keys.act_tag,
            Self::Untag => t.many_keys.act_untag,
            Self::Policy => t.many_keys.act_policy,
            Self::Owner => t.many_keys.act_owner,
            Self::CostCentre => t.many_keys.act_cost_centre,
            Self::Expiry => t.many_keys.act_expiry,
            Self::Rules => t.many_keys.act_rules,
            Self::Delete => t.shared.delete,
            Self::Purge => t.keys.purge,
        }
    }

    /// Its sign.
    pub fn glyph(self) -> Glyph {
        match self {
            Self::Tag | Self::Untag => Glyph::Tag,
            Self::Policy | Self::Rules => Glyph::Layers,
            Self::Owner => Glyph::Person,
            Self::CostCentre => Glyph::Wallet,
            Self::Expiry => Glyph::Pause,
            Self::Delete | Self::Purge => Glyph::Trash,
        }
    }
}

#[derive(Clone, Properties, PartialEq)]
pub struct AskingProps {
    pub ask: Ask,
    /// How many keys are meant.
    pub number: usize,
    pub busy: bool,
    pub error: Option<Rc<ApiError>>,
    pub ondo: Callback<Act>,
    pub onclose: Callback<()>,
}

/// The question.
#[component]
pub fn Asking(props: &AskingProps) -> Html {
    let t = use_texts();
    let number = props.number.to_string();
    let (title, effect, act) = match props.ask {
        Ask::Delete => (t.many_keys.delete_title, t.many_keys.delete_effect, Act::Delete),
        Ask::Purge => (
            t.many_keys.purge_title,
            t.many_keys.purge_effect,
            Act::Do(KeyAction::Purge),
        ),
        _ => return html! { <Which ..props.clone() /> },
    };
    html! {
        <Confirm title={fill(title, &[("number", &number)])} {effect} verb={props.ask.verb(t)} name={Some(AttrValue::from(number))}
            busy={props.busy} error={props.error.clone()} onconfirm={props.ondo.reform(move |()| act.clone())} onclose={props.onclose.clone()} />
    }
}

/// With what.
#[component]
fn Which(props: &AskingProps) -> Html {
    let t = use_texts();
    let me = use_me();
    let form = use_form(Draft::default);
    let zone = me.as_ref().map_or("UTC", |me| me.tenant.time_zone.as_str());
    let action = Action {
        busy: props.busy,
        error: props.error.clone(),
        run: props.ondo.reform(|change: KeyPatch| {
            Act::Do(KeyAction::Edit {
                change: Box::new(change),
            })
        }),
    };
    let sent = use_submission(form.value.read(props.ask, zone, browser::now()), &action);
    let shape = if props.ask == Ask::Rules {
        ModalShape::Wide
    } else {
        ModalShape::Middle
    };
    html! {
        <FormDialog title={props.ask.verb(t)} intro={fill(t.bulk.ticked, &[("number", &props.number.to_string())])} {shape} dirty={form.dirty()}
            verb={props.ask.verb(t)} sent={sent.clone()} onclose={props.onclose.clone()}>
            <Fields ask={props.ask} form={form.clone()} errors={bare(&sent.errors)} />
        </FormDialog>
    }
}

/// The fields' names as the form has them: the server names them below the batch's act.
fn bare(errors: &Errors) -> Errors {
    let mut errors = errors.clone();
    for error in &mut errors.0 {
        if let Some(field) = error.field.strip_prefix("act.") {
            error.field = field.trim_start_matches("change.").to_owned();
        }
    }
    errors
}

#[derive(Properties, PartialEq)]
struct FieldsProps {
    ask: Ask,
    form: Form<Draft>,
    errors: Errors,
}

#[component]
fn Fields(props: &FieldsProps) -> Html {
    let locale = use_locale();
    let t = locale.texts();
    let (form, errors) = (&props.form, &props.errors);
    match props.ask {
        Ask::Tag | Ask::Untag => {
            let error = errors
                .0
                .iter()
                .find(|error| error.field.ends_with("_tags"))
                .cloned();
            html! {
                <Field id="batch-tags" label={t.keys.tags} help={t.keys.tags_help} error={error.clone()}>
                    <TagsInput id="batch-tags" tags={form.value.tags.clone()} wrong={error.is_some()} onchange={form.on(|form: &mut Draft, tags| form.tags = tags)} />
                </Field>
            }
        }
        Ask::Policy => html! {
            <PolicyField id="batch-policy" always=true value={form.value.policy.clone()} none={t.keys.policy_none} error={errors.of("policy_id")}
                onchange={form.on(|form: &mut Draft, text| form.policy = text)} />
        },
        Ask::Owner => html! { <Owner ask={props.ask} form={form.clone()} errors={errors.clone()} /> },
        Ask::CostCentre => html! {
            <Field id="batch-cost-centre" label={t.keys.cost_centre} help={t.keys.cost_centre_help} error={errors.of("cost_centre")}>
                <TextInput id="batch-cost-centre" value={form.value.cost_centre.clone()} autofocus=true wrong={errors.of("cost_centre").is_some()}
                    oninput={form.on(|form: &mut Draft, text| form.cost_centre = text)} />
            </Field>
        },
        Ask::Expiry => html! {
            <div class="flex flex-col gap-4">
                <ExpiryFields value={form.value.expiry.clone()} errors={errors.clone()} by_use=false onchange={form.on(|form: &mut Draft, expiry| form.expiry = expiry)} />
            </div>
        },
        _ => html! {
            <>
                if let Some(error) = errors.of("rules") {
                    <p class="text-xs text-error" role="alert">{ field_message(&error, locale) }</p>
                }
                <RulesEditor rules={form.value.rules.clone()} errors={errors.clone()} levels={Levels::Patch}
                    onchange={form.on(|form: &mut Draft, change: Change| change.apply(&mut form.rules))} />
            </>
        },
    }
}

#[component]
fn Owner(props: &FieldsProps) -> Html {
    let t = use_texts();
    let (form, errors) = (&props.form, &props.errors);
    html! {
        <Field id="batch-owner" label={t.keys.owner} error={errors.of("owner_user_id")}>
            <PersonPicker id="batch-owner" value={form.value.owner.clone()} label={t.keys.owner} wrong={errors.of("owner_user_id").is_some()}
                onchange={form.on(|form: &mut Draft, text| form.owner = text)} />
        </Field>
    }
}
