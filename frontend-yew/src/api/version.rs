//! Whether the server has a newer app than this page: its page names the build, as this one does.

use crate::browser;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{RequestCache, RequestInit, Response};

const MARK: &str = "name=\"tollgate-build\" content=\"";

/// The build that this page is of.
pub fn own() -> Option<String> {
    let meta = browser::document()?
        .query_selector("meta[name='tollgate-build']")
        .ok()??;
    meta.get_attribute("content")
}

/// Whether the server serves another build now; not knowing is no.
pub async fn is_outdated() -> bool {
    match (own(), served().await) {
        (Some(own), Some(served)) => own != served,
        _ => false,
    }
}

async fn served() -> Option<String> {
    let init = RequestInit::new();
    init.set_cache(RequestCache::NoCache);
    let answer = JsFuture::from(browser::window()?.fetch_with_str_and_init("/", &init))
        .await
        .ok()?;
    let text = JsFuture::from(answer.dyn_into::<Response>().ok()?.text().ok()?)
        .await
        .ok()?
        .as_string()?;
    build_in(&text).map(ToOwned::to_owned)
}

fn build_in(page: &str) -> Option<&str> {
    let (_, rest) = page.split_once(MARK)?;
    rest.split_once('"').map(|(build, _)| build)
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_page_names_its_build() {
        let page = r#"<head><meta name="tollgate-build" content="ab12" /></head>"#;
        assert_eq!(super::build_in(page), Some("ab12"));
        assert_eq!(super::build_in("<head></head>"), None);
    }
}
