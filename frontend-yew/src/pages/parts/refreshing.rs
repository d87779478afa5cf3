//! Loading anew what changes by itself, as long as somebody looks.

use crate::browser;
use gloo_timers::callback::Interval;
use yew::prelude::*;

/// How states and loads move; a list is a handful of queries.
const EVERY_MS: u32 = 10_000;

/// Calls `reload` every few seconds while the tab is in front.
#[hook]
pub fn use_refreshing(reload: Callback<()>) {
    use_effect_with(reload, |reload| {
        let reload = reload.clone();
        let interval = Interval::new(EVERY_MS, move || {
            if browser::visible() {
                reload.emit(());
            }
        });
        move || drop(interval)
    });
}
