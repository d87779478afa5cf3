//! Exports: building files with a look at their first rows, those that are kept, schedules that send them, charge-back.

mod build;
mod charge_back;
mod kept;
mod schedule_form;
mod schedules;
mod words;

use crate::browser;
use crate::i18n::use_texts;
use crate::pages::parts::is_default;
use crate::router::Route;
use crate::state::{UrlState, may, use_me, use_url_state};
use crate::ui::{Choice, Page, PageHead, Segments};
use serde::{Deserialize, Serialize};
use tollgate_contract::exports::{ExportFormat, ExportSource};
use yew::prelude::*;

/// What is in sight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Tab {
    #[default]
    Files,
    Schedules,
    ChargeBack,
}

/// What the address says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct View {
    #[serde(skip_serializing_if = "is_default")]
    tab: Tab,
    #[serde(skip_serializing_if = "is_default")]
    source: ExportSource,
    #[serde(skip_serializing_if = "is_default")]
    format: ExportFormat,
    #[serde(skip_serializing_if = "is_default")]
    from: String,
    #[serde(skip_serializing_if = "is_default")]
    to: String,
    #[serde(skip_serializing_if = "is_default")]
    group: String,
    #[serde(skip_serializing_if = "is_default")]
    model: String,
    #[serde(skip_serializing_if = "is_default")]
    cost_centre: String,
}

/// The page.
#[component]
pub fn Exports() -> Html {
    let t = use_texts();
    let me = use_me();
    let view = use_url_state::<View>(Route::Exports);
    let money = may(me.as_ref(), "billing.read");
    let tabs = vec![
        Choice::new("files", t.exports.kept),
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
        view.push.reform(move |chosen: AttrValue| View {
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

fn body(shown: Tab, view: UrlState<View>) -> Html {
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
