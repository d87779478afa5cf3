//! What has to be asked before something is done to many accounts: which tag, group or proxy, and whether it is meant.

use super::super::carry::Export;
use super::super::proxy_field::ProxyField;
use crate::api::ApiError;
use crate::api::groups::use_groups;
use crate::i18n::{Texts, fill, use_texts};
use crate::pages::parts::service_name;
use crate::ui::{Button, ButtonKind, Choice, Confirm, Dialog, Field, FormFailure, SelectInput, TextInput};
use std::rc::Rc;
use tollgate_contract::accounts::{Account, AccountAction};
use tollgate_contract::groups::AccountGroup;
use yew::prelude::*;

/// What is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    Tag,
    Untag,
    Group,
    Ungroup,
    Proxy,
    Test,
    Export,
    Delete,
}

#[derive(Properties, PartialEq)]
pub struct AskingProps {
    pub ask: Ask,
    pub accounts: Rc<Vec<Account>>,
    pub busy: bool,
    pub error: Option<Rc<ApiError>>,
    pub ondo: Callback<AccountAction>,
    pub onclose: Callback<()>,
}

/// The question.
#[component]
pub fn Asking(props: &AskingProps) -> Html {
    let t = use_texts();
    let number = props.accounts.len().to_string();
    let counted = |text: &str| fill(text, &[("number", &number)]);
    match props.ask {
        Ask::Export => {
            let ids = props
                .accounts
                .iter()
                .map(|account| account.id)
                .collect::<Vec<_>>();
            html! { <Export ids={Some(ids)} onclose={props.onclose.clone()} /> }
        }
        Ask::Delete => html! {
            <Confirm title={counted(t.bulk.delete_title)} effect={t.bulk.delete_effect} verb={t.shared.delete} name={Some(AttrValue::from(number.clone()))}
                busy={props.busy} error={props.error.clone()} onconfirm={props.ondo.reform(|()| AccountAction::Delete)} onclose={props.onclose.clone()} />
        },
        Ask::Test => html! {
            <Confirm title={counted(t.bulk.test_title)} effect={t.bulk.test_effect} verb={t.bulk.test}
                busy={props.busy} error={props.error.clone()} onconfirm={props.ondo.reform(|()| AccountAction::Test)} onclose={props.onclose.clone()} />
        },
        Ask::Tag | Ask::Untag | Ask::Group | Ask::Ungroup | Ask::Proxy => html! { <Which ..props.clone() /> },
    }
}

impl Clone for AskingProps {
    fn clone(&self) -> Self {
        Self {
            ask: self.ask,
            accounts: self.accounts.clone(),
            busy: self.busy,
            error: self.error.clone(),
            ondo: self.ondo.clone(),
            onclose: self.onclose.clone(),
        }
    }
}

/// Which tag, group or proxy.
#[component]
fn Which(props: &AskingProps) -> Html {
    let t = use_texts();
    let value = use_state(String::new);
    let onchange = {
        let value = value.clone();
        Callback::from(move |text: String| value.set(text))
    };
    let wanted = action(props.ask, &value);
    let onsubmit = {
        let (ondo, wanted, busy) = (props.ondo.clone(), wanted.clone(), props.busy);
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if let Some(wanted) = wanted.clone().filter(|_| !busy) {
                ondo.emit(wanted);
            }
        })
    };
    let verb = verb(props.ask, t);
    let foot = html! {
        <>
            <Button label={t.shared.cancel} onclick={props.onclose.clone()} />
            <Button kind={ButtonKind::Primary} submit=true busy={props.busy} disabled={wanted.is_none()} label={verb} />
        </>
    };
    let intro = fill(t.bulk.ticked, &[("number", &props.accounts.len().to_string())]);
    html! {
        <Dialog title={verb} {intro} onclose={props.onclose.clone()} {foot} {onsubmit}>
            { match props.ask {
                Ask::Tag => html! {
                    <Field id="bulk-tag" label={t.accounts.tag}><TextInput id="bulk-tag" value={(*value).clone()} autofocus=true oninput={onchange} /></Field>
                },
                Ask::Untag => select(&value, super::super::view::tags(&props.accounts).into_iter().map(|tag| Choice::new(tag.clone(), tag)), t.accounts.tag, onchange),
                Ask::Proxy => html! { <ProxyField id="bulk-which" value={(*value).clone()} {onchange} /> },
                _ => html! { <WhichGroup ask={props.ask} accounts={props.accounts.clone()} value={(*value).clone()} {onchange} /> },
            } }
            <FormFailure error={props.error.clone()} />
        </Dialog>
    }
}

