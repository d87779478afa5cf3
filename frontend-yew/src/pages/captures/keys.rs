//! Of which keys bodies are kept: chosen by name, one by one.

use crate::api::keys::use_key;
use crate::i18n::{fill, use_texts};
use crate::pages::keys::KeyPicker;
use crate::ui::{Button, ButtonKind, Glyph};
use tollgate_contract::ids::KeyId;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct ChosenKeysProps {
    pub chosen: Vec<KeyId>,
    pub onchange: Callback<Vec<KeyId>>,
}

/// Those that are chosen, and a way to choose more.
#[component]
pub fn ChosenKeys(props: &ChosenKeysProps) -> Html {
    let t = use_texts();
    let onadd = {
        let (chosen, onchange) = (props.chosen.clone(), props.onchange.clone());
        Callback::from(move |id: String| {
            if let Ok(id) = id.parse::<KeyId>()
                && !chosen.contains(&id)
            {
                onchange.emit(chosen.iter().copied().chain([id]).collect());
            }
        })
    };
    let shown = props.chosen.iter().map(|id| {
        let (chosen, id) = (props.chosen.clone(), *id);
        let onremove = props
            .onchange
            .reform(move |()| chosen.iter().copied().filter(|one| *one != id).collect());
        html! { <Chosen key={id.to_string()} {id} {onremove} /> }
    });
    html! {
        <div class="flex flex-col gap-2">
            if !props.chosen.is_empty() {
                <ul class="flex flex-wrap gap-2">{ for shown }</ul>
            }
            <KeyPicker key={props.chosen.len()} id="key_ids" value="" none={AttrValue::from(t.captures.keys_add)} onchange={onadd} />
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct ChosenProps {
    id: KeyId,
    onremove: Callback<()>,
}

#[component]
fn Chosen(props: &ChosenProps) -> Html {
    let t = use_texts();
    let found = use_key(props.id);
    let name = found
        .data
        .as_ref()
        .map_or_else(|| props.id.to_string(), |key| key.name.clone());
    let label = fill(t.shared.remove, &[("name", &name)]);
    html! {
        <li class="inline-flex items-center gap-1 rounded-full bg-base-content/6 pl-3 pr-1 max-w-full">
            <span class="truncate">{ name }</span>
            <Button kind={ButtonKind::Ghost} icon_only=true glyph={Glyph::Close} {label} onclick={props.onremove.clone()} />
        </li>
    }
}
