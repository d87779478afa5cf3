//! The form of a schedule; a webhook's secret is shown once it was made.

use super::words::{formats, groups, period_name, sources};
use crate::api::exports;
use crate::api::use_action;
use crate::i18n::{Texts, use_texts};
use crate::pages::parts::{FormDialog, add_faults, number, use_submission};
use crate::state::{Form, use_form};
use crate::ui::{
    Button, ButtonKind, Choice, Dialog, Errors, Field, FormColumns, NumberInput, SecretOnce, SelectInput,
    Switch, TextInput,
};
use std::rc::Rc;
use tollgate_contract::exports::{
    Delivery, ExportFormat, ExportQuery, ExportSource, MadeSchedule, Schedule, ScheduleBasis, ScheduleForm,
    SchedulePeriod, fits,
};
use tollgate_contract::problem::FieldError;
use yew::prelude::*;

/// The form as it is typed.
#[derive(Clone, Debug, Default, PartialEq)]
struct Draft {
    name: String,
    source: ExportSource,
    format: ExportFormat,
    query: ExportQuery,
    group: String,
    period: SchedulePeriod,
    /// Kept as it is while the period stays; another period goes by what is usual for it.
    basis: Option<ScheduleBasis>,
    was: Option<SchedulePeriod>,
    hour: String,
    webhook: bool,
    to: String,
    active: bool,
    version: Option<i64>,
}

impl Draft {
    fn of(schedule: Option<&Schedule>) -> Self {
        let Some(one) = schedule else {
            return Self {
                group: "month".to_owned(),
                hour: "6".to_owned(),
                active: true,
                ..Self::default()
            };
        };
        let (webhook, to) = match &one.delivery {
            Delivery::Mail { to } => (false, to.join(", ")),
            Delivery::Webhook { url } => (true, url.clone()),
        };
        Self {
            name: one.name.clone(),
            source: one.source,
            format: one.format,
            group: one.query.group.clone().unwrap_or_else(|| "month".to_owned()),
            query: one.query.clone(),
            period: one.period,
            basis: Some(one.basis),
            was: Some(one.period),
            hour: one.hour.to_string(),
            webhook,
            to,
            active: one.active,
            version: Some(one.version),
        }
    }

    fn read(&self) -> Result<ScheduleForm, Vec<FieldError>> {
        let mut wrong = Vec::new();
        let addresses = self
            .to
            .split(',')
            .map(str::trim)
            .filter(|address| !address.is_empty());
        let form = ScheduleForm {
            name: self.name.trim().to_owned(),
            source: self.source,
            format: self.format,
            query: ExportQuery {
                group: (self.source == ExportSource::Summary).then(|| self.group.clone()),
                ..self.query.clone()
            },
            period: self.period,
            basis: self.basis.filter(|_| self.was == Some(self.period)),
            hour: number("hour", &self.hour, &mut wrong).unwrap_or_default(),
            delivery: if self.webhook {
                Delivery::Webhook {
                    url: self.to.trim().to_owned(),
                }
            } else {
                Delivery::Mail {
                    to: addresses.map(str::to_owned).collect(),
                }
            },
            active: self.active,
            version: self.version,
        };
        if wrong.is_empty() {
            add_faults(&mut wrong, &form);
        }
        if wrong.is_empty() { Ok(form) } else { Err(wrong) }
    }
}

#[derive(Properties, PartialEq)]
pub struct ScheduleDialogProps {
    /// `None`: a new one.
    pub schedule: Option<Rc<Schedule>>,
    pub onclose: Callback<()>,
}

/// The dialog.
#[component]
pub fn ScheduleDialog(props: &ScheduleDialogProps) -> Html {
    let t = use_texts();
    let first = Draft::of(props.schedule.as_deref());
    let form = use_form(|| first);
    let secret = use_state(|| None::<AttrValue>);
    let stored = use_state(|| false);
    let id = props.schedule.as_ref().map(|one| one.id);
    let done = {
        let (secret, onclose) = (secret.clone(), props.onclose.clone());
        Callback::from(move |made: MadeSchedule| match made.signing_secret {
            Some(text) => secret.set(Some(text.into())),
            None => onclose.emit(()),
        })
    };
    let action = use_action(
        move |form: ScheduleForm| async move {
            match id {
                Some(id) => exports::update_schedule(id, form).await,
                None => exports::create_schedule(form).await,
            }
        },
        done,
    );
    let sent = use_submission(form.value.read(), &action);
    if let Some(text) = &*secret {
        let onstored = {
            let stored = stored.clone();
            Callback::from(move |on| stored.set(on))
        };
        let foot = html! { <Button kind={ButtonKind::Primary} label={t.shared.close} disabled={!*stored} onclick={props.onclose.clone()} /> };
        return html! {
            <Dialog title={t.exports.secret} intro={Some(AttrValue::from(t.exports.secret_help))} held=true onclose={props.onclose.clone()} {foot}>
                <SecretOnce secret={text.clone()} stored={*stored} {onstored} />
            </Dialog>
        };
    }
    let errors = sent.errors.clone();
    html! {
        <FormDialog title={props.schedule.as_ref().map_or(t.exports.add.to_owned(), |one| one.name.clone())} dirty={form.dirty()}
            verb={t.exports.schedule_save} {sent} onclose={props.onclose.clone()}>
            { fields(&form, &errors, t) }
        </FormDialog>
    }
}

