//! Choosing the proxy through which an account is reached.

use crate::api::proxies::use_proxies;
use crate::i18n::use_texts;
use crate::ui::{Choice, Field, SelectInput};
use tollgate_contract::problem::FieldError;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct ProxyFieldProps {
    pub id: AttrValue,
    /// A proxy's id; empty: none.
    pub value: AttrValue,
    #[prop_or_default]
    pub error: Option<FieldError>,
    pub onchange: Callback<String>,
}

/// The tenant's proxies, and none.
#[component]
pub fn ProxyField(props: &ProxyFieldProps) -> Html {
    let t = use_texts();
    let found = use_proxies();
    let mut choices = vec![Choice::new("", t.accounts.proxy_none)];
    if let Some(proxies) = &found.data {
        choices.extend(proxies.items.iter().map(|proxy| {
            let place = format!(
                "{} · {}://{}:{}",
                proxy.name,
                proxy.scheme.as_str(),
                proxy.host,
                proxy.port
            );
            Choice::new(proxy.id.to_string(), place)
        }));
    }
    // The one that is set stays, whether or not the list could be read.
    if !choices.iter().any(|choice| choice.value == props.value) {
        choices.push(Choice::new(props.value.clone(), t.accounts.proxy_kept));
    }
    html! {
        <Field id={props.id.clone()} label={t.accounts.proxy} help={t.accounts.proxy_help} error={props.error.clone()}>
            <SelectInput id={props.id.clone()} value={props.value.clone()} {choices} onchange={props.onchange.clone()} />
        </Field>
    }
}
