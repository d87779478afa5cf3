//! How a key stands, in a word; who may change it; switching it on and off.

use crate::api::{ApiError, keys};
use crate::i18n::problem_message;
use crate::i18n::{Texts, fill, use_locale};
use crate::state::may;
use crate::ui::{Pill, Tone, use_toasts};
use std::rc::Rc;
use tollgate_contract::auth::Me;
use tollgate_contract::keys::{Key, KeyStatus};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

/// How a key stands.
pub fn key_pill(key: &Key, t: &Texts) -> Html {
    if key.deleted_at.is_some() {
        return html! { <Pill tone={Tone::Quiet} text={t.keys.deleted_at} title={t.keys.bin_empty_help} /> };
    }
    let (tone, text, title) = match (key.status, key.expired) {
        (KeyStatus::Disabled, _) => (Tone::Quiet, t.keys.disabled, t.keys.disabled_help),
        (KeyStatus::Active, true) => (Tone::Bad, t.keys.expired, t.keys.expired_help),
        (KeyStatus::Active, false) => (Tone::Good, t.keys.active, t.keys.active_help),
    };
    html! { <Pill {tone} {text} title={title} /> }
}

/// Whether the viewer may change the key.
pub fn may_change(key: &Key, me: Option<&Rc<Me>>) -> bool {
    let own = me.is_some_and(|me| key.owner.as_ref().is_some_and(|owner| owner.id == me.user.id));
    may(me, "keys.write_all") || (own && may(me, "keys.write_own"))
}

/// Takes a key out of the recycle bin, and says so.
#[hook]
pub fn use_restore() -> Callback<Rc<Key>> {
    let locale = use_locale();
    let toasts = use_toasts();
    Callback::from(move |key: Rc<Key>| {
        let toasts = toasts.clone();
        spawn_local(async move {
            match keys::restore(key.id).await {
                Ok(()) => toasts.done(fill(locale.texts().keys.restored, &[("name", &key.name)])),
                Err(error) if error.is_silent() => {}
                Err(error) => toasts.failed(problem_message(&error, locale)),
            }
        });
    })
}

/// Switches a key on or off, and says so.
#[hook]
pub fn use_switch() -> Callback<Rc<Key>> {
    let locale = use_locale();
    let toasts = use_toasts();
    Callback::from(move |key: Rc<Key>| {
        let toasts = toasts.clone();
        spawn_local(async move {
            match switch(&key).await {
                Ok(done) => {
                    let t = &locale.texts().keys;
                    let said = if done.status == KeyStatus::Active {
                        t.enabled_toast
                    } else {
                        t.disabled_toast
                    };
                    toasts.done(fill(said, &[("name", &done.name)]));
                }
                Err(error) if error.is_silent() => {}
                Err(error) => toasts.failed(problem_message(&error, locale)),
            }
        });
    })
}

async fn switch(key: &Key) -> Result<Key, ApiError> {
    let mut form = keys::to_update(key);
    form.status = match key.status {
        KeyStatus::Active => KeyStatus::Disabled,
        KeyStatus::Disabled => KeyStatus::Active,
    };
    keys::update(key.id, form).await
}