fn fields(form: &Form<Draft>, errors: &Errors, t: &Texts) -> Html {
    let draft = &form.value;
    let periods: Vec<Choice> = SchedulePeriod::ALL
        .into_iter()
        .map(|period| Choice::new(period.as_str(), period_name(period, t)))
        .collect();
    let ways = vec![
        Choice::new("mail", t.exports.mail),
        Choice::new("webhook", t.exports.webhook),
    ];
    let (to_label, to_help) = if draft.webhook {
        (t.exports.webhook_url, None)
    } else {
        (
            t.exports.addresses,
            Some(AttrValue::from(t.exports.addresses_help)),
        )
    };
    let to_error = ["delivery", "delivery.url"]
        .into_iter()
        .find_map(|field| errors.of(field));
    let wrong = to_error.is_some();
    html! {
        <div class="flex flex-col gap-4">
            <Field id="name" label={t.exports.name} error={errors.of("name")}>
                <TextInput id="name" value={draft.name.clone()} wrong={errors.of("name").is_some()} oninput={form.on(|draft: &mut Draft, text| draft.name = text)} />
            </Field>
            <FormColumns>
                { what(form, t) }
                <Field id="period" label={t.exports.period}>
                    <SelectInput id="period" value={draft.period.as_str()} choices={periods}
                        onchange={form.on(|draft: &mut Draft, text: String| draft.period = SchedulePeriod::parse(&text).unwrap_or_default())} />
                </Field>
                <Field id="hour" label={t.exports.hour} help={Some(AttrValue::from(t.exports.hour_help))} error={errors.of("hour")}>
                    <NumberInput id="hour" value={draft.hour.clone()} wrong={errors.of("hour").is_some()} oninput={form.on(|draft: &mut Draft, text| draft.hour = text)} />
                </Field>
                <Field id="way" label={t.exports.delivery}>
                    <SelectInput id="way" value={if draft.webhook { "webhook" } else { "mail" }} choices={ways}
                        onchange={form.on(|draft: &mut Draft, text: String| { draft.webhook = text == "webhook"; draft.to.clear(); })} />
                </Field>
            </FormColumns>
            <Field id="delivery" label={to_label} help={to_help} error={to_error}>
                <TextInput id="delivery" value={draft.to.clone()} {wrong} oninput={form.on(|draft: &mut Draft, text| draft.to = text)} />
            </Field>
            <Switch id="active" label={t.exports.active} on={draft.active} onchange={form.on(|draft: &mut Draft, on| draft.active = on)} />
        </div>
    }
}

/// What is sent.
fn what(form: &Form<Draft>, t: &Texts) -> Html {
    let draft = &form.value;
    let onsource = form.on(|draft: &mut Draft, text: String| {
        draft.source = ExportSource::parse(&text).unwrap_or_default();
        if !fits(draft.source, draft.format) {
            draft.format = ExportFormat::Csv;
        }
    });
    let onformat = form.on(|draft: &mut Draft, text: String| {
        draft.format = ExportFormat::parse(&text).unwrap_or_default();
    });
    html! {
        <>
            <Field id="source" label={t.exports.source}>
                <SelectInput id="source" value={draft.source.as_str()} choices={sources(true, t)} onchange={onsource} />
            </Field>
            <Field id="format" label={t.exports.format}>
                <SelectInput id="format" value={draft.format.as_str()} choices={formats(draft.source, t)} onchange={onformat} />
            </Field>
            if draft.source == ExportSource::Summary {
                <Field id="group" label={t.exports.group}>
                    <SelectInput id="group" value={draft.group.clone()} choices={groups(t)} onchange={form.on(|draft: &mut Draft, text| draft.group = text)} />
                </Field>
            }
        </>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_says_where_a_schedule_sends() {
        let mut draft = Draft {
            name: " Finance ".to_owned(),
            to: "a@example.com, b@example.com,".to_owned(),
            ..Draft::of(None)
        };
        let form = draft.read().unwrap();
        assert_eq!(form.name, "Finance");
        let to = vec!["a@example.com".to_owned(), "b@example.com".to_owned()];
        assert_eq!(form.delivery, Delivery::Mail { to });
        assert_eq!(form.query.group, None, "usage has no groups");
        draft.to = "nobody".to_owned();
        assert_eq!(draft.read().unwrap_err()[0].field, "delivery");
        draft.hour = "x".to_owned();
        assert_eq!(draft.read().unwrap_err()[0].field, "hour");
    }
}
