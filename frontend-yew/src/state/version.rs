//! Whether this page is older than its server: looked at when the tab comes to the front and now and then.

use crate::{api, browser};
use gloo_events::EventListener;
use gloo_timers::callback::Interval;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

const EVERY_MS: u32 = 10 * 60 * 1000;

/// Whether the server has a newer app. When the tab comes to the front, what it shows is refreshed as well.
#[hook]
pub fn use_outdated() -> bool {
    let outdated = use_state(|| false);
    {
        let outdated = outdated.clone();
        use_effect_with((), move |()| {
            let look = move || {
                let outdated = outdated.clone();
                spawn_local(async move {
                    if api::version::is_outdated().await {
                        outdated.set(true);
                    }
                });
            };
            let on_front = look.clone();
            let listener = browser::document().map(|document| {
                EventListener::new(&document, "visibilitychange", move |_| {
                    if browser::visible() {
                        api::refresh_stale();
                        on_front();
                    }
                })
            });
            let interval = Interval::new(EVERY_MS, look);
            move || drop((listener, interval))
        });
    }
    *outdated
}
