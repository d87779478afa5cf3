//! Deleting a key, and deleting it for good: names what it does, and asks for the key's name where it can't be undone.

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
    // What lies in the recycle bin goes for good.
    let for_good = doomed.deleted_at.is_some();
    let done = {
        let (doomed, ondone) = (doomed.clone(), props.ondone.clone());
        Callback::from(move |()| {
            let said = if for_good { t.keys.purged } else { t.keys.deleted };
            toasts.done(fill(said, &[("name", &doomed.name)]));
            ondone.emit(());
        })
    };
    let id = doomed.id;
    let action = use_action(
        move |()| async move {
            if for_good {
                keys::purge(id).await
            } else {
                keys::delete(id).await
            }
        },
        done,
    );
    let (title, effect, verb) = if for_good {
        (t.keys.purge_title, t.keys.purge_effect.to_owned(), t.keys.purge)
    } else {
        let effect = fill(t.keys.delete_effect, &[("used", &usage(&doomed, locale))]);
        (t.keys.delete_title, effect, t.keys.delete_verb)
    };
    html! {
        <Confirm title={fill(title, &[("name", &doomed.name)])} {effect} {verb}
            name={Some(AttrValue::from(doomed.name.clone()))} busy={action.busy} error={action.error.clone()} onconfirm={action.run.clone()}
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
