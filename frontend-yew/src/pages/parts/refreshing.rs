//! Loading anew what changes by itself, as long as somebody looks.

use crate::browser;
use gloo_timers::callback::Interval;
use yew::prelude::*;

/// How states and loads move; a list is a handful of queries.
const EVERY_MS: u32 = 10_000;
/// Bars that are watched while requests run; one small answer.
const LIVE_MS: u32 = 3_000;

/// Calls `reload` every few seconds while the tab is in front.
#[hook]
pub fn use_refreshing(reload: Callback<()>) {
    use_every(reload, EVERY_MS);
}

/// The same, as fast as somebody watches.
#[hook]
pub fn use_live(reload: Callback<()>) {
    use_every(reload, LIVE_MS);
}

#[hook]
fn use_every(reload: Callback<()>, every_ms: u32) {
    use_effect_with(reload, move |reload| {
        let reload = reload.clone();
        let interval = Interval::new(every_ms, move || {
            if browser::visible() {
                reload.emit(());
            }
        });
        move || drop(interval)
    });
}
