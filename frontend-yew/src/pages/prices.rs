//! Prices: what the organisation pays; for the platform's operator also the price book and plans.

mod book;
mod differs;
mod edit;
mod import;
mod own;
mod plan_form;
mod plans;
mod words;

use crate::i18n::use_texts;
use crate::pages::parts::is_default;
use crate::router::Route;
use crate::state::{UrlState, use_me, use_url_state};
use crate::ui::{Choice, Page, PageHead, Segments};
use book::Book;
use own::Own;
use plans::PlansView;
use serde::{Deserialize, Serialize};
use yew::prelude::*;

/// The platform's own organisation, whose people are the operators.
const PLATFORM: &str = "00000000-0000-7000-8000-000000000001";

/// What the address says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct View {
    /// `book`, `plans`; else one's own prices.
    #[serde(skip_serializing_if = "is_default")]
    show: String,
    #[serde(skip_serializing_if = "is_default")]
    search: String,
    /// The version that is shown.
    #[serde(skip_serializing_if = "is_default")]
    version: String,
    /// The one that it is compared with.
    #[serde(skip_serializing_if = "is_default")]
    against: String,
}

/// The page.
#[component]
pub fn Prices() -> Html {
    let t = use_texts();
    let me = use_me();
    let view = use_url_state::<View>(Route::Prices);
    let operates = me.as_ref().is_some_and(|me| me.tenant.id.to_string() == PLATFORM);
    let show = if operates { view.value.show.as_str() } else { "" };
    let choices = vec![
        Choice::new("", t.prices.mine),
        Choice::new("book", t.prices.book),
        Choice::new("plans", t.plans.title),
    ];
    let onchange = view.push.reform(|show: AttrValue| View {
        show: show.to_string(),
        ..View::default()
    });
    let intro = match show {
        "book" => t.prices.book_intro,
        "plans" => t.plans.intro,
        _ => t.prices.intro,
    };
    html! {
        <Page>
            <PageHead title={t.prices.title} text={Some(AttrValue::from(intro))}>
                if operates {
                    <Segments label={t.prices.view} value={show.to_owned()} {choices} {onchange} />
                }
            </PageHead>
            { shown(show, &view) }
        </Page>
    }
}

fn shown(show: &str, view: &UrlState<View>) -> Html {
    match show {
        "book" => html! { <Book view={view.clone()} /> },
        "plans" => html! { <PlansView /> },
        _ => html! { <Own view={view.clone()} /> },
    }
}