fn select(
    value: &str,
    choices: impl Iterator<Item = Choice>,
    label: &'static str,
    onchange: Callback<String>,
) -> Html {
    let choices: Vec<Choice> = [Choice::new("", "–")].into_iter().chain(choices).collect();
    html! {
        <Field id="bulk-which" {label}><SelectInput id="bulk-which" value={value.to_owned()} {choices} {onchange} /></Field>
    }
}

#[derive(Properties, PartialEq)]
struct WhichGroupProps {
    ask: Ask,
    accounts: Rc<Vec<Account>>,
    value: AttrValue,
    onchange: Callback<String>,
}

#[component]
fn WhichGroup(props: &WhichGroupProps) -> Html {
    let t = use_texts();
    let found = use_groups();
    // Into a group of their service; out of one that they are in.
    let fits = |group: &AccountGroup| {
        props.accounts.iter().any(|account| match props.ask {
            Ask::Group => account.platform.service() == group.service,
            _ => account.groups.iter().any(|member| member.id == group.id),
        })
    };
    let groups = found
        .data
        .as_ref()
        .map(|groups| groups.items.as_slice())
        .unwrap_or_default();
    let choices = groups.iter().filter(|group| fits(group)).map(|group| {
        Choice::new(
            group.id.to_string(),
            format!("{} · {}", service_name(group.service, t), group.name),
        )
    });
    select(&props.value, choices, t.accounts.group, props.onchange.clone())
}

/// What is to be done; nothing as long as it is not said with what.
fn action(ask: Ask, value: &str) -> Option<AccountAction> {
    let value = value.trim();
    let tag = || Some(value.to_owned()).filter(|tag| !tag.is_empty());
    match ask {
        Ask::Tag => Some(AccountAction::Tag { tag: tag()? }),
        Ask::Untag => Some(AccountAction::Untag { tag: tag()? }),
        Ask::Group => Some(AccountAction::Group {
            group_id: value.parse().ok()?,
        }),
        Ask::Ungroup => Some(AccountAction::Ungroup {
            group_id: value.parse().ok()?,
        }),
        Ask::Proxy => Some(AccountAction::Proxy {
            proxy_id: value.parse().ok(),
        }),
        Ask::Test => Some(AccountAction::Test),
        Ask::Delete => Some(AccountAction::Delete),
        Ask::Export => None,
    }
}

fn verb(ask: Ask, t: &Texts) -> &'static str {
    match ask {
        Ask::Tag => t.bulk.tag,
        Ask::Untag => t.bulk.untag,
        Ask::Group => t.bulk.group,
        Ask::Ungroup => t.bulk.ungroup,
        Ask::Proxy => t.bulk.proxy,
        Ask::Test => t.bulk.test,
        Ask::Export => t.carry.export,
        Ask::Delete => t.shared.delete,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_done_before_it_is_said_with_what() {
        assert_eq!(action(Ask::Tag, "  "), None);
        assert_eq!(action(Ask::Group, ""), None);
        assert_eq!(
            action(Ask::Tag, " prod "),
            Some(AccountAction::Tag {
                tag: "prod".to_owned()
            })
        );
        // No proxy is a choice too.
        assert_eq!(
            action(Ask::Proxy, ""),
            Some(AccountAction::Proxy { proxy_id: None })
        );
    }
}
