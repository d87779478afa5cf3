//! A proxy's form: a new one, or one that is changed.

use crate::api::{proxies, use_action};
use crate::i18n::{fill, use_texts};
use crate::pages::parts::{FormDialog, number, use_submission};
use crate::state::{Form, use_form};
use crate::ui::{Choice, Errors, Field, FormColumns, NumberInput, SelectInput, TextInput, use_toasts};
use std::rc::Rc;
use tollgate_contract::problem::{FieldError, faults};
use tollgate_contract::proxies::{Proxy, ProxyForm, ProxyScheme};
use yew::prelude::*;

#[derive(Clone, Debug, PartialEq)]
struct Draft {
    name: String,
    scheme: ProxyScheme,
    host: String,
    port: String,
    username: String,
    /// Empty: the stored one stays, where the sign-in does.
    password: String,
    stored: Option<Rc<Proxy>>,
}

impl Draft {
    fn of(stored: Option<Rc<Proxy>>) -> Self {
        let text = |pick: fn(&Proxy) -> String| stored.as_deref().map(pick).unwrap_or_default();
        Self {
            name: text(|proxy| proxy.name.clone()),
            scheme: stored.as_ref().map_or(ProxyScheme::Socks5h, |proxy| proxy.scheme),
            host: text(|proxy| proxy.host.clone()),
            port: text(|proxy| proxy.port.to_string()),
            username: text(|proxy| proxy.username.clone()),
            password: String::new(),
            stored,
        }
    }

    /// Whether a password is stored that stays if none is typed.
    fn keeps_password(&self) -> bool {
        self.stored.as_ref().is_some_and(|stored| stored.has_password) && !self.username.trim().is_empty()
    }

    fn read(&self) -> Result<ProxyForm, Vec<FieldError>> {
        let mut wrong = Vec::new();
        let port = number("port", &self.port, &mut wrong);
        let untyped = wrong.is_empty();
        let form = ProxyForm {
            name: self.name.trim().to_owned(),
            scheme: self.scheme,
            host: self.host.trim().to_owned(),
            port: port.unwrap_or_default(),
            username: self.username.trim().to_owned(),
            // Without a user nobody signs in, and nothing is kept.
            password: match (self.username.trim().is_empty(), self.password.is_empty()) {
                (true, _) => Some(String::new()),
                (false, true) => None,
                (false, false) => Some(self.password.clone()),
            },
            version: self.stored.as_ref().map(|stored| stored.version),
        };
        wrong.extend(
            faults(&form)
                .into_iter()
                .filter(|fault| untyped || fault.field != "port"),
        );
        if wrong.is_empty() { Ok(form) } else { Err(wrong) }
    }
}

#[derive(Properties, PartialEq)]
pub struct ProxyDialogProps {
    /// As it was when the form was opened.
    #[prop_or_default]
    pub edited: Option<Rc<Proxy>>,
    pub onclose: Callback<()>,
}

/// The form.
#[component]
pub fn ProxyDialog(props: &ProxyDialogProps) -> Html {
    let t = use_texts();
    let toasts = use_toasts();
    let edited = props.edited.clone();
    let form = use_form(|| Draft::of(edited));
    let done = {
        let onclose = props.onclose.clone();
        Callback::from(move |proxy: Proxy| {
            toasts.done(fill(t.proxies.saved, &[("name", &proxy.name)]));
            onclose.emit(());
        })
    };
    let id = form.first.stored.as_ref().map(|stored| stored.id);
    let action = use_action(move |form| proxies::save(id, form), done);
    let sent = use_submission(form.value.read(), &action);
    let title = match &form.first.stored {
        Some(stored) => fill(t.proxies.edit_title, &[("name", &stored.name)]),
        None => t.proxies.add.to_owned(),
    };
    html! {
        <FormDialog {title} intro={t.proxies.form_intro} dirty={form.dirty()} idle={id.is_some() && !form.dirty()} verb={t.proxies.save} sent={sent.clone()}
            onclose={props.onclose.clone()}>
            { fields(&form, &sent.errors, t) }
        </FormDialog>
    }
}

