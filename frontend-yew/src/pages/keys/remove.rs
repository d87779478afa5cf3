//! Deleting a key: names what it does, and asks for the key's name.

use crate::api::{keys, use_action};
use crate::format;
use crate::i18n::{Locale, fill, use_locale};
use crate::ui::{Confirm, use_toasts};
use std::rc::Rc;
use tollgate_contract::keys::Key;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct RemoveProps {
    pub doomed: Rc<Key>,
    pub onclose: Callback<()>,
    pub ondone: Callback<()>,
}

/// The question.
#[component]
pub fn Remove(props: &RemoveProps) -> Html {
    let locale = use_locale();
    let t = locale.texts();
    let toasts = use_toasts();
    let doomed = props.doomed.clone();
    let done = {
        let (doomed, ondone) = (doomed.clone(), props.ondone.clone());
        Callback::from(move |()| {
            toasts.done(fill(t.keys.deleted, &[("name", &doomed.name)]));
            ondone.emit(());
        })
    };
    let id = doomed.id;
    let action = use_action(move |()| keys::delete(id), done);
    html! {
        <Confirm title={fill(t.keys.delete_title, &[("name", &doomed.name)])}
            effect={fill(t.keys.delete_effect, &[("used", &usage(&doomed, locale))])} verb={t.keys.delete_verb}
            name={doomed.name.clone()} busy={action.busy} error={action.error.clone()} onconfirm={action.run.clone()}
            onclose={props.onclose.clone()} />
    }
}

/// Who will notice.
fn usage(key: &Key, locale: Locale) -> String {
    let t = &locale.texts().keys;
    let Some(last) = key.last_used_at else {
        return t.delete_unused.to_owned();
    };
    let when = format::relative(last, locale);
    if key.today.requests == 0 {
        return fill(t.delete_used_before, &[("when", &when)]);
    }
    fill(
        t.delete_used,
        &[("requests", &format::count(key.today.requests)), ("when", &when)],
    )
}
