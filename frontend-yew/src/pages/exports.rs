//! Exports: building files with a look at their first rows, those that are kept, schedules that send them, charge-back.

mod build;
mod carried;
mod charge_back;
mod kept;
mod schedule_form;
mod schedules;
mod view;
mod words;

use crate::browser;
use crate::i18n::use_texts;
use crate::router::Route;
use crate::state::{UrlState, may, use_me, use_url_state};
use crate::ui::{Choice, Page, PageHead, Segments};
use view::Tab;
pub use view::{ExportsView, groups_of_dims};
use yew::prelude::*;

/// The page.
#[component]
pub fn Exports() -> Html {
    let t = use_texts();
    let me = use_me();
    let view = use_url_state::<ExportsView>(Route::Exports);
    let money = may(me.as_ref(), "billing.read");
    let tabs = vec![
        Choice::new("files", t.exports.files),
        Choice::new("schedules", t.exports.schedules),
        Choice::new("charge_back", t.exports.charge_back),
    ];
    let shown = if money { view.value.tab } else { Tab::Files };
    let value = match shown {
        Tab::Files => "files",
        Tab::Schedules => "schedules",
        Tab::ChargeBack => "charge_back",
    };
    let ontab = {
        let now = view.value.clone();
        view.push.reform(move |chosen: AttrValue| ExportsView {
            tab: match chosen.as_str() {
                "schedules" => Tab::Schedules,
                "charge_back" => Tab::ChargeBack,
                _ => Tab::Files,
            },
            ..(*now).clone()
        })
    };
    html! {
        <Page>
            <PageHead title={t.exports.title} text={Some(AttrValue::from(t.exports.intro))}>
                if money {
                    <Segments label={t.exports.title} {value} choices={tabs} onchange={ontab} />
                }
            </PageHead>
            { body(shown, view) }
        </Page>
    }
}

fn body(shown: Tab, view: UrlState<ExportsView>) -> Html {
    match shown {
        Tab::Files => html! { <><build::Build {view} /><kept::Kept /></> },
        Tab::Schedules => html! { <schedules::Schedules /> },
        Tab::ChargeBack => html! { <charge_back::ChargeBack {view} /> },
    }
}

/// Has the browser load what an address holds; the page stays, since the answer is a file.
fn load(url: &str) {
    if let Some(window) = browser::window() {
        let _ = window.location().set_href(url);
    }
}
