//! A budget's dialog: a new one, or one that is changed.

use super::draft::{COST_CENTRE, Draft, KEY, TENANT, USER};
use super::words::{period_name, week_days};
use crate::api::{budgets, use_action};
use crate::i18n::{fill, use_texts};
use crate::pages::keys::{KeyPicker, PersonPicker};
use crate::pages::parts::{FormDialog, Newest, use_submission};
use crate::state::{Form, use_form, use_me};
use crate::ui::{
    Choice, Errors, Field, FormColumns, ModalShape, NumberInput, SelectInput, Switch, TextInput, use_toasts,
};
use std::rc::Rc;
use tollgate_contract::budgets::{Budget, BudgetPeriod};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct BudgetDialogProps {
    /// As it was when the form was opened.
    #[prop_or_default]
    pub edited: Option<Rc<Budget>>,
    #[prop_or_default]
    pub newest: Option<Newest>,
    pub onclose: Callback<()>,
}

/// The dialog.
#[component]
pub fn BudgetDialog(props: &BudgetDialogProps) -> Html {
    let t = use_texts();
    let toasts = use_toasts();
    let edited = props.edited.clone();
    let form = use_form(|| Draft::of(edited));
    let done = {
        let onclose = props.onclose.clone();
        Callback::from(move |budget: Budget| {
            toasts.done(fill(t.budgets.saved, &[("name", &budget.name)]));
            onclose.emit(());
        })
    };
    let stored = form.first.stored.clone();
    let id = stored.as_ref().map(|stored| stored.id);
    let action = use_action(move |form| budgets::save(id, form), done);
    let sent = use_submission(form.value.read(), &action);
    let errors = sent.errors.clone();
    let title = match &stored {
        Some(stored) => fill(t.budgets.edit_title, &[("name", &stored.name)]),
        None => t.budgets.add.to_owned(),
    };
    let intro = stored.is_some().then(|| AttrValue::from(t.budgets.fixed_help));
    html! {
        <FormDialog {title} {intro} shape={ModalShape::Wide} dirty={form.dirty()} idle={id.is_some() && !form.dirty()} verb={t.budgets.save}
            {sent} newest={props.newest.clone()} onclose={props.onclose.clone()}>
            <div class="flex flex-col gap-4">
                <FormColumns>
                    <Field id="name" label={t.budgets.name} error={errors.of("name")}>
                        <TextInput id="name" value={form.value.name.clone()} autofocus=true wrong={errors.of("name").is_some()}
                            oninput={form.on(|form: &mut Draft, text| form.name = text)} />
                    </Field>
                    <Field id="limit_nano" label={t.budgets.limit} error={errors.of("limit_nano")}>
                        <NumberInput id="limit_nano" decimal=true value={form.value.limit.clone()} placeholder="100.00" wrong={errors.of("limit_nano").is_some()}
                            oninput={form.on(|form: &mut Draft, text| form.limit = text)} />
                    </Field>
                </FormColumns>
                if stored.is_none() {
                    <Scope form={form.clone()} errors={errors.clone()} />
                    <Period form={form.clone()} errors={errors.clone()} />
                }
                <Field id="thresholds" label={t.budgets.thresholds} help={t.budgets.thresholds_help} error={errors.of("thresholds")}>
                    <TextInput id="thresholds" value={form.value.thresholds.clone()} wrong={errors.of("thresholds").is_some()}
                        oninput={form.on(|form: &mut Draft, text| form.thresholds = text)} />
                </Field>
                <Switch id="hard" label={t.budgets.hard} help={t.budgets.hard_help} on={form.value.hard} onchange={form.on(|form: &mut Draft, on| form.hard = on)} />
                <Switch id="active" label={t.budgets.active} help={t.budgets.active_help} on={form.value.active} onchange={form.on(|form: &mut Draft, on| form.active = on)} />
            </div>
        </FormDialog>
    }
}

#[derive(Properties, PartialEq)]
struct PartProps {
    form: Form<Draft>,
    errors: Errors,
}

