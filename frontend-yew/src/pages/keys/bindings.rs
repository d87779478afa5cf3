//! What a key may use of each service: all that the organisation may, or one account or group alone.

use super::draft::{Draft, account_value, bound_to, group_value};
use crate::api::accounts::use_accounts;
use crate::api::groups::use_groups;
use crate::i18n::{Texts, field_message, fill, use_locale, use_texts};
use crate::pages::accounts::platform_name;
use crate::pages::parts::service_name;
use crate::state::Form;
use crate::ui::{Choice, Errors, Field, SelectInput};
use tollgate_contract::accounts::Accounts;
use tollgate_contract::groups::{AccountGroups, KeyBinding};
use tollgate_contract::platform::Service;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct BindingsProps {
    pub form: Form<Draft>,
    pub errors: Errors,
}

/// A field for each service.
#[component]
pub fn Bindings(props: &BindingsProps) -> Html {
    let locale = use_locale();
    let t = locale.texts();
    let (accounts, groups) = (use_accounts(), use_groups());
    let error = props
        .errors
        .0
        .iter()
        .find(|error| error.field.starts_with("bindings"))
        .cloned();
    let fields = Service::ALL.map(|service| {
        let id: AttrValue = format!("bindings-{}", service.as_str()).into();
        let value = props
            .form
            .value
            .bindings
            .get(&service)
            .cloned()
            .unwrap_or_default();
        let choices = choices(
            service,
            &value,
            accounts.data.as_deref(),
            groups.data.as_deref(),
            t,
        );
        let onchange = props
            .form
            .on(|form: &mut Draft, (service, to): (Service, String)| {
                form.bind(service, to);
            })
            .reform(move |to| (service, to));
        html! {
            <Field key={service.as_str()} id={id.clone()} label={service_name(service, t)}>
                <SelectInput id={id.clone()} {value} {choices} {onchange} />
            </Field>
        }
    });
    html! {
        <fieldset>
            <legend class="mb-1.5 font-medium">{ t.keys.bindings }</legend>
            <div class="grid gap-3 sm:grid-cols-3">{ for fields }</div>
            if let Some(error) = error {
                <p class="mt-1.5 text-xs text-error">{ field_message(&error, locale) }</p>
            } else {
                <p class="mt-1.5 text-xs text-muted">{ t.keys.bindings_help }</p>
            }
        </fieldset>
    }
}

fn choices(
    service: Service,
    value: &str,
    accounts: Option<&Accounts>,
    groups: Option<&AccountGroups>,
    t: &Texts,
) -> Vec<Choice> {
    let mut choices = vec![Choice::new("", t.keys.bound_to_all)];
    let named = |text: &str, name: &str| fill(text, &[("name", name)]);
    if let Some(groups) = groups {
        let own = groups.items.iter().filter(|group| group.service == service);
        choices.extend(
            own.map(|group| Choice::new(group_value(group.id), named(t.keys.bound_group, &group.name))),
        );
        let granted = groups.granted.iter().filter(|group| group.service == service);
        choices.extend(
            granted.map(|group| Choice::new(group_value(group.id), named(t.keys.bound_granted, &group.name))),
        );
    }
    if let Some(accounts) = accounts {
        let own = accounts
            .items
            .iter()
            .filter(|account| account.platform.service() == service);
        choices.extend(own.map(|account| {
            // Accounts of two platforms may go by one name.
            let label = named(t.keys.bound_account, &account.name);
            let platform = platform_name(account.platform, t);
            Choice::new(account_value(account.id), format!("{label} · {platform}"))
        }));
    }
    // What is bound stays so, whether or not it could be read.
    if !choices.iter().any(|choice| choice.value == value) {
        choices.push(Choice::new(value.to_owned(), t.keys.bound_unknown));
    }
    choices
}

#[derive(Properties, PartialEq)]
pub struct BoundProps {
    pub bindings: Vec<KeyBinding>,
}

/// What a key is bound to, a line a service.
#[component]
pub fn Bound(props: &BoundProps) -> Html {
    let t = use_texts();
    let (accounts, groups) = (use_accounts(), use_groups());
    let lines = props.bindings.iter().map(|binding| {
        let value = bound_to(binding);
        let choices = choices(binding.service, &value, accounts.data.as_deref(), groups.data.as_deref(), t);
        let name = choices.iter().find(|choice| choice.value == value).map(|choice| choice.label.clone());
        html! {
            <div key={value}><span class="text-muted">{ service_name(binding.service, t) }{ " → " }</span>{ name.unwrap_or_default() }</div>
        }
    });
    html! { <>{ for lines }</> }
}
