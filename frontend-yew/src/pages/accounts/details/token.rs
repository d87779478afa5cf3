//! The short-lived token of an account that renews it: until when it is good, and renewing it now.

use crate::api::{accounts, use_action};
use crate::i18n::{fill, use_texts};
use crate::pages::parts::{fact, section};
use crate::ui::{Button, FormFailure, Glyph, Moment, use_toasts};
use std::rc::Rc;
use tollgate_contract::accounts::Account;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct TokenProps {
    pub shown: Rc<Account>,
    pub writes: bool,
}

/// The token.
#[component]
pub fn Token(props: &TokenProps) -> Html {
    let t = use_texts();
    let toasts = use_toasts();
    let done = Callback::from(move |account: Account| {
        toasts.done(fill(t.accounts.renewed, &[("name", &account.name)]));
    });
    let (platform, id) = (props.shown.platform, props.shown.id);
    let action = use_action(move |()| accounts::renew(platform, id), done);
    let Some(token) = &props.shown.token else {
        return Html::default();
    };
    let expires = match token.expires_at {
        Some(at) => html! { <Moment {at} /> },
        None if token.issued_at.is_none() => {
            html! { <span class="text-muted">{ t.accounts.token_none }</span> }
        }
        None => html! { { t.accounts.token_lasting } },
    };
    html! {
        <>
            { section(t.accounts.token) }
            <dl class="divide-y divide-base-300">
                { fact(t.accounts.token_expires, expires) }
                if let Some(at) = token.issued_at {
                    { fact(t.accounts.token_issued, html! { <Moment {at} /> }) }
                }
                if !token.error.is_empty() {
                    { fact(t.accounts.token_error, html! { <span class="text-error">{ token.error.clone() }</span> }) }
                }
                if let Some(at) = token.retry_at {
                    { fact(t.accounts.token_retry, html! { <Moment {at} /> }) }
                }
            </dl>
            if token.renewable && props.writes {
                <div class="mt-3"><Button glyph={Glyph::Again} label={t.accounts.renew} busy={action.busy} onclick={action.run.clone()} /></div>
            } else if !token.renewable {
                <p class="mt-2 text-xs text-muted">{ t.accounts.token_not_renewable }</p>
            }
            <FormFailure error={action.error.clone()} />
        </>
    }
}
