//! Whether the code of late pages is there, see `xtask/src/web/split.rs`. Nothing of such a page may be put into the page
//! before it is.

use crate::browser;
use std::cell::Cell;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use yew::prelude::*;

thread_local! {
    static THERE: Cell<bool> = const { Cell::new(false) };
}

/// How far loading the code is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Late {
    /// Under way.
    Loading,
    /// It did not come.
    Failed,
    /// What is of late pages may be shown.
    There,
}

/// Loads the code, unless it is there, and tells how far that is; with it a way to try again.
#[hook]
pub fn use_late() -> (Late, Callback<()>) {
    let late = use_state(|| if THERE.get() { Late::There } else { Late::Loading });
    let load = {
        let late = late.clone();
        use_callback((), move |(), ()| {
            let late = late.clone();
            late.set(Late::Loading);
            spawn_local(async move {
                let came = load().await.is_ok();
                if came {
                    THERE.set(true);
                }
                late.set(if came { Late::There } else { Late::Failed });
            });
        })
    };
    {
        let load = load.clone();
        use_effect_with((), move |()| {
            if !THERE.get() {
                load.emit(());
            }
        });
    }
    (*late, load)
}

async fn load() -> Result<JsValue, JsValue> {
    JsFuture::from(browser::offered(
        "loadPages",
        &JsValue::UNDEFINED,
        &JsValue::UNDEFINED,
    )?)
    .await
}
