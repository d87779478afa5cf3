//! Plans: what they say, who has which, and the ways to another.

use super::plan_form::{TermsDraft, rule_line};
use crate::api::billing::use_organisations;
use crate::api::plans::{self, use_assignments, use_plans};
use crate::api::use_action;
use crate::i18n::{Texts, fill, use_texts};
use crate::pages::parts::{FormDialog, first_instant, use_submission};
use crate::state::{may, use_form, use_me};
use crate::ui::{
    Button, ButtonKind, Choice, Column, Empty, Errors, Failure, Field, FormColumns, Glyph, ModalShape,
    Moment, Money, NumberInput, Row, SelectInput, Table, TextArea, TextInput, use_toasts,
};
use std::rc::Rc;
use tollgate_contract::ids::PlanId;
use tollgate_contract::plans::{AssignPlan, CreatePlan, Plan, PlanAssignment};
use tollgate_contract::problem::{FieldError, faults};
use yew::prelude::*;

#[derive(Clone, PartialEq)]
enum Over {
    /// Of this plan, or of a new one.
    Form(Option<Rc<Plan>>),
    Assign,
}

/// The list, and who has which.
#[component]
pub fn PlansView() -> Html {
    let t = use_texts();
    let me = use_me();
    let found = use_plans();
    let assigned = use_assignments();
    let over = use_state(|| None::<Over>);
    if let Some(error) = found.error.as_ref().filter(|_| found.data.is_none()) {
        return html! { <Failure error={error.clone()} onretry={found.reload.clone()} /> };
    }
    let writes = may(me.as_ref(), "plans.write");
    let lay = |what: Over| {
        let over = over.clone();
        Callback::from(move |()| over.set(Some(what.clone())))
    };
    let onclose = {
        let over = over.clone();
        Callback::from(move |()| over.set(None))
    };
    let onchange = {
        let over = over.clone();
        Callback::from(move |plan| over.set(Some(Over::Form(Some(plan)))))
    };
    let known = found
        .data
        .as_ref()
        .map(|plans| plans.items.clone())
        .unwrap_or_default();
    let empty = found.data.is_some() && known.is_empty();
    let rows = found.data.as_ref().map(|plans| {
        plans
            .items
            .iter()
            .map(|plan| row(plan, writes, &onchange, t))
            .collect::<Vec<_>>()
    });
    let columns = vec![
        Column::text(t.plans.name),
        Column::figure(t.plans.factor),
        Column::figure(t.plans.own_factor),
        Column::figure(t.plans.minimum),
        Column::text(t.plans.rules).minor(),
        Column::figure(t.plans.tenants),
    ];
    html! {
        <>
            if writes {
                <div class="mb-4 flex flex-wrap gap-2">
                    <Button kind={ButtonKind::Primary} glyph={Glyph::Plus} label={t.plans.add} onclick={lay(Over::Form(None))} />
                    <Button glyph={Glyph::Tag} label={t.plans.assign} onclick={lay(Over::Assign)} />
                </div>
            }
            <div class="panel overflow-hidden mb-6">
                if empty {
                    <Empty glyph={Glyph::Tag} title={t.plans.empty_title} text={t.plans.empty_help} />
                } else {
                    <Table label={t.plans.title} {columns} {rows} stale={found.busy} menus={writes} skeletons=3 />
                }
            </div>
            if let Some(assigned) = assigned.data.as_ref().filter(|assigned| !assigned.items.is_empty()) {
                <h2 class="font-semibold mb-2">{ t.plans.assignments }</h2>
                <div class="panel overflow-hidden">
                    <Table label={t.plans.assignments} rows={Some(assigned.items.iter().map(|item| assignment(item, t)).collect::<Vec<_>>())}
                        columns={vec![Column::text(t.plans.organisation), Column::text(t.plans.plan), Column::text(t.prices.effective), Column::text(t.prices.author).minor()]} />
                </div>
            }
            { match &*over {
                None => Html::default(),
                Some(Over::Form(plan)) => html! { <PlanDialog plan={plan.clone()} {onclose} /> },
                Some(Over::Assign) => html! { <Assign plans={Rc::new(known)} {onclose} /> },
            } }
        </>
    }
}

