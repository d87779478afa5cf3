//! The browser, as far as the app touches it outside of Yew: storage, clock, clipboard, language, title, focus.
//! Everything here bears that a browser may lack or forbid it.

use chrono::{DateTime, Utc};
use js_sys::{Array, Function, Intl, Promise, Reflect, Uint8Array};
use std::path::Path;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, BlobPropertyBag, Document, Element, File, HtmlAnchorElement, HtmlElement, Url, Window};

/// The window; there is one wherever the app runs.
pub fn window() -> Option<Window> {
    web_sys::window()
}

/// The document.
pub fn document() -> Option<Document> {
    window()?.document()
}

/// The element of this id.
pub fn element(id: &str) -> Option<Element> {
    document()?.get_element_by_id(id)
}

/// Moves the focus, if there is such an element.
pub fn focus(id: &str) {
    if let Some(element) = element(id).and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        let _ = element.focus();
    }
}

/// Focuses the first field below `within` that is marked as wrong.
pub fn focus_first_fault(within: &Element) {
    if let Ok(Some(field)) = within.query_selector("[aria-invalid='true']")
        && let Ok(field) = field.dyn_into::<HtmlElement>()
    {
        let _ = field.focus();
    }
}

/// Milliseconds since 1970 by the viewer's clock; for "3 minutes ago" only, never for money.
pub fn now_ms() -> f64 {
    js_sys::Date::now()
}

/// The same as an instant.
pub fn now() -> DateTime<Utc> {
    // Whole milliseconds of this age fit both types.
    #[expect(clippy::cast_possible_truncation, reason = "whole milliseconds")]
    let ms = now_ms() as i64;
    DateTime::from_timestamp_millis(ms).unwrap_or_default()
}

/// A remembered wish (theme, language); `None` where storage is off.
pub fn recall(key: &str) -> Option<String> {
    window()?.local_storage().ok()??.get_item(key).ok()?
}

/// Remembers a wish; nothing secret is ever stored.
pub fn remember(key: &str, value: &str) {
    if let Some(Ok(Some(storage))) = window().map(|window| window.local_storage()) {
        let _ = storage.set_item(key, value);
    }
}

/// Forgets it.
pub fn forget(key: &str) {
    if let Some(Ok(Some(storage))) = window().map(|window| window.local_storage()) {
        let _ = storage.remove_item(key);
    }
}

/// The languages that the viewer reads, the dearest first.
pub fn languages() -> Vec<String> {
    let listed = window().map(|window| window.navigator().languages());
    listed
        .map(|languages| {
            languages
                .iter()
                .filter_map(|language| language.as_string())
                .collect()
        })
        .unwrap_or_default()
}

/// The viewer's own IANA zone: a good first guess for a new organisation.
pub fn time_zone() -> Option<String> {
    let options = Intl::DateTimeFormat::new(&Array::new(), &js_sys::Object::new()).resolved_options();
    Reflect::get(&options, &JsValue::from_str("timeZone"))
        .ok()?
        .as_string()
}

/// Scheme, host and port, as in `https://gate.example.com`.
pub fn origin() -> String {
    window()
        .and_then(|window| window.location().origin().ok())
        .unwrap_or_default()
}

/// Path and query, to come back to.
pub fn here() -> String {
    let Some(location) = window().map(|window| window.location()) else {
        return "/".to_owned();
    };
    format!(
        "{}{}",
        location.pathname().unwrap_or_default(),
        location.search().unwrap_or_default()
    )
}

/// Loads the page anew.
pub fn reload() {
    if let Some(window) = window() {
        let _ = window.location().reload();
    }
}

/// Names the tab.
pub fn set_title(title: &str) {
    if let Some(document) = document() {
        document.set_title(title);
    }
}

/// Sets an attribute of `<html>`.
pub fn set_root_attribute(name: &str, value: &str) {
    if let Some(root) = document().and_then(|document| document.document_element()) {
        let _ = root.set_attribute(name, value);
    }
}

