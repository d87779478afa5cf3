//! What a form edits while others may change it as well. Never in here: how a conflict looks.

use super::Newest;
use crate::api::Query;
use std::rc::Rc;
use yew::prelude::*;

/// What is edited: as it was known when its form opened, until the newest is asked for.
struct Held<T> {
    value: Option<Rc<T>>,
    /// Whether it gives way to a newer one.
    yields: bool,
}

/// Holds what is edited still while what is known of it is loaded anew, and lets it begin again with the newest. Its form is
/// mounted with the version as its key, so that a newer one is another form.
#[hook]
pub fn use_edited<T: 'static, Q: 'static>(
    found: &Query<Q>,
    known: impl FnOnce(&Rc<Q>) -> Option<Rc<T>>,
    version: fn(&T) -> i64,
) -> (Option<Rc<T>>, Newest) {
    let held = use_mut_ref(|| Held::<T> {
        value: None,
        yields: false,
    });
    let value = {
        let mut held = held.borrow_mut();
        // An older answer may be shown while the newest is on its way: its version would be refused.
        let known = found.data.as_ref().filter(|_| !found.busy).and_then(known);
        let newer = known.filter(|known| {
            let same = |held: &Rc<T>| version(held) == version(known);
            held.value.is_none() || (held.yields && !held.value.as_ref().is_some_and(same))
        });
        if newer.is_some() {
            *held = Held {
                value: newer,
                yields: false,
            };
        }
        held.value.clone()
    };
    let load = {
        let (held, reload) = (held.clone(), found.reload.clone());
        Callback::from(move |()| {
            held.borrow_mut().yields = true;
            reload.emit(());
        })
    };
    let failure = found.error.clone().filter(|_| held.borrow().yields);
    (
        value,
        Newest {
            load,
            busy: found.busy && held.borrow().yields,
            failure,
        },
    )
}
