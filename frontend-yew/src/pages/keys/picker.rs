//! Choosing one of many keys: searched for by the server, then chosen of the first that fit.

use crate::api::keys::use_keys;
use crate::i18n::{fill, use_texts};
use crate::ui::{Choice, Search, SelectInput};
use tollgate_contract::keys::{KeyQuery, KeySort};
use tollgate_contract::page::Order;
use yew::prelude::*;

/// How many can be chosen of at once.
const SHOWN: u32 = 50;

#[derive(Properties, PartialEq)]
pub struct KeyPickerProps {
    pub id: AttrValue,
    /// A key's id; empty: none.
    pub value: AttrValue,
    /// What none means.
    #[prop_or(AttrValue::Static("–"))]
    pub none: AttrValue,
    pub onchange: Callback<String>,
}

/// The search and the choice.
#[component]
pub fn KeyPicker(props: &KeyPickerProps) -> Html {
    let t = use_texts();
    let text = use_state(String::new);
    let found = use_keys(&KeyQuery {
        text: Some((*text).clone()).filter(|text| !text.is_empty()),
        sort: KeySort::Name,
        order: Order::Asc,
        limit: Some(SHOWN),
        ..KeyQuery::default()
    });
    let onsearch = {
        let text = text.clone();
        Callback::from(move |typed| text.set(typed))
    };
    let items = found
        .data
        .as_ref()
        .map(|page| page.items.as_slice())
        .unwrap_or_default();
    let mut choices = vec![Choice::new("", props.none.clone())];
    choices.extend(
        items
            .iter()
            .map(|key| Choice::new(key.id.to_string(), format!("{} · …{}", key.name, key.last_four))),
    );
    // What is chosen stays so, whatever is searched for next.
    if !choices.iter().any(|choice| choice.value == props.value) {
        choices.push(Choice::new(props.value.clone(), t.keys.bound_unknown));
    }
    let more = found.data.as_ref().is_some_and(|page| page.next_cursor.is_some());
    html! {
        <div class="flex flex-col gap-2">
            if more || !text.is_empty() {
                <Search value={(*text).clone()} label={t.keys.search} {onsearch} />
            }
            <SelectInput id={props.id.clone()} value={props.value.clone()} {choices} onchange={props.onchange.clone()} />
            if more {
                <p class="text-xs text-muted">{ fill(t.shared.count_shown, &[("shown", &items.len().to_string())]) }</p>
            }
        </div>
    }
}
