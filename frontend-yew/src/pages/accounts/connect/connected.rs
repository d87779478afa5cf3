//! The last step: the account works; its plan, its windows, and what could not be learnt.

use super::super::platforms::platform_name;
use super::super::windows::{Windows, plan_badge};
use crate::i18n::{fill, use_texts};
use crate::pages::parts::fact;
use crate::ui::{Button, ButtonKind, Dialog, Glyph, Icon, Moment};
use std::rc::Rc;
use tollgate_contract::accounts::{Account, Connected};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct FinishedProps {
    pub connected: Rc<Connected>,
    pub onshow: Callback<Account>,
    pub onclose: Callback<()>,
}

/// The step.
#[component]
pub fn Finished(props: &FinishedProps) -> Html {
    let t = use_texts();
    let account = &props.connected.account;
    let show = {
        let account = account.clone();
        props.onshow.reform(move |()| account.clone())
    };
    let foot = html! {
        <>
            <Button label={t.shared.done} onclick={props.onclose.clone()} />
            <Button kind={ButtonKind::Primary} label={t.connect.show} onclick={show} />
        </>
    };
    let expires = account.token.as_ref().and_then(|token| token.expires_at);
    html! {
        <Dialog title={fill(t.connect.connected, &[("name", &account.name)])} onclose={props.onclose.clone()} {foot}>
            <div data-testid="connected">
                <dl class="divide-y divide-base-300">
                    { fact(t.accounts.platform, html! { { platform_name(account.platform, t) } }) }
                    if !account.subscription.identity.is_empty() {
                        { fact(t.accounts.identity, html! { { account.subscription.identity.clone() } }) }
                    }
                    if account.subscription.plan.is_some() {
                        { fact(t.accounts.plan, plan_badge(&account.subscription, t)) }
                    }
                    if let Some(project) = &account.project {
                        { fact(t.accounts.project, html! { <code class="font-mono text-xs">{ project.clone() }</code> }) }
                    }
                    if let Some(at) = expires {
                        { fact(t.accounts.token_expires, html! { <Moment {at} /> }) }
                    }
                </dl>
                if !account.windows.is_empty() {
                    <div class="mt-4"><Windows windows={account.windows.clone()} /></div>
                }
                for warning in &props.connected.warnings {
                    <p key={warning.clone()} class="mt-4 flex gap-3 rounded-lg border border-warning/35 bg-warning/8 px-4 py-3">
                        <Icon glyph={Glyph::Alert} class="size-5 text-warning mt-0.5" /><span class="min-w-0 break-words">{ warning.clone() }</span>
                    </p>
                }
            </div>
        </Dialog>
    }
}
