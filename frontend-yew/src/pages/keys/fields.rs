//! The fields that creating and editing a key share.

use super::bindings::Bindings;
use super::draft::{DATE, Draft, EXPIRY_DAYS, KEPT, NEVER};
use crate::api::people::use_people;
use crate::format::{self, TimeStyle};
use crate::i18n::{fill, use_locale, use_texts};
use crate::state::{Form, may, use_me};
use crate::ui::{
    Choice, Errors, Field, FormColumns, NumberInput, SelectInput, Switch, TagsInput, TextArea, TextInput,
};
use web_sys::HtmlInputElement;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct KeyFieldsProps {
    pub form: Form<Draft>,
    pub errors: Errors,
    /// Everything in sight, as when editing.
    #[prop_or_default]
    pub all: bool,
}

/// The fields.
#[component]
pub fn KeyFields(props: &KeyFieldsProps) -> Html {
    let t = use_texts();
    let me = use_me();
    let (form, errors) = (&props.form, &props.errors);
    // What is at fault must be in sight.
    let inner = [
        "expires_at",
        "requests_per_minute",
        "concurrency_limit",
        "tags",
        "cost_centre",
        "owner_user_id",
        "description",
    ];
    let bound = errors.0.iter().any(|error| error.field.starts_with("bindings"));
    let open = props.all || bound || inner.iter().any(|field| errors.of(field).is_some());
    html! {
        <div class="flex flex-col gap-4">
            <Field id="name" label={t.keys.name} help={t.keys.name_help} error={errors.of("name")}>
                <TextInput id="name" value={form.value.name.clone()} autofocus=true placeholder="Claude Code"
                    wrong={errors.of("name").is_some()} oninput={form.on(|form: &mut Draft, text| form.name = text)} />
            </Field>
            <details class="group rounded-lg border border-base-300" {open}>
                <summary class="cursor-pointer select-none rounded-lg px-4 py-2.5 font-medium">{ t.keys.more }</summary>
                <div class="flex flex-col gap-4 px-4 pb-4 pt-1">
                    <Limits form={form.clone()} errors={errors.clone()} />
                    if may(me.as_ref(), "accounts.write") {
                        <Bindings form={form.clone()} errors={errors.clone()} />
                    }
                    <Labels form={form.clone()} errors={errors.clone()} />
                </div>
            </details>
        </div>
    }
}

#[component]
fn Limits(props: &KeyFieldsProps) -> Html {
    let locale = use_locale();
    let t = locale.texts();
    let me = use_me();
    let (form, errors) = (&props.form, &props.errors);
    let zone = me.as_ref().map_or("UTC", |me| me.tenant.time_zone.as_str());
    let mut choices = vec![Choice::new(NEVER, t.keys.expires_never)];
    if let Some(kept) = form.value.kept {
        choices.push(Choice::new(
            KEPT,
            format::time(kept, zone, locale, TimeStyle::Full),
        ));
    }
    choices.extend(EXPIRY_DAYS.map(|days| {
        Choice::new(
            days.to_string(),
            fill(t.keys.expires_days, &[("days", &days.to_string())]),
        )
    }));
    choices.push(Choice::new(DATE, t.keys.expires_date));
    let by_date = form.value.expiry == DATE;
    html! {
        <>
            <FormColumns>
                <Field id="requests_per_minute" label={t.keys.requests_per_minute} optional={t.shared.optional}
                    help={t.keys.requests_per_minute_help} error={errors.of("requests_per_minute")}>
                    <NumberInput id="requests_per_minute" value={form.value.requests_per_minute.clone()} placeholder={t.shared.unlimited}
                        wrong={errors.of("requests_per_minute").is_some()}
                        oninput={form.on(|form: &mut Draft, text| form.requests_per_minute = text)} />
                </Field>
                <Field id="concurrency_limit" label={t.keys.concurrency} optional={t.shared.optional}
                    help={t.keys.concurrency_help} error={errors.of("concurrency_limit")}>
                    <NumberInput id="concurrency_limit" value={form.value.concurrency_limit.clone()} placeholder={t.shared.unlimited}
                        wrong={errors.of("concurrency_limit").is_some()}
                        oninput={form.on(|form: &mut Draft, text| form.concurrency_limit = text)} />
                </Field>
                <Field id="expiry" label={t.keys.expires} error={errors.of("expires_at").filter(|_| !by_date)}>
                    <SelectInput id="expiry" value={form.value.expiry.clone()} {choices}
                        onchange={form.on(|form: &mut Draft, text| form.expiry = text)} />
                </Field>
                if by_date {
                    <Field id="expires_at" label={t.keys.expires_day} help={fill(t.keys.expires_date_help, &[("zone", zone)])}
                        error={errors.of("expires_at")}>
                        { day_input(form, errors) }
                    </Field>
                }
            </FormColumns>
            <Switch id="on" label={t.keys.switched_on} help={t.keys.switched_on_help} on={form.value.on}
                onchange={form.on(|form: &mut Draft, on| form.on = on)} />
        </>
    }
}

