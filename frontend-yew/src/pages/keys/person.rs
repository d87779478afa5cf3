//! Choosing one of many people: searched for by the server, so that nobody is out of reach however many there are.

use crate::api::people::{use_people, use_person};
use crate::i18n::use_texts;
use crate::pages::parts::{Combo, Offer};
use crate::ui::Choice;
use tollgate_contract::ids::UserId;
use tollgate_contract::users::{Member, UserQuery};
use yew::prelude::*;

/// How many can be chosen of at once.
const SHOWN: u32 = 20;

#[derive(Properties, PartialEq)]
pub struct PersonPickerProps {
    pub id: AttrValue,
    /// A person's id; empty: none.
    pub value: AttrValue,
    /// What none is called, where it can be chosen.
    #[prop_or_default]
    pub none: Option<AttrValue>,
    /// Who can't be chosen.
    #[prop_or_default]
    pub without: Option<UserId>,
    pub label: AttrValue,
    #[prop_or_default]
    pub wrong: bool,
    #[prop_or(classes!("w-full"))]
    pub class: Classes,
    pub onchange: Callback<String>,
}

/// The field and those who fit.
#[component]
pub fn PersonPicker(props: &PersonPickerProps) -> Html {
    let t = use_texts();
    let asked = use_state(|| None::<String>);
    // Who was chosen here is known by name.
    let picked = use_state(|| None::<Choice>);
    let query = asked.as_ref().map(|text| UserQuery {
        text: Some(text.clone()).filter(|text| !text.is_empty()),
        limit: Some(SHOWN),
        ..UserQuery::default()
    });
    let found = use_people(query.as_ref());
    let known = picked
        .as_ref()
        .filter(|picked| picked.value == props.value && !picked.value.is_empty())
        .cloned();
    let person = use_person(props.value.parse().ok().filter(|_| known.is_none()));
    let none = props.none.clone().map(|none| Choice::new("", none));
    let chosen = match (known, person) {
        (Some(known), _) => known,
        (None, Some(person)) => choice(&person),
        (None, None) if props.value.is_empty() => none.clone().unwrap_or_else(|| Choice::new("", "")),
        (None, None) => Choice::new(props.value.clone(), "…"),
    };
    let people = found
        .data
        .as_ref()
        .map(|page| page.items.as_slice())
        .unwrap_or_default();
    let others = people.iter().filter(|person| Some(person.id) != props.without);
    let offer = Offer {
        text: (*asked).clone().map(AttrValue::from),
        // None is no answer to a search.
        choices: none
            .into_iter()
            .filter(|_| asked.as_deref().is_some_and(str::is_empty))
            .chain(others.map(choice))
            .collect(),
        more: found.data.as_ref().is_some_and(|page| page.next_cursor.is_some()),
        busy: found.busy,
        error: found.error.clone(),
    };
    let onsearch = {
        let asked = asked.clone();
        Callback::from(move |text| asked.set(text))
    };
    let onchange = {
        let (picked, onchange) = (picked.clone(), props.onchange.clone());
        Callback::from(move |choice: Choice| {
            onchange.emit(choice.value.to_string());
            picked.set(Some(choice));
        })
    };
    html! {
        <Combo id={props.id.clone()} {chosen} {offer} placeholder={t.keys.person_hint} label={props.label.clone()} wrong={props.wrong}
            class={props.class.clone()} {onsearch} {onchange} />
    }
}

fn choice(person: &Member) -> Choice {
    Choice::new(
        person.id.to_string(),
        format!("{} · {}", person.name, person.email),
    )
}
