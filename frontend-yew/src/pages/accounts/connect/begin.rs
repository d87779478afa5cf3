//! The first step: which way, and through which proxy.

use super::super::proxy_field::ProxyField;
use super::super::view::AccountsView;
use super::ways::Way;
use crate::api::{accounts, use_action};
use crate::i18n::use_texts;
use crate::pages::parts::{FormDialog, Go, use_submission};
use crate::router::Route;
use crate::state::use_form;
use std::rc::Rc;
use tollgate_contract::accounts::{Account, AuthUrl, BeginConnect};
use web_sys::HtmlInputElement;
use yew::prelude::*;

/// What is chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    pub way: Way,
    proxy: String,
}

impl Draft {
    /// At first: the way and proxy of the account that is connected anew.
    pub fn of(account: Option<&Account>) -> Self {
        let proxy = account.and_then(|account| account.proxy.as_ref());
        Self {
            way: account.and_then(Way::of).unwrap_or(Way::Claude),
            proxy: proxy.map(|proxy| proxy.id.to_string()).unwrap_or_default(),
        }
    }

    fn read(&self, account: Option<&Account>) -> BeginConnect {
        BeginConnect {
            setup_token: self.way == Way::ClaudeSetUp,
            proxy_id: self.proxy.parse().ok(),
            account_id: account.map(|account| account.id),
        }
    }
}

#[derive(Properties, PartialEq)]
pub struct BeginProps {
    pub title: AttrValue,
    pub account: Option<Rc<Account>>,
    /// As it is at first.
    pub draft: Draft,
    pub onbegun: Callback<(Draft, AuthUrl)>,
    pub onclose: Callback<()>,
}

/// The step.
#[component]
pub fn Begin(props: &BeginProps) -> Html {
    let t = use_texts();
    let draft = props.draft.clone();
    let form = use_form(|| draft);
    let action = use_action(
        |(draft, form): (Draft, BeginConnect)| async move {
            let url = accounts::begin(draft.way.platform(), form).await?;
            Ok((draft, url))
        },
        props.onbegun.clone(),
    );
    let chosen = (*form.value).clone();
    let request = chosen.read(props.account.as_deref());
    let sent = use_submission(Ok((chosen, request)), &action);
    let known = props.account.as_deref().and_then(Way::of);
    let onway = form.on(|form: &mut Draft, way: Way| form.way = way);
    let offered = Way::ALL
        .into_iter()
        .filter(|way| known.is_none_or(|known| known.platform() == way.platform()));
    let choices = offered.map(|way| choice(way, form.value.way, &onway, t));
    html! {
        <FormDialog title={props.title.clone()} intro={t.connect.intro} dirty={false} verb={t.connect.get_link} sent={sent.clone()}
            onclose={props.onclose.clone()}>
            <div class="flex flex-col gap-4">
                <fieldset class="flex flex-col gap-2">
                    <legend class="mb-1.5 font-medium">{ t.connect.way }</legend>
                    { for choices }
                </fieldset>
                <ProxyField id="proxy_id" value={form.value.proxy.clone()} error={sent.errors.of("proxy_id")}
                    onchange={form.on(|form: &mut Draft, id| form.proxy = id)} />
                if props.account.is_none() {
                    <p class="text-xs text-muted">
                        { t.connect.forms_help }{ " " }<Go to={Route::Accounts} query={AccountsView::CREATE} class="link text-primary">{ t.accounts.add }</Go>
                    </p>
                }
            </div>
        </FormDialog>
    }
}

fn choice(way: Way, chosen: Way, onway: &Callback<Way>, t: &crate::i18n::Texts) -> Html {
    let onchange = onway.reform(move |event: Event| {
        let input: HtmlInputElement = event.target_unchecked_into();
        Way::parse(&input.value()).unwrap_or(way)
    });
    html! {
        <label key={way.as_str()} class="flex cursor-pointer items-start gap-3 rounded-lg border border-base-300 px-4 py-3 has-checked:border-primary has-checked:bg-primary/5">
            <input type="radio" name="way" value={way.as_str()} autofocus={way == chosen} class="radio radio-sm radio-primary mt-0.5" checked={way == chosen} {onchange} />
            <span class="min-w-0">
                <span class="block font-medium">{ way.name(t) }</span>
                <span class="block text-xs text-muted">{ way.help(t) }</span>
            </span>
        </label>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::accounts::sample::sample;
    use serde_json::json;

    #[test]
    fn an_account_that_is_connected_anew_keeps_its_way_and_proxy() {
        let account = sample(json!({
            "platform": "gemini", "credential_kind": "oauth",
            "proxy": { "id": "019a0000-0000-7000-8000-0000000000bb", "name": "exit" },
        }));
        let draft = Draft::of(Some(&account));
        let form = draft.read(Some(&account));
        assert_eq!((draft.way, form.account_id), (Way::Google, Some(account.id)));
        assert_eq!(form.proxy_id, account.proxy.map(|proxy| proxy.id));
        let mut draft = Draft::of(None);
        draft.way = Way::ClaudeSetUp;
        let form = draft.read(None);
        assert!(form.setup_token && form.account_id.is_none() && form.proxy_id.is_none());
    }
}