/// Whose spending, and on which models.
#[component]
fn Scope(props: &PartProps) -> Html {
    let t = use_texts();
    let (form, errors) = (&props.form, &props.errors);
    let choices = vec![
        Choice::new(TENANT, t.budgets.tenant),
        Choice::new(COST_CENTRE, t.budgets.cost_centre),
        Choice::new(USER, t.budgets.user),
        Choice::new(KEY, t.budgets.key),
    ];
    let onscope = form.on(|form: &mut Draft, scope: String| {
        if form.scope != scope {
            form.subject.clear();
        }
        form.scope = scope;
    });
    html! {
        <FormColumns>
            <Field id="scope" label={t.budgets.scope} error={errors.of("scope").filter(|_| form.value.scope == TENANT)}>
                <SelectInput id="scope" value={form.value.scope.clone()} {choices} onchange={onscope} />
            </Field>
            if form.value.scope != TENANT {
                <Subject form={form.clone()} errors={errors.clone()} />
            }
            <Field id="models" label={t.budgets.models} optional={t.shared.optional} error={errors.of("models")}>
                <TextInput id="models" value={form.value.models.clone()} placeholder="*opus*" wrong={errors.of("models").is_some()}
                    oninput={form.on(|form: &mut Draft, text| form.models = text)} />
            </Field>
        </FormColumns>
    }
}

/// Which user, key or cost centre.
#[component]
fn Subject(props: &PartProps) -> Html {
    let t = use_texts();
    let form = &props.form;
    let error = props
        .errors
        .0
        .iter()
        .find(|error| error.field.starts_with("scope"))
        .cloned();
    let onchange = form.on(|form: &mut Draft, text| form.subject = text);
    let value = form.value.subject.clone();
    let (label, input) = match form.value.scope.as_str() {
        USER => (
            t.budgets.user,
            html! { <PersonPicker id="subject" {value} label={t.budgets.user} wrong={error.is_some()} {onchange} /> },
        ),
        KEY => (
            t.budgets.key,
            html! { <KeyPicker id="subject" {value} {onchange} /> },
        ),
        _ => (
            t.budgets.cost_centre,
            html! { <TextInput id="subject" {value} wrong={error.is_some()} oninput={onchange} /> },
        ),
    };
    html! { <Field id="subject" {label} {error}>{ input }</Field> }
}

/// When it begins anew.
#[component]
fn Period(props: &PartProps) -> Html {
    let t = use_texts();
    let me = use_me();
    let (form, errors) = (&props.form, &props.errors);
    let periods = BudgetPeriod::ALL
        .map(|period| Choice::new(period.as_str(), period_name(period, t)))
        .to_vec();
    let onperiod = form.on(|form: &mut Draft, text: String| {
        form.period = BudgetPeriod::parse(&text).unwrap_or(form.period);
    });
    let days = week_days(t);
    let days = (1..)
        .zip(days)
        .map(|(day, name): (u8, _)| Choice::new(day.to_string(), name))
        .collect::<Vec<_>>();
    let zone = me
        .as_ref()
        .map_or("UTC", |me| me.tenant.time_zone.as_str())
        .to_owned();
    let begins = form.value.period != BudgetPeriod::Total;
    html! {
        <FormColumns>
            <Field id="period" label={t.budgets.period}>
                <SelectInput id="period" value={form.value.period.as_str()} choices={periods} onchange={onperiod} />
            </Field>
            if form.value.period == BudgetPeriod::Week {
                <Field id="week_start" label={t.budgets.week_start} error={errors.of("week_start")}>
                    <SelectInput id="week_start" value={form.value.week_start.clone()} choices={days} onchange={form.on(|form: &mut Draft, text| form.week_start = text)} />
                </Field>
            }
            if begins {
                <Field id="start_hour" label={t.budgets.begins_at} error={errors.of("start_hour")}>
                    <NumberInput id="start_hour" value={form.value.start_hour.clone()} wrong={errors.of("start_hour").is_some()}
                        oninput={form.on(|form: &mut Draft, text| form.start_hour = text)} />
                </Field>
                <Field id="time_zone" label={t.budgets.zone} optional={t.shared.optional} error={errors.of("time_zone")}>
                    <TextInput id="time_zone" value={form.value.zone.clone()} placeholder={zone} wrong={errors.of("time_zone").is_some()}
                        oninput={form.on(|form: &mut Draft, text| form.zone = text)} />
                </Field>
            }
        </FormColumns>
    }
}
