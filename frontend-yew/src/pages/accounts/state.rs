//! How an account is doing, in a word and a sentence; pausing and resuming it, and taking it back into service.

use crate::api::{ApiError, accounts};
use crate::browser;
use crate::i18n::{Texts, fill, problem_message, use_locale};
use crate::ui::{Moment, Pill, Tone, use_toasts};
use chrono::{DateTime, Utc};
use std::rc::Rc;
use tollgate_contract::accounts::{Account, AccountState};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

/// A state's name.
pub fn state_name(state: AccountState, t: &Texts) -> &'static str {
    match state {
        AccountState::Active => t.accounts.state_active,
        AccountState::RateLimited => t.accounts.state_rate_limited,
        AccountState::Overloaded => t.accounts.state_overloaded,
        AccountState::Unauthorized => t.accounts.state_unauthorized,
        AccountState::QuotaExhausted => t.accounts.state_quota_exhausted,
        AccountState::Faulty => t.accounts.state_faulty,
        AccountState::Disabled => t.accounts.state_disabled,
    }
}

fn state_help(state: AccountState, t: &Texts) -> &'static str {
    match state {
        AccountState::Active => t.accounts.state_active_help,
        AccountState::RateLimited => t.accounts.state_rate_limited_help,
        AccountState::Overloaded => t.accounts.state_overloaded_help,
        AccountState::Unauthorized => t.accounts.state_unauthorized_help,
        AccountState::QuotaExhausted => t.accounts.state_quota_exhausted_help,
        AccountState::Faulty => t.accounts.state_faulty_help,
        AccountState::Disabled => t.accounts.state_disabled_help,
    }
}

/// When an account's state ends. One that is over by time stays until a request has tried the account.
pub fn recovery(at: DateTime<Utc>, t: &Texts) -> Html {
    if at <= browser::now() {
        return html! { <span title={t.accounts.due_help}>{ t.accounts.due }</span> };
    }
    html! { <Moment {at} /> }
}

/// How good a state is.
pub fn state_tone(state: AccountState) -> Tone {
    match state {
        AccountState::Active => Tone::Good,
        AccountState::RateLimited | AccountState::Overloaded => Tone::Waiting,
        AccountState::Unauthorized | AccountState::QuotaExhausted | AccountState::Faulty => Tone::Bad,
        AccountState::Disabled => Tone::Quiet,
    }
}

/// How an account is doing. That it is paused says more than the state in which it was.
pub fn state_pill(state: AccountState, schedulable: bool, t: &Texts) -> Html {
    if !schedulable {
        return html! { <Pill tone={Tone::Quiet} text={t.accounts.paused} title={t.accounts.paused_help} /> };
    }
    html! { <Pill tone={state_tone(state)} text={state_name(state, t)} title={state_help(state, t)} /> }
}

/// Whether "back into service" would change anything.
pub fn resettable(state: AccountState) -> bool {
    !matches!(state, AccountState::Active | AccountState::Disabled)
}

/// What can be done with an account at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Pauses it, or resumes it.
    Toggle,
    /// Takes it back into service.
    Reset,
}

/// Takes a step, and says so.
#[hook]
pub fn use_step(step: Step) -> Callback<Rc<Account>> {
    let locale = use_locale();
    let toasts = use_toasts();
    Callback::from(move |account: Rc<Account>| {
        let toasts = toasts.clone();
        spawn_local(async move {
            match take(step, &account).await {
                Ok(done) => {
                    let t = &locale.texts().accounts;
                    let said = match (step, done.schedulable) {
                        (Step::Reset, _) => t.reset_toast,
                        (Step::Toggle, true) => t.resumed_toast,
                        (Step::Toggle, false) => t.paused_toast,
                    };
                    toasts.done(fill(said, &[("name", &done.name)]));
                }
                Err(error) if error.is_silent() => {}
                Err(error) => toasts.failed(problem_message(&error, locale)),
            }
        });
    })
}

async fn take(step: Step, account: &Account) -> Result<Account, ApiError> {
    match step {
        Step::Reset => accounts::reset(account.platform, account.id).await,
        Step::Toggle => {
            let mut form = account.form();
            form.schedulable = !account.schedulable;
            accounts::update(account.platform, account.id, form).await
        }
    }
}