fn day_input(form: &Form<Draft>, errors: &Errors) -> Html {
    let wrong = errors.of("expires_at").is_some();
    let oninput = form
        .on(|form: &mut Draft, text| form.day = text)
        .reform(|event: InputEvent| event.target_unchecked_into::<HtmlInputElement>().value());
    html! {
        <input id="expires_at" type="date" value={form.value.day.clone()} aria-invalid={wrong.then_some("true")}
            aria-describedby="expires_at-note" class={classes!("input", "input-sm", "h-9", "w-full", wrong.then_some("input-error"))} {oninput} />
    }
}

#[component]
fn Labels(props: &KeyFieldsProps) -> Html {
    let t = use_texts();
    let me = use_me();
    let (form, errors) = (&props.form, &props.errors);
    let names_others = may(me.as_ref(), "keys.write_all") && may(me.as_ref(), "users.read");
    html! {
        <>
            <FormColumns>
                if names_others {
                    <Owner form={form.clone()} errors={errors.clone()} />
                }
                <Field id="cost_centre" label={t.keys.cost_centre} optional={t.shared.optional} help={t.keys.cost_centre_help}
                    error={errors.of("cost_centre")}>
                    <TextInput id="cost_centre" value={form.value.cost_centre.clone()} wrong={errors.of("cost_centre").is_some()}
                        oninput={form.on(|form: &mut Draft, text| form.cost_centre = text)} />
                </Field>
            </FormColumns>
            <Field id="tags" label={t.keys.tags} optional={t.shared.optional} help={t.keys.tags_help} error={errors.of("tags")}>
                <TagsInput id="tags" tags={form.value.tags.clone()} wrong={errors.of("tags").is_some()}
                    onchange={form.on(|form: &mut Draft, tags| form.tags = tags)} />
            </Field>
            <Field id="description" label={t.keys.description} optional={t.shared.optional} error={errors.of("description")}>
                <TextArea id="description" value={form.value.description.clone()} wrong={errors.of("description").is_some()}
                    oninput={form.on(|form: &mut Draft, text| form.description = text)} />
            </Field>
        </>
    }
}

/// Whose key it is, for those who may give one to others.
#[component]
fn Owner(props: &KeyFieldsProps) -> Html {
    let t = use_texts();
    let (me, people) = (use_me(), use_people());
    let (form, errors) = (&props.form, &props.errors);
    let own = me.as_ref().map(|me| me.user.id);
    let mut choices = Vec::new();
    if form.value.owner.is_empty() {
        choices.push(Choice::new("", t.keys.owner_self));
    }
    let listed = people
        .data
        .as_ref()
        .map(|page| page.items.as_slice())
        .unwrap_or_default();
    choices.extend(
        listed
            .iter()
            // "Myself" is there already.
            .filter(|person| !form.value.owner.is_empty() || Some(person.id) != own)
            .map(|person| {
                Choice::new(
                    person.id.to_string(),
                    format!("{} · {}", person.name, person.email),
                )
            }),
    );
    html! {
        <Field id="owner_user_id" label={t.keys.owner} error={errors.of("owner_user_id")}>
            <SelectInput id="owner_user_id" value={form.value.owner.clone()} {choices}
                onchange={form.on(|form: &mut Draft, text| form.owner = text)} />
        </Field>
    }
}
