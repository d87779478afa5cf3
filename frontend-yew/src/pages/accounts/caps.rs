//! How much an account may be used: caps over all nodes, and how often it is tested without being asked.

use super::draft::Draft;
use super::fields::AccountFieldsProps;
use crate::i18n::{Texts, fill, use_texts};
use crate::ui::{Choice, Field, FormColumns, NumberInput, SelectInput};
use yew::prelude::*;

/// Seconds between self-tests that can be chosen: 5 and 15 minutes, an hour, six, a day.
const SELF_TEST_S: [u32; 5] = [300, 900, 3_600, 21_600, 86_400];

/// The fields.
#[component]
pub fn Caps(props: &AccountFieldsProps) -> Html {
    let t = use_texts();
    let draft = &props.form.value;
    let mut choices = vec![Choice::new("", t.accounts.self_test_none)];
    choices.extend(SELF_TEST_S.map(|seconds| Choice::new(seconds.to_string(), every(seconds, t))));
    if !choices.iter().any(|choice| choice.value == draft.self_test) {
        let kept = draft.self_test.parse().map(|seconds| every(seconds, t));
        choices.push(Choice::new(draft.self_test.clone(), kept.unwrap_or_default()));
    }
    html! {
        <FormColumns>
            { cap(props, "concurrency_cap", t.accounts.concurrency, t.accounts.concurrency_help, &draft.concurrency_cap, |form, text| form.concurrency_cap = text, t) }
            { cap(props, "requests_per_minute", t.accounts.requests_cap, t.accounts.requests_cap_help, &draft.requests_per_minute, |form, text| form.requests_per_minute = text, t) }
            { cap(props, "tokens_per_minute", t.accounts.tokens_cap, t.accounts.tokens_cap_help, &draft.tokens_per_minute, |form, text| form.tokens_per_minute = text, t) }
            { cap(props, "daily_cost_nano", t.accounts.cost_cap, t.accounts.cost_cap_help, &draft.daily_cost, |form, text| form.daily_cost = text, t) }
            <Field id="self_test_every_s" label={t.accounts.self_test} help={t.accounts.self_test_help} error={props.errors.of("self_test_every_s")}>
                <SelectInput id="self_test_every_s" value={draft.self_test.clone()} {choices}
                    onchange={props.form.on(|form: &mut Draft, text| form.self_test = text)} />
            </Field>
        </FormColumns>
    }
}

fn cap(
    props: &AccountFieldsProps,
    id: &'static str,
    label: &'static str,
    help: &'static str,
    value: &str,
    take: fn(&mut Draft, String),
    t: &Texts,
) -> Html {
    let error = props.errors.of(id);
    html! {
        <Field {id} {label} optional={t.shared.optional} {help} error={error.clone()}>
            <NumberInput {id} value={value.to_owned()} placeholder={t.shared.unlimited} wrong={error.is_some()}
                decimal={id == "daily_cost_nano"} oninput={props.form.on(take)} />
        </Field>
    }
}

/// Seconds between self-tests, in words.
pub fn every(seconds: u32, t: &Texts) -> String {
    let (text, number) = match seconds {
        _ if seconds.is_multiple_of(3_600) => (t.accounts.every_hours, seconds / 3_600),
        _ if seconds.is_multiple_of(60) => (t.accounts.every_minutes, seconds / 60),
        _ => (t.accounts.every_seconds, seconds),
    };
    fill(text, &[("number", &number.to_string())])
}
