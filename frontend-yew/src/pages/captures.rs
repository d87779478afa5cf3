//! Whether bodies of requests and answers are kept, and how: an owner's decision; and of which requests they are.

mod kept;
mod keys;

use crate::api::captures::{self, use_capture_settings};
use crate::api::use_action;
use crate::i18n::use_texts;
use crate::pages::parts::{FormPanel, add_faults, number, use_submission};
use crate::state::{Form, may, use_form, use_me};
use crate::ui::{
    Errors, Failure, Field, FormColumns, NumberInput, Page, PageHead, Skeleton, Switch, TextArea, use_toasts,
};
use kept::Kept;
use keys::ChosenKeys;
use std::rc::Rc;
use tollgate_contract::captures::CaptureSettings;
use tollgate_contract::ids::KeyId;
use tollgate_contract::problem::FieldError;
use yew::prelude::*;

/// As it is typed.
#[derive(Clone, Debug, PartialEq)]
struct Draft {
    active: bool,
    sample: String,
    keys: Vec<KeyId>,
    secrets: bool,
    emails: bool,
    cards: bool,
    patterns: String,
    bytes: String,
    days: String,
}

impl Draft {
    fn of(settings: &CaptureSettings) -> Self {
        Self {
            active: settings.active,
            sample: settings.sample_per_mille.to_string(),
            keys: settings.key_ids.clone(),
            secrets: settings.redact_secrets,
            emails: settings.redact_emails,
            cards: settings.redact_cards,
            patterns: settings.patterns.join("\n"),
            bytes: settings.body_bytes_max.to_string(),
            days: settings.keep_days.to_string(),
        }
    }

    fn read(&self) -> Result<CaptureSettings, Vec<FieldError>> {
        let mut wrong = Vec::new();
        let lines = |text: &str| -> Vec<String> {
            let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
            lines.map(str::to_owned).collect()
        };
        let form = CaptureSettings {
            active: self.active,
            sample_per_mille: number("sample_per_mille", &self.sample, &mut wrong).unwrap_or_default(),
            key_ids: self.keys.clone(),
            redact_secrets: self.secrets,
            redact_emails: self.emails,
            redact_cards: self.cards,
            patterns: lines(&self.patterns),
            body_bytes_max: number("body_bytes_max", &self.bytes, &mut wrong).unwrap_or_default(),
            keep_days: number("keep_days", &self.days, &mut wrong).unwrap_or_default(),
        };
        add_faults(&mut wrong, &form);
        if wrong.is_empty() { Ok(form) } else { Err(wrong) }
    }
}

/// The page.
#[component]
pub fn Captures() -> Html {
    let t = use_texts();
    let found = use_capture_settings();
    let shown = match (&found.data, &found.error) {
        (Some(settings), _) => {
            html! { <Settings key={serde_json::to_string(&**settings).unwrap_or_default()} settings={settings.clone()} /> }
        }
        (None, Some(error)) => html! { <Failure error={error.clone()} onretry={found.reload.clone()} /> },
        (None, None) => html! { <Skeleton class="h-96" /> },
    };
    html! {
        <Page>
            <PageHead title={t.captures.title} text={Some(AttrValue::from(t.captures.intro))} />
            { shown }
            <Kept />
        </Page>
    }
}

#[derive(Properties, PartialEq)]
struct SettingsProps {
    settings: Rc<CaptureSettings>,
}

#[component]
fn Settings(props: &SettingsProps) -> Html {
    let t = use_texts();
    let toasts = use_toasts();
    let owner = may(use_me().as_ref(), "captures.write");
    let form = use_form(|| Draft::of(&props.settings));
    let done = Callback::from(move |_: CaptureSettings| toasts.done(t.captures.saved));
    let action = use_action(captures::save_settings, done);
    let sent = use_submission(form.value.read(), &action);
    let errors = sent.errors.clone();
    let text = if owner {
        t.captures.active_help
    } else {
        t.captures.read_only
    };
    html! {
        <FormPanel title={t.captures.title} {text} verb={t.captures.save} idle={!owner || !form.dirty()} {sent}>
            <fieldset disabled={!owner} class="flex flex-col gap-4">
                <Switch id="active" label={t.captures.active} on={form.value.active} onchange={form.on(|form: &mut Draft, on| form.active = on)} />
                <Fields {form} {errors} />
            </fieldset>
        </FormPanel>
    }
}

#[derive(Properties, PartialEq)]
struct FieldsProps {
    form: Form<Draft>,
    errors: Errors,
}

#[component]
fn Fields(props: &FieldsProps) -> Html {
    let t = use_texts();
    let (form, errors) = (&props.form, &props.errors);
    let number = |id: &'static str, label: &'static str, value: &str, set: fn(&mut Draft, String)| {
        let error = errors.of(id);
        let wrong = error.is_some();
        html! {
            <Field {id} {label} {error}><NumberInput {id} value={value.to_owned()} {wrong} oninput={form.on(set)} /></Field>
        }
    };
    let lines = |id: &'static str,
                 label: &'static str,
                 help: &'static str,
                 value: &str,
                 set: fn(&mut Draft, String)| {
        let error = errors.of(id);
        let wrong = error.is_some();
        html! {
            <Field {id} {label} help={Some(AttrValue::from(help))} {error}>
                <TextArea {id} value={value.to_owned()} {wrong} rows=3 mono=true oninput={form.on(set)} />
            </Field>
        }
    };
    html! {
        <>
            <div role="group" aria-label={t.captures.redact} class="flex flex-col gap-2">
                <p class="font-medium">{ t.captures.redact }</p>
                <Switch id="redact_secrets" label={t.captures.secrets} on={form.value.secrets} onchange={form.on(|form: &mut Draft, on| form.secrets = on)} />
                <Switch id="redact_emails" label={t.captures.emails} on={form.value.emails} onchange={form.on(|form: &mut Draft, on| form.emails = on)} />
                <Switch id="redact_cards" label={t.captures.cards} on={form.value.cards} onchange={form.on(|form: &mut Draft, on| form.cards = on)} />
            </div>
            { lines("patterns", t.captures.patterns, t.captures.patterns_help, &form.value.patterns, |form, text| form.patterns = text) }
            <FormColumns>
                { number("sample_per_mille", t.captures.sample, &form.value.sample, |form, text| form.sample = text) }
                { number("body_bytes_max", t.captures.bytes, &form.value.bytes, |form, text| form.bytes = text) }
                { number("keep_days", t.captures.days, &form.value.days, |form, text| form.days = text) }
            </FormColumns>
            <Field id="key_ids" label={t.captures.keys} help={Some(AttrValue::from(t.captures.keys_help))} error={errors.of("key_ids")}>
                <ChosenKeys chosen={form.value.keys.clone()} onchange={form.on(|form: &mut Draft, keys| form.keys = keys)} />
            </Field>
        </>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_comes_back_and_what_is_wrong_is_named() {
        let settings = CaptureSettings {
            patterns: vec!["PRJ-[0-9]+".to_owned()],
            ..CaptureSettings::default()
        };
        let mut draft = Draft::of(&settings);
        assert_eq!(draft.read(), Ok(settings));
        draft.days = "31".to_owned();
        let wrong = draft.read().unwrap_err();
        let fields: Vec<&str> = wrong.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["keep_days"]);
    }
}
