//! Search and filters of the list, and those that hold as chips.

use super::person::PersonPicker;
use super::view::{KeysView, Standing};
use crate::api::people::use_person;
use crate::api::policies::use_policies;
use crate::i18n::{Texts, use_texts};
use crate::state::{UrlState, may, use_me};
use crate::ui::{Chip, Chips, Choice, Search, SelectInput};
use yew::prelude::*;

/// Two of them share a phone's line.
const SELECT: &str = "w-[calc(50%-0.25rem)] sm:w-40";

#[derive(Properties, PartialEq)]
pub struct FiltersProps {
    pub view: UrlState<KeysView>,
}

/// Search and filters.
#[component]
pub fn Filters(props: &FiltersProps) -> Html {
    let t = use_texts();
    let view = &props.view;
    let everyones =
        use_me().is_some_and(|me| may(Some(&me), "keys.read_all") && may(Some(&me), "users.read"));
    let text = |text: String| Some(text).filter(|text| !text.trim().is_empty());
    let onsearch = changing(view, move |view, said| view.text = text(said));
    let ontag = changing(view, move |view, said| view.tag = text(said));
    let oncentre = changing(view, move |view, said| view.cost_centre = text(said));
    let onstatus = changing(view, |view, said: String| view.status = Standing::parse(&said));
    let status = Standing::ALL
        .into_iter()
        .find(|(standing, _)| Some(*standing) == view.value.status);
    let mut choices = vec![any(t.keys.status, t)];
    choices.extend(Standing::ALL.map(|(standing, value)| Choice::new(value, standing_name(standing, t))));
    html! {
        <>
            <div class="mb-3 flex flex-wrap gap-2" role="search" aria-label={t.shared.filters}>
                <Search value={view.value.text.clone().unwrap_or_default()} label={t.keys.search} {onsearch} />
                <SelectInput id="filter-status" value={status.map_or("", |(_, value)| value)} {choices} label={t.keys.status} class={SELECT} onchange={onstatus} />
                if everyones {
                    <OwnerFilter view={view.clone()} />
                }
                <PolicyFilter view={view.clone()} />
                <Search value={view.value.tag.clone().unwrap_or_default()} label={t.keys.tag} narrow=true onsearch={ontag} />
                <Search value={view.value.cost_centre.clone().unwrap_or_default()} label={t.keys.cost_centre} narrow=true onsearch={oncentre} />
            </div>
            <Holding view={view.clone()} />
        </>
    }
}

fn any(name: &str, t: &Texts) -> Choice {
    Choice::new("", format!("{name}: {}", t.shared.any))
}

fn standing_name(standing: Standing, t: &Texts) -> &'static str {
    match standing {
        Standing::Active => t.keys.active,
        Standing::Disabled => t.keys.disabled,
        Standing::Expired => t.keys.expired,
    }
}

/// A change of the list's address by what a field says.
pub fn changing<T: 'static>(
    view: &UrlState<KeysView>,
    change: impl Fn(&mut KeysView, T) + 'static,
) -> Callback<T> {
    let value = view.value.clone();
    view.push
        .reform(move |said| value.with_list(|view| change(view, said)))
}

#[component]
fn OwnerFilter(props: &FiltersProps) -> Html {
    let t = use_texts();
    let value = props.view.value.owner.map(|owner| owner.to_string());
    let onchange = changing(&props.view, |view, text: String| view.owner = text.parse().ok());
    html! {
        <PersonPicker id="filter-owner" value={value.unwrap_or_default()} none={Some(any(t.keys.owner, t).label)} label={t.keys.owner} class={SELECT} {onchange} />
    }
}

#[component]
fn PolicyFilter(props: &FiltersProps) -> Html {
    let t = use_texts();
    let found = use_policies();
    let listed = found
        .data
        .as_ref()
        .map(|policies| policies.items.as_slice())
        .unwrap_or_default();
    if listed.is_empty() {
        return Html::default();
    }
    let mut choices = vec![any(t.keys.policy, t)];
    choices.extend(
        listed
            .iter()
            .map(|policy| Choice::new(policy.id.to_string(), policy.name.clone())),
    );
    let value = props.view.value.policy.map(|policy| policy.to_string());
    let onchange = changing(&props.view, |view, text: String| view.policy = text.parse().ok());
    html! { <SelectInput id="filter-policy" value={value.unwrap_or_default()} {choices} label={t.keys.policy} class={SELECT} {onchange} /> }
}

/// The filters that hold.
#[component]
fn Holding(props: &FiltersProps) -> Html {
    let t = use_texts();
    let view = &props.view;
    let without = |change: fn(&mut KeysView)| {
        let value = view.value.clone();
        view.push.reform(move |()| value.with_list(change))
    };
    let chip = |name: &'static str, value: AttrValue, change: fn(&mut KeysView)| Chip {
        name: name.into(),
        value,
        onremove: without(change),
    };
    let value = &view.value;
    let (owner, policy) = (use_owner_name(&view.value), use_policy_name(&view.value));
    let chips: Vec<Chip> = [
        value
            .text
            .clone()
            .map(|text| chip(t.frame.search, text.into(), |view| view.text = None)),
        value.status.map(|status| {
            chip(t.keys.status, standing_name(status, t).into(), |view| {
                view.status = None;
            })
        }),
        value
            .tag
            .clone()
            .map(|tag| chip(t.keys.tag, tag.into(), |view| view.tag = None)),
        owner.map(|name| chip(t.keys.owner, name, |view| view.owner = None)),
        policy.map(|name| chip(t.keys.policy, name, |view| view.policy = None)),
        value
            .cost_centre
            .clone()
            .map(|centre| chip(t.keys.cost_centre, centre.into(), |view| view.cost_centre = None)),
    ]
    .into_iter()
    .flatten()
    .collect();
    let onclear = {
        let value = view.value.clone();
        view.push
            .reform(move |()| value.with_list(|view| *view = view.unfiltered()))
    };
    html! { <Chips {chips} {onclear} /> }
}

/// The owner's name, or the id as long as the name is not known.
#[hook]
fn use_owner_name(view: &KeysView) -> Option<AttrValue> {
    let me = use_me();
    let person = use_person(view.owner.filter(|_| may(me.as_ref(), "users.read")));
    let wanted = view.owner?;
    Some(
        person
            .map_or_else(|| wanted.to_string(), |person| person.name)
            .into(),
    )
}

#[hook]
fn use_policy_name(view: &KeysView) -> Option<AttrValue> {
    let policies = use_policies();
    let wanted = view.policy?;
    let found = policies
        .data
        .as_ref()
        .and_then(|all| all.items.iter().find(|policy| policy.id == wanted));
    Some(
        found
            .map_or_else(|| wanted.to_string(), |policy| policy.name.clone())
            .into(),
    )
}