fn row(plan: &Plan, writes: bool, onchange: &Callback<Rc<Plan>>, t: &Texts) -> Row {
    let holding = plan
        .versions
        .iter()
        .find(|version| version.holds)
        .or(plan.versions.first());
    let shared = Rc::new(plan.clone());
    let menu = writes.then(|| {
        let label = format!("{} {}", t.plans.change, plan.name);
        html! { <Button kind={ButtonKind::Ghost} icon_only=true glyph={Glyph::Pen} {label} onclick={onchange.reform(move |()| shared.clone())} /> }
    });
    let text = |value: Option<String>| html! { <span class="figures">{ value.unwrap_or_default() }</span> };
    let rules = holding.map(|version| version.rules.iter().map(rule_line).collect::<Vec<_>>());
    let rules = rules.unwrap_or_default();
    let history = fill(t.plans.versions, &[("number", &plan.versions.len().to_string())]);
    Row {
        key: plan.id.to_string().into(),
        cells: vec![
            html! { <span class="block min-w-0"><span class="font-medium break-words">{ plan.name.clone() }</span><span class="block text-xs text-muted">{ history }</span></span> },
            text(holding.map(|version| version.factor.clone())),
            text(holding.map(|version| version.own_factor.clone())),
            match holding {
                Some(version) => html! { <Money amount={version.minimum_nano} /> },
                None => Html::default(),
            },
            html! { <span class="flex flex-col min-w-0">{ for rules.into_iter().map(|line| html! { <code class="font-mono text-xs break-words">{ line }</code> }) }</span> },
            text(Some(plan.tenants.to_string())),
        ],
        onopen: None,
        menu: menu.unwrap_or_default(),
    }
}

