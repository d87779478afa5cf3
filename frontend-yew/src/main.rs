//! The single-page application: starts the app in the page's `#app`. What the folders hold: `pages/` one file or folder per
//! page, `ui/` small parts that know no API, `api/` calls and their hooks, `state/` what outlives a page, `i18n/` all text,
//! `charts/` the binding to the chart library.

mod api;
mod app;
mod browser;
mod charts;
mod format;
mod i18n;
mod pages;
mod router;
mod state;
mod ui;
mod zone;

fn main() {
    if let Some(root) = browser::element("app") {
        root.set_inner_html("");
        yew::Renderer::<app::App>::with_root(root).render();
    }
}