/// Whether a media query holds now.
pub fn matches(query: &str) -> bool {
    window()
        .and_then(|window| window.match_media(query).ok()?)
        .is_some_and(|list| list.matches())
}

/// Whether the page is in front.
pub fn visible() -> bool {
    document().is_some_and(|document| !document.hidden())
}

/// Whether this is a Mac or an iPhone, where shortcuts use ⌘.
pub fn is_apple() -> bool {
    window()
        .and_then(|window| window.navigator().platform().ok())
        .is_some_and(|platform| {
            ["Mac", "iPhone", "iPad"]
                .iter()
                .any(|apple| platform.starts_with(apple))
        })
}

/// Whether this is Windows.
pub fn is_windows() -> bool {
    window()
        .and_then(|window| window.navigator().platform().ok())
        .is_some_and(|platform| platform.starts_with("Win"))
}

/// Puts text on the clipboard; `false` where the browser refuses.
pub async fn copy(text: &str) -> bool {
    let Some(window) = window() else { return false };
    // Missing on pages that came over plain http from another machine.
    let clipboard =
        Reflect::get(&window.navigator(), &JsValue::from_str("clipboard")).unwrap_or(JsValue::UNDEFINED);
    if clipboard.is_undefined() {
        return false;
    }
    JsFuture::from(window.navigator().clipboard().write_text(text))
        .await
        .is_ok()
}

/// Offers text as a file to be saved; `false` where the browser refuses.
pub fn save(name: &str, text: &str) -> bool {
    let offered = || -> Result<(), JsValue> {
        let options = BlobPropertyBag::new();
        let kind = if Path::new(name).extension().is_some_and(|kind| kind == "csv") {
            "text/csv"
        } else {
            "application/json"
        };
        options.set_type(kind);
        let parts = Array::of1(&JsValue::from_str(text));
        let blob = Blob::new_with_str_sequence_and_options(&parts, &options)?;
        hand_over(name, &blob)
    };
    offered().is_ok()
}

/// Offers a file for saving that came as it is.
pub fn save_file(name: &str, blob: &Blob) -> bool {
    hand_over(name, blob).is_ok()
}

fn hand_over(name: &str, blob: &Blob) -> Result<(), JsValue> {
    let url = Url::create_object_url_with_blob(blob)?;
    let document = document().ok_or(JsValue::UNDEFINED)?;
    let link: HtmlAnchorElement = document.create_element("a")?.dyn_into()?;
    link.set_href(&url);
    link.set_download(name);
    link.click();
    Url::revoke_object_url(&url)
}

/// The text of a file that was chosen.
pub async fn read(file: &File) -> Option<String> {
    JsFuture::from(file.text()).await.ok()?.as_string()
}

/// The bytes of a file that was chosen, in base64.
pub async fn read_base64(file: &File) -> Option<String> {
    let bytes = JsFuture::from(file.array_buffer()).await.ok()?;
    // The browser's own encoder takes a character for a byte.
    let text: String = Uint8Array::new(&bytes)
        .to_vec()
        .into_iter()
        .map(char::from)
        .collect();
    window()?.btoa(&text).ok()
}

/// Calls a function that `boot.js` offers under `tollgate`.
pub fn offered(name: &str, first: &JsValue, second: &JsValue) -> Result<Promise, JsValue> {
    let offers = Reflect::get(&js_sys::global(), &JsValue::from_str("tollgate"))?;
    let function: Function = Reflect::get(&offers, &JsValue::from_str(name))?.dyn_into()?;
    function.call2(&offers, first, second)?.dyn_into()
}

/// Does `work` while no other tab of this browser does any under the same name.
pub async fn exclusively<F: Future<Output = ()> + 'static>(name: &str, work: F) {
    let start = Closure::once_into_js(move || {
        wasm_bindgen_futures::future_to_promise(async move {
            work.await;
            Ok(JsValue::UNDEFINED)
        })
    });
    if let Ok(promise) = offered("exclusively", &JsValue::from_str(name), &start) {
        let _ = JsFuture::from(promise).await;
    }
}