fn assignment(item: &PlanAssignment, t: &Texts) -> Row {
    let plan = if item.plan_id.is_some() {
        item.plan.clone()
    } else {
        t.plans.list_prices.to_owned()
    };
    Row {
        key: format!("{}/{}", item.tenant_id, item.effective_from).into(),
        cells: vec![
            html! { { item.tenant_slug.clone() } },
            html! { { plan } },
            html! { <Moment at={item.effective_from} absolute=true /> },
            html! { { item.author.clone() } },
        ],
        onopen: None,
        menu: Html::default(),
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Draft {
    name: String,
    description: String,
    terms: TermsDraft,
}

impl Draft {
    fn read(&self, zone: &str, is_new: bool) -> Result<CreatePlan, Vec<FieldError>> {
        let mut wrong = Vec::new();
        let form = CreatePlan {
            name: if is_new {
                self.name.trim().to_owned()
            } else {
                "plan".to_owned()
            },
            description: self.description.trim().to_owned(),
            terms: self.terms.read(zone, &mut wrong),
        };
        if wrong.is_empty() {
            wrong.extend(faults(&form));
        }
        if wrong.is_empty() { Ok(form) } else { Err(wrong) }
    }
}

#[derive(Properties, PartialEq)]
struct PlanDialogProps {
    plan: Option<Rc<Plan>>,
    onclose: Callback<()>,
}

#[component]
fn PlanDialog(props: &PlanDialogProps) -> Html {
    let t = use_texts();
    let toasts = use_toasts();
    let me = use_me();
    let zone = me.as_ref().map_or("UTC", |me| me.tenant.time_zone.as_str());
    let form = {
        let plan = props.plan.clone();
        use_form(move || Draft {
            terms: plan
                .as_ref()
                .and_then(|plan| plan.versions.first())
                .map_or_else(TermsDraft::new, TermsDraft::of),
            ..Draft::default()
        })
    };
    let done = {
        let onclose = props.onclose.clone();
        Callback::from(move |_: Plan| {
            toasts.done(t.plans.made.to_owned());
            onclose.emit(());
        })
    };
    let id: Option<PlanId> = props.plan.as_ref().map(|plan| plan.id);
    let action = use_action(
        move |form: CreatePlan| async move {
            match id {
                Some(id) => plans::change(id, form.terms).await,
                None => plans::create(form).await,
            }
        },
        done,
    );
    let sent = use_submission(form.value.read(zone, id.is_none()), &action);
    // Those of a new plan's terms stand within it.
    let errors = Errors(
        sent.errors
            .0
            .iter()
            .map(|error| FieldError {
                field: error.field.trim_start_matches("terms.").to_owned(),
                ..error.clone()
            })
            .collect(),
    );
    let of_rules = errors
        .0
        .iter()
        .find(|error| error.field.starts_with("rules"))
        .cloned();
    let title = match &props.plan {
        Some(plan) => format!("{} · {}", t.plans.change, plan.name),
        None => t.plans.add.to_owned(),
    };
    let terms = &form.value.terms;
    let text = |id: &'static str,
                label: &'static str,
                help: Option<&'static str>,
                value: &str,
                set: fn(&mut Draft, String)| {
        let error = errors.of(id);
        let wrong = error.is_some();
        html! { <Field {id} {label} help={help.map(AttrValue::from)} {error}><NumberInput {id} decimal=true value={value.to_owned()} {wrong} oninput={form.on(set)} /></Field> }
    };
    html! {
        <FormDialog {title} shape={ModalShape::Wide} dirty={form.dirty()} verb={t.plans.add} {sent} onclose={props.onclose.clone()}>
            <div class="flex flex-col gap-4">
                if props.plan.is_none() {
                    <Field id="name" label={t.plans.name} error={errors.of("name")}>
                        <TextInput id="name" value={form.value.name.clone()} wrong={errors.of("name").is_some()} oninput={form.on(|form: &mut Draft, text| form.name = text)} />
                    </Field>
                    <Field id="description" label={t.plans.description} optional={t.shared.optional} error={errors.of("description")}>
                        <TextInput id="description" value={form.value.description.clone()} oninput={form.on(|form: &mut Draft, text| form.description = text)} />
                    </Field>
                }
                <FormColumns>
                    { text("factor", t.plans.factor, Some(t.plans.factor_help), &terms.factor, |form, text| form.terms.factor = text) }
                    { text("own_factor", t.plans.own_factor, None, &terms.own_factor, |form, text| form.terms.own_factor = text) }
                    { text("minimum_nano", t.plans.minimum, None, &terms.minimum, |form, text| form.terms.minimum = text) }
                    <Field id="effective_from" label={t.prices.effective} help={t.prices.effective_help} error={errors.of("effective_from")}>
                        <TextInput id="effective_from" value={terms.day.clone()} placeholder={t.prices.effective_placeholder} wrong={errors.of("effective_from").is_some()}
                            oninput={form.on(|form: &mut Draft, text| form.terms.day = text)} />
                    </Field>
                </FormColumns>
                <Field id="rules" label={t.plans.rules} help={t.plans.rules_help} error={of_rules.clone()}>
                    <TextArea id="rules" rows=5 mono=true value={terms.rules.clone()} wrong={of_rules.is_some()} oninput={form.on(|form: &mut Draft, text| form.terms.rules = text)} />
                </Field>
            </div>
        </FormDialog>
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
struct AssignDraft {
    slug: String,
    plan: String,
    day: String,
}

#[derive(Properties, PartialEq)]
struct AssignProps {
    plans: Rc<Vec<Plan>>,
    onclose: Callback<()>,
}

#[component]
fn Assign(props: &AssignProps) -> Html {
    let t = use_texts();
    let toasts = use_toasts();
    let me = use_me();
    let zone = me.as_ref().map_or("UTC", |me| me.tenant.time_zone.as_str());
    let form = use_form(AssignDraft::default);
    let done = {
        let onclose = props.onclose.clone();
        Callback::from(move |_: PlanAssignment| {
            toasts.done(t.plans.assigned.to_owned());
            onclose.emit(());
        })
    };
    let action = use_action(plans::assign, done);
    let mut wrong = Vec::new();
    let wish = AssignPlan {
        tenant_slug: form.value.slug.trim().to_owned(),
        plan_id: form.value.plan.parse().ok(),
        effective_from: first_instant("effective_from", &form.value.day, zone, &mut wrong),
    };
    if wrong.is_empty() {
        wrong.extend(faults(&wish));
    }
    let read = if wrong.is_empty() { Ok(wish) } else { Err(wrong) };
    let sent = use_submission(read, &action);
    let errors = sent.errors.clone();
    let found = use_organisations(true);
    let listed = found.data.iter().flat_map(|found| found.items.iter());
    let mut organisations = vec![Choice::new("", t.repricing.choose)];
    organisations
        .extend(listed.map(|one| Choice::new(one.slug.clone(), format!("{} ({})", one.name, one.slug))));
    let plans = props
        .plans
        .iter()
        .map(|plan| Choice::new(plan.id.to_string(), plan.name.clone()));
    let choices: Vec<Choice> = std::iter::once(Choice::new("", t.plans.list_prices))
        .chain(plans)
        .collect();
    html! {
        <FormDialog title={t.plans.assign} dirty={form.dirty()} verb={t.plans.assign} {sent} onclose={props.onclose.clone()}>
            <div class="flex flex-col gap-4">
                <Field id="tenant_slug" label={t.plans.organisation} error={errors.of("tenant_slug")}>
                    <SelectInput id="tenant_slug" value={form.value.slug.clone()} choices={organisations} onchange={form.on(|form: &mut AssignDraft, text| form.slug = text)} />
                </Field>
                <Field id="plan_id" label={t.plans.plan} error={errors.of("plan_id")}>
                    <SelectInput id="plan_id" value={form.value.plan.clone()} {choices} onchange={form.on(|form: &mut AssignDraft, text| form.plan = text)} />
                </Field>
                <Field id="effective_from" label={t.prices.effective} help={t.prices.effective_help} error={errors.of("effective_from")}>
                    <TextInput id="effective_from" value={form.value.day.clone()} placeholder={t.prices.effective_placeholder} wrong={errors.of("effective_from").is_some()}
                        oninput={form.on(|form: &mut AssignDraft, text| form.day = text)} />
                </Field>
            </div>
        </FormDialog>
    }
}
