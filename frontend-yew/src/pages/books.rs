//! The operator's books: whether all is booked and proven, seals, verifications and dead letters.

mod glance;
mod keys;
mod letters;
mod seals;
mod verifications;
mod words;

use crate::api::books::use_books;
use crate::i18n::use_texts;
use crate::pages::parts::{is_default, use_refreshing};
use crate::router::Route;
use crate::state::{may, use_me, use_url_state};
use crate::ui::{Choice, Failure, Page, PageHead, Segments, Skeleton};
use glance::Glance;
use letters::Letters;
use seals::Seals;
use serde::{Deserialize, Serialize};
use verifications::Verifications;
use yew::prelude::*;

/// What the address says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct View {
    /// `letters`, `seals`, `verifications`; else the overview.
    #[serde(skip_serializing_if = "is_default")]
    show: String,
    /// Letters that are worked off as well.
    #[serde(skip_serializing_if = "is_default")]
    all: bool,
    /// Where a list's page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
}

/// The page.
#[component]
pub fn Books() -> Html {
    let t = use_texts();
    let me = use_me();
    let view = use_url_state::<View>(Route::Books);
    let found = use_books();
    use_refreshing(found.reload.clone());
    let writes = may(me.as_ref(), "billing.write");
    let choices = vec![
        Choice::new("", t.books.state_view),
        Choice::new("letters", t.letters.title),
        Choice::new("verifications", t.books.verifications),
        Choice::new("seals", t.books.seals),
    ];
    let onshow = view.push.reform(|show: AttrValue| View {
        show: show.to_string(),
        ..View::default()
    });
    let show = view.value.show.clone();
    let shown = match show.as_str() {
        "letters" => html! { <Letters {view} {writes} /> },
        "verifications" => {
            html! { <Verifications {view} {writes} verifying={found.data.as_ref().is_some_and(|books| books.verifying.is_some())} /> }
        }
        "seals" => html! { <Seals {view} /> },
        _ => match (&found.data, &found.error) {
            (Some(books), _) => html! { <Glance books={books.clone()} {writes} /> },
            (None, Some(error)) => {
                html! { <Failure error={error.clone()} onretry={found.reload.clone()} /> }
            }
            (None, None) => html! { <Skeleton class="h-96" /> },
        },
    };
    html! {
        <Page>
            <PageHead title={t.books.title} text={Some(AttrValue::from(t.books.intro))} />
            <div class="mb-4"><Segments label={t.books.title} value={show} {choices} onchange={onshow} /></div>
            { shown }
        </Page>
    }
}
