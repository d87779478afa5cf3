//! Which clients: well-known ones, and others by their `user-agent`.

use super::draft::ClientsDraft;
use super::shown::client_name;
use crate::i18n::use_texts;
use crate::ui::{CheckBox, TagsInput};
use tollgate_contract::rules::ClientKind;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct ClientFieldsProps {
    pub value: ClientsDraft,
    pub wrong: bool,
    pub onchange: Callback<ClientsDraft>,
}

/// A box for each client, and a field for others.
#[component]
pub fn ClientFields(props: &ClientFieldsProps) -> Html {
    let t = use_texts();
    let known = ClientKind::ALL
        .into_iter()
        .filter(|client| *client != ClientKind::Custom)
        .map(|client| {
            let onchange = {
                let (value, onchange) = (props.value.clone(), props.onchange.clone());
                Callback::from(move |on: bool| {
                    let mut next = value.clone();
                    next.known.retain(|known| *known != client);
                    if on {
                        next.known.push(client);
                    }
                    onchange.emit(next);
                })
            };
            html! {
                <CheckBox key={client.as_str()} id={format!("client-{}", client.as_str())} label={client_name(client, t)}
                    on={props.value.known.contains(&client)} {onchange} />
            }
        });
    let onagents = {
        let (value, onchange) = (props.value.clone(), props.onchange.clone());
        Callback::from(move |agents| {
            onchange.emit(ClientsDraft {
                agents,
                ..value.clone()
            });
        })
    };
    html! {
        <div class="flex flex-col gap-2">
            <div class="flex flex-wrap items-center gap-x-5 gap-y-2">{ for known }</div>
            <TagsInput id="rule-agents" label={t.rules.agents} tags={props.value.agents.clone()} placeholder="my-client/*" wrong={props.wrong} onchange={onagents} />
            <p class="text-xs text-muted">{ t.rules.clients_help }</p>
        </div>
    }
}