fn fields(form: &Form<Draft>, errors: &Errors, t: &crate::i18n::Texts) -> Html {
    let draft = &form.value;
    let wrong = |field: &str| errors.of(field).is_some();
    let names = [
        (ProxyScheme::Socks5h, t.proxies.scheme_socks5h),
        (ProxyScheme::Socks5, t.proxies.scheme_socks5),
        (ProxyScheme::Http, t.proxies.scheme_http),
        (ProxyScheme::Https, t.proxies.scheme_https),
    ];
    let choices = names
        .map(|(scheme, name)| Choice::new(scheme.as_str(), name))
        .to_vec();
    let onscheme = form.on(|form: &mut Draft, text: String| {
        form.scheme = ProxyScheme::parse(&text).unwrap_or(form.scheme);
    });
    let password_help = draft
        .keeps_password()
        .then(|| AttrValue::from(t.proxies.password_keep));
    html! {
        <div class="flex flex-col gap-4">
            <Field id="name" label={t.proxies.name} error={errors.of("name")}>
                <TextInput id="name" value={draft.name.clone()} autofocus=true wrong={wrong("name")} oninput={form.on(|form: &mut Draft, text| form.name = text)} />
            </Field>
            <Field id="scheme" label={t.proxies.scheme} error={errors.of("scheme")}>
                <SelectInput id="scheme" value={draft.scheme.as_str()} {choices} onchange={onscheme} />
            </Field>
            <FormColumns>
                <Field id="host" label={t.proxies.host} help={t.proxies.host_help} error={errors.of("host")}>
                    <TextInput id="host" value={draft.host.clone()} mono=true placeholder="proxy.example.com" wrong={wrong("host")}
                        oninput={form.on(|form: &mut Draft, text| form.host = text)} />
                </Field>
                <Field id="port" label={t.proxies.port} error={errors.of("port")}>
                    <NumberInput id="port" value={draft.port.clone()} placeholder="1080" wrong={wrong("port")} oninput={form.on(|form: &mut Draft, text| form.port = text)} />
                </Field>
                <Field id="username" label={t.proxies.username} optional={t.shared.optional} error={errors.of("username")}>
                    <TextInput id="username" value={draft.username.clone()} wrong={wrong("username")} oninput={form.on(|form: &mut Draft, text| form.username = text)} />
                </Field>
                <Field id="password" label={t.proxies.password} optional={t.shared.optional} help={password_help} error={errors.of("password")}>
                    <TextInput id="password" kind="password" autocomplete="new-password" value={draft.password.clone()} wrong={wrong("password")}
                        oninput={form.on(|form: &mut Draft, text| form.password = text)} />
                </Field>
            </FormColumns>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn stored() -> Rc<Proxy> {
        let proxy = json!({
            "id": "019a0000-0000-7000-8000-0000000000bb", "name": "exit", "scheme": "socks5h", "host": "proxy.example.com", "port": 1080,
            "username": "me", "has_password": true, "accounts": 2, "last_test": null, "version": 4,
            "created_at": "2026-11-24T00:00:00Z", "updated_at": "2026-11-24T00:00:00Z",
        });
        Rc::new(serde_json::from_value(proxy).unwrap())
    }

    #[test]
    fn a_stored_password_stays_unless_another_is_typed_or_nobody_signs_in() {
        let mut draft = Draft::of(Some(stored()));
        let form = draft.read().unwrap();
        assert_eq!((form.password, form.version, form.port), (None, Some(4), 1080));
        assert!(draft.keeps_password());
        draft.password = "new".to_owned();
        assert_eq!(draft.read().unwrap().password.as_deref(), Some("new"));
        draft.username = String::new();
        assert_eq!(draft.read().unwrap().password.as_deref(), Some(""));
    }

    #[test]
    fn faults_are_named_once_each() {
        let mut draft = Draft::of(None);
        draft.host = "http://proxy".to_owned();
        draft.port = "many".to_owned();
        let fields = |draft: &Draft| -> Vec<String> {
            draft
                .read()
                .unwrap_err()
                .into_iter()
                .map(|fault| format!("{} {}", fault.field, fault.code))
                .collect()
        };
        assert_eq!(fields(&draft), ["port number", "host host", "name required"]);
        draft.port = "70000".to_owned();
        assert_eq!(fields(&draft)[0], "port number");
    }
}
